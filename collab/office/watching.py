"""The rules in force, watched over a desk's team by one of the processes that serve it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from collab.alerts import Watch, groups
from collab.desk import Desk, TooLate
from collab.events import AlertAcknowledged, AlertResolved, AlertReturned, Entry, Event, MessageSent
from collab.live.lease import Lease
from collab.live.stream import StreamUnreachable
from collab.metrics import percentiles
from collab.office.telling import Telling
from collab.records import seconds_between
from collab.rules import Rule
from collab.rules.reading import default, read
from collab.team import State
from collab.team_at_work import Clock

logger = logging.getLogger(__name__)

LEASE_S = 4.0
"""How long after its last sign of life another process watches."""

EVERY_S, SOONEST_S = 1.0, 0.1
"""How often the rules are looked at though nothing happened, and the least time between two looks."""

LATEST = timedelta(minutes=1)
"""So far back go the signals that are a minute's."""

BY = "collab"
"""Who adopts the rules that come with collab, or those of an owner's file."""


class Sent(NamedTuple):
    """When a message was heard, and after how many milliseconds."""

    time: datetime
    ms: float


def rules_of(path: str, tenant: str) -> tuple[Rule, ...]:
    """The rules of a tenant in an owner's file.

    Raises:
        ValueError: the file is none; names the line, the rule, the field and the fix.
        OSError: it cannot be read.
    """
    return read(Path(path).read_text(encoding="utf-8"), path).of(tenant)


