"""What chance brings each lead, whoever has it: the same under all weights, so that differences are the weights'."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Luck:
    """A value for each lead in every column.

    Attributes:
        answer: standard normal; how long the first answer takes.
        handling: standard normal; how long the lead takes to close.
        value: standard normal; what it is worth.
        conversion: standard logistic; the lead converts if its log-odds are above.
        explore: uniform in 0 to 1; below the share of leads to explore with, drawn weights route it.
        drawn: uniform in 0 to 1; which weights that are.
    """

    answer: NDArray[np.float64]
    handling: NDArray[np.float64]
    value: NDArray[np.float64]
    conversion: NDArray[np.float64]
    explore: NDArray[np.float64]
    drawn: NDArray[np.float64]

    @classmethod
    def draw(cls, leads: int, seed: int) -> Self:
        """The luck of so many leads; of more leads, the first have the same."""
        normal, logistic, uniform = (np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(3))
        answer, handling, value = np.ascontiguousarray(normal.standard_normal((leads, 3)).T)
        explore, drawn = np.ascontiguousarray(uniform.random((leads, 2)).T)
        return cls(answer, handling, value, logistic.logistic(size=leads), explore, drawn)


def factors(luck: NDArray[np.float64], spread: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Factors with a mean of 1, from standard normal luck.

    They are lognormal if `spread` is one number, the standard deviation of their logarithm; else each is one of the
    spread's, whose place in it is the luck's place among all luck.
    """
    if np.ndim(spread) == 0:
        return lognormal(luck, float(spread))
    table = np.asarray(spread, np.float64)
    edges = [NormalDist().inv_cdf(place / len(table)) for place in range(1, len(table))]
    return np.asarray(table[np.searchsorted(edges, luck)], np.float64)


def lognormal(luck: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Factors with a mean of 1 whose logarithm has this standard deviation, from standard normal luck."""
    return np.exp(sigma * luck - sigma**2 / 2)
