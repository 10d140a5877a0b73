"""Latencies in milliseconds: percentiles with intervals.

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


def latencies(ms: ArrayLike) -> pd.DataFrame:
    """The median, the 95th and the 99th percentile, a row each; NaN where there are too few to say."""
    values = _checked(ms)
    return table(percentiles(values, CUTS, "ms", DEFINITION))


def _checked(ms: ArrayLike) -> np.ndarray:
    values = np.atleast_1d(np.asarray(ms, np.float64))
    if values.size and not (np.isfinite(values).all() and values.min() >= 0):
        wrong = int(np.flatnonzero(~(np.isfinite(values) & (values >= 0)))[0])
        raise ValueError(f"ms[{wrong}] is {values[wrong]}; give milliseconds of 0 or more")
    return values
