from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import hundredths

from collab.records import FACTORS, WeightsVersion
from collab.weights import Weights, apportion

DEFAULT = (35, 30, 20, 15)

positions = st.one_of(
    st.floats(0, 1), st.sampled_from((0.0, 1.0, 0.005, 0.995)), st.integers(0, 100).map(lambda n: n / 100)
)
moves = st.dictionaries(st.sampled_from(FACTORS), positions, min_size=1, max_size=4)


def assert_whole(weights: Weights) -> None:
    """They are hundredths, sum to 1 and can be frozen."""
    integers = weights.integers()
    assert sum(integers) == 100
    assert all(getattr(weights, factor) == part / 100 for factor, part in zip(FACTORS, integers, strict=True))
    assert weights.freeze(1).values == integers


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(FACTORS), positions), max_size=12))
def test_weights_sum_to_one_in_hundredths_however_one_after_the_other_is_moved(steps: list[tuple[str, float]]) -> None:
    weights = Weights()
    for factor, position in steps:
        setattr(weights, factor, position)
        assert_whole(weights)
        assert abs(getattr(weights, factor) - position) <= 0.005 + 1e-9


@settings(max_examples=60)
@given(st.lists(moves, max_size=6))
def test_several_moved_at_once_are_taken_whole_or_not_at_all(steps: list[dict[str, float]]) -> None:
    weights = Weights()
    for step in steps:
        before = weights.integers()
        total = sum(step.values())
        fits = total <= 1 and (len(step) < 4 or total >= 1)
        try:
            weights.param.update(**step)
        except ValueError:
            assert not fits
            assert weights.integers() == before
        assert_whole(weights)


@given(hundredths(), st.sampled_from(FACTORS), positions)
def test_the_others_share_the_rest_in_proportion(start: tuple[int, ...], factor: str, position: float) -> None:
    weights = Weights.of(start)
    before = dict(zip(FACTORS, start, strict=True))
    others = [other for other in FACTORS if other != factor]
    kept = sum(before[other] for other in others)
    assume(kept > 0)
    setattr(weights, factor, position)
    rest = 100 - round(100 * getattr(weights, factor))
    for other in others:
        assert abs(100 * getattr(weights, other) - rest * before[other] / kept) < 1 + 1e-6


@given(hundredths(), st.sampled_from(FACTORS), st.lists(positions, max_size=4))
def test_a_weight_pushed_to_one_or_anywhere_and_back_leaves_the_others_as_they_were(
    start: tuple[int, ...], factor: str, way: list[float]
) -> None:
    weights = Weights.of(start)
    home = getattr(weights, factor)
    for position in [*way, 1.0, home]:
        setattr(weights, factor, position)
    assert weights.integers() == start


def test_what_was_all_zero_shares_evenly() -> None:
    weights = Weights.of((100, 0, 0, 0))
    weights.availability = 0.4
    assert weights.integers() == (40, 20, 20, 20)


def test_defaults_are_those_of_the_team_without_a_version() -> None:
    assert Weights().integers() == DEFAULT
    assert [Weights.param[factor].bounds for factor in FACTORS] == [(0, 1)] * 4
    assert all(Weights.param[factor].doc for factor in FACTORS)


@pytest.mark.parametrize(
    "given_, integers",
    [
        ({"availability": 1.0}, (100, 0, 0, 0)),
        ({"availability": 0.35}, DEFAULT),
        ({"availability": 0.5, "expertise": 0.5}, (50, 50, 0, 0)),
        ({"availability": 0.35, "expertise": 0.6}, (35, 60, 3, 2)),
        ({"availability": 0.35, "expertise": 0.3, "performance": 0.35}, (35, 30, 35, 0)),
        ({"availability": 0.3}, (30, 32, 22, 16)),
        ({"expertise": 0.0}, (50, 0, 29, 21)),
        ({"availability": 0.333, "expertise": 0.333, "performance": 0.334, "responsiveness": 0.0}, (33, 33, 34, 0)),
    ],
)
def test_those_not_given_share_what_is_left(given_: dict[str, float], integers: tuple[int, ...]) -> None:
    assert Weights(**given_).integers() == integers


