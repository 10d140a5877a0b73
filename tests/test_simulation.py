from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import hundredths
from worlds import world_of, worlds

from collab.factors import performance, responsiveness, ten_thousandths
from collab.metrics import RED_FROM
from collab.records import Lead, Presence, WeightsVersion
from collab.routing import best, decide
from collab.team import RESPONSE_HALF_LIFE_S, Agent, Team
from collab.whatif import rules, simulation, tables
from collab.whatif.luck import Luck, lognormal
from collab.whatif.queueing import waits
from collab.whatif.simulation import Run, Simulation
from collab.whatif.world import Agents, Leads, Mechanism, Shifts, World

WEIGHTS = (35, 30, 20, 15)
LAWS = Simulation(world_of(1)).tables(WEIGHTS)[-1]
ZERO = datetime(2026, 1, 5, tzinfo=UTC)
COLUMNS = (
    "agent",
    "assigned_s",
    "wait_s",
    "response_s",
    "closed_s",
    "converted",
    "value",
    "worked_s",
    "loaded_s",
    "red_s",
)


def same(one: Run, other: Run) -> bool:
    """Whether two runs agree bit for bit."""
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in COLUMNS)


@given(worlds(), hundredths(), st.integers(0, 99), st.sampled_from([0.0, 0.4]))
@settings(deadline=None)
def test_numba_and_python_agree_bit_for_bit(world: World, weights: Any, seed: int, explore: float) -> None:
    compiled, plain = (Simulation(world, seed, explore=explore, compiled=way).run(weights) for way in (True, False))
    assert same(compiled, plain)


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    first, again, other = (Simulation(world_of(1), seed).run(WEIGHTS) for seed in (3, 3, 4))
    assert same(first, again)
    assert not same(first, other)


def test_a_simulation_runs_again_as_it_did_the_first_time() -> None:
    one = Simulation(world_of(1), 3, compiled=True)
    first = one.run(WEIGHTS)
    one.run((0, 0, 0, 100))
    assert same(one.run(WEIGHTS), first)


def test_a_lead_has_the_same_luck_however_many_follow() -> None:
    few, many = Luck.draw(10, 5), Luck.draw(1000, 5)
    for name in ("answer", "handling", "value", "conversion"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:10])
    assert lognormal(Luck.draw(200_000, 6).handling, 0.6).mean() == pytest.approx(1, abs=0.01)


def assigned_s(run: Run) -> np.ndarray:
    """When each lead was assigned, infinite if never."""
    return np.where(run.agent < 0, np.inf, run.assigned_s)


def moments(world: World, run: Run) -> Iterator[tuple[float, np.ndarray, np.ndarray, np.ndarray]]:
    """After all that is at one time: the time, active leads by agent, who is on shift, which leads wait."""
    began, arrived = assigned_s(run), world.leads.arrival_s
    shifts, n = world.shifts, len(world.agents)
    served = run.agent >= 0
    every = np.concatenate([arrived, began[served], run.closed_s[served], shifts.start_s, shifts.end_s])
    for time in np.unique(every[np.isfinite(every)]).tolist():
        held = served & (began <= time) & (run.closed_s > time)
        there = shifts.agent[(shifts.start_s <= time) & (time < shifts.end_s)]
        on_shift = np.isin(np.arange(n), there)
        yield time, np.bincount(run.agent[held], minlength=n), on_shift, (arrived <= time) & (began > time)


@given(worlds(), hundredths())
def test_capacity_is_never_passed_and_no_lead_waits_for_an_agent_who_may_take_it(world: World, weights: Any) -> None:
    run = Simulation(world, compiled=False).run(weights)
    for _, active, on_shift, waiting in moments(world, run):
        assert (active <= world.agents.capacity).all()
        free = on_shift & (active < world.agents.capacity)
        assert not world.able[np.unique(world.leads.lead_type[waiting])][:, free].any()


@given(worlds(), hundredths())
def test_leads_go_to_agents_on_shift_with_the_skill_and_in_due_order(world: World, weights: Any) -> None:
    run = Simulation(world, compiled=False).run(weights)
    began, leads, shifts = assigned_s(run), world.leads, world.shifts
    for lead in np.flatnonzero(run.agent >= 0).tolist():
        own = shifts.agent == run.agent[lead]
        assert (own & (shifts.start_s <= began[lead]) & (began[lead] < shifts.end_s)).any()
        assert world.able[leads.lead_type[lead], run.agent[lead]]
        could = world.able[leads.lead_type, run.agent[lead]]
        left = could & (leads.arrival_s < began[lead]) & (began > began[lead])
        assert (leads.due_s[left] >= leads.due_s[lead]).all()


