"""How agents' time was used: occupancy, adherence to shift and load, over the days of a time zone."""

from __future__ import annotations

from datetime import datetime
from math import nan, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.analytics.book import Book, opened
from collab.analytics.figure import Figure, table, z
from collab.analytics.measure import recorded
from collab.analytics.spans import Spans, before, clipped, length, lengths
from collab.analytics.timeline import Steps, Timeline, timelines
from collab.analytics.zone import DAY, SECOND, Moments, Zone, moment_of
from collab.fairness import gini, jain, max_min
from collab.history import History

BALANCE = {
    "jain": "Jain's index of the loads of staffed agents: (sum x)^2 / (n sum x^2); 1 is even, 1/n is all for one.",
    "max_min": "The largest load over the smallest; 1 is even, infinite when somebody has none and another some.",
    "gini": "The Gini coefficient of the loads: the mean difference of all pairs over twice the mean; 0 is even.",
}
"""What the figures say."""

COLUMNS = (
    "agent staffed_s shift_s busy_s occupancy occupancy_low occupancy_high adherence adherence_low adherence_high "
    "load days"
).split()


def occupancy(
    source: History | Book, start: int | datetime | None = None, end: int | datetime | None = None, zone: str = "UTC"
) -> pd.DataFrame:
    """A row for each agent who had a shift from start until before end: times in seconds, shares with intervals.

    Occupancy is a rate over a window; utilization (active / capacity) is a gauge of a moment, and `load` its mean.

    Raises:
        ValueError: there is no such zone, or a time has none.
    """
    start, end = moment_of(start, "start"), moment_of(end, "end")
    book, clock = opened(source), Zone(zone)
    reach = recorded(book)
    if reach is None:
        return pd.DataFrame(columns=COLUMNS)
    start, end = (
        (reach[0] if start is None else max(start, reach[0])),
        (reach[1] if end is None else min(end, reach[1])),
    )
    days = clock.edges(start, max(start, end), DAY)
    last = reach[1]
    known = book.once("timelines", lambda history: timelines(history, last))
    rows = [(agent, *_row(own, days)) for agent, own in sorted(known.items())]
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found[found["shift_s"] > 0].reset_index(drop=True)


def balance(loads: pd.Series | NDArray[np.float64]) -> pd.DataFrame:
    """How evenly load lies on agents, by three measures; each says what it means for one agent and for no load.

    Raises:
        TypeError: loads are not one number an agent; says what to give.
    """
    try:
        x = np.asarray(loads, np.float64)
    except (TypeError, ValueError):
        x = np.empty((0, 0))
    if x.ndim != 1:
        kind = type(loads).__name__
        raise TypeError(f"loads is of {kind}; give a number for each agent, e.g. analytics.occupancy(history)['load']")
    x = x[~np.isnan(x)]
    special = {0: " Nobody was staffed.", 1: " One agent alone is always even."}.get(len(x), "")
    special = special or (" Nobody had anything, so nobody is ahead." if not x.any() else "")
    found = {"jain": jain(x.tolist()), "max_min": max_min(x.tolist()), "gini": gini(x.tolist())}
    return table(
        {
            name: Figure(value=nan if value is None else value, n=len(x), unit="", definition=BALANCE[name] + special)
            for name, value in found.items()
        }
    )


def rate(part: NDArray[np.float64], whole: NDArray[np.float64]) -> tuple[float, float, float]:
    """A sum over a sum, and an interval of it from how days differ; NaN where there are fewer than two.

    The ratio estimator: Cochran, Sampling Techniques, 3rd ed., 6.4.
    """
    days = whole > 0
    part, whole = part[days], whole[days]
    k, total = len(whole), float(whole.sum())
    if not total:
        return nan, nan, nan
    value = float(part.sum()) / total
    if k < 2:
        return value, nan, nan
    off = part - value * whole
    half = z() * sqrt(k / (k - 1) * float(off @ off)) / total
    return value, max(0.0, value - half), min(1.0, value + half)


def _row(own: Timeline, days: Moments) -> tuple[float, ...]:
    start, end = int(days[0]), int(days[-1])
    staffed, busy, shift = (clipped(one, start, end) for one in (own.staffed, own.busy, own.shift))
    by_day = [lengths(one, days).astype(np.float64) for one in (busy, staffed, shift)]
    capacity = integral(own.capacity, staffed, end)
    load = integral(own.active, staffed, end) / capacity if capacity else nan
    times = (length(staffed) / SECOND, length(shift) / SECOND, length(busy) / SECOND)
    worked = int((by_day[2] > 0).sum())
    return *times, *rate(by_day[0], by_day[1]), *rate(by_day[1], by_day[2]), load, worked


def integral(steps: Steps, over: Spans, end: int) -> float:
    """The sum over time of a number that changes in steps, in these spans, in its unit times microseconds."""
    if not len(steps.us):
        return 0.0
    edges = before(over, np.append(steps.us, max(end, int(steps.us[-1]))))
    return float(np.diff(edges) @ steps.value)
