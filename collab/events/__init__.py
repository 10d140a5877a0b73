"""What happened: frozen records in the past tense, one tagged union, as JSON on the stream and in the history.

Every time is aware and UTC; a naive one is refused. Fields that this version does not know are ignored when
reading; a field of the wrong kind is refused with its path (`$.lead.score`).
"""

from __future__ import annotations

from typing import get_args

import msgspec
from msgspec import Struct

from collab.candidates import read, said
from collab.events.alerts import (
    AlertAcknowledged,
    AlertBegan,
    AlertDropped,
    AlertEased,
    AlertEvent,
    AlertFired,
    AlertResolved,
    AlertReturned,
    RulesAdopted,
    SilenceEnded,
    SilenceStarted,
    Watched,
    alert_id,
)
from collab.events.base import Event, new_id
from collab.events.rooms import (
    FileUploaded,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSent,
    RoomArchived,
    RoomCreated,
    RoomEvent,
    RoomJoined,
    RoomLeft,
    RoomRead,
    RoomRenamed,
)
from collab.events.work import (
    AgentJoined,
    AgentLeft,
    CalendarChanged,
    CapacityChanged,
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

__all__ = [
    "EVENTS",
    "AgentJoined",
    "AgentLeft",
    "AlertAcknowledged",
    "AlertBegan",
    "AlertDropped",
    "AlertEased",
    "AlertEvent",
    "AlertFired",
    "AlertResolved",
    "AlertReturned",
    "AnyEvent",
    "CalendarChanged",
    "CapacityChanged",
    "Entry",
    "Event",
    "ExperimentStarted",
    "ExperimentStopped",
    "FileUploaded",
    "FirstResponded",
    "LeadArrived",
    "LeadAssigned",
    "LeadClosed",
    "LeadOverridden",
    "MessageDeleted",
    "MessageEdited",
    "MessageReacted",
    "MessageSent",
    "OfferAccepted",
    "OfferDeclined",
    "OfferExpired",
    "PresenceChanged",
    "RoomArchived",
    "RoomCreated",
    "RoomEvent",
    "RoomJoined",
    "RoomLeft",
    "RoomRead",
    "RoomRenamed",
    "RulesAdopted",
    "ShiftChanged",
    "SilenceEnded",
    "SilenceStarted",
    "Unreadable",
    "Watched",
    "WeightsAdopted",
    "alert_id",
    "decode",
    "encode",
    "kind",
    "new_id",
]

AnyEvent = (
    AgentJoined | AgentLeft | PresenceChanged | CalendarChanged | CapacityChanged | ShiftChanged | LeadArrived
    | LeadAssigned | OfferAccepted | OfferDeclined | OfferExpired | LeadOverridden | FirstResponded | LeadClosed
    | WeightsAdopted | RoomCreated | RoomRenamed | RoomArchived | RoomJoined | RoomLeft | MessageSent
    | MessageEdited | MessageDeleted | MessageReacted | FileUploaded | RoomRead | ExperimentStarted | ExperimentStopped
    | AlertBegan | AlertFired | AlertAcknowledged | AlertReturned | AlertEased | AlertResolved | AlertDropped
    | SilenceStarted | SilenceEnded | RulesAdopted
)  # fmt: skip
EVENTS: tuple[type[Event], ...] = get_args(AnyEvent)
"""Every kind of event; the tag of each is its `event` field in JSON."""


class Entry(Struct, frozen=True):
    """An event at its place on a stream: `seq` counts 1, 2, 3, … without a gap over all tenants of a partition."""

    seq: int
    tenant: str
    event: AnyEvent


class Unreadable(RuntimeError):
    """An entry of a stream that this version cannot read; the message names its place, why, and the fix.

    Nobody passes it over: what another version takes in must not be missing here.
    """


_encoder = msgspec.json.Encoder(enc_hook=said)
_decoder = msgspec.json.Decoder(AnyEvent, dec_hook=read)


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
