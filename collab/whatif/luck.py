"""What chance brings each lead, whoever has it: the same under all weights, so that differences are the weights'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLOCK = 512
"""So many leads, and then as many as came before, share out equal parts of all luck among them, so that a seed is
neither lucky nor unlucky. Were all blocks so small, every busy stretch would have its share of short work, and waits
would be too short."""


@dataclass(frozen=True)
class Luck:
    """A value for each lead in every column, uniform in 0 to 1 but where it is said.

    Attributes:
        answer: how long the first answer takes.
        handling: how long the lead takes to close.
        value: what it is worth.
        conversion: standard logistic; the lead converts if its log-odds are above.
        explore: below the share of leads to explore with, drawn weights route it.
        drawn: which weights that are.
    """

    answer: Floats
    handling: Floats
    value: Floats
    conversion: Floats
    explore: Floats
    drawn: Floats

    @classmethod
    def draw(cls, leads: int, seed: int) -> Self:
        """The luck of so many leads; of more leads, the first have the same."""
        columns = (shared_out(leads, np.random.default_rng(one)) for one in np.random.SeedSequence(seed).spawn(6))
        answer, handling, value, conversion, explore, drawn = columns
        return cls(answer, handling, value, np.log(conversion / (1 - conversion)), explore, drawn)


def shared_out(leads: int, chance: np.random.Generator) -> Floats:
    """Numbers between 0 and 1, one in each equal part for each block of leads (Latin hypercube sampling); see `BLOCK`.

    Single ones are uniform, and those of a block all but independent; their means differ much less from seed to seed.
    """
    order, within = chance.spawn(2)
    found = np.empty(0)
    while len(found) < leads:
        size = max(len(found), BLOCK)
        found = np.concatenate([found, (order.permutation(size) + within.random(size)) / size])
    return np.clip(found[:leads], 1e-12, 1 - 1e-12)


def factors(luck: Floats, spread: Floats | float) -> Floats:
    """Factors with a mean of 1, from uniform luck.

    They are lognormal if `spread` is one number, the standard deviation of their logarithm; else each is one of the
    spread's, whose place in it is the luck's.
    """
    if np.ndim(spread) == 0:
        return lognormal(luck, float(spread))
    table = np.asarray(spread, np.float64)
    return np.asarray(table[(luck * len(table)).astype(np.int64)], np.float64)


def lognormal(luck: Floats, sigma: float) -> Floats:
    """Factors with a mean of 1 whose logarithm has this standard deviation, from uniform luck."""
    from scipy.special import ndtri

    return np.asarray(np.exp(sigma * ndtri(luck) - sigma**2 / 2), np.float64)
