"""Spans of time: their algebra is that of the sets of moments they hold, and time is counted once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.analytics.occupancy import integral, rate
from collab.analytics.spans import (
    NONE,
    Spans,
    before,
    both,
    clipped,
    inside,
    length,
    lengths,
    spans,
    where,
)
from collab.analytics.timeline import Steps

MOMENTS = np.arange(-5, 65)
PAIRS = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=12)


def of(pairs: list[tuple[int, int]]) -> Spans:
    """The spans of any starts and ends."""
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return spans(found[:, 0], found[:, 1])


def held(one: Spans) -> set[int]:
    """The moments that spans hold."""
    return {moment for start, end in one.tolist() for moment in range(start, end)}


def in_order(one: Spans) -> bool:
    """No span is empty, touches another, or comes before its time."""
    return bool((np.diff(one.ravel()) > 0).all())


@given(PAIRS)
def test_spans_hold_what_any_of_their_parts_holds_and_never_overlap(pairs: list[tuple[int, int]]) -> None:
    found = of(pairs)
    assert held(found) == {moment for start, end in pairs for moment in range(start, end)}
    assert in_order(found)
    assert length(found) == len(held(found))
    assert {int(one) for one in MOMENTS[inside(found, MOMENTS)]} == held(found)


@given(PAIRS, PAIRS)
def test_the_algebra_of_spans_is_that_of_sets(some: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
    one, other = of(some), of(more)
    for found, wanted in (
        (both(one, other), held(one) & held(other)),
        (clipped(one, 10, 30), held(one) & set(range(10, 30))),
    ):
        assert held(found) == wanted
        assert in_order(found)


@given(PAIRS, st.lists(st.integers(-5, 65), min_size=2, max_size=9, unique=True).map(sorted))
def test_time_over_midnight_counts_on_both_days_and_once_in_all(pairs: list[tuple[int, int]], days: list[int]) -> None:
    one, edges = of(pairs), np.array(days)
    by_day = lengths(one, edges)
    assert (by_day >= 0).all()
    assert by_day.tolist() == [len(held(one) & set(range(a, b))) for a, b in pairwise(days)]
    assert by_day.sum() == length(clipped(one, days[0], days[-1]))
    assert before(one, MOMENTS).tolist() == [sum(held_ < moment for held_ in held(one)) for moment in MOMENTS]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), max_size=12), PAIRS)
def test_a_number_that_changes_in_steps_is_summed_over_spans(steps: list[tuple[int, int]], pairs: list) -> None:
    steps = sorted(steps, key=lambda step: step[0])
    changes = Steps(np.array([us for us, _ in steps], np.int64), np.array([value for _, value in steps], np.int64))
    value = {moment: next((v for us, v in reversed(steps) if us <= moment), 0) for moment in range(60)}
    assert integral(changes, of(pairs), 60) == sum(value[moment] for moment in held(of(pairs)))
    assert held(changes.spans(1, 60)) == {moment for moment in range(60) if value[moment] >= 1}


def test_flags_of_moments_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="moments are not in order; sort them"):
        where(np.array([3, 2]), np.array([True, False]), 9)
    with pytest.raises(ValueError, match="starts are 2 and ends 1"):
        spans(np.array([1, 2]), np.array([3]))
    assert where(np.empty(0, np.int64), np.empty(0, bool), 9) is NONE


def test_a_rate_of_days_has_the_interval_of_the_ratio_estimator() -> None:
    """The population of Cochran's formula, worked by hand: residuals 1, 0, -1 over a total of 30."""
    value, low, high = rate(np.array([6.0, 5.0, 4.0]), np.array([10.0, 10.0, 10.0]))
    half = 1.959964 * np.sqrt(3 / 2 * 2) / 30
    assert (value, low, high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))
    assert np.isnan(rate(np.array([6.0]), np.array([10.0]))[1]), "one day says nothing of how days differ"
    assert all(np.isnan(rate(np.zeros(2), np.zeros(2))))
