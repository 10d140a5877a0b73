"""Do the logged propensities describe who really got the leads? Choices that nobody wrote down show here."""

from __future__ import annotations

from math import copysign, log1p, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, SCALE
from collab.whatif.cases import Cases

SUMS = 1e-3
"""How far a decision's chances may sum from 1; they may be rounded."""

DIGIT, MOST_SUMS = 1e-3, 5e-3
"""The last digit of chances that are rounded to three, and how far those of a decision may sum from 1 even then."""

NEVER = 1e-12
"""A variance that stands for none: what cannot differ and does, is far off."""


def calibration(cases: Cases, first: NDArray[np.int64], logged: NDArray[np.int64]) -> pd.DataFrame:
    """What was chosen against what the propensities say: columns about, observed, expected, z; the largest |z| first.

    For each agent the leads they got; for each factor, and for the propensity itself, the sum of the chosen
    candidates'. If the propensities are right, z is about a standard normal, choices being independent.

    Args:
        cases: the candidates, with their propensities.
        first: the row of each decision's first candidate.
        logged: the row of the candidate who got each lead.
    """
    p, chosen = _propensity(cases), np.zeros(len(cases.agent))
    chosen[logged] = 1.0
    agents = cases.agent.astype(np.int64) - 1
    found = []
    for number, agent in enumerate(_summed(agents, chosen, p, p * (1 - p), len(cases.agents))):
        found.append((f"leads of {cases.agents[number]}", *agent))
    for number, factor in enumerate(FACTORS):
        found.append((f"{factor} of the chosen", *_factor(p, cases.factors[number] / SCALE, first, logged)))
    found.append(("propensity of the chosen", *_factor(p, p, first, logged)))
    frame = pd.DataFrame(found, columns=["about", "observed", "expected", "z"])
    return frame.sort_values("z", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def slack(p: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far the chances of each decision, with so many candidates, may sum from 1.

    Three digits leave half of the last one a candidate, which of five is more than `SUMS`.
    """
    digits = p / DIGIT
    three = bool((np.abs(digits - np.rint(digits)) <= 1e-6).all())
    return np.clip(DIGIT / 2 * counts * three + 1e-9, SUMS, MOST_SUMS)


def odd_sum(cases: Cases, first: NDArray[np.int64]) -> str | None:
    """Of how many decisions the propensities do not sum to 1, and of which the worst; None if all do."""
    sums = np.add.reduceat(_propensity(cases), first) if len(first) else np.empty(0)
    apart = np.abs(sums - 1)
    over = apart - slack(_propensity(cases), cases.counts)
    if not (over > 0).any():
        return None
    worst, source = int(np.argmax(over)), cases.source
    row = "" if source is None else f" (that of row number {source[first[worst]]} of the candidates, from 0)"
    many = f"{np.mean(over > 0):.1%}"
    return f"the propensities of {many} of the decisions do not sum to 1, one{row} to {sums[worst]:.6g}"


def _propensity(cases: Cases) -> NDArray[np.float64]:
    assert cases.propensity is not None
    return cases.propensity


def _summed(
    group: NDArray[np.int64],
    chosen: NDArray[np.float64],
    p: NDArray[np.float64],
    variance: NDArray[np.float64],
    size: int,
) -> list[tuple[float, float, float]]:
    observed, expected, spread = (np.bincount(group, values, size) for values in (chosen, p, variance))
    return [_z(*three) for three in zip(observed.tolist(), expected.tolist(), spread.tolist(), strict=True)]


def _factor(
    p: NDArray[np.float64], values: NDArray[np.float64], first: NDArray[np.int64], logged: NDArray[np.int64]
) -> tuple[float, float, float]:
    means = np.add.reduceat(p * values, first) if len(first) else np.empty(0)
    squares = np.add.reduceat(p * values**2, first) if len(first) else np.empty(0)
    spread = float(np.maximum(squares - means**2, 0).sum())
    return _z(float(values[logged].sum()), float(means.sum()), spread)


def _z(observed: float, expected: float, variance: float) -> tuple[float, float, float]:
    """Observed, expected, and the z whose normal tail bounds the chance of so large a difference (Bennett 1962).

    Of many choices it is the difference in standard deviations. Of a few it is less: whoever is due 0.02 leads has one
    in two logs of a hundred, and that is not 5 standard deviations.
    """
    apart, known = observed - expected, max(variance, NEVER)
    if abs(apart) <= 1e-6:
        return observed, expected, 0.0
    u = abs(apart) / known
    return observed, expected, copysign(sqrt(2 * known * ((1 + u) * log1p(u) - u)), apart)
