"""Time for a team that works now or in the past: a clock that can be set, and an agenda of what is due."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from msgspec import Struct

from collab.records import aware

Act = Callable[..., Awaitable[None]]

SAME = timedelta(seconds=0.05)
"""Clocks that differ by less are the same."""


class Clock:
    """Tells the time in UTC: that of the computer, corrected by others', or while it is set, the one it was set to.

    Give the same clock to the desk and to the team at work, so that the team's past can be made.

    Attributes:
        own: tells the computer's time.
        off: how far the time told is ahead of it.
    """

    def __init__(self) -> None:
        self.own: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.off = timedelta(0)
        self._time: datetime | None = None

    def __call__(self) -> datetime:
        """The time, aware and UTC."""
        return self._time if self._time is not None else self.own() + self.off

    def compare(self, before: datetime, time: datetime, after: datetime) -> None:
        """Go by a time that another computer told between two looks at this clock.

        What may be only the way there and back is left as it is.
        """
        half = (after - before) / 2
        off = time - (before + half)
        if not self.is_set and before <= after and abs(off) > max(half, SAME):
            self.off += off

    @property
    def is_set(self) -> bool:
        """Does it show another time than the computer's?"""
        return self._time is not None

    def set(self, time: datetime) -> None:
        """Show this time from now on.

        Raises:
            ValueError: the time has no zone.
        """
        self._time = aware(time)

    def release(self) -> None:
        """Show the computer's time again, as corrected."""
        self._time = None


class Due(Struct, frozen=True, order=True):
    """Something to do at a time; what was planned first comes first at the same time."""

    time: datetime
    number: int
    todo: tuple[Act, tuple[Any, ...]]


class Agenda:
    """What is to be done when, the soonest first."""

    def __init__(self) -> None:
        self._due: list[Due] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._due)

    def plan(self, time: datetime, act: Act, *args: Any) -> None:
        """Do `act(*args)` at this time."""
        self._number += 1  # no two are equal, so what to do is never compared
        heapq.heappush(self._due, Due(time, self._number, (act, args)))

    def soonest(self) -> datetime | None:
        """The time of what is due first; None when nothing is planned."""
        return self._due[0].time if self._due else None

    def take(self) -> Due:
        """Take what is due first off the agenda."""
        return heapq.heappop(self._due)

    def clear(self) -> None:
        """Plan nothing any more."""
        self._due.clear()


def seeded_ids(seed: int) -> Callable[[], str]:
    """Makes ids of 32 hexadecimal digits, the same ones for the same seed: for a desk on a new stream only.

    On a stream that has these ids already, events that bear them again would be taken for repetitions.
    """
    chance = Random(f"{seed}/ids")
    return lambda: f"{chance.getrandbits(128):032x}"
