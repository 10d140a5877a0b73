"""Leads of the coming days by interval: the day's, spread over its slots, with intervals that are counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from collab.forecast.answers import LEVELS, Abstained, Predicted
from collab.forecast.arrivals import Arrivals
from collab.forecast.changed import of_now
from collab.forecast.far_off import far_off
from collab.forecast.level import Floats, expected
from collab.forecast.shape import Shape
from collab.forecast.weekdays import LEAST_WEEKS, RUN
from collab.legible import several
from collab.whole import whole

LEAST_LEADS = 100
"""Known leads, at least."""

MOST_DAYS = 28
"""So far ahead at most: farther, the drift of the level says nothing any more."""


def predicted(arrivals: Arrivals, days: int = 7) -> Predicted | Abstained:
    """The leads of the next so many days, from where knowledge ends, or why they cannot be told.

    Raises:
        ValueError: days is not from 1 to 28.
    """
    days = whole(days, "days", 1, MOST_DAYS)
    table = arrivals.table
    if (abstained := too_little(arrivals)) is not None:
        return abstained
    silent = _silent(table, arrivals.until)
    if isinstance(silent, Abstained):
        return silent
    odd = far_off(table)
    table = table.drop(index=list(odd))
    known = table.index[table.notna().any(axis=1)]
    starts = _ahead(arrivals, days)
    if not len(starts):
        reason = f"none of the next days ({days}) is open ({arrivals.hours}); ask for more of them, up to {MOST_DAYS}"
        return Abstained(reason, len(known), len(known))
    dates = starts.normalize().tz_localize(None)
    coming = pd.DatetimeIndex(dates.unique())
    totals = table.sum(axis=1, min_count=1).reindex(_open_days(arrivals, known[0], coming[0]))
    mean, var = expected(totals, coming)
    place = coming.get_indexer(dates)
    slot = pd.Index(starts.hour * 60 + starts.minute)
    of_these_hours, moved = of_now(table)
    found = _intervals(Shape.of(of_these_hours), pd.Index(dates.day_of_week), slot, mean[place], var[place])
    found.insert(0, "start", starts)
    said = (*arrivals.left_out, *silent, *odd.values(), *moved)
    return Predicted(found, len(known), known[0], arrivals.until, arrivals.hours.zone, said)


def too_little(arrivals: Arrivals) -> Abstained | None:
    """Why what is known is too little for a forecast, if it is."""
    table = arrivals.table
    known = table[table.notna().any(axis=1)]
    if (change := arrivals.clock_change) is not None:
        most = int(change.total_seconds()) // 60
        reason = (
            f"clocks of {arrivals.hours.zone} change by {most} minutes, so intervals of {arrivals.minutes} minutes "
            f"begin at other times of day then; give minutes={most} or less"
        )
        return Abstained(reason, len(known), len(known))
    weekdays = arrivals.hours.days
    needed = LEAST_WEEKS * max(len(weekdays), 1)
    seen = pd.DatetimeIndex(known.index).day_of_week.value_counts()
    fewest = min((int(seen.get(day, 0)) for day in weekdays), default=0)
    if fewest < LEAST_WEEKS:
        when = f" that is open ({arrivals.hours})" if weekdays else "; when leads come is not known yet"
        reason = (
            f"{several(len(known), 'whole day')} of leads {'is' if len(known) == 1 else 'are'} known "
            f"({fewest} of the weekday with the fewest), and it takes {LEAST_WEEKS} of each weekday{when}; "
            f"go on recording for {several(LEAST_WEEKS - fewest, 'week')}, or give older counts"
        )
        return Abstained(reason, len(known), needed)
    leads = float(np.nansum(known.to_numpy()))
    if leads < LEAST_LEADS:
        reason = f"{leads:.0f} leads are known, and it takes {LEAST_LEADS}; go on recording, or give older counts"
        return Abstained(reason, len(known), needed)
    return None


def _silent(table: pd.DataFrame, until: pd.Timestamp) -> tuple[str, ...] | Abstained:
    """A sentence if three open days or more at the end brought no lead, or no forecast if they are too many."""
    known = table.index[table.notna().any(axis=1)]
    today = until.tz_localize(None).normalize()
    silent = table.index[(table.index > known[-1]) & (table.index < today)]
    if len(silent) < RUN:
        return ()
    none = f"no lead came on the newest {len(silent)} open days, from {silent[0]:%d %b %Y} on, or none was counted"
    if (today - known[-1]).days > MOST_DAYS:
        reason = (
            f"{none}; whether as many will come again as {(today - known[-1]).days} days ago, the counts do not say "
            f"(at most {MOST_DAYS} days); go on recording, or give counts that end there"
        )
        return Abstained(reason, len(known), len(known))
    return (f"{none}: what is forecast is for a team that opens again, as it was",)


def _ahead(arrivals: Arrivals, days: int) -> pd.DatetimeIndex:
    """The starts of the open intervals from where knowledge ends to the end of the last day."""
    today = arrivals.until.normalize()
    step = pd.Timedelta(minutes=arrivals.minutes)
    first = pd.DatetimeIndex(arrivals.counts.index)[-1].tz_convert("UTC") + step
    after = today == arrivals.until  # else the rest of today is of today, and the days are those after it
    last = (today.tz_localize(None) + pd.Timedelta(days=days + (not after))).tz_localize(
        today.tz, ambiguous=True, nonexistent="shift_forward"
    )
    starts = pd.date_range(first, last.tz_convert("UTC"), freq=step, inclusive="left").tz_convert(arrivals.hours.zone)
    return starts[arrivals.hours.open(starts)]


def _open_days(arrivals: Arrivals, first: pd.Timestamp, until: pd.Timestamp) -> pd.DatetimeIndex:
    """All days on which the team is open, from one to before another."""
    days = pd.date_range(first, until, inclusive="left")
    return days[days.day_of_week.isin(list(arrivals.hours.days))]


def _intervals(shape: Shape, weekday: pd.Index, slot: pd.Index, mean: Floats, var: Floats) -> pd.DataFrame:
    """The mean leads and the two intervals of each slot, given the mean and the variance of its day's.

    Given the day's leads they are Poisson with a spread beyond; so negative binomial with the mean and the variance of
    both, whose quantiles are counts of 0 or more.
    """
    from scipy.stats import nbinom

    row, column = shape.shares.index.get_indexer(weekday), shape.shares.columns.get_indexer(slot)
    there = (row >= 0) & (column >= 0)
    share = np.where(there, np.nan_to_num(shape.shares.to_numpy()[row, column]), 0.0)
    unsure = np.where(there, shape.unsure.to_numpy()[row, column], 0.0)
    spread = np.where(there, shape.spread.to_numpy()[column], 0.0)
    leads = mean * share
    beyond = np.maximum((spread + unsure) * leads**2 + var * share**2, 1e-9 * leads + 1e-12)
    size = leads**2 / beyond
    found = {"leads": leads}
    for level in LEVELS:
        for side, chance in (("low", (1 - level) / 2), ("high", (1 + level) / 2)):
            quantile = nbinom.ppf(chance, np.maximum(size, 1e-12), size / (size + np.maximum(leads, 1e-12)))
            found[f"{side}{level * 100:.0f}"] = np.where(leads > 0, quantile, 0.0)
    return pd.DataFrame(found)
