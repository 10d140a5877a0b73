"""Weights worth a look, chosen on one half of the days and reported on the other: luck is not reported as gain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS
from collab.whatif.answers import Estimate, Limits
from collab.whatif.estimate import estimates, swept
from collab.whatif.evidence import Evidence
from collab.whatif.sweep import NothingLeft

FEWEST_DAYS = 8
"""With fewer days than this, every second decision makes a half."""

CAUTION = 1.64
"""By so many standard errors the first half's estimates are lowered before they are compared."""

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
) -> pd.DataFrame:
    """The weights that one half of the log finds best, each with what the other half says of it.

    Args:
        evidence: the decisions with their outcomes.
        metric: what a lead shall earn.
        step: the grid's step in hundredths.
        most: how many weights at most.
        keep: what the weights must have in a column of the sweep over the first half, as in `Sweep.front`.
        limits: from where on the choice and the report are refused.

    Returns:
        The four integers, and of the second half value, low, high, base, difference, difference_low, difference_high,
        ess; `refused` says why there are none of these. Those come first that earn most in the first half, less 1.64
        standard errors; none may be left.
    """
    limits, found = limits or Limits(), []
    if evidence.n >= 2:
        chosen_on, reported_on = halves(evidence)
        best = _best(chosen_on, metric, step, keep, limits).head(most)
        found = [_reported(reported_on, metric, row, limits) for row in best.itertuples(index=False)]
    return pd.DataFrame(found, columns=[*FACTORS, *COLUMNS])


def _best(evidence: Evidence, metric: str, step: int, keep: Mapping[str, float] | None, limits: Limits) -> pd.DataFrame:
    """The weights on the front of what they earn and what is known of them, by what they earn at least."""
    try:
        rows = swept(evidence, step, limits).front(metric, "ess", keep=keep)
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
