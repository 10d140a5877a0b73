from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from collab import events as ev
from collab.desk import Desk
from collab.events import Entry
from collab.factors import expertise
from collab.live.stream import open_stream
from collab.records import Decision, Lead, Presence, Urgency
from collab.team import Team, fold
from collab.team_at_work import Clock, Profile, TeamAtWork, data_file, read_profile, read_roster, seeded_ids, truth
from collab.team_at_work import roster as roster_module
from collab.team_at_work.rhythm import Slot, quick_day, real_day
from collab.team_at_work.work import LATE_S

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY_NOON = datetime(2026, 11, 17, 12, tzinfo=NEW_YORK)
LEADS = 60
"""A day's leads in these tests, so that they are short."""

SOON_S = 60
"""How long a test waits for what must come."""

TEAM = data_file("team.yaml").read_text(encoding="utf-8")


@asynccontextmanager
async def at_work(seed: int = 1, **settings: Any) -> AsyncIterator[TeamAtWork]:
    """A seeded team at a started desk on an empty stream, whose ids and decision times are seeded too."""
    stream = open_stream(f"embedded://{uuid.uuid4().hex}", "demo")
    clock = settings.setdefault("clock", Clock())
    desk = Desk(stream, clock=clock, new_id=seeded_ids(seed), timer=lambda: 0.0)
    await desk.start()
    try:
        yield TeamAtWork(desk, seed=seed, **{"leads_per_day": LEADS, **settings})
    finally:
        await desk.stop()
        await stream.close()


def past(seed: int = 1, end: datetime = TUESDAY_NOON, **settings: Any) -> tuple[list[Entry], Team]:
    """The entries and the team of Monday and Tuesday until noon."""

    async def made() -> tuple[list[Entry], Team]:
        entries: list[Entry] = []
        async with at_work(seed) as work:
            work.desk.subscribe(entries.extend)
            await work.backfill(days=1, end=end, **settings)
            return entries, Team.restore(work.desk.team.snapshot())

    return asyncio.run(made())


@pytest.fixture(scope="module")
def monday() -> tuple[list[Entry], Team]:
    return past()


async def until_true(desk: Desk, condition: Callable[[], bool]) -> None:
    """Wait until the condition holds after some entry of the desk's."""
    changed = asyncio.Event()
    stop = desk.subscribe(lambda entries: changed.set())
    try:
        async with asyncio.timeout(SOON_S):
            while not condition():
                changed.clear()
                await changed.wait()
    finally:
        stop()


@asynccontextmanager
async def live(work: TeamAtWork) -> AsyncIterator[Desk]:
    """The desk while the team works live; in the end it was asked to stop, and did."""
    until = asyncio.Event()
    running = asyncio.create_task(work.run(until))
    try:
        yield work.desk
    finally:
        until.set()
        async with asyncio.timeout(SOON_S):
            await running


def of(entries: list[Entry], *kinds: type[ev.Event]) -> list[Any]:
    """The events of these kinds."""
    return [entry.event for entry in entries if isinstance(entry.event, kinds)]


# the past


def test_the_same_seed_and_end_give_the_same_past_bit_for_bit(monday: tuple[list[Entry], Team]) -> None:
    again = past()
    assert [ev.encode(entry.event) for entry in again[0]] == [ev.encode(entry.event) for entry in monday[0]]
    assert again[1].snapshot() == monday[1].snapshot()


def test_another_seed_gives_another_past(monday: tuple[list[Entry], Team]) -> None:
    other = past(seed=2, end=TUESDAY_NOON - timedelta(days=1))
    assert of(other[0], ev.LeadArrived)[0].lead != of(monday[0], ev.LeadArrived)[0].lead


def test_the_team_after_the_past_is_the_fold_of_its_entries(monday: tuple[list[Entry], Team]) -> None:
    entries, team = monday
    assert fold(entries).snapshot() == team.snapshot()
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))


def test_at_the_end_of_the_past_every_lead_is_closed_or_open_and_nobody_is_over_capacity(
    monday: tuple[list[Entry], Team],
) -> None:
    entries, team = monday
    arrived = [event.lead.id for event in of(entries, ev.LeadArrived)]
    closed = {event.lead for event in of(entries, ev.LeadClosed)}
    assert arrived == [f"L-{number:06d}" for number in range(1, len(arrived) + 1)]
    assert closed | set(team.leads) == set(arrived)
    assert not closed & set(team.leads)
    assert all(agent.active <= agent.capacity for agent in team.agents.values())
    assert any(agent.active for agent in team.agents.values()), "it is noon: somebody has leads"


