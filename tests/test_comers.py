"""Leads that waited for somebody to come on shift, from frames that do not say who was there when."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
import pandas as pd
import pytest
from closed_loop import Ways, frames, run

from collab.whatif import WhatIf
from collab.whatif.held import overfull

HOUR_S, DAYS, LEADS = 3600.0, 6, 500
SHIFTS = ((8, 16), (9, 17), (12, 20))
CAPACITY, ANSWER_S, HANDLING_S = 2, 30.0, 1500.0
FACTORS = ("availability", "expertise", "performance", "responsiveness")


def team() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Leads come from 7:00 to 21:00, wait for the first who is there and has room, and go by their order."""
    chance = np.random.default_rng(4)
    arrival_s = np.sort(chance.integers(0, DAYS, LEADS) * 24 * HOUR_S + chance.uniform(7, 21, LEADS) * HOUR_S)
    on, held, waiting, rows, leads = [False] * 3, [0] * 3, [], [], []
    edges = [
        (day * 24 + hour, begins, agent)
        for day in range(DAYS)
        for agent, two in enumerate(SHIFTS)
        for begins, hour in enumerate(two)
    ]
    coming = [(hour * HOUR_S, 1, (agent, not begins)) for hour, begins, agent in edges]
    coming += [(at, 2, lead) for lead, at in enumerate(arrival_s.tolist())]
    heapify(coming)
    while coming:
        now, kind, what = heappop(coming)
        if kind == 2:
            waiting.append(what)
        elif kind == 1:
            on[what[0]] = what[1]
        else:
            held[what] -= 1
        while waiting and any(there := [on[one] and held[one] < CAPACITY for one in range(3)]):
            lead = waiting.pop(0)
            free = [1 - one / CAPACITY for one in held]
            chosen = max(range(3), key=lambda one: (there[one], free[one], -one))
            rows += [(lead, f"a{one}", there[one], free[one], 1.0 * (one == chosen)) for one in range(3)]
            leads.append((lead, arrival_s[lead], now, f"a{chosen}"))
            held[chosen] += 1
            heappush(coming, (now + ANSWER_S + HANDLING_S, 0, chosen))
    candidates = pd.DataFrame(rows, columns=["decision", "agent", "eligible", "availability", "propensity"])
    candidates = candidates.assign(**dict.fromkeys(FACTORS[1:], 0.5), chosen=candidates["propensity"] > 0)
    outcomes = pd.DataFrame(leads, columns=["decision", "arrival_s", "start_s", "agent"])
    outcomes["time"] = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(outcomes["arrival_s"], unit="s")
    outcomes["response_s"] = outcomes["start_s"] + ANSWER_S - outcomes["arrival_s"]
    outcomes = outcomes.assign(handling_s=HANDLING_S, converted=np.arange(len(outcomes)) % 3 == 0)
    return candidates, outcomes, pd.DataFrame({"agent": ["a0", "a1", "a2"], "capacity": CAPACITY})


def test_leads_wait_over_the_night_and_shifts_are_found_without_being_told() -> None:
    candidates, outcomes, agents = team()
    course, _ = WhatIf.from_frames(candidates, outcomes.drop(columns=["arrival_s", "start_s"]), agents).course
    start_s = outcomes.sort_values("arrival_s")["start_s"].to_numpy() - outcomes["arrival_s"].min()
    waited_s = start_s - course.arrival_s
    assert (waited_s > 4 * HOUR_S).sum() > 30
    assert np.mean(np.abs(course.start_s - start_s) > ANSWER_S) < 0.03
    hours = np.bincount(course.shifts.agent, course.shifts.end_s - course.shifts.start_s) / HOUR_S
    np.testing.assert_allclose(hours, [8 * DAYS] * 3, rtol=0.05)


@pytest.mark.parametrize("capacity, handling_s", [(1, HANDLING_S), (CAPACITY, 10 * HANDLING_S)])
def test_who_held_more_than_they_can_is_named(capacity: int, handling_s: float) -> None:
    candidates, outcomes, agents = team()
    told = rf"capacity is {capacity} for agent 'a\d' in agents, who held \d+ leads at once .* times in seconds"
    with pytest.raises(ValueError, match=told):
        WhatIf.from_frames(
            candidates, outcomes.assign(handling_s=handling_s), agents.assign(capacity=capacity)
        ).simulate((20, 40, 20, 20), seeds=2)


@pytest.mark.parametrize("names", [["response_s", "handling_s"], ["handling_s"]])
@pytest.mark.parametrize("unit, seconds", [("minutes", 60), ("hours", 3600)])
def test_durations_in_minutes_or_hours_are_refused_where_availability_tells(
    names: list[str], unit: str, seconds: int
) -> None:
    ways = Ways(load=0.6)
    candidates, outcomes, agents = frames(ways, run(ways, (35, 30, 20, 15), 600, seed=2))
    wrong = outcomes.assign(**{name: outcomes[name] / seconds for name in names})
    told = rf"handling_s is .* row \d+ of outcomes \(decision .* looks like {unit}: .* multiply by {seconds:,}$"
    with pytest.raises(ValueError, match=told):
        WhatIf.from_frames(candidates, wrong, agents)
    with pytest.raises(ValueError, match=told):
        WhatIf.from_frames(candidates, wrong.assign(waited_s=0.0), agents)
    WhatIf.from_frames(candidates, outcomes, agents)


def test_a_capacity_of_true_is_no_number() -> None:
    candidates, outcomes, agents = team()
    with pytest.raises(ValueError, match="capacity is True in"):
        WhatIf.from_frames(candidates, outcomes, agents.assign(capacity=True)).simulate((20, 40, 20, 20), seeds=2)


def test_outcomes_may_have_their_time_as_an_index_too() -> None:
    candidates, outcomes, agents = team()
    twice = outcomes.set_index(pd.DatetimeIndex(outcomes["time"]), drop=False)
    one, other = (WhatIf.from_frames(candidates, frame, agents).course[0] for frame in (outcomes, twice))
    np.testing.assert_array_equal(one.start_s, other.start_s)


def test_a_lead_too_many_now_and_then_may_have_been_given_by_a_person() -> None:
    begun_s = np.arange(40) * 100.0
    agent = np.zeros(40, np.int64)
    assert overfull(begun_s, begun_s + 100, agent, np.array([1])).tolist() == [0]
    assert overfull(begun_s, begun_s + np.where(np.arange(40) % 20 == 0, 150, 90), agent, np.array([1])).tolist() == [0]
    assert overfull(begun_s, begun_s + 250, agent, np.array([1])).tolist() == [3]
    assert overfull(begun_s, np.full(40, np.nan), agent, np.array([1])).tolist() == [0]
