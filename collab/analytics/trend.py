"""A measure over time: buckets of the wall clock with median and p90, gaps that stay gaps, changes and what changed."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
from msgspec import Struct

from collab.analytics.book import Book, opened
from collab.analytics.changes import Change, changes
from collab.analytics.figure import Figure, difference
from collab.analytics.measure import Measure, Sample, adopted, measure_of, read, recorded
from collab.analytics.piles import Floats, figure_of, piled
from collab.analytics.spans import Spans
from collab.analytics.zone import DAY, HOUR, Moments, Zone, moment_of
from collab.history import History

FEWEST_DAYS = 14
"""In so many buckets of a day or more changes of level are looked for; hours have their own rhythm."""


class Trend(Struct, frozen=True, kw_only=True):
    """A measure in buckets of time.

    Attributes:
        measure: what is shown.
        zone: whose clocks cut the buckets.
        edges: where buckets begin, and where the last ends; one more than buckets.
        value: each bucket's median, share, mean or events per hour; NaN is a gap, where nothing was to be measured.
        low: where its interval begins.
        high: where it ends.
        p90: the 90th percentile of a time; NaN of others.
        n: how many rows are behind each bucket.
        changes: where the level changed; only looked for in buckets of a day or more.
        adopted: which weights came into force: us, id, person, reason.
        now: the figure of all buckets.
        before: the same of the period of the same length before; NaN if nothing is recorded of it.
    """

    measure: Measure
    zone: Zone
    edges: Moments
    value: Floats
    low: Floats
    high: Floats
    p90: Floats
    n: Moments
    changes: list[Change]
    adopted: pd.DataFrame
    now: Figure
    before: Figure

    @property
    def change(self) -> Figure:
        """By how much the period differs from the one before, with an interval."""
        return difference(self.now, self.before)

    @property
    def definition(self) -> str:
        """What a bucket says, in words."""
        how = {
            "time": "The line is the median of each bucket, the band reaches up to the 90th percentile.",
            "share": "The line is each bucket's share, the band Wilson's interval.",
            "mean": "The line is each bucket's mean, the band its normal interval.",
            "count": "The line is events per hour, the band the exact interval of a Poisson mean.",
        }[self.measure.kind]
        last = f"Buckets follow the clocks of {self.zone.name}; one without rows is a gap, not 0."
        return f"{self.measure.definition} {how} {last}"

    def frame(self) -> pd.DataFrame:
        """A row for each bucket: start, end (UTC), value, low, high, p90, n, unit."""
        starts, ends = (pd.DatetimeIndex(one.astype("datetime64[us]"), tz="UTC") for one in self._ends())
        found = {name: getattr(self, name) for name in ("value", "low", "high", "p90", "n")}
        return pd.DataFrame({"start": starts, "end": ends, **found, "unit": self.measure.unit})

    def bucket(self, place: int) -> Spans:
        """The span of time of a bucket; 0 is the first.

        Raises:
            ValueError: there is no such bucket.
        """
        if not 0 <= place < len(self.n):
            raise ValueError(f"place is {place}; give 0 to {len(self.n) - 1}")
        return np.array([[self.edges[place], self.edges[place + 1]]], np.int64)

    def _ends(self) -> tuple[Moments, Moments]:
        return self.edges[:-1], self.edges[1:]


def trend(
    source: History | Book,
    measure: str | Measure = "response_s",
    zone: str = "UTC",
    start: int | datetime | None = None,
    end: int | datetime | None = None,
    every: int = HOUR,
) -> Trend | None:
    """A measure from start until before end in buckets, by default the last day by hours; None of an empty history.

    Raises:
        ValueError: there is no such measure or zone, no buckets can be that long, or a time has no zone.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    found, clock, book = measure_of(measure), Zone(zone), opened(source)
    reach = recorded(book)
    if reach is None:
        return None
    end = reach[1] + 1 if end is None else end
    start = clock.floor(end - DAY, every) if start is None else start
    edges = clock.edges(start, end, every)
    sample = read(book, found, 2 * start - end, end)
    return of_sample(sample, found, clock, edges, reach, adopted(book, start, end))


def of_sample(
    sample: Sample, measure: Measure, zone: Zone, edges: Moments, reach: tuple[int, int], weights: pd.DataFrame
) -> Trend:
    """The trend of values of the period and the one before; what lies outside of `reach` was not recorded."""
    start, end = int(edges[0]), int(edges[-1])
    piles = piled(np.searchsorted(edges, sample.us, side="right") - 1, sample.value, len(edges) - 1)
    seen = [_seen(int(a), int(b), reach) for a, b in pairwise(edges)]
    found = np.array([figure_of(pile, measure.kind, us) for pile, us in zip(piles, seen, strict=True)]).reshape(-1, 4)
    value, low, high, p90 = found.T
    days = len(edges) > FEWEST_DAYS and bool(np.median(np.diff(edges)) >= DAY)
    return Trend(
        measure=measure,
        zone=zone,
        edges=edges,
        value=value,
        low=low,
        high=high,
        p90=p90,
        n=np.array([len(pile) for pile in piles]),
        changes=changes(value) if days else [],
        adopted=weights,
        now=_period(sample, measure, start, end, reach),
        before=_period(sample, measure, 2 * start - end, start, reach),
    )


def _seen(start: int, end: int, reach: tuple[int, int]) -> int:
    return max(0, min(end, reach[1] + 1) - max(start, reach[0]))


def _period(sample: Sample, measure: Measure, start: int, end: int, reach: tuple[int, int]) -> Figure:
    mine = sample.value[(sample.us >= start) & (sample.us < end)]
    value, low, high, _ = figure_of(mine, measure.kind, _seen(start, end, reach))
    said = f"The median of the period. {measure.definition}" if measure.kind == "time" else measure.definition
    return Figure(value=value, n=len(mine), low=low, high=high, unit=measure.unit, definition=said)
