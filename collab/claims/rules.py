"""The guards and effects of events on the roster, on leads and on the weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from msgspec.structs import replace

from collab.claims.guards import SEQ, Absent, Add, Below, Claim, Effect, Equals, Expire, Guard, Put, Remove, Within
from collab.claims.keys import (
    CLOSED,
    CLOSED_FOR_S,
    EXPERIMENT_KEY,
    QUEUE_KEY,
    QUEUED,
    WEIGHTS_KEY,
    capacity_key,
    holder_key,
    lead_key,
    load_key,
    member_key,
    place_key,
    present_key,
    request_key,
    shift_key,
)
from collab.events import (
    AgentJoined,
    AgentLeft,
    CalendarChanged,
    CapacityChanged,
    Event,
    ExperimentStarted,
    ExperimentStopped,
    FirstResponded,
    LeadArrived,
    LeadAssigned,
    LeadClosed,
    LeadOverridden,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    PresenceChanged,
    ShiftChanged,
    WeightsAdopted,
)
from collab.records import Presence

Rules = tuple[list[Guard], list[Effect]]


def claim(event: Event) -> Claim:
    """The event with what must hold for it and what it changes."""
    guards, effects = rules(event)
    return Claim(event, tuple(guards), tuple(effects))


def in_turn(
    assigned: LeadAssigned, seen: int, arrived: LeadArrived | None = None, load: int | None = None
) -> list[Claim]:
    """An assignment that is refused if a lead came to wait after the place `seen`: that one may be due first.

    With `arrived` the lead comes in by the same step, so nobody sees it wait. With `load` it is refused, too, if its
    agent has more leads by then.
    """
    turn, one = Within(QUEUE_KEY, seen), claim(assigned)
    if load is not None:
        one = replace(one, guards=(*one.guards, Within(load_key(assigned.decision.agent or ""), load)))
    if arrived is None:
        return [replace(one, guards=(*one.guards, turn))]
    first = claim(arrived)
    quiet = tuple(effect for effect in first.effects if effect.key != QUEUE_KEY)
    return [Claim(arrived, (*first.guards, turn), quiet), one]


HeldEvent = OfferAccepted | OfferDeclined | OfferExpired | LeadOverridden | FirstResponded | LeadClosed


def _held(event: HeldEvent) -> Iterator[Guard]:
    yield Equals(lead_key(event.lead), event.decision)
    yield Equals(holder_key(event.lead), event.agent)


def _free(agent: str) -> Iterator[Guard]:
    yield Equals(shift_key(agent), "1")
    yield Equals(present_key(agent), "1")
    yield Below(load_key(agent), capacity_key(agent))


def _member(event: PresenceChanged | CalendarChanged | CapacityChanged | ShiftChanged) -> Guard:
    return Equals(member_key(event.agent), "1")


def _flag(key: str, on: bool) -> Effect:
    return Put(key, "1") if on else Remove(key)


@singledispatch
def rules(event: Event) -> Rules:
    """The guards and effects of an event; each kind registers its own."""
    raise TypeError(f"{type(event).__name__} has no rules in collab.claims; add them there")


@rules.register
def _(event: AgentJoined) -> Rules:
    joined = [Put(member_key(event.agent), "1"), Put(capacity_key(event.agent), str(event.capacity))]
    return [], [*joined, _flag(shift_key(event.agent), event.on_shift)]


@rules.register
def _(event: AgentLeft) -> Rules:
    return [], [Remove(key(event.agent)) for key in (member_key, capacity_key, shift_key, present_key)]


@rules.register
def _(event: PresenceChanged) -> Rules:
    return [_member(event)], [_flag(present_key(event.agent), event.presence != Presence.offline)]


@rules.register
def _(event: CalendarChanged) -> Rules:
    return [_member(event)], []


@rules.register
def _(event: CapacityChanged) -> Rules:
    return [_member(event)], [Put(capacity_key(event.agent), str(event.capacity))]


@rules.register
def _(event: ShiftChanged) -> Rules:
    return [_member(event)], [_flag(shift_key(event.agent), event.on_shift)]


@rules.register
def _(event: LeadArrived) -> Rules:
    key = lead_key(event.lead.id)
    queued: list[Effect] = [Put(key, QUEUED), Put(QUEUE_KEY, SEQ)]
    if event.key is None:
        return [Absent(key)], queued
    request = request_key(event.key)
    return [Absent(key), Absent(request)], [*queued, Put(request, event.lead.id, CLOSED_FOR_S)]


@rules.register
def _(event: LeadAssigned) -> Rules:
    lead, agent = event.decision.lead.id, event.decision.agent or ""
    effects: list[Effect] = [
        Put(lead_key(lead), event.id),
        Put(place_key(lead), SEQ),
        Put(holder_key(lead), agent),
        Add(load_key(agent), 1),
    ]
    return [Equals(lead_key(lead), QUEUED), *_free(agent)], effects


@rules.register(OfferAccepted)
@rules.register(FirstResponded)
def _(event: OfferAccepted | FirstResponded) -> Rules:
    return list(_held(event)), []


@rules.register(OfferDeclined)
@rules.register(OfferExpired)
def _(event: OfferDeclined | OfferExpired) -> Rules:
    gone: list[Effect] = [Remove(place_key(event.lead)), Remove(holder_key(event.lead))]
    waits: list[Effect] = [Put(lead_key(event.lead), QUEUED), Put(QUEUE_KEY, SEQ)]
    return list(_held(event)), [*waits, *gone, Add(load_key(event.agent), -1)]


@rules.register
def _(event: LeadOverridden) -> Rules:
    moved: list[Effect] = [
        Add(load_key(event.agent), -1),
        Add(load_key(event.to), 1),
        Put(holder_key(event.lead), event.to),
    ]
    room = () if event.to == event.agent else _free(event.to)  # theirs already, and to stay
    return [*_held(event), *room], moved


@rules.register
def _(event: LeadClosed) -> Rules:
    effects: list[Effect] = [
        Put(lead_key(event.lead), CLOSED, CLOSED_FOR_S),
        Expire(place_key(event.lead), CLOSED_FOR_S),
        Remove(holder_key(event.lead)),
        Add(load_key(event.agent), -1),
    ]
    return list(_held(event)), effects


@rules.register
def _(event: WeightsAdopted) -> Rules:
    before = str(event.weights.version - 1)
    guard = Equals(WEIGHTS_KEY, before) if event.weights.version > 1 else Absent(WEIGHTS_KEY)
    return [guard, Absent(EXPERIMENT_KEY)], [Put(WEIGHTS_KEY, str(event.weights.version))]


@rules.register
def _(event: ExperimentStarted) -> Rules:
    return [Absent(EXPERIMENT_KEY)], [Put(EXPERIMENT_KEY, event.id)]


@rules.register
def _(event: ExperimentStopped) -> Rules:
    return [Equals(EXPERIMENT_KEY, event.experiment)], [Remove(EXPERIMENT_KEY)]
