"""Every weights of a grid over the simplex at once: where the logged agents still win, and sums over where they do."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collab.whatif.cases import Cases
from collab.whatif.kernel import cores

logger = logging.getLogger(__name__)

PART = 16_384
"""Decisions between two looks at whether to go on."""

WORTH_NUMBA = 2_000_000_000
"""From so many candidates times weights numba is loaded (1 s); below, numpy takes a second or two."""

SINGLE = 50
"""Up to so many steps from 0 to 100 single precision is exact, see `bounds`."""

Share = Callable[[Cases, NDArray[np.float64], int, NDArray[np.float64]], None]
"""Adds the sums of decisions that all have a logged agent, at a step, to an array (weights of the grid, columns)."""


def sums(
    cases: Cases,
    columns: NDArray[np.float64],
    step: int,
    share: Share | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> NDArray[np.float64]:
    """The sum of each column over the decisions whose logged agent still wins, for each weights of the grid.

    `columns` are (columns, decisions), the result is (weights, columns) in the order of `simplex_grid`. The winner has
    the highest score, of equal ones the lowest agent id. Decisions without a logged agent count nowhere. Any number of
    threads may call it at once. `progress` hears how many decisions of how many are done, in this thread.

    Raises:
        ValueError: `step` does not divide 100.
        CancelledError: `cancelled` said so; it is asked between parts.
    """
    points = count(step)
    share = share or _ready(len(cases.agent) * points)
    cases, columns = _taken(cases, columns)
    n, rows = len(cases.counts), np.concatenate([[0], np.cumsum(cases.counts)]).astype(np.int64)
    total = np.zeros((points, len(columns)))

    def run(start: int) -> NDArray[np.float64]:
        part, out = slice(start, min(start + PART, n)), np.zeros_like(total)
        some = _part(cases, part, slice(int(rows[start]), int(rows[part.stop])))
        share(some, columns[:, part], step, out)
        return out

    for found in _in_turn(run, n, progress, cancelled):
        total += found
    return total


def count(step: int) -> int:
    """How many weights the grid of a step has.

    Raises:
        ValueError: `step` does not divide 100.
    """
    if step not in range(1, 101) or 100 % step:
        raise ValueError(f"step is {step!r}; give a whole number that divides 100, e.g. 5")
    ticks = 100 // step
    return (ticks + 1) * (ticks + 2) * (ticks + 3) // 6


def bounds(cases: Cases, step: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """How far along each line of the grid no rival wins: of t and of -t, each as c, d and e, (3, candidates).

    Weights are `step` times integers k that sum to K. With g, the factors of a rival less those of the logged agent,
    the rival loses if k . g + low <= 0, where `low` is 1 if the rival's id is lower and 0 if not. On a line of the grid
    k0 and k1 stay and k2 = t grows, and that is a + b t <= 0, in integers, so a + b t <= 1/2 says the same: t is at
    most (1/2 - a) / |b| if b > 0, and -t is if b < 0; b = 0 is taken for a small one. Such a bound is c + k0 d + k1 e.
    A rival bounds one of the two; of the other its bound, like both of the logged agent's, is the end of the grid.

    An integer t is never nearer to a bound than 1 / (2 |b|), and what is added up is below 30,000 K / |b|. After four
    roundings in single precision the error is 4 x 2^-24 x 30,000 K / |b| at most, which is less as long as K is 50 or
    less; beyond, bounds are in double precision. So the floats decide as the integers would, in any order of adding.
    """
    ticks, whose = 100 // step, np.repeat(cases.chosen, cases.counts)
    logged = cases.agent == whose
    gap = cases.factors - np.repeat(cases.factors[:, logged], cases.counts, axis=1)
    g0, g1, g2, g3 = gap.astype(precision(ticks))
    slope = np.abs(g2 - g3)
    slope[slope == 0] = 1 / (100 * ticks)
    low = (cases.agent < whose).astype(slope.dtype)
    bound = np.stack([(slope.dtype.type(0.5) - low - ticks * g3) / slope, (g3 - g0) / slope, (g3 - g1) / slope])
    end = np.zeros((3, 1), slope.dtype)
    rises = g2 >= g3
    below = np.where(rises | logged, end, bound)
    end[0] = ticks
    return np.where(rises & ~logged, bound, end), below


def precision(ticks: int) -> type[np.floating[Any]]:
    """The floats that are exact with so many steps from 0 to 100."""
    return np.float32 if ticks <= SINGLE else np.float64


def in_numpy(cases: Cases, columns: NDArray[np.float64], step: int, out: NDArray[np.float64]) -> None:
    """A `Share` in numpy."""
    ticks, point = 100 // step, 0
    starts, columns = np.cumsum(cases.counts) - cases.counts, columns.T
    most, least = bounds(cases, step)
    for k0 in range(ticks + 1):
        above, below = most[0] + k0 * most[1], least[0] + k0 * least[1]
        for k1 in range(ticks + 1 - k0):
            high = np.minimum.reduceat(above + k1 * most[2], starts)
            low = -np.minimum.reduceat(below + k1 * least[2], starts)
            t = np.arange(ticks + 1 - k0 - k1, dtype=high.dtype)[:, None]
            won = ((low <= t) & (t <= high)).astype(np.float64)
            out[point : point + len(t)] += won @ columns
            point += len(t)


@cache
def in_numba() -> Share | None:
    """A `Share` in numba, which is loaded with the first call; None where it cannot be."""
    try:
        from collab.whatif.compiled_grid import share
    except Exception as error:  # missing, or it does not fit this numpy or this machine: whatever it is, numpy does
        logger.warning("the sweep uses numpy, with the same results but slower: numba failed (%s)", error)
        return None

    return share


def _ready(work: int) -> Share:
    return (in_numba() if work >= WORTH_NUMBA else None) or in_numpy


def _in_turn(
    run: Callable[[int], NDArray[np.float64]],
    n: int,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Iterator[NDArray[np.float64]]:
    """What comes of the parts, in their order, so that sums of floats are the same every time."""
    with ThreadPoolExecutor(cores(), thread_name_prefix="collab-grid") as pool:
        jobs = deque((start, pool.submit(run, start)) for start in range(0, n, PART))
        try:
            while jobs:
                start, job = jobs.popleft()  # not kept, because a fine grid is large
                if cancelled and cancelled():
                    raise CancelledError(f"the sweep was cancelled after {start:,} of {n:,} decisions")
                yield job.result()
                if progress:
                    progress(min(start + PART, n), n)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _part(cases: Cases, part: slice, rows: slice) -> Cases:
    """The decisions of a part and their candidates, without what bounds do not need."""
    whose = (cases.agents, cases.keys[part], cases.chosen[part], cases.counts[part])
    return Cases(*whose, cases.agent[rows], cases.factors[:, rows])


def _taken(cases: Cases, columns: NDArray[np.float64]) -> tuple[Cases, NDArray[np.float64]]:
    """The decisions that have a logged agent."""
    keep = cases.chosen > 0
    if keep.all():
        return cases, columns
    rows = np.repeat(keep, cases.counts)
    whose = (cases.agents, cases.keys[keep], cases.chosen[keep], cases.counts[keep])
    return Cases(*whose, cases.agent[rows], cases.factors[:, rows]), columns[:, keep]
