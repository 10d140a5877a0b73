"""Latencies in milliseconds: percentiles with intervals, and a histogram in steps that grow with the time.

How long a decision takes is in the history (`deciding_ms`). How long a word takes from one member to another is not, as
nobody's clock is trusted with it: `collab.roundtrip` measures it while somebody looks, and its trips come in here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from collab.analytics.figure import percentiles, table

DEFINITION = "Of so many milliseconds or less were this share of all; the interval is made of order statistics."
CUTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
STEP = 2 ** (1 / 2)
"""Each bucket of the histogram ends at so many times the end of the one before."""


def latencies(ms: ArrayLike) -> pd.DataFrame:
    """The median, the 95th and the 99th percentile, a row each; NaN where there are too few to say."""
    values = _checked(ms)
    return table(percentiles(values, CUTS, "ms", DEFINITION))


def histogram(ms: ArrayLike, least_ms: float = 0.1) -> pd.DataFrame:
    """How many lie in each bucket from `low` until before `high`; the first begins at 0 and the last holds the longest.

    Raises:
        ValueError: a latency is below 0 or no number, or least_ms is not above 0.
    """
    if not least_ms > 0:
        raise ValueError(f"least_ms is {least_ms}; give milliseconds above 0, e.g. 0.1")
    values = _checked(ms)
    most = max(float(values.max(initial=0.0)), least_ms)
    edges = [0.0, least_ms]
    while edges[-1] <= most:
        edges.append(edges[-1] * STEP)
    count = np.bincount(np.searchsorted(edges, values, side="right") - 1, minlength=len(edges) - 1)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": count, "unit": "ms"})


def _checked(ms: ArrayLike) -> np.ndarray:
    values = np.atleast_1d(np.asarray(ms, np.float64))
    if values.size and not (np.isfinite(values).all() and values.min() >= 0):
        wrong = int(np.flatnonzero(~(np.isfinite(values) & (values >= 0)))[0])
        raise ValueError(f"ms[{wrong}] is {values[wrong]}; give milliseconds of 0 or more")
    return values
