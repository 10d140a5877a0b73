"""What a gateway says, one record a frame."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from msgspec import Struct

from collab.events import AnyEvent
from collab.protocol.base import VERSION, Id, Number
from collab.protocol.role import Role
from collab.records import Count, Key


class Frame(Struct, frozen=True, kw_only=True, tag_field="on"):
    """The base of what a gateway says."""


class Welcome(Frame, frozen=True, tag="welcome"):
    """The answer to a Hello: who one is, until when, and how often to be heard of at least.

    `cut` is the code with which this gateway ended the last connection of the same device, if that took no goodbye.
    """

    re: Id
    agent: Key
    tenant: Key
    role: Role
    expires: datetime
    lease_s: float
    version: int = VERSION
    cut: str = ""


class Done(Frame, frozen=True, tag="done"):
    """The answer to a command that was carried out; `result` depends on the command."""

    re: Id
    result: Any = None


class Refused(Frame, frozen=True, tag="refused"):
    """The answer to a command that was not: nothing has changed. `re` is None if the frame could not be read."""

    re: Id | None
    code: str
    message: str


class Happened(Frame, frozen=True, tag="happened"):
    """What happened in a room, in order: the first event has the number `number`, the next one more."""

    room: Key
    number: Count
    events: list[AnyEvent]


class Reset(Frame, frozen=True, tag="reset"):
    """What happened in a room up to `number` is not kept any more: what a member has of it may have gaps."""

    room: Key
    number: Count


class Types(Frame, frozen=True, tag="types"):
    """Somebody at the same gateway began or ceased to type in a room; those at other gateways are not told."""

    room: Key
    agent: Key
    typing: bool


class Changed(Frame, frozen=True, tag="changed"):
    """What happened to agents and leads, for those who watch."""

    events: list[AnyEvent]


class Goodbye(Frame, frozen=True, tag="goodbye"):
    """The last frame before the gateway closes the connection, and why.

    What waited for a member that is `too_slow` is dropped; `after` has, by room, the last number before it.
    """

    code: str
    message: str
    after: dict[Key, Number] = {}


AnyFrame = Welcome | Done | Refused | Happened | Reset | Types | Changed | Goodbye
FRAMES: tuple[type[Frame], ...] = get_args(AnyFrame)
"""Every kind of frame; the tag of each is its `on`."""
