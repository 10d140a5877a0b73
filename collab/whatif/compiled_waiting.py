"""`collab.whatif.waiting` in arrays; importing this module imports numba.

The queues lie one after the other in one array, each with room for all leads that may wait in it, as heaps with two
children a node; beside it are where each begins and how many wait in it. numba's own `heapq` takes lists alone, and of
a list it counts who holds it, at every look.
"""

from __future__ import annotations

import numpy as np

from collab.whatif.compiled import compiled
from collab.whatif.waiting import NOBODY


def _nobody(leads, queues):  # type: ignore[no-untyped-def]
    first = np.zeros(queues + 1, np.int64)
    for number in range(len(leads)):
        first[leads[number].queue + 1] += 1
    return np.empty(len(leads), np.int64), np.cumsum(first), np.zeros(queues, np.int64)


def _foremost(waiting, queue):  # type: ignore[no-untyped-def]
    ranks, first, count = waiting
    return ranks[first[queue]] if count[queue] else NOBODY


def _line_up(waiting, queue, rank) -> None:  # type: ignore[no-untyped-def]
    ranks, first, count = waiting
    front, place = first[queue], count[queue]
    count[queue] += 1
    while place and ranks[front + (place - 1) // 2] > rank:
        ranks[front + place] = ranks[front + (place - 1) // 2]
        place = (place - 1) // 2
    ranks[front + place] = rank


def _leave(waiting, queue) -> None:  # type: ignore[no-untyped-def]
    ranks, first, count = waiting
    count[queue] -= 1
    front, last, place = first[queue], count[queue], 0
    rank = ranks[front + last]
    while 2 * place + 1 < last:
        below = 2 * place + 1
        if below + 1 < last and ranks[front + below + 1] < ranks[front + below]:
            below += 1
        if ranks[front + below] > rank:
            break
        ranks[front + place] = ranks[front + below]
        place = below
    ranks[front + place] = rank


nobody, foremost, line_up, leave = (
    compiled(one, error_model="numpy") for one in (_nobody, _foremost, _line_up, _leave)
)