class Watching:
    """Looks at the rules soon after each event and once a second, and appends what follows.

    It does so while it holds the tenant's lease and the desk's clock shows the computer's time, not that of a past in
    the making.

    Args:
        desk: whose team it is.
        lease: the right to watch this team.
        clock: the desk's.
        rules: those that shall be in force; None leaves what is, or begins with those that come with collab.
        telling: brings what fires to people.
        recorded: up to which place of the stream the history goes as far as this process knows.
    """

    def __init__(
        self,
        desk: Desk,
        lease: Lease,
        clock: Clock,
        rules: tuple[Rule, ...] | None = None,
        telling: Telling | None = None,
        recorded: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.desk, self._lease, self._clock = desk, lease, clock
        self._rules, self._telling, self._recorded = rules, telling, recorded
        self._watch: Watch | None = None
        self._happened = asyncio.Event()
        self._asked_s = 0.0
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._unrecorded: deque[tuple[int, datetime]] = deque()
        self._sent: deque[Sent] = deque()
        self._drops: deque[datetime] = deque()
        self._settled: list[str] = []
        self._given_back: list[Event] = []
        self._lost: datetime | None = None

    def hear(self, entries: list[Entry]) -> None:
        """Take in what the team has applied; who does not watch keeps nothing of it."""
        self._happened.set()
        if self._watch is None:
            return
        now = self._clock()
        for entry in entries:
            self._watch.take(entry)
            self._unrecorded.append((entry.seq, entry.event.time))
            if isinstance(entry.event, AlertAcknowledged | AlertResolved):
                self._settled.append(entry.event.alert)
            elif isinstance(entry.event, AlertReturned) and entry.event.by:
                self._given_back.append(entry.event)
            elif isinstance(entry.event, MessageSent):
                self._sent.append(Sent(now, 1000 * seconds_between(entry.event.time, now)))

    def drop(self) -> None:
        """A member of this process's gateway was dropped, because it read too slowly."""
        self._drops.append(self._clock())

    def start(self) -> None:
        """Watch from now on, in the loop that runs."""
        self._task = asyncio.create_task(self._run(), name="watch")

    async def stop(self) -> None:
        """Finish what is being looked at, so that nothing is half done, and let another process go on."""
        if self._task is not None:
            self._stopping = True
            self._happened.set()
            await asyncio.wait([self._task], timeout=LEASE_S)
            self._task.cancel()  # a Redis that does not answer holds nobody up
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled() and (error := self._task.exception()) is not None:
                logger.error("watching the rules of %s failed", self.desk.tenant, exc_info=error)
            self._task = None

    async def _run(self) -> None:
        try:
            while not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._happened.wait(), EVERY_S)
                self._happened.clear()
                try:
                    await self.look()
                except StreamUnreachable as error:
                    self._out_of_reach(error)
                except TooLate as error:
                    logger.info("alerts of %s are looked at again: %s", self.desk.tenant, error)
                    self._watch = None
                except Exception:  # nobody would miss alerts that are silent
                    logger.exception("the rules of %s could not be looked at; trying again", self.desk.tenant)
                    self._watch = None
                    await asyncio.sleep(EVERY_S)
                if not self._stopping:
                    await asyncio.sleep(SOONEST_S)
        finally:
            with suppress(StreamUnreachable):
                await self._lease.give_back()

    async def look(self) -> None:
        """Look at the rules now, if it is this process's turn.

        Raises:
            StreamUnreachable: nothing can be appended.
            TooLate: others change rules at this moment.
        """
        if not await self._our_turn():
            self._watch = None
            return
        if self._watch is None:
            await self._begin()
        assert self._watch is not None
        now = self._clock()
        self._signal(self._watch, now)
        found = self._watch.at(now)
        if found and not await self.desk.note_alerts(found):
            self._watch = None  # somebody else was first; begin again with what the team says
            return
        await self._tell(found)

    async def _begin(self) -> None:
        """Begin with what the team says, and make up for what was not told."""
        await self._adopt()
        for kept in (self._unrecorded, self._sent, self._settled, self._given_back):
            kept.clear()
        self._watch = Watch(self.desk.team)
        if self._telling is not None:
            alerts = self.desk.team.alerts
            taken = [alert.id for alert in alerts.open.values() if alert.state == State.acknowledged]
            over = [alert.id for alert in alerts.ended]
            await asyncio.to_thread(self._telling.make_up, groups(self.desk.team), [*taken, *over], self._clock())

    async def _our_turn(self) -> bool:
        if self._clock.is_set:
            return False
        if time.monotonic() - self._asked_s <= LEASE_S / 4:
            return self._lease.held
        self._asked_s = time.monotonic()
        if self._telling is not None:
            await asyncio.to_thread(self._telling.start)
        return await self._lease.take()

    async def _adopt(self) -> None:
        """Bring the owner's rules into force, or those that come with collab if there never were any."""
        alerts = self.desk.team.alerts
        wanted = self._rules
        if wanted is None and not alerts.version:
            wanted = default().of(self.desk.tenant)
        if wanted is not None and wanted != alerts.rules:
            reason = "the rules that come with collab" if self._rules is None else "the rules of the owner's file"
            await self.desk.adopt_rules(wanted, by=BY, reason=reason)

    def _signal(self, watch: Watch, now: datetime) -> None:
        """What no event says: how far the recorder is behind, how long messages take, and whether Redis was lost."""
        if (recorded := self._recorded()) is not None:
            while self._unrecorded and self._unrecorded[0][0] <= recorded:
                self._unrecorded.popleft()
            behind_s = seconds_between(self._unrecorded[0][1], now) if self._unrecorded else 0.0
            watch.signal("recorder_lag", behind_s, now, n=max(1, len(self._unrecorded)))
        else:
            self._unrecorded.clear()
        while self._sent and self._sent[0].time < now - LATEST:
            self._sent.popleft()
        if slowest := percentiles([one.ms for one in self._sent])["p95"]:
            watch.signal("latency", slowest, now, n=len(self._sent))
        while self._drops and self._drops[0] < now - LATEST:
            self._drops.popleft()
        watch.signal("dropped", len(self._drops), now)
        lost_s = 0.0 if self._lost is None else seconds_between(self._lost, now)
        watch.signal("redis_lost", lost_s, now)
        self._lost = None

    def _out_of_reach(self, error: StreamUnreachable) -> None:
        self._watch = None  # what it returned was not appended
        if self._lost is None:
            self._lost = self._clock()
            logger.warning("alerts of %s wait: %s", self.desk.tenant, error)

    async def _tell(self, found: list[Event]) -> None:
        """Let people know, away from this loop: what is told is on the disk before this returns."""
        settled, self._settled = self._settled, []
        given_back, self._given_back = self._given_back, []
        if self._telling is None:
            return
        notices = self._telling.notices([*given_back, *found], self.desk.team)
        if notices or settled:
            await asyncio.to_thread(self._telling.tell, notices, settled)
