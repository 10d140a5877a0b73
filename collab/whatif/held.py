"""What agents held over time, worked out from when leads came, who got them and how long they took."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Held(NamedTuple):
    """When each lead was begun and ended, and what its agent held with it right after.

    Attributes:
        start_s: when its agent got it; NaN if nobody did.
        end_s: when it ended.
        active: leads of its agent from then on, itself included; 0 if nobody got it.
    """

    start_s: Floats
    end_s: Floats
    active: Ints

    def before(self, agent: Ints, agents: int) -> Ints:
        """What every agent held just before each lead was given: (leads, agents)."""
        found = np.zeros((len(agent), agents), np.int64)
        for row in range(agents):
            own = agent == row
            begun, ended = np.sort(self.start_s[own]), np.sort(self.end_s[own])
            found[:, row] = np.searchsorted(begun, self.start_s) - np.searchsorted(ended, self.start_s, side="right")
        return found


def held(
    arrival_s: Floats,
    agent: Ints,
    response_s: Floats,
    handling_s: Floats,
    capacity: Ints,
    waited_s: Floats | None,
    at_once: bool,
) -> Held:
    """What agents held if each lead was given as soon as it came and its agent had room, or after a known wait.

    Args:
        arrival_s: when leads came, ascending.
        agent: who got each, -1 for nobody.
        response_s: from the arrival to the first answer; one that is not known is 0.
        handling_s: see `at_once`; one that is not known is the mean of those that are.
        capacity: of each agent.
        waited_s: how long each waited before it was given; worked out from capacity, if it is None.
        at_once: whether handling begins when the lead is given, or after the answer.
    """
    usual_s = float(np.nanmean(handling_s)) if np.isfinite(handling_s).any() else 0.0
    handling_s, response_s = np.where(np.isnan(handling_s), usual_s, handling_s), np.nan_to_num(response_s)
    ends: list[list[float]] = [[] for _ in range(len(capacity))]
    start_s, end_s = np.full(len(agent), np.nan), np.full(len(agent), np.nan)
    active = np.zeros(len(agent), np.int64)
    rows = np.flatnonzero(agent >= 0)
    if waited_s is not None:
        rows = rows[np.argsort((arrival_s + waited_s)[rows], kind="stable")]
    for row in rows.tolist():
        own, most = ends[agent[row]], capacity[agent[row]]
        begun = float(arrival_s[row]) + (float(waited_s[row]) if waited_s is not None else 0.0)
        while own and (own[0] <= begun or (waited_s is None and len(own) >= most)):
            begun = max(begun, heappop(own))
        answered = float(arrival_s[row] + response_s[row])
        ended = max(answered, begun + handling_s[row]) if at_once else max(answered, begun) + handling_s[row]
        heappush(own, float(ended))
        start_s[row], end_s[row], active[row] = begun, ended, len(own)
    return Held(start_s, end_s, active)
