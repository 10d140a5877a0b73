"""Forecasts of weeks that are known, each made from what was known before it, beside the week before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from collab.forecast.answers import Abstained, Predicted
from collab.forecast.arrivals import Arrivals
from collab.forecast.leads import predicted, too_little
from collab.forecast.weekdays import LEAST_WEEKS
from collab.whole import whole

FEWEST = 3
"""Weeks that must have been tried before a back-test says something."""

DAYS = 7

Heard = Callable[[int, int], None]


@dataclass(frozen=True)
class Backtest:
    """How good forecasts of known weeks were.

    Attributes:
        points: a row an interval of the weeks: `week` (when it was forecast), those of the forecast, `came`, and
            `naive`, the newest known count of the same slot and weekday.
        weeks: a row a week: `week`, `n` (intervals), `mae`, `naive_mae`, `scale` (the mean error of the week before in
            all weeks known then), `mase`, `within80`, `within95`.
    """

    points: pd.DataFrame
    weeks: pd.DataFrame

    @property
    def n(self) -> int:
        """Intervals that were forecast and are known."""
        return len(self.points)

    @property
    def mase(self) -> float:
        """The mean absolute scaled error (Hyndman & Koehler, International Journal of Forecasting 22, 2006).

        Absolute errors over the mean absolute error of taking the same slot of the week before, in the weeks known at
        the time; under 1 is better than that.
        """
        return float(np.average(self.weeks["mase"], weights=self.weeks["n"]))

    @property
    def against_naive(self) -> float:
        """The mean absolute error over that of taking the week before, in the same intervals; under 1 is better."""
        return float((self.points["came"] - self.points["leads"]).abs().sum() / self._naive_error())

    def coverage(self, level: int = 80) -> float:
        """The share of intervals whose count lay within the 80 or the 95 % interval."""
        return float(np.average(self.weeks[f"within{level}"], weights=self.weeks["n"]))

    def frame(self) -> pd.DataFrame:
        """A row a week; see `weeks`."""
        return self.weeks.copy()

    def __str__(self) -> str:
        return (
            f"back-tested on {len(self.weeks)} weeks ({self.n:,} intervals): MASE {self.mase:.2f}, error "
            f"{self.against_naive:.2f} of taking the week before; {self.coverage(80):.0%} lay in the 80 % interval, "
            f"{self.coverage(95):.0%} in the 95 % one"
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>{self.weeks.to_html(index=False, float_format='{:.3g}'.format)}"

    def _naive_error(self) -> float:
        return max(float((self.points["came"] - self.points["naive"]).abs().sum()), 1e-12)


def backtest(
    arrivals: Arrivals,
    weeks: int = 8,
    *,
    progress: Heard | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Backtest | Abstained:
    """Forecast each of the newest known weeks from what was known before it.

    Args:
        arrivals: what is known.
        weeks: how many at most; fewer, if less is known.
        progress: hears how many weeks of how many are done.
        cancelled: is asked before each week whether to stop with those that are done.

    Raises:
        ValueError: weeks is below 3.
    """
    weeks = whole(weeks, "weeks", FEWEST)
    if (abstained := too_little(arrivals)) is not None:
        return abstained
    tried = []
    for number in range(weeks):
        if cancelled is not None and cancelled():
            break
        one = _week(arrivals, _origin(arrivals, weeks - number))
        if one is not None:
            tried.append(one)
        if progress is not None:
            progress(number + 1, weeks)
    if len(tried) < FEWEST:
        needed = (LEAST_WEEKS + FEWEST) * len(arrivals.hours.days)
        reason = (
            f"{len(tried)} known weeks follow {LEAST_WEEKS} weeks from which they could be forecast, and it takes "
            f"{FEWEST}; go on recording, or give older counts"
        )
        return Abstained(reason, arrivals.known_days, needed)
    return Backtest(pd.concat(tried, ignore_index=True), pd.DataFrame([_scored(one) for one in tried]))


def _origin(arrivals: Arrivals, weeks: int) -> pd.Timestamp:
    """Midnight so many weeks before that of the day on which knowledge ends."""
    day = arrivals.until.normalize().tz_localize(None) - pd.Timedelta(days=DAYS * weeks)
    return day.tz_localize(arrivals.hours.zone, ambiguous=True, nonexistent="shift_forward")


def _week(arrivals: Arrivals, origin: pd.Timestamp) -> pd.DataFrame | None:
    """What was forecast for the week after a moment, and what came; None if either is unknown."""
    if origin <= arrivals.counts.index[0]:
        return None
    before = arrivals.before(origin)
    found = predicted(before, DAYS)
    if not isinstance(found, Predicted):
        return None
    points = found.frame()
    came = arrivals.frame().set_index("start")["leads"]
    points["came"] = came.reindex(points["start"]).to_numpy()
    points["naive"] = _looked_up(_newest(before.table), points["start"])
    points.insert(0, "week", origin)
    points["scale"] = _scale(before.table)
    points = points.dropna(subset=["came", "naive"])
    return points if len(points) else None


def _newest(table: pd.DataFrame) -> pd.DataFrame:
    """The newest known day of each weekday."""
    known = table[table.notna().any(axis=1)]
    return known.groupby(pd.DatetimeIndex(known.index).day_of_week).last()


def _looked_up(by_weekday: pd.DataFrame, starts: pd.Series) -> np.ndarray[Any, Any]:
    local = pd.DatetimeIndex(starts)
    row = by_weekday.index.get_indexer(local.day_of_week)
    column = by_weekday.columns.get_indexer(local.hour * 60 + local.minute)
    return np.where((row >= 0) & (column >= 0), by_weekday.to_numpy()[row, column], np.nan)


def _scale(table: pd.DataFrame) -> float:
    """The mean absolute difference between a known day and the same weekday before it."""
    known = table[table.notna().any(axis=1)]
    apart = known.groupby(pd.DatetimeIndex(known.index).day_of_week).diff().to_numpy()
    return max(float(np.nanmean(np.abs(apart))), 1e-12)


def _scored(points: pd.DataFrame) -> dict[str, Any]:
    """A week in figures."""
    came = points["came"]
    row: dict[str, Any] = {"week": points["week"].iloc[0], "n": len(points)}
    row["mae"] = float((came - points["leads"]).abs().mean())
    row["naive_mae"] = float((came - points["naive"]).abs().mean())
    row["scale"] = float(points["scale"].iloc[0])
    row["mase"] = row["mae"] / row["scale"]
    for level in (80, 95):
        row[f"within{level}"] = float(came.between(points[f"low{level}"], points[f"high{level}"]).mean())
    return row