@given(hundredths(), st.integers(0, 10**6))
def test_to_four_integers_and_back(start: tuple[int, int, int, int], version: int) -> None:
    frozen = Weights.of(start).freeze(version)
    assert frozen == WeightsVersion(version=version, values=start)
    shares = [part / 100 for part in start]
    for form in (start, list(start), shares, dict(zip(FACTORS, shares, strict=True)), frozen):
        assert Weights.of(form).integers() == start
    same = Weights()
    assert Weights.of(same) is same


@pytest.mark.parametrize(
    "wrong, said",
    [
        (dict.fromkeys(FACTORS, 0.0), "sum to 0; make them sum to 1, with at least one above 0"),
        (dict.fromkeys(FACTORS, 0.3), "sum to 1.2; make them sum to 1"),
        (dict.fromkeys(FACTORS, 0.2), "availability 0.2, .* sum to 0.8; make them sum to 1"),
        ({"availability": 0.6, "expertise": 0.6}, "availability 0.6, expertise 0.6, which sum to 1.2"),
        ({"availability": 1.01}, "availability' must be at most 1, not 1.01"),
        ({"expertise": -0.01}, "expertise' must be at least 0, not -0.01"),
        ({"expertise": float("nan")}, "expertise' must be at most 1, not nan"),
        ({"expertise": "much"}, "expertise' only takes numeric values"),
        ({"expertise": None}, "expertise' only takes numeric values"),
        ({"charm": 0.2}, "no charm; the factors are availability, expertise, performance, responsiveness"),
    ],
)
def test_wrong_weights_are_refused_with_their_reason(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Weights(**wrong)
    with pytest.raises(ValueError, match=said):
        Weights.of(wrong)


@pytest.mark.parametrize(
    "wrong, said",
    [
        ((0, 0, 0, 0), "sum to 0; make them sum to 1"),
        ((35, 30, 20, 16), "sum to 1.01; make them sum to 1"),
        ("35-30-20-16", "make them sum to 100"),
        (5, r"weights are \[5\]; give four, in"),
        ((35, 30, 20), "give four, in the order availability, expertise, performance, responsiveness"),
        ((150, -50, 0, 0), "must be at most 1, not 1.5"),
    ],
)
def test_wrong_integers_are_refused_with_their_reason(wrong: tuple[int, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Weights.of(wrong)


def test_weights_that_were_left_uneven_cannot_be_frozen_and_the_next_move_mends_them() -> None:
    weights = Weights()
    with pytest.raises(ValueError, match="expertise' must be at most 1"):
        weights.param.update(availability=0.5, expertise=1.5)  # param keeps what came before the wrong one
    if sum(weights.integers()) != 100:
        with pytest.raises(ValueError, match="make them sum to 100"):
            weights.freeze(1)
    weights.performance = 0.4
    assert_whole(weights)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("wrong", [1.2, -0.1, float("nan"), "much", None])
def test_a_refused_move_changes_nothing(factor: str, wrong: Any) -> None:
    weights = Weights()
    with pytest.raises(ValueError, match=factor):
        setattr(weights, factor, wrong)
    assert weights.integers() == DEFAULT
    setattr(weights, factor, 1.0)
    assert_whole(weights)


def test_watchers_see_only_weights_that_sum_to_one() -> None:
    weights, seen = Weights(), []
    weights.param.watch(lambda *events: seen.append(weights.integers()), list(FACTORS))
    weights.expertise = 0.7
    weights.param.update(availability=0.1, performance=0.2)
    with pytest.raises(ValueError, match=r"sum to 1.8"):
        weights.param.update(availability=0.9, performance=0.9)
    assert seen
    assert {sum(integers) for integers in seen} == {100}
    assert seen[-1] == weights.integers()


@given(st.integers(0, 1000), st.lists(st.floats(0, 1e6), min_size=1, max_size=8))
def test_apportioning_splits_into_whole_parts_near_their_share(total: int, shares: list[float]) -> None:
    parts = apportion(total, shares)
    assert sum(parts) == total
    whole = sum(shares)
    for part, share in zip(parts, shares, strict=True):
        exact = total * share / whole if whole > 0 else total / len(shares)
        assert abs(part - exact) < 1 + 1e-6


def test_apportioning_gives_ties_to_the_first() -> None:
    assert apportion(100, [1, 1, 1]) == [34, 33, 33]
    assert apportion(2, [0, 0, 0]) == [1, 1, 0]


def test_printed_weights_are_the_four_shares() -> None:
    assert str(Weights(expertise=0.6)) == "availability 0.20, expertise 0.60, performance 0.11, responsiveness 0.09"
