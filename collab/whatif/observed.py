"""What a team really came to, by the same definitions as a simulation."""

from __future__ import annotations

import numpy as np

from collab.whatif.course import Course
from collab.whatif.gauge import loads
from collab.whatif.simulation import Run


def observed(course: Course) -> Run:
    """The log as a run; of leads whose outcome is not known, conversion and value are those of the others on average.

    The weights of the run are of no account.
    """
    n, served = len(course), course.agent >= 0
    span = course.arrival_s[[0, -1]] if n else np.zeros(2)
    worked, loaded, red = (
        part[:, 0]
        for part in loads(
            course.agent, course.start_s, course.closed_s, course.team.capacity, course.shifts, np.asarray(span)
        )
    )
    response_s = np.where(np.isnan(course.response_s), _mean(course.response_s), course.response_s)
    return Run(
        weights=(0, 0, 0, 0),
        agent=course.agent,
        assigned_s=course.start_s,
        wait_s=course.start_s - course.arrival_s,
        response_s=np.where(served, response_s, np.nan),
        closed_s=course.closed_s,
        converted=np.where(np.isnan(course.converted), _mean(course.converted), course.converted),
        value=np.where(np.isnan(course.value), _mean(course.value), course.value),
        worked_s=worked,
        loaded_s=loaded,
        red_s=red,
    )


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
