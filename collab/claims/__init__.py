"""What must hold for an event to be appended, and what the stream counts from then on (pure).

The stream keeps a few small values beside the events (who holds a lead, how many leads an agent has) so that one
atomic step can refuse an event that came too late. This room says which: each event has guards, which must all
hold, and effects, which are written with the event. A team folded from the same events gives the same values.
"""

from collab.claims import alerts as alerts  # registers its rules
from collab.claims.guards import SEQ, Absent, Add, Below, Claim, Effect, Equals, Expire, Guard, Put, Remove, Within
from collab.claims.keys import (
    ARCHIVED,
    CLOSED,
    CLOSED_FOR_S,
    EXPERIMENT_KEY,
    OPEN,
    QUEUE_KEY,
    QUEUED,
    RULES_KEY,
    WEIGHTS_KEY,
    alert_key,
    alert_state_key,
    capacity_key,
    deleted_key,
    eased_key,
    file_key,
    holder_key,
    lead_key,
    load_key,
    member_key,
    place_key,
    present_key,
    request_key,
    room_key,
    seat_key,
    shift_key,
    silence_key,
)
from collab.claims.rooms import entering
from collab.claims.rules import claim, in_turn

__all__ = [
    "ARCHIVED",
    "CLOSED",
    "CLOSED_FOR_S",
    "EXPERIMENT_KEY",
    "OPEN",
    "QUEUED",
    "QUEUE_KEY",
    "RULES_KEY",
    "SEQ",
    "WEIGHTS_KEY",
    "Absent",
    "Add",
    "Below",
    "Claim",
    "Effect",
    "Equals",
    "Expire",
    "Guard",
    "Put",
    "Remove",
    "Within",
    "alert_key",
    "alert_state_key",
    "capacity_key",
    "claim",
    "deleted_key",
    "eased_key",
    "entering",
    "file_key",
    "holder_key",
    "in_turn",
    "lead_key",
    "load_key",
    "member_key",
    "place_key",
    "present_key",
    "request_key",
    "room_key",
    "seat_key",
    "shift_key",
    "silence_key",
]
