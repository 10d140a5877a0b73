"""What agents held over time, worked out from when leads came, who got them and how long they took."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SELDOM = 0.1
"""In less than this share of their leads an agent may hold more than they can, e.g. because a person gave them one."""

ROUNDED_S = 2.0
"""By so much may known times be off, each being rounded to the second: a full agent had room a little later."""


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
    not_before_s: Floats | None = None,
) -> Held:
    """What agents held if each lead was given as soon as it came and its agent had room, or after a known wait.

    No lead waits for room that came only after its answer: then its agent held more than capacity says.

    Args:
        arrival_s: when leads came, ascending.
        agent: who got each, -1 for nobody.
        response_s: from the arrival to the first answer; one that is not known is 0.
        handling_s: see `at_once`; one that is not known is the mean of those that are.
        capacity: of each agent.
        waited_s: how long each waited before it was given, rounded perhaps; worked out from capacity, if it is None.
        at_once: whether handling begins when the lead is given, or after the answer.
        not_before_s: before when none was given, e.g. because nobody was there; if it is None, their arrival.
    """
    usual_s = float(np.nanmean(handling_s)) if np.isfinite(handling_s).any() else 0.0
    handling_s = np.where(np.isnan(handling_s), usual_s, handling_s)
    answered_s = arrival_s + np.nan_to_num(response_s)
    latest_s = np.where(np.isnan(response_s), np.inf, answered_s)
    free_s = arrival_s if not_before_s is None else not_before_s
    if waited_s is not None:
        free_s, latest_s = arrival_s + waited_s, arrival_s + waited_s + ROUNDED_S
    return _in_turn(agent, capacity, free_s, latest_s, answered_s, handling_s, at_once)


def _in_turn(
    agent: Ints, capacity: Ints, free_s: Floats, latest_s: Floats, answered_s: Floats, handling_s: Floats, at_once: bool
) -> Held:
    """What was held if each lead was begun when it was free, or when its agent had room, if that was not too late."""
    ends: list[list[float]] = [[] for _ in range(len(capacity))]
    start_s, end_s = np.full((2, len(agent)), np.nan)
    active, rows = np.zeros(len(agent), np.int64), np.flatnonzero(agent >= 0)
    for row in rows[np.argsort(free_s[rows], kind="stable")].tolist():
        own, begun = ends[agent[row]], float(free_s[row])
        while own and (own[0] <= begun or (len(own) >= capacity[agent[row]] and own[0] <= latest_s[row])):
            begun = max(begun, heappop(own))
        answered = max(answered_s[row], begun)
        end_s[row] = max(answered, (begun if at_once else answered) + handling_s[row])
        heappush(own, float(end_s[row]))
        start_s[row], active[row] = begun, len(own)
    return Held(start_s, end_s, active)


def overfull(begun_s: Floats, ended_s: Floats, agent: Ints, capacity: Ints) -> Ints:
    """How many leads each agent had begun and not ended at once, where that was more than they can hold, else 0.

    Leads of which a time is not known (NaN) are left out. What happens in less than `SELDOM` of an agent's leads may
    have been somebody's decision, and counts as 0, too.
    """
    found = np.zeros(len(capacity), np.int64)
    for one in range(len(capacity)):
        own = (agent == one) & (ended_s > begun_s)
        begun, ended = np.sort(begun_s[own]), np.sort(ended_s[own])
        held_then = np.arange(1, len(begun) + 1) - np.searchsorted(ended, begun, side="right")
        if len(begun) and float(np.mean(held_then > capacity[one])) >= SELDOM:
            found[one] = held_then.max()
    return found
