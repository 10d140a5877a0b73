"""What an append may ask for and change: guards over the stream's small values, and effects on them."""

from __future__ import annotations

from msgspec import Struct

from collab.events import Event

SEQ = "@seq"
"""Stands in a `Put` for the place of its event on the stream."""


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


class Within(Struct, frozen=True):
    """Guard: the number at `key` is this `number` or less; a missing one is 0."""

    key: str
    number: int


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


Guard = Absent | Equals | Below | Within
Effect = Put | Add | Remove | Expire


REMEMBERED_S = 600
"""How long the id of an event is remembered: longer than anybody tries to append it."""


class Claim(Struct, frozen=True):
    """An event with its guards and effects, ready for one atomic append.

    Appending it again adds nothing for `remembered_s` seconds.
    """

    event: Event
    guards: tuple[Guard, ...]
    effects: tuple[Effect, ...]
    remembered_s: int = REMEMBERED_S


class TooLate(RuntimeError):
    """The team moved on before the command arrived; look at it and decide again."""
