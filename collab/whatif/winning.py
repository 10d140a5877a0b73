"""The wins of exploration, counted in numba once that is loaded: a decision does not wait for it."""

from __future__ import annotations

import logging
import threading
from functools import cache

import numpy as np
from numpy.typing import NDArray

from collab.winning import Wins, unbeaten, wins

logger = logging.getLogger(__name__)

CROWD = 64
"""Among more agents, those who can win under no weights are left out first."""


def counting(explore: float) -> Wins:
    """What counts the wins of this share of leads in this process; without exploration nothing is loaded for it."""
    return winning() if explore > 0 else wins


class Winning:
    """Counts as `collab.winning.wins` does, with the same integers: in numpy until numba is loaded, or where it fails.

    Attributes:
        loading: the thread that loads it; `join` it to wait (1 s, some more the first time).
    """

    def __init__(self) -> None:
        self._count: Wins = wins
        # no daemon: the end of a process in the middle of a compilation may crash it
        self.loading = threading.Thread(target=self._load, name="collab-winning-numba")
        self.loading.start()

    def __call__(self, factors: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many weights of the grid each agent wins under, given factors of (4, agents)."""
        return self._count(factors)

    def _load(self) -> None:
        try:
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
        except Exception as error:  # missing, or it does not fit this numpy or this machine: whatever it is, numpy does
            logger.warning("exploration uses numpy, with the same results but slower: numba failed (%s)", error)
        else:
            self._count = compiled


@cache
def winning() -> Winning:
    """What counts in this process."""
    return Winning()
