from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from strategies import AGENTS, LEADS, NOON, Ledger, assigned, comparable, histories, next_event

from collab import events as ev
from collab.claims import CLOSED, QUEUED, claim, holder_key, lead_key, load_key, place_key
from collab.events import EVENTS, Event
from collab.records import Lead, Presence, WeightsVersion
from collab.team import Team, fold

DAY = timedelta(days=1)


class TeamAndLedger(RuleBasedStateMachine):
    """Random commands, sensible or not: the team that folds what was let pass agrees with the stream's values."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger, self.team, self.number, self.time = Ledger(), Team(), 0, NOON

    def happen(self, kind: type[Event], **fields: Any) -> bool:
        """Append the event if its guards hold and fold it."""
        self.number += 1
        self.time += timedelta(seconds=7)
        return self.take(kind(id=f"e{self.number}", time=self.time, **fields))

    def take(self, event: Event) -> bool:
        """Append this event if its guards hold, and look at the capacity of who takes a lead by it."""
        entry = self.ledger.append(event)
        if entry is None:
            return False
        self.team.apply(entry)
        stays = isinstance(event, ev.LeadOverridden) and event.to == event.agent  # theirs already, whatever they have
        if isinstance(event, ev.LeadAssigned | ev.LeadOverridden) and not stays:
            lead = event.decision.lead.id if isinstance(event, ev.LeadAssigned) else event.lead
            holder = self.team.agents[self.team.leads[lead].holder or ""]
            assert 0 < holder.active <= holder.capacity
            assert holder.on_shift
            assert holder.presence != Presence.offline
            assert not holder.left
        return True

    @rule(data=st.data())
    def anything(self, data: st.DataObject) -> None:
        self.number += 1
        self.time += timedelta(seconds=7)
        self.take(next_event(data.draw, self.team, f"e{self.number}", self.time))

    @rule(agent=st.sampled_from(AGENTS), capacity=st.integers(1, 3))
    def somebody_starts_work(self, agent: str, capacity: int) -> None:
        assert self.happen(ev.AgentJoined, agent=agent, name=agent, capacity=capacity)
        assert self.happen(ev.PresenceChanged, agent=agent, presence=Presence.available)

    @rule(agent=st.sampled_from(AGENTS))
    def somebody_leaves(self, agent: str) -> None:
        assert self.happen(ev.AgentLeft, agent=agent)
        assert not self.happen(ev.PresenceChanged, agent=agent, presence=Presence.available)
        assert not self.happen(ev.CapacityChanged, agent=agent, capacity=9)
        assert not self.happen(ev.ShiftChanged, agent=agent, on_shift=True)

    @rule(lead=st.sampled_from(LEADS))
    def a_lead_arrives(self, lead: str) -> None:
        new = lead not in self.team.leads and self.ledger.values.get(lead_key(lead)) != CLOSED
        assert self.happen(ev.LeadArrived, lead=Lead(id=lead, name="A customer")) == new

    @precondition(lambda self: self.team.queue())
    @rule(agent=st.sampled_from(AGENTS))
    def the_first_in_the_queue_is_given_to_somebody(self, agent: str) -> None:
        self.number += 1
        lead = self.team.queue()[0].lead
        known = self.team.agents.get(agent)
        free = known and not known.left and known.on_shift and known.presence != Presence.offline
        room = free and known.active < known.capacity
        assert self.take(assigned(f"e{self.number}", self.time, lead, agent)) == bool(room)

    @precondition(lambda self: self.ledger.fading)
    @rule()
    def closed_leads_are_forgotten(self) -> None:
        self.ledger.forget()

    @invariant()
    def values_of_the_team_are_those_of_the_stream(self) -> None:
        assert comparable(self.team.values()) == comparable(self.ledger.values)

    @invariant()
    def the_fold_of_the_log_is_the_team(self) -> None:
        if self.number % 8 == 0:
            assert fold(self.ledger.entries) == self.team


TeamAndLedger.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
test_any_commands_leave_team_and_stream_agreed_and_no_capacity_passed = TeamAndLedger.TestCase


@settings(max_examples=60)
@given(histories())
def test_a_stream_restored_from_the_values_of_the_team_takes_and_refuses_the_same(entries: list[ev.Entry]) -> None:
    ledger, restored = Ledger(), Ledger()
    for entry in entries:
        ledger.append(entry.event)
    restored.values = dict(fold(entries).values())
    lead = Lead(id="l1", name="A customer")
    version = fold(entries).weights.version + 1
    values = (25, 25, 25, 25)
    adopted = ev.WeightsAdopted(id="w", time=NOON, weights=WeightsVersion(version=version, values=values), by="Kim")
    tries: list[Event] = [assigned("try", NOON, lead, agent) for agent in AGENTS]
    tries += [ev.PresenceChanged(id="try", time=NOON, agent=agent, presence=Presence.busy) for agent in AGENTS]
    for event in [*tries, adopted]:
        assert (ledger.append(event) is None) == (restored.append(event) is None)


def work() -> Ledger:
    """Ana (capacity 1) and Bo (capacity 1) at work, and the leads l1 and l2 in the queue."""
    ledger = Ledger()
    for agent in ("ana", "bo"):
        ledger.append(ev.AgentJoined(id=f"j-{agent}", time=NOON, agent=agent, name=agent, capacity=1))
        ledger.append(ev.PresenceChanged(id=f"p-{agent}", time=NOON, agent=agent, presence=Presence.available))
    for lead in ("l1", "l2"):
        ledger.append(ev.LeadArrived(id=f"a-{lead}", time=NOON, lead=Lead(id=lead, name="A customer")))
    return ledger


def test_a_lead_is_taken_once_and_by_one_with_room() -> None:
    ledger = work()
    lead, other = Lead(id="l1", name="A customer"), Lead(id="l2", name="A customer")
    entry = ledger.append(assigned("d1", NOON, lead, "ana"))
    assert entry is not None
    assert ledger.values[lead_key("l1")] == "d1"
    assert ledger.values[holder_key("l1")] == "ana"
    assert ledger.values[place_key("l1")] == str(entry.seq)
    assert ledger.values[load_key("ana")] == "1"
    assert ledger.append(assigned("d2", NOON, lead, "bo")) is None
    assert ledger.append(assigned("d3", NOON, other, "ana")) is None
    assert ledger.append(assigned("d4", NOON, other, "bo")) is not None


@pytest.mark.parametrize("kind", [ev.OfferDeclined, ev.OfferExpired])
def test_a_lead_given_back_waits_and_frees_its_agent(kind: type[Any]) -> None:
    ledger = work()
    ledger.append(assigned("d1", NOON, Lead(id="l1", name="A customer"), "ana"))
    given_back = kind(id="x", time=NOON, lead="l1", decision="d1", agent="ana")
    assert ledger.append(given_back) is not None
    assert ledger.values[lead_key("l1")] == QUEUED
    assert holder_key("l1") not in ledger.values
    assert ledger.values[load_key("ana")] == "0"
    assert ledger.append(given_back) is None


def test_an_override_needs_the_holder_and_room_and_moves_the_load() -> None:
    ledger = work()
    ledger.append(assigned("d1", NOON, Lead(id="l1", name="A customer"), "ana"))

    def moved(agent: str, to: str, decision: str = "d1") -> bool:
        event = ev.LeadOverridden(id="x", time=NOON, lead="l1", decision=decision, agent=agent, to=to, by="Kim")
        return ledger.append(event) is not None

    assert not moved("bo", "ana")
    assert not moved("ana", "bo", "d9")
    assert not moved("ana", "nobody")
    assert moved("ana", "bo")
    assert (ledger.values[load_key("ana")], ledger.values[load_key("bo")]) == ("0", "1")
    assert ledger.values[lead_key("l1")] == "d1"
    closed = ev.LeadClosed(id="c", time=NOON, lead="l1", decision="d1", agent="ana", converted=True)
    assert ledger.append(closed) is None


def test_a_closed_lead_is_remembered_for_some_time_and_then_may_come_again() -> None:
    ledger = work()
    lead = Lead(id="l1", name="A customer")
    ledger.append(assigned("d1", NOON, lead, "ana"))
    ledger.append(ev.LeadClosed(id="c", time=NOON, lead="l1", decision="d1", agent="ana", converted=True))
    again = ev.LeadArrived(id="a2", time=NOON + 8 * DAY, lead=lead)
    assert ledger.values[lead_key("l1")] == CLOSED
    assert ledger.append(again) is None
    ledger.forget()
    assert ledger.append(again) is not None


def test_weights_are_adopted_one_version_after_the_other() -> None:
    ledger = Ledger()

    def adopted(version: int) -> bool:
        weights = WeightsVersion(version=version, values=(25, 25, 25, 25))
        return ledger.append(ev.WeightsAdopted(id="w", time=NOON, weights=weights, by="Kim")) is not None

    assert [adopted(version) for version in (2, 1, 1, 3, 2, 2, 3)] == [False, True, False, False, True, False, True]


def test_every_kind_of_event_has_rules_and_others_are_refused_by_name() -> None:
    class LeadLost(Event, frozen=True, tag="lead_lost"):
        lead: str

    with pytest.raises(TypeError, match=r"LeadLost has no rules in collab\.claims"):
        claim(LeadLost(id="x", time=NOON, lead="l1"))
    seen = {type(entry.event) for entry in work().entries}
    assert seen < set(EVENTS)
