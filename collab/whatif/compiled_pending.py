"""`collab.whatif.pending` in an array; importing this module imports numba.

Four children a node, and choices without branches that nobody could foresee, are what the processor likes better than
`heapq` on a list of pairs. Row 0 holds how many pairs there are, row 1 the first; row i has the children 4i-2 to 4i+1.
"""

from __future__ import annotations

from math import inf

import numpy as np

from collab.whatif.compiled import compiled

PAIR = np.dtype([("time", np.int64), ("number", np.int64)])

_u64, _MOST = np.uint64, np.iinfo(np.int64).max
_1, _2, _4 = _u64(1), _u64(2), _u64(4)  # unsigned, so that no row can be negative and none is checked for it


def _sortable(time):  # type: ignore[no-untyped-def]
    # a whole number for each time, in their order: the bits, turned around for what is below 0
    bits = np.float64(time).view(np.int64)
    return bits ^ ((bits >> 63) & _MOST)


def _nothing(most):  # type: ignore[no-untyped-def]
    pending = np.empty(most + 2, PAIR)
    pending[0].number, pending[1].time, pending[1].number = 1, sortable(inf), most
    return pending


def _first(pending):  # type: ignore[no-untyped-def]
    bits = pending[1].time
    return np.int64(bits ^ ((bits >> 63) & _MOST)).view(np.float64), pending[1].number


def _come(pending, new):  # type: ignore[no-untyped-def]
    time, number = sortable(new[0]), new[1]
    pending[0].number += 1
    place = _u64(pending[0].number)
    while place > _1:
        above = (place + _2) // _4
        if pending[above].time < time or (pending[above].time == time and pending[above].number < number):
            break
        pending[place].time, pending[place].number = pending[above].time, pending[above].number
        place = above
    pending[place].time, pending[place].number = time, number


def _sink(pending, time, number):  # type: ignore[no-untyped-def]
    last, place, below = _u64(pending[0].number), _1, _2
    while below <= last:
        least, least_time, least_number = below, pending[below].time, pending[below].number
        for other in range(below + _1, min(below + _4, last + _1)):
            row = _u64(other)
            other_time, other_number = pending[row].time, pending[row].number
            sooner = (other_time < least_time) | ((other_time == least_time) & (other_number < least_number))
            least = row if sooner else least
            least_time = other_time if sooner else least_time
            least_number = other_number if sooner else least_number
        if time < least_time or (time == least_time and number < least_number):
            break
        pending[place].time, pending[place].number = least_time, least_number
        place = least
        below = _4 * place - _2
    pending[place].time, pending[place].number = time, number


def _replaced(pending, new):  # type: ignore[no-untyped-def]
    sink(pending, sortable(new[0]), new[1])


def _gone(pending):  # type: ignore[no-untyped-def]
    last = pending[0].number
    pending[0].number = last - 1
    sink(pending, pending[last].time, pending[last].number)


sortable, sink = (compiled(one, error_model="numpy") for one in (_sortable, _sink))
nothing, first, come, replaced, gone = (
    compiled(one, error_model="numpy") for one in (_nothing, _first, _come, _replaced, _gone)
)
