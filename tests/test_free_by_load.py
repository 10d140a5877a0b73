"""Availability follows from the load by whatever law the log shows, not by the free share of capacity alone."""

from __future__ import annotations

from dataclasses import replace

import closed_loop
import numpy as np
import pandas as pd
import pytest
from worlds import world_of

from collab.whatif import WhatIf
from collab.whatif.simulation import Simulation

WEIGHTS = (70, 10, 10, 10)


def log(law: str) -> WhatIf:
    """A log whose column of availability is rewritten by a law of the load."""
    ways = closed_loop.Ways(load=0.55)
    candidates, outcomes, agents = closed_loop.frames(ways, closed_loop.run(ways, (35, 30, 20, 15), 600, 3, 0.2))
    load = 1 - candidates["availability"].to_numpy() / 10_000
    chance = np.random.default_rng(1).random(len(load))
    laws = {"free": 1 - load, "curved": 1 - load**2, "part": 1 - 0.6 * load, "none": chance}
    return WhatIf.from_frames(candidates.assign(availability=laws[law]), outcomes, agents)


@pytest.mark.parametrize("law, half", [("free", 0.5), ("curved", 0.75), ("part", 0.7)])
def test_the_law_of_the_log_is_found(law: str, half: float) -> None:
    course, notes = log(law).course
    table = course.free_by_load
    assert (
        (table == -1.0)
        if law == "free"
        else (np.interp(0.5, np.linspace(0, 1, len(table)), table) == pytest.approx(half, abs=1e-4))
    )
    assert not any("availability" in note for note in notes)


def test_availability_that_does_not_follow_from_the_load_is_told_of() -> None:
    _, notes = log("none").course
    assert any("availability does not follow from the load; it is off by 0.2" in note for note in notes)


def test_leads_that_did_not_go_in_the_order_in_which_they_came_are_told_of() -> None:
    ways = closed_loop.Ways(load=0.8)
    candidates, outcomes, agents = closed_loop.frames(ways, closed_loop.run(ways, (35, 30, 20, 15), 1500, 3, 0.2))
    assert WhatIf.from_frames(candidates, outcomes, agents).course[1] == ()
    passed_over_s = 600.0 * (outcomes.index % 10 == 0)
    earlier = outcomes["time"] - pd.to_timedelta(passed_over_s, unit="s")
    late = outcomes.assign(time=earlier, response_s=outcomes["response_s"] + passed_over_s)
    _, notes = WhatIf.from_frames(candidates, late, agents).course
    assert any("give how long each waited as waited_s" in note for note in notes)


def test_who_takes_the_last_first_is_told_of() -> None:
    n, names = (
        50,
        ["first", "last", "middle"],
    )  # of three that come 10 s apart, an agent who holds one takes the last first
    arrival_s = (np.arange(n)[:, None] * 1000 + [0, 20, 10]).reshape(-1)
    start_s = (np.arange(n)[:, None] * 1000 + [0, 105, 210]).reshape(-1)
    leads = pd.DataFrame({"decision": [f"{name} {one}" for one in range(n) for name in names], "agent": "a"})
    factors = dict.fromkeys(("availability", "expertise", "performance", "responsiveness"), 1.0)
    candidates = leads.assign(**factors, eligible=True, propensity=1.0, chosen=True)
    outcomes = leads.assign(
        time=pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(arrival_s, unit="s"),
        response_s=start_s + 5.0 - arrival_s,
        handling_s=100.0,
        converted=1.0,
    )
    agents = pd.DataFrame({"agent": ["a"], "capacity": [1]})
    _, notes = WhatIf.from_frames(candidates, outcomes, agents).course
    assert any("33% of the leads were answered before their turn; if leads do not go" in note for note in notes)
    told = outcomes.assign(waited_s=(start_s - arrival_s).astype(float))
    course, notes = WhatIf.from_frames(candidates, told, agents).course
    assert not any("turn" in note for note in notes)
    np.testing.assert_allclose(course.start_s, start_s.reshape(n, 3)[:, [0, 2, 1]].reshape(-1))


def test_the_router_of_a_simulation_goes_by_the_law() -> None:
    world = world_of(1, leads=40, agents=6, pace=0.2)
    flat = replace(world, mechanism=replace(world.mechanism, free_by_load=np.array([0.1, 1.0])))
    found = [Simulation(flat, 1, explore=0.2, compiled=compiled).run(WEIGHTS).agent for compiled in (False, True)]
    np.testing.assert_array_equal(*found)
    assert (found[0] != Simulation(world, 1, explore=0.2, compiled=False).run(WEIGHTS).agent).any()
    same = replace(world, mechanism=replace(world.mechanism, free_by_load=np.array([1.0, 0.0])))
    free = [Simulation(one, 1, compiled=False).run(WEIGHTS).agent for one in (same, world)]
    np.testing.assert_array_equal(*free)


def test_answers_that_are_counted_from_the_assignment_are_told_of() -> None:
    n = 100
    arrival_s = np.arange(n) * 1000.0
    leads = pd.DataFrame({"decision": [f"d{one:03}" for one in range(n)], "agent": "a"})
    factors = dict.fromkeys(("availability", "expertise", "performance", "responsiveness"), 1.0)
    candidates = leads.assign(**factors, eligible=True, propensity=1.0, chosen=True)
    time = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(arrival_s, unit="s")
    outcomes = leads.assign(time=time, waited_s=60.0, handling_s=100.0, converted=1.0)
    agents = pd.DataFrame({"agent": ["a"], "capacity": [1]})
    for response_s, told in ((30.0, True), (90.0, False)):
        _, notes = WhatIf.from_frames(candidates, outcomes.assign(response_s=response_s), agents).course
        assert any("100% of the leads have a response_s below their waited_s" in note for note in notes) == told
