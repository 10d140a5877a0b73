from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import NOON, changed, histories, hundredths, matching_leads, teams

from collab import factors
from collab.events import Entry
from collab.factors import Sheet
from collab.records import FACTORS, Decision, Lead, Presence, WeightsVersion, checked
from collab.routing import ROUTER, decide, propensities
from collab.team import Agent, Team
from collab.winning import GRID_STEP, simplex_grid

DEFAULT = WeightsVersion(version=1, values=(35, 30, 20, 15))
CONDO = Lead(id="l1", name="Ada", property_type="Condo", location="North", budget=500_000, language="es")
GATES = ("off shift", "offline", "declined", "at capacity", "easing in", "lacks ")


def held(n: int) -> tuple[str, ...]:
    """So many leads."""
    return tuple(f"l{i}" for i in range(n))


def team_of(*agents: Agent, weights: WeightsVersion = DEFAULT) -> Team:
    """A team of these agents."""
    return Team(seq=1, agents={agent.id: agent for agent in agents}, weights=weights)


def agent(id: str = "ana", **fields: Any) -> Agent:
    """An agent who is there, with room."""
    return Agent(**{"id": id, "name": id.title(), "capacity": 5, "presence": Presence.available, **fields})


SMALL_TEAM = team_of(
    agent(
        "ana",  # (1 - 2/5), (1 + .5 + 0 + .9) / 4, .6 x 2/3 + .4 x .7916.., mean 45 s after 4 hours
        leads=held(2),
        skills={"property:condo": 1.0, "location:north": 0.5, "language:es": 0.9},
        closed=20,
        converted=15,
        rated=10,
        satisfaction=45.0,
        responses=10,
        response_weight=10.0,
        response_total_s=300.0,
        responded=NOON - timedelta(hours=4),
    ),
    agent("bo", presence=Presence.busy, capacity=4, leads=held(1), skills={"property:condo": 0.8, "budget:mid": 0.4}),
    agent(
        "cy",  # mean (5 x 300 + 300) / 10 = 180 s
        presence=Presence.in_call,
        capacity=1,
        responses=5,
        response_weight=5.0,
        response_total_s=1500.0,
        responded=NOON,
    ),
    agent("di", capacity=2, leads=held(2), skills={"location:north": 1.0}),
    agent("ed", presence=Presence.offline, skills={"budget:high": 1.0}),
    agent("flo", on_shift=False, presence=Presence.away),
)
GOLDEN = {
    #       availability expertise performance responsiveness score   gate
    "ana": (6000, 6000, 7167, 5714, 619_050, ""),
    "bo": (4500, 3000, 6000, 5000, 442_500, ""),
    "cy": (4000, 0, 6000, 2500, 297_500, ""),
    "di": (0, 2500, 6000, 5000, 270_000, "at capacity"),
    "ed": (0, 0, 6000, 5000, 195_000, "offline"),
    "flo": (2000, 0, 6000, 5000, 265_000, "off shift"),
}


def table(decision: Decision) -> dict[str, tuple[Any, ...]]:
    """Factors, score and gate of every candidate."""
    columns = [getattr(decision.candidates, name) for name in ("agent", *FACTORS, "score", "gate")]
    return {row[0]: row[1:] for row in zip(*columns, strict=True)}


def eligible(decision: Decision) -> list[int]:
    """Rows of the candidates whom no gate shut out."""
    return [row for row, gate in enumerate(decision.candidates.gate) if not gate]


def naive(decision: Decision, values: tuple[int, ...]) -> str | None:
    """The choice from the recorded numbers, in a plain loop."""
    winner, most = None, -1
    for row in eligible(decision):
        score = 0
        for factor, weight in zip(FACTORS, values, strict=True):
            score += getattr(decision.candidates, factor)[row] * weight
        if score > most:
            winner, most = decision.candidates.agent[row], score
    return winner


def test_a_small_team_is_scored_as_worked_out_by_hand() -> None:
    decision = decide(CONDO, SMALL_TEAM, NOON, arrived=NOON - timedelta(seconds=90), position=2)
    assert table(decision) == GOLDEN
    assert decision.agent == "ana"
    assert decision.score == 619_050
    assert decision.candidates.presence == ["available", "busy", "in_call", "available", "offline", "away"]
    assert decision.candidates.active == [2, 1, 0, 2, 0, 0]
    assert decision.candidates.capacity == [5, 4, 1, 2, 5, 5]
    assert decision.candidates.closed == [20, 0, 0, 0, 0, 0]
    assert decision.candidates.responses == [10, 0, 5, 0, 0, 0]
    assert decision.candidates.propensity == [1.0, 0, 0, 0, 0, 0]
    assert (decision.propensity, decision.mode, decision.drawn, decision.explore) == (1.0, "greedy", None, 0.0)
    assert (decision.waited_s, decision.position, decision.router, decision.weights) == (90.0, 2, ROUTER, DEFAULT)


