"""Where agents were through a day: read of a recorded stretch of work, and held against the algebra of spans."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from work import MORNING, recorded_work

from collab.analytics.spans import both, clipped, length, spans
from collab.analytics.stays import Stay, stays
from collab.analytics.timeline import timelines
from collab.analytics.zone import microseconds
from collab.history import History


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Two hours of a team's work."""
    return recorded_work(tmp_path_factory.mktemp("stays"), 400)


@pytest.mark.parametrize("after_s, until_s", [(-3600, 86_400), (1800, 86_400), (1800, 5400)])
def test_stays_are_the_spans_of_the_timelines_on_shift(history: History, after_s: int, until_s: int) -> None:
    start, end = (microseconds(MORNING + timedelta(seconds=s)) for s in (after_s, until_s))
    reach = history.rows(["events"], "SELECT epoch_us(max(time)) FROM events")[0][0]
    found = stays(history, start, end)
    assert found
    for agent, line in timelines(history, reach).items():
        for presence, own in line.presence.items():
            of = [one for one in found if (one.agent, one.presence) == (agent, presence)]
            got = spans(np.array([one.start for one in of]), np.array([one.end for one in of]))
            want = clipped(both(own, line.shift), start, min(end, reach))
            assert got.tolist() == want.tolist()
            assert length(got) == sum(one.end - one.start for one in of)  # none overlaps another


def test_of_an_empty_history_and_of_a_day_without_anything_there_is_nothing(history: History, tmp_path: Path) -> None:
    assert stays(History(tmp_path, "main"), 0, 10) == []
    day = timedelta(days=1)
    before = [microseconds(MORNING - day * n) for n in (2, 1)]
    assert stays(history, *before) == []


def test_a_stay_that_began_before_is_there_from_the_start(history: History) -> None:
    later = microseconds(MORNING + timedelta(seconds=3000))
    found: list[Stay] = stays(history, later, later + 1)
    assert found
    assert {(one.start, one.end) for one in found} == {(later, later + 1)}
