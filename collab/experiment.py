"""An experiment: blocks of time that take turns at random between two sets of weights (pure).

Which set a moment has follows from the design and the moment alone, so all desks of a stream agree without talking.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct

from collab.records import Count, Fact, WeightsVersion, aware, checked, dashed

Arm = Literal["a", "b"]
Values = tuple[Count, Count, Count, Count]
Given = TypeVar("Given")

MOST_BLOCKS = 10_000
"""So many blocks at most: more than four years of blocks of four hours."""

SHORTEST_S, LONGEST_S = 60, 7 * 86_400
"""So many seconds a block lasts at least and at most."""

ROUNDING = 1e-9
"""Days that are whole pairs of blocks but for so little are these."""

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"(\d+) ?(s|min|h|d)")


def seconds(span: str | int | timedelta, name: str) -> int:
    """The whole seconds of "4h", "30min", "90s", "1d", a number of them or a timedelta.

    Raises:
        ValueError: it is none of these; names the field.
    """
    if isinstance(span, timedelta):
        return round(span.total_seconds())
    if isinstance(span, int) and not isinstance(span, bool):
        return span
    found = _SPAN.fullmatch(span) if isinstance(span, str) else None
    if found is None:
        raise ValueError(
            f"{name} is {span!r}; give a time such as '4h', '30min' or '90s', or whole seconds as a number"
        )
    return int(found[1]) * _UNITS[found[2]]


def span(seconds: int) -> str:
    """Seconds as `seconds` reads them, in the largest unit that is whole: 4h, 30min, 90s."""
    unit = next(unit for unit in ("d", "h", "min", "s") if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def arms(a: Given, b: Given, read: Callable[[Given], Values]) -> tuple[Values, Values]:
    """The weights of both arms, each read from what a person gives.

    Raises:
        ValueError: it cannot be read; says of which arm it is.
    """

    def of(arm: Arm, given: Given) -> Values:
        try:
            return read(given)
        except ValueError as error:
            raise ValueError(f"arm {arm}: {error}") from None

    return of("a", a), of("b", b)


def blocks(block: str | int | timedelta, burn_in: str | int | timedelta) -> dict[str, int]:
    """The fields of a design that say how long its blocks and the burn-in of each last, from what a person says.

    Raises:
        ValueError: one is no time or out of range, or the burn-in leaves nothing of a block; names what was said.
    """
    block_s, burn_in_s = seconds(block, "block"), seconds(burn_in, "burn_in")
    if burn_in_s < 0:
        raise ValueError(f"burn_in is {burn_in}; give 0 or more")
    if block_s <= burn_in_s:
        raise ValueError(f"burn_in is {burn_in}, as long as block, which is {block}, or longer; give less")
    if not SHORTEST_S <= block_s <= LONGEST_S:
        raise ValueError(f"block is {block}; give {span(SHORTEST_S)} to {span(LONGEST_S)}")
    return {"block_s": block_s, "burn_in_s": burn_in_s}


def blocks_in(days: float, block_s: int, fewest: int = 1) -> int:
    """So many blocks are so many days, in whole pairs of which there are at least the fewest.

    Raises:
        ValueError: they are more than an experiment may have.
    """
    if days * 86_400 > (most := MOST_BLOCKS * block_s):
        fix = f"give {most / 86_400:g} or fewer, or longer blocks"
        raise ValueError(f"days is {days:g}, more than {MOST_BLOCKS:,} blocks of {span(block_s)}; {fix}")
    return 2 * max(fewest, ceil(days * 86_400 / (2 * block_s) - ROUNDING))


class Place(Struct, frozen=True):
    """Where a moment lies in an experiment: its block, the arm that has it, and whether it is past the burn-in."""

    block: int
    arm: Arm
    settled: bool


class Design(Fact, frozen=True, kw_only=True):
    """Two sets of weights (integers that sum to 100) and how blocks of time take turns between them.

    Blocks count from 0 and last `block_s` seconds, of which the first `burn_in_s` do not count: leads of the block
    before are still at work then. Of the blocks 2k and 2k + 1 one is arm a's and one is b's; `seed` and k say which.
    After `blocks` of them, a whole number of pairs, it is over; without them it runs until it is stopped.

    Raises:
        ValueError: weights do not sum to 100, the burn-in leaves nothing of a block, or a block has no other of its
            pair.
    """

    a: Values
    b: Values
    block_s: Annotated[int, Meta(ge=SHORTEST_S, le=LONGEST_S)] = 4 * 3600
    burn_in_s: Count = 30 * 60
    seed: Annotated[int, Meta(ge=0, lt=2**53)] = 0
    blocks: Annotated[int, Meta(ge=2, le=MOST_BLOCKS)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        arms(self.a, self.b, lambda values: WeightsVersion(version=0, values=values).values)
        if not 0 <= self.burn_in_s < self.block_s:
            raise ValueError(f"burn_in_s is {self.burn_in_s}; give 0 to below block_s, which is {self.block_s}")
        if self.blocks is not None and self.blocks % 2:
            raise ValueError(f"blocks is {self.blocks}; give an even number, as blocks come in pairs")

    def arm(self, block: int) -> Arm:
        """Whose block this is: of each pair the first is a's by the toss of a coin, the other one b's."""
        digest = hashlib.blake2b(f"{self.seed}/{block // 2}".encode(), digest_size=1).digest()
        return "a" if (digest[0] + block) % 2 == 0 else "b"

    def weights(self, arm: str) -> Values:
        """The weights of an arm."""
        return self.a if arm == "a" else self.b

    def ends(self, starts: datetime) -> datetime | None:
        """When the last block ends, in UTC, if the first one starts at `starts`; None: not before it is stopped."""
        return None if self.blocks is None else aware(starts, "starts") + timedelta(seconds=self.block_s * self.blocks)

    def place(self, starts: datetime, time: datetime) -> Place | None:
        """Where a moment lies if the first block starts at `starts`; None before it and from the end on."""
        block, within = divmod(aware(time) - aware(starts, "starts"), timedelta(seconds=self.block_s))
        if block < 0 or (self.blocks is not None and block >= self.blocks):
            return None
        return Place(block, self.arm(block), within >= timedelta(seconds=self.burn_in_s))


def compared(design: Design) -> Design:
    """The design of an experiment that is to start, which holds what its fields declare and has two different arms.

    Raises:
        ValueError: a field is out of bounds, or b is the same as a.
    """
    if design.a == design.b:
        raise ValueError(f"b is {dashed(design.b)}, the same as a; give other weights, else nothing can be found")
    return checked(design)
