"""Forecasts of real and of drawn leads."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import banks
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.forecast import Abstained, Arrivals, Backtest, Forecast, Predicted
from collab.forecast.changed import of_now
from collab.forecast.leads import LEAST_WEEKS, MOST_DAYS
from collab.history import History

MONDAY = pd.Timestamp("2026-03-02", tz="Europe/Berlin")
WEEKLY = "Mon-Fri 09:00-17:00"
BANDS = ["low95", "low80", "high80", "high95"]


@cache
def bank(minutes: int = 30) -> Arrivals:
    return banks.arrivals(minutes)


@cache
def drawn(weeks: int = 10, mean: float = 8.0, seed: int = 1, minutes: int = 30) -> Arrivals:
    """Poisson counts that follow the clock, Monday to Friday, a third less on Fridays."""
    local = pd.date_range(MONDAY, MONDAY + pd.DateOffset(weeks=weeks), freq=f"{minutes}min", inclusive="left")
    bump = np.exp(-(((local.hour + local.minute / 60 - 12) / 3) ** 2))
    rate = mean * bump * np.where(local.day_of_week == 4, 2 / 3, 1.0)
    came = np.where(local.day_of_week < 5, np.random.default_rng(seed).poisson(rate), 0)
    return Arrivals.of_counts(pd.Series(came.astype(float), local), minutes=minutes, zone="Europe/Berlin", hours=WEEKLY)


@pytest.mark.parametrize("minutes", [15, 30])
def test_real_calls_of_held_out_weeks_are_better_forecast_than_by_the_week_before(minutes: int) -> None:
    found = Forecast.of(bank(minutes)).backtest(22)
    assert isinstance(found, Backtest)
    assert (len(found.weeks), found.n) == (22, 2_968 * 30 // minutes)
    assert found.mase < 0.85
    assert found.against_naive < 0.75
    assert 0.75 <= found.coverage(80) <= 0.85
    assert 0.90 <= found.coverage(95) <= 0.98


def test_a_backtest_knows_nothing_of_the_weeks_it_forecasts() -> None:
    found = Forecast.of(bank()).backtest(3)
    assert isinstance(found, Backtest)
    first = found.weeks["week"].iloc[0]
    early = Forecast.of(bank().before(first)).leads(7)
    assert isinstance(early, Predicted)
    same = found.points[found.points["week"] == first].set_index("start")
    pd.testing.assert_series_equal(same["leads"], early.table.set_index("start")["leads"].loc[same.index])
    assert early.until == first


def test_what_a_backtest_takes_for_the_week_before_is_the_newest_known_day() -> None:
    found = Forecast.of(bank()).backtest(8)
    assert isinstance(found, Backtest)
    known = bank().frame().set_index("start")["leads"]
    after_labor_day = found.points.set_index("start").loc["2003-09-08 10:00"]  # the Monday before was no working day
    assert after_labor_day["naive"] == known["2003-08-25 10:00"]
    assert after_labor_day["came"] == known["2003-09-08 10:00"]


def with_busy(days: list[str], times: float = 40.0) -> Arrivals:
    """The drawn counts with so many times the leads on some days."""
    counts = drawn(10).counts.copy()
    counts[pd.DatetimeIndex(counts.index).strftime("%Y-%m-%d").isin(days)] *= times
    return Arrivals.of_counts(counts, zone="Europe/Berlin", hours=WEEKLY)


@pytest.mark.parametrize("day", ["2026-03-18", "2026-04-15", "2026-05-08"])
def test_a_day_far_off_is_said_and_does_not_move_the_days_to_come(day: str) -> None:
    plain, found = (Forecast.of(arrivals).leads(7) for arrivals in (drawn(10), with_busy([day])))
    assert isinstance(plain, Predicted)
    assert isinstance(found, Predicted)
    assert found.table["leads"].sum() == pytest.approx(plain.table["leads"].sum(), rel=0.05)
    assert found.table["high95"].sum() < 1.2 * plain.table["high95"].sum()
    assert f"{pd.Timestamp(day):%a %d %b %Y} is left out: " in str(found)
    assert plain.left_out == ()


@pytest.mark.parametrize(
    "days",
    [
        ["2026-05-06", "2026-05-07", "2026-05-08"],  # a new usual
        ["2026-03-02", "2026-03-31", "2026-04-30"],  # once a month
    ],
)
def test_busy_days_that_stay_or_come_again_are_part_of_what_is_to_come(days: list[str]) -> None:
    found, plain = (Forecast.of(arrivals).leads(7) for arrivals in (with_busy(days), drawn(10)))
    assert isinstance(found, Predicted)
    assert isinstance(plain, Predicted)
    assert found.left_out == ()
    assert found.table["leads"].sum() > 1.2 * plain.table["leads"].sum()


@pytest.mark.parametrize("weeks", [1, 4])
def test_days_without_a_lead_at_the_end_are_said_and_many_of_them_give_no_forecast(weeks: int) -> None:
    plain = drawn(12)
    counts = plain.counts.copy()
    counts[pd.DatetimeIndex(counts.index) >= MONDAY + pd.DateOffset(weeks=12 - weeks)] = 0.0
    found = Forecast.of(Arrivals.of_counts(counts, zone="Europe/Berlin", hours=WEEKLY)).leads(7)
    said = f"no lead came on the newest {5 * weeks} open days, from "
    assert said in str(found)
    assert isinstance(found, Predicted if weeks == 1 else Abstained)
    assert said not in str(Forecast.of(plain).leads(7))


def moving(weeks: int, opens: float, closes: float, mean: float = 4.0, seed: int = 3) -> Predicted:
    """A forecast of a team that is open from 9 to 17 for ten weeks, and at other hours in the newest so many."""
    local = pd.date_range(MONDAY, MONDAY + pd.DateOffset(weeks=10 + weeks), freq="30min", inclusive="left")
    moved, hour = local >= MONDAY + pd.DateOffset(weeks=10), local.hour + local.minute / 60
    first, last = np.where(moved, opens, 9.0), np.where(moved, closes, 17.0)
    open_then = (hour >= first) & (hour < last) & (local.day_of_week < 5)
    came = np.random.default_rng(seed).poisson(np.where(open_then, mean * 16 / (2 * (last - first)), 0.0))
    found = Forecast.of(Arrivals.of_counts(pd.Series(came.astype(float), local), zone="Europe/Berlin")).leads(7)
    assert isinstance(found, Predicted)
    return found


@pytest.mark.parametrize("opens,closes", [(11.0, 19.0), (7.0, 15.0), (9.0, 20.0), (11.0, 17.0), (17.0, 22.0)])
def test_hours_that_moved_leave_no_lead_at_the_old_ones_after_some_weeks(opens: float, closes: float) -> None:
    found = moving(4, opens, closes)
    starts = pd.DatetimeIndex(found.table["start"])
    hour = starts.hour + starts.minute / 60
    outside = (hour < opens) | (hour >= closes)
    assert found.table.loc[outside, "leads"].sum() == 0
    assert found.table["leads"].sum() == pytest.approx(5 * 16 * 4.0, rel=0.1)
    begins, ends = (f"{int(at):02d}:00" for at in (opens, closes))
    assert f"Mon/Tue/Wed/Thu/Fri come, {begins} to {ends}, is seen on the days from 11 May 2026 on" in str(found)
    by_hour = found.table["leads"].groupby(starts.hour).sum().loc[int(opens) : int(closes) - 1]
    assert by_hour.max() < 1.6 * by_hour.min()


@pytest.mark.parametrize("mean", [0.5, 4.0, 20.0])
def test_hours_that_stay_are_not_taken_for_moved(mean: float) -> None:
    assert not any(of_now(drawn(15, mean, seed).table)[1] for seed in range(8))


@pytest.mark.parametrize("mean", [0.5, 20.0])
def test_the_intervals_hold_for_drawn_counts_of_any_size(mean: float) -> None:
    found = Forecast.of(drawn(15, mean, seed=4)).backtest(10)
    assert isinstance(found, Backtest)
    assert found.against_naive < 1
    # intervals of small counts hold more than they must: there is no half lead
    assert 0.74 <= found.coverage(80) <= (0.86 if mean > 3 else 0.97)
    assert found.coverage(95) >= 0.92


def test_a_backtest_of_counts_without_any_error_says_so() -> None:
    local = pd.date_range(MONDAY, periods=10 * 7 * 48, freq="30min")
    arrivals = Arrivals.of_counts(pd.Series(4.0, local), zone="Europe/Berlin", hours="Mon-Sun 00:00-24:00")
    found = Forecast.of(arrivals).leads(2)
    assert isinstance(found, Predicted)
    assert found.table["leads"].to_numpy() == pytest.approx(4.0, rel=0.03)


def test_a_forecast_begins_where_knowledge_ends_and_covers_open_intervals_only() -> None:
    noon = (MONDAY + pd.DateOffset(weeks=9, days=1, hours=12)).tz_convert("UTC")
    found = Forecast.of(drawn().before(noon)).leads(1)
    assert isinstance(found, Predicted)
    starts = pd.DatetimeIndex(found.table["start"])
    assert starts[0] == noon
    assert set(starts.day_of_week) == {1, 2}  # the rest of Tuesday, and one day
    assert (starts.hour.min(), starts.hour.max()) == (9, 16)
    assert len(Forecast.of(drawn()).leads(7).days()) == 5  # type: ignore[union-attr]


def test_where_no_day_is_open_it_abstains_and_asks_for_more_days() -> None:
    found = Forecast.of(bank()).leads(2)  # what is known ends on a Friday
    assert isinstance(found, Abstained)
    assert "none of the next days (2) is open (Mon-Fri 07:00-21:00" in found.reason
    assert isinstance(Forecast.of(bank()).leads(3), Predicted)


@given(st.integers(1, 60), st.floats(0.3, 200.0), st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_the_intervals_nest_and_are_counts(days: int, mean: float, seed: int) -> None:
    found = Forecast.of(drawn(6, mean, seed)).leads(min(days, MOST_DAYS))
    if isinstance(found, Abstained):
        return
    table = found.table
    assert np.isfinite(table[["leads", *BANDS]].to_numpy()).all()
    assert (table[BANDS].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (table[BANDS] >= 0).all(axis=None)
    assert (table[BANDS] % 1 == 0).all(axis=None)
    assert (table["leads"] <= table["high95"] + 1).all()


def test_the_same_counts_give_the_same_forecast() -> None:
    one, other = (Forecast.of(Arrivals.of_counts(banks.counts(), zone=banks.ZONE)).leads(7) for _ in range(2))
    assert isinstance(one, Predicted)
    assert isinstance(other, Predicted)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_a_day_after_closed_ones_and_the_turn_of_the_month_bring_more_calls() -> None:
    """Both are in the bank's calls, and in what is forecast from them."""
    before_memorial_day = bank().before(pd.Timestamp("2003-09-02", tz=banks.ZONE))  # the day after Labor Day
    after = Forecast.of(before_memorial_day).leads(7)
    assert isinstance(after, Predicted)
    usual = Forecast.of(bank().before(pd.Timestamp("2003-08-19", tz=banks.ZONE))).leads(7)
    assert isinstance(usual, Predicted)
    assert after.days()["leads"].iloc[0] > 1.1 * usual.days()["leads"].iloc[0]  # both are Tuesdays


