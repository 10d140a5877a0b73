from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import NOON, matching_leads, teams

from collab.candidates import COLUMNS
from collab.reasons import alternatives, factors_of, labels, reasoning, shortened, what_would_win
from collab.records import FACTORS, Decision, Lead, Presence, WeightsVersion
from collab.routing import decide
from collab.team import Agent, Team

NUMBER = r"\d\.\d+"
explored = st.sampled_from((0.0, 0.0, 1.0))


def chose(decision: Decision) -> dict[str, int]:
    """The weights that chose, by factor."""
    return dict(zip(FACTORS, decision.drawn or decision.weights.values, strict=True))


def score(decision: Decision, agent: str, **instead: int) -> int:
    """The score of a candidate under the weights that chose, with some factors otherwise."""
    factors = factors_of(decision, agent) | instead
    return sum(weight * factors[factor] for factor, weight in chose(decision).items())


def made(data: Any) -> Decision:
    """A decision of any team."""
    lead, team = data.draw(matching_leads), data.draw(teams(least=1))
    return decide(lead, team, NOON, seed=data.draw(st.integers(0, 99)), explore=data.draw(explored))


@settings(max_examples=60)
@given(st.data())
def test_the_numbers_in_the_words_are_those_of_the_record(data: st.DataObject) -> None:
    decision = made(data)
    assume(decision.agent is not None)
    text = reasoning(decision)
    who, total, parts = re.match(rf"(\S+) scores ({NUMBER}): (.*?)\.(?: |$)(?=[A-Z])", text).groups()
    assert who == decision.agent
    assert float(total) == pytest.approx(score(decision, who) / 1_000_000, abs=0.0005 + 1e-9)
    factors, weights = factors_of(decision, who), chose(decision)
    products = []
    for part in parts.split(", "):
        factor, value, weight = re.fullmatch(rf"(\w+) ({NUMBER}) x ({NUMBER})", part).groups()
        assert float(value) == pytest.approx(factors[factor] / 10_000, abs=0.005 + 1e-9)
        assert float(weight) == weights.pop(factor) / 100
        products.append(factors[factor] * float(weight))
    assert not weights
    assert products == sorted(products, reverse=True)
    assert ("drawn at random" in text) == (decision.drawn is not None)
    if decision.drawn is None:
        assert f"scores {decision.score / 1_000_000:.3f}:" in text


@settings(max_examples=60)
@given(st.data())
def test_the_runner_up_in_the_words_is_the_best_of_the_others(data: st.DataObject) -> None:
    decision = made(data)
    assume(decision.agent is not None)
    text = reasoning(decision)
    rows = zip(decision.candidates.agent, decision.candidates.gate, strict=True)
    others = [agent for agent, gate in rows if not gate and agent != decision.agent]
    if not others:
        assert text.endswith("Nobody else could take it.")
        return
    runner = min(others, key=lambda agent: (-score(decision, agent), agent))
    assert f" Next is {runner} with {score(decision, runner) / 1_000_000:.3f}, " in text
    behind = re.search(rf"behind in (\w+), ({NUMBER}) against ({NUMBER})\.$", text)
    if behind:
        factor, own, chosen = behind.groups()
        assert float(own) == pytest.approx(factors_of(decision, runner)[factor] / 10_000, abs=0.005 + 1e-9)
        assert float(chosen) == pytest.approx(factors_of(decision, decision.agent)[factor] / 10_000, abs=0.005 + 1e-9)
        lacks = {
            name: weight * (factors_of(decision, decision.agent)[name] - factors_of(decision, runner)[name])
            for name, weight in chose(decision).items()
        }
        assert lacks[factor] == max(lacks.values()) > 0
    else:
        assert score(decision, runner) == score(decision, decision.agent)
        assert text.endswith("as good, and later in the alphabet.")


@settings(max_examples=60)
@given(st.data())
def test_alternatives_and_the_chosen_are_all_the_candidates(data: st.DataObject) -> None:
    decision = made(data)
    others = alternatives(decision)
    chosen = [decision.agent] if decision.agent is not None else []
    assert sorted([*chosen, *(other.agent for other in others)]) == decision.candidates.agent
    gates = dict(zip(decision.candidates.agent, decision.candidates.gate, strict=True))
    highest = score(decision, decision.agent) if decision.agent is not None else 0
    for other in others:
        assert other.gate == gates[other.agent]
        assert other.lacked
        assert not other.gate or other.lacked == other.gate
        assert other.score == score(decision, other.agent) / 1_000_000
        assert other.behind == pytest.approx((highest - score(decision, other.agent)) / 1_000_000)
        assert other.gate or other.behind >= 0
    shut = [bool(other.gate) for other in others]
    assert shut == sorted(shut)
    scores = [other.score for other in others if not other.gate]
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=60)
@given(st.data(), st.integers(0, 8))
def test_a_shortened_decision_has_the_chosen_and_the_best_others(data: st.DataObject, most: int) -> None:
    decision = made(data)
    short = shortened(decision, most)
    chosen = [decision.agent] if decision.agent is not None else []
    first = [*chosen, *(other.agent for other in alternatives(decision))][:most]
    assert short.candidates.agent == sorted(first)
    for name in COLUMNS:
        values = dict(zip(decision.candidates.agent, getattr(decision.candidates, name), strict=True))
        assert getattr(short.candidates, name) == [values[agent] for agent in sorted(first)]
    assert msgspec.structs.replace(short, candidates=decision.candidates) == decision


