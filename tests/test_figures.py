"""Figures and their intervals: equal to what is printed in books, and right as often as they say."""

from __future__ import annotations

from math import comb, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.analytics import Figure, difference, latencies
from collab.analytics.figure import poisson, quantiles, ranks, share, table, wilson
from collab.analytics.occupancy import balance


@pytest.mark.parametrize(
    "yes, n, low, high",
    [
        # Newcombe, Statistics in Medicine 17, 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_the_book(yes: int, n: int, low: float, high: float) -> None:
    assert wilson(yes, n) == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_none_is_not_zero() -> None:
    found = share(0, 0, "nothing")
    assert isnan(found.value)
    assert isnan(found.low)
    assert str(found) == "cannot be said (n 0)"
    with pytest.raises(ValueError, match="yes is 3 of n 2"):
        wilson(3, 2)


@pytest.mark.parametrize("count, low, high", [(1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (100, 81.3640, 121.6268)])
def test_the_interval_of_a_count_is_the_exact_one(count: int, low: float, high: float) -> None:
    """Garwood's exact limits, from tables."""
    assert poisson(count) == pytest.approx((low, high), abs=1e-4)
    assert poisson(0)[0] == 0
    assert poisson(0)[1] == pytest.approx(3.6889, abs=1e-4)


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_ranks_leave_at_most_a_fortieth_on_each_side(n: int, q: float) -> None:
    lower, upper = ranks(n, q)
    chances = [comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(n + 1)]
    assert sum(chances[:lower]) <= 0.025 + 1e-9
    assert sum(chances[: lower + 1]) > 0.025 - 1e-9
    assert sum(chances[upper:]) <= 0.025 + 1e-9
    assert upper == 0 or sum(chances[upper - 1 :]) > 0.025 - 1e-9


@pytest.mark.parametrize("q", [0.05, 0.5, 0.9])
def test_ranks_of_many_are_near_those_of_the_normal_law(q: float) -> None:
    n = 20_000
    half = 1.96 * sqrt(n * q * (1 - q))
    assert ranks(n, q) == pytest.approx((n * q - half, n * q + half + 1), abs=2)


@pytest.mark.parametrize("n", [9, 40, 3000])
def test_the_interval_of_a_quantile_holds_it_as_often_as_it_says(n: int) -> None:
    chance = np.random.default_rng(n)
    found = [quantiles(chance.exponential(1, n), [0.5])[0] for _ in range(600)]
    missed = sum(not low <= np.log(2) <= high for _, low, high in found)
    assert missed / len(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(found))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4))
def test_quantiles_are_numpys_and_lie_between_order_statistics(values: list[float], qs: list[float]) -> None:
    array = np.array(values)
    for q, (middle, low, high) in zip(qs, quantiles(array, qs), strict=True):
        assert middle == pytest.approx(float(np.percentile(array, 100 * q)), abs=1e-6)
        assert isnan(low) or (low in [*values, middle] and low <= middle)
        assert isnan(high) or (high in [*values, middle] and high >= middle)


def test_too_few_values_have_no_interval_and_none_no_value() -> None:
    (middle, low, high), nothing = quantiles(np.array([1.0, 2.0, 3.0]), [0.5])[0], quantiles(np.empty(0), [0.5])[0]
    assert middle == 2.0
    assert isnan(low)
    assert isnan(high)
    assert all(map(isnan, nothing))
    with pytest.raises(ValueError, match=r"q is 1.5; give a number between 0 and 1"):
        quantiles(np.array([1.0]), [1.5])


def test_the_difference_of_two_shares_has_newcombes_interval() -> None:
    """Newcombe, Statistics in Medicine 17, 1998, table II, example (a), method 10."""
    found = difference(share(56, 70, "now"), share(48, 80, "before"))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.n == 150


def test_a_difference_from_nothing_cannot_be_said() -> None:
    assert isnan(difference(share(1, 2, "now"), Figure(unit="share")).value)


def test_figures_stand_in_a_frame_with_how_much_is_behind_them() -> None:
    frame = table({"one": share(1, 4, "a quarter")})
    assert list(frame.columns) == ["value", "n", "low", "high", "unit", "definition"]
    assert frame.loc["one", ["value", "n", "unit", "definition"]].tolist() == [0.25, 4, "share", "a quarter"]


@pytest.mark.parametrize(
    "loads, jain, gini, max_min, said",
    [
        ([0.5, 0.5, 0.5, 0.5], 1.0, 0.0, 1.0, "1 is even"),
        ([0.0, 0.0, 0.0, 0.9], 0.25, 0.75, np.inf, "1 is even"),
        ([0.4], 1.0, 0.0, 1.0, "One agent alone is always even."),
        ([0.0, 0.0], 1.0, 0.0, 1.0, "Nobody had anything, so nobody is ahead."),
        ([nan], nan, nan, nan, "Nobody was staffed."),
    ],
)
def test_balance_has_its_closed_forms_and_explains_the_odd_ones(
    loads: list[float], jain: float, gini: float, max_min: float, said: str
) -> None:
    found = balance(np.array(loads))
    assert found["value"].to_dict() == pytest.approx({"jain": jain, "gini": gini, "max_min": max_min}, nan_ok=True)
    assert said in found.loc["jain", "definition"]


def test_a_latency_that_is_none_is_refused_by_its_place() -> None:
    with pytest.raises(ValueError, match=r"ms\[1\] is -2.0; give milliseconds of 0 or more"):
        latencies([1.0, -2.0])
