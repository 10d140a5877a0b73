"""Under how many weights of a grid each agent would be chosen: what exploration gives it a chance by (pure)."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from collab.records import SCALE

Wins = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""Counts wins, as `wins` does."""

GRID_STEP = 5
"""Exploration draws weights from all that are multiples of this many hundredths."""

CROWD = 16
"""Among more agents, those who can win under no weights are left out before every weights is tried."""


@functools.cache
def simplex_grid(step: int = GRID_STEP) -> NDArray[np.int64]:
    """All weights that are multiples of `step` hundredths and sum to 100: 1,771 rows of four for a step of 5."""
    ticks = range(0, 101, step)
    rows = [(a, b, c, 100 - a - b - c) for a, b, c in itertools.product(ticks, repeat=3) if a + b + c <= 100]
    grid = np.array(rows, dtype=np.int64)
    grid.setflags(write=False)
    return grid


def wins(factors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Under how many weights of the grid each agent has the highest score, of equal ones the first.

    A score with the agent's place below its last bit is one number, so that the highest is found without looking for
    its place. Doubles hold these integers exactly; so do singles, which are faster, as long as they are below 2^24.

    Args:
        factors: (4, agents), whole ten-thousandths.
    """
    n = factors.shape[1]
    if n > CROWD:
        rows = unbeaten(factors)
        if len(rows) < n:
            found = np.zeros(n, np.int64)
            found[rows] = wins(factors[:, rows])
            return found
    bits = n.bit_length()
    exact = np.float32 if SCALE * 100 + 1 << bits <= 1 << 24 else np.float64
    keys = np.empty((n, 5), exact)
    np.multiply(factors.T, 1 << bits, out=keys[:, :4], casting="unsafe")
    keys[:, 4] = np.arange(n - 1, -1, -1)
    highest = (keys @ _columns(exact)).max(axis=0).astype(np.int64)
    highest &= (1 << bits) - 1
    return np.bincount(highest, minlength=n)[::-1]


def unbeaten(factors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Who may win under some weights: nobody of the `CROWD` with the highest sums is ahead of them in every factor.

    Among equal factors the first agent is ahead, as in a tie. The result is their rows, in order.
    """
    n = factors.shape[1]
    keys = factors * n + np.arange(n - 1, -1, -1)
    leaders = np.argsort(-factors.sum(axis=0), kind="stable")[:CROWD]
    beaten = (keys[:, leaders, None] > keys[:, None]).all(axis=0).any(axis=0)
    return np.flatnonzero(~beaten)


@functools.cache
def _columns(dtype: type[np.floating]) -> NDArray[np.floating]:
    """The grid as five rows: the four weights, and 1."""
    grid = simplex_grid()
    return np.ascontiguousarray(np.column_stack([grid, np.ones(len(grid))]).T.astype(dtype))
