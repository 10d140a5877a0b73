"""Weights worth a look, chosen on one half of the days and reported on the other: luck is not reported as gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS
from collab.whatif.answers import Estimate, Limits
from collab.whatif.course import Course
from collab.whatif.estimate import estimates, swept
from collab.whatif.evidence import Evidence
from collab.whatif.mechanism import Fit
from collab.whatif.policy import of_weights
from collab.whatif.rescore import Values
from collab.whatif.search import PREFIX, Search, column, simulated_only
from collab.whatif.simulated import Asked, simulated
from collab.whatif.sweep import NothingLeft, Sweep
from collab.whole import whole

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
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
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
        progress: hears how many weights of how many are simulated for the choice.
        cancelled: is asked now and then whether to stop.

    Returns:
        The four integers, and of the second half value, low, high, base, difference, difference_low, difference_high,
        ess; `refused` says why there are none of these. Of each metric that was simulated team_<metric>, its _low and
        its _high, and `kept`: whether by the second half, too, the weights have what was asked for: "yes" if all of
        every interval has it, "no" if none of one has, else "perhaps". Those come first that earn most in the first
        half, less 1.64 standard errors. None may be left; then `attrs["none"]` of the frame says why.

    Raises:
        CancelledError: `cancelled` said so.
    """
    most = whole(most, "most", 1)
    names = [name for name in keep or {} if simulated_only(name)] if team else []
    asked = _Asked(metric, step, most, keep or {}, names, Limits.of(limits))
    return _shown(*_found(evidence, asked, team, progress, cancelled), names)


class _Asked(NamedTuple):
    """What is asked of a recommendation; `names` are those of `keep` that are simulated."""

    metric: str
    step: int
    most: int
    keep: Mapping[str, float]
    names: Sequence[str]
    limits: Limits


def _found(
    evidence: Evidence,
    asked: _Asked,
    team: tuple[Course, Values | None] | None,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[list[dict[str, Any]], str]:
    """A row for each weights of the short list, and if there are none, why."""
    metric, limits = asked.metric, asked.limits
    if evidence.n < 2:
        return [], "there are not two decisions to be halved"
    chosen_on, reported_on = halves(evidence)
    on = swept(chosen_on, asked.step, limits, cancelled=cancelled)
    if team:
        on.simulating(lambda: Search(_law(team[0], 0), asked.step, limits=limits))
    try:
        best = _best(on, chosen_on, metric, asked.keep, progress, cancelled).head(asked.most)
    except NothingLeft as error:
        return [], f"on one half of the log, {error}"
    found = [_reported(reported_on, metric, row, limits) for row in best.itertuples(index=False)]
    if team:
        law, keep = _law(team[0], 1), {name: asked.keep[name] for name in asked.names}
        found = [row | _simulated(law, row, team[1], keep, limits, cancelled) for row in found]
    return found, ""


def _shown(found: list[dict[str, Any]], none: str, names: Sequence[str]) -> pd.DataFrame:
    """What was found as a frame; if that is nothing, the frame says why."""
    parts = [f"{PREFIX}{_plain(name)}{end}" for name in names for end in ("", "_low", "_high")]
    shown = pd.DataFrame(found, columns=[*FACTORS, *COLUMNS, *parts, *(["kept"] if names else [])])
    if not found:
        shown.attrs["none"] = none
    return shown


def _law(course: Course, which: int) -> Fit:
    """The laws of every second day (`which` is 0) or of the days between, for all leads."""
    labels = course.day if course.day.max(initial=0) >= FEWEST_DAYS - 1 else np.arange(len(course))
    return Fit(course.some(np.flatnonzero(labels % 2 == which)), course)


def _best(
    on: Sweep, evidence: Evidence, metric: str, keep: Mapping[str, float], *ways: Callable[..., Any] | None
) -> pd.DataFrame:
    """The weights on the front of what they earn and what is known of them, by what they earn at least."""
    rows = on.front(metric, "ess", keep=keep, progress=ways[0], cancelled=ways[1])
    figures = rows.drop(columns=list(FACTORS)).astype(np.float32)  # whose last digits depend on the order of sums
    rows = rows[~figures.duplicated()]  # others choose alike
    # far from the log the estimate that reads best is mostly the one that errs most
    spread = CAUTION * float(evidence.rewards[metric].std())
    sure = rows[f"snips_{metric}"] - spread / np.sqrt(rows["ess"])
    order = np.argsort(-sure.to_numpy(), kind="stable")
    return rows[list(FACTORS)].iloc[order]


def _reported(evidence: Evidence, metric: str, weights: Any, limits: Limits) -> dict[str, Any]:
    """What these decisions say of some weights."""
    a, e, p, r = (int(weight) for weight in weights)
    one = estimates(evidence, (metric,), of_weights(evidence, (a, e, p, r)), limits=limits)[metric]
    said = {name: getattr(one, name, np.nan) for name in COLUMNS[:-2]}
    why = "" if isinstance(one, Estimate) else one.reason
    ess = getattr(one.trust, "ess", np.nan)
    return dict(zip(FACTORS, (a, e, p, r), strict=True)) | said | {"ess": ess, "refused": why}


def _simulated(
    fit: Fit,
    row: Mapping[str, Any],
    base: Values | None,
    keep: Mapping[str, float],
    limits: Limits,
    cancelled: Callable[[], bool] | None,
) -> dict[str, Any]:
    """What a simulation by these laws says of some weights, and whether they have what is asked for."""
    a, e, p, r = (int(row[factor]) for factor in FACTORS)
    asked = Asked((a, e, p, r), base or (a, e, p, r), SEEDS, 0.0, limits, 0.95)
    found = simulated(fit, asked, (), cancelled=cancelled)
    said: dict[str, Any] = {}
    kept = []
    for name, bound in keep.items():
        value, low, high = (getattr(found[_plain(name)], part, np.nan) for part in ("value", "low", "high"))
        kept += [_kept(low, high, bound) if column(name)[1] else _kept(-high, -low, -bound)]
        said |= dict(
            zip((f"{PREFIX}{_plain(name)}{end}" for end in ("", "_low", "_high")), (value, low, high), strict=True)
        )
    return said | {"kept": "no" if "no" in kept else "perhaps" if "perhaps" in kept else "yes"}


def _kept(low: float, high: float, least: float) -> str:
    """Whether something has the least that is asked for, of which an interval is known; without one, perhaps."""
    return "yes" if low >= least else "no" if high < least else "perhaps"


def _plain(name: str) -> str:
    """The metric of the team that a question's name means."""
    return column(name)[0].removeprefix(PREFIX)
