"""Leads counted by interval, on the clock of any zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from desks import lead
from hypothesis import given, settings
from hypothesis import strategies as st
from offices import Open

from collab.forecast import Abstained, Arrivals, Forecast, OpenHours, Predicted
from collab.history import History
from collab.office import seeded_history

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
a_week = st.floats(0, 7 * 86_400).map(lambda s: YEAR + timedelta(seconds=s))
moments = st.floats(0, 365 * 86_400).map(lambda s: YEAR + timedelta(seconds=s))
around_a_change = st.floats(-90_000, 90_000).map(lambda s: datetime(2026, 10, 25, 1, tzinfo=UTC) + timedelta(seconds=s))


def by_hour(days: int) -> pd.Series:
    """A lead an hour, counted on the clock of UTC."""
    return pd.Series(1.0, pd.date_range(YEAR, periods=24 * days, freq="h"))


def test_intervals_that_clocks_leave_behind_are_not_forecast() -> None:
    found = {
        minutes: Forecast.of_times(by_hour(60).index, minutes=minutes, zone="Australia/Lord_Howe").leads()
        for minutes in (30, 60)
    }
    assert isinstance(found[30], Predicted)
    told = "clocks of Australia/Lord_Howe change by 30 minutes, so intervals of 60 minutes begin at other times of day"
    assert told in str(found[60])


@given(
    st.lists(moments | around_a_change, min_size=1, max_size=60),
    st.sampled_from(ZONES),
    st.sampled_from([5, 10, 15, 30, 60]),
)
def test_every_lead_is_in_exactly_one_interval_also_when_clocks_change(
    times: list[datetime], zone: str, minutes: int
) -> None:
    times = [one.replace(microsecond=0) for one in times]
    found = Arrivals.of_times(times, minutes=minutes, zone=zone).counts
    assert found.sum() == len(times)
    starts = pd.DatetimeIndex(found.index)
    assert set(np.diff(starts.asi8)) <= {minutes * 60 * 10**6}
    for one in times:
        assert found[starts[starts.searchsorted(pd.Timestamp(one), side="right") - 1]] >= 1


@pytest.mark.parametrize("day,hours", [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
@pytest.mark.parametrize("minutes", [15, 30])
def test_a_day_on_which_clocks_change_has_23_or_25_hours(day: str, hours: int, minutes: int) -> None:
    first = pd.Timestamp(day, tz="Europe/Berlin")
    after = (first + pd.DateOffset(days=1)).to_pydatetime()
    found = Arrivals.of_times(
        pd.Series(pd.date_range(first, after, freq="10min", inclusive="left")),
        minutes=minutes,
        zone="Europe/Berlin",
        hours="Mon-Sun 00:00-24:00",
        since=first.to_pydatetime(),
        until=after,
    )
    assert len(found.counts) == hours * 60 // minutes
    assert found.counts.sum() == hours * 6 == np.nansum(found.table)
    assert found.known_days == 1


@given(st.lists(a_week, min_size=2, max_size=50), st.sampled_from([10, 15, 30, 60]), st.sampled_from(ZONES[:4]))
@settings(max_examples=30)
def test_sums_of_counts_are_the_counts_of_longer_intervals(times: list[datetime], minutes: int, zone: str) -> None:
    since, until = YEAR, YEAR + timedelta(days=8)
    fine = Arrivals.of_times(times, minutes=5, zone="UTC", since=since, until=until).counts
    summed = Arrivals.of_counts(fine, minutes=minutes, zone=zone).counts
    direct = Arrivals.of_times(times, minutes=minutes, zone=zone, since=since, until=until).counts
    both = summed.index.intersection(direct.index)
    assert len(both) >= len(direct) - 1
    pd.testing.assert_series_equal(summed[both], direct[both], check_freq=False)


def daily(days: int, per_slot: float = 5.0, gap: slice | None = None) -> pd.Series:
    """The same count in each half hour from 9 to 17, Monday to Friday, missing or 0 in a gap."""
    local = pd.date_range("2026-03-02", periods=days * 48, freq="30min", tz="UTC")
    came = np.where((local.day_of_week < 5) & (local.hour >= 9) & (local.hour < 17), per_slot, 0.0)
    counts = pd.Series(came, local)
    if gap is not None:
        counts[gap] = 0.0
    return counts


def test_the_hours_are_worked_out_from_when_leads_came() -> None:
    found = Arrivals.of_counts(daily(21))
    assert str(found.hours) == "Mon-Fri 09:00-17:00 (UTC)"
    assert (found.known_days, found.table.shape) == (15, (15, 16))


def on_weekends(weeks: int, saturdays: slice, sundays: slice) -> pd.Series:
    """Leads in each half hour of every weekday from 9 to 17, and on those Saturdays and Sundays."""
    counts = daily(7 * weeks)
    local = pd.DatetimeIndex(counts.index)
    inside = (local.hour >= 9) & (local.hour < 17)
    for weekday, which in ((5, saturdays), (6, sundays)):
        days = local[local.day_of_week == weekday].normalize().unique()[which]
        counts[inside & local.normalize().isin(days)] = 2.0
    return counts


@pytest.mark.parametrize(
    "saturdays, sundays, open_days, said",
    [
        (slice(-2), slice(0), "Mon-Sat 09:00-17:00", ()),  # two might be holidays
        (slice(-3), slice(0), "Mon-Fri 09:00-17:00", ("Sat is taken for closed: no lead came on its newest 3 days",)),
        (slice(0), slice(-3, None), "Mon-Fri 09:00-17:00", ("Sun is not forecast yet: leads came on 3 of its days",)),
        (slice(0), slice(-4, None), "Mon-Fri/Sun", ()),
    ],
)
def test_a_weekday_given_up_is_closed_and_one_begun_is_open_after_four_weeks(
    saturdays: slice, sundays: slice, open_days: str, said: tuple[str, ...]
) -> None:
    found = Arrivals.of_counts(on_weekends(26, saturdays, sundays))
    weekdays = set(range(5)) | ({5} if "Sat" in open_days else set()) | ({6} if "Sun" in open_days else set())
    assert set(found.hours.days) == weekdays
    assert [one.startswith(start) for one, start in zip(found.left_out, said, strict=True)] == [True] * len(said)
    coming = Forecast.of(found).leads(7)
    assert isinstance(coming, Predicted)
    assert set(coming.days()["day"].dt.day_of_week) == weekdays
    assert all(one in str(coming) for one in found.left_out)
    if 6 in weekdays:
        assert coming.days()["leads"].iloc[-1] == pytest.approx(32, rel=0.1)
    early = found.before(pd.Timestamp("2026-08-03", tz="UTC"))  # four weeks earlier all was as before
    assert set(early.hours.days) == ({*range(6)} if saturdays.stop else {*range(5)})
    assert early.left_out == ()


def test_a_stretch_that_was_not_recorded_and_hours_that_were_given_close_no_weekday() -> None:
    gap = daily(7 * 12)
    gap["2026-05-04":] = 0.0  # type: ignore[misc]
    saturdays = on_weekends(12, slice(-4), slice(0))
    assert str(Arrivals.of_counts(gap).hours) == "Mon-Fri 09:00-17:00 (UTC)"
    given = Arrivals.of_counts(saturdays, hours="Mon-Sat 09:00-17:00")
    assert (set(given.hours.days), given.left_out) == ({*range(6)}, ())


def test_a_day_without_a_lead_is_unknown_where_that_is_no_chance_and_zero_where_it_is() -> None:
    holiday = slice("2026-03-11", "2026-03-11")
    many, few = (Arrivals.of_counts(daily(28, n, holiday), hours="Mon-Fri 09:00-17:00") for n in (5.0, 0.1))
    assert (many.known_days, few.known_days) == (19, 20)
    shown = many.frame().set_index("start")["leads"]
    assert np.isnan(shown["2026-03-11 10:00"])
    assert few.frame().set_index("start")["leads"]["2026-03-11 10:00"] == 0


def test_what_was_not_counted_is_unknown_and_so_is_its_day() -> None:
    counts = daily(14).drop(pd.Timestamp("2026-03-04 10:30", tz="UTC"))
    found = Arrivals.of_counts(counts, hours="Mon-Fri 09:00-17:00")
    assert found.known_days == 9
    assert found.table.loc["2026-03-04"].isna().all()


def test_a_day_that_is_not_over_is_unknown_until_the_team_closes() -> None:
    for hour, known in ((16, 4), (17, 5), (20, 5)):
        times = pd.Series(pd.date_range("2026-03-02 09:10", periods=5, freq="D", tz="UTC"))
        until = datetime(2026, 3, 6, hour, tzinfo=UTC)
        since = datetime(2026, 3, 2, tzinfo=UTC)
        found = Arrivals.of_times(times, hours="Mon-Fri 09:00-17:00", since=since, until=until)
        assert found.known_days == known


def test_a_history_says_what_came_how_long_work_takes_and_who_is_on_shift(tmp_path: Path) -> None:
    history = seeded_history(str(tmp_path), days=7)
    forecast = Forecast(history, zone="America/New_York", hours="Mon-Fri 07:00-21:30")
    arrivals = forecast.arrivals
    starts = pd.DatetimeIndex(arrivals.counts.index)
    came = history.arrivals()["time"]
    assert arrivals.counts.sum() == (came < arrivals.until).sum() > 300
    assert starts[0] <= came.min()
    assert arrivals.until == starts[-1] + timedelta(minutes=30) > came.max() - timedelta(minutes=30)
    assert forecast.holding is not None
    ended = history.sql(
        "SELECT avg(epoch(o.closed) - epoch(a.time)) AS s FROM outcomes o JOIN assignments a USING (decision)"
    )
    assert forecast.holding.mean_s == pytest.approx(ended["s"][0])
    assert forecast.rostered is not None
    shifts = forecast.rostered.groupby("slot").mean()
    assert (shifts[14 * 60], shifts[3 * 60]) == (8, 0)  # all eight work at two in the afternoon
    found = forecast.staffing()
    assert isinstance(found, Abstained)
    assert found.known_days == arrivals.known_days
    assert f"{arrivals.known_days} whole days of leads are known" in forecast._repr_html_()


def test_a_history_of_a_moment_has_no_interval_and_gives_no_forecast(open_office: Open) -> None:
    office = open_office(tenant="acme")
    office.call(office.desk.add_agent("ana", "Ana", capacity=9)).result()
    office.call(office.desk.route_lead(lead("L1"))).result()
    office.stop()
    forecast = Forecast(History(office.history.url, "acme"), zone="Europe/Berlin")
    assert "no forecast: 0 whole days" in str(forecast)
    assert isinstance(forecast.backtest(), Abstained)
    assert forecast.rostered is not None
    assert forecast.rostered.empty


@pytest.mark.parametrize(
    "text,said",
    [
        ("Mon-Fri 07:00-21:00", "Mon-Fri 07:00-21:00 (UTC)"),
        ("mon-fri 07:00-21:00, Sat 10:00-14:00", "Mon-Fri 07:00-21:00, Sat 10:00-14:00 (UTC)"),
        ("Sat-Mon 00:00-24:00", "Mon/Sat/Sun 00:00-24:00 (UTC)"),
        ("Mon-Fri 13:00-17:00, Mon-Fri 09:00-12:00", "Mon-Fri 09:00-17:00 (UTC)"),
        ("Mon-Tue 18:00-02:00", "Mon 18:00-24:00, Tue 00:00-24:00, Wed 00:00-02:00 (UTC)"),
        ("Sun 18:00-24:00, Mon 00:00-02:00", "Mon 00:00-02:00, Sun 18:00-24:00 (UTC)"),
    ],
)
def test_hours_are_read_from_words(text: str, said: str) -> None:
    assert str(OpenHours.of(text)) == said


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda: OpenHours.of("weekdays"), "hours has 'weekdays'; give days and times, e.g. mon-fri"),
        (lambda: OpenHours.of("Mon 09:00-17:00", "Mars"), "zone is 'Mars'; give a name of the IANA database"),
        (lambda: OpenHours.of(""), "hours is '', so it would never be open"),
        (lambda: Arrivals.of_times([]), "times is empty; give when leads came"),
        (lambda: Arrivals.of_times([datetime(2026, 3, 2)]), "without a zone; give aware times"),  # noqa: DTZ001
        (lambda: Arrivals.of_times([YEAR], minutes=7), "minutes is 7; give one of 5, 10, 15, 30, 60"),
        (lambda: Arrivals.of_counts(daily(2), minutes=15), "minutes is 15, and counts has steps of"),
        (lambda: Arrivals.of_times([YEAR], since=YEAR, until=YEAR - timedelta(days=1)), "until is .* before since, "),
        (lambda: Arrivals.of_times(pd.DataFrame({"time": [YEAR]})), "times is of DataFrame; give aware times"),
        (lambda: Arrivals.of_times("2026-03-02"), "times is of str; give aware times, e.g. a Series"),  # type: ignore[arg-type]
        (lambda: Arrivals.of_times([1_767_600_000] * 9), "times has 1767600000, which is a number; give aware"),  # type: ignore[list-item]
        (lambda: Arrivals.of_counts(pd.Series([1.0, 2.0])), "counts has 0, which is a number; give aware times"),
        (lambda: Arrivals.of_times([YEAR], hours=5), "hours is 5; give text, e.g. 'mon-fri"),  # type: ignore[arg-type]
        (lambda: Arrivals.of_times([YEAR], since=""), "since is ''; give an aware time"),  # type: ignore[arg-type]
        (lambda: Arrivals.of_times([YEAR], until="2026-03-02"), "until is '2026-03-02'; give an aware time"),  # type: ignore[arg-type]
        (lambda: Arrivals.of_counts(by_hour(1), minutes=60, zone="Asia/Kolkata"), "from 2026-01-01 05:30 on the clock"),
        (lambda: Arrivals.of_counts(-daily(2)), "counts is -5.0; give numbers of 0 or more"),
        (lambda: Arrivals.of_counts(daily(2)[::-1]), "out of order or twice; sort and sum them"),
    ],
)
def test_wrong_counts_and_hours_are_refused_with_the_fix(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
