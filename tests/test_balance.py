"""Which leads would go to others: only those that may, by the gates, at least cost, and never forth and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import NOON, after, assigned, changed, matching_leads, teams
from test_routing import agent, team_of

from collab.balance import Move, Plan, Thresholds, balance, relieve, untouched
from collab.events import Entry, LeadOverridden
from collab.factors import Sheet
from collab.fairness import jain_of
from collab.gates import Pacing, gates_of
from collab.records import Lead, Presence
from collab.team import Agent, OpenLead, Team, fold


def holding(*agents: Agent, leads: dict[str, Lead] | None = None, **fields: Any) -> Team:
    """A team whose agents hold leads that nobody began with; `fields` are those of every lead."""
    team = team_of(*agents)
    for one in agents:
        for id in one.leads:
            state = {"arrived": NOON, "decision": f"d-{id}", "assigned": NOON, "holder": one.id}
            about = (leads or {}).get(id) or Lead(id=id, name="A customer")
            team.leads[id] = OpenLead(lead=about, **{**state, **fields})
    return team


def named(who: str, n: int) -> tuple[str, ...]:
    """Ids of leads that this agent holds."""
    return tuple(f"{who}-{i}" for i in range(n))


def crowded(**fields: Any) -> Team:
    """One agent who is full, and two who have nothing to do."""
    return holding(agent("ana", leads=named("ana", 5)), agent("bo"), agent("cy"), **fields)


def made(team: Team, plan: Plan, time: datetime = NOON) -> Team:
    """The team after these moves."""
    after = Team.restore(team.snapshot())
    for move in plan.moves:
        about = {"lead": move.lead, "decision": move.decision, "agent": move.holder, "to": move.to, "by": "balance"}
        assert after.apply(Entry(after.seq + 1, "main", LeadOverridden(id="m", time=time, **about)))
        assert after.leads[move.lead].holder == move.to
    return after


def test_a_full_agent_gives_to_those_who_have_nothing() -> None:
    plan = balance(crowded(), NOON)
    assert [(move.holder, move.to) for move in plan.moves] == [("ana", "bo"), ("ana", "cy"), ("ana", "bo")]
    assert plan.loads == {"ana": (1.0, 0.4), "bo": (0.0, 0.4), "cy": (0.0, 0.2)}
    assert plan.before == pytest.approx(1 / 3)
    assert plan.after is not None
    assert plan.after > 0.8
    assert plan.moves[0].why == "Ana is at 100%, Bo at 0%"


def test_moves_that_are_only_planned_are_not_remembered_as_made() -> None:
    team = crowded()
    team.recent = [assigned(state.decision or "", NOON, state.lead, "ana") for state in team.leads.values()]
    before = team.snapshot()
    assert balance(team, NOON).moves
    assert team.snapshot() == before


def test_an_even_team_is_left_alone() -> None:
    even = holding(*(agent(id, leads=named(id, 2)) for id in ("ana", "bo", "cy")))
    assert balance(even, NOON, Thresholds(start=0.0, stop=0.0)).moves == ()
    assert balance(Team(), NOON) == Plan()


@pytest.mark.parametrize("others, moves", [(7, 0), (14, 1)])  # a third of one agent's capacity is much to most
def test_no_move_makes_loads_less_even_though_its_giver_is_the_busier(others: int, moves: int) -> None:
    giver = agent("ana", leads=named("ana", 14), capacity=20)
    taker = agent("bo", leads=named("bo", 1), capacity=3)
    crowd = [agent(f"c{i}", leads=named(f"c{i}", others), capacity=20, presence=Presence.away) for i in range(8)]
    plan = balance(holding(giver, taker, *crowd), NOON, Thresholds(start=0.1, stop=0.0, per_hour=1))
    assert len(plan.moves) == moves


@pytest.mark.parametrize("away", [{"presence": Presence.in_call}, {"on_shift": False}], ids=str)
def test_who_is_not_available_starts_no_moves(away: dict[str, Any]) -> None:
    gone = agent("ana", leads=named("ana", 5), **away)
    even = (agent(id, leads=named(id, 2)) for id in ("bo", "cy"))
    assert balance(holding(gone, *even), NOON).moves == ()


def test_it_begins_at_one_spread_and_goes_on_to_a_lower_one() -> None:
    team = holding(agent("ana", leads=named("ana", 4), capacity=10), agent("bo", capacity=10))
    assert balance(team, NOON, Thresholds(start=0.41, stop=0.0)).moves == ()
    assert len(balance(team, NOON, Thresholds(start=0.4, stop=0.0)).moves) == 2
    assert len(balance(team, NOON, Thresholds(start=0.4, stop=0.2)).moves) == 1


@pytest.mark.parametrize("held", [{"responded": True}, {"overridden": True}, {"sticky": True}])
def test_what_was_begun_or_chosen_by_a_person_or_is_with_who_knows_the_customer_stays(held: dict[str, bool]) -> None:
    assert balance(crowded(**held), NOON).moves == ()
    assert relieve(crowded(**held), "ana", NOON).moves == ()


def test_moves_of_the_last_hour_count_towards_the_cap() -> None:
    team = replace(crowded(), moved=[after(-3600), after(-3599), after(-1)])
    assert len(balance(team, NOON, Thresholds(per_hour=3)).moves) == 1
    assert balance(team, NOON, Thresholds(per_hour=2)).moves == ()


def test_the_lead_that_loses_least_goes_to_whom_it_suits() -> None:
    suits = Lead(id="ana-1", name="A customer", location="north")
    team = holding(
        agent("ana", leads=named("ana", 2), capacity=2),
        agent("bo", capacity=4, skills={"location:north": 1.0}),
        leads={"ana-1": suits},
    )
    (move,) = balance(team, NOON, Thresholds(per_hour=1)).moves
    assert move.lead == "ana-1"
    assert move.cost < 0


def test_an_agent_is_relieved_to_a_load_or_of_all_that_can_go() -> None:
    assert relieve(crowded(), "ana", NOON, to=0.6).loads["ana"] == (1.0, 0.6)
    away = changed(crowded(), "ana", presence=Presence.offline)
    plan = relieve(away, "ana", NOON)
    assert len(plan.moves) == 5
    assert plan.loads["ana"] == (1.0, 0.0)
    assert {move.to for move in plan.moves} == {"bo", "cy"}
    with pytest.raises(ValueError, match="agent is 'zoe', who is not in the team; in it: ana, bo, cy"):
        relieve(crowded(), "zoe", NOON)


@pytest.mark.parametrize("wrong", [{"start": 0.2, "stop": 0.3}, {"start": 1.5}, {"stop": -0.1}, {"per_hour": -1}])
def test_limits_that_do_not_agree_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"stop is|per_hour is"):
        Thresholds(**wrong)


@st.composite
def busy_teams(draw: st.DrawFn) -> Team:
    """Teams of any agents, whose leads ask for anything and are in any state."""
    team = draw(teams(least=2))
    for one in team.agents.values():
        for id in one.leads:
            lead = replace(draw(matching_leads), id=id)
            state: dict[str, Any] = {
                field: draw(st.sampled_from((False, False, False, True))) for field in ("responded", "sticky")
            }
            about: dict[str, Any] = {"arrived": NOON, "assigned": NOON, "decision": f"d-{id}", "holder": one.id}
            refused = draw(st.dictionaries(st.sampled_from(sorted(team.agents)), st.just(NOON), max_size=1))
            team.leads[id] = OpenLead(lead=lead, declined=refused, **about, **state)
    return replace(team, moved=[after(-60)] * draw(st.integers(0, 3)))


def checked_moves(team: Team, plan: Plan) -> None:
    """Each move passes the gates when it is made, for a lead that may go, at the cost that is told."""
    for move in plan.moves:
        lead, sheet = team.leads[move.lead], Sheet()
        sheet.refresh(team)
        gates = gates_of(lead.lead, sheet, NOON, Pacing(), lead.declined, lead.refusals)
        assert gates.open[sheet.row[move.to]]
        assert untouched(lead)
        team = made(team, replace(plan, moves=(move,)))
        assert team.agents[move.to].active <= team.agents[move.to].capacity


@settings(max_examples=60)
@given(busy_teams(), st.integers(0, 5), st.sampled_from((0.0, 0.25, 0.5)))
def test_each_move_passes_the_gates_and_no_plan_passes_the_cap_or_lowers_evenness(
    team: Team, cap: int, stop: float
) -> None:
    before = team.snapshot()
    plan = balance(team, NOON, Thresholds(start=0.5, stop=stop, per_hour=cap))
    assert team.snapshot() == before  # it was on trial only
    checked_moves(team, plan)
    assert len(plan.moves) <= max(0, cap - len(team.moved))
    assert len({move.lead for move in plan.moves}) == len(plan.moves)
    if plan.before is not None and plan.after is not None:
        assert plan.after >= plan.before - 1e-9
    assert plan.after == pytest.approx(jain_of(made(team, plan).members()))


@settings(max_examples=40)
@given(busy_teams(), st.sampled_from((0.0, 0.5)))
def test_an_agent_is_relieved_by_moves_that_pass_the_gates(team: Team, to: float) -> None:
    plan = relieve(team, "a0", NOON, to)
    checked_moves(team, plan)
    assert {move.holder for move in plan.moves} <= {"a0"}


def test_one_round_costs_least_together() -> None:
    skills = ({"location:north": 1.0}, {"location:south": 1.0})
    team = holding(
        agent("ana", leads=("n", "n2"), capacity=2),
        agent("bo", leads=("s", "s2"), capacity=2),
        agent("cy", capacity=2, skills=skills[0]),
        agent("di", capacity=2, skills=skills[1]),
        leads={id: Lead(id=id, name="A customer", location=where) for id, where in (("n", "north"), ("s", "south"))},
    )
    plan = balance(team, NOON, Thresholds(start=0.5, per_hour=2))
    assert {(move.lead, move.to) for move in plan.moves} == {("n", "cy"), ("s", "di")}
    assert plan.cost == pytest.approx(sum(move.cost for move in plan.moves))


def test_an_hour_with_an_imbalance_gets_even_and_moves_no_lead_twice() -> None:
    chance = np.random.default_rng(1)
    ids = [f"a{i}" for i in range(6)]
    full = [agent(id, capacity=10, leads=named(id, 9 if i < 2 else 0)) for i, id in enumerate(ids)]
    team, thresholds = holding(*full), Thresholds(start=0.4, stop=0.2, per_hour=15)
    begun, moves = jain_of(team.members()), list[tuple[datetime, Move]]()
    for minute in range(60):
        time = after(60 * minute)
        plan = balance(team, time, thresholds)
        team = made(team, plan, time)
        moves += [(time, move) for move in plan.moves]
        for one in team.members():  # somebody answers one of their leads now and then, so that it stays
            if one.leads and chance.random() < 0.1:
                id = one.leads[0]
                team.leads[id] = replace(team.leads[id], responded=True)
    ended = jain_of(team.members())
    assert begun is not None
    assert ended is not None
    assert ended > 0.8 > 0.4 > begun
    assert 0 < len(moves) <= thresholds.per_hour
    assert len({move.lead for _, move in moves}) == len(moves)
    assert {move.holder for _, move in moves}.isdisjoint({move.to for _, move in moves})


def test_a_team_remembers_for_an_hour_when_leads_moved_and_which_went_to_who_knows_the_customer() -> None:
    team = fold([], team_of(agent("ana"), agent("bo")))
    known = assigned("d-l", NOON, Lead(id="l", name="A customer"), "ana")
    known = replace(known, decision=replace(known.decision, mode="sticky"))
    steps = ((0, "ana", "ana"), (1, "ana", "bo"), (3600, "bo", "ana"), (3601, "ana", "bo"))
    given = [
        LeadOverridden(id=f"m{i}", time=after(at), lead="l", decision="d-l", agent=who, to=to, by="Kim")
        for i, (at, who, to) in enumerate(steps)
    ]
    fold([Entry(2, "main", known)], team)
    assert not untouched(team.leads["l"])
    fold([Entry(3 + i, "main", event) for i, event in enumerate(given)], team)
    assert team.moved == [after(3600), after(3601)]
