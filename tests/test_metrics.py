from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.metrics import AMBER, GREEN, RED, balance, band, lasting, percentiles


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


@pytest.mark.parametrize("n", [1, 2, 3, 8, 100])
def test_balance_is_one_when_even_and_one_over_n_when_one_has_all(n: int) -> None:
    assert balance([0.4] * n) == pytest.approx(1)
    assert balance([0.9] + [0.0] * (n - 1)) == pytest.approx(1 / n)


def test_balance_of_k_even_among_n_is_k_over_n() -> None:
    assert balance([0.5] * 3 + [0.0] * 5) == pytest.approx(3 / 8)
    assert balance([1, 2, 3]) == pytest.approx(36 / 42)


def test_balance_of_idle_agents_is_one_and_of_nobody_is_unknown() -> None:
    assert balance([0.0, 0.0]) == 1.0
    assert balance([]) is None


@given(st.lists(st.floats(0, 10).map(lambda x: round(x, 3)), min_size=1, max_size=20), st.floats(0.1, 10))
def test_balance_lies_between_one_over_n_and_one_and_knows_no_unit(loads: list[float], unit: float) -> None:
    found = balance(loads)
    assert found is not None
    assert 1 / len(loads) - 1e-9 <= found <= 1 + 1e-9
    assert balance([load * unit for load in loads]) == pytest.approx(found)


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
