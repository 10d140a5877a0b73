"""What the processes that serve a team do for it in turns: rules are watched, people told, loads evened out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from collab.balance import Thresholds
from collab.delivery import channels, read_plan
from collab.desk import Desk
from collab.events import Entry
from collab.live.lease import right_to_balance, right_to_watch
from collab.live.stream import Stream
from collab.office import balancing, watching
from collab.office.balancing import Balancing, policy_of
from collab.office.telling import Telling, telling
from collab.office.watching import Watching, rules_of
from collab.team_at_work import Clock


def check(rules: str | None, notify: str | None, secrets: Mapping[str, str]) -> None:
    """Read the owner's files of rules and of who is told, as they are read later; see `Duties.check`."""
    if rules is not None:
        rules_of(rules, "")
    if notify is not None:
        channels(read_plan(Path(notify)), Path(notify).parent, secrets, lambda message: None)


def is_page(address: str) -> bool:
    """Can people open a page at this address?"""
    try:
        found = urlsplit(address)
        return found.scheme in ("http", "https") and bool(found.hostname) and found.port != 0
    except ValueError:  # a port that is no number, half of an IPv6 address
        return False


class Duties:
    """Watches, tells and evens out for one tenant, from `start` to `stop`.

    Args:
        tenant: whose team it is.
        history: the folder or URL of the history; the outbox of what is told lies there.
        rules: a file of alert rules that counts from the start on; else those in force stay.
        notify: a file that says who is told of alerts; None tells the page alone.
        secrets: by name, those that `notify` reads.
        balance: "off", "propose" or "auto" (see `Balancing`).
        thresholds: when loads are evened out, and how many moves an hour there are at most.
        page: where people open the page, so that notices link to their alerts; "" without one.

    Attributes:
        rules: the file of alert rules, if there is one.
        telling: brings what fires to people; None without `notify`.
        watching: looks at the rules; None before the start, as `balancing`.

    Raises:
        ValueError: `balance` is no policy, or `page` no address.
        TypeError: `thresholds` are none.
    """

    def __init__(
        self,
        tenant: str,
        history: str,
        rules: str | None = None,
        notify: str | None = None,
        secrets: Mapping[str, str] | None = None,
        balance: str = "propose",
        thresholds: Thresholds | None = None,
        page: str = "",
    ) -> None:
        if page and not is_page(page):
            raise ValueError(f"page is {page!r}; give the whole address of the page, e.g. https://collab.example")
        if not isinstance(thresholds, Thresholds | None):
            raise TypeError(
                f"thresholds are {thresholds!r}; give collab.balance.Thresholds, e.g. Thresholds(per_hour=20)"
            )
        self.tenant, self.rules, self._even = tenant, rules, (policy_of(balance), thresholds)
        self._told = (notify, history, tenant, secrets or {}, page)
        self.telling: Telling | None = None
        self.watching: Watching | None = None
        self.balancing: Balancing | None = None

    async def check(self) -> None:
        """Refuse a wrong file before anything slow begins.

        Raises:
            ValueError: names the file, the line, the field, its value and the fix.
            OSError: a file cannot be read.
        """
        notify, _, _, secrets, _ = self._told
        await asyncio.to_thread(check, self.rules, notify, secrets)

    async def start(
        self, desk: Desk, stream: Stream, clock: Clock, recorded: Callable[[], int], alarm: Callable[[], None]
    ) -> None:
        """Do all this whenever it is this process's turn; see `Watching` for `recorded` and `alarm`."""
        rules = None if self.rules is None else rules_of(self.rules, self.tenant)
        # away from the loop, which serves other teams, too: what sends may take a second to import
        self.telling = await asyncio.to_thread(telling, *self._told)
        lease = stream.lease(watching.LEASE_S, right_to_watch(self.tenant))
        self.watching = Watching(desk, lease, clock, rules, self.telling, recorded, alarm)
        lease = stream.lease(balancing.LEASE_S, right_to_balance(self.tenant))
        self.balancing = Balancing(desk, lease, clock, *self._even, alarm)
        self.watching.start()
        self.balancing.start()

    async def stop(self) -> None:
        """Finish what is at work, and let other processes go on; twice is as once."""
        if self.watching is not None:
            await self.watching.stop()
        if self.balancing is not None:
            await self.balancing.stop()

    async def hush(self) -> None:
        """Tell nobody any more; what is not sent yet stays in the outbox."""
        if self.telling is not None:
            await asyncio.to_thread(self.telling.stop)
            self.telling = None

    def hear(self, entries: list[Entry]) -> None:
        """Take in what the team has applied."""
        if self.watching is not None:
            self.watching.hear(entries)

    def drop(self) -> None:
        """A member of this process's gateway was dropped, because it read too slowly: the rules are told."""
        if self.watching is not None:
            self.watching.drop()

    @property
    def lost(self) -> datetime | None:
        """Since when the stream does not answer; None while it does."""
        return None if self.watching is None or self.watching.lost is None else self.watching.lost.since

    @property
    def refused(self) -> str:
        """Why the stream takes no writes though it answers, with the fix; "" if that is not so."""
        return "" if self.watching is None else self.watching.refused
