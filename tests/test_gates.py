"""Who may not be asked, and for how long: after giving a lead back, after an absence, and when another knows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON, after, changed, hundredths, matching_leads, teams
from test_routing import CONDO, agent, held, team_of

from collab.gates import AHEAD, DECLINED, EASING, STICKY, Pacing, check_room
from collab.reasons import alternatives, reasoning, what_would_win
from collab.records import Decision, Presence
from collab.routing import chosen_by, decide
from collab.team import Team


def gates(decision: Decision) -> dict[str, str]:
    """The gate of each candidate."""
    return dict(zip(decision.candidates.agent, decision.candidates.gate, strict=True))


@pytest.mark.parametrize(
    "times, minutes", [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (10**9, 30)]
)
def test_who_is_alone_is_asked_again_after_twice_as_long_each_time_up_to_half_an_hour(times: int, minutes: int) -> None:
    assert Pacing().refused_s(times) == 60 * minutes
    for seconds, asked in ((-60, False), (0, False), (60 * minutes - 1, False), (60 * minutes, True), (1e6, True)):
        decision = decide(
            CONDO,
            team_of(agent()),
            after(seconds),
            declined={"ana": NOON, "nobody": NOON},
            refusals={"ana": times, "nobody": 1},
        )
        assert (decision.agent, decision.candidates.gate) == (("ana", [""]) if asked else (None, [DECLINED]))


def test_a_refusal_that_was_not_counted_counts_once() -> None:
    team = team_of(agent())
    assert decide(CONDO, team, after(59), declined={"ana": NOON}).agent is None
    assert decide(CONDO, team, after(60), declined={"ana": NOON}).agent == "ana"


def test_who_gave_a_lead_back_is_not_asked_as_long_as_another_may_take_it() -> None:
    best = agent("ana", skills={"property:condo": 1.0, "location:north": 1.0})
    later, back = after(1e5), {"ana": NOON}
    assert decide(CONDO, team_of(best, agent("bo")), later).agent == "ana"
    decision = decide(CONDO, team_of(best, agent("bo")), later, declined=back)
    assert (decision.agent, gates(decision)) == ("bo", {"ana": DECLINED, "bo": ""})
    for shut in ({"leads": held(5)}, {"presence": Presence.offline}, {"on_shift": False}):
        assert decide(CONDO, team_of(best, agent("bo", **shut)), later, declined=back).agent == "ana"
    both = decide(CONDO, team_of(best, agent("bo")), later, declined={**back, "bo": NOON})
    assert (both.agent, both.candidates.gate) == ("ana", ["", ""])


@settings(max_examples=80)
@given(teams(most=5), st.dictionaries(st.sampled_from([f"a{i}" for i in range(5)]), st.integers(0, 4000)), st.data())
def test_a_lead_never_goes_back_to_who_declined_it_while_somebody_else_is_free(
    team: Team, seconds: Mapping[str, int], data: st.DataObject
) -> None:
    declined = {name: NOON - timedelta(seconds=s) for name, s in seconds.items()}
    refusals = {name: data.draw(st.integers(1, 9)) for name in declined}
    lead = data.draw(matching_leads)
    free = gates(decide(lead, team, NOON))
    decision = decide(lead, team, NOON, declined=declined, refusals=refusals)
    others = [name for name, gate in free.items() if not gate and name not in declined]
    if others:
        assert decision.agent in others
    waited = {name for name in declined if seconds[name] >= Pacing().refused_s(refusals[name])}
    assert (decision.agent is not None) == bool(others or [name for name in waited if free.get(name) == ""])


EASED = {"back": NOON, "capacity": 4}


@pytest.mark.parametrize(
    "taken, seconds, asked",
    [(0, 0, True), (1, 0, False), (1, 29, False), (1, 30, True), (2, 59, False), (2, 60, True), (3, 1e6, True)],
)
def test_who_comes_back_takes_one_lead_and_one_more_every_half_minute(taken: int, seconds: float, asked: bool) -> None:
    decision = decide(CONDO, team_of(agent(taken=taken, **EASED)), after(seconds))
    assert decision.candidates.gate == ["" if asked else EASING]
    usual = decide(CONDO, team_of(agent(taken=taken, capacity=4)), after(seconds))
    assert usual.agent == "ana"
    quick = Pacing(ease_first=3, ease_every_s=5)
    assert decide(CONDO, team_of(agent(taken=taken, **EASED)), after(10 * taken), pacing=quick).agent == "ana"
    assert decide(CONDO, team_of(agent(taken=99, **EASED)), NOON, pacing=Pacing(ease_every_s=0)).agent == "ana"


def test_the_agent_who_knows_the_customer_gets_the_lead_if_every_gate_of_theirs_is_open() -> None:
    best = agent("ana", skills={"property:condo": 1.0, "location:north": 1.0})
    team = team_of(best, agent("bo"), agent("cy", leads=held(5)))
    decision = decide(CONDO, team, NOON, known="bo", explore=1.0, seed=7)
    assert (decision.agent, decision.mode, decision.drawn, decision.explore) == ("bo", "sticky", None, 0.0)
    assert gates(decision) == {"ana": STICKY, "bo": "", "cy": "at capacity"}
    assert (decision.propensity, decision.candidates.propensity) == (1.0, [0.0, 1.0, 0.0])
    assert reasoning(decision).startswith("bo had the customer's last lead and can take this one. bo scores")
    assert reasoning(decision).endswith("Nobody else was asked.")
    assert {other.agent: other.lacked for other in alternatives(decision)}["ana"] == STICKY
    for known in ("cy", "gone", None):
        assert decide(CONDO, team, NOON, known=known).mode == "greedy"
        assert decide(CONDO, team, NOON, known=known).agent == "ana"
    assert decide(CONDO, team, NOON, known="bo", declined={"bo": NOON}).agent == "ana"


@settings(max_examples=80)
@given(teams(), matching_leads, hundredths(), st.integers(0, 2**53), st.sampled_from((0.0, 0.3, 1.0)))
def test_a_sticky_choice_is_certain_and_the_same_under_all_weights(
    team: Team, lead: Any, values: tuple[int, int, int, int], seed: int, explore: float
) -> None:
    free = [name for name, gate in gates(decide(lead, team, NOON)).items() if not gate]
    for known in free:
        decision = decide(lead, team, NOON, known=known, seed=seed, explore=explore)
        assert (decision.agent, decision.mode, decision.propensity) == (known, "sticky", 1.0)
        assert [name for name, gate in gates(decision).items() if not gate] == [known]
        assert sum(decision.candidates.propensity) == 1.0


@settings(max_examples=80)
@given(teams(), matching_leads, st.sets(st.sampled_from([f"a{i}" for i in range(5)])), st.none() | st.just("a1"))
def test_who_is_ahead_is_passed_over_as_long_as_another_may_take_the_lead(
    team: Team, lead: Any, ahead: set[str], known: str | None
) -> None:
    free = gates(decide(lead, team, NOON))
    decision = decide(lead, team, NOON, ahead=ahead, known=known)
    found, others = gates(decision), [name for name, gate in free.items() if not gate and name not in ahead]
    if free.get(known or "") == "":
        assert (decision.agent, decision.mode) == (known, "sticky")
    elif others:
        assert found == {name: gate or (AHEAD if name in ahead else "") for name, gate in free.items()}
        assert decision.agent in others
    else:
        assert found == free
        assert (decision.agent is None) == ("" not in free.values())
    by_hand = chosen_by(decision, "a0", "Kim") if "a0" in free else None
    assert by_hand is None or gates(by_hand) == free


def test_a_person_s_choice_keeps_all_candidates_and_has_no_propensity() -> None:
    team = team_of(agent("ana", skills={"property:condo": 1.0}), agent("bo"), agent("cy", leads=held(5)))
    routed = decide(CONDO, team, NOON, explore=1.0, seed=3, known="ana")
    decision = chosen_by(routed, "bo", "Kim", "asked for them")
    assert (decision.agent, decision.mode, decision.by, decision.drawn) == ("bo", "manual", "Kim", None)
    assert (decision.propensity, set(decision.candidates.propensity)) == (0.0, {0.0})
    assert gates(decision) == {"ana": "", "bo": "", "cy": "at capacity"}
    assert decision.score == decision.candidates.score[1]
    text = reasoning(decision)
    assert text.startswith("Kim gave it to bo (asked for them). ana scores highest with 0.")
    assert {other.agent: other.lacked for other in alternatives(decision)}["ana"] == "passed over by Kim"
    assert what_would_win(decision, "ana") == []
    away = chosen_by(decide(CONDO, team, NOON, declined={"bo": NOON}), "bo", "Kim")
    assert "The router would not have asked bo: declined." in reasoning(away)
    with pytest.raises(ValueError, match="agent is 'zoe', who was no candidate; those were ana, bo, cy"):
        chosen_by(routed, "zoe", "Kim")
    for by, said in (("", "by is ''; name the person"), ("x" * 201, "by is 'xxx")):
        with pytest.raises(ValueError, match=said):
            chosen_by(routed, "bo", by)


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"leads": held(5)}, "to is 'ana', who is at capacity with 5 of 5 leads; close one, raise the capacity"),
        ({"presence": Presence.offline}, "to is 'ana', who is offline; have them come in, or name another agent"),
        ({"on_shift": False}, "to is 'ana', who is off shift; begin their shift, or name another agent"),
    ],
)
def test_whom_not_even_a_person_can_give_a_lead_is_said_with_the_fix(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_room(agent(**fields))
    check_room(changed(team_of(agent()), "ana", presence=Presence.away).agents["ana"])
