"""Silences: found where somebody was there and nothing happened, and taken out of shifts and of work."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from collab.whatif.presences import LONG_S, shifts_of
from collab.whatif.silences import overlap_s, silences, without
from collab.whatif.world import Shifts

HOUR_S = 3600.0
BUSY = np.arange(0, HOUR_S, 60.0)
"""An hour in which something happens every minute."""


def always(end_s: float = np.inf) -> Shifts:
    """One agent who is there until then."""
    return Shifts(np.array([0]), np.array([0.0]), np.array([end_s]))


def test_a_long_time_without_a_sound_is_a_silence_only_if_somebody_was_there() -> None:
    times = np.concatenate([BUSY, BUSY + 9 * HOUR_S, [np.nan]])
    assert_array_equal(silences(times, always()), [[BUSY[-1], 9 * HOUR_S]])
    assert len(silences(times, always(2 * HOUR_S))) == 0
    assert len(silences(np.concatenate([BUSY, BUSY + HOUR_S + LONG_S / 2]), always())) == 0
    assert silences(np.array([1.0]), always()).shape == (0, 2)


def test_where_little_happens_a_long_time_is_longer() -> None:
    times = np.arange(0, 40) * HOUR_S
    assert len(silences(np.concatenate([times, times + 60 * HOUR_S]), always())) == 0
    assert len(silences(np.concatenate([times, times + 80 * HOUR_S]), always())) == 1


edges = st.lists(st.integers(0, 200), min_size=4, max_size=4, unique=True).map(sorted)
spans = st.tuples(st.integers(0, 199), st.integers(1, 200)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(spans, min_size=1, max_size=6), edges)
def test_no_second_of_a_silence_is_left_in_a_shift_and_no_other_is_lost(
    found: list[tuple[int, int]], edges: list[int]
) -> None:
    silent = np.array(edges, float).reshape(2, 2)
    start, end = np.array(found, float).T
    # overlaps of one agent's shifts are not the question: each span is another agent's
    shifts = Shifts(np.arange(len(found)), start, end, 0.5)
    left = without(shifts, silent)
    assert set(np.asarray(left.ready).tolist()) <= {0.5}
    lost = overlap_s(start, end, silent)
    assert overlap_s(left.start_s, left.end_s, silent).sum() == 0
    for agent in range(len(found)):
        own = left.agent == agent
        assert (left.end_s - left.start_s)[own].sum() == end[agent] - start[agent] - lost[agent]


def test_what_is_not_known_has_no_silence_in_it() -> None:
    silent = np.array([[10.0, 20.0]])
    found = overlap_s(np.array([0.0, np.nan, 12.0, 30.0]), np.array([np.inf, 15.0, np.nan, 40.0]), silent)
    assert_array_equal(found, [10.0, 0.0, 0.0, 0.0])


def test_who_is_last_before_a_night_was_not_there_all_night() -> None:
    day_s = np.concatenate([8 * HOUR_S + BUSY, 24 * HOUR_S + 7 * HOUR_S + BUSY, 24 * HOUR_S + 8 * HOUR_S + BUSY])
    late = np.repeat([True, False, True], len(BUSY))  # ana; next day ben begins alone
    eligible = np.stack([late, ~late], axis=1)
    found = shifts_of(day_s, eligible, np.zeros_like(eligible), np.ones_like(eligible))
    ana = found.agent == 0
    assert_array_equal(found.start_s[ana], [8 * HOUR_S, 32 * HOUR_S])
    assert_array_equal(found.end_s[ana], [9 * HOUR_S, 33 * HOUR_S])
