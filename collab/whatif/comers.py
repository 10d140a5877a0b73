"""Since when leads that were answered late can have been begun: when those who could take them came on shift."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif.presences import shifts_of
from collab.whatif.world import Shifts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LATE, LATE_S = 15.0, 300.0
"""A lead was answered late after so many short response times, and so many seconds; others can have waited little."""

SHORT = 0.25
"""A short response time is that which so large a share of the leads does not reach: few of these waited."""

AFTER = 2.0
"""Nobody waited for who was seen there only after so many times the response time."""


def comers(
    arrival_s: Floats, agent: Ints, response_s: Floats, start_s: Floats, eligible: Flags, full: Flags, able: Flags
) -> Floats:
    """Before when each lead was not begun; its arrival, if nothing says otherwise.

    Who could take a lead is known, and when they were there from the leads that were answered soon. If none of them was
    there when a late one came, it waited for them, e.g. from closing time to the morning.

    Args:
        arrival_s: when leads came, ascending.
        agent: who got each, -1 for nobody.
        response_s: from the arrival to the first answer, NaN if it is not known.
        start_s: when each was begun at the earliest, NaN if never.
        eligible: who could have had it when it was begun: (leads, agents).
        full: who had no room then: (leads, agents).
        able: who has the skills for it: (leads, agents).
    """
    found, known = arrival_s.copy(), np.isfinite(start_s) & np.isfinite(response_s)
    usual = float(np.quantile(response_s[known], SHORT)) if known.any() else 0.0
    soon_s = max(LATE * usual, LATE_S)
    late = known & (response_s > soon_s)
    soon = np.flatnonzero(known & (arrival_s + response_s - start_s <= soon_s))
    late &= eligible.any(axis=1)
    if not late.any() or not len(soon):
        return found
    soon = soon[np.argsort(start_s[soon], kind="stable")]
    shifts = shifts_of(start_s[soon], eligible[soon], full[soon], able[soon])
    there_s = _there(shifts, arrival_s[late], eligible.shape[1])
    last_s = np.where(eligible[late], there_s, -np.inf).max(axis=1)
    nobody = np.where(eligible[late], there_s, np.inf).min(axis=1) > arrival_s[late]
    waited = nobody & (last_s <= arrival_s[late] + AFTER * response_s[late])
    rows = np.flatnonzero(late)[waited]
    # whom they waited for may have been seen first after they had answered it, as usual
    took = pd.Series((arrival_s + response_s - start_s)[soon]).groupby(agent[soon]).median()
    usual_s = took.reindex(agent[rows], fill_value=usual).to_numpy()
    begun_s = np.minimum(last_s[waited], arrival_s[rows] + response_s[rows] - usual_s)
    found[rows] = np.maximum(begun_s, arrival_s[rows])
    return found


def _there(shifts: Shifts, time_s: Floats, agents: int) -> Floats:
    """From when on each agent is there at or after each time, infinity for never: (times, agents)."""
    found = np.full((len(time_s), agents), np.inf)
    for agent in range(agents):
        own = np.flatnonzero(shifts.agent == agent)
        own = own[np.argsort(shifts.start_s[own], kind="stable")]
        after = np.searchsorted(shifts.start_s[own], time_s, side="right")
        on = np.append(-np.inf, shifts.end_s[own])[after] > time_s
        found[:, agent] = np.where(on, time_s, np.append(shifts.start_s[own], np.inf)[after])
    return found
