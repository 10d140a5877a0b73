"""Weekday by hour: a measure as a week of 168 cells in a time zone. Nothing seen is NaN, nothing happened is 0."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
from msgspec import Struct

from collab.analytics.book import Book, opened
from collab.analytics.measure import Measure, Sample, measure_of, read, recorded
from collab.analytics.piles import Floats, figure_of, piled
from collab.analytics.spans import NONE, Spans, spans
from collab.analytics.zone import HOUR, QUARTER, Moments, Zone, moment_of
from collab.history import History
from collab.rules.hours import WEEKDAYS

SHAPE = (7, 24)


class Heat(Struct, frozen=True, kw_only=True):
    """A week of cells, Monday first, each by hour of the day on the wall.

    Attributes:
        measure: what is shown.
        zone: whose clocks.
        start: from when on.
        end: until when, without it.
        value: 7 x 24; the median of a time, the mean of a share or mark, events per hour of a count.
        low: where each cell's interval begins.
        high: where it ends.
        n: how many rows are behind each cell.
        seen_h: how many hours of each cell were looked at; an hour that a clock shows twice counts twice.
    """

    measure: Measure
    zone: Zone
    start: int
    end: int
    value: Floats
    low: Floats
    high: Floats
    n: Moments
    seen_h: Floats

    @property
    def definition(self) -> str:
        """What a cell says, in words."""
        how = {
            "time": "A cell is the median, its interval made of order statistics.",
            "share": "A cell is the share of its rows, with Wilson's interval.",
            "mean": "A cell is the mean of its rows, with a normal interval.",
            "count": "A cell is events over hours looked at, with the exact interval of a Poisson mean.",
        }[self.measure.kind]
        none = "A cell that was never looked at, or has nothing to measure, is empty; 0 is a value."
        return f"{self.measure.definition} {how} Clocks of {self.zone.name}. {none}"

    def frame(self) -> pd.DataFrame:
        """A row for each cell: weekday, hour, value, low, high, n, seen_h, unit."""
        cells = {name: getattr(self, name).ravel() for name in ("value", "low", "high", "n", "seen_h")}
        weekday, hour = np.repeat(WEEKDAYS, 24), np.tile(np.arange(24), 7)
        return pd.DataFrame({"weekday": weekday, "hour": hour, **cells, "unit": self.measure.unit})

    def cell(self, weekday: int, hour: int) -> Spans:
        """The spans of time that a cell is made of; weekday 0 is Monday.

        Raises:
            ValueError: there is no such cell.
        """
        if not (0 <= weekday < 7 and 0 <= hour < 24):
            raise ValueError(f"weekday is {weekday} and hour {hour}; give 0 (Monday) to 6, and 0 to 23")
        starts, ends, cells = _looked_at(self.zone, self.start, self.end)
        mine = cells == weekday * 24 + hour
        return spans(starts[mine], ends[mine]) if mine.any() else NONE


def heat(
    source: History | Book,
    measure: str | Measure = "response_s",
    zone: str = "UTC",
    start: int | datetime | None = None,
    end: int | datetime | None = None,
) -> Heat | None:
    """The week of a measure over all that is recorded, or what of it lies from start until before end; None of nothing.

    Raises:
        ValueError: there is no such measure or zone, or a time has no zone.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    found, clock, book = measure_of(measure), Zone(zone), opened(source)
    reach = recorded(book)
    if reach is None:
        return None
    start = reach[0] if start is None else max(start, reach[0])
    end = reach[1] + 1 if end is None else min(end, reach[1] + 1)
    return of_sample(read(book, found, start, end), found, clock, start, max(start, end))


def of_sample(sample: Sample, measure: Measure, zone: Zone, start: int, end: int) -> Heat:
    """The week of values that were looked for from start until before end."""
    local = zone.local(sample.us)
    hours = local // HOUR  # a 1970 that began on a Thursday: three days after its Monday
    piles = piled((hours + 72) % 168, sample.value, 168)
    starts, ends, cells = _looked_at(zone, start, end)
    seen = np.bincount(cells, weights=ends - starts, minlength=168)
    found = np.array([figure_of(pile, measure.kind, us) for pile, us in zip(piles, seen, strict=True)])
    value, low, high = (column.reshape(SHAPE) for column in found.T[:3])
    n = np.array([len(pile) for pile in piles]).reshape(SHAPE)
    shape = {"value": value, "low": low, "high": high, "n": n, "seen_h": (seen / HOUR).reshape(SHAPE)}
    return Heat(measure=measure, zone=zone, start=start, end=end, **shape)


def _looked_at(zone: Zone, start: int, end: int) -> tuple[Moments, Moments, Moments]:
    """The quarters of an hour between two moments, and the cell that each lies in."""
    starts = np.arange(start // QUARTER * QUARTER, end, QUARTER, dtype=np.int64)
    cells = (zone.local(starts) // HOUR + 72) % 168
    return np.maximum(starts, start), np.minimum(starts + QUARTER, end), cells
