"""Single days that brought so many leads that they say nothing of the days to come: an import, a campaign."""

from __future__ import annotations

import numpy as np
import pandas as pd

from collab.forecast.level import ANSCOMBE

FAR = 8.0
"""Deviations from which on a day is far off; the square root of a Poisson count deviates by half."""

AROUND = 15
"""So many known days, those before and after, say what is usual."""

STAYS = 3
"""So many days far off, one after the other, are the new usual."""

SELDOM = 30
"""Days that come more often than once in so many known ones are part of what is to come."""


def far_off(table: pd.DataFrame) -> dict[pd.Timestamp, str]:
    """Which days of `Arrivals.table` are far above what is usual, each with a sentence that says so.

    Roots of a day's leads, less the median of their weekday and of the days around, are measured by their median
    absolute deviation (Hampel, JASA 69, 1974), which such days do not move.
    """
    total = table.sum(axis=1, min_count=1).dropna()
    if len(total) < AROUND:
        return {}
    roots = np.sqrt(total + ANSCOMBE)
    usual = roots.groupby(pd.DatetimeIndex(roots.index).day_of_week).transform("median")
    usual += (roots - usual).rolling(AROUND, center=True, min_periods=1).median()
    apart = roots - usual
    high = apart > FAR * max(0.5, 1.4826 * float(apart.abs().median()))
    run = high.groupby((~high).cumsum()).transform("sum")
    days = total.index[high & (run < STAYS)]
    if len(days) > max(1, len(total) // SELDOM):
        return {}
    return {
        day: f"{day:%a %d %b %Y} is left out: {total[day]:,.0f} leads, where some {usual[day] ** 2:,.0f} are usual"
        for day in days
    }
