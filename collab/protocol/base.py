"""What all commands have."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

VERSION = 1
"""The version of the protocol; a member that speaks another is told so."""

MOST_EXACT = 2**53 - 1
"""The greatest whole number that every reader of JSON has exactly."""

MOST_BYTES = 64 * 1024
"""The longest frame that a member may send."""

Id = Annotated[str, Meta(min_length=1, max_length=64)] | Annotated[int, Meta(ge=0, le=MOST_EXACT)]
Number = Annotated[int, Meta(ge=0, le=MOST_EXACT)]
Hundredths = Annotated[int, Meta(ge=0, le=100)]
Words = Annotated[str, Meta(max_length=200)]


class Command(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """The base of what a member may ask for; `id` is theirs and comes back with the answer."""

    id: Id
