"""Times in which nothing was recorded though somebody was there: the office was down, and nobody could work."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collab.whatif.presences import long_gaps
from collab.whatif.world import Shifts

Floats = NDArray[np.float64]


def silences(time_s: Floats, shifts: Shifts) -> Floats:
    """Begin and end (rows, 2) of each long gap (`presences.long_gaps`) in which somebody was on shift.

    Args:
        time_s: when anything happened, in any order; NaN is left out.
        shifts: who was there as far as was recorded. A gap in which nobody was is a night like others.
    """
    known = np.unique(time_s[np.isfinite(time_s)])
    _, long = long_gaps(known)
    middle_s = (known[long] + known[long + 1]) / 2
    there = (shifts.start_s <= middle_s[:, None]) & (shifts.end_s > middle_s[:, None])
    long = long[there.any(axis=1)]
    return np.stack([known[long], known[long + 1]], axis=1)


def overlap_s(start_s: Floats, end_s: Floats, silent: Floats) -> Floats:
    """The seconds of each time from start to end that are silent; 0 where one of them is not known."""
    found = np.zeros(len(start_s))
    for begin_s, until_s in silent.tolist():
        found += np.clip(np.minimum(end_s, until_s) - np.maximum(start_s, begin_s), 0.0, None)
    return np.nan_to_num(found)


def without(shifts: Shifts, silent: Floats) -> Shifts:
    """The shifts, with nobody there in the silences."""
    agent, start_s, end_s, ready = shifts.agent, shifts.start_s, shifts.end_s, np.asarray(shifts.ready)
    for begin_s, until_s in silent.tolist():
        early, late = start_s < begin_s, end_s > until_s
        agent = np.concatenate([agent[early], agent[late]])
        ready = np.concatenate([ready[early], ready[late]])
        start_s, end_s = (
            np.concatenate([start_s[early], np.maximum(start_s[late], until_s)]),
            np.concatenate([np.minimum(end_s[early], begin_s), end_s[late]]),
        )
    return Shifts(agent, start_s, end_s, ready)