def test_the_past_goes_in_order_from_the_first_day_to_the_end(monday: tuple[list[Entry], Team]) -> None:
    times = [entry.event.time for entry in monday[0]]
    assert times == sorted(times)
    assert times[0].astimezone(NEW_YORK).date() == date(2026, 11, 16)
    assert TUESDAY_NOON - timedelta(minutes=30) < times[-1] <= TUESDAY_NOON


def test_leads_come_in_working_hours_and_agents_go_home(monday: tuple[list[Entry], Team]) -> None:
    entries, _ = monday
    hours = [event.time.astimezone(NEW_YORK).hour for event in of(entries, ev.LeadArrived)]
    assert 7 <= min(hours) < 12 < max(hours) <= 21
    midnight = datetime(2026, 11, 17, 0, tzinfo=NEW_YORK)
    night = fold(entry for entry in entries if entry.event.time < midnight)
    assert {str(agent.presence) for agent in night.agents.values()} == {"offline"}
    assert not any(agent.on_shift or agent.active for agent in night.agents.values())


def test_agents_answer_decline_take_breaks_and_are_rated(monday: tuple[list[Entry], Team]) -> None:
    entries, _ = monday
    shown = {str(event.presence) for event in of(entries, ev.PresenceChanged)}
    assert shown == {str(presence) for presence in Presence}
    closings = of(entries, ev.LeadClosed)
    assert {event.converted for event in closings} == {True, False}
    assert {event.satisfaction is None for event in closings} == {True, False}
    assert all(event.value > 0 for event in closings if event.converted)
    assert {event.response_s > 0 for event in of(entries, ev.FirstResponded)} == {True}


def test_days_without_work_reach_back_to_a_working_day() -> None:
    entries, _ = past(end=datetime(2026, 11, 15, 15, tzinfo=NEW_YORK))  # a Sunday, with a Saturday before it
    assert {f"{event.time.astimezone(NEW_YORK):%a}" for event in of(entries, ev.LeadArrived)} == {"Fri"}


def test_progress_counts_the_leads_to_the_last() -> None:
    seen: list[tuple[int, int]] = []
    entries, _ = past(end=datetime(2026, 11, 17, 3, tzinfo=NEW_YORK), progress=lambda done, of: seen.append((done, of)))
    arrived = len(of(entries, ev.LeadArrived))
    assert seen == [(done, arrived) for done in range(1, arrived + 1)]


def test_a_past_without_the_desks_clock_or_for_a_team_that_has_one_is_refused() -> None:
    async def refused() -> None:
        clock = Clock()
        async with at_work(clock=clock) as work:
            other = TeamAtWork(work.desk)
            with pytest.raises(ValueError, match=r"clock is None.*Clock\(\)"):
                await other.backfill(days=1)
            assert work.desk.team.seq == 0
            with pytest.raises(ValueError, match="days is -1"):
                await work.backfill(days=-1)
            with pytest.raises(ValueError, match="no time zone"):
                await work.backfill(end=datetime(2026, 11, 17))  # noqa: DTZ001
            stranger = TeamAtWork(work.desk, clock=Clock())
            with pytest.raises(ValueError, match="not the desk's"):
                await stranger.backfill(days=1, end=TUESDAY_NOON - timedelta(days=700))
            await work.desk.route_lead(Lead(id="F-1", name="Zoe"))
            with pytest.raises(ValueError, match="leads already"):
                await work.backfill(days=1)
            assert not clock.is_set

    asyncio.run(refused())


# live


def test_a_live_team_goes_on_with_what_the_past_left_and_routes_new_leads() -> None:
    async def worked() -> None:
        async with at_work(pace=300) as work:
            await work.backfill(days=1, end=TUESDAY_NOON)
            left = set(work.desk.team.leads)
            entries: list[Entry] = []
            work.desk.subscribe(entries.extend)
            async with live(work) as desk:
                await until_true(desk, lambda: not left & set(desk.team.leads))
                await until_true(desk, lambda: len(of(entries, ev.LeadArrived)) >= 5)
            arrived = [event.lead.id for event in of(entries, ev.LeadArrived)]
            assert left
            assert len(set(arrived)) == len(arrived)
            assert not set(arrived) & left

    asyncio.run(worked())


def test_a_live_team_starts_when_most_are_there_so_that_no_lead_waits_for_a_language() -> None:
    async def worked() -> None:
        async with at_work() as work, live(work) as desk:
            await until_true(desk, lambda: sum(agent.on_shift for agent in desk.team.agents.values()) == 8)
            assert work.roster.fullest_s == 13 * 3600  # as the page says

    asyncio.run(worked())


def test_a_lead_that_a_person_routes_is_worked_on_too() -> None:
    async def worked() -> None:
        async with at_work(pace=300) as work, live(work) as desk:
            await until_true(desk, lambda: any(agent.on_shift for agent in desk.team.agents.values()))
            closed: list[str] = []
            desk.subscribe(lambda entries: closed.extend(event.lead for event in of(entries, ev.LeadClosed)))
            await desk.route_lead(Lead(id="F-1", name="Zoe", language="en"))
            await until_true(desk, lambda: "F-1" in closed)

    asyncio.run(worked())