@pytest.mark.parametrize("weeks", [0, 1, 3])
def test_a_short_history_gives_no_forecast_but_the_reason(weeks: int) -> None:
    found = Forecast.of(drawn(10).before(MONDAY + pd.DateOffset(weeks=weeks, hours=1))).leads()
    assert isinstance(found, Abstained)
    assert found.known_days == 5 * weeks
    assert found.needed_days == 5 * LEAST_WEEKS
    more = LEAST_WEEKS - weeks
    assert f"go on recording for {'1 week' if more == 1 else f'{more} weeks'}, or" in found.reason


def test_few_leads_give_no_forecast_and_few_weeks_no_backtest() -> None:
    few = Forecast.of(drawn(10, 0.02)).leads()
    assert isinstance(few, Abstained)
    assert "leads are known, and it takes 100" in few.reason
    short = Forecast.of(drawn(6)).backtest(8)
    assert isinstance(short, Abstained)
    assert "2 known weeks follow 4 weeks" in short.reason
    assert isinstance(Forecast.of(drawn(7)).backtest(8), Backtest)


def test_at_a_shell_a_forecast_reads_as_it_is_printed() -> None:
    forecast = Forecast.of(drawn(7))
    for said in (
        forecast,
        forecast.leads(),
        forecast.backtest(3),
        forecast.staffing(holding_s=60),
        forecast.staffing(),
    ):
        assert repr(said) == str(said)
        assert "<" not in repr(said)
        assert "table=" not in repr(said)


