from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON, assigned, histories

from collab import events as ev
from collab.events import Entry, Event
from collab.records import Lead, Presence, Urgency
from collab.team import KNOWN, RECENT, RESPONSE_HALF_LIFE_S, Agent, OpenLead, Team, fold

any_histories = st.one_of(histories(), histories(guarded=False))


def team_of(*events: Event) -> Team:
    """The team after these events."""
    return fold(Entry(seq, "main", event) for seq, event in enumerate(events, 1))


def at_work(*events: Event, capacity: int = 4) -> list[Event]:
    """Ana and Bo at work, Ana with the lead l1, and what happened then."""
    started: list[Event] = []
    for agent in ("ana", "bo"):
        started.append(ev.AgentJoined(id=f"j-{agent}", time=NOON, agent=agent, name=agent.title(), capacity=capacity))
        started.append(ev.PresenceChanged(id=f"p-{agent}", time=NOON, agent=agent, presence=Presence.available))
    lead = Lead(id="l1", name="A customer")
    return [*started, ev.LeadArrived(id="a1", time=NOON, lead=lead), assigned("d1", NOON, lead, "ana"), *events]


def held(kind: type[Event], agent: str = "ana", decision: str = "d1", time: datetime = NOON, **more: object) -> Event:
    """An event on the lead l1."""
    return kind(id="x", time=time, lead="l1", decision=decision, agent=agent, **more)


@settings(max_examples=80)
@given(any_histories, st.data())
def test_events_folded_twice_in_one_go_split_or_from_a_snapshot_give_equal_teams(
    entries: list[Entry], data: st.DataObject
) -> None:
    once = fold(entries)
    cut = data.draw(st.integers(0, len(entries)))
    seen = data.draw(st.integers(0, cut))
    assert fold(entries, fold(entries)) == once
    assert fold(entries[cut:], fold(entries[:cut])) == once
    assert fold(entries[seen:], fold(entries[:cut])) == once
    assert fold(entries, Team.restore(fold(entries[:cut]).snapshot())) == once
    assert Team.restore(once.snapshot()).snapshot() == once.snapshot()