def test_a_person_who_acts_first_does_not_stop_the_team() -> None:
    async def worked() -> None:
        async with at_work(pace=300) as work, live(work) as desk:
            entries: list[Entry] = []
            desk.subscribe(entries.extend)
            for _ in range(3):
                before = len(of(entries, ev.LeadAssigned))
                await until_true(desk, lambda: len(of(entries, ev.LeadAssigned)) > before)  # noqa: B023
                decision: Decision = of(entries, ev.LeadAssigned)[-1].decision
                if decision.lead.id in desk.team.leads:
                    await desk.close_lead(decision.lead.id, decision.agent or "", converted=False)
            await desk.remove_agent("ana")
            count = len(of(entries, ev.LeadClosed))
            await until_true(desk, lambda: len(of(entries, ev.LeadClosed)) > count + 3)

    asyncio.run(worked())


def test_after_the_computer_slept_nothing_is_made_up_for() -> None:
    class Sleeper(Clock):
        """A clock that can jump."""

        jumped = timedelta()

        def __call__(self) -> datetime:
            return super().__call__() + self.jumped

    async def worked() -> None:
        clock = Sleeper()
        async with at_work(pace=100, clock=clock) as work, live(work) as desk:
            arrived: list[ev.LeadArrived] = []
            desk.subscribe(lambda entries: arrived.extend(of(entries, ev.LeadArrived)))
            await until_true(desk, lambda: len(arrived) >= 2)
            clock.jumped = timedelta(hours=10)
            before = len(arrived)
            await until_true(desk, lambda: len(arrived) > before + 4)
            assert work.behind >= timedelta(hours=10) - timedelta(seconds=LATE_S)

    asyncio.run(worked())


# the truth


def test_the_true_conversion_can_be_recovered_from_outcomes() -> None:
    chance = Random(7)
    members = list(read_roster(data_file("team.yaml")).members.values())
    rows, converted = [], []
    for number in range(20_000):
        lead, who = truth.new_lead(number, chance), chance.randrange(len(members))
        response_s = min(max(60 * 2 ** chance.gauss(0.5, 1.5), 7.5), 3840.0)
        match = expertise(lead, members[who].skills)
        features = [match - 0.6, np.log2(response_s / 60), lead.score - 50]
        rows.append([*features, *(float(who == other) for other in range(len(members)))])
        converted.append(truth.outcome(lead, members[who], response_s, chance)[0])
    x, y, found = np.array(rows), np.array(converted, float), np.zeros(3 + len(members))
    for _ in range(8):  # Newton's steps of a logistic regression
        p = 1 / (1 + np.exp(-x @ found))
        spread = np.linalg.inv(x.T @ (x * (p * (1 - p))[:, None]))
        found += spread @ x.T @ (y - p)
    true = [truth.BY_EXPERTISE, truth.BY_RESPONSE, truth.BY_SCORE]
    true += [truth.BASE + member.behaviour.conversion for member in members]
    assert np.abs((found - true) / np.sqrt(np.diag(spread))).max() < 4


def test_satisfaction_is_a_whole_number_of_one_to_five_or_missing() -> None:
    chance, members = Random(3), list(read_roster(data_file("team.yaml")).members.values())
    ratings = Counter(truth.outcome(truth.new_lead(1, chance), members[0], 60, chance)[2] for _ in range(3000))
    assert set(ratings) <= {None, 1.0, 2.0, 3.0, 4.0, 5.0}
    assert 0.35 < ratings[None] / 3000 < 0.45


def test_agents_answer_later_when_loaded_and_sooner_when_it_is_urgent() -> None:
    member = read_roster(data_file("team.yaml")).members["ben"]
    calm, urgent = (Lead(id="L-1", name="Zoe", urgency=urgency) for urgency in (Urgency.low, Urgency.critical))
    idle, full = (truth.answer_s(calm, member, utilization, Random(1)) for utilization in (0.0, 1.0))
    assert full == pytest.approx(idle * (1 + truth.BY_LOAD))
    assert truth.answer_s(urgent, member, 0.0, Random(1)) < idle


# the rhythm


def test_arrivals_have_the_mean_and_the_spread_beyond_poisson_of_the_slots() -> None:
    profile = Profile({0: (Slot(36_000, 100.0, 20.0), Slot(36_300, 100.0, 5.0))})
    monday, chance, n = date(2026, 11, 16), Random(5), 4000
    counts = np.zeros((n, 2))
    for row in counts:
        times = profile.arrivals(monday, 200, chance)
        assert times == sorted(times)
        row[:] = [sum(36_000 <= t < 36_300 for t in times), sum(36_300 <= t < 36_600 for t in times)]
    assert counts.mean(axis=0) == pytest.approx([100, 100], abs=1.5)
    assert counts.var(axis=0) == pytest.approx([400, 100], rel=0.12)  # the second is Poisson: it spreads no less
    assert profile.arrivals(date(2026, 11, 21), 200, chance) == []


