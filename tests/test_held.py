"""What agents held by known waits: a lead that began as another ended did so however its times were rounded."""

from __future__ import annotations

import numpy as np
import pytest
from closed_loop import Ways, frames, run

from collab.whatif.course_of_frames import course_of_frames

WEIGHTS = (35, 30, 20, 15)
BUSY = Ways(agents=4, load=0.9)


@pytest.mark.parametrize("second", ["us", "ms", "s"])
def test_known_waits_that_are_rounded_leave_availability_the_free_share_of_capacity(second: str) -> None:
    rows = run(BUSY, WEIGHTS, 1500, 1)
    candidates, outcomes, agents = frames(BUSY, rows)
    digits = {"us": 6, "ms": 3, "s": 0}[second]
    outcomes["waited_s"] = [round(row["start_s"] - row["arrival_s"], digits) for row in rows]
    assert (outcomes["waited_s"] > 0).mean() > 0.3
    rounded = {name: outcomes[name].round(digits) for name in ("response_s", "handling_s")}
    course, notes = course_of_frames(
        candidates, outcomes.assign(time=outcomes["time"].dt.round(second), **rounded), agents
    )
    assert not [note for note in notes if "availability" in note]
    assert course.free_by_load == -1.0
    assert (course.active <= BUSY.capacity[course.agent]).all()
    assert course.start_s - course.arrival_s == pytest.approx(outcomes["waited_s"].to_numpy(), abs=2)
    assert np.isinf(course.shifts.end_s).all() or len(course.shifts.agent) == BUSY.agents