@pytest.mark.parametrize(
    "budget, skill",
    [(0, "entry"), (299_999.99, "entry"), (300_000, "mid"), (999_999, "mid"), (1_000_000, "high"), (1e12, "high")],
)
def test_a_budget_asks_for_its_band(budget: float, skill: str) -> None:
    assert factors.wanted(Lead(id="l", name="A", budget=budget)) == [f"budget:{skill}"]


def test_a_lead_asks_for_what_it_states_in_any_spelling() -> None:
    lead = Lead(id="l", name="A", property_type=" Town House ", location="", language="ES")
    assert factors.wanted(lead) == ["property:town-house", "language:es"]
    assert factors.expertise(lead, {"property:town-house": 0.5}) == 0.25
    assert factors.expertise(Lead(id="l", name="A"), {}) == 0.5


@pytest.mark.parametrize(
    "presence, active, capacity, expected",
    [
        ("available", 0, 5, 1.0),
        ("available", 4, 5, 0.2),
        ("available", 5, 5, 0.0),
        ("available", 7, 5, 0.0),
        ("available", 0, 0, 0.0),
        ("busy", 1, 2, 0.3),
        ("in_call", 0, 1, 0.4),
        ("away", 0, 1, 0.2),
        ("offline", 0, 1, 0.0),
    ],
)
def test_availability_is_readiness_times_free_room(presence: str, active: int, capacity: int, expected: float) -> None:
    assert factors.availability(Presence(presence), active, capacity) == pytest.approx(expected)


def test_performance_begins_at_the_prior_and_moves_with_data() -> None:
    assert factors.performance(0, 0, 0, 0.0) == pytest.approx(0.6)
    assert factors.performance(10**6, 10**6, 10**6, 5e6) == pytest.approx(0.6 * 0.8 + 0.4, abs=1e-4)
    assert factors.performance(10**6, 0, 10**6, 1e6) == pytest.approx(0, abs=1e-4)
    one = factors.performance(1, 1, 0, 0.0) - 0.6
    assert 0 < one < factors.performance(20, 20, 0, 0.0) - 0.6


def test_responsiveness_is_a_half_at_a_minute_and_returns_to_it_with_rest() -> None:
    assert factors.responsiveness(0.0, 0.0, 0.0) == 0.5
    assert factors.responsiveness(7.0, 7 * 60.0, 99.0) == 0.5
    fresh, rested = (factors.responsiveness(10.0, 3000.0, age_s) for age_s in (0.0, 86_400.0))
    assert fresh < rested < 0.5
    assert factors.responsiveness(10.0, 3000.0, -5.0) == fresh


def test_gates_shut_in_order_and_each_is_named() -> None:
    shut = {
        "on_shift": {"on_shift": False},
        "presence": {"presence": Presence.offline},
        "declined": {},
        "capacity": {"leads": held(5)},
        "back": {"back": NOON, "taken": 1},
        "skill": {"skills": {}},
    }
    fine = {"skills": {"language:es": 1.0, "property:condo": 0.1}}
    lead = Lead(id="l", name="A", requires=("language:es", "property:condo"))
    for first, expected in enumerate(GATES):
        parts: dict[str, Any] = dict(fine)
        for part in list(shut.values())[first:]:
            parts |= part
        declined = {"ana": NOON} if first <= 2 else {}
        decision = decide(lead, team_of(agent(**parts)), NOON, declined=declined)
        assert decision.candidates.gate[0].startswith(expected)
        assert decision.agent is None
    assert decide(lead, team_of(agent(**fine)), NOON).agent == "ana"


def test_the_first_skill_that_is_lacking_is_the_one_named() -> None:
    lead = Lead(id="l", name="A", requires=("Language:ES", "property:condo"))
    team = team_of(agent("a"), agent("b", skills={"language:es": 0.01}), agent("c", skills={"property:condo": 1.0}))
    assert decide(lead, team, NOON).candidates.gate == [
        "lacks Language:ES",
        "lacks property:condo",
        "lacks Language:ES",
    ]


