"""What happened: frozen records in the past tense, one tagged union, as JSON on the stream and in the history.

Every time is aware and UTC; a naive one is refused. Fields that this version does not know are ignored when
reading; a field of the wrong kind is refused with its path (`$.lead.score`).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, get_args

import msgspec
from msgspec import Meta, Struct

from collab.records import (
    Calendar,
    Count,
    Decision,
    Fact,
    File,
    Hash,
    Key,
    Lead,
    Name,
    Presence,
    Seat,
    Seconds,
    Share,
    Text,
    WeightsVersion,
)


def new_id() -> str:
    """A new event id: 32 hexadecimal digits, random."""
    return uuid.uuid4().hex


class Event(Fact, frozen=True, kw_only=True, tag_field="event"):
    """The base of all events: an id that makes publishing safe to repeat, and the time it happened."""

    id: Key
    time: datetime


class AgentJoined(Event, frozen=True, tag="agent_joined"):
    """An agent joined the roster, or their name or skills changed.

    `skills` are levels of 0 to 1 by `kind:value`, the kinds being property, location, budget and language.
    """

    agent: Key
    name: Name
    skills: dict[Key, Share] = {}
    capacity: Annotated[int, Meta(ge=0, le=1000)] = 5
    on_shift: bool = True


class AgentLeft(Event, frozen=True, tag="agent_left"):
    """An agent left the roster. Leads they hold stay with them until they are closed, declined or overridden."""

    agent: Key


class PresenceChanged(Event, frozen=True, tag="presence_changed"):
    """An agent's presence changed: somebody chose, or (`connected` is set) it follows from devices and calendar.

    `chosen` is the choice and `said` the words with it, if something else outweighs them; `by` is who chose for the
    agent.
    """

    agent: Key
    presence: Presence
    reason: str = ""
    connected: bool | None = None
    chosen: Presence | None = None
    said: str = ""
    by: Key | None = None


class CalendarChanged(Event, frozen=True, tag="calendar_changed"):
    """An agent's calendar is this from now on; `by` is who brought it, if not the agent."""

    agent: Key
    busy: Calendar
    by: Key | None = None


class CapacityChanged(Event, frozen=True, tag="capacity_changed"):
    """The most leads that an agent takes at once changed."""

    agent: Key
    capacity: Annotated[int, Meta(ge=0, le=1000)]


class ShiftChanged(Event, frozen=True, tag="shift_changed"):
    """An agent's shift began or ended."""

    agent: Key
    on_shift: bool


class LeadArrived(Event, frozen=True, tag="lead_arrived"):
    """A lead came in and waits in the queue. `key` is its sender's own name for the request, if they gave one."""

    lead: Lead
    key: Key | None = None


class LeadAssigned(Event, frozen=True, tag="lead_assigned"):
    """A lead was given to an agent. The event's id is the decision's."""

    decision: Decision

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decision.agent is None:
            raise ValueError("decision.agent is None; a lead that nobody can take stays in the queue instead")


class OfferAccepted(Event, frozen=True, tag="offer_accepted"):
    """The agent took the lead up."""

    lead: Key
    decision: Key
    agent: Key


class OfferDeclined(Event, frozen=True, tag="offer_declined"):
    """The agent gave the lead back; it waits again, and they are not asked for it again."""

    lead: Key
    decision: Key
    agent: Key
    reason: str = ""


class OfferExpired(Event, frozen=True, tag="offer_expired"):
    """The agent did not take the lead up, or did not answer it, in time, or is gone; it waits again."""

    lead: Key
    decision: Key
    agent: Key
    reason: str = ""


class LeadOverridden(Event, frozen=True, tag="lead_overridden"):
    """A person gave the lead to another agent. The decision before it has no propensity any more."""

    lead: Key
    decision: Key
    agent: Key
    to: Key
    by: Name
    reason: str = ""


class FirstResponded(Event, frozen=True, tag="first_responded"):
    """The customer had the first answer, `response_s` seconds after the lead came in."""

    lead: Key
    decision: Key
    agent: Key
    response_s: Seconds


