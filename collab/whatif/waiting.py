"""Leads that wait in a simulation, by queue: their ranks, the lowest in front.

In Python each queue is a list as `heapq` keeps it; `collab.whatif.compiled_waiting` has the same in arrays, for numba.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

NOBODY = 2**62
"""The rank in front of an empty queue, behind all others."""


def nobody(leads: Any, queues: int) -> Any:
    """So many empty queues, with room for these leads."""
    return [[] for _ in range(queues)]


def foremost(waiting: Any, queue: int) -> int:
    """The lowest rank of a queue."""
    rank: int = waiting[queue][0] if waiting[queue] else NOBODY
    return rank


def line_up(waiting: Any, queue: int, rank: int) -> None:
    """Let a rank wait in a queue."""
    heappush(waiting[queue], rank)


def leave(waiting: Any, queue: int) -> None:
    """Take the foremost out of a queue."""
    heappop(waiting[queue])
