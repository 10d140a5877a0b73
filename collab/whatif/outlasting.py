"""Work that outlasted a shift or the log: ended in a hurry, or still open, it does not say how long it takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collab.whatif.course import Course
from collab.whatif.times import KNOTS, Times
from collab.whatif.world import Shifts

Floats = NDArray[np.float64]

ROUNDS = 3
"""How often the law is fitted again with what it makes of such work itself; more change little."""

GOLDEN = (5**0.5 - 1) / 2
"""The multiples of it, less their whole part, are spread evenly over 0 to 1, however many there are."""


def room_s(course: Course) -> Floats:
    """The seconds that each lead's agent had for it until the shift's end, or the log's if it is open, or infinite."""
    begun_s = course.start_s if course.at_once else course.arrival_s + course.response_s
    agents, starts_s, ends_s = stays(course.shifts)
    last_s = course.arrival_s[-1] if len(course) else 0.0
    found = np.where(_open(course), np.maximum(_last_s(course) - begun_s, 0.0), np.inf)
    for agent in np.unique(agents).tolist():
        own, there = np.flatnonzero(course.agent == agent), agents == agent
        stay = np.searchsorted(starts_s[there], course.start_s[own], side="right") - 1
        end_s = np.where(stay >= 0, ends_s[there][np.maximum(stay, 0)], np.inf)
        room = np.where(end_s < last_s, np.maximum(end_s - begun_s[own], 0.0), np.inf)
        found[own] = np.minimum(found[own], room)
    return found


def cut(course: Course, room: Floats) -> NDArray[np.int64]:
    """The leads of which is known only that they took longer than the room: they outlasted it, or are still open."""
    return np.flatnonzero((course.agent >= 0) & ((course.handling_s > room) | (_open(course) & (room < np.inf))))


def _open(course: Course) -> NDArray[np.bool_]:
    """Whether each lead was begun and has neither an end nor an outcome."""
    begun = np.isfinite(course.start_s if course.at_once else course.response_s)
    return np.asarray(begun & np.isnan(course.handling_s) & np.isnan(course.converted), bool)


def _last_s(course: Course) -> float:
    """The last moment of which the log tells."""
    told = np.concatenate([course.arrival_s, course.arrival_s + course.response_s, course.closed_s])
    return float(np.nanmax(told, initial=0.0))


def stays(shifts: Shifts) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Agent, begin and end of each time on shift without a gap, however often the agent's state changed in it."""
    order = np.lexsort((shifts.start_s, shifts.agent))
    agent, start_s, end_s = shifts.agent[order], shifts.start_s[order], shifts.end_s[order]
    apart = (np.diff(agent) != 0) | (start_s[1:] > end_s[:-1])
    begins, ends = np.concatenate([[True], apart]), np.concatenate([apart, [True]])
    return (agent[begins], start_s[begins], end_s[ends]) if len(agent) else (agent, start_s, end_s)


def drawn(course: Course, law: Times, room: Floats, rows: NDArray[np.int64]) -> Floats:
    """How long these leads would have taken, by a law of which is known only that it is more than the room."""
    load = np.interp(course.load[rows], np.linspace(0, 1, KNOTS), law.by_load)
    mean_s = np.maximum(law.mean_s[course.kind[rows], course.agent[rows]] * load, 1e-9)
    short = np.searchsorted(law.spread, room[rows] / mean_s)
    luck = np.arange(1, len(rows) + 1) * GOLDEN % 1
    place = np.minimum(short + luck * (len(law.spread) - short), len(law.spread) - 1).astype(np.int64)
    return np.maximum(mean_s * law.spread[place], room[rows])
