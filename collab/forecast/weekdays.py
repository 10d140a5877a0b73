"""Weekdays that a team gave up or has only begun to open, as the days show on which no lead came."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.forecast.shape import WEEKS
from collab.rules.hours import WEEKDAYS

UNLIKELY = 1e-3
"""Days without a lead, less likely than this by chance, say that the team was closed or that nothing was recorded."""

RUN = 3
"""So many days of a weekday without a lead, one after the other; fewer may be holidays."""

LEAST_WEEKS = 4
"""Known days of each open weekday that a forecast takes, at least."""


def left_out(counts: pd.Series, minutes: int) -> dict[int, str]:
    """Which weekdays with leads are not taken for open, 0 being Monday, each with a sentence that says why.

    Days count on which the team took leads within the week before, and whose intervals are all counted; so a stretch of
    which nothing was recorded closes no weekday.

    Args:
        counts: leads by the start of an interval on the zone's clock, without those of which nothing is known.
        minutes: how long an interval is.
    """
    days = pd.DatetimeIndex(counts.index).normalize().tz_localize(None)
    found = counts.groupby(days).agg(["sum", "count"])
    weekday = pd.DatetimeIndex(found.index).day_of_week
    usual = found["count"].groupby(weekday).transform("median")
    total = found.loc[found["count"] >= usual - 60 // minutes, "sum"]  # a day on which clocks change has an hour less
    if not len(total):
        return {}
    around = total.reindex(pd.date_range(total.index[0], total.index[-1])).rolling(7, min_periods=1).sum()
    total = total[(around.reindex(total.index) > 0).to_numpy()]
    said = {}
    for day, ones in total.groupby(pd.DatetimeIndex(total.index).day_of_week):
        if (reason := _given_up(ones) or _begun(ones)) is not None:
            said[int(day)] = f"{WEEKDAYS[int(day)]} is {reason}"
    return said


def not_begun(total: pd.Series) -> NDArray[np.bool_]:
    """Which days lie before the first lead of their weekday, where that it came so late is no chance.

    Args:
        total: the leads of each day, by its date; NaN where nothing is known.
    """
    weekday = pd.DatetimeIndex(total.index).day_of_week
    begun = total.fillna(0).groupby(weekday).cumsum() > 0
    before = (~begun & total.notna()).groupby(weekday).transform("sum")
    later = begun & begun.groupby(weekday).shift(fill_value=False)  # the first has a lead, however few there are
    usual = total.where(later).groupby(weekday).transform("mean")
    return np.asarray(~begun & (before >= RUN) & (np.exp(-before * usual) < UNLIKELY), bool)


def _given_up(total: pd.Series) -> str | None:
    """Why a weekday with these leads is not open any more; None if it is, or never was."""
    came = np.flatnonzero(total > 0)
    if not len(came):
        return None
    last, empty = came[-1], len(total) - 1 - came[-1]
    usual = total.iloc[:last].iloc[-WEEKS:].mean()  # the last has a lead, however few there are
    if empty < RUN or not np.exp(-empty * usual) < UNLIKELY:
        return None
    since = f"{total.index[last + 1]:%d %b %Y}"
    return f"taken for closed: no lead came on its newest {empty} days, from {since} on; give hours if it is open"


def _begun(total: pd.Series) -> str | None:
    """Why a weekday with these leads was open too seldom to be forecast; None if it was not, or always was."""
    came = np.flatnonzero(total > 0)
    late = len(came) and not_begun(total)[0]
    if not late or len(came) >= LEAST_WEEKS:
        return None
    since = f"{total.index[came[0]]:%d %b %Y}"
    return f"not forecast yet: leads came on {len(came)} of its days, from {since} on, and it takes {LEAST_WEEKS}"