def test_a_backtest_tells_how_far_it_is_and_stops_when_told() -> None:
    heard: list[tuple[int, int]] = []
    found = Forecast.of(drawn()).backtest(5, progress=lambda done, of: heard.append((done, of)))
    assert isinstance(found, Backtest)
    assert heard == [(n, 5) for n in range(1, 6)]
    stopped = Forecast.of(drawn()).backtest(6, cancelled=lambda: len(heard) > 5, progress=lambda *at: heard.append(at))
    assert isinstance(stopped, Abstained)


@pytest.mark.parametrize("days", [0, 29, 1.5, True])
def test_wrong_days_and_weeks_are_refused_with_the_fix(days: int) -> None:
    with pytest.raises(ValueError, match=f"days is {days}; give a whole number of 1 to 28"):
        Forecast.of(drawn()).leads(days)
    with pytest.raises(ValueError, match="weeks is 2; give a whole number of 3 or more"):
        Forecast.of(drawn()).backtest(2)


def test_a_history_without_events_is_refused_and_its_card_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no such folder|has no events yet"):
        Forecast(History(tmp_path / "none"))
    with pytest.raises(ValueError, match=r"open it first: Forecast\(collab.History\('data/history'\)\)"):
        Forecast("data/history")  # type: ignore[arg-type]
    card = Forecast.of_times([datetime(2026, 3, 2, 10, tzinfo=UTC)])._repr_html_()
    assert "go on recording" in card
    assert "1, by 30 minutes" in card
