"""How long something takes, by kind of lead, by agent and by load: a product of means, each shrunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collab.whatif.cells import Cells
from collab.whatif.curve import curve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KNOTS = 9
"""Entries of the table of factors by load: 0, 1/8, ..., 1."""

ROUNDS = 6
"""How often kinds, agents and load are fitted in turn; more change nothing that counts."""

LEAST = 0.05
"""No load makes anything take less than this share of the time."""

STIFFNESS = 30.0
"""See `collab.whatif.curve.curve`."""

QUANTILES = 400
"""So many equally likely factors stand for the spread around the mean."""


@dataclass(frozen=True)
class Times:
    """A law of durations.

    Attributes:
        mean_s: kinds x agents, in seconds, at no load.
        by_load: factors at loads evenly spaced from 0 to 1; the first is 1.
        spread: equally likely factors around the mean, ascending, with a mean of 1.
    """

    mean_s: Floats
    by_load: Floats
    spread: Floats


def fitted(
    seconds: Floats,
    kind: Ints,
    agent: Ints,
    load: Floats,
    shape: tuple[int, int],
    weight: Floats,
    chance: np.random.Generator | None = None,
) -> Times:
    """The law of durations of which so many were seen; a value a row, `shape` is (kinds, agents).

    Each mean is a product of parts for the kind, the agent, both together, and the load. The first three are found in
    logarithms, by steps of a gamma regression's (McCullagh & Nelder 1989) with `crossed`, to which `chance` goes.
    """
    if not weight.sum() > 0 or not seconds @ weight > 0:
        return Times(np.zeros(shape), np.ones(KNOTS), np.ones(1))
    level = float(seconds @ weight) / float(weight.sum())
    cells = Cells(kind, agent, weight, shape)
    table, by_load, place = cells.start(seconds / level), np.ones(KNOTS), np.clip(load, 0, 1) * (KNOTS - 1)
    for round in range(ROUNDS):
        at_load = level * np.interp(place, np.arange(KNOTS), by_load)
        table = cells.step(table, seconds / at_load, chance if round == ROUNDS - 1 else None)
        rest = seconds / (level * np.exp(cells.of(table)))
        by_load = np.maximum(curve(load, rest, KNOTS, weight, STIFFNESS), LEAST)
    known = level * np.exp(cells.of(table)) * np.interp(place, np.arange(KNOTS), by_load)
    level *= float(seconds @ weight) / float(known @ weight) * by_load[0]
    return Times(level * np.exp(table), by_load / by_load[0], spread(seconds / known, weight))


def spread(ratio: Floats, weight: Floats) -> Floats:
    """Equally likely factors with a mean of 1: the means of equal parts of the ratios in ascending order."""
    order = np.argsort(ratio, kind="stable")
    passed = np.concatenate([[0.0], np.cumsum(weight[order])])
    total = np.concatenate([[0.0], np.cumsum(weight[order] * ratio[order])])
    edges = np.interp(np.linspace(0, passed[-1], QUANTILES + 1), passed, total)
    parts = np.diff(edges) * QUANTILES
    return np.asarray(parts / max(float(parts.mean()), 1e-12), np.float64)
