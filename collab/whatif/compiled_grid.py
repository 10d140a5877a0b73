"""The walk over the grid in numba, which is imported with this module: `collab.whatif.grid` does so when it pays.

On each line of the grid a decision's logged agent wins from some t to some other, or nowhere: a stretch. The columns of
all decisions of a block that have the same stretch are summed first, and a point gets the sums of those around it. So
what a decision costs does not grow with the points of a line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collab.whatif.cases import Cases
from collab.whatif.compiled import compiled
from collab.whatif.compiled_bounds import LANES, kinds, lay
from collab.whatif.compiled_four import add_four
from collab.whatif.grid import precision

SPREAD = 8
"""Most stretches are whole lines or none; they are summed in so many places, so that no addition waits for another."""

# numba works on global constants and plain names
_LANES, _SPREAD, _i32, _u64 = LANES, SPREAD, np.int32, np.uint64
_WHOLE, _NONE, _CELLS = np.int32(0), np.int32(4 * SPREAD), np.int32(8 * SPREAD)

_ANY_ORDER = {"reassoc", "contract", "nsz"}
# There is no infinity and no NaN among the bounds; only if it knows that does LLVM make a minimum one instruction.
_FINITE = {*_ANY_ORDER, "nnan", "ninf"}


def _lift(first, last, lines, k0, rows) -> None:  # type: ignore[no-untyped-def]
    for line in range(first, last):
        c, d, row = lines[line, 0], lines[line, 1], rows[line]
        for i in range(_LANES):
            row[i] = c[i] + k0 * d[i]


lift = compiled(_lift, _FINITE)
"""Write the lines `first` to `last` at `k0` into `rows`."""


def _least(first, last, lines, k1, rows, found) -> int:  # type: ignore[no-untyped-def]
    # from one row of `found` to the other: a minimum in place becomes a store under a mask, which some processors take
    # twenty times longer for
    here = 0
    for i in range(_LANES):
        found[0, i] = rows[first, i] + k1 * lines[first, 2, i]
    for line in range(first + 1, last):
        row, e, old, new = rows[line], lines[line, 2], found[here], found[1 - here]
        for i in range(_LANES):
            bound = row[i] + k1 * e[i]
            new[i] = bound if bound < old[i] else old[i]
        here = 1 - here
    return here


least = compiled(_least, _FINITE)
"""The least of the lines `first` to `last` at `k1`, into one row of `found`; which row it is."""


def _place(low, high, ticks, last, turns, cells) -> None:  # type: ignore[no-untyped-def]
    nought, end, beyond, width = ticks[0], ticks[last], ticks[last + 1], _i32(4 * (last + 1))
    for i in range(_LANES):
        until = _i32(np.floor(max(min(high[i], end), -ticks[1])))
        since = _i32(np.ceil(max(min(-low[i], beyond), nought)))
        cell = np.add(np.add(np.multiply(until, width), np.multiply(since, _i32(4))), _CELLS)
        cell = np.add(turns[i], _NONE) if since > until else cell
        cells[i] = np.add(turns[i], _WHOLE) if np.subtract(until, since) == _i32(last) else cell


place = compiled(_place, _FINITE)
"""Write where each decision's stretch of the line is summed: by its end and its beginning, whole and none in turns."""


def _collect(cells, values, piles) -> None:  # type: ignore[no-untyped-def]
    for i in range(_LANES):
        add_four(piles, _u64(cells[i]), values, _u64(4 * i))


collect = compiled(_collect)
"""Add the four columns of each decision to those of its stretch."""


