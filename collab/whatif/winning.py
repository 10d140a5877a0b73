"""The wins of exploration, counted in numba once that is loaded: a decision does not wait for it."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from collab.whatif.loading import Loading
from collab.winning import Wins, unbeaten, wins

CROWD = 64
"""Among more agents, those who can win under no weights are left out first."""


def counting(explore: float) -> Wins:
    """What counts the wins of this share of leads in this process; without exploration nothing is loaded for it."""
    if explore == 0:
        return wins
    warm()
    return fastest


def warm() -> threading.Thread:
    """Begin to load what counts fast, once a process; `join` the thread to wait."""
    return _numba.warm()


def fastest(factors: NDArray[np.int64]) -> NDArray[np.int64]:
    """`collab.winning.wins` by numba, with the same integers; by numpy until that is loaded, and where it cannot be."""
    return (_numba.piece or wins)(factors)


def _load() -> Wins:
    from collab.whatif.compiled_winning import MOST, count

    def compiled(factors: NDArray[np.int64]) -> NDArray[np.int64]:
        n = factors.shape[1]
        if n <= CROWD:
            return count(np.ascontiguousarray(factors))  # type: ignore[no-any-return]
        rows = unbeaten(factors)
        if len(rows) > MOST:
            return wins(factors)
        found = np.zeros(n, np.int64)
        found[rows] = count(np.ascontiguousarray(factors[:, rows]))
        return found

    compiled(np.ones((4, 1), np.int64))
    return compiled


_numba = Loading("exploration", _load)
