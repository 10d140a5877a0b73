"""A smooth curve over 0 to 1 as a table of evenly spaced values, fitted by penalised least squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def hats(place: Floats, knots: int) -> Floats:
    """How much each knot of a table counts at each place: (places, knots), linear between two neighbours."""
    way = np.clip(place, 0, 1) * (knots - 1)
    low = np.minimum(way.astype(np.int64), knots - 2)
    found = np.zeros((len(place), knots))
    rows = np.arange(len(place))
    found[rows, low], found[rows, low + 1] = 1 - (way - low), way - low
    return found


def roughness(knots: int) -> Floats:
    """The matrix of the penalty on second differences, which leaves straight lines free (Eilers & Marx 1996)."""
    bends = np.diff(np.eye(knots), 2, axis=0)
    return np.asarray(bends.T @ bends, np.float64)


def curve(place: Floats, values: Floats, knots: int, weight: Floats, stiffness: float) -> Floats:
    """The table that fits values at places; it is straight where little is known, and level where nothing is.

    Args:
        place: 0 to 1.
        values: one a place.
        knots: entries of the table.
        weight: how often each counts.
        stiffness: how many values stand against a bend of one knot by 1.
    """
    basis = hats(place, knots)
    level = float(values @ weight) / max(float(weight.sum()), 1e-12)
    left = basis.T @ (basis * weight[:, None]) + stiffness * roughness(knots) + 1e-3 * np.eye(knots)
    right = basis.T @ (weight * values) + 1e-3 * level
    return np.asarray(np.linalg.solve(left, right), np.float64)
