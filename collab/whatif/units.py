"""Durations of anyone's frames that are in another unit than seconds, as what agents held tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif.columns import where

Floats = NDArray[np.float64]

UNITS = {"minutes": 60, "hours": 3600}
"""What durations may be in by mistake, in seconds; of milliseconds agents hold more than they can."""

CLEARLY, NEARER = 0.05, 4.0
"""They are if availability is off by no more then, and by a quarter of what it is off in seconds."""


def refuse_other_units(
    outcomes: pd.DataFrame, columns: Mapping[str, Floats], off: float, off_with: Callable[[Floats, Floats], float]
) -> None:
    """Refuse durations with which availability follows from what agents held if they are minutes or hours.

    Args:
        outcomes: the frame that has them, for the name of a row.
        columns: response_s and handling_s, a value a row of it.
        off: how far availability is off on average with these as seconds.
        off_with: the same with other times of response and of handling.

    Raises:
        ValueError: names the column, the row, the value and the fix.
    """
    both = ("handling_s", "response_s")
    for (unit, seconds), names in product(UNITS.items(), (both, both[:1], both[1:])):
        times = {name: columns[name] * (seconds if name in names else 1) for name in both}
        if off_with(times["response_s"], times["handling_s"]) > min(CLEARLY, off / NEARER):
            continue
        name, named = names[0], " and ".join(names)
        row = int(np.nanargmax(columns[name]))
        raise ValueError(
            f"{name} is {columns[name][row]:g} at most, in {where(outcomes, row, 'outcomes')}, which looks like "
            f"{unit}: only with {named} in {unit} availability follows from what agents held; multiply by {seconds:,}"
        )
