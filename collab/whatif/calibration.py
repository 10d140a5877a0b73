"""Do the logged propensities describe who really got the leads? Choices that nobody wrote down show here."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, SCALE
from collab.whatif.evidence import Evidence

SUMS = 1e-6
"""How far a decision's propensities may sum from 1."""


def calibration(evidence: Evidence) -> pd.DataFrame:
    """What was chosen against what the propensities say: columns about, observed, expected, z; the largest |z| first.

    For each agent the leads they got; for each factor the sum of the chosen candidates' factors. If the propensities
    are right, z is about a standard normal: the difference over its standard deviation, choices being independent.
    """
    p, chosen = evidence.propensity, np.zeros(len(evidence.propensity))
    chosen[evidence.logged] = 1.0
    agents = evidence.cases.agent.astype(np.int64) - 1
    found = []
    for number, agent in enumerate(_summed(agents, chosen, p, p * (1 - p), len(evidence.cases.agents))):
        found.append((f"leads of {evidence.cases.agents[number]}", *agent))
    for number, factor in enumerate(FACTORS):
        found.append((f"{factor} of the chosen", *_factor(evidence, evidence.cases.factors[number] / SCALE)))
    frame = pd.DataFrame(found, columns=["about", "observed", "expected", "z"])
    return frame.sort_values("z", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def worst(evidence: Evidence) -> float:
    """The largest |z|; 0 without decisions."""
    return float(calibration(evidence)["z"].abs().max()) if evidence.n else 0.0


def odd_sum(evidence: Evidence) -> float | None:
    """The sum of a decision's propensities that is farthest from 1, None if all are 1."""
    if not evidence.n:
        return None
    sums = np.add.reduceat(evidence.propensity, evidence.first)
    worst = int(np.argmax(np.abs(sums - 1)))
    return float(sums[worst]) if abs(sums[worst] - 1) > SUMS else None


def _summed(
    group: NDArray[np.int64],
    chosen: NDArray[np.float64],
    p: NDArray[np.float64],
    variance: NDArray[np.float64],
    size: int,
) -> list[tuple[float, float, float]]:
    observed, expected, spread = (np.bincount(group, values, size) for values in (chosen, p, variance))
    return [_z(*three) for three in zip(observed.tolist(), expected.tolist(), spread.tolist(), strict=True)]


def _factor(evidence: Evidence, values: NDArray[np.float64]) -> tuple[float, float, float]:
    p = evidence.propensity
    means = np.add.reduceat(p * values, evidence.first) if evidence.n else np.empty(0)
    squares = np.add.reduceat(p * values**2, evidence.first) if evidence.n else np.empty(0)
    spread = float(np.maximum(squares - means**2, 0).sum())
    return _z(float(values[evidence.logged].sum()), float(means.sum()), spread)


def _z(observed: float, expected: float, variance: float) -> tuple[float, float, float]:
    """Observed, expected, and their difference in standard deviations; without any chance a lead off is far off."""
    apart = observed - expected
    return observed, expected, apart / sqrt(variance + 0.01) if abs(apart) > 1e-6 else 0.0
