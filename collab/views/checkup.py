"""One look at all parts for everybody who shows them: made every few seconds, as long as anybody does."""

from __future__ import annotations

import asyncio
import threading
import weakref
from datetime import datetime
from time import monotonic
from typing import Protocol

import msgspec
from msgspec import Struct

from collab.checks import Check, State, gravest_first, of_office
from collab.checks.serving import of_viewers
from collab.desk import utc_now
from collab.door import Door
from collab.office import Office
from collab.views.feed import Feed, feed_of
from collab.views.one import One
from collab.views.presses import presses_of

EVERY_S = 5.0
"""How often the parts are looked at while somebody shows them."""


PATIENCE_S = 60.0
"""After so long without a look its office was stopped, and whoever joins begins anew."""


class Findings(Struct, frozen=True):
    """What was found, the gravest first, and when; without checks, `error` says why nothing could be."""

    time: datetime
    checks: tuple[Check, ...] = ()
    error: str = ""


class Shows(Protocol):
    """Whoever shows what is found."""

    def push(self) -> None:
        """There are new findings; may be called from any thread."""


class Checkup:
    """Looks at an office's parts, and remembers since when each is as it is.

    Attributes:
        door: the gateway beside the office, if there is one.
        findings: the newest; None before the first look.
    """

    def __init__(self, office: Office) -> None:
        self.office = office
        self.door: Door | None = None
        self.findings: Findings | None = None
        self._shows: weakref.WeakSet[Shows] = weakref.WeakSet()
        self._since: dict[str, tuple[State, datetime]] = {}
        self._lock = threading.Lock()
        self._feed: Feed | None = None
        self._until = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def looking(self) -> bool:
        """Are the parts looked at again and again?"""
        return monotonic() < self._until

    def join(self, view: Shows) -> None:
        """Tell this view of new findings from now on; the first who joins lets the parts be looked at at once."""
        try:
            self._feed = feed_of(self.office)
            with self._lock:
                self._shows.add(view)
                begin, self._until = not self.looking, monotonic() + PATIENCE_S
            if begin:
                self.office.call(self._turn())
        except RuntimeError as error:
            self.findings, self._until = Findings(utc_now(), error=str(error)), 0.0
        if self.findings is not None:
            view.push()

    def leave(self, view: Shows) -> None:
        """Tell this view no more; after the last one nothing is looked at."""
        self._shows.discard(view)

    async def _turn(self) -> None:
        await self.look()
        # No task that sleeps: an office that stops meanwhile would leave it behind.
        asyncio.get_running_loop().call_later(EVERY_S, self._again)

    def _again(self) -> None:
        with self._lock:  # before another joins, who begins anew then
            self._until = monotonic() + PATIENCE_S if self._shows else 0.0
        if self.looking:
            self._task = asyncio.ensure_future(self._turn())

    async def look(self) -> None:
        """Look at all parts now, and tell those who joined; call it in the office's loop."""
        try:
            found = await of_office(self.office, self.door)
            if self._feed is not None:
                found.append(of_viewers(self._feed.boards, tuple(presses_of(self.office).newest)))
            self.findings = Findings(utc_now(), tuple(gravest_first(map(self._dated, found))))
        except Exception as error:  # who looks for a fault must not be left without an answer by another one
            self.findings = Findings(utc_now(), error=f"{type(error).__name__}: {error}")
        for view in tuple(self._shows):
            view.push()

    def _dated(self, check: Check) -> Check:
        """The check with the time since which it is in its state, as far as this process looked."""
        state, since = self._since.get(check.name, (None, utc_now()))
        if state != check.state:
            since = utc_now()
        self._since[check.name] = check.state, since
        return check if check.since is not None else msgspec.structs.replace(check, since=since)


_checkups = One(Checkup)


def checkup_of(office: Office) -> Checkup:
    """The one checkup of an office in this process."""
    return _checkups.of(office)
