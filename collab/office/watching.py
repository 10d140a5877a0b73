"""The rules in force, watched over a desk's team by one of the processes that serve it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from collab.alerts import Watch, groups
from collab.alerts.watch import SOONEST_S
from collab.desk import Desk, TooLate
from collab.events import AlertAcknowledged, AlertFired, AlertResolved, AlertReturned, Entry, Event, SilenceEnded
from collab.live.lease import Lease
from collab.live.refusing import refused
from collab.live.stream import StreamUnreachable
from collab.office.signals import Lost, Signals, give_lost
from collab.office.telling import Telling, called_by
from collab.rules import Rule
from collab.rules.reading import default, read
from collab.team import Alert, State
from collab.team_at_work import Clock

logger = logging.getLogger(__name__)

LEASE_S = 4.0
"""How long after its last sign of life another process watches."""

EVERY_S = 1.0
"""How often the rules are looked at though nothing happened."""

BY = "collab"
"""Who adopts the rules that come with collab, or those of an owner's file."""


def rules_of(path: str, tenant: str) -> tuple[Rule, ...]:
    """The rules of a tenant in an owner's file.

    Raises:
        ValueError: the file is none; names the line, the rule, the field and the fix.
        OSError: it cannot be read.
    """
    return read(Path(path).read_bytes(), path).of(tenant)


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
        recorded: up to which place of the stream the history goes; may take a while.
        alarm: is called when the stream gets out of reach, and when it answers again.

    Attributes:
        lost: since when the stream does not answer, or takes no writes; None while it does.
        refused: why it takes no writes, with the fix; "" while it does, or does not answer.
    """

    def __init__(
        self,
        desk: Desk,
        lease: Lease,
        clock: Clock,
        rules: tuple[Rule, ...] | None = None,
        telling: Telling | None = None,
        recorded: Callable[[], int] = lambda: 0,
        alarm: Callable[[], None] = lambda: None,
    ) -> None:
        self.desk, self._lease, self._clock = desk, lease, clock
        self._rules, self._telling, self._alarm = rules, telling, alarm
        self._signals = Signals(recorded)
        self._watch: Watch | None = None
        self._happened = asyncio.Event()
        self._asked_s = 0.0
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._settled: list[str] = []
        self._fired: list[Event] = []
        self._louder = False
        self.lost: Lost | None = None
        self._alone: Watch | None = None
        self.refused = ""

    def hear(self, entries: list[Entry]) -> None:
        """Take in what the team has applied; who does not watch keeps nothing of it."""
        self._happened.set()
        if self._watch is None:
            return
        now = self._clock()
        for entry in entries:
            self._watch.take(entry)
            self._signals.hear(entry, now)
            if isinstance(entry.event, AlertAcknowledged | AlertResolved):
                self._settled.append(entry.event.alert)
            elif isinstance(entry.event, AlertFired | AlertReturned):
                self._fired.append(entry.event)  # whoever appended it: the answer to an own append may have been lost
            elif isinstance(entry.event, SilenceEnded):
                self._louder = True

    def drop(self) -> None:
        """A member of this process's gateway was dropped, because it read too slowly."""
        self._signals.drop(self._clock())

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
                    await self._out_of_reach(error)
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
            self._found()
            return
        if self._watch is None:
            await self._begin()
        assert self._watch is not None
        await self._signals.give(self._watch, self._clock(), self.lost)
        self._found()
        found = self._watch.at(self._clock())
        if found and not await self.desk.note_alerts(found):
            self._watch = None  # somebody else was first; begin again with what the team says
            return
        await self._tell()
        if self._louder:
            await self._make_up()

    async def _begin(self) -> None:
        """Begin with what the team says, and make up for what was not told."""
        await self._adopt()
        for kept in (self._signals, self._settled, self._fired):
            kept.clear()
        self._watch = Watch(self.desk.team)
        await self._make_up()

    async def _make_up(self) -> None:
        """Tell of what fired and was not told: nobody watched, who did was killed, or it was under a silence."""
        self._louder = False
        if self._telling is not None:
            alerts = self.desk.team.alerts
            taken = [alert.id for alert in alerts.open.values() if alert.state == State.acknowledged]
            over = [alert.id for alert in alerts.ended]
            loud, names = groups(self.desk.team), called_by(self.desk.team)
            await asyncio.to_thread(self._telling.make_up, loud, [*taken, *over], self._clock(), names)

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

    async def _out_of_reach(self, error: StreamUnreachable) -> None:
        """Say so while it lasts: what the rules find of it can only be appended when the stream answers again."""
        watched, self._watch = self._watch is not None, None  # what it returned was not appended
        self._asked_s, now = -math.inf, self._clock()
        self.refused = str(error) if refused(error) else ""
        if self.lost is None:
            self.lost = Lost(now, self.desk.team.seq)
            self._alone = Watch(self.desk.team) if watched else None
            logger.warning("alerts of %s wait: %s", self.desk.tenant, error)
            self._alarm()
        if self._alone is not None:
            give_lost(self._alone, now, self.lost)
            rules = {rule.name for rule in self.desk.team.alerts.rules if rule.kind == "redis_lost"}
            found = [event for event in self._alone.at(now) if getattr(event, "rule", "") in rules]
            await self._tell(found, self._alone.alerts.open)

    def _found(self) -> None:
        """The stream answers."""
        if self.lost is not None:
            self.lost = self._alone = None
            self.refused = ""
            self._alarm()

    async def _tell(self, found: Sequence[Event] = (), open: Mapping[str, Alert] | None = None) -> None:
        """Let people know, away from this loop: what is told is on the disk before this returns."""
        settled, self._settled = self._settled, []
        fired, self._fired = self._fired, []
        if self._telling is None:
            return
        notices = self._telling.notices([*fired, *found], self.desk.team, open)
        if notices or settled:
            await asyncio.to_thread(self._telling.tell, notices, settled)