def test_nobody_on_the_roster_is_a_decision_too() -> None:
    decision = decide(CONDO, Team(), NOON, explore=1.0)
    assert (decision.agent, decision.score, decision.confidence, decision.propensity) == (None, 0, 0.0, 0.0)
    assert len(decision.candidates) == 0


def test_those_who_left_are_no_candidates() -> None:
    assert decide(CONDO, team_of(agent("a", left=True), agent("b")), NOON).candidates.agent == ["b"]


@settings(max_examples=40)
@given(matching_leads, teams(), hundredths())
def test_every_member_is_recorded_and_the_choice_is_that_of_a_plain_loop(
    lead: Lead, team: Team, values: tuple[int, int, int, int]
) -> None:
    weights = WeightsVersion(version=2, values=values)
    decision = decide(lead, team, NOON, weights, declined={"a0": NOON})
    rows = decision.candidates
    assert rows.agent == [member.id for member in team.members()] == sorted(rows.agent)
    for row, member in enumerate(team.members()):
        whole = [getattr(rows, factor)[row] for factor in FACTORS]
        age_s = (NOON - (member.responded or NOON)).total_seconds()
        assert whole == [
            round(10_000 * value)
            for value in (
                factors.availability(member.presence, member.active, member.capacity),
                factors.expertise(lead, member.skills),
                factors.performance(member.closed, member.converted, member.rated, member.satisfaction),
                float(factors.responsiveness(member.response_weight, member.response_total_s, age_s)),
            )
        ]
        assert all(type(factor) is int and 0 <= factor <= 10_000 for factor in whole)
        assert rows.score[row] == sum(weight * factor for weight, factor in zip(values, whole, strict=True))
        assert rows.gate[row] == plain_gate(lead, member, declined={"a0": NOON})
    assert decision.agent == naive(decision, values)
    if decision.agent is not None:
        assert decision.score == rows.score[rows.agent.index(decision.agent)]
    assert checked(decision) == decision


def plain_gate(lead: Lead, member: Agent, declined: Mapping[str, datetime]) -> str:
    """The gate of one agent, one question after the other."""
    if not member.on_shift:
        return "off shift"
    if member.presence == Presence.offline:
        return "offline"
    if member.id in declined:
        return "declined"
    if member.active >= member.capacity:
        return "at capacity"
    return next((f"lacks {skill}" for skill in lead.requires if not member.skills.get(skill)), "")


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True), st.data())
def test_ties_go_to_the_lowest_id(ids: list[str], data: st.DataObject) -> None:
    shut = data.draw(st.sets(st.sampled_from(ids), max_size=len(ids) - 1))
    team = team_of(*(agent(id, on_shift=id not in shut) for id in ids))
    for explore in (0.0, 1.0):
        assert decide(CONDO, team, NOON, explore=explore).agent == min(set(ids) - shut)


@pytest.mark.parametrize("factor", range(4))
@settings(max_examples=25)
@given(lead=matching_leads, team=teams(least=2))
def test_weights_on_one_factor_choose_by_it_alone(factor: int, lead: Lead, team: Team) -> None:
    values = tuple(100 if i == factor else 0 for i in range(4))
    decision = decide(lead, team, NOON, WeightsVersion(version=1, values=values))
    column = getattr(decision.candidates, FACTORS[factor])
    assert decision.candidates.score == [100 * value for value in column]
    rows = eligible(decision)
    assert decision.agent == (decision.candidates.agent[max(rows, key=lambda row: column[row])] if rows else None)


def rank(decision: Decision, id: str) -> int:
    """How many of the eligible come before this agent."""
    rows = sorted(eligible(decision), key=lambda row: -decision.candidates.score[row])
    return [decision.candidates.agent[row] for row in rows].index(id)


def improved(team: Team, id: str, what: str, data: st.DataObject) -> Team:
    """The team with one agent better in one respect."""
    before = team.agents[id]
    if what == "expertise":
        skill = data.draw(st.sampled_from(("property:condo", "location:north", "budget:mid", "language:es")))
        level = data.draw(st.floats(before.skills.get(skill, 0.0), 1))
        return changed(team, id, skills=before.skills | {skill: level})
    if what == "performance":
        return changed(team, id, converted=data.draw(st.integers(before.converted, before.closed)))
    if what == "responsiveness":
        return changed(team, id, response_total_s=before.response_total_s * data.draw(st.floats(0, 1)))
    if data.draw(st.booleans()):
        return changed(team, id, presence=Presence.available)
    return changed(team, id, leads=before.leads[: data.draw(st.integers(0, before.active))])