class LeadClosed(Event, frozen=True, tag="lead_closed"):
    """The work on a lead ended. `value` is money, `satisfaction` 1 to 5 or None when nobody asked."""

    lead: Key
    decision: Key
    agent: Key
    converted: bool
    value: Annotated[float, Meta(ge=0, le=1e12)] = 0.0
    satisfaction: Annotated[float, Meta(ge=1, le=5)] | None = None


class WeightsAdopted(Event, frozen=True, tag="weights_adopted"):
    """A version of the weights came into force."""

    weights: WeightsVersion
    by: Name
    reason: str = ""


class RoomEvent(Event, frozen=True):
    """The base of what happens in a room, by one of its members; each but a read has the room's next number."""

    room: Key
    agent: Key


class RoomCreated(RoomEvent, frozen=True, tag="room_created"):
    """A room was made; who made it is its first moderator. A private one is entered by invitation only."""

    name: Name
    private: bool = False


class RoomRenamed(RoomEvent, frozen=True, tag="room_renamed"):
    """A room got another name."""

    name: Name


class RoomArchived(RoomEvent, frozen=True, tag="room_archived"):
    """A room was closed: it can be read, and nothing is added to it any more."""


class RoomJoined(RoomEvent, frozen=True, tag="room_joined"):
    """`agent` became a member of the room, or got another seat; `by` let them in."""

    by: Key
    seat: Seat = Seat.member


class RoomLeft(RoomEvent, frozen=True, tag="room_left"):
    """`agent` is no member any more; `by` is who ended it, themselves or a moderator."""

    by: Key


class MessageSent(RoomEvent, frozen=True, tag="message_sent"):
    """A member said something; the event's id is the message's. `thread` is the message that it answers.

    `files` were uploaded to the room before.
    """

    text: Text
    thread: Key | None = None
    mentions: tuple[Key, ...] = ()
    files: tuple[File, ...] = ()


class MessageEdited(RoomEvent, frozen=True, tag="message_edited"):
    """The author put other words into a message."""

    message: Key
    text: Text
    mentions: tuple[Key, ...] = ()


class MessageDeleted(RoomEvent, frozen=True, tag="message_deleted"):
    """The author or a moderator took a message back."""

    message: Key


class MessageReacted(RoomEvent, frozen=True, tag="message_reacted"):
    """A member put a reaction on a message (`on`), or took theirs away."""

    message: Key
    reaction: Annotated[str, Meta(min_length=1, max_length=32)]
    on: bool = True


class FileUploaded(RoomEvent, frozen=True, tag="file_uploaded"):
    """A member put a file where members of the room can get it once a message has it; until then only they can."""

    hash: Hash
    size: Count
    type: Annotated[str, Meta(min_length=1, max_length=100)]


class RoomRead(RoomEvent, frozen=True, tag="room_read"):
    """A member has read the room, or one of its threads, up to a number; it never goes back."""

    number: Count
    thread: Key | None = None


AnyEvent = (
    AgentJoined | AgentLeft | PresenceChanged | CalendarChanged | CapacityChanged | ShiftChanged | LeadArrived
    | LeadAssigned | OfferAccepted | OfferDeclined | OfferExpired | LeadOverridden | FirstResponded | LeadClosed
    | WeightsAdopted | RoomCreated | RoomRenamed | RoomArchived | RoomJoined | RoomLeft | MessageSent
    | MessageEdited | MessageDeleted | MessageReacted | FileUploaded | RoomRead
)  # fmt: skip
EVENTS: tuple[type[Event], ...] = get_args(AnyEvent)
"""Every kind of event; the tag of each is its `event` field in JSON."""


class Entry(Struct, frozen=True):
    """An event at its place on a stream: `seq` counts 1, 2, 3, … without a gap over all tenants of a partition."""

    seq: int
    tenant: str
    event: AnyEvent


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    """The event as JSON."""
    return _encoder.encode(event)


def decode(data: bytes | str) -> AnyEvent:
    """The event of this JSON.

    Raises:
        msgspec.ValidationError: a field is missing or wrong; the message ends with its path.
    """
    event: AnyEvent = _decoder.decode(data)
    return event


def kind(event: Event) -> str:
    """The event's tag, e.g. `lead_assigned`."""
    return str(type(event).__struct_config__.tag)
