"""The weights nearest to some weights under which each candidate of a decision would win, in whole hundredths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collab.records import FACTORS
from collab.winning import simplex_grid

CHUNK = 1 << 20
"""So many scores are held at a time."""


class Nearest(NamedTuple):
    """For each candidate, the nearest weights that make it win, and how far they are.

    `weights` are (candidates, 4) hundredths; `moved` is the sum of the absolute changes of the four weights, in
    hundredths, and 0 for the winner. Both are -1 for a candidate who wins under no weights.
    """

    weights: NDArray[np.int64]
    moved: NDArray[np.int64]


def nearest(factors: NDArray[np.int64], eligible: NDArray[np.bool_], weights: tuple[int, ...]) -> Nearest:
    """All 176,851 weights in whole hundredths are tried, so none is nearer; of equally near ones the least come first.

    The winner has the highest score, of equal ones the lowest row. `factors` are (4, candidates) in ten-thousandths.
    """
    n = factors.shape[1]
    found = Nearest(np.full((n, len(FACTORS)), -1), np.full(n, -1))
    rows = np.flatnonzero(eligible)
    if not len(rows):
        return found
    grid = simplex_grid(1)
    moved = np.abs(grid - np.array(weights)).sum(axis=1)
    grid = grid[order := np.argsort(moved, kind="stable")]
    own = factors[:, rows].astype(np.float64)  # scores are below 2^53, so they are exact
    step = max(1, CHUNK // len(rows))
    wins = [np.argmax(grid[start : start + step] @ own, axis=1) for start in range(0, len(grid), step)]
    winners, first = np.unique(np.concatenate(wins), return_index=True)
    found.weights[rows[winners]] = grid[first]
    found.moved[rows[winners]] = moved[order][first]
    return found
