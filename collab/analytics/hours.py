"""Business hours: how much of the time between two moments a team was open, whatever its clock did meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from collab.analytics.spans import NONE, Spans, before, spans
from collab.analytics.zone import DAY, SECOND, Moments, Zone, microseconds
from collab.rules.hours import DAYS

PART = re.compile(r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)")
FORM = "e.g. mon-fri 09:00-17:30; sat 10:00-14:00"


class Hours:
    """When a team is open, week by week, in its own time zone.

    Args:
        week: parts such as `Mon-Fri 09:00-17:30`, separated by `;` or `,`. A part that does not close after it opens
            closes on the next day; 24:00 is the end of a day. A day may have several parts.
        zone: the time zone of these clocks.
        closed: days on which nothing opens.

    Raises:
        ValueError: a part cannot be read, or there is no such zone.
    """

    def __init__(self, week: str, zone: str = "UTC", closed: Iterable[date] = ()) -> None:
        self.week, self.zone, self.closed = week, Zone(zone), frozenset(closed)
        self._parts: dict[int, list[tuple[int, int]]] = {day: [] for day in range(7)}
        for days, opens, closes in parts(week, "week"):
            for day in days:
                self._parts[day].append((opens, closes))

    @classmethod
    def always(cls, zone: str = "UTC") -> Hours:
        """Open at all times."""
        return cls("mon-sun 00:00-24:00", zone)

    def __repr__(self) -> str:
        return f"Hours({self.week!r}, {self.zone.name!r})"

    def open(self, start: int, end: int) -> Spans:
        """When it is open between two moments: spans of moments."""
        if end <= start:
            return NONE
        found: list[tuple[int, int]] = []
        for day, _, _ in self.zone.days(start - DAY, end):  # what opened the day before may still be open
            if day not in self.closed:
                found += [(self._at(day, opens), self._at(day, closes)) for opens, closes in self._parts[day.weekday()]]
        edges = np.clip(np.array(found, np.int64).reshape(-1, 2), start, end)
        return spans(edges[:, 0], edges[:, 1])

    def seconds(self, starts: Moments, ends: Moments) -> NDArray[np.float64]:
        """How many seconds it was open from each start to its end; 0 where the end is before the start.

        A day on which the clock changes has as many open hours as its clock shows between opening and closing.
        """
        starts, ends = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
        if not starts.size:
            return np.empty(0)
        opened = self.open(int(min(starts.min(), ends.min())), int(max(starts.max(), ends.max())))
        open_us = before(opened, ends) - before(opened, starts)
        found: NDArray[np.float64] = np.maximum(open_us, 0) / SECOND
        return found

    def _at(self, day: date, minutes: int) -> int:
        """The moment at which the clock of a day shows so many minutes; if it skips them, those after the change."""
        day += timedelta(days=minutes // 1440)
        minutes %= 1440
        shown = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=self.zone.info)
        return microseconds(shown.astimezone(UTC))


def parts(text: str, name: str) -> Iterator[tuple[list[int], int, int]]:
    """The parts of a text of `Hours`: weekdays (0 is Monday), and minutes after midnight from and until which.

    Raises:
        ValueError: one cannot be read, or there is none; it is called `name`.
    """
    written = [one for one in map(str.strip, re.split("[;,]", text.lower())) if one] if isinstance(text, str) else []
    if not written:
        raise ValueError(f"{name} is {text!r}, so it would never be open; give days and times, {FORM}")
    for part in written:
        found = PART.fullmatch(part)
        if found is None or not {found["first"], found["last"] or found["first"]} <= set(DAYS):
            raise ValueError(f"{name} has {part!r}; give days and times, {FORM}")
        first = DAYS.index(found["first"])
        last = DAYS.index(found["last"] or found["first"])
        opens, closes = (_minutes(found[which], part, name) for which in ("opens", "closes"))
        days = [day % 7 for day in range(first, last + 1 + 7 * (last < first))]
        yield days, opens, closes + 1440 * (closes <= opens)


def _minutes(clock: str, part: str, name: str) -> int:
    hours, minutes = map(int, clock.split(":"))
    if minutes > 59 or hours * 60 + minutes > 1440:
        raise ValueError(f"{name} has {part!r}, and no clock shows {clock}; give 00:00 to 24:00, {FORM}")
    return hours * 60 + minutes