def simple(arrival_s: Any, agents: int, sigma: float, handling_s: float) -> World:
    """Leads of one type, agents who answer at once, take one lead each and are always there."""
    n, one = len(arrival_s), np.ones((1, agents))
    laws = Mechanism(0 * one, 0, 0, handling_s * one, sigma, 0 * one, 0, [1.0])
    leads = Leads(arrival_s, np.zeros(n), arrival_s)
    return World(leads, Agents.new(np.ones(agents)), Shifts.always(agents), laws, 5000 * one, one)


@given(st.lists(st.floats(0, 500) | st.sampled_from([0.0, 10.0]), max_size=60), st.integers(1, 5), hundredths())
def test_agents_of_capacity_one_are_a_first_come_first_served_queue(gaps: Any, agents: int, weights: Any) -> None:
    world = simple(np.cumsum(gaps), agents, 0.8, 300.0)
    one = Simulation(world, 7, compiled=False)
    services = 300.0 * lognormal(one.luck.handling, 0.8)
    np.testing.assert_array_equal(one.run(weights).wait_s, waits(world.leads.arrival_s, services, agents))


def team_at(world: World, run: Run, time: float) -> Team:
    """The team as the events of a run left it just before a decision at this time."""
    began, start = assigned_s(run), world.agents
    answered = np.where(run.agent < 0, np.inf, world.leads.arrival_s + run.response_s)
    members = {}
    for row in range(len(start)):
        own = run.agent == row
        weight, total_s, last = start.response_weight[row], start.response_total_s[row], start.responded_s[row]
        for lead in sorted(np.flatnonzero(own & (answered <= time)).tolist(), key=lambda lead: float(answered[lead])):
            kept = 0.5 ** ((answered[lead] - last) / RESPONSE_HALF_LIFE_S)
            weight, total_s, last = weight * kept + 1, total_s * kept + run.response_s[lead], answered[lead]
        done = own & (run.closed_s <= time)
        shifts = world.shifts
        members[f"a{row}"] = Agent(
            id=f"a{row}",
            name=f"a{row}",
            skills={f"property:{kind}": level / 10_000 for kind, level in enumerate(world.expertise[:, row].tolist())}
            | {f"can:{kind}": float(able) for kind, able in enumerate(world.able[:, row].tolist())},
            capacity=int(start.capacity[row]),
            presence=Presence.available,
            on_shift=bool(((shifts.agent == row) & (shifts.start_s <= time) & (time < shifts.end_s)).any()),
            leads=tuple(map(str, np.flatnonzero(own & (began < time) & (run.closed_s > time)).tolist())),
            closed=int(start.closed[row] + done.sum()),
            converted=int(start.converted[row] + run.converted[done].sum()),
            rated=int(start.rated[row]),
            satisfaction=float(start.satisfaction[row]),
            response_weight=float(weight),
            response_total_s=float(total_s),
            responded=ZERO + timedelta(seconds=float(last)),
        )
    return Team(agents=members)


@pytest.mark.parametrize("seed", range(12))
def test_every_choice_is_that_of_the_real_router(seed: int) -> None:
    world, chance = world_of(seed, leads=80, agents=5, pace=0.1), np.random.default_rng(seed)
    weights = tuple(chance.multinomial(100, [0.25] * 4).tolist())
    run = Simulation(world, seed, compiled=False).run(weights)
    began = assigned_s(run)
    times, often = np.unique(np.append(began, world.leads.arrival_s), return_counts=True)
    shared = times[often > 2]  # several decisions at one moment: what was between them is not in the run
    chosen = 0
    for lead in chance.permutation(80)[:60].tolist():
        kind, number = int(world.leads.lead_type[lead]), run.agent[lead]
        if number < 0 or began[lead] in shared:
            continue
        asked = Lead(id="l", name="A customer", property_type=str(kind), requires=(f"can:{kind}",))
        team = team_at(world, run, float(began[lead]))
        version = WeightsVersion(version=1, values=weights)
        decision = decide(asked, team, ZERO + timedelta(seconds=float(began[lead])), version)
        assert decision.agent == f"a{number}"
        chosen += sum(not gate for gate in decision.candidates.gate) > 1
    assert chosen > 3


@given(st.floats(0, 1e4), st.floats(0, 1e5), st.floats(0, 1e6), st.integers(0, 500), st.integers(0, 500))
def test_factors_are_those_of_the_factors_module(weight: float, total_s: float, age_s: float, n: int, m: int) -> None:
    (agent,) = simulation.in_objects(np.zeros(1, tables.AGENT))
    agent.merit = agent.replies = -1
    agent.response_weight, agent.response_total_s, agent.closed, agent.converted = weight, total_s, n + m, n
    assert rules._responsiveness(agent, LAWS, age_s) == ten_thousandths(responsiveness(weight, total_s, age_s))
    rules._perform(agent)
    assert agent.performance == ten_thousandths(performance(n + m, n, 0, 0.0))


