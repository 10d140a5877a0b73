"""Weights worth a look, chosen on one half of the days and reported on the other: luck is not reported as gain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS
from collab.whatif.answers import Estimate, Limits
from collab.whatif.course import Course
from collab.whatif.estimate import estimates, swept
from collab.whatif.evidence import Evidence
from collab.whatif.mechanism import Fit
from collab.whatif.rescore import Values
from collab.whatif.search import PREFIX, Search, column, simulated_only
from collab.whatif.simulated import Asked, simulated
from collab.whatif.sweep import NothingLeft

FEWEST_DAYS = 8
"""With fewer days than this, every second decision makes a half."""

CAUTION = 1.64
"""By so many standard errors the first half's estimates are lowered before they are compared."""

SEEDS = 8
"""How often luck and days are drawn for what is reported of a team."""

COLUMNS = ("value", "low", "high", "base", "difference", "difference_low", "difference_high", "ess", "refused")
"""What is reported of each weights, beside the four integers."""


def halves(evidence: Evidence) -> tuple[Evidence, Evidence]:
    """Every second day, and the days between; where there are few days, decisions."""
    labels: NDArray[Any] = evidence.ranked
    if evidence.blocks is not None and len(np.unique(evidence.blocks)) >= FEWEST_DAYS:
        labels = np.unique(evidence.blocks, return_inverse=True)[1]
    return evidence.some(np.flatnonzero(labels % 2 == 0)), evidence.some(np.flatnonzero(labels % 2 == 1))


def recommend(
    evidence: Evidence,
    metric: str,
    *,
    step: int = 10,
    most: int = 5,
    keep: Mapping[str, float] | None = None,
    limits: Limits | None = None,
    team: tuple[Course, Values | None] | None = None,
) -> pd.DataFrame:
    """The weights that one half of the log finds best, each with what the other half says of it.

    Args:
        evidence: the decisions with their outcomes.
        metric: what a lead shall earn.
        step: the grid's step in hundredths.
        most: how many weights at most.
        keep: what the weights must have in a column of the sweep over the first half, as in `Sweep.front`.
        limits: from where on the choice and the report are refused.
        team: the log's course and the weights in force, if `keep` asks for what has to be simulated: all leads, by
            laws of the first half's days for the choice, and by those of the second for the report.

    Returns:
        The four integers, and of the second half value, low, high, base, difference, difference_low, difference_high,
        ess; `refused` says why there are none of these. Of each metric that was simulated team_<metric>, its _low and
        its _high, and `kept`: whether by the second half, too, the weights have what was asked for. Those come
        first that earn most in the first half, less 1.64 standard errors; none may be left.
    """
    limits, keep, found = limits or Limits(), keep or {}, []
    names = [name for name in keep if simulated_only(name)] if team else []
    parts = [f"{PREFIX}{_plain(name)}{end}" for name in names for end in ("", "_low", "_high")]
    if evidence.n >= 2:
        chosen_on, reported_on = halves(evidence)
        best = _best(chosen_on, metric, step, keep, limits, _law(team[0], 0) if team else None).head(most)
        found = [_reported(reported_on, metric, row, limits) for row in best.itertuples(index=False)]
        if team:
            law, asked = _law(team[0], 1), {name: keep[name] for name in names}
            found = [row | _simulated(law, row, team[1], asked, limits) for row in found]
    return pd.DataFrame(found, columns=[*FACTORS, *COLUMNS, *parts, *(["kept"] if names else [])])


def _law(course: Course, which: int) -> Fit:
    """The laws of every second day (`which` is 0) or of the days between, for all leads."""
    labels = course.day if course.day.max(initial=0) >= FEWEST_DAYS - 1 else np.arange(len(course))
    return Fit(course.some(np.flatnonzero(labels % 2 == which)), course)


def _best(
    evidence: Evidence, metric: str, step: int, keep: Mapping[str, float], limits: Limits, fit: Fit | None
) -> pd.DataFrame:
    """The weights on the front of what they earn and what is known of them, by what they earn at least."""
    found = swept(evidence, step, limits)
    if fit is not None:
        found.simulating(lambda: Search(fit, step, limits=limits))
    try:
        rows = found.front(metric, "ess", keep=keep)
    except NothingLeft:
        return pd.DataFrame(columns=list(FACTORS))
    # far from the log the estimate that reads best is mostly the one that errs most
    spread = CAUTION * float(evidence.rewards[metric].std())
    sure = rows[f"snips_{metric}"] - spread / np.sqrt(rows["ess"])
    order = np.argsort(-sure.to_numpy(), kind="stable")
    return rows[list(FACTORS)].iloc[order]


def _reported(evidence: Evidence, metric: str, weights: Any, limits: Limits) -> dict[str, Any]:
    """What these decisions say of some weights."""
    a, e, p, r = (int(weight) for weight in weights)
    one = estimates(evidence, (metric,), evidence.chances((a, e, p, r)), limits=limits)[metric]
    said = {name: getattr(one, name, np.nan) for name in COLUMNS[:-2]}
    why = "" if isinstance(one, Estimate) else one.reason
    ess = getattr(one.trust, "ess", np.nan)
    return dict(zip(FACTORS, (a, e, p, r), strict=True)) | said | {"ess": ess, "refused": why}


def _simulated(
    fit: Fit, row: Mapping[str, Any], base: Values | None, keep: Mapping[str, float], limits: Limits
) -> dict[str, Any]:
    """What a simulation by these laws says of some weights, and whether they have what is asked for."""
    a, e, p, r = (int(row[factor]) for factor in FACTORS)
    found = simulated(fit, Asked((a, e, p, r), base or (a, e, p, r), SEEDS, 0.0, limits, 0.95), ())
    said: dict[str, Any] = {"kept": True}
    for name, bound in keep.items():
        one, more = found[_plain(name)], column(name)[1]
        value = getattr(one, "value", np.nan)
        said["kept"] &= bool(value >= bound if more else value <= bound)
        for end, part in (("", "value"), ("_low", "low"), ("_high", "high")):
            said[f"{PREFIX}{_plain(name)}{end}"] = getattr(one, part, np.nan)
    return said


def _plain(name: str) -> str:
    """The metric of the team that a question's name means."""
    return column(name)[0].removeprefix(PREFIX)
