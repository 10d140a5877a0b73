"""How leads convert: log-odds by agent, kind of lead, expertise, score and response time, each shrunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collab.records import SCALE
from collab.whatif.crossed import crossed
from collab.whatif.curve import hats, roughness

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KNOTS = 10
"""Entries of the table of log-odds by response time: one a doubling, from 60/8 s to 60 x 64 s."""

LEVEL_AT = 3
"""The entry of 60 s, at which the table is 0."""

RIDGE, STIFFNESS = 2.0, 8.0
"""How strongly the parts of agents and kinds are drawn to 0, and the table to a straight line, in units of evidence."""

MOST_LEADS, ROUNDS = 100_000, 12
"""The main parts are fitted on so many leads at most, evenly spaced, in so many steps of Newton's at most."""


@dataclass(frozen=True)
class Conversion:
    """A law of conversion.

    Attributes:
        odds: kinds x agents, the log-odds after a response of 60 s, without expertise and score.
        by_expertise: what full expertise adds to none.
        by_score: what a standard deviation of the score adds.
        by_response: what is added at response times evenly spaced in their logarithm (see `collab.whatif.rules.place`).
        score: mean and standard deviation of the scores.
    """

    odds: Floats
    by_expertise: float
    by_score: float
    by_response: Floats
    score: tuple[float, float]

    def of_score(self, score: Floats) -> Floats:
        """What each lead's score adds."""
        return self.by_score * (score - self.score[0]) / self.score[1]


@dataclass(frozen=True)
class Seen:
    """Leads that ended; a value a row: what they were, who had them, and whether they converted.

    Attributes:
        place: where the response time stands in its table, 0 to 1.
        weight: how often each counts.
    """

    converted: Floats
    kind: Ints
    agent: Ints
    expertise: Floats
    score: Floats
    place: Floats
    weight: Floats


def fitted(seen: Seen, shape: tuple[int, int], chance: np.random.Generator | None = None) -> Conversion:
    """The law by penalised logistic regression; `shape` is (kinds, agents).

    What kinds, agents and both together have is one step of Newton's from there, shrunk by `crossed`, to which `chance`
    goes.
    """
    kinds, agents = shape
    centre = (float(seen.score.mean()), max(float(seen.score.std()), 1e-9)) if len(seen.score) else (0.0, 1.0)
    score = (seen.score - centre[0]) / centre[1]
    step = max(1, len(score) // MOST_LEADS)
    design, penalty = _design(seen, score, shape)
    beta = _newton(design[::step], seen.converted[::step], seen.weight[::step], penalty)
    base, both = 1 + kinds + agents, np.add.outer(beta[1 : 1 + kinds], beta[1 + kinds : 1 + kinds + agents])
    table = beta[base + 2 :]
    odds = beta[0] + table[LEVEL_AT] + _cells(seen, design @ beta, both, chance)
    return Conversion(odds, float(beta[base]), float(beta[base + 1]), table - table[LEVEL_AT], centre)


def _design(seen: Seen, score: Floats, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """What each lead has of every part, and the penalty on the parts."""
    n, kinds = len(score), shape[0]
    rows, base = np.arange(n), 1 + sum(shape)
    design = np.zeros((n, base + 2 + KNOTS))
    design[:, 0] = 1
    design[rows, 1 + seen.kind], design[rows, 1 + kinds + seen.agent] = 1, 1
    design[:, base], design[:, base + 1] = seen.expertise / SCALE, score
    design[:, base + 2 :] = hats(seen.place, KNOTS)
    penalty = np.zeros((design.shape[1],) * 2)
    penalty[np.arange(1, base), np.arange(1, base)] = RIDGE
    penalty[base, base] = penalty[base + 1, base + 1] = 0.1
    penalty[base + 2 :, base + 2 :] = STIFFNESS * roughness(KNOTS) + 0.02 * np.eye(KNOTS)
    penalty[0, 0] = 1e-6
    return design, penalty


def _newton(design: Floats, converted: Floats, weight: Floats, penalty: Floats) -> Floats:
    beta = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        slope = design.T @ (weight * (converted - chance)) - penalty @ beta
        bend = design.T @ (design * (weight * chance * (1 - chance))[:, None]) + penalty
        step = np.linalg.solve(bend, slope)
        beta = beta + step
        if np.abs(step).max() < 1e-4:
            break
    return beta


def _cells(seen: Seen, odds: Floats, both: Floats, luck: np.random.Generator | None) -> Floats:
    """What each kind and agent add, of which `both` is the first guess."""
    chance = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    cell = seen.kind * both.shape[1] + seen.agent
    missed = np.bincount(cell, seen.weight * (seen.converted - chance), minlength=both.size).reshape(both.shape)
    known = np.bincount(cell, seen.weight * chance * (1 - chance), minlength=both.size).reshape(both.shape)
    there = known > 0
    step = np.divide(missed, known, out=np.zeros(both.shape), where=there)
    return crossed(both + step, np.divide(1, known, out=np.full(both.shape, np.inf), where=there), luck)