@given(st.integers(0, 2**32), hundredths(), st.floats(0, 4e4) | st.just(1e6), st.sampled_from([1, 5000, 10_000]))
def test_the_highest_score_is_chosen_and_of_equal_ones_the_first(
    seed: int, weights: Any, later: float, step: int
) -> None:
    chance, n = np.random.default_rng(seed), 8
    table = np.zeros(n, tables.AGENT)
    table["merit"] = table["replies"] = -1
    table["ready"] = 1.0
    table["capacity"], table["on_shift"] = chance.integers(1, 3, n), chance.random(n) < 0.8
    table["active"] = chance.integers(0, 2, n)
    table["response_weight"] = chance.integers(0, 4, n)
    table["response_total_s"] = table["response_weight"] * chance.choice([5, 60, 900], n)
    table["place"] = np.arange(n)
    cells = np.zeros(n, tables.CELL)
    match = chance.integers(0, 10_000 // step + 1, n) * step
    able = chance.random(n) < 0.8
    cells["expertise"], skilled = np.where(able, match, -1), np.where(able, weights[1] * match, rules.NEVER)
    laws = LAWS._replace(weights=weights, grid=[weights], skilled=skilled.tolist(), bounds=[0] * n)
    agents = simulation.in_objects(table)
    for agent in agents:
        rules._begin(agent, laws)
    replies = ten_thousandths(responsiveness(table["response_weight"], table["response_total_s"], later))
    ready = ten_thousandths(np.maximum(1 - table["active"] / table["capacity"], 0))
    merit = np.full(n, ten_thousandths(performance(0, 0, 0, 0.0)))
    eligible = (table["on_shift"] > 0) & (table["active"] < table["capacity"]) & able
    chosen = best(np.array(weights) @ np.stack([ready, match, merit, replies]), eligible)
    for drawn in (-1, 0):
        (lead,) = simulation.in_objects(np.full(1, drawn, tables.LEAD[["type", "drawn"]]))
        lead.type = 0
        found = rules._choose(agents, simulation.in_objects(cells), laws, lead, later)
        assert found == (-1 if chosen is None else chosen)


def test_the_figures_of_a_run_that_can_be_worked_out_by_hand() -> None:
    leads = Leads([0, 10, 20, 100], [0, 0, 0, 0], [0, 10, 20, 100])
    laws = Mechanism([[5, 5]], 0, 0, [[45, 45]], 0, [[50, 50]], 0, [7])
    world = World(leads, Agents.new([1, 2]), Shifts([0, 1], [0, 0], [100, np.inf]), laws, [[9, 0]], np.ones((1, 2)))
    run = Simulation(world).run((0, 100, 0, 0))
    assert run.agent.tolist() == [0, 1, 1, 1]
    assert run.closed_s.tolist() == [50, 60, 70, 150]
    assert run.worked_s.tolist() == [100, 100]
    assert run.loaded_s.tolist() == [50, 5 + 40 + 5]
    assert run.red_s.tolist() == [50, 40]
    found = run.figures
    assert (found.n, found.unserved, found.converted, found.value) == (4, 0, 1, 7)
    assert (found.response_s, found.response_p50_s, found.response_p95_s) == (5, 5, 5)
    assert (found.utilization, found.overload, found.balance) == (0.5, 0.45, 1)
    assert found.shares.tolist() == [0.25, 0.75]
    assert RED_FROM == 0.9


def test_a_lead_that_nobody_can_take_is_unserved_and_counts_as_not_converted() -> None:
    world = replace(simple(np.arange(4.0), 2, 0, 1.0), able=np.zeros((1, 2)))
    run = Simulation(world).run(WEIGHTS)
    assert run.agent.tolist() == [-1] * 4
    assert np.isnan(run.wait_s).all()
    assert (run.figures.unserved, run.figures.converted, run.figures.value) == (1, 0, 0)
    assert np.isnan(run.figures.response_s)


def test_a_world_without_leads_has_no_figures() -> None:
    found = Simulation(simple(np.empty(0), 2, 0, 1.0)).run(WEIGHTS).figures
    assert (found.n, found.shares.tolist()) == (0, [0, 0])
    assert np.isnan([found.response_s, found.converted, found.utilization, found.balance]).all()


def test_a_second_lead_for_one_agent_answers_later_because_of_the_load() -> None:
    laws = Mechanism([[10]], 1.0, 0, [[1000]], 0, [[0]], 0, [1])
    world = World(Leads([0, 1], [0, 0], [0, 1]), Agents.new([2]), Shifts.always(1), laws, [[0]], [[1]])
    assert Simulation(world).run(WEIGHTS).response_s.tolist() == [15, 20]


def test_leads_convert_as_often_as_the_odds_and_the_response_time_say() -> None:
    n, laws = 40_000, Mechanism([[120]], 0, 0, [[1]], 0, [[0.4]], -0.5, [3], 0.7)
    times = np.arange(n) * 1000.0
    world = World(Leads(times, np.zeros(n), times), Agents.new([9]), Shifts.always(1), laws, [[0]], [[1]])
    found = Simulation(world, 2, compiled=True).run(WEIGHTS).figures
    expected = 1 / (1 + np.exp(-(0.4 - 0.5)))
    error = (expected * (1 - expected) / n) ** 0.5
    assert found.converted == pytest.approx(expected, abs=4 * error)
    assert found.value / found.converted == pytest.approx(3, abs=0.1)


def test_many_threads_may_run_one_simulation_at_once() -> None:
    one = Simulation(world_of(9, leads=500), compiled=True)
    expected = one.run(WEIGHTS)
    with ThreadPoolExecutor(8) as pool:
        assert all(same(found, expected) for found in pool.map(lambda _: one.run(WEIGHTS), range(32)))


def test_importing_the_simulation_does_not_load_numba() -> None:
    code = "import sys, collab.whatif.simulation; print('numba' in sys.modules)"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout.strip()) == (0, "False"), ran.stderr


