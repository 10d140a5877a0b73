"""How well it went: functions of numbers and frames, each with its definition (pure)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GREEN, AMBER, RED = "green", "amber", "red"
"""The bands of utilization."""

AMBER_FROM, RED_FROM = 0.70, 0.90
"""Lower edges of the bands: [0, .70) is green, [.70, .90) amber, .90 and above red."""


def band(utilization: float) -> str:
    """The band of a utilization; above 1 is red too."""
    if utilization >= RED_FROM:
        return RED
    return AMBER if utilization >= AMBER_FROM else GREEN


def balance(utilizations: Sequence[float]) -> float | None:
    """Jain's index of the utilizations of the agents on shift: (sum x)^2 / (n sum x^2); 1 is even, 1/n is one-sided.

    1 when all are 0 (nobody is ahead of anybody); None without agents. Jain, Chiu and Hawe, DEC-TR-301, 1984.
    """
    x = np.asarray(utilizations, float)
    if not x.size:
        return None
    squares = float(x.size * (x * x).sum())
    return float(x.sum()) ** 2 / squares if squares else 1.0


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """The median, the 95th and the 99th percentile (`p50`, `p95`, `p99`), each None without values, and `n`."""
    n = len(values)
    cuts = np.percentile(np.asarray(values, float), [50, 95, 99]).tolist() if n else [None, None, None]
    return dict(zip(("p50", "p95", "p99"), cuts, strict=True)) | {"n": n}
