"""All packed decisions scored under one set of weights, by numba or by numpy with the same bits."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from collab.whatif.cases import Cases
from collab.whatif.loading import Loading
from collab.whatif.packed import LANES, SHIFT, TIE, Packed, by_decision, pack

Values = tuple[int, int, int, int]
Share = Callable[[Packed, NDArray[np.int32], int, int, NDArray[np.int64]], None]
"""Adds the blocks from one to another of packed decisions, under three shifted weights, to a flat matrix of flows."""

WORTH_NUMBA = 400_000
"""From so many candidates numba is loaded; below, numpy takes about a millisecond or two."""

WORTH_A_THREAD = 100_000
"""A further thread joins in for every so many candidates."""

CHUNK = 131_072
"""Candidates that numpy takes at a time, so that what it writes stays in the cache."""


def flows(packed: Packed, weights: Values, share: Share | None = None) -> NDArray[np.int64]:
    """How many leads the logged agent (row) had and the highest score gives to whom (column), by code; 0 is nobody.

    Any number of threads may call it at once. `share` is the way to compute it; without it, the fastest that is ready.
    """
    share = share or _ready(packed)
    shifted = np.array(weights[:3], np.int32) << SHIFT
    width = len(packed.agents) + 1
    jobs = list(_parts(packed))

    def run(part: tuple[int, int]) -> NDArray[np.int64]:
        flow = np.zeros(width * width, np.int64)
        share(packed, shifted, *part, flow)
        return flow

    others = [_threads().submit(run, part) for part in jobs[1:]]
    total = run(jobs[0])
    for other in others:
        total += other.result()
    return total.reshape(width, width)


def in_numpy(packed: Packed, shifted: NDArray[np.int32], start: int, stop: int, flow: NDArray[np.int64]) -> None:
    """A `Share` in numpy."""
    width = len(packed.agents) + 1
    for count, low, high in packed.runs(start, stop):
        step = max(1, CHUNK // (count * LANES))
        for block in range(low, high, step):
            end = min(block + step, high)
            best = lines(packed, shifted, block, end).reshape(-1, count, LANES).max(axis=1)
            np.bitwise_and(best, TIE, out=best)
            np.subtract(TIE, best, out=best)
            best += packed.chosen[block:end] * np.int32(width)
            flow += np.bincount(best.reshape(-1), minlength=width * width)


def lines(packed: Packed, shifted: NDArray[np.int32], start: int, stop: int) -> NDArray[np.int32]:
    """Score and tie bits of every candidate of these blocks, in the shape of `base`."""
    rows = slice(int(packed.first[start]), int(packed.first[stop]))
    diff = packed.diff[rows].reshape(-1, 3, LANES)
    out = packed.base[rows].copy()
    for number in range(3):
        out += np.multiply(diff[:, number], shifted[number], dtype=np.int32)
    return out


def winners(packed: Packed, weights: Values) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """For each number of candidates: keys, logged codes, rescored codes, and how far ahead they are of the next."""
    shifted = np.array(weights[:3], np.int32) << SHIFT
    for count, low, high in packed.runs(0, packed.blocks):
        step = max(1, CHUNK // (count * LANES))
        for block in range(low, high, step):
            end = min(block + step, high)
            lane = packed.chosen[block:end].reshape(-1) > 0
            ranked = by_decision(lines(packed, shifted, block, end), count)[lane].astype(np.int64)
            if count > 1:
                ranked = np.partition(ranked, count - 2, axis=1)
            best = ranked[:, -1]
            ahead = (best >> SHIFT) - (ranked[:, -2] >> SHIFT) if count > 1 else np.full(len(best), -1)
            keys, logged = packed.keys[block:end].reshape(-1)[lane], packed.chosen[block:end].reshape(-1)[lane]
            yield keys, logged.astype(np.int64), TIE - (best & TIE), ahead


def _load() -> Share:
    from collab.whatif.compiled import score

    def share(packed: Packed, shifted: NDArray[np.int32], start: int, stop: int, flow: NDArray[np.int64]) -> None:
        width = len(packed.agents) + 1
        score(packed.first, packed.base, packed.diff, packed.chosen, shifted, width, start, stop, flow)

    flows(_one(), (25, 25, 25, 25), share)
    return share


_numba = Loading("rescoring", _load)


def warm() -> threading.Thread:
    """Begin to load numba and its kernel, once a process; `join` the thread to wait (1 s, some more the first time)."""
    return _numba.warm()


def in_numba() -> Share | None:
    """A `Share` in numba; None as long as it is not loaded."""
    return _numba.piece


def _ready(packed: Packed) -> Share:
    if _numba.piece is None and packed.base.size >= WORTH_NUMBA:
        _numba.warm()
    return _numba.piece or in_numpy


def _one() -> Packed:
    one = np.ones(1, np.int64)
    return pack(Cases(("a",), one, one.astype(np.uint16), one, one.astype(np.uint16), np.zeros((4, 1), np.int16)))


def _parts(packed: Packed) -> Iterator[tuple[int, int]]:
    """Ranges of blocks with about the same number of lines, one a thread."""
    n = max(1, min(cores(), packed.base.size // WORTH_A_THREAD))
    cuts = np.searchsorted(packed.first, np.arange(1, n) * int(packed.first[-1]) // n).tolist()
    edges = [0, *cuts, packed.blocks]
    yield from pairwise(edges)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, cores() - 1), thread_name_prefix="collab-whatif")


if hasattr(os, "register_at_fork"):  # a forked process has the executor but not its threads
    os.register_at_fork(after_in_child=_threads.cache_clear)
