"""When what must be looked at again: the earliest moment a subject, however often it was asked for."""

from __future__ import annotations

import heapq
from datetime import datetime

Place = tuple[str, str]
"""A rule's name and a subject: that of an agent, of a lead, or "" for the team."""


class Due:
    """Moments to come, each for a place; the earliest that was asked for counts."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, Place]] = []
        self._at: dict[Place, datetime] = {}

    @property
    def next(self) -> datetime | None:
        """The earliest moment; None without any."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def ask(self, moment: datetime, place: Place) -> None:
        """Look at the place again at this moment, or before if that was asked for."""
        before = self._at.get(place)
        if before is None or moment < before:
            self._at[place] = moment
            heapq.heappush(self._heap, (moment, place))

    def until(self, now: datetime) -> list[Place]:
        """The places that are due by now, the earliest first; they are not asked for any more."""
        found = []
        while (moment := self.next) is not None and moment <= now:
            place = heapq.heappop(self._heap)[1]
            del self._at[place]
            found.append(place)
        return found
