"""What all events have."""

from __future__ import annotations

import uuid
from datetime import datetime

from collab.records import Fact, Key


def new_id() -> str:
    """A new event id: 32 hexadecimal digits, random."""
    return uuid.uuid4().hex


class Event(Fact, frozen=True, kw_only=True, tag_field="event"):
    """The base of all events: an id that makes publishing safe to repeat, and the time it happened."""

    id: Key
    time: datetime
