"""Wins counted in numba, which is imported with this module: `collab.whatif.winning` does so."""

from __future__ import annotations

import numpy as np

from collab.whatif.compiled import compiled
from collab.winning import simplex_grid

MOST = 1023
"""Of so many agents score and place fit in 32 bits."""

# numba works on global constants and plain names; an int32 times an int32 stays one only in numpy's own functions
_GRID = np.ascontiguousarray(simplex_grid().T.astype(np.int32))
_BITS = MOST.bit_length()
_PLACE, _i32 = np.int32(MOST), np.int32


def _count(factors):  # type: ignore[no-untyped-def]
    n = factors.shape[1]
    best = np.zeros(_GRID.shape[1], np.int32)
    for j in range(n):
        # the highest key is that of the highest score, among equal ones of the first agent
        a, b = _i32(factors[0, j] << _BITS), _i32(factors[1, j] << _BITS)
        c, d = _i32(factors[2, j] << _BITS), _i32(factors[3, j] << _BITS)
        place = _i32(n - j)
        for k in range(len(best)):
            low = np.add(np.multiply(a, _GRID[0, k]), np.multiply(b, _GRID[1, k]))
            high = np.add(np.multiply(c, _GRID[2, k]), np.multiply(d, _GRID[3, k]))
            best[k] = max(best[k], np.add(np.add(low, high), place))
    won = np.zeros(n, np.int64)
    for k in range(len(best)):
        won[n - (best[k] & _PLACE)] += 1
    return won


count = compiled(_count)
"""How many weights of the grid each of at most `MOST` agents wins under, given factors of (4, agents) in one piece."""
