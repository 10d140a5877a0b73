from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import histories
from work import Work

from collab import events as ev
from collab.fairness import Ledger, Standing, able, evenness, gini, jain, max_min, owed
from collab.gates import AHEAD, DECLINED, EASING, FULL, LACKS, OFF_SHIFT, OFFLINE, STICKY

HOUR_S = 3600.0
shares = st.lists(st.floats(0, 1e6, allow_subnormal=False), max_size=12)
Give = tuple[str, float, dict[str, float]]


@pytest.mark.parametrize(
    "values, expected",
    [
        ([], (None, None, None)),
        ([0, 0, 0], (1.0, 0.0, 1.0)),
        ([5], (1.0, 0.0, 1.0)),
        ([2, 2, 2, 2], (1.0, 0.0, 1.0)),
        ([1, 0, 0, 0], (0.25, 0.75, math.inf)),
        ([1, 2, 3], (36 / 42, 2 / 9, 3.0)),
    ],
)
def test_the_measures_have_the_values_of_their_definitions(values: list[float], expected: tuple[Any, ...]) -> None:
    found = (jain(values), gini(values), max_min(values))
    assert found == tuple(one if one is None else pytest.approx(one) for one in expected)


@given(shares)
def test_gini_is_the_mean_difference_of_all_pairs_over_twice_the_mean(values: list[float]) -> None:
    if sum(values) > 0:
        pairs = sum(abs(x - y) for x in values for y in values)
        assert gini(values) == pytest.approx(pairs / (2 * len(values) * sum(values)), abs=1e-9)


@given(shares.filter(lambda values: sum(values) > 1), st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_the_measures_know_neither_order_nor_unit_and_stay_in_their_bounds(
    values: list[float], unit: float, chance: Any
) -> None:
    other = [unit * value for value in values]
    chance.shuffle(other)
    n = len(values)
    for measure, low, high in ((jain, 1 / n, 1.0), (gini, 0.0, (n - 1) / n), (max_min, 1.0, math.inf)):
        found = measure(values)
        assert found is not None
        assert low - 1e-9 <= found <= high + 1e-9
        assert measure(other) == pytest.approx(found, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("measure", [jain, gini, max_min])
@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_share_that_is_none_is_refused(measure: Callable[[list[float]], float], wrong: float) -> None:
    with pytest.raises(ValueError, match=rf"shares\[1\] is {wrong}; give numbers of 0 or more"):
        measure([1.0, wrong])


def test_who_was_there_is_due_an_equal_share_and_who_gets_the_lead_is_credited() -> None:
    ledger = Ledger(None)
    ledger.give("ana", 0, {"ana": 1, "bo": 1})
    ledger.give("ana", 10, {"ana": 1, "bo": 1, "cy": 1, "dan": 1})
    assert ledger.standings() == {
        "ana": Standing(0.75, 2.0),
        "bo": Standing(0.75, 0.0),
        "cy": Standing(0.25, 0.0),
        "dan": Standing(0.25, 0.0),
    }
    assert ledger.standings()["ana"].deficit == -1.25
    assert (ledger.ahead(10, 1.0), ledger.ahead(10, 1.25)) == ({"ana"}, frozenset())


def test_shares_in_proportion_to_capacity() -> None:
    ledger = Ledger(None, by="capacity")
    ledger.give("ana", 0, {"ana": 6, "bo": 2})
    assert ledger.standings() == {"ana": Standing(0.75, 1.0), "bo": Standing(0.25, 0.0)}


def test_a_lead_that_a_person_gave_beside_the_router_counts_and_nobody_s_capacity_is_needed() -> None:
    ledger = Ledger(None)
    ledger.give("off", 0, {"ana": 1})
    assert ledger.standings() == {"ana": Standing(0.5, 0.0), "off": Standing(0.5, 1.0)}
    least = Ledger(None, by="capacity")
    least.give("off", 0, {"ana": 3, "bo": 1})  # whose capacity is not known is due as little as anybody
    assert {agent: one.due for agent, one in least.standings().items()} == {"ana": 0.6, "bo": 0.2, "off": 0.2}
    alone = Ledger(None, by="capacity")
    alone.give("ana", 0, {"ana": 0, "bo": 0})
    assert alone.standings() == {"ana": Standing(0.5, 1.0), "bo": Standing(0.5, 0.0)}


def test_a_lead_counts_half_after_the_half_life_and_reading_changes_nothing() -> None:
    ledger = Ledger(8)
    ledger.give("ana", 0, {"ana": 1, "bo": 1})
    for hours, left in ((0, 1), (8, 0.5), (24, 0.125), (8, 0.5), (-5, 1)):
        found = ledger.standings(hours * HOUR_S)
        assert found["ana"].had == pytest.approx(left)
        assert found["bo"].due == pytest.approx(left / 2)
    assert ledger.standings()["ana"].had == 1.0


def test_who_comes_back_is_owed_nothing_for_the_time_away() -> None:
    ledger = Ledger(8)
    ledger.give("bo", 0, {"ana": 1, "bo": 1})
    before = ledger.standings()["ana"].deficit
    for number in range(1, 200):  # ana is away
        ledger.give("bo" if number % 2 else "cy", number * 600, {"bo": 1, "cy": 1})
    back = ledger.standings()["ana"]
    assert 0 < back.deficit < before
    assert back.deficit == pytest.approx(before * 0.5 ** (199 * 600 / (8 * HOUR_S)))


def test_a_lead_that_moved_counts_for_the_other_from_when_it_was_given() -> None:
    ledger = Ledger(8)
    ledger.give("ana", 0, {"ana": 1, "bo": 1})
    ledger.move("ana", "bo", 0, 8 * HOUR_S)
    found = ledger.standings()
    assert found["ana"].had == pytest.approx(0, abs=1e-12)
    assert found["bo"] == Standing(pytest.approx(0.25), pytest.approx(0.5))


@st.composite
def gives(draw: st.DrawFn) -> list[Give]:
    """Leads in the order of a stream, whose times may go back a little."""
    found, time_s = [], 0.0
    for _ in range(draw(st.integers(0, 30))):
        time_s += draw(st.floats(-10, 9000))
        there = draw(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 5).map(float), max_size=4))
        found.append((draw(st.sampled_from("abcd")), time_s, there))
    return found


