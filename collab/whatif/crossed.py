"""A table of kinds x agents from what was seen of its cells: parts of the kind, the agent and both, each shrunk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 6
"""How often the parts are fitted in turn; more change nothing that counts."""

GRID = np.geomspace(1e-5, 10.0, 60)
"""Where variances between kinds, agents and cells are looked for; between two of them they are interpolated."""


def crossed(seen: Floats, doubt: Floats, chance: np.random.Generator | None = None) -> Floats:
    """The table of which its cells were seen with errors: level + part of the kind + part of the agent + rest.

    Parts are drawn towards 0 by how much is known of them (the best linear prediction of crossed random effects,
    Robinson 1991); how much they differ is found from what is seen (Paule & Mandel 1982).

    Args:
        seen: kinds x agents; of no account where nothing was seen.
        doubt: the variance of each one's error; infinite where nothing was seen.
        chance: if it is given and `seen` comes of rows drawn again, what shrinking hides of how unsure parts are is
            drawn too: a part drawn to 0 varies little, and may be as far from the truth as parts are from each other.
    """
    kinds, agents = seen.shape
    kind, agent = (one.reshape(-1) for one in np.indices(seen.shape))
    there = np.isfinite(doubt.reshape(-1))
    value, error = np.where(there, seen.reshape(-1), 0.0), doubt.reshape(-1)
    if not there.any():
        return np.zeros(seen.shape)
    of_kind, of_agent, rest = _Part(kind, kinds), _Part(agent, agents), np.zeros(len(value))
    between, level = 0.01, 0.0
    free = int(there.sum()) - len(np.unique(kind[there])) - len(np.unique(agent[there])) + 1
    for _ in range(ROUNDS):
        precision = 1 / (between + error)
        level = float(precision @ (value - of_kind.each - of_agent.each)) / float(precision.sum())
        of_kind.fit(value - level - of_agent.each, precision)
        of_agent.fit(value - level - of_kind.each, precision)
        rest = value - level - of_kind.each - of_agent.each
        between = variance(rest[there], error[there], free)
    trust = between / (between + error)
    table = level + of_kind.drawn(chance) + of_agent.drawn(chance) + trust * rest + hidden(trust, between, chance)
    return np.asarray(table, np.float64).reshape(seen.shape)


class _Part:
    """What cells of one group have in common; `each` is a value a cell."""

    def __init__(self, group: Ints, groups: int) -> None:
        self.group, self.groups = group, groups
        self.between, self.found, self.trust = 0.1, np.zeros(groups), np.zeros(groups)
        self.each = np.zeros(len(group))

    def fit(self, value: Floats, precision: Floats) -> None:
        """Fit it to what is left of the cells."""
        known = np.bincount(self.group, precision, minlength=self.groups)
        there = known > 0
        mean = np.bincount(self.group, precision * value, minlength=self.groups)[there] / known[there]
        self.between = variance(mean, 1 / known[there], int(there.sum()) - 1)
        self.trust = self.between * known / (1 + self.between * known)
        self.found[there] = self.trust[there] * mean
        self.each = self.found[self.group]

    def drawn(self, chance: np.random.Generator | None) -> Floats:
        """The part of each cell, with what shrinking hides."""
        return (self.found + hidden(self.trust, self.between, chance))[self.group]


def variance(value: Floats, error: Floats, free: int) -> float:
    """How much values differ beyond their errors: the variance with which their weighted squares come to `free`."""
    if free <= 0:
        return float(GRID[0])
    squares = (value**2 / (GRID[:, None] + error)).sum(axis=1)
    return float(np.exp(np.interp(-free, -squares, np.log(GRID))))


def hidden(trust: Floats, between: float, chance: np.random.Generator | None) -> Floats:
    """What shrinking hides of how unsure parts are: drawn with the variance between x (1 - trust)².

    What is known of a part leaves the variance between x (1 - trust); over rows drawn again it varies by trust x that.
    """
    if chance is None:
        return np.zeros(len(trust))
    found: Floats = between**0.5 * (1 - trust) * chance.standard_normal(len(trust))
    return found
