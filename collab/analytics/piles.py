"""Values in piles: what lies in each bucket or cell, and one figure of it."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from collab.analytics.figure import poisson, quantiles, wilson, z
from collab.analytics.measure import Kind
from collab.analytics.zone import HOUR

Floats = NDArray[np.float64]


def piled(places: NDArray[np.int64], values: Floats, count: int) -> list[Floats]:
    """The values at each place of 0 to count - 1; values at other places are left out."""
    known = (places >= 0) & (places < count)
    if not known.all():
        places, values = places[known], values[known]
    small = places.astype(np.int16 if count < 2**15 else np.int64)  # short integers are sorted by radix
    order = np.argsort(small, kind="stable")
    ends = np.cumsum(np.bincount(small, minlength=count))
    return np.split(values[order], ends[:-1])


def figure_of(values: Floats, kind: Kind, seen_us: float) -> tuple[float, float, float, float]:
    """A pile's figure, its interval, and a time's p90: median, share, mean, or events per hour; NaN if nobody can say.

    `seen_us` is how long was looked: a count of nothing in an hour is 0, and of nothing in no time nothing.
    """
    n = len(values)
    if kind == "count":
        hours = seen_us / HOUR
        if hours <= 0:
            return nan, nan, nan, nan
        low, high = poisson(n)
        return n / hours, low / hours, high / hours, nan
    if not n:
        return nan, nan, nan, nan
    if kind == "time":
        middle, late = quantiles(values, (0.5, 0.9))
        return *middle, late[0]
    mean = float(values.mean())
    if kind == "share":
        return mean, *wilson(round(mean * n), n), nan
    half = z() * float(values.std(ddof=1)) / sqrt(n) if n > 1 else nan
    return mean, mean - half, mean + half, nan
