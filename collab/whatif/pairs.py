"""The difference between two arms from pairs of blocks, one block of each arm in a pair: plain functions on arrays."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import ceil, inf, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from collab.whatif.estimators import student

Floats = NDArray[np.float64]

FEWEST = 4
"""With fewer pairs of blocks nothing is said: their variance is not known."""

POWER = 0.8
"""The chance with which a difference of the size in question shall be found."""


@dataclass(frozen=True)
class Pairs:
    """Means of a metric in pairs of blocks; a value a pair.

    Attributes:
        a: the mean of the pair's block of arm a.
        b: that of arm b.
        weight: how much the pair says; with n leads in a block n_a n_b / (n_a + n_b), else 1.
    """

    a: Floats
    b: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def effective(self) -> float:
        """How many equal pairs would say as much: (sum w)^2 / sum w^2, which is their number if all weigh the same."""
        total = float(self.weight.sum())
        return total**2 / float(self.weight @ self.weight) if total > 0 else 0.0

    @property
    def spread(self) -> float:
        """The standard error that one of so many `effective` pairs alone would have if both arms were alike.

        The order within a pair is the toss of a coin, so what a pair differs by counts whole, without their mean.
        """
        parts = self.weight * (self.b - self.a)
        return float(sqrt(float(parts @ parts) * self.effective) / self.weight.sum())

    def mean(self, values: Floats, level: float = 0.95) -> tuple[float, float, float]:
        """The mean of one value v a pair, weighted by pair, and its interval by Student's t.

        m = sum w v / sum w; its variance is E / (E - 1) sum (w (v - m))^2 / (sum w)^2 of E `effective` pairs, and its
        degrees of freedom are E - 1: of P equal pairs P - 1, and pairs that weigh nearly nothing count for nothing. Of
        v = b - a it is the difference of a matched-pair design whose unit is the block (Imai, King & Nall, Statistical
        Science 24, 2009).
        """
        w, total = self.weight, float(self.weight.sum())
        value = float(w @ values) / total
        parts = w * (values - value)
        degrees = self.effective - 1
        if not degrees > 0:
            return value, -inf, inf
        half = student(0.5 + level / 2, degrees) * sqrt(float(parts @ parts) * (degrees + 1) / degrees) / total
        return value, value - half, value + half


def paired(block: NDArray[np.int64], in_b: NDArray[np.bool_], values: Floats, *, each: bool = True) -> Pairs:
    """The pairs of which both blocks have a known value; blocks 2k and 2k + 1 are a pair.

    Args:
        block: the block of each row.
        in_b: whether it is arm b's.
        values: what is averaged; NaN is not known.
        each: rows are leads, and blocks with more of them say more; else every pair counts the same.
    """
    known = ~np.isnan(values)
    pair, size = block[known] // 2, int(block.max(initial=-1)) // 2 + 1
    counts, sums = np.zeros((2, size)), np.zeros((2, size))
    np.add.at(counts, (in_b[known].astype(int), pair), 1)
    np.add.at(sums, (in_b[known].astype(int), pair), values[known])
    whole = np.flatnonzero(counts.min(axis=0) > 0)
    n, means = counts[:, whole], sums[:, whole] / counts[:, whole]
    return Pairs(means[0], means[1], n.prod(axis=0) / n.sum(axis=0) if each else np.ones(len(whole)))


def carried(block: NDArray[np.int64], in_b: NDArray[np.bool_], early: NDArray[np.bool_], values: Floats) -> Pairs:
    """The difference b less a of each pair in the `early` part of its blocks (`a`) and in the rest of them (`b`).

    They are pairs of which both parts of both blocks have a known value, weighted by 1 / sum 1 / n over these four. If
    what one block leaves to the next is past, both differ by luck only.
    """
    known = ~np.isnan(values)
    block, in_b, early, values = block[known], in_b[known], early[known], values[known]
    pair = block // 2
    parts = np.unique(np.stack([pair, in_b, early]), axis=1)[0]
    whole = np.isin(pair, np.flatnonzero(np.bincount(parts) == 4))
    first, rest = (paired(block[at], in_b[at], values[at]) for at in (whole & early, whole & ~early))
    weight = first.weight * rest.weight / (first.weight + rest.weight)
    return Pairs(first.b - first.a, rest.b - rest.a, weight)


def needed(spread: float, difference: float, level: float = 0.95, known: float = inf) -> int:
    """How many pairs of blocks find a difference of this size with a chance of .8, `FEWEST` or more.

    The least P for which q spread / sqrt(P) is no more than the difference, q being the .8 quantile of a noncentral t
    around t(1 - (1 - level) / 2, P - 1) with as many degrees of freedom as pairs say what the spread is: `known` pairs
    may say by luck that it is small (Julious & Owen, Pharmaceutical Statistics 5, 2006).

    Raises:
        ValueError: the difference is not above 0.
    """
    if not difference > 0:
        raise ValueError(f"difference is {difference}; give one above 0")
    pairs = float(FEWEST)
    for _ in range(50):  # t falls as P grows, so it settles from below and above
        pairs = max(FEWEST, (_quantile(pairs, level, known) * spread / difference) ** 2)
    return max(FEWEST, ceil(pairs - 1e-9))


def found(spread: float, pairs: float, level: float = 0.95, known: float = inf) -> float:
    """The least difference that so many pairs of blocks find with a chance of .8, `known` of which say the spread."""
    return _quantile(pairs, level, known) * spread / sqrt(pairs)


def counting(shares: Floats, pairs: int) -> float:
    """As how many equal pairs so many pairs of blocks in a row count at least, wherever in the shares they begin.

    `shares` says it of each pair of a week, which comes again and again: 0 where a block is always empty.
    """
    week = len(shares)
    whole, rest = divmod(pairs, week)
    sums = np.concatenate([[0.0], np.cumsum(np.tile(shares, 2))])
    return whole * float(sums[week]) + float((sums[rest : rest + week] - sums[:week]).min())


def lasting(shares: Floats, wanted: float) -> int:
    """The least number of pairs of blocks in a row that count as so many equal ones, wherever they begin.

    Raises:
        ValueError: no pair of the week counts.
    """
    if not (total := float(shares.sum())) > 0:
        raise ValueError("shares are 0; give a week in which some pair of blocks has leads")
    most = (ceil(wanted / total) + 1) * len(shares)
    return bisect_left(range(most), wanted - 1e-9, key=lambda pairs: counting(shares, pairs))


def _quantile(pairs: float, level: float, known: float) -> float:
    """The `POWER` quantile of the noncentral t, by the normal one (Abramowitz & Stegun 26.7.10); t + z at infinity."""
    t, z, v = student(0.5 + level / 2, pairs - 1), NormalDist().inv_cdf(POWER), max(known, 1.0)
    bias, half = 1 - 1 / (4 * v), 1 / (2 * v)
    return (bias * t + z * sqrt(bias**2 + half * max(t**2 - z**2, 0.0))) / (bias**2 - half * z**2)
