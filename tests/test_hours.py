"""Business hours and wall clocks: what a clock on the wall shows decides, also in the weeks in which it changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.analytics import Hours, Zone
from collab.analytics.zone import DAY, HOUR, QUARTER, SECOND, WEEK, microseconds, moment

ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""The days on which clocks in Europe change in 2026."""

MOMENTS = st.integers(microseconds(datetime(2018, 1, 1, tzinfo=UTC)), microseconds(datetime(2027, 1, 1, tzinfo=UTC)))


def at(*when: int, zone: str = "Europe/Berlin") -> int:
    """The moment at which a clock on the wall shows this."""
    return microseconds(datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC))  # type: ignore[misc]


@given(st.sampled_from(ZONES), st.lists(MOMENTS, min_size=1, max_size=30))
def test_a_zone_shows_what_the_standard_library_shows(name: str, moments: list[int]) -> None:
    zone, us = Zone(name), np.array(moments)
    shown = [moment(one).astimezone(ZoneInfo(name)) for one in moments]
    assert zone.local(us).tolist() == [microseconds(one.replace(tzinfo=UTC)) for one in shown]
    assert zone.weekday(us).tolist() == [one.weekday() for one in shown]
    assert zone.hour(us).tolist() == [one.hour for one in shown]


@pytest.mark.parametrize("day, hours", [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 1), 24)])
def test_a_day_on_which_the_clock_changes_has_23_or_25_buckets(day: date, hours: int) -> None:
    zone = Zone("Europe/Berlin")
    start, end = zone.midnight(day), zone.midnight(day + timedelta(days=1))
    edges = zone.edges(start, end, HOUR)
    assert len(edges) - 1 == hours
    assert (np.diff(edges) == HOUR).all()
    assert len(zone.edges(start, end, QUARTER)) - 1 == 4 * hours
    assert len(zone.edges(start, end, DAY)) - 1 == 1
    assert len(zone.edges(start, end, 6 * HOUR)) - 1 == 4, "quarters of a day are by the clock, however long"


@given(st.sampled_from(ZONES), MOMENTS, st.integers(1, 40 * DAY), st.sampled_from([QUARTER, HOUR, 4 * HOUR, DAY, WEEK]))
def test_buckets_cover_all_time_once_and_begin_where_the_clock_turns(
    name: str, start: int, span: int, every: int
) -> None:
    zone = Zone(name)
    edges = zone.edges(start, start + span, every)
    assert edges[0] == start
    assert edges[-1] == start + span
    assert (np.diff(edges) > 0).all()
    assert (np.diff(edges) <= every + HOUR).all()
    floor = zone.floor(start, every)
    assert floor <= start < floor + every + HOUR
    assert zone.floor(floor, every) == floor
    if every == WEEK:
        assert (zone.weekday(edges[1:-1]) == 0).all()
    if every in (DAY, WEEK):
        assert (zone.local(edges[1:-1]) % DAY <= HOUR).all()  # a zone may skip its midnight


def test_buckets_that_no_clock_has_are_refused() -> None:
    with pytest.raises(ValueError, match="every is 7000 µs; give a week, a day"):
        Zone().edges(0, DAY, 7000)
    with pytest.raises(ValueError, match=r"every is datetime.timedelta\(seconds=3600\); give .* in microseconds"):
        Zone().floor(DAY, timedelta(hours=1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="which is before start"):
        Zone().edges(1, 0, DAY)


@pytest.mark.parametrize("name", ["Europe", "Mars/Base", "", "../etc"])
def test_a_zone_that_does_not_exist_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"zone is '{name}'; give a name of the IANA database"):
        Zone(name)


