"""How loaded agents were over time: from when leads began and ended, and who was on shift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collab.metrics import RED_FROM
from collab.whatif.world import Shifts

Floats = NDArray[np.float64]


def loads(
    agent: NDArray[np.int64],
    begun_s: Floats,
    ended_s: Floats,
    capacity: NDArray[np.int64],
    shifts: Shifts,
    edges_s: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Seconds on shift, these times utilization, and those in the red; each (agents, spans between the edges).

    Args:
        agent: whose each lead was; -1 is nobody's.
        begun_s, ended_s: when they got it and when it ended; it has not ended where that is not a number.
        capacity: of each agent.
        shifts: when agents are on shift.
        edges_s: ascending times, with a span between each two.
    """
    worked, loaded, red = np.zeros((3, len(capacity), len(edges_s) - 1))
    ended_s = np.where(np.isnan(ended_s), np.inf, ended_s)
    for row, most in enumerate(capacity.tolist()):
        own, there = agent == row, shifts.agent == row
        times = np.concatenate([begun_s[own], ended_s[own], shifts.start_s[there], shifts.end_s[there], edges_s])
        leads, stays = int(own.sum()), int(there.sum())
        held = np.concatenate([np.ones(leads), -np.ones(leads), np.zeros(2 * stays + len(edges_s))])
        on = np.concatenate([np.zeros(2 * leads), np.ones(stays), -np.ones(stays), np.zeros(len(edges_s))])
        order = np.argsort(times, kind="stable")
        times = np.clip(times[order], edges_s[0], edges_s[-1])
        passed, load = np.diff(times), np.cumsum(held[order])[:-1] / max(most, 1)
        passed = np.where(np.cumsum(on[order])[:-1] > 0, passed, 0.0)
        span = np.clip(np.searchsorted(edges_s, times[:-1], side="right") - 1, 0, len(edges_s) - 2)
        for found, part in ((worked, passed), (loaded, passed * load), (red, passed * (load >= RED_FROM))):
            found[row] = np.bincount(span, part, minlength=len(edges_s) - 1)
    return worked, loaded, red
