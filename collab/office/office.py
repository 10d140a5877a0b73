"""The rooms that work together in one process: stream, desk, recorder and history, on a loop in a thread of their own.

One office serves every session of a process. It works in one of three ways, and says which in `mode`:
"live" (it has the desk and records), "joined" (it has the desk; another process records the shared stream, and this one
goes on with it within seconds when that one ends), and "reading" (another process has the embedded stream and records:
this one follows its history, a second or two behind).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from typing import Any, Literal

from collab.balance import Thresholds
from collab.coach import Coach, Model
from collab.desk import Desk, utc_now
from collab.events import Entry
from collab.files import Shelf
from collab.floor import Floor
from collab.gates import Pacing
from collab.history import History, HistoryInUse, Recorder
from collab.lapses import Terms
from collab.live.silence import close_if_silent
from collab.live.stream import Stream, open_stream
from collab.live.subscribers import Subscribers
from collab.office.adopting import Adopting
from collab.office.anew import LOST, Anew
from collab.office.asking import Asking
from collab.office.duties import Duties
from collab.office.reading import Reading
from collab.office.shadowing import shadowing
from collab.office.telling import Telling
from collab.office.tending import tend
from collab.office.threaded import Threaded
from collab.office.timing import Timing
from collab.recording import Recording, values_of
from collab.team import Team
from collab.team_at_work import Clock, TeamAtWork
from collab.whatif import WhatIf
from collab.whatif.journal import watched

logger = logging.getLogger(__name__)

DEMO = "demo"
"""The tenant of the seeded team."""

Mode = Literal["live", "joined", "reading"]


class Office(Threaded):
    """Starts and holds what one tenant needs in one process.

    Args:
        stream: the URL of the stream, `embedded://` or that of a Redis.
        history: the folder or URL of the history.
        tenant: whose team it is.
        team_at_work: let the seeded team work at the desk; `days` of its past are made first if there are none.
        days: how many days of the seeded team's past to make.
        pace: how many times faster than life the seeded team works.
        explore: the share of leads routed by weights drawn at random, 0 to 1.
        terms: how long a lead stays with an agent who does nothing with it.
        pacing: how soon agents are asked again, and how far ahead of their share.
        weights: the folder that has a folder of adopted weights for each tenant; else `weights` beside the history.
        rules: a file of alert rules (YAML) that counts from the start on; else those in force stay.
        notify: a file that says who is told of alerts (`notify.yaml`, docs/alerts.md); else the page alone shows them.
        secrets: by name, those that `notify` reads from the environment.
        balance: are loads not evened out ("off"), are moves of leads proposed, or made ("auto")?
        thresholds: when loads are evened out, and how many moves an hour there are at most.
        page: where people open the page, so that notices can link to their alerts.
        shadow: a second set of weights (four integers that sum to 100) under which decisions are scored, too.
        coach: the model that advises on conversations; without one rules do.
        progress: is called with (done, of) while the past is made.

    Raises:
        ValueError: a setting is wrong; some are looked at by `start` only.
    """

    mode: Mode = "live"
    desk: Desk | None = None
    recorder: Recorder | None = None
    stream: Stream | None = None
    floor: Floor | None = None
    shelf: Shelf | None = None
    leave_shelf: Callable[[], None] | None = None

    def __init__(
        self,
        stream: str = "embedded://",
        history: str = "data/history",
        *,
        tenant: str = "main",
        team_at_work: bool = False,
        days: int = 5,
        pace: float = 1.0,
        explore: float = 0.0,
        terms: Terms | None = None,
        pacing: Pacing | None = None,
        weights: str | None = None,
        rules: str | None = None,
        notify: str | None = None,
        secrets: Mapping[str, str] | None = None,
        balance: str = "propose",
        thresholds: Thresholds | None = None,
        page: str = "",
        shadow: str | Sequence[int] | None = None,
        coach: Model | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        super().__init__(tenant)
        self.stream_url, self.history_url, self.tenant, self.team_at_work = stream, history, tenant, team_at_work
        self._routing: dict[str, Any] = {"explore": explore, "pacing": pacing, "coach": Coach(coach)}
        self.terms, self.days, self.pace, self.started = terms or Terms(), days, pace, utc_now()
        self._progress, self._at_work, self._clock = progress, False, (clock := Clock())
        self.timing, self.weights = Timing(tenant, clock), watched(history, tenant, weights)
        self._recording: Recording | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._hastening: asyncio.Task[None] | None = None
        self._subscribers, self._asking = Subscribers(), Asking(lambda: self.history)
        alarm = partial(self._subscribers.tell, [])  # lets subscribers look anew, though there are no new entries
        self._adopting, self._reading = Adopting(self.weights), Reading(lambda: self.history, self._subscribers.tell)
        self.shadow = shadowing(shadow, self.subscribe, self.started)
        self.duties = Duties(tenant, history, rules, notify, secrets, balance, thresholds, page)
        self.subscribe(self.duties.hear)
        self.anew, self._alarm = Anew(tenant, partial(self._shut, LOST), self._begin, alarm), alarm

    @property
    def team(self) -> Team:
        """The team as it is now; read it in the office's loop (`call`)."""
        return self.desk.team if self.desk is not None else self._reading.team

    @property
    def history(self) -> History:
        """The tenant's history as far as it is recorded now."""
        return History(self.history_url, self.tenant)

    def subscribe(self, callback: Callable[[list[Entry]], None]) -> Callable[[], None]:
        """Call `callback` in the office's loop with new entries, in order; returns the way out.

        With none it is called when the stream gets out of reach, or answers again.
        """
        return self._subscribers.add(callback)

    def wait_for(self, *, events: int, timeout_s: float) -> int:
        """Block until so many further events came in, or the time is over; returns how many came."""
        came, enough = [0], threading.Event()

        def count(entries: list[Entry]) -> None:
            came[0] += len(entries)
            if came[0] >= events:
                enough.set()

        leave = self.subscribe(count)
        enough.wait(timeout_s)
        leave()
        return came[0]

    def what_if(self) -> WhatIf:
        """The what-if over the recorded decisions, shared by all sessions; new decisions join it every few seconds."""
        return self._asking.what_if()

    def status(self) -> dict[str, Any]:
        """What works here, for `/healthz`: mode, tenant, places on the stream and in the history."""
        recorded = self._recorded()
        return {
            "mode": self.mode,
            "tenant": self.tenant,
            "team_at_work": self.team_at_work,
            "seq": self.team.seq,
            "recorded": recorded,
            "behind": None if recorded is None else self.team.seq - recorded,
            "up_s": round((utc_now() - self.started).total_seconds(), 1),
        }

    async def _open(self) -> None:
        await self._begin()
        logger.info("office of %s is %s on %s", self.tenant, self.mode, self.history_url)

    async def _begin(self) -> None:
        self.recorder, self._at_work = None, False
        await self.duties.check()
        self.stream = stream = open_stream(self.stream_url, self.tenant)
        await stream.ping()
        if self.stream_url.startswith("embedded"):
            recorder = Recorder(self.history_url, stream)
            try:
                recorder.acquire()
            except HistoryInUse:
                self.mode = "reading"
                await self._reading.start(stream.partition)
                self._tasks.append(asyncio.create_task(self._reading.run(), name="read"))
                return
            self.recorder = recorder
        team = await asyncio.to_thread(self.history.team)
        if team.seq:
            await stream.restore(self.history.own_last, await asyncio.to_thread(values_of, self.history))
        self.desk = Desk(stream, team=team, clock=self._clock, find=self.history.decision_on, **self._routing)
        self.desk.subscribe(self._subscribers.tell)
        await self.timing.begin(self.desk)
        if self.recorder is not None:
            await self.recorder.start()
        else:
            self.mode = "joined"
            self._recording = Recording(self.history_url, stream, changed=self._records)
            await self._recording.start()
        await self.desk.start()
        if self.recorder is not None:
            await self._put_to_work()
        self._tasks.append(
            asyncio.create_task(tend(self.desk, self._adopting, self.terms, self.timing, self.anew.start), name="tend")
        )
        await self.duties.start(self.desk, stream, self._clock, self._reached, self._alarm)

    @property
    def telling(self) -> Telling | None:
        """What brings alerts to people; None if nobody is to be told."""
        return self.duties.telling

    @property
    def trouble(self) -> str:
        """Why the team here does not take in what others do; "" while it does."""
        if self.desk is not None and self.desk.lost:
            return f"{self.desk.lost}; it begins anew with what is recorded"
        return self.desk.trouble if self.desk is not None else self._reading.trouble

    @property
    def lost(self) -> datetime | None:
        """Since when the stream does not answer, or nobody records what is only read here; None while all is well."""
        return self.duties.lost or self._reading.left

    def _reached(self) -> int:
        """Up to which place the history goes, as the recorder here knows or else as the history says."""
        recorded = self._recorded()
        return self.history.own_last if recorded is None else recorded

    def _recorded(self) -> int | None:
        return None if self.recorder is None else self.recorder.recorded

    def _records(self, recorder: Recorder | None) -> None:
        """This process records from now on, or another one does."""
        self.recorder, self.mode = recorder, "live" if recorder is not None else "joined"
        if recorder is not None and self._tasks:  # else it is only starting
            self._tasks.append(asyncio.create_task(self._put_to_work(), name="put to work"))

    async def _put_to_work(self) -> None:
        """Let the seeded team work here, if it is wanted and does not yet."""
        if not self.team_at_work or self.desk is None or self.recorder is None or self._at_work:
            return
        self._at_work = True
        work = TeamAtWork(self.desk, clock=self._clock, pace=self.pace)
        if not self.team.agents:
            with self.recorder.seldom():
                await work.backfill(days=self.days, progress=self._progress)
        self._tasks.append(asyncio.create_task(work.run(), name="team at work"))

    def hasten(self) -> None:
        """The end is near, and waits no longer than a moment for a stream that is silent; call it in the loop."""
        if self.stream is not None and self._hastening is None:
            self._hastening = asyncio.create_task(close_if_silent(self.stream), name="hasten")

    async def close(self) -> None:
        """Stop all rooms, in the loop they work in; one that cannot end well keeps none from ending."""
        await self.anew.stop()
        await self._shut()

    async def _shut(self, why: str = "") -> None:
        self.hasten()
        async with AsyncExitStack() as rooms:  # the last is stopped first
            if self.stream is not None:
                rooms.push_async_callback(self.stream.close)
            if self._hastening is not None:
                rooms.callback(self._hastening.cancel)
                self._hastening = None
            if (recording := self._recording or self.recorder) is not None:
                rooms.push_async_callback(recording.stop)
            if self.desk is not None:
                rooms.push_async_callback(self.desk.close)
            rooms.push_async_callback(self.duties.hush)
            rooms.push_async_callback(self._end_tasks)
            if self.leave_shelf is not None:
                rooms.callback(self.leave_shelf)
            if self.floor is not None:
                rooms.callback(self.floor.close)
                self.floor.send_away(why)
            self.leave_shelf = self.floor = None
            await self.duties.stop()

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("a task of the office failed", exc_info=result)
        self._tasks.clear()
