"""How much an estimate leans on few decisions: its importance weights in classes that double."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CLASSES = 8
"""None, below 1, 1 to 2, 2 to 4 and so on; the last one has no end."""


class Lean(NamedTuple):
    """Decisions whose importance weight is from `least` to below `most`: how many, and their share of all weight."""

    least: float
    most: float
    n: int
    share: float


def leaning(weights: NDArray[np.float64]) -> tuple[Lean, ...]:
    """The classes of importance weights; the first has those of weight 0, which say nothing."""
    # a power of 2 is read off the bits; logarithms take longer
    powers = (np.ascontiguousarray(weights, np.float64).view(np.int64) >> 52) - 1022
    place = np.clip(powers, 0, CLASSES - 2) + 1
    place[weights == 0] = 0
    counts = np.bincount(place, minlength=CLASSES)
    sums = np.bincount(place, weights=weights, minlength=CLASSES)
    total = float(sums.sum()) or 1.0
    ends = [0.0, 0.0, *(2.0**power for power in range(CLASSES - 2)), float("inf")]
    return tuple(Lean(ends[one], ends[one + 1], int(counts[one]), float(sums[one]) / total) for one in range(CLASSES))
