"""What chance brings each lead, whoever has it: the same under all weights, so that differences are the weights'."""

from __future__ import annotations

from dataclasses import dataclass
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
    """

    answer: NDArray[np.float64]
    handling: NDArray[np.float64]
    value: NDArray[np.float64]
    conversion: NDArray[np.float64]

    @classmethod
    def draw(cls, leads: int, seed: int) -> Self:
        """The luck of so many leads; of more leads, the first have the same."""
        normal, logistic = (np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(2))
        answer, handling, value = np.ascontiguousarray(normal.standard_normal((leads, 3)).T)
        return cls(answer, handling, value, logistic.logistic(size=leads))


def lognormal(luck: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Factors with a mean of 1 whose logarithm has this standard deviation, from standard normal luck."""
    return np.exp(sigma * luck - sigma**2 / 2)
