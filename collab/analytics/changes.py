"""Where a series changed its level: by ranks, so that no single value decides; in noise hardly ever.

Each stretch is split where the ranks' cumulative sum strays furthest from 0 (the statistic of Pettitt, 1979), if fewer
than `LEVEL` of its shuffles stray as far; then both parts are looked at again. So a series without a change, whose
values could as well have come in any other order, is split with a chance of `LEVEL`, whatever the law of its values.
"""

from __future__ import annotations

from itertools import pairwise
from math import nan

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

LEVEL = 0.02
"""The chance of a change where there is none."""

SHUFFLES = 999
SHORTEST = 5
"""So many values there must be before and after a change."""


class Change(Struct, frozen=True):
    """A change of level at `place`, the index of the first value after it; `p` is how many shuffles stray as far."""

    place: int
    before: float
    after: float
    p: float


def changes(values: NDArray[np.float64], level: float = LEVEL, seed: int = 0) -> list[Change]:
    """The changes of level of a series, in order; NaN are gaps, which are left out.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; give a chance between 0 and 1, e.g. {LEVEL}")
    known = np.flatnonzero(~np.isnan(values))
    series, chance = np.asarray(values, np.float64)[known], np.random.default_rng(seed)
    splits = dict(_split(series, 0, len(series), level, chance))
    edges = [0, *sorted(splits), len(series)]
    parts = [float(np.median(series[a:b])) if b > a else nan for a, b in pairwise(edges)]
    found = zip(sorted(splits), parts, parts[1:], strict=False)
    return [Change(int(known[place]), before, after, splits[place]) for place, before, after in found]


def _split(
    series: NDArray[np.float64], start: int, end: int, level: float, chance: np.random.Generator
) -> list[tuple[int, float]]:
    if end - start < 2 * SHORTEST:
        return []
    ranks = _ranks(series[start:end])
    strays = np.abs(np.cumsum(ranks))[SHORTEST - 1 : -SHORTEST]
    shuffled = chance.permuted(np.broadcast_to(ranks, (SHUFFLES, len(ranks))), axis=1)
    furthest = np.abs(np.cumsum(shuffled, axis=1))[:, SHORTEST - 1 : -SHORTEST].max(axis=1)
    p = float((1 + (furthest >= strays.max()).sum()) / (1 + SHUFFLES))
    if p > level:
        return []
    place = start + SHORTEST + int(strays.argmax())
    parts = ((start, place), (place, end))
    return [(place, p), *(one for a, b in parts for one in _split(series, a, b, level, chance))]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks less their mean; equal values share one."""
    ordered = np.sort(values)
    first, last = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (first + last - len(values)) / 2
