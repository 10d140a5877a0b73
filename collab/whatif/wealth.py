"""What bettors hold who bet against a mean, decision by decision; many means are tried at the price of one."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

BETS = tuple(0.9 * 0.6**step for step in range(24))
"""The shares of its wealth that the bettor tries side by side: from almost all to a few millionths."""

CLASS_BITS = 6
"""Values are of one class if their exponents and so many further bits agree: they differ by less than a 64th."""

MOST = 5
"""The highest power that is summed in a class; what is left out of a decision's logarithm is below 1e-11."""

_MANTISSA_BITS = 52


class Wealth:
    """The wealth after a log of values of 0 or more, as a function of the mean that is bet against.

    On a value x a stake b wins b (x / mean - 1). The logarithms of 1 + that are not summed one by one: values of a
    class are written as its mean times 1 + d, and log(1 + u d) is a short sum of powers of d, which are added up once.
    """

    def __init__(self, values: NDArray[np.float64]) -> None:
        won = np.ascontiguousarray(values[values > 0])
        self._lost = len(values) - len(won)  # of these every stake is lost, whatever the mean
        place = won.view(np.int64) >> (_MANTISSA_BITS - CLASS_BITS)
        place -= place.min() if len(place) else 0
        counts = np.bincount(place)
        there = counts > 0
        self._counts = counts[there].astype(np.float64)
        means = np.bincount(place, won) / np.maximum(counts, 1)
        self._means = means[there]
        apart = won / means[place] - 1
        power, self._sums = apart.copy(), []
        for _ in range(2, MOST + 1):
            power *= apart
            self._sums.append(np.bincount(place, power)[there])

    def logarithm(self, mean: float) -> float:
        """The logarithm of the mean wealth of bettors who stake each of `BETS` on every decision against this mean."""
        bets = np.array(BETS)[:, None]
        odds = bets * (self._means / mean - 1)
        share = bets * (self._means / mean) / (1 + odds)
        more = np.zeros_like(share)
        for power in range(MOST, 1, -1):  # Horner's rule for the logarithm's series
            more += self._sums[power - 2] * ((-1) ** (power + 1) / power)
            more *= share
        more *= share
        logs = np.log1p(odds) @ self._counts + more.sum(axis=1) + self._lost * np.log1p(-bets[:, 0])
        most = float(logs.max())
        return most + log(float(np.exp(logs - most).mean()))
