"""The shadow: a second set of weights sees decisions as they are made, and changes none."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import numpy as np
import pytest
from desks import at_desk, bits, lead
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from offices import Open, at, do
from strategies import NOON, hundredths, matching_leads, teams
from test_views import catch_up

from collab.desk import Desk
from collab.history import History
from collab.office import shadowing as s
from collab.records import Decision, Lead, Presence, WeightsVersion
from collab.routing import chosen_by, decide
from collab.settings import settings as environment
from collab.shadow import NEWEST, POINTS, RECENT, Shadow
from collab.team import Agent, Team
from collab.views.asking import AskingView
from collab.views.board import Board
from collab.views.period import PeriodView
from collab.views.shadow import OFF, ShadowView
from collab.weights import Weights
from collab.whatif import WhatIf

EXPERT = (0, 100, 0, 0)


@settings(max_examples=80)
@given(teams(), matching_leads, hundredths(), st.integers(0, 5))
def test_who_would_have_got_it_is_whom_the_router_would_have_chosen(
    team: Team, asked: Lead, values: tuple[int, ...], hours: int
) -> None:
    time = NOON + timedelta(hours=hours)
    decision = decide(asked, team, time)
    other = decide(asked, team, time, WeightsVersion(version=9, values=values))
    assert Shadow(values).instead(decision) == other.agent


@given(teams(least=2), st.lists(st.tuples(matching_leads, st.booleans()), max_size=30), hundredths())
@settings(max_examples=40)
def test_the_counts_are_those_of_the_decisions_and_none_is_changed(
    team: Team, asked: list[tuple[Lead, bool]], values: tuple[int, ...]
) -> None:
    shadow, pairs, left_out = Shadow(values), [], 0
    for one, by_hand in asked:
        decision = decide(one, team, NOON)
        if decision.agent is not None and by_hand:
            decision = chosen_by(decision, decision.agent, "Kim")
            left_out += 1
        elif decision.agent is not None:
            pairs.append((decision.agent, shadow.instead(decision)))
        before = bits(decision)
        shadow.take(decision)
        assert bits(decision) == before
    seen = shadow.seen
    assert (seen.n, seen.left_out) == (len(pairs), left_out)
    assert seen.differ == sum(agent != instead for agent, instead in pairs)
    assert [(one.agent, one.instead) for one in seen.newest] == [p for p in pairs if p[0] != p[1]][::-1][:NEWEST]
    for place, counts in enumerate((seen.got, seen.would)):
        assert counts == {agent: sum(p[place] == agent for p in pairs) for agent in {p[place] for p in pairs}}
    assert seen.share == (None if not pairs else seen.differ / seen.n)


def test_what_is_kept_stays_small_and_the_stream_is_the_share_of_the_newest() -> None:
    team = next_team()
    shadow, differs = Shadow(EXPERT), []
    same = decide(lead("same", property_type="villa"), team, NOON)
    other = decide(lead("other", property_type="condo"), team, NOON)
    assert (shadow.instead(same) == same.agent, shadow.instead(other) == other.agent) == (True, False)
    for number in range(POINTS + RECENT):
        shadow.take(other if number % 3 == 0 else same)
        differs.append(number % 3 == 0)
    seen = shadow.seen
    assert (len(seen.points), len(seen.newest), len(seen.recent)) == (POINTS, NEWEST, RECENT)
    assert [point.number for point in seen.points] == list(range(RECENT + 1, POINTS + RECENT + 1))
    shares = [np.mean(differs[max(0, n - RECENT) : n]) for n in range(RECENT + 1, POINTS + RECENT + 1)]
    assert [point.share for point in seen.points] == pytest.approx(shares)
    shadow.take(replace(other, mode="jitter"))
    assert (shadow.seen.n, shadow.seen.left_out) == (seen.n, 1)


def next_team() -> Team:
    """Ana who is free, and Bo who has half of his leads and knows condos."""
    here = {"capacity": 4, "presence": Presence.available}
    ana = Agent(id="ana", name="Ana", **here)
    bo = Agent(id="bo", name="Bo", skills={"property:condo": 1.0}, leads=("x", "y", "z"), **here)
    weights = WeightsVersion(version=1, values=(100, 0, 0, 0))
    return Team(seq=1, agents={"ana": ana, "bo": bo}, weights=weights)


@pytest.mark.parametrize("wrong", ["25-35-25", "25-35-25-16", "a-b-c-d", "", (25, 35, 25), (0.25, 0.35, 0.25, 0.15)])
def test_weights_that_are_none_are_refused(wrong: object, open_office: Open) -> None:
    with pytest.raises(ValueError, match=r"weights are .*(give four whole numbers|make them sum to 100)"):
        open_office(shadow=wrong)


async def worked(desk: Desk) -> list[Decision]:
    """Eight leads for two agents, the first of whom has a skill that half of them ask for."""
    await desk.add_agent("ana", "Ana", capacity=20)
    await desk.add_agent("bo", "Bo <b>", capacity=20, skills={"property:condo": 1.0})
    for agent in ("ana", "bo"):
        await desk.set_presence(agent, "available")
    await desk.adopt_weights((100, 0, 0, 0), by="Kim")
    return [
        await desk.route_lead(lead(f"l{number}", property_type="condo" if number % 4 < 2 else "villa"))
        for number in range(8)
    ]


def unlike(decision: Decision) -> bytes:
    """All of a decision but its times."""
    return bits(replace(decision, time=NOON, decided_ms=0.0, waited_s=0.0))


def test_an_office_with_a_shadow_decides_as_one_without_and_counts_as_rescoring_does(open_office: Open) -> None:
    with_it, without = open_office(folder="one", shadow="0-100-0-0"), open_office(folder="two")
    first, second = do(with_it, worked(at(with_it))), do(without, worked(at(without)))
    assert [unlike(one) for one in first] == [unlike(one) for one in second]
    assert without.shadow is None
    assert with_it.shadow is not None
    with_it.stop()
    rescored = WhatIf(History(with_it.history_url)).rescore(EXPERT)
    seen = with_it.shadow.seen
    assert (seen.n, seen.differ) == (rescored.n, rescored.moved) == (8, seen.differ)
    assert seen.differ > 0
    assert seen.got == dict(zip(rescored.agents, rescored.counts.sum(axis=1).tolist(), strict=True))


def test_decisions_of_a_past_that_is_made_do_not_count(open_office: Open) -> None:
    office = open_office(team_at_work=True, days=1, shadow=EXPERT, pace=0.01)
    assert office.shadow is not None
    office.stop()
    made = History(office.history_url).assignments()["time"]
    assert (past := int((made < office.started).sum())) > 50
    assert office.shadow.seen.n + office.shadow.seen.left_out == len(made) - past


def test_a_shadow_sees_what_other_desks_of_the_stream_decide(redis_url: str) -> None:
    async def run() -> None:
        async with at_desk(redis_url) as here, at_desk(redis_url, name="b") as there:
            shadow = s.shadowing(EXPERT, here.subscribe, NOON)
            assert shadow is not None
            await worked(there)
            await here.catch_up()
            assert shadow.seen.n == 8

    asyncio.run(run())


def test_the_view_streams_the_share_and_lists_who_would_have_got_what(open_office: Open) -> None:
    office = open_office(shadow=EXPERT)
    board = Board(office)
    view = ShadowView(board)
    assert "no lead was decided on yet" in view.words.object
    do(office, worked(at(office)))
    catch_up(board)
    assert office.shadow is not None
    seen = office.shadow.seen
    assert view.source.data["number"] == list(range(1, 9))
    assert list(view.source.data["share"]) == [point.share for point in seen.points]
    assert f"<b>{seen.differ} of 8</b>" in view.words.object
    assert "under 0-100-0-0" in view.words.object
    assert view._newest.object.count("<li>") == min(6, seen.differ)
    assert "Bo &lt;b&gt;" in view._newest.object
    view.active = False
    do(office, at(office).route_lead(lead("l9", property_type="condo")))
    catch_up(board)
    assert len(view.source.data["number"]) == 8
    view.active = True
    assert len(view.source.data["number"]) == 9
    board.close()


def test_without_a_shadow_the_view_says_how_to_turn_it_on_and_the_tab_has_none(open_office: Open) -> None:
    board = Board(open_office())
    assert OFF in ShadowView(board).words.object
    assert "In the shadow" not in _titles(board)
    board.close()
    board = Board(open_office(folder="other", shadow="25-35-25-15"))
    assert "In the shadow" in _titles(board)
    board.close()


def _titles(board: Board) -> str:
    """The titles of the What-if tab."""
    tab = AskingView(board, Weights.of(board.office.team.weights), PeriodView(), active=False).__panel__()
    return str([pane.object for pane in tab.select(lambda one: hasattr(one, "object"))])


def test_the_environment_turns_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLLAB_SHADOW", raising=False)
    assert environment()["shadow"] is None
    monkeypatch.setenv("COLLAB_SHADOW", "25-35-25-15")
    assert environment()["shadow"] == "25-35-25-15"
    assert environment(shadow="0-100-0-0")["shadow"] == "0-100-0-0"