def test_without_numba_python_runs_it_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = Simulation(world_of(2), compiled=True).run(WEIGHTS)
    monkeypatch.setitem(sys.modules, "collab.whatif.compiled_rules", None)
    monkeypatch.setattr(simulation, "_compiled", cache(simulation._compiled.__wrapped__))
    with caplog.at_level(logging.WARNING, logger="collab.whatif.simulation"):
        found = [Simulation(world_of(2), compiled=True).run(WEIGHTS) for _ in range(2)]
    assert sum("simulations run in Python" in record.message for record in caplog.records) == 1
    assert all(same(one, expected) for one in found)


@pytest.mark.parametrize(
    "make,message",
    [
        (
            lambda w: replace(w.leads, arrival_s=[1, 0, 2]),
            r"arrival_s\[1\] is 0.0, before arrival_s\[0\], 1.0; sort the",
        ),
        (lambda w: replace(w.leads, lead_type=[0, 1]), r"lead_type has the shape \(2,\); give numbers in the shape 3"),
        (lambda w: replace(w.leads, lead_type=[0, 0.5, 1]), r"lead_type\[1\] is 0.5; give whole numbers"),
        (lambda w: replace(w.leads, due_s=[0, np.nan, 1]), r"due_s\[1\] is nan; give numbers"),
        (lambda w: replace(w.agents, capacity=[1, -1]), r"capacity\[1\] is -1.0; give numbers of 0 or more"),
        (
            lambda w: replace(w.agents, converted=[0, 1]),
            r"converted\[1\] is 1, above closed\[1\], 0; count a converted",
        ),
        (lambda w: Shifts([0], [5], [5]), r"end_s\[0\] is 5.0, not after start_s\[0\], 5.0; end the shift later"),
        (
            lambda w: Shifts([0, 1, 0], [0, 0, 5], [9, 9, 9]),
            r"start_s\[2\] is 5.0, within shift 0 of the same agent, 0",
        ),
        (lambda w: replace(w.mechanism, handling_s=[[1.0]]), r"handling_s has the shape \(1, 1\); .* the shape 1 x 2"),
        (lambda w: replace(w.mechanism, answer_spread=-1), r"answer_spread is -1.0; give numbers of 0 or more"),
        (lambda w: replace(w, expertise=[[0, 10_001]]), r"expertise\[0, 1\] is 10001.0; give numbers from 0 to 10000"),
        (lambda w: replace(w, agents=Agents.new([1])), r"odds has 2 agents and capacity 1; give the same"),
        (lambda w: replace(w, leads=Leads([0], [1], [0])), r"lead_type\[0\] is 1.0; give numbers from 0 to 0"),
        (lambda w: replace(w, shifts=Shifts([2], [0], [1])), r"agent\[0\] is 2.0; give numbers from 0 to 1"),
    ],
)
def test_a_wrong_world_is_refused_with_the_column_the_place_the_value_and_the_fix(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(simple(np.arange(3.0), 2, 0, 1.0))


def test_wrong_weights_are_refused_as_everywhere() -> None:
    with pytest.raises(ValueError, match="give four whole numbers of 0 or more that sum to 100"):
        Simulation(world_of(1)).run((50, 50, 50, 0))


def test_the_columns_of_a_world_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        world_of(1).leads.arrival_s[0] = 5