@pytest.mark.parametrize("what", FACTORS)
@settings(max_examples=40)
@given(lead=matching_leads, team=teams(least=2), data=st.data())
def test_an_agent_who_gets_better_in_one_factor_never_falls_in_rank(
    what: str, lead: Lead, team: Team, data: st.DataObject
) -> None:
    before = decide(lead, team, NOON)
    assume(eligible(before))
    id = before.candidates.agent[data.draw(st.sampled_from(eligible(before)))]
    after = decide(lead, improved(team, id, what, data), NOON)
    row = before.candidates.agent.index(id)
    assert getattr(after.candidates, what)[row] >= getattr(before.candidates, what)[row]
    assert rank(after, id) <= rank(before, id)
    if before.agent == id:
        assert after.agent == id


@settings(max_examples=30)
@given(histories(), matching_leads, st.data())
def test_a_sheet_brought_up_step_by_step_decides_as_a_new_one(
    entries: list[Entry], lead: Lead, data: st.DataObject
) -> None:
    team, sheet = Team(), Sheet()
    looks = data.draw(st.sets(st.integers(1, max(1, len(entries))), max_size=12)) | {len(entries)}
    for entry in entries:
        team.apply(entry)
        if entry.seq in looks:
            sheet.refresh(team)
            time = entry.event.time
            stepwise = decide(lead, sheet, time, team.weights, seed=entry.seq, explore=0.5)
            assert stepwise == decide(lead, team, time, seed=entry.seq, explore=0.5)
            assert stepwise == decide(lead, Team.restore(team.snapshot()), time, seed=entry.seq, explore=0.5)


