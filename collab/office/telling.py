"""Alerts that fire become notices for people, kept until their targets took them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from collab.alerts import Group, Rank, called, groups
from collab.delivery import Cause, Courier, Message, Notice, Outbox, OutboxInUse, channels, read_plan
from collab.events import AlertFired, AlertReturned, Event
from collab.team import Alert, Team

logger = logging.getLogger(__name__)

SHOWN = 50
"""So many of the newest messages to the dashboard are kept."""


class Telling:
    """Gives a courier the notices of what fired, and takes back what somebody took on or what is over.

    Any process may give; of those with one outbox the first sends, and another goes on when that one ends.

    Attributes:
        shown: the newest messages to targets of kind `app`.
        courier: who sends.

    Args:
        path: the owner's plan, `notify.yaml`.
        outbox: the file that holds what is to be sent.
        tenant: whose alerts they are.
        secrets: those that the plan reads from the environment.
        page: where people open the dashboard, so that notices link to their alerts; "" without one.

    Raises:
        ValueError: the plan is wrong; names line, field, value and fix.
        OSError: it cannot be read.
    """

    def __init__(self, path: str, outbox: str, tenant: str, secrets: Mapping[str, str], page: str = "") -> None:
        self.tenant, self.page, self.shown = tenant, page, deque[Message](maxlen=SHOWN)
        plan = read_plan(Path(path))
        ways = channels(plan, Path(path).parent, secrets, self.shown.append)
        self.courier = Courier(Outbox(outbox), plan, ways)
        self._sends, self._waits = False, False

    def start(self) -> None:
        """Send what is due from now on, unless another process does; then ask again later. Twice is as once."""
        if self._sends:
            return
        try:
            self.courier.start()
            self._sends = True
        except OutboxInUse as error:
            if not self._waits:
                logger.info("this process only notes what is to be sent: %s", error)
            self._waits = True

    def stop(self) -> None:
        """Send nothing new; what is left is sent by the next one."""
        if self._sends:
            self.courier.stop()
            self._sends = False
        self.courier.outbox.close()

    def notices(self, found: Iterable[Event], team: Team, open: Mapping[str, Alert] | None = None) -> list[Notice]:
        """What is to be told of the alerts that these events let fire: one notice a group.

        Args:
            found: events of alerts.
            team: as it is now; it has applied them, unless `open` is given.
            open: the open alerts by id, if the stream cannot take them now.
        """
        fired = {event.alert: event for event in found if isinstance(event, AlertFired | AlertReturned)}
        told = []
        for group in groups(team, open) if fired else ():
            if new := [rank for rank in group.ranks if rank.alert.id in fired]:
                event = fired[new[0].alert.id]
                told.append(self._notice(group, new, called_by(team), event.id, event.time))
        return told

    def make_up(self, loud: Sequence[Group], settled: Iterable[str], now: datetime, names: Mapping[str, str]) -> None:
        """Begin where nobody watched or who did was killed: tell of what fired, or came back, and was not told.

        Args:
            loud: the groups of which somebody should have a notice now.
            settled: alerts that somebody has, or that are over.
            now: when this is.
            names: what agents are called (`called_by`).
        """
        told = self.courier.outbox.told({rank.alert.id: rank.alert.acknowledged for one in loud for rank in one.ranks})
        found = []
        for group in loud:
            if new := [rank for rank in group.ranks if rank.alert.id not in told]:
                # the id of the event that was not told, as the watch makes it
                first = new[0].alert
                step = f"returned.{first.acknowledged}" if first.acknowledged else "fired"
                found.append(self._notice(group, new, names, f"{first.id}.{step}", now))
        self.tell(found, settled)

    def tell(self, notices: Iterable[Notice], settled: Iterable[str]) -> None:
        """Let everybody be told whom it concerns, but no more of alerts that somebody has or that are over.

        What was given before adds nothing; when it returns, nothing of it can be lost.
        """
        self.courier.settle(*settled)  # first: what was taken on and given back since is told of anew
        self.courier.notify(*notices)

    def _notice(self, group: Group, ranks: Sequence[Rank], names: Mapping[str, str], id: str, time: datetime) -> Notice:
        """What is told of those of a group that are new; the event `id` let one of them fire. Told twice, it is one."""
        alerts = [rank.alert for rank in ranks]
        causes = tuple(
            Cause(id=one.id, rule=one.rule, labels=one.labels, value=one.value, acknowledged=one.acknowledged)
            for one in alerts
        )
        title = called(alerts[0], names) + (f" (and {len(alerts) - 1} more)" if alerts[1:] else "")
        known = [rank for rank in group.ranks if rank not in ranks]
        lines = [_line(rank, names) for rank in ranks]
        lines += ["Open since before:", *(_line(rank, names) for rank in known)] if known else []
        return Notice(
            id=id,
            tenant=self.tenant,
            severity=Group(group.key, list(ranks)).severity,
            title=title[:200],
            body="\n".join(lines)[:8000],
            alerts=causes,
            time=time,
            link=f"{self.page.rstrip('/')}/?alert={quote(alerts[0].id, safe='')}" if self.page else "",
        )


def called_by(team: Team) -> dict[str, str]:
    """What agents are called in a notice, by id: the name with the id, which the reader may have to type."""
    return {
        agent.id: agent.name if agent.name == agent.id else f"{agent.name} ({agent.id})"
        for agent in team.agents.values()
    }


def _line(rank: Rank, names: Mapping[str, str]) -> str:
    return f"{rank.alert.severity}: {called(rank.alert, names)} ({rank.why})"


def telling(path: str | None, history: str, tenant: str, secrets: Mapping[str, str], page: str = "") -> Telling | None:
    """Who tells of a team's alerts as an owner's file says; None without one."""
    return None if path is None else Telling(path, outbox_of(history, tenant), tenant, secrets, page)


def outbox_of(history: str, tenant: str) -> str:
    """The file that holds what is to be sent of a team's alerts: in the folder of the history, if it is one."""
    folder = "data" if "://" in history else history
    return f"{folder}/_outbox/{tenant}.db"
