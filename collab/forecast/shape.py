"""How a day's leads lie over its slots, by weekday, and how much that varies from week to week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEEKS = 20
"""So many of the newest days of a weekday count."""

FADE = 0.9
"""Each week counts so much less than the one after it."""


@dataclass(frozen=True)
class Shape:
    """The share of a day's leads in each slot, by weekday.

    Attributes:
        shares: a row a weekday, a column a slot, each row summing to 1; NaN where closed.
        spread: the variance of a slot's leads beyond Poisson, given the day's, over the square of their mean, by slot.
        unsure: the variance of a share, as it was estimated, over its square.
    """

    shares: pd.DataFrame
    spread: pd.Series
    unsure: pd.DataFrame

    @classmethod
    def of(cls, table: pd.DataFrame) -> Shape:
        """The shape of known days: see `Arrivals.table`."""
        known = table[table.notna().any(axis=1)]
        shares, unsure = {}, {}
        beyond, squares = np.zeros(table.shape[1]), np.zeros(table.shape[1])
        for weekday, own in known.groupby(pd.DatetimeIndex(known.index).day_of_week):
            leads = own.iloc[::-1].iloc[:WEEKS].to_numpy(float)
            weight = FADE ** np.arange(len(leads))
            total = np.nansum(leads, axis=1)
            share = weight @ np.nan_to_num(leads) / max(weight @ total, 1e-12)
            mean = total[:, None] * share
            n = len(leads)
            # a share is estimated from these days too, which takes one of them away
            beyond += ((np.nan_to_num(leads) - mean) ** 2 * n / max(n - 1, 1) - mean * (1 - share)).sum(axis=0)
            squares += (mean**2).sum(axis=0)
            shares[weekday] = np.where(np.isfinite(leads).any(axis=0), share, np.nan)
            seen = np.maximum((weight @ np.nan_to_num(leads)) ** 2, 1e-12)
            unsure[weekday] = (weight**2 @ np.nan_to_num(leads)) / seen
        spread = np.maximum(np.divide(beyond, squares, out=np.zeros_like(beyond), where=squares > 0), 0.0)
        columns = table.columns
        return cls(_frame(shares, columns), pd.Series(spread, columns), _frame(unsure, columns))


def _frame(rows: dict[int, Floats], columns: pd.Index) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(columns))