@settings(max_examples=40)
@given(any_histories)
def test_a_fold_leaves_no_trace_in_another_team_of_the_same_events(entries: list[Entry]) -> None:
    half = fold(entries[: len(entries) // 2])
    before = half.snapshot()
    fold(entries[len(entries) // 2 :], Team.restore(before))
    fold(entries)
    assert half.snapshot() == before
    assert Team() == Team(seq=0, agents={}, leads={}, recent=[])


@settings(max_examples=80)
@given(any_histories)
def test_who_holds_a_lead_and_what_an_agent_holds_are_one_fact(entries: list[Entry]) -> None:
    team = Team()
    for entry in entries:
        assert team.apply(entry)
        assert not team.apply(entry)
        by_lead = sorted((state.holder, lead) for lead, state in team.leads.items() if state.holder)
        by_agent = sorted((agent.id, lead) for agent in team.agents.values() for lead in agent.leads)
        assert by_lead == by_agent
        queue = team.queue()
        assert queue == Team.restore(team.snapshot()).queue() == sorted(queue, key=lambda one: (one.due, one.lead.id))
        assert [team.ahead(state) for state in queue] == list(range(team.waiting))
        waiting = {state.lead.id for state in queue}
        assert waiting | {lead for _, lead in by_agent} == set(team.leads)
        assert all(bool(state.holder) == bool(state.decision) for state in team.leads.values())
        assert all(agent.converted <= agent.closed >= agent.rated for agent in team.agents.values())
    assert team.seq == len(entries)


def test_active_utilization_queue_and_members_follow_from_the_events() -> None:
    other = Lead(id="l2", name="A customer")
    team = team_of(*at_work(ev.LeadArrived(id="a2", time=NOON, lead=other)))
    ana, bo = team.members()
    assert (ana.active, ana.utilization, bo.active, bo.utilization) == (1, 0.25, 0, 0.0)
    assert [state.lead.id for state in team.queue()] == ["l2"]
    assert team.leads["l1"].holder == "ana"
    assert team.leads["l1"].place == 6
    assert [event.id for event in team.recent] == ["d1"]


@pytest.mark.parametrize("capacity, leads, utilization", [(4, 3, 0.75), (2, 3, 1.5), (0, 0, 0.0), (0, 2, 2.0)])
def test_utilization_is_active_over_capacity(capacity: int, leads: int, utilization: float) -> None:
    agent = Agent(id="ana", name="Ana", capacity=capacity, leads=tuple(f"l{i}" for i in range(leads)))
    assert agent.utilization == utilization


def test_an_agent_who_left_is_no_member_and_comes_back_offline_with_the_same_results() -> None:
    closed = held(ev.LeadClosed, converted=True, satisfaction=4.0)
    lunch = ev.PresenceChanged(id="w", time=NOON, agent="ana", presence=Presence.away, reason="lunch")
    events = at_work(closed, lunch, ev.AgentLeft(id="x", time=NOON, agent="ana"))
    team = team_of(*events)
    assert [agent.id for agent in team.members()] == ["bo"]
    back = team_of(*events, ev.AgentJoined(id="y", time=NOON, agent="ana", name="Ana B.", capacity=7))
    ana = back.agents["ana"]
    assert [agent.id for agent in back.members()] == ["ana", "bo"]
    assert (ana.name, ana.capacity, ana.presence, ana.on_shift) == ("Ana B.", 7, Presence.offline, True)
    assert ana.reason == ""
    assert (ana.closed, ana.converted, ana.rated, ana.satisfaction) == (1, 1, 1, 4.0)


def test_leads_stay_with_an_agent_who_left() -> None:
    team = team_of(*at_work(ev.AgentLeft(id="x", time=NOON, agent="ana")))
    assert team.agents["ana"].leads == ("l1",)
    assert team.leads["l1"].holder == "ana"


@pytest.mark.parametrize(
    "late",
    [
        held(ev.OfferAccepted),
        held(ev.OfferDeclined),
        held(ev.OfferExpired),
        held(ev.LeadOverridden, to="bo", by="Kim"),
        held(ev.FirstResponded, response_s=9.0),
        held(ev.LeadClosed, converted=True, satisfaction=1.0),
    ],
    ids=lambda event: type(event).__name__,
)
@pytest.mark.parametrize(
    "before",
    [held(ev.LeadClosed, converted=False), held(ev.OfferDeclined), held(ev.LeadOverridden, to="bo", by="Kim")],
    ids=lambda event: f"after {type(event).__name__}",
)
def test_events_that_come_too_late_change_nothing(before: Event, late: Event) -> None:
    events = at_work(before)
    team = team_of(*events)
    after = team_of(*events, late)
    assert after.seq == team.seq + 1
    after.seq = team.seq
    assert after == team


def test_a_declined_lead_waits_again_and_remembers_who_gave_it_back_and_when() -> None:
    later = NOON + timedelta(minutes=1)
    team = team_of(*at_work(held(ev.OfferDeclined, time=later, reason="in a viewing")))
    assert team.leads["l1"] == OpenLead(
        lead=Lead(id="l1", name="A customer"), arrived=NOON, declined={"ana": later}, refusals={"ana": 1}
    )
    assert team.agents["ana"].leads == ()


def test_an_overridden_lead_is_closed_by_who_has_it_now_and_counts_for_them() -> None:
    moved = held(ev.LeadOverridden, to="bo", by="Kim")
    team = team_of(*at_work(held(ev.OfferAccepted), moved))
    assert (team.leads["l1"].holder, team.leads["l1"].overridden, team.leads["l1"].accepted) == ("bo", True, False)
    closed = team_of(*at_work(moved, held(ev.LeadClosed, agent="bo", converted=True)))
    assert "l1" not in closed.leads
    assert (closed.agents["ana"].closed, closed.agents["bo"].closed) == (0, 1)


def test_a_lead_that_lost_its_agent_is_answered_anew() -> None:
    answered = held(ev.FirstResponded, response_s=30.0)
    lead = Lead(id="l1", name="A customer")
    again = assigned("d2", NOON, lead, "bo")
    team = team_of(*at_work(answered, held(ev.OfferDeclined), again))
    assert not team.leads["l1"].responded
    answered_again = held(ev.FirstResponded, agent="bo", decision="d2", response_s=90.0)
    team = team_of(*at_work(answered, held(ev.OfferDeclined), again, answered_again))
    assert (team.agents["ana"].responses, team.agents["bo"].responses) == (1, 1)


def test_only_the_first_response_counts() -> None:
    first, second = held(ev.FirstResponded, response_s=30.0), held(ev.FirstResponded, response_s=900.0)
    ana = team_of(*at_work(first, second)).agents["ana"]
    assert (ana.responses, ana.response_weight, ana.response_total_s) == (1, 1.0, 30.0)


def test_response_times_fade_by_half_every_four_hours() -> None:
    later = NOON + timedelta(seconds=RESPONSE_HALF_LIFE_S)
    lead = Lead(id="l1", name="A customer")
    events = at_work(
        held(ev.FirstResponded, response_s=40.0),
        held(ev.OfferDeclined),
        assigned("d2", later, lead, "ana"),
        held(ev.FirstResponded, decision="d2", time=later, response_s=100.0),
    )
    ana = team_of(*events).agents["ana"]
    assert (ana.responses, ana.response_weight, ana.response_total_s) == (2, 1.5, 120.0)
    assert ana.responded == later


def test_the_newest_assignments_are_remembered_in_order() -> None:
    events = [assigned(f"d{i}", NOON, Lead(id=f"l{i}", name="A customer"), "ana") for i in range(RECENT + 7)]
    assert [event.id for event in team_of(*events).recent] == [f"d{i}" for i in range(7, RECENT + 7)]
    assert [event.id for event in team_of(*events[:RECENT]).recent] == [f"d{i}" for i in range(RECENT)]


def test_who_was_given_the_lead_of_one_of_the_newest_assignments_is_remembered_with_it() -> None:
    def to(agent: str, holder: str, decision: str = "d1") -> Event:
        return held(ev.LeadOverridden, holder, decision, to=agent, by="kim")

    events = at_work(to("bo", "ana"), to("bo", "ana"), to("bo", "bo"), to("ana", "bo"))
    assert team_of(*events).given_on == {"d1": ("bo", "ana")}
    more = [assigned(f"e{i}", NOON, Lead(id=f"m{i}", name="A customer"), "bo") for i in range(RECENT)]
    assert team_of(*events, *more[:-1]).given_on == {"d1": ("bo", "ana")}
    assert team_of(*events, *more).given_on == team_of(*events, *more, to("bo", "ana")).given_on == {}


def test_the_queue_is_ordered_by_when_a_lead_is_due_and_then_by_id() -> None:
    def arrived(id: str, minute: float, urgency: Urgency, score: int) -> ev.LeadArrived:
        lead = Lead(id=id, name="A customer", urgency=urgency, score=score)
        return ev.LeadArrived(id=f"a-{id}", time=NOON + timedelta(minutes=minute), lead=lead)

    team = team_of(
        arrived("low", 0, Urgency.low, 0),  # due in 60 minutes
        arrived("low-hot", 0, Urgency.low, 100),  # 30
        arrived("medium", 20, Urgency.medium, 0),  # 20 + 15
        arrived("high", 34, Urgency.high, 100),  # 34 + 2.5
        arrived("critical-b", 35, Urgency.critical, 0),  # 35 + 1
        arrived("critical-a", 35, Urgency.critical, 0),
        arrived("late", 59.5, Urgency.critical, 0),  # 60.5: waiting brings even a low lead before it
    )
    expected = ["low-hot", "medium", "critical-a", "critical-b", "high", "low", "late"]
    assert [state.lead.id for state in team.queue()] == expected


def test_the_newest_customers_are_remembered_with_who_had_them_last() -> None:
    def given(number: int, agent: str = "ana") -> ev.LeadAssigned:
        lead = Lead(id=f"l{number}-{agent}", name="A", customer=f"c{number}")
        return assigned(f"d{number}-{agent}", NOON, lead, agent)

    events = [given(number) for number in range(KNOWN)]
    team = team_of(*events, given(0, "bo"), given(KNOWN), given(KNOWN + 1))
    assert len(team.known) == KNOWN
    assert ("c1" in team.known, "c2" in team.known, "c3" in team.known) == (False, False, True)
    assert (team.known["c0"], team.known[f"c{KNOWN}"]) == ("bo", "ana")
    assert list(Team.restore(team.snapshot()).known) == list(team.known)


def test_a_snapshot_of_before_is_read_and_a_refusal_in_it_counts_once() -> None:
    team = team_of(*at_work(held(ev.OfferDeclined)))
    fields = msgspec.msgpack.decode(team.snapshot())
    del fields["known"]
    for lead in fields["leads"].values():
        del lead["refusals"], lead["lead"]["customer"]
    for agent in fields["agents"].values():
        del agent["back"], agent["taken"]
    old = Team.restore(msgspec.msgpack.encode(fields))
    assert (old.leads["l1"].refusals, old.leads["l1"].returns) == ({}, 1)
    again = [assigned("d2", NOON, Lead(id="l1", name="A"), "ana"), held(ev.OfferDeclined, decision="d2")]
    assert fold([Entry(90 + i, "main", event) for i, event in enumerate(again)], old).leads["l1"].returns == 2


def test_a_lead_that_arrives_twice_keeps_its_first_arrival() -> None:
    lead = Lead(id="l1", name="A customer")
    later = NOON + timedelta(hours=1)
    team = team_of(ev.LeadArrived(id="a", time=NOON, lead=lead), ev.LeadArrived(id="b", time=later, lead=lead))
    assert team.leads["l1"].arrived == NOON
