"""How many leads a day brings: a level that drifts, weekdays, the days after a closed one, and the time of the month.

The square root of a day's leads, which spreads alike at every level (Anscombe, Biometrika 35, 1948; Brown et al., JASA
100, 2005, do so with calls), is a local level with regressors, in state space (Harvey, Forecasting, Structural Time
Series Models and the Kalman Filter, 1989). statsmodels fits it and steps over days of which nothing is known.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MONTH_FROM = 60
"""From so many known days on, the time of the month counts: two months have been seen."""

HARMONICS = 2
"""Waves a month: with two, the days around its turn can differ from all others."""

AFTER_FROM = 2
"""From so many known days that follow a closed one on, such days are taken to differ."""

ANSCOMBE = 3 / 8


def expected(totals: pd.Series, ahead: pd.DatetimeIndex) -> tuple[Floats, Floats]:
    """The mean and the variance of each coming day's leads.

    Args:
        totals: leads by day, of all open days in order; NaN where unknown.
        ahead: the open days that follow.
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    roots = np.sqrt(totals.to_numpy(float) + ANSCOMBE)
    known = np.isfinite(roots)
    if np.ptp(roots[known]) < 1e-9:  # nothing varies, so there is nothing to fit
        mean = np.full(len(ahead), float(totals[known].iloc[0]))
        return mean, np.zeros(len(ahead))
    regressors = _regressors(totals, ahead)
    past, coming = regressors[: len(roots)], regressors[len(roots) :]
    exog = {"exog": past} if past.shape[1] else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an optimum at the edge of its range, as of a level that never drifts
        model = UnobservedComponents(roots, level="llevel", mle_regression=False, **exog)
        fit = model.fit(disp=False, maxiter=200)
        ahead_of = fit.get_forecast(len(ahead), **({"exog": coming} if exog else {}))
    mean, var = np.maximum(np.asarray(ahead_of.predicted_mean), 0.0), np.asarray(ahead_of.se_mean) ** 2
    # of the square of a normal variable, less what was added under the root
    return np.maximum(mean**2 + var - ANSCOMBE, 0.0), 4 * mean**2 * var + 2 * var**2


def _regressors(totals: pd.Series, ahead: pd.DatetimeIndex) -> Floats:
    """A row a day, known and coming: its weekday, whether it follows a closed one, the time of the month."""
    days = pd.DatetimeIndex([*totals.index, *ahead])
    known = np.isfinite(totals.to_numpy(float))
    weekdays = np.unique(days.day_of_week)
    columns = [(days.day_of_week == day).astype(float) for day in weekdays[1:]]
    after = np.zeros(len(days), bool)
    after[1 : len(known) + 1] = ~known[: len(days) - 1]
    if (after[: len(known)] & known).sum() >= AFTER_FROM:
        columns.append(after.astype(float))
    if known.sum() >= MONTH_FROM:
        turn = 2 * np.pi * (days.day.to_numpy() - 1) / days.days_in_month.to_numpy()
        columns += [wave(k * turn) for k in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(columns) if columns else np.zeros((len(days), 0))
