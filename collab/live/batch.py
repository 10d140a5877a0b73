"""Claims as the keys and arguments of one append."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from collab.claims import Absent, Add, Below, Claim, Effect, Equals, Expire, Guard, Put, Within
from collab.events import LeadAssigned, decode, encode

MOST = 250
"""The most entries that one call returns."""

MARK = "@seq"
"""The tenant's key that holds the place of its last event; no key of a claim begins with @."""

_encoder = msgspec.json.Encoder()


class Batch:
    """Claims as the keys and arguments of `append.lua`, which says what they are."""

    def __init__(self, claims: Sequence[Claim], tenant: str, seen: int, own: int | str = "", most: int = MOST) -> None:
        events: list[Any] = [claim.event for claim in claims]
        ids = [event.id for event in events]
        if not ids or len(set(ids)) < len(ids):
            raise ValueError(f"claims are of the events {ids}; append at least one, and each once")
        self._places: dict[str, int] = {}
        fixed = ["events", "seq", f"{tenant}:{MARK}", *(f"id:{name}" for name in ids)]
        self._fixed = len(fixed)
        data = [encode(event) for event in events]
        # What no reader could decode must not get onto the stream; decisions are the router's own, and large.
        self.events = [
            event if isinstance(event, LeadAssigned) else decode(text) for event, text in zip(events, data, strict=True)
        ]
        rules = [([*map(self._guard, claim.guards)], [*map(self._effect, claim.effects)]) for claim in claims]
        remembered_s = max(claim.remembered_s for claim in claims)
        self.args = [tenant, len(ids), seen, most, remembered_s, _encoder.encode(rules), own, *data]
        self.keys = fixed + [f"{tenant}:{key}" for key in self._places]

    def _place(self, key: str) -> int:
        return self._places.setdefault(key, self._fixed + len(self._places) + 1)

    def _guard(self, guard: Guard) -> tuple[Any, ...]:
        match guard:
            case Absent(key):
                return "absent", self._place(key), ""
            case Equals(key, value):
                return "equals", self._place(key), value
            case Below(key, limit):
                return "below", self._place(key), self._place(limit)
            case Within(key, number):
                return "within", self._place(key), number

    def _effect(self, effect: Effect) -> tuple[Any, ...]:
        match effect:
            case Put(key, value, ttl_s):
                return "put", self._place(key), value, ttl_s
            case Add(key, amount):
                return "add", self._place(key), amount, 0
            case Expire(key, ttl_s):
                return "expire", self._place(key), "", ttl_s
        return "remove", self._place(effect.key), "", 0