@pytest.mark.parametrize(
    "week, start, end, hours",
    [
        # a night in which the clock skips an hour, and one in which it shows one twice
        ("mon-sun 00:00-24:00", at(2026, 3, 28, 12), at(2026, 3, 29, 12), 23),
        ("mon-sun 00:00-24:00", at(2026, 10, 24, 12), at(2026, 10, 25, 12), 25),
        # from Friday 16:00 to Monday 10:00, over the change
        ("mon-fri 09:00-17:00", at(2026, 3, 27, 16), at(2026, 3, 30, 10), 2),
        # a week of five days is 40 hours, whatever the clock does on Sunday
        ("mon-fri 09:00-17:00", at(2026, 3, 23), at(2026, 3, 30), 40),
        # a night shift that ends after the change: 22:00 to 06:00 is 7 hours then
        ("sat 22:00-06:00", at(2026, 3, 28), at(2026, 3, 30), 7),
        ("sat 22:00-06:00", at(2026, 10, 24), at(2026, 10, 26), 9),
        # a break at noon, and a week that goes over its end
        ("mon 08:00-12:00; mon 13:00-17:00", at(2026, 6, 1), at(2026, 6, 2), 8),
        ("sat-mon 10:00-11:00", at(2026, 6, 1), at(2026, 6, 8), 3),
        # what opens in the hour that is skipped opens when the clock goes on
        ("sun 02:30-04:30", at(2026, 3, 29), at(2026, 3, 30), 1),
        ("mon-fri 09:00-17:00", at(2026, 6, 2), at(2026, 6, 1), 0),
    ],
)
def test_business_hours_are_those_that_the_clock_shows(week: str, start: int, end: int, hours: float) -> None:
    found = Hours(week, "Europe/Berlin").seconds(np.array([start]), np.array([end]))
    assert found.tolist() == [3600 * hours]


def test_nothing_opens_on_a_closed_day() -> None:
    hours = Hours("mon-fri 09:00-17:00", "Europe/Berlin", closed=[date(2026, 12, 25)])
    assert hours.seconds(np.array([at(2026, 12, 21)]), np.array([at(2026, 12, 28)])).tolist() == [32 * 3600]


@given(MOMENTS, st.lists(st.integers(0, 9 * DAY), min_size=3, max_size=3).map(sorted))
def test_business_time_adds_up_and_is_never_more_than_time(start: int, after: list[int]) -> None:
    hours = Hours("mon-fri 09:00-17:30; sat 22:00-02:00", "Europe/Berlin")
    a, b, c = (np.array([start + one]) for one in after)
    assert hours.seconds(a, b) + hours.seconds(b, c) == pytest.approx(hours.seconds(a, c))
    assert (hours.seconds(a, c) >= 0).all()
    assert (hours.seconds(a, c) <= (c - a) / SECOND + 1e-6).all()
    assert Hours.always("Europe/Berlin").seconds(a, c) == pytest.approx((c - a) / SECOND)


@given(MOMENTS, st.integers(0, 3000))
def test_business_minutes_are_those_whose_clock_lies_between_opening_and_closing(start: int, minutes: int) -> None:
    start -= start % (60 * SECOND)
    each = [moment(start + 60 * SECOND * one).astimezone(ZoneInfo("Europe/Berlin")) for one in range(minutes)]
    opened = sum(one.weekday() < 5 and 9 <= one.hour < 17 for one in each)
    end = start + 60 * SECOND * minutes
    assert Hours("mon-fri 09:00-17:00", "Europe/Berlin").seconds(np.array([start]), np.array([end])) == 60 * opened


@pytest.mark.parametrize("week", ["mon", "mon 9:00-17:00", "mon-xyz 09:00-17:00", "mon 09:60-17:00", "mon 09:00-25:00"])
def test_hours_that_cannot_be_read_are_refused_with_the_part(week: str) -> None:
    with pytest.raises(ValueError, match=f"week has '{week}'.*e.g. mon-fri"):
        Hours(week)


@pytest.mark.parametrize("week", ["", " ; ", None, 5])
def test_hours_in_which_nothing_opens_are_refused(week: str) -> None:
    with pytest.raises(ValueError, match=r"so it would never be open; give days and times, e.g. mon-fri"):
        Hours(week)
