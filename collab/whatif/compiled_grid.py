"""The walk over the grid in numba, which is imported with this module: `collab.whatif.grid` does so when it pays."""

from __future__ import annotations

import numpy as np

from collab.whatif.compiled import compiled
from collab.whatif.grid import ABREAST, LANES

# numba works on global constants and plain names
_ABREAST, _LANES = ABREAST, LANES

_ANY_ORDER = {"reassoc", "contract", "nsz"}
# There is no infinity and no NaN among the bounds; only if it knows that does LLVM make a minimum one instruction. For
# the sums it must not know, or it makes a choice and an addition of 0 or 1 times a value, which take longer.
_FINITE = {*_ANY_ORDER, "nnan", "ninf"}


def _tally(low, high, columns, ticks, stop, out) -> None:  # type: ignore[no-untyped-def]
    # two points at a time, for each value that is read
    for point in range(0, stop, 2):
        t, t_next = ticks[point], ticks[point + 1]
        for column in range(0, len(columns), _ABREAST):
            a, b, c, d = columns[column], columns[column + 1], columns[column + 2], columns[column + 3]
            a0 = b0 = c0 = d0 = a1 = b1 = c1 = d1 = 0.0
            for i in range(_LANES):
                won = 1.0 if (-t <= low[i]) & (t <= high[i]) else 0.0
                won_next = 1.0 if (-t_next <= low[i]) & (t_next <= high[i]) else 0.0
                a0 += won * a[i]
                b0 += won * b[i]
                c0 += won * c[i]
                d0 += won * d[i]
                a1 += won_next * a[i]
                b1 += won_next * b[i]
                c1 += won_next * c[i]
                d1 += won_next * d[i]
            for place, value in enumerate((a0, b0, c0, d0)):
                out[point, column + place] += value
            if point + 1 < stop:
                for place, value in enumerate((a1, b1, c1, d1)):
                    out[point + 1, column + place] += value


tally = compiled(_tally, _ANY_ORDER)
"""Add the columns where t <= `high` and -t <= `low` to `out`, for every t below `stop`."""


def _lift(first, last, lines, k0, rows) -> None:  # type: ignore[no-untyped-def]
    for line in range(first, last):
        c, d, row = lines[line, 0], lines[line, 1], rows[line - first]
        for i in range(_LANES):
            row[i] = c[i] + k0 * d[i]


lift = compiled(_lift, _FINITE)
"""Write the lines `first` to `last` at `k0` into `rows`."""


def _least(first, last, lines, k1, rows, found) -> int:  # type: ignore[no-untyped-def]
    # from one row of `found` to the other: a minimum in place becomes a store under a mask, which some processors take
    # twenty times longer for
    here = 0
    for i in range(_LANES):
        found[0, i] = rows[0, i] + k1 * lines[first, 2, i]
    for line in range(first + 1, last):
        row, e, old, new = rows[line - first], lines[line, 2], found[here], found[1 - here]
        for i in range(_LANES):
            bound = row[i] + k1 * e[i]
            new[i] = bound if bound < old[i] else old[i]
        here = 1 - here
    return here


least = compiled(_least, _FINITE)
"""The least of the lines `first` to `last` at `k1`, into one row of `found`; which row it is."""


def _walk(first, lines, columns, ticks, out) -> None:  # type: ignore[no-untyped-def]
    steps, tallest = len(ticks) - 2, np.diff(first).max()
    highs, lows = np.empty((tallest, _LANES), lines.dtype), np.empty((tallest, _LANES), lines.dtype)
    high, low = np.empty((2, _LANES), lines.dtype), np.empty((2, _LANES), lines.dtype)
    for block in range(len(columns)):
        point = 0
        above, below, end = first[2 * block], first[2 * block + 1], first[2 * block + 2]
        for k0 in range(steps + 1):
            lift(above, below, lines, ticks[k0], highs)
            lift(below, end, lines, ticks[k0], lows)
            for k1 in range(steps + 1 - k0):
                stop = steps + 1 - k0 - k1
                up = least(above, below, lines, ticks[k1], highs, high)
                down = least(below, end, lines, ticks[k1], lows, low)
                tally(low[down], high[up], columns[block], ticks, stop, out[point : point + stop])
                point += stop


walk = compiled(_walk, _FINITE)
"""Add the sums of all blocks to `out`; `ticks` counts from 0 to one more than the steps of the grid."""