def test_a_sheet_of_many_agents_keeps_up_with_many_changes() -> None:
    team = team_of(*(agent(f"a{i:03}", skills={"language:es": i / 300}, leads=held(i % 6)) for i in range(300)))
    sheet = Sheet()
    for step in range(200):
        id = f"a{step * 7 % 300:03}"
        changes: list[dict[str, Any]] = [
            {"leads": held(step % 6)},
            {"presence": list(Presence)[step % 5]},
            {"skills": {"language:es": step / 200, "location:north": 0.5}},
            {"left": step % 3 == 0},
            {"closed": step, "converted": step // 2},
            {"response_weight": 1.0 + step, "response_total_s": 30.0 * step, "responded": NOON},
        ]
        team = changed(team, id, **changes[step % len(changes)])
        sheet.refresh(team)
        assert decide(CONDO, sheet, NOON, DEFAULT) == decide(CONDO, team, NOON, DEFAULT)


def test_a_sheet_needs_the_weights() -> None:
    with pytest.raises(ValueError, match="weights is None; a sheet does not know them"):
        decide(CONDO, Sheet(), NOON)


def test_a_decision_needs_a_time_with_a_zone() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        decide(CONDO, SMALL_TEAM, datetime(2026, 1, 5))  # noqa: DTZ001


def test_the_grid_is_all_multiples_of_the_step_that_sum_to_100() -> None:
    every = itertools.product(range(0, 101, GRID_STEP), repeat=4)
    expected = {values for values in every if sum(values) == 100}
    assert {tuple(row) for row in simplex_grid().tolist()} == expected
    assert len(simplex_grid()) == len(expected) == 1771


@settings(max_examples=15)
@given(matching_leads, teams(least=2), st.sampled_from((0.05, 0.2, 1.0)), st.integers(0, 2**53))
def test_propensities_are_the_shares_of_the_grid_that_choose_each(
    lead: Lead, team: Team, explore: float, seed: int
) -> None:
    decision = decide(lead, team, NOON, seed=seed, explore=explore)
    rows = decision.candidates
    if decision.agent is None:
        assert not any(rows.propensity)
        return
    wins = Counter(naive(decision, values) for values in simplex_grid().tolist())
    greedy = naive(decision, team.weights.values)
    for id, gate, propensity in zip(rows.agent, rows.gate, rows.propensity, strict=True):
        assert propensity == pytest.approx(explore * wins[id] / 1771 + (1 - explore) * (id == greedy))
        assert not gate or propensity == 0
    assert sum(rows.propensity) == pytest.approx(1)
    assert decision.propensity == rows.propensity[rows.agent.index(decision.agent)] > 0
    if decision.drawn is None:
        assert (decision.agent, decision.mode) == (greedy, "greedy")
    else:
        assert (decision.agent, decision.mode) == (naive(decision, decision.drawn), "jitter")
        assert decision.drawn in {tuple(row) for row in simplex_grid().tolist()}
    assert rows.score == [
        sum(weight * getattr(rows, factor)[row] for factor, weight in zip(FACTORS, team.weights.values, strict=True))
        for row in range(len(rows))
    ]


@settings(max_examples=30)
@given(st.integers(2, 60), st.sampled_from((1, 3, 10_000)), st.integers(0, 2**32 - 1))
def test_in_a_crowd_too_every_share_of_the_grid_is_counted(agents: int, most: int, seed: int) -> None:
    factors = np.random.default_rng(seed).integers(0, most + 1, (4, agents))
    eligible = np.random.default_rng(seed + 1).random(agents) < 0.9
    eligible[0] = True
    scores = np.where(eligible, simplex_grid() @ factors, -1)
    wins = np.bincount(scores.argmax(axis=1), minlength=agents)
    assert propensities(factors, eligible, 0, 1.0) == pytest.approx(wins / 1771)


def test_the_seed_fixes_the_draw_and_different_seeds_explore_the_asked_share_of_leads() -> None:
    drawn = [decide(CONDO, SMALL_TEAM, NOON, seed=seed, explore=0.2) for seed in range(1000)]
    again = [decide(CONDO, SMALL_TEAM, NOON, seed=seed, explore=0.2) for seed in range(0, 1000, 50)]
    assert again == drawn[::50]
    exploring = [decision for decision in drawn if decision.mode == "jitter"]
    assert 150 < len(exploring) < 250
    assert len({decision.drawn for decision in exploring}) > 100
    won = Counter(decision.agent for decision in exploring)
    for id, propensity in zip(drawn[0].candidates.agent, drawn[0].candidates.propensity, strict=True):
        share = (propensity - (0.8 if id == "ana" else 0)) / 0.2
        assert abs(won[id] / len(exploring) - share) < 0.1


def test_who_loses_under_all_weights_has_no_propensity() -> None:
    decision = decide(CONDO, SMALL_TEAM, NOON, explore=1.0)
    assert decision.candidates.propensity[0] == 1.0


@settings(max_examples=50)
@given(matching_leads, teams(), st.integers(0, 99), st.sampled_from((0.0, 1.0)))
def test_confidence_is_a_chance(lead: Lead, team: Team, seed: int, explore: float) -> None:
    decision = decide(lead, team, NOON, seed=seed, explore=explore)
    assert 0 <= decision.confidence <= 1
    if decision.agent is None:
        assert decision.confidence == 0
    elif len(eligible(decision)) == 1:
        assert decision.confidence == 1
    elif decision.mode == "greedy":
        assert decision.confidence >= 0.5


def seasoned(id: str, n: int, **fields: Any) -> Agent:
    """An agent with n closed leads and n responses that are just those of the prior, n being a multiple of 4."""
    results = {"closed": n, "converted": n // 4, "rated": n, "satisfaction": 4.0 * n}
    times = {"responses": n, "response_weight": float(n), "response_total_s": 60.0 * n, "responded": NOON}
    return agent(id, **results, **times, **fields)


def test_confidence_rises_with_the_margin() -> None:
    lead = Lead(id="l", name="A", language="es")
    levels = [level / 20 for level in range(21)]
    found = [
        decide(lead, team_of(agent("a", skills={"language:es": level}), agent("b")), NOON).confidence
        for level in levels
    ]
    assert found[0] == 0.5
    assert found == sorted(found)
    assert found[-1] > 0.99


def test_confidence_rises_with_data() -> None:
    found = []
    for n in (0, 4, 20, 100, 1000):
        team = team_of(seasoned("a", n, capacity=50), seasoned("b", n, capacity=50, leads=held(1)))
        decision = decide(Lead(id="l", name="A"), team, NOON)
        assert decision.candidates.performance == [6000, 6000]
        assert decision.candidates.responsiveness == [5000, 5000]
        found.append(decision.confidence)
    assert found == sorted(set(found))
    assert 0.5 < found[0] < found[-1] <= 1


def test_confidence_is_below_a_half_when_exploration_chose_a_lower_score() -> None:
    team = team_of(agent("a"), agent("b", leads=held(1), skills={"language:es": 1.0}), weights=DEFAULT)
    lead = Lead(id="l", name="A", language="es")
    below = [
        decision
        for seed in range(200)
        if (
            decision := decide(
                lead, team, NOON, WeightsVersion(version=1, values=(97, 1, 1, 1)), seed=seed, explore=1.0
            )
        )
        and decision.agent == "b"
    ]
    assert below
    assert all(decision.confidence < 0.5 for decision in below)