half_lives = st.sampled_from((None, 0.01, 1.0, 8.0, 1000.0))


@given(gives(), half_lives, st.data())
def test_how_leads_are_split_into_calls_and_what_is_read_between_changes_no_bit(
    leads: list[Give], half_life_h: float | None, data: st.DataObject
) -> None:
    one, other = Ledger(half_life_h), Ledger(half_life_h)
    for lead in leads:
        one.give(*lead)
        other.give(*lead)
        for _ in range(data.draw(st.integers(0, 2))):
            other.standings(lead[1] + data.draw(st.floats(-1e5, 1e5)))
    assert one.standings() == other.standings()
    assert one.standings(1e6) == other.standings(1e6)


@given(gives(), half_lives)
def test_all_that_is_due_is_all_that_was_had_and_nothing_is_below_0(
    leads: list[Give], half_life_h: float | None
) -> None:
    ledger = Ledger(half_life_h)
    for lead in leads:
        ledger.give(*lead)
    found = ledger.standings().values()
    assert sum(one.deficit for one in found) == pytest.approx(0, abs=1e-9)
    assert all(one.due >= 0 and one.had >= 0 for one in found)
    if half_life_h is None:
        assert sum(one.had for one in found) == len(leads)


@given(gives(), half_lives, st.integers(0, 30))
def test_two_ledgers_of_parts_of_the_leads_add_up_to_that_of_all(
    leads: list[Give], half_life_h: float | None, cut: int
) -> None:
    leads = sorted(leads, key=lambda lead: lead[1])
    whole, first, second = (Ledger(half_life_h) for _ in range(3))
    for number, lead in enumerate(leads):
        whole.give(*lead)
        (first if number < cut else second).give(*lead)
    end_s = leads[-1][1] if leads else 0.0
    parts = [ledger.standings(end_s) for ledger in (first, second)]
    for agent, standing in whole.standings(end_s).items():
        for name in ("due", "had"):
            total = sum(getattr(part[agent], name) for part in parts if agent in part)
            assert total == pytest.approx(getattr(standing, name), abs=1e-9)


@pytest.mark.parametrize("gate", [OFF_SHIFT, OFFLINE, DECLINED, FULL, EASING, f"{LACKS}language:es"])
def test_none_is_due_to_who_could_not_have_had_it(gate: str) -> None:
    assert not able(gate)


@pytest.mark.parametrize("gate", ["", STICKY, AHEAD])
def test_a_share_is_due_to_who_was_passed_over_for_others(gate: str) -> None:
    assert able(gate)


@settings(max_examples=30)
@given(histories())
def test_a_ledger_hears_a_stream_and_counts_each_assignment_once(entries: list[Any]) -> None:
    ledger = Ledger(None)
    for entry in entries:
        ledger.hear(entry.event)
    given_ = sum(isinstance(entry.event, ev.LeadAssigned) for entry in entries)
    assert sum(one.had for one in ledger.standings().values()) == pytest.approx(given_)


def test_a_ledger_of_a_team_s_work_credits_the_one_whom_a_person_named() -> None:
    made = Work(seed=2).events(60)
    ledger, counts = Ledger(None), {}
    for event in made:
        ledger.hear(event)
        if isinstance(event, ev.LeadAssigned):
            counts[event.decision.agent] = counts.get(event.decision.agent, 0) + 1
        elif isinstance(event, ev.LeadOverridden):
            counts[event.agent] -= 1
            counts[event.to] = counts.get(event.to, 0) + 1
    assert any(isinstance(event, ev.LeadOverridden) for event in made)
    found = {agent: one.had for agent, one in ledger.standings().items() if one.had}
    assert found == {agent: pytest.approx(count) for agent, count in counts.items() if count}
    decision = next(event.decision for event in made if isinstance(event, ev.LeadAssigned))
    rows = zip(decision.candidates.agent, decision.candidates.gate, strict=True)
    assert set(owed(decision)) == {agent for agent, gate in rows if not gate}
    assert set(owed(decision, "capacity").values()) == {4.0, 6.0}


def test_evenness_is_over_what_was_due_and_leaves_out_who_is_long_gone() -> None:
    even = [Standing(2, 2), Standing(6, 6), Standing(0.001, 0.5), Standing(0, 0)]
    assert evenness(even) == {"jain": 1.0, "gini": 0.0, "max_min": 1.0, "n": 2}
    assert evenness([]) == {"jain": None, "gini": None, "max_min": None, "n": 0}
    assert evenness([Standing(2, 4), Standing(2, 0)])["jain"] == pytest.approx(0.5)


@pytest.mark.parametrize("wrong", [0, -1, math.nan, "8"])
def test_a_half_life_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=rf"half_life is {wrong!r}; give hours above 0, or None for never"):
        Ledger(wrong)


def test_another_sharing_is_refused() -> None:
    wrong: Any = "skill"
    with pytest.raises(ValueError, match=r"by is 'skill'; give 'agent' .* or 'capacity'"):
        Ledger(by=wrong)
