"""Where all weights of a sweep lie on a map, and which columns of it are shown there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collab.whatif.sweep import Sweep

ROWS = ((0, 4), (4, 9), (9, 21))
"""Which slices of availability, of 21 in steps of .05, lie in each row of the map."""

HEIGHT = 0.87
"""How high a row of a triangle is whose points are 1 apart."""

GAP = 1.5
"""How far slices are apart."""

PALETTE = ("#12305c", "#1b4b8a", "#2a67b4", "#4b86cf", "#76a5e0", "#a3c3ee", "#cfe0f8")
"""From least to most; both ends can be told from both grounds."""

TODAY, CHOSEN = "#ffd54f", "#d81b60"
"""The marks of the weights in force and of those in question."""

LEGEND = (
    "A triangle for each share of availability, .00 on the upper left to 1.00 on the lower right. In a triangle, "
    "expertise grows to the right, performance upwards, responsiveness to the left; the lighter, the more. Outlined in "
    "orange: no weights beat these in both columns. The star: the weights in force. The red frame: those of the "
    "sliders. Pale: the log says too little. Click a point to take its weights, or choose from the list."
)
"""How to read the map; the list is for those who do not point."""


WARNING = "The best of many reads better than it is: look at what the forest says of it, and at its interval."
"""Stands beside every front."""


def columns(sweep: Sweep) -> list[str]:
    """The columns of the sweep that can be shown: estimates, ess, share_moved."""
    known = sweep.frame().columns
    return [name for name in (*(f"snips_{metric}" for metric in sweep.metrics), "ess", "share_moved") if name in known]


def signed(column: str) -> str:
    """The column as `Sweep.front` reads it: of what moves less is better, of the others more."""
    return f"-{column}" if column == "share_moved" else column


def places(sweep: Sweep) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each weights lie on the map: a triangle for each availability, in rows; across it, expertise grows.

    In a triangle, performance grows upwards and responsiveness to the left.
    """
    a, e, p, _ = (sweep.weights // sweep.step).T
    side = 100 // sweep.step
    left, base = np.zeros(side + 1), np.zeros(side + 1)
    down = 0.0
    for first, last in ROWS if side == ROWS[-1][1] - 1 else ((0, side + 1),):
        down -= (side - first + 1) * HEIGHT + GAP
        along = 0.0
        for one in range(first, last):
            left[one], base[one] = along, down
            along += side - one + 1 + GAP
    return left[a] + e + p / 2, base[a] + p * HEIGHT
