"""Means of ratios by kind of lead and by agent, as a table of logarithms in which parts multiply."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collab.whatif.crossed import crossed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 6
"""Steps to a table; more change nothing that counts."""

LEAST = 0.01
"""No mean is less than this ratio to that of all."""


class Cells:
    """Rows in the cells of kinds x agents, and what a table of logarithms says of them.

    Args:
        kind: of each row, from 0.
        agent: alike.
        weight: how often each row counts.
        shape: (kinds, agents).
    """

    def __init__(self, kind: Ints, agent: Ints, weight: Floats, shape: tuple[int, int]) -> None:
        self.cell, self.weight, self.shape = kind * shape[1] + agent, weight, shape
        self.count = self.sums(np.ones(len(weight)))

    def of(self, table: Floats) -> Floats:
        """The table's entry of each row."""
        return np.asarray(table.reshape(-1)[self.cell], np.float64)

    def sums(self, ratio: Floats) -> Floats:
        """The sum of rows in each cell."""
        size = self.shape[0] * self.shape[1]
        return np.asarray(np.bincount(self.cell, self.weight * ratio, minlength=size), np.float64).reshape(self.shape)

    def table(self, ratio: Floats, chance: np.random.Generator | None) -> Floats:
        """Logarithms of the mean ratio of each kind and agent, shrunk by `crossed`, to which `chance` goes."""
        found = self.start(ratio)
        for round in range(ROUNDS):
            found = self.step(found, ratio, chance if round == ROUNDS - 1 else None)
        return found

    def start(self, ratio: Floats) -> Floats:
        """The table by the means of kinds and of agents alone, whatever they have together."""
        sums, found = self.sums(ratio), np.zeros(self.shape)
        for axis in (0, 1):
            count = self.count.sum(axis=axis, keepdims=True)
            mean = np.divide(sums.sum(axis=axis, keepdims=True), count, out=np.ones_like(count), where=count > 0)
            found = found + np.log(np.maximum(mean, LEAST))
        return found

    def step(self, table: Floats, ratio: Floats, chance: np.random.Generator | None) -> Floats:
        """A better table of the same ratios."""
        off = ratio / np.exp(self.of(table)) - 1
        spread = float(self.weight @ off**2) / max(float(self.weight.sum()) - sum(self.shape), 1.0)
        doubt = np.divide(spread, self.count, out=np.full(self.shape, np.inf), where=self.count > 0)
        step = np.divide(self.sums(off), self.count, out=np.zeros(self.shape), where=self.count > 0)
        # a first step from far below would pass the goal by far, as its logarithm does not
        most = np.maximum(np.log1p(np.maximum(step, 0)), 4 * np.sqrt(doubt))
        return np.maximum(crossed(table + np.minimum(step, most), doubt, chance), np.log(LEAST))
