"""When agents could be asked, worked out from the decisions in which they were eligible, and what they can do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collab.whatif.world import Shifts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST = 3
"""An agent who was passed over so often in a row, though not full, was not there."""

LONG, LONG_S = 30.0, 1800.0
"""Nobody counts as on shift in a gap between leads that is so many usual gaps long, and so many seconds."""


def able_of(eligible: Flags, kind: NDArray[np.int64], kinds: int) -> Flags:
    """Whether each agent was ever eligible for each kind of lead: (kinds, agents)."""
    found = np.zeros((kinds, eligible.shape[1]), bool)
    for one in range(kinds):
        found[one] = eligible[kind == one].any(axis=0)
    return found


def long_gaps(time_s: Floats) -> tuple[float, NDArray[np.int64]]:
    """The usual gap between times that ascend, and after which of them a long one comes."""
    gap_s = np.diff(time_s)
    usual_s = float(np.median(gap_s)) if len(gap_s) else 0.0
    return usual_s, np.flatnonzero(gap_s > max(LONG * usual_s, LONG_S))


def shifts_of(time_s: Floats, eligible: Flags, full: Flags, able: Flags) -> Shifts:
    """When each agent was on shift; (leads, agents) each but for the times, which ascend.

    Args:
        time_s: when each lead was given.
        eligible: who could have had it.
        full: who had no room; from them, nothing else follows.
        able: who has the skills for it.
    """
    n, agents = eligible.shape
    rows, starts, ends = [], [], []
    usual_s, closed = long_gaps(time_s)
    for agent in range(agents):
        there = _there(eligible[:, agent], (full | ~able)[:, agent], closed)
        edges = np.flatnonzero(np.diff(there, prepend=False, append=False))
        for begin, end in edges.reshape(-1, 2).tolist():
            stops = closed[(closed >= begin) & (closed < end - 1)]
            for first, last in zip([begin, *(stops + 1)], [*stops, end - 1], strict=True):
                # a long gap ends the shift, be it within a run or right behind it
                until = time_s[last] + usual_s if end == n or last in closed else time_s[end]
                rows.append(agent)
                starts.append(time_s[first])
                ends.append(max(until, np.nextafter(time_s[first], np.inf)))
    return Shifts(np.array(rows, np.int64), np.array(starts, float), np.array(ends, float))


def _there(eligible: Flags, unknown: Flags, closed: NDArray[np.int64]) -> Flags:
    """At each lead, whether the agent was there: as long as they were not passed over again and again.

    Where it is not known when they left, e.g. because they were full, they left in the middle, or as everybody did.
    """
    seen = np.flatnonzero(eligible | ~unknown)
    state = eligible[seen]
    # runs of absence that are too short are lapses of what was worked out
    edges = np.flatnonzero(np.diff(~state, prepend=False, append=False)).reshape(-1, 2)
    for begin, end in edges.tolist():
        if end - begin < FEWEST:
            state[begin:end] = True
    if not len(seen):
        return np.zeros(len(eligible), bool)
    last = np.searchsorted(seen, np.arange(len(eligible)), side="right") - 1
    found = np.asarray(state[np.maximum(last, 0)], bool)
    for left in np.flatnonzero(state[:-1] & ~state[1:]).tolist():
        begin, end = seen[left], seen[left + 1]
        stops = closed[(closed >= begin) & (closed < end)][:1] + 1
        found[min([(begin + end + 1) // 2, *stops.tolist()]) : end] = False
    return found
