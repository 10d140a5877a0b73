"""What must hold for an event to be appended, and what the stream counts from then on (pure).

The stream keeps a few small values beside the events (who holds a lead, how many leads an agent has) so that one
atomic step can refuse an event that came too late. This module says which: each event has guards, which must all
hold, and effects, which are written with the event. A team folded from the same events gives the same values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from msgspec import Struct

from collab.events import (
    AgentJoined,
    AgentLeft,
    CapacityChanged,
    Event,
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

QUEUED = "queued"
CLOSED = "closed"
SEQ = "@seq"
"""Stands in a `Put` for the place of its event on the stream."""

CLOSED_FOR_S = 7 * 86_400
"""How long a closed lead's id is remembered, so that routing it again gives its old decision."""


class Absent(Struct, frozen=True):
    """Guard: `key` has no value."""

    key: str


class Equals(Struct, frozen=True):
    """Guard: `key` has exactly this value."""

    key: str
    value: str


class Below(Struct, frozen=True):
    """Guard: the number at `key` is below the number at `limit`; a missing one is 0."""

    key: str
    limit: str


class Put(Struct, frozen=True):
    """Effect: `key` gets this value; with `ttl_s` it is forgotten after so many seconds."""

    key: str
    value: str
    ttl_s: int = 0


class Add(Struct, frozen=True):
    """Effect: the number at `key` changes by `amount`; a missing one is 0."""

    key: str
    amount: int


class Remove(Struct, frozen=True):
    """Effect: `key` has no value any more."""

    key: str


class Expire(Struct, frozen=True):
    """Effect: `key` keeps its value for `ttl_s` more seconds and is forgotten then."""

    key: str
    ttl_s: int


Guard = Absent | Equals | Below
Effect = Put | Add | Remove | Expire


class Claim(Struct, frozen=True):
    """An event with its guards and effects, ready for one atomic append."""

    event: Event
    guards: tuple[Guard, ...]
    effects: tuple[Effect, ...]


def lead_key(lead: str) -> str:
    """Holds "queued", the id of the decision in force, or "closed"."""
    return f"lead:{lead}"


def place_key(lead: str) -> str:
    """Holds the seq of the decision in force."""
    return f"place:{lead}"


def holder_key(lead: str) -> str:
    """Holds the agent who has the lead."""
    return f"holder:{lead}"


def member_key(agent: str) -> str:
    """Holds "1" while the agent is on the roster."""
    return f"member:{agent}"


def load_key(agent: str) -> str:
    """Holds how many leads the agent has."""
    return f"load:{agent}"


def capacity_key(agent: str) -> str:
    """Holds the most leads that the agent takes at once."""
    return f"capacity:{agent}"


def present_key(agent: str) -> str:
    """Holds "1" while the agent is not offline."""
    return f"present:{agent}"


def shift_key(agent: str) -> str:
    """Holds "1" while the agent is on shift."""
    return f"shift:{agent}"


WEIGHTS_KEY = "weights"
"""Holds the version of the weights in force."""


def claim(event: Event) -> Claim:
    """The event with what must hold for it and what it changes."""
    guards, effects = _rules(event)
    return Claim(event, tuple(guards), tuple(effects))


HeldEvent = OfferAccepted | OfferDeclined | OfferExpired | LeadOverridden | FirstResponded | LeadClosed


def _held(event: HeldEvent) -> Iterator[Guard]:
    yield Equals(lead_key(event.lead), event.decision)
    yield Equals(holder_key(event.lead), event.agent)


def _free(agent: str) -> Iterator[Guard]:
    yield Equals(shift_key(agent), "1")
    yield Equals(present_key(agent), "1")
    yield Below(load_key(agent), capacity_key(agent))


def _member(event: PresenceChanged | CapacityChanged | ShiftChanged) -> Guard:
    return Equals(member_key(event.agent), "1")


def _flag(key: str, on: bool) -> Effect:
    return Put(key, "1") if on else Remove(key)


@singledispatch
def _rules(event: Event) -> tuple[list[Guard], list[Effect]]:
    raise TypeError(f"{type(event).__name__} has no rules in collab.claims; add them there")


@_rules.register
def _(event: AgentJoined) -> tuple[list[Guard], list[Effect]]:
    joined = [Put(member_key(event.agent), "1"), Put(capacity_key(event.agent), str(event.capacity))]
    return [], [*joined, _flag(shift_key(event.agent), event.on_shift)]


@_rules.register
def _(event: AgentLeft) -> tuple[list[Guard], list[Effect]]:
    return [], [Remove(key(event.agent)) for key in (member_key, capacity_key, shift_key, present_key)]


@_rules.register
def _(event: PresenceChanged) -> tuple[list[Guard], list[Effect]]:
    return [_member(event)], [_flag(present_key(event.agent), event.presence != Presence.offline)]


@_rules.register
def _(event: CapacityChanged) -> tuple[list[Guard], list[Effect]]:
    return [_member(event)], [Put(capacity_key(event.agent), str(event.capacity))]


@_rules.register
def _(event: ShiftChanged) -> tuple[list[Guard], list[Effect]]:
    return [_member(event)], [_flag(shift_key(event.agent), event.on_shift)]


@_rules.register
def _(event: LeadArrived) -> tuple[list[Guard], list[Effect]]:
    key = lead_key(event.lead.id)
    return [Absent(key)], [Put(key, QUEUED)]


@_rules.register
def _(event: LeadAssigned) -> tuple[list[Guard], list[Effect]]:
    lead, agent = event.decision.lead.id, event.decision.agent or ""
    effects: list[Effect] = [
        Put(lead_key(lead), event.id),
        Put(place_key(lead), SEQ),
        Put(holder_key(lead), agent),
        Add(load_key(agent), 1),
    ]
    return [Equals(lead_key(lead), QUEUED), *_free(agent)], effects


@_rules.register(OfferAccepted)
@_rules.register(FirstResponded)
def _(event: OfferAccepted | FirstResponded) -> tuple[list[Guard], list[Effect]]:
    return list(_held(event)), []


@_rules.register(OfferDeclined)
@_rules.register(OfferExpired)
def _(event: OfferDeclined | OfferExpired) -> tuple[list[Guard], list[Effect]]:
    gone: list[Effect] = [Remove(place_key(event.lead)), Remove(holder_key(event.lead))]
    return list(_held(event)), [Put(lead_key(event.lead), QUEUED), *gone, Add(load_key(event.agent), -1)]


@_rules.register
def _(event: LeadOverridden) -> tuple[list[Guard], list[Effect]]:
    moved: list[Effect] = [
        Add(load_key(event.agent), -1),
        Add(load_key(event.to), 1),
        Put(holder_key(event.lead), event.to),
    ]
    return [*_held(event), *_free(event.to)], moved


@_rules.register
def _(event: LeadClosed) -> tuple[list[Guard], list[Effect]]:
    effects: list[Effect] = [
        Put(lead_key(event.lead), CLOSED, CLOSED_FOR_S),
        Expire(place_key(event.lead), CLOSED_FOR_S),
        Remove(holder_key(event.lead)),
        Add(load_key(event.agent), -1),
    ]
    return list(_held(event)), effects


@_rules.register
def _(event: WeightsAdopted) -> tuple[list[Guard], list[Effect]]:
    before = str(event.weights.version - 1)
    guard = Equals(WEIGHTS_KEY, before) if event.weights.version > 1 else Absent(WEIGHTS_KEY)
    return [guard], [Put(WEIGHTS_KEY, str(event.weights.version))]
