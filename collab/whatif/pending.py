"""What is to come in a simulation: times and numbers of leads, the earliest in front, of equal times the lowest number.

In Python it is a list as `heapq` keeps it; `collab.whatif.compiled_pending` has the same in arrays, for numba.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from math import inf
from typing import Any

come, gone, replaced = heappush, heappop, heapreplace
"""Add a pair of time and number; take the first out; take it out and add another."""


def nothing(most: int) -> Any:
    """Room for so many pairs; until one is added, the first is never."""
    return [(inf, most)]


def first(pending: Any) -> tuple[float, int]:
    """The first pair."""
    found: tuple[float, int] = pending[0]
    return found
