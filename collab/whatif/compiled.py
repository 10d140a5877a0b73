"""The kernel in numba; importing this module imports numba, so `collab.whatif.kernel` does it when it pays."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

import numba
import numpy as np

from collab.whatif.packed import LANES, TIE

# numba works on global constants and plain names; an int32 times an int32 stays one only in numpy's own functions,
# and twice as many fit in a register then.
_LANES, _TIE = LANES, TIE
_i32, _u64 = np.int32, np.uint64


def _score(first, base, diff, chosen, weights, width, start, stop, flow) -> None:  # type: ignore[no-untyped-def]
    w0, w1, w2 = weights[0], weights[1], weights[2]
    best = np.empty(_LANES, np.int32)
    odd = np.zeros_like(flow)
    for block in range(start, stop):
        for i in range(_LANES):
            best[i] = 0
        for line in range(first[block], first[block + 1]):
            b, d = base[line], diff[line]
            for i in range(_LANES):
                low = np.add(np.multiply(_i32(d[i]), w0), np.multiply(_i32(d[_LANES + i]), w1))
                best[i] = max(best[i], np.add(low, np.add(np.multiply(_i32(d[2 * _LANES + i]), w2), b[i])))
        logged = chosen[block]
        for i in range(0, _LANES, 2):
            # unsigned, so that no index can be negative and none is checked for it; two matrices in turns, because most
            # leads fall on the few cells of the diagonal, and an addition would wait for the one before it
            flow[_u64(logged[i]) * _u64(width) + _u64(_TIE - (best[i] & _TIE))] += 1
            odd[_u64(logged[i + 1]) * _u64(width) + _u64(_TIE - (best[i + 1] & _TIE))] += 1
    flow += odd


def compiled(function: Callable[..., Any], freedom: Set[str] = frozenset(), **more: Any) -> Any:
    """The function in numba, with the freedom that LLVM is given with floats, e.g. to reassociate (`reassoc`).

    `more` are further settings of `numba.njit`.
    """
    how: dict[str, Any] = {"nogil": True, "boundscheck": False, "fastmath": set(freedom), **more}
    # no parallel=True: numba's workqueue layer aborts the process on concurrent calls, so the threads are ours
    try:
        return numba.njit(function, cache=True, **how)
    except RuntimeError:  # no folder is writable for the cache
        return numba.njit(function, **how)


score = compiled(_score)
"""Add the blocks `start` to `stop` to `flow`, the matrix of logged and rescored agents, flat."""
