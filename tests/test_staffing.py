"""Agents by interval, from forecast leads, the time that work takes and the shifts of a history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import banks
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.forecast import Abstained, Forecast, Holding, Staffing, Target, needed
from collab.forecast.arrivals import Arrivals
from collab.forecast.roster import usual

HOLDING = st.lists(st.floats(1, 50_000), min_size=1, max_size=20)
CAME = st.lists(st.floats(0, 100), min_size=1, max_size=40)


@cache
def bank() -> Forecast:
    return Forecast.of(banks.arrivals())


def staffed(**asked: Any) -> Staffing:
    found = bank().staffing(**{"holding_s": 240.0, "days": 3} | asked)
    assert isinstance(found, Staffing)
    return found


@given(CAME, HOLDING)
def test_all_the_work_that_comes_is_held_at_some_time(came: list[float], seconds: list[float]) -> None:
    holding = Holding.of(seconds)
    after = [0.0] * (int(max(seconds) // 1800) + 2)
    held = holding.at_once([*came, *after], 1800.0)
    assert held.sum() * 1800 == pytest.approx(sum(came) * holding.mean_s, rel=1e-9, abs=1e-6)
    assert (held >= -1e-9).all()


def test_work_of_exactly_one_interval_is_half_in_it_and_half_in_the_next() -> None:
    assert Holding.of(1800.0).at_once([0, 10, 0, 0], 1800.0) == pytest.approx([0, 5, 5, 0])


def test_short_work_is_the_load_of_its_own_interval() -> None:
    held = Holding.of([2.0, 4.0]).at_once([600.0] * 5, 1800.0)
    assert held[1:] == pytest.approx([1.0] * 4)  # 600 leads of 3 s in 1800 s


def test_each_interval_has_the_fewest_agents_that_erlang_c_asks_for() -> None:
    found = staffed(target=Target(0.8, 20.0))
    for row in found.table.itertuples():
        assert row.agents == needed(row.load, 240.0, share=0.8, within_s=20.0)
        assert row.agents_low <= row.agents <= row.agents_high
    busiest = found.table.loc[found.table["agents"].idxmax()]
    assert busiest["agents"] > busiest["offered_s"] / 1800 * 0.9
    assert "no roster is known" in str(found)
    assert found.table["gap"].isna().all()


def test_customers_who_give_up_and_agents_who_hold_more_take_fewer_agents() -> None:
    patient, gone = staffed(), staffed(target=Target(patience_s=120.0))
    assert (gone.table["agents"] <= patient.table["agents"]).all()
    shared = staffed(capacity=4).table["agents"]
    assert (shared == np.ceil(patient.table["agents"] / 4)).all()


def test_the_gap_is_the_roster_less_the_need() -> None:
    wanted = staffed().table
    by_time = pd.Series(wanted["agents"].to_numpy() - 2.0, pd.DatetimeIndex(wanted["start"]))
    found = staffed(rostered=by_time)
    assert (found.table["gap"] == -2).all()
    assert len(found.short) == len(wanted)
    assert f"{len(wanted)} of {len(wanted)} intervals lack agents" in str(found)
    one = staffed(rostered=pd.Series({(0, 600): 7.0})).table  # Mondays from 10:00
    assert one["rostered"].sum() == 7.0


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"rostered": pd.Series({("Mon", 600): 7.0})}, r"rostered has \(Mon, 600\); give agents by weekday"),
        ({"rostered": pd.Series({(0, "10:00"): 7.0})}, r"rostered has \(0, 10:00\); give agents by weekday"),
        ({"rostered": pd.Series({(7, 600): 7.0})}, r"rostered has \(7, 600\); give agents by weekday"),
        ({"rostered": pd.Series({(0, 600): -7.0})}, r"rostered is -7.0 at \(0, 600\); give agents, 0 or more"),
        ({"rostered": pd.Series({(0, 600): 7.0, (0, 660): 7.0})}, "steps of 60 minutes, and the forecast of 30; give"),
        ({"rostered": pd.Series([7.0] * 2, pd.MultiIndex.from_tuples([(0, 600)] * 2))}, r"has \(0, 600\) twice"),
        ({"rostered": pd.Series([7.0])}, "rostered has times without a zone; give agents by weekday"),
        ({"rostered": {(0, 600): 7.0}}, "rostered is of dict; give a pandas Series"),
        ({"capacity": "3"}, "capacity is '3'; give how many leads an agent holds at once, above 0"),
        ({"holding_s": timedelta(minutes=4)}, "holding_s is datetime.timedelta.*; give seconds above 0"),
    ],
)
def test_a_roster_of_other_intervals_and_what_is_no_number_are_refused(wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        staffed(**wrong)


def test_the_work_has_intervals_around_its_mean() -> None:
    work = staffed(holding_s=[60.0, 240.0, 600.0]).workload()
    assert (work["offered_s_low95"] <= work["offered_s_low80"]).all()
    assert work["offered_s"].between(work["offered_s_low80"], work["offered_s_high80"]).all()
    assert (work["offered_s_high80"] <= work["offered_s_high95"]).all()
    assert work["offered_s"].to_numpy() == pytest.approx(staffed().table["leads"].to_numpy() * 300.0)


def test_who_is_usually_on_shift_is_the_mean_of_the_known_days() -> None:
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    times = [monday + timedelta(days=d, hours=9 + h) for d in (0, 7, 14) for h in range(8)]
    arrivals = Arrivals.of_times(
        times, hours="Mon 09:00-17:00", since=monday, until=monday + timedelta(days=14, hours=20)
    )
    rows: list[tuple[datetime, str, bool]] = []
    for day in (0, 7, 14):
        start = monday + timedelta(days=day, hours=9, minutes=15)
        rows += [(start, "ana", True), (start + timedelta(hours=4), "ana", False)]
    rows += [(monday + timedelta(days=14, hours=10), "bo", True)]
    changes = pd.DataFrame(rows, columns=["time", "agent", "there"])
    changes["us"] = pd.DatetimeIndex(changes["time"]).as_unit("us").asi8
    found = usual(changes, arrivals)
    assert found[0, 9 * 60] == pytest.approx(0.5)
    assert found[0, 9 * 60 + 30] == pytest.approx(1.0)
    assert found[0, 10 * 60] == pytest.approx(4 / 3)
    assert found[0, 13 * 60] == pytest.approx(0.5 + 1 / 3)
    assert found[0, 16 * 60] == pytest.approx(1 / 3)


def test_without_the_time_that_work_takes_it_abstains_and_says_so() -> None:
    with pytest.raises(ValueError, match=r"target is 5; give collab\.forecast\.Target"):
        bank().staffing(5)  # type: ignore[arg-type]
    found = bank().staffing()
    assert isinstance(found, Abstained)
    assert "give holding_s" in found.reason


@pytest.mark.parametrize(
    "asked,message",
    [
        ({"holding_s": 0.0}, r"holding_s is 0\.0; give seconds above 0"),
        ({"capacity": 0.0}, r"capacity is 0\.0; give how many leads an agent holds"),
    ],
)
def test_wrong_wishes_are_refused_with_the_fix(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        staffed(**asked)


@pytest.mark.parametrize(
    "field,value,fix",
    [
        ("share", 1.5, "give the share of leads taken in time, above 0 and below 1"),
        ("share", 1.0, "give the share of leads"),
        ("share", float("nan"), "give the share of leads"),
        ("within_s", -1, "give seconds of 0 or more"),
        ("share", "0.8", "give the share of leads"),
        ("within_s", None, "give seconds of 0 or more"),
        ("patience_s", "60", "give mean seconds above 0, or None"),
        ("patience_s", 0.0, "give mean seconds above 0, or None"),
    ],
)
def test_a_target_that_cannot_be_is_refused_before_anything_is_asked(field: str, value: Any, fix: str) -> None:
    with pytest.raises(ValueError, match=f"^{field} is {value!r}; {fix}"):
        Target(**{field: value})