def winner(decision: Decision, agent: str, factor: str, value: int) -> str:
    """Who would have been chosen, had one factor of one candidate been this."""
    rows = zip(decision.candidates.agent, decision.candidates.gate, strict=True)
    able = [other for other, gate in rows if not gate]
    totals = {other: score(decision, other, **({factor: value} if other == agent else {})) for other in able}
    return min(able, key=lambda other: (-totals[other], other))


@settings(max_examples=80)
@given(st.data())
def test_what_would_have_won_is_the_least_that_would(data: st.DataObject) -> None:
    decision = made(data)
    for agent, gate in zip(decision.candidates.agent, decision.candidates.gate, strict=True):
        changes = what_would_win(decision, agent)
        if gate or agent == decision.agent:
            assert changes == []
            continue
        had = factors_of(decision, agent)
        for change in changes:
            needed = round(change.needed * 10_000)
            assert change.agent == agent
            assert had[change.factor] == round(change.had * 10_000) < needed <= 10_000
            assert winner(decision, agent, change.factor, needed) == agent
            assert winner(decision, agent, change.factor, needed - 1) != agent
        for factor in set(FACTORS) - {change.factor for change in changes}:
            assert winner(decision, agent, factor, 10_000) != agent
        rises = [round(1e4 * change.needed) - round(1e4 * change.had) for change in changes]
        assert rises == sorted(rises)


def agent(id: str, **fields: Any) -> Agent:
    """An agent who is there, with room."""
    return Agent(**{"id": id, "name": id, "capacity": 4, "presence": Presence.available, **fields})


def decided(*agents: Agent) -> Decision:
    """Who of these takes a lead in Spanish."""
    weights = WeightsVersion(version=1, values=(35, 30, 20, 15))
    team = Team(seq=1, agents={agent.id: agent for agent in agents}, weights=weights)
    return decide(Lead(id="l1", name="Ada", language="es", requires=("language:es",)), team, NOON)


def test_agents_are_called_by_their_names_unless_two_have_the_same() -> None:
    names = {"ana": "Ana Ruiz", "bo": "Bo Lund", "bo2": "Bo Lund", "cy": "ana", "di": "di", "ed": "gone", "flo": "Flo"}
    names |= {"gone": "gone"}
    assert labels(names) == {agent: agent for agent in names} | {"ana": "Ana Ruiz", "flo": "Flo"}


def test_a_name_from_right_to_left_keeps_its_direction_to_itself() -> None:
    ahmad, turned = "\u0623\u062d\u0645\u062f", "Eve\u202e\u2069"
    found = labels({"ahmad": ahmad, "eve": turned, "zoe": "Zoë 🙂", "li": "李伟"})
    assert found == {"ahmad": f"\u2068{ahmad}\u2069", "eve": "Eve", "zoe": "Zoë 🙂", "li": "李伟"}


def test_the_words_for_a_plain_choice() -> None:
    es = {"language:es": 1.0}
    decision = decided(agent("ana", skills=es), agent("bo", skills=es, leads=("l7",)), agent("cy"))
    assert reasoning(decision) == (
        "ana scores 0.845: availability 1.00 x 0.35, expertise 1.00 x 0.30, performance 0.60 x 0.20, "
        "responsiveness 0.50 x 0.15. Next is bo with 0.757, behind in availability, 0.75 against 1.00."
    )
    bo, cy = alternatives(decision)
    assert (bo.agent, bo.behind, bo.gate) == ("bo", pytest.approx(0.0875), "")
    assert (cy.agent, cy.lacked) == ("cy", "lacks language:es")


def test_what_would_have_won_is_told_factor_by_factor() -> None:
    decision = decided(agent("ana", skills={"language:es": 0.5}), agent("bo", skills={"language:es": 0.4}))
    found = {change.factor: (change.had, change.needed) for change in what_would_win(decision, "bo")}
    # 30,000 behind, and one more to pass a lower id: 30,001 / 30, / 20, / 15; nobody is more than available.
    assert found == {
        "expertise": (0.4, 0.5001),
        "performance": (0.6, 0.7501),
        "responsiveness": (0.5, 0.7001),
    }


def test_a_lower_id_need_only_draw_level() -> None:
    decision = decided(agent("ana", skills={"language:es": 0.4}), agent("bo", skills={"language:es": 0.5}))
    assert decision.agent == "bo"
    found = {change.factor: change.needed for change in what_would_win(decision, "ana")}
    assert found == {"expertise": 0.5, "performance": 0.75, "responsiveness": 0.7}


def test_the_words_for_a_tie_and_for_being_alone() -> None:
    es = {"language:es": 1.0}
    assert reasoning(decided(agent("ana", skills=es), agent("bo", skills=es))).endswith(
        "Next is bo with 0.845, as good, and later in the alphabet."
    )
    assert reasoning(decided(agent("ana", skills=es), agent("bo"))).endswith("Nobody else could take it.")


def test_the_words_when_nobody_can_take_it() -> None:
    away = agent("di", presence=Presence.offline)
    assert reasoning(decided()) == "Nobody is on the roster yet; the lead waits."
    assert reasoning(decided(agent("ana"), agent("bo"), away)) == (
        "Nobody can take it now (2 lacks language:es, 1 offline); the lead waits."
    )


def test_asking_about_a_stranger_names_the_candidates() -> None:
    decision = decided(agent("ana"), agent("bo"))
    for ask in (factors_of, what_would_win):
        with pytest.raises(ValueError, match="agent is 'zoe', who was no candidate; those were ana, bo"):
            ask(decision, "zoe")
