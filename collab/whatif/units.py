"""Durations and values that are in another unit than the rest: as what agents held tells, or values themselves."""

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


HUNDRED = (80.0, 125.0)
"""So many times the lower half of values are the upper ones if those are in cents."""

VALLEY, MANY = 0.02, 50
"""So small a share of values lies between two units, where one unit alone has far more; with fewer nothing is said."""


def in_cents(values: NDArray[np.float64]) -> str | None:
    """That values above 0 lie around two amounts of which one is a hundred times the other; None if they do not.

    Of one log-normal law the upper ones are a hundred times the lower ones at a sigma of 3.4 only, and a fifth of them
    lies between.
    """
    logs = np.log(values[values > 0])
    if len(logs) < MANY:
        return None
    middle = float(np.quantile(logs, (0.1, 0.9)).mean())
    upper = logs > middle
    between = float(np.mean(np.abs(logs - middle) < np.log(100) / 6))
    if between > VALLEY or upper.all() or not upper.any():
        return None
    low, high = (float(np.exp(np.median(logs[part]))) for part in (~upper, upper))
    if not HUNDRED[0] <= high / low <= HUNDRED[1]:
        return None
    return (
        f"values lie around {low:,.4g} and around {high:,.0f}, a hundred times that: are {upper.mean():.0%} in cents?"
    )