def test_scaled_down_the_rhythm_keeps_the_shape_of_the_day() -> None:
    profile = read_profile(data_file("arrivals.csv"))
    times = [t for seed in range(40) for t in profile.arrivals(date(2026, 11, 18), 200, Random(seed))]
    assert len(times) / 40 == pytest.approx(200 * 0.96, rel=0.05)  # Wednesdays are a little calmer than the mean
    hours = Counter(int(t // 3600) for t in times)
    assert hours[10] > 2 * hours[19] > 0


def test_a_real_day_lies_as_in_the_calendar_when_the_clocks_change_too() -> None:
    for day in (date(2026, 11, 1), date(2026, 11, 2), date(2026, 3, 8)):
        assert real_day(day, NEW_YORK).at(9 * 3600).astimezone(NEW_YORK).hour == 9


def test_a_quick_day_passes_at_its_tempo() -> None:
    now = datetime(2026, 11, 17, 20, tzinfo=UTC)
    day = quick_day(date(2026, 11, 17), 9 * 3600, now, 30)
    assert day.at(9 * 3600) == now
    assert day.at(9 * 3600 + 300) == now + timedelta(seconds=10)
    assert day.second(now) == 9 * 3600


# the files


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("property:condo: 0.9", "property:condo: 1.4", r"agent ana: skills\.property:condo is 1\.4.*from 0 to 1"),
        ("property:condo: 0.9", "roof:condo: 0.9", "agent ana: skills has 'roof:condo'.*kind:value"),
        ("capacity: 6", "capacity: many", "agent ana: capacity is 'many'.*number"),
        ("capacity: 6", "capacity: 2.5", "agent ana: capacity is 2.5.*whole"),
        ("name: Ana Morales", "name: ''", "agent ana: name is ''.*text"),
        ("id: ana", "id: Ana M", "id is 'Ana M'"),
        ("id: ben", "id: ana", "agent ana: id is 'ana', which another agent has"),
        ("    capacity: 6\n", "", "agent ana: capacity is missing; add it"),
        ("    capacity: 6\n", "    capacity: 6\n    rank: 1\n", "agent ana: rank is no field"),
        ('"07:00-15:30"', '"15:30-07:00"', r"agent ana: behaviour\.shift is '15:30-07:00'.*07:00-15:30"),
        ("decline: 0.01", "decline: 2", r"agent ana: behaviour\.decline is 2.*0 to 0.5"),
        ("America/New_York", "Mars/Base", "zone is 'Mars/Base'"),
        ("leads_per_day: 200", "leads_per_day: 0", "leads_per_day is 0"),
        ("agents:", "agents: {", "line [0-9]+: .*mend the YAML there"),
    ],
)
def test_a_wrong_team_file_is_refused_by_file_agent_field_and_value(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = tmp_path / "team.yaml"
    file.write_text(TEAM.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"(?s)team\.yaml.*{said}"):
        read_roster(file)


@pytest.mark.parametrize(
    "line, said",
    [
        ("Mo,07:00,1,1,1", "line 2: weekday is 'Mo'"),
        ("Mon,7 am,1,1,1", "line 2: slot is '7 am'"),
        ("Mon,07:00,-1,1,1", "line 2: calls_mean is '-1'"),
        ("Mon,07:00,1,nan,1", "line 2: calls_sd is 'nan'"),
        ("Mon,07:00,0,0,1", "has no calls"),
    ],
)
def test_a_wrong_rhythm_is_refused_by_line_column_and_value(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "arrivals.csv"
    file.write_text(f"weekday,slot,calls_mean,calls_sd,days\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"arrivals\.csv.*{said}"):
        read_profile(file)


def test_outside_a_clone_the_error_says_what_is_missing_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_module, "__file__", str(tmp_path / "collab" / "team_at_work" / "roster.py"))
    with pytest.raises(FileNotFoundError, match=r"data.team\.yaml does not exist.*clone"):
        data_file("team.yaml")


@pytest.mark.parametrize(
    "setting, said",
    [("pace", "pace is 0"), ("utilization", "utilization is 0"), ("leads_per_day", "leads_per_day is 0")],
)
def test_a_wrong_setting_is_refused_by_name_and_value(setting: str, said: str) -> None:
    async def refused() -> None:
        async with at_work() as work:
            with pytest.raises(ValueError, match=said):
                TeamAtWork(work.desk, **{setting: 0})

    asyncio.run(refused())
