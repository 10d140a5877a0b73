"""Wins counted in numba, which is imported with this module: `collab.whatif.winning` does so."""

from __future__ import annotations

import numpy as np

from collab.whatif.compiled import compiled
from collab.winning import simplex_grid

MOST = 1023
"""Of so many agents score and place fit in 32 bits."""

TILE = 256
"""So many weights are gone through for all agents before the next: what they need stays in the nearest cache."""

# numba works on global constants and plain names; an int32 times an int32 stays one only in numpy's own functions
_GRID = np.ascontiguousarray(simplex_grid().T.astype(np.int32))
_BITS, _TILE = MOST.bit_length(), TILE
_PLACE, _i32, _u64 = np.int32(MOST), np.int32, np.uint64


def _count(factors):  # type: ignore[no-untyped-def]
    n, all_weights = factors.shape[1], _GRID.shape[1]
    best = np.empty(_TILE, np.int32)
    won = np.zeros((4, n + 1), np.int32)  # by place from the last; four in turns, so that no addition waits for another
    for start in range(0, all_weights, _TILE):
        size = min(_TILE, all_weights - start)
        best[:] = 0
        for j in range(n):
            # weights sum to 100: the fourth product is in the other three; the highest key is that of the highest
            # score, among equal ones of the first agent
            last = factors[3, j]
            base = _i32((100 * last << _BITS) + n - j)
            a, b = _i32((factors[0, j] - last) << _BITS), _i32((factors[1, j] - last) << _BITS)
            c = _i32((factors[2, j] - last) << _BITS)
            for k in range(size):
                key = np.add(base, np.multiply(a, _GRID[0, start + k]))
                key = np.add(key, np.multiply(b, _GRID[1, start + k]))
                best[k] = max(best[k], np.add(key, np.multiply(c, _GRID[2, start + k])))
        for k in range(0, size, 4):  # what is over at the end has the place 0, which is nobody's
            won[0, _u64(best[k] & _PLACE)] += 1
            won[1, _u64(best[k + 1] & _PLACE)] += 1
            won[2, _u64(best[k + 2] & _PLACE)] += 1
            won[3, _u64(best[k + 3] & _PLACE)] += 1
    found = np.empty(n, np.int64)
    for j in range(n):
        place = n - j
        found[j] = won[0, place] + won[1, place] + won[2, place] + won[3, place]
    return found


count = compiled(_count)
"""How many weights of the grid each of at most `MOST` agents wins under, given factors of (4, agents) in one piece."""