def _settle(piles, last, point, group, out) -> None:  # type: ignore[no-untyped-def]
    width, a, b, c, d = 4 * (last + 1), 0.0, 0.0, 0.0, 0.0
    for k in range(_WHOLE, _NONE, 4):
        a, b, c, d = a + piles[k], b + piles[k + 1], c + piles[k + 2], d + piles[k + 3]
    for k in range(_CELLS):
        piles[k] = 0.0
    for t in range(last, -1, -1):
        # the stretches that reach t: those that end there, and those that reach the next and begin at t or before
        here, w, x, y, z = _CELLS + t * width, a, b, c, d
        for k in range(here, here + 4 * (t + 1), 4):
            w, x, y, z = w + piles[k], x + piles[k + 1], y + piles[k + 2], z + piles[k + 3]
        out[point + t, 4 * group] += w
        out[point + t, 4 * group + 1] += x
        out[point + t, 4 * group + 2] += y
        out[point + t, 4 * group + 3] += z
        if t:
            for k in range(here, here + 4 * t, 4):
                add_four(piles, _u64(k - width), piles, _u64(k))
        for k in range(here, here + 4 * (t + 1)):
            piles[k] = 0.0


settle = compiled(_settle, _ANY_ORDER)
"""Add to every point of a line what was collected of the stretches around it, and begin anew with nothing."""


def _walk(order, rows, logged, above, below, agent, factors, columns, ticks, out) -> None:  # type: ignore[no-untyped-def]
    steps, groups = len(ticks) - 2, out.shape[1] // 4
    most = above.max() + below.max() + 2
    lines, lifted = np.empty((most, 3, _LANES), ticks.dtype), np.empty((most, _LANES), ticks.dtype)
    high, low = np.empty((2, _LANES), ticks.dtype), np.empty((2, _LANES), ticks.dtype)
    cells, turns = np.empty(_LANES, np.int32), (4 * (np.arange(_LANES) % _SPREAD)).astype(np.int32)
    piles = np.zeros(_CELLS + 4 * (steps + 1) ** 2)
    values = np.zeros((groups, 4 * _LANES))
    for start in range(0, len(order), _LANES):
        block = order[start : start + _LANES]
        up, down = max(above[block].max(), 1), max(below[block].max(), 1)
        lay(block, rows, logged, agent, factors, up, down, ticks, lines)
        values[:] = 0.0
        for column in range(len(columns)):
            for i in range(len(block)):
                values[column // 4, 4 * i + column % 4] = columns[column, block[i]]
        point = 0
        for k0 in range(steps + 1):
            lift(0, up + down, lines, ticks[k0], lifted)
            for k1 in range(steps + 1 - k0):
                last = steps - k0 - k1
                most_t = high[least(0, up, lines, ticks[k1], lifted, high)]
                least_t = low[least(up, up + down, lines, ticks[k1], lifted, low)]
                place(least_t, most_t, ticks, last, turns, cells)
                for group in range(groups):
                    collect(cells, values[group], piles)
                    settle(piles, last, point, group, out)
                point += last + 1


walk = compiled(_walk, _FINITE)
"""Add the sums of all decisions to `out`, block by block; `ticks` counts from 0 to one more than the grid's steps."""


def share(cases: Cases, columns: NDArray[np.float64], step: int, out: NDArray[np.float64]) -> None:
    """A `Share` of `collab.whatif.grid` in numba."""
    ticks = np.arange(100 // step + 2, dtype=precision(100 // step))
    rows = np.concatenate([[0], np.cumsum(cases.counts)]).astype(np.int64)
    logged, above, below = (np.empty(len(cases.counts), np.int64) for _ in range(3))
    # copies, which numba takes for one type: arrays in parts, and those that must not be written to, are others
    agent, factors = np.array(cases.agent), np.array(cases.factors)
    kinds(rows, np.array(cases.chosen), agent, factors, logged, above, below)
    order = np.lexsort([below.astype(np.uint16), above.astype(np.uint16)])
    fours = np.zeros((len(out), -(-len(columns) // 4) * 4))  # columns are summed four at a time
    walk(order, rows, logged, above, below, agent, factors, np.array(columns), ticks, fours)
    out += fours[:, : len(columns)]
