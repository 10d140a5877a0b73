"""The whole team under other weights: simulated by laws fitted from the log, again and again, before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collab.whatif.answers import TEAM
from collab.whatif.course import Course
from collab.whatif.gauge import loads
from collab.whatif.mechanism import Fit
from collab.whatif.rescore import Values
from collab.whatif.simulation import Run, Simulation
from collab.whatif.workers import shared_out

Floats = NDArray[np.float64]

HOURS = 24


class Pass(NamedTuple):
    """What one pass over the leads came to.

    Attributes:
        figures: one value for each of `TEAM`.
        given: kinds x agents, how many leads of each kind each agent got.
        hours: hours of the day x agents, mean utilization on shift; NaN where nobody was.
    """

    figures: Floats
    given: Floats
    hours: Floats


@dataclass(frozen=True)
class Twin:
    """One seed under every weights: passes with the laws as fitted, and figures with laws fitted on other days."""

    fitted: tuple[Pass, ...]
    refitted: tuple[Floats, ...]


def twin(fit: Fit, weights: Sequence[Values], seed: int, explore: float) -> Twin:
    """The passes of one seed; the same luck under all weights."""
    fitted, other = (Simulation(world, seed, explore=explore, compiled=True) for world in (fit.whole, fit.world(seed)))
    passes = tuple(passed(fit.to, fitted.run(values)) for values in weights)
    return Twin(passes, tuple(figured(other.run(values)) for values in weights))


def figured(run: Run) -> Floats:
    """The figures of a run, in the order of `TEAM`."""
    return np.array([getattr(run.figures, name) for name in TEAM])


def passed(course: Course, run: Run) -> Pass:
    """What a run over a course's leads came to."""
    there = run.agent >= 0
    shape = len(course.kinds), len(course.agents)
    given = np.bincount(course.kind[there] * shape[1] + run.agent[there], minlength=shape[0] * shape[1]).reshape(shape)
    hours = by_hour(course, run.agent, run.assigned_s, run.closed_s)
    return Pass(figured(run), given.astype(np.float64), hours)


def by_hour(course: Course, agent: NDArray[np.int64], begun_s: Floats, ended_s: Floats) -> Floats:
    """The mean utilization of each agent on shift, by hour of the day in UTC: (24, agents)."""
    found = np.full((HOURS, len(course.agents)), np.nan)
    if len(course) < 2:
        return found
    first_s, last_s = course.arrival_s[0], course.arrival_s[-1]
    begin = np.floor((course.origin + first_s) / 3600) * 3600 - course.origin
    edges = np.arange(begin, last_s + 3600, 3600.0)
    edges = np.concatenate([[first_s], edges[(edges > first_s) & (edges < last_s)], [last_s]])
    worked, loaded, _ = loads(agent, begun_s, ended_s, course.team.capacity, course.shifts, edges)
    hour = ((course.origin + edges[:-1]) // 3600 % HOURS).astype(np.int64)
    for one in np.unique(hour).tolist():
        there = worked[:, hour == one].sum(axis=1)
        found[one] = np.divide(loaded[:, hour == one].sum(axis=1), there, out=found[one], where=there > 0)
    return found


def twins(
    fit: Fit,
    weights: Sequence[Values],
    seeds: int,
    *,
    explore: float = 0.0,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Twin]:
    """All seeds, in the executor's workers; in this process's threads, if there is none.

    Raises:
        CancelledError: `cancelled` said so.
    """
    _ = fit.whole  # once, not in every worker
    calls = [(fit, tuple(weights), seed, explore) for seed in range(seeds)]
    return shared_out(twin, calls, executor=executor, progress=progress, cancelled=cancelled)
