"""What is asked of a log: who would get each decision's lead, for sure or by chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collab.whatif.evidence import Evidence, Values

Floats = NDArray[np.float64]


def _rarely(chances: Floats, tried: Floats, least: float) -> float:
    """The most chances together whose choices were to be tried at most once in all; 0 if that is no more than `least`.

    Given each choice's chance, and how often it was to be tried: the heaviest importance weights come first.
    """
    near = tried * least <= 2 * chances
    if chances[near].sum() <= least / 2:  # all others that are tried once in all are fewer than the other half
        return 0.0
    order = np.argsort(tried / chances)
    found = float(chances[order][np.cumsum(tried[order]) <= 1].sum())
    return found if found > least else 0.0


class Sure(NamedTuple):
    """One candidate of each decision, by its row among the candidates: what weights without exploration choose."""

    rows: NDArray[np.int64]

    def of_logged(self, evidence: Evidence) -> Floats:
        """The chance of each logged choice."""
        return np.asarray(self.rows == evidence.logged, np.float64)

    def unsupported(self, evidence: Evidence) -> float:
        """How many leads would go, on average, where the log never went."""
        return float(np.count_nonzero(evidence.propensity[self.rows] <= 0))

    def rarely(self, evidence: Evidence, least: float) -> float:
        """How many leads would go where the log went once in all by its chances, or never, if more than `least`."""
        return _rarely(np.ones(len(self.rows)), evidence.propensity[self.rows], least)

    def expected(self, evidence: Evidence, values: Floats) -> Floats:
        """The mean of each decision's values over its choices, given a value for each candidate."""
        return values[self.rows]


class Chances(NamedTuple):
    """A chance for each candidate, those of a decision summing to 1."""

    chances: Floats

    def of_logged(self, evidence: Evidence) -> Floats:
        """The chance of each logged choice."""
        return self.chances[evidence.logged]

    def unsupported(self, evidence: Evidence) -> float:
        """How many leads would go, on average, where the log never went."""
        return float(self.chances[evidence.propensity <= 0].sum())

    def rarely(self, evidence: Evidence, least: float) -> float:
        """How many leads would go where the log went once in all by its chances, or never, if more than `least`."""
        there = self.chances > 0
        return _rarely(self.chances[there], evidence.propensity[there], least)

    def expected(self, evidence: Evidence, values: Floats) -> Floats:
        """The mean of each decision's values over its choices, given a value for each candidate."""
        return np.add.reduceat(self.chances * values, evidence.first) if evidence.n else np.empty(0)


Policy = Sure | Chances


def of_weights(evidence: Evidence, weights: Values, explore: float = 0.0) -> Policy:
    """What a router with these weights would do, of whose leads a share `explore` goes by weights drawn at random."""
    return Chances(evidence.chances(weights, explore)) if explore else Sure(evidence.winners(weights))
