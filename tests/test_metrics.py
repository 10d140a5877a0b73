from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.metrics import AMBER, GREEN, RED, band, lasting, percentiles


@pytest.mark.parametrize(
    "utilization, expected",
    [
        (0.0, GREEN),
        (0.699, GREEN),
        (0.70, AMBER),
        (7 / 10, AMBER),
        (0.899, AMBER),
        (0.90, RED),
        (9 / 10, RED),
        (1.0, RED),
        (1.3, RED),
    ],
)
def test_bands_begin_at_seventy_and_ninety_percent(utilization: float, expected: str) -> None:
    assert band(utilization) == expected


def test_percentiles_without_values_are_unknown() -> None:
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None, "n": 0}


def test_percentiles_lie_between_their_neighbours_in_proportion() -> None:
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0, "n": 1}
    found = percentiles([float(value) for value in range(100, -1, -1)])
    assert found == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "n": 101}
    assert percentiles([1.0, 2.0])["p50"] == 1.5


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_percentiles_rise_and_stay_within_the_values(values: list[float]) -> None:
    found = percentiles(values)
    cuts = [found["p50"], found["p95"], found["p99"]]
    assert all(cut is not None and math.isfinite(cut) for cut in cuts)
    assert min(values) <= cuts[0] <= cuts[1] <= cuts[2] <= max(values)


@pytest.mark.parametrize(
    "seconds, said",
    [(None, "–"), (-1, "0 s"), (0.44, "0.4 s"), (3, "3 s"), (59.6, "60 s"), (60, "1 min"), (200, "3 min 20 s"),
     (3599, "59 min 59 s"), (7500, "2 h 5 min"), (273_600, "3 d 4 h")],
)  # fmt: skip
def test_a_time_is_said_in_one_or_two_units(seconds: float | None, said: str) -> None:
    assert lasting(seconds) == said
