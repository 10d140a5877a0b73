"""What a member in Python hears from a gateway, and how it is refused."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from collab import protocol as p
from collab.events import AnyEvent


class Denied(PermissionError):
    """The gateway does not let this token in; the message says why."""


class CutOff(ConnectionError):
    """The connection was lost before the answer, and it is not known whether it was done; look, then ask again."""


class InRoom(Struct, frozen=True):
    """What happened in a room, at its number; each number comes once, in order."""

    room: str
    number: int
    event: AnyEvent


class Trimmed(Struct, frozen=True):
    """What happened in a room up to this number is not kept any more: what one has of it may have gaps."""

    room: str
    number: int


class Confirmed(Struct, frozen=True):
    """A message is kept: its id, its number in the room, when it was said, and whether it was there before."""

    room: str
    message: str
    number: int
    time: datetime
    duplicate: bool = False


Heard = InRoom | Trimmed | p.Types | p.Changed
