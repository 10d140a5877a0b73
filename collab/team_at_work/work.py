"""The seeded team's day: leads arrive, shifts and breaks come round; live on the wall clock, or as a past made now.

Both ways run the same agenda through the real desk. Live, a working day is quick: it begins at the hour of a weekday
at which most agents are on shift, whenever it is started, passes `TEMPO` times as fast as life and is followed by the
next morning, so that a lead comes about every eight seconds and nights and weekends are skipped; only answers take the
seconds they take in life. In the past, days lie as in the calendar of the team's zone, at life's own tempo, weekends
and nights included.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from collab.desk import Desk, TooLate, utc_now
from collab.events import Entry
from collab.records import aware
from collab.team_at_work.clock import Agenda, Clock, Due
from collab.team_at_work.hands import Hands
from collab.team_at_work.rhythm import Day, quick_day, read_profile, real_day
from collab.team_at_work.roster import Member, data_file, read_roster
from collab.team_at_work.truth import new_lead
from collab.whole import number, whole

logger = logging.getLogger(__name__)

TEMPO = 30.0
"""How many seconds of the working day pass in one second of the live team, at a pace of 1."""

LATE_S = 5.0
"""A live team that is further behind than this (the computer slept, say) goes on from there and makes up nothing."""

RETRY_S = 1.0
"""How long a live team waits for a stream that does not answer."""

BREAKS = ((0.25, 600.0), (0.5, 1800.0), (0.75, 600.0))
"""The breaks of a shift: when, as a share of the shift, and how long, in seconds of the working day."""

BREAK_SPREAD_S = 1200.0
"""Breaks begin up to so much earlier or later."""

Progress = Callable[[int, int], None]


class TeamAtWork:
    """A seeded team that works at the desk; the same seed, clock and ids give the same events, bit for bit.

    Args:
        desk: the started desk.
        clock: the desk's own clock; needed for `backfill`.
        team_file: the agents; the clone's `data/team.yaml` if not given.
        arrivals_file: the rhythm of arrivals; the clone's `data/arrivals.csv` if not given.
        seed: fixes all that is drawn.
        pace: how many times faster than its usual live way the team works live; the past does not change with it.
        leads_per_day: the mean leads of a working day; the team file's if not given.
        utilization: the mean utilization of the agents on shift that handling times are made for, 0 to 1.

    Raises:
        FileNotFoundError: there is no data folder, or not the file that was named.
        ValueError: a setting or a field of a file is wrong; names it.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        clock: Clock | None = None,
        team_file: Path | None = None,
        arrivals_file: Path | None = None,
        seed: int = 1,
        pace: float = 1.0,
        leads_per_day: float | None = None,
        utilization: float = 0.65,
    ) -> None:
        if not number(pace, "pace", "give a number above 0") > 0:
            raise ValueError(f"pace is {pace}; give a number above 0")
        if not 0 < utilization < 1:
            raise ValueError(f"utilization is {utilization}; give a share between 0 and 1")
        self.desk, self.seed, self.pace = desk, seed, pace
        self.roster = read_roster(team_file or data_file("team.yaml"))
        self.profile = read_profile(arrivals_file or data_file("arrivals.csv"))
        self.leads_per_day = self.roster.leads_per_day if leads_per_day is None else leads_per_day
        if not self.leads_per_day > 0:
            raise ValueError(f"leads_per_day is {leads_per_day}; give a number above 0")
        self._clock = clock
        self._agenda = Agenda()
        self._behind = timedelta()
        self._woken = asyncio.Event()
        self._arrived = 0
        lead_s = utilization * self.roster.staffed_s / self.leads_per_day
        self._hands = Hands(desk, self.roster, self._agenda, self._now, seed=seed, lead_s=lead_s)

    @property
    def behind(self) -> timedelta:
        """How much time a live team has left out, because the computer slept or was too slow."""
        return self._behind

    async def backfill(self, days: int = 14, end: datetime | None = None, progress: Progress | None = None) -> None:
        """Make the team's past: so many days before the day of `end`, and that day until `end`.

        What is open at the end stays with its agents, for `run` to go on with. If no working day was among the days,
        earlier ones are added until there is one.

        Args:
            days: calendar days in the team's zone.
            end: when the past ends; now if not given.
            progress: is called with the leads that arrived so far and those that will have at the end.

        Raises:
            ValueError: the desk has decisions already, or does not go by this team's clock.
        """
        end = aware(end or utc_now(), "end")
        clock = self._clock_for_the_past()
        past = self._past(days, end)
        self._hands.tempo, self._hands.pace = 1.0, 1.0
        clock.set(past[0].midnight)
        unsubscribe = self.desk.subscribe(self._hands.hear)
        try:
            await self._join()
            expected = sum(self._plan_day(day, after=day.midnight, before=end) for day in past)
            while (soonest := self._agenda.soonest()) is not None and soonest <= end:
                clock.set(soonest)
                before = self._arrived
                await self._do(self._agenda.take())
                await _settled()
                if progress is not None and self._arrived > before:
                    progress(self._arrived, expected)
            clock.set(end)
        finally:
            unsubscribe()
            self._agenda.clear()
            clock.release()

    async def run(self, until: asyncio.Event | None = None) -> None:
        """Work live until `until` is set (or for ever), with the team as it is, from when most are on shift.

        Leads that anyone routes to these agents are handled too. A person's commands win over what agents planned.
        """
        self._woken, self._behind = asyncio.Event(), timedelta()
        self._hands.tempo, self._hands.pace = TEMPO * self.pace, self.pace
        self._hands.forget()
        unsubscribe = self.desk.subscribe(self._hear_live)
        watching = asyncio.create_task(self._watch(until), name="until") if until is not None else None
        try:
            await self._begin_live()
            while until is None or not until.is_set():
                await self._step_live()
        finally:
            unsubscribe()
            self._agenda.clear()
            if watching is not None:
                watching.cancel()

    def _now(self) -> datetime:
        return (self._clock or utc_now)() - self._behind

    def _clock_for_the_past(self) -> Clock:
        if self._clock is None:
            raise ValueError("clock is None; a past needs one: clock = Clock(), given to Desk and to TeamAtWork")
        team = self.desk.team
        if team.recent or team.leads:
            newest = f", the newest of {team.recent[-1].time:%Y-%m-%d %H:%M}" if team.recent else ""
            raise ValueError(f"tenant {self.desk.tenant} has leads already{newest}; a past is made for a new team only")
        return self._clock

    def _past(self, days: int, end: datetime) -> list[Day]:
        whole(days, "days", 0)
        last = end.astimezone(self.roster.zone).date()
        dates = [last - timedelta(days=n) for n in range(days, -1, -1)]
        while not any(self.profile.works_on(day) for day in dates[:-1]):
            dates.insert(0, dates[0] - timedelta(days=1))
        return [real_day(day, self.roster.zone) for day in dates if self.profile.works_on(day)]

    async def _join(self) -> None:
        """Put the members on the roster who never were, offline."""
        for member in self.roster.members.values():
            if member.id not in self.desk.team.agents:
                skills = dict(member.skills)
                await self.desk.add_agent(
                    member.id, member.name, skills=skills, capacity=member.capacity, on_shift=False
                )
                self._check_clock(member.id)

    def _check_clock(self, name: str) -> None:
        since = self.desk.team.agents[name].since
        if self._clock is not None and self._clock.is_set and since != self._clock():
            raise ValueError("clock is not the desk's; give the same Clock() to Desk and to TeamAtWork")

    def _plan_day(self, day: Day, after: datetime, before: datetime | None = None) -> int:
        """Plan a day's arrivals, shifts and breaks from `after` on; returns the arrivals up to `before`."""
        chance = Random(f"{self.seed}/day/{day.date}")
        times = [day.at(second) for second in self.profile.arrivals(day.date, self.leads_per_day, chance)]
        for member in self.roster.members.values():
            self._plan_shift(day, member, after)
        for time in times:
            if time >= after:
                self._agenda.plan(time, self._arrive)
        return sum(after <= time and (before is None or time <= before) for time in times)

    def _plan_shift(self, day: Day, member: Member, after: datetime) -> None:
        start, end = member.behaviour.shift
        chance = Random(f"{self.seed}/breaks/{member.id}/{day.date}")
        begins, ends = day.at(start), day.at(end)
        if begins >= after:
            self._agenda.plan(begins, self._hands.begin_shift, member.id)
        for share, length in BREAKS:
            time = day.at(start + share * (end - start) + chance.uniform(-BREAK_SPREAD_S, BREAK_SPREAD_S))
            if time >= after:
                self._agenda.plan(time, self._hands.begin_break, member.id, length / day.tempo)
        if ends >= after:
            self._agenda.plan(ends, self._hands.end_shift, member.id)

    async def _arrive(self) -> None:
        number = self._arrived + 1
        await self.desk.route_lead(new_lead(number, Random(f"{self.seed}/lead/{number}")))
        self._arrived = number

    async def _begin_live(self) -> None:
        """Take the team over as it is: shifts as at the fullest hour, and every lead that an agent holds goes on."""
        await self._join()
        team, now = self.desk.team, self._now()
        # every lead is open or closed, so no lead after these has an id that was used before
        self._arrived = len(team.leads) + sum(agent.closed for agent in team.agents.values())
        today = now.astimezone(self.roster.zone).date()
        date = today if self.profile.works_on(today) else self.profile.next_day(today)
        begins = self.roster.fullest_s  # later or earlier, a lead might wait for a language that is not there
        day = quick_day(date, begins, now, self._hands.tempo)
        for member in self.roster.members.values():
            start, end = member.behaviour.shift
            act = self._hands.begin_shift if start <= begins < end else self._hands.end_shift
            self._agenda.plan(now, act, member.id)
        for lead in sorted(team.leads):
            self._agenda.plan(now, self._hands.take_up, lead)
        self._plan_live(day, after=now + timedelta(microseconds=1))

    def _plan_live(self, day: Day, after: datetime) -> None:
        self._plan_day(day, after)
        shifts = [member.behaviour.shift for member in self.roster.members.values()]
        self._agenda.plan(day.at(max(self.profile.closes, *(end for _, end in shifts))), self._next_morning, day)

    async def _next_morning(self, day: Day) -> None:
        shifts = [member.behaviour.shift for member in self.roster.members.values()]
        date, now = self.profile.next_day(day.date), self._now()
        opens = min(self.profile.opens, *(start for start, _ in shifts))
        self._plan_live(quick_day(date, opens, now, day.tempo), after=now)

    async def _do(self, due: Due) -> None:
        act, args = due.todo
        await act(*args)

    async def _step_live(self) -> None:
        """Wait for what is due next and do it; return early when something sooner may have been planned."""
        self._woken.clear()
        soonest = self._agenda.soonest()
        assert soonest is not None  # the next morning is always planned
        wait_s = (soonest - self._now()).total_seconds()
        if wait_s > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait_s)
            return
        if -wait_s > LATE_S:
            self._behind += timedelta(seconds=-wait_s)
        due = self._agenda.take()
        try:
            await self._do(due)
        except TooLate as error:
            logger.debug("a person was faster: %s", error)
        except ConnectionError as error:
            logger.warning("the team at work waits for its stream: %s", error)
            act, args = due.todo
            self._agenda.plan(self._now(), act, *args)
            self._woken.clear()
            await asyncio.sleep(RETRY_S)

    def _hear_live(self, entries: list[Entry]) -> None:
        self._hands.hear(entries)
        self._woken.set()

    async def _watch(self, until: asyncio.Event) -> None:
        await until.wait()
        self._woken.set()


async def _settled() -> None:
    """Wait until the desk has given away what it could, so that no command runs beside the next."""
    while draining := [task for task in asyncio.all_tasks() if task.get_name() == "drain"]:
        await asyncio.wait(draining)
