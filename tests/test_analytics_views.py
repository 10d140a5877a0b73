"""The views of analytics without a browser: each stands alone, and a click shows the rows."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from desks import hire
from notices import until
from offices import Open, at, do
from work import recorded_work

from collab import analytics
from collab.analytics import MEASURES, Book
from collab.analytics.compare import of_cells
from collab.history import History
from collab.views.analytics import AnalyticsView
from collab.views.asked import EMPTY, FRESH, Asked, book_of, number
from collab.views.compare import CompareView, bands
from collab.views.figures import FiguresView
from collab.views.heat import INK, HeatView
from collab.views.steps import between
from collab.views.trend import TrendView, spell

VIEWS = (TrendView, HeatView, CompareView)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Two hours of a team's work."""
    return Book(recorded_work(tmp_path_factory.mktemp("views"), 400))


def made(kind: type[FiguresView], book: Book, **params: object) -> FiguresView:
    view = kind(Asked(book), **params)
    view.wait()
    return view


@pytest.mark.parametrize("kind", VIEWS)
def test_a_view_says_what_its_figures_mean_and_how_many_rows_are_behind(kind: type[FiguresView], book: Book) -> None:
    view = made(kind, book)
    assert view.plot.visible
    assert view.task.error == ""
    assert "<summary" in view.words.object
    assert escape(view.found.measure.definition) in view.words.object
    assert len(view.source.data["n"]) > 0
    assert view.rows.frame is None
    assert view.invitation in view.rows._pane.object


def test_a_team_that_begins_beside_others_has_nothing_yet_and_is_no_mistake(book: Book) -> None:
    view = AnalyticsView(Asked(Book(History(book.history.url, "new"), new=True)))
    for part in view._views:
        part.wait()
        assert part.task.error == ""
        assert EMPTY in part.words.object
    with pytest.raises(ValueError, match="tenant is 'new', who is not in"):
        TrendView(Asked(History(book.history.url, "new")))


@pytest.mark.parametrize("kind", VIEWS)
def test_a_click_shows_the_rows_behind_and_a_new_question_puts_them_away(kind: type[FiguresView], book: Book) -> None:
    view = made(kind, book)
    place = int(np.flatnonzero(np.asarray(view.source.data["n"]) > 0)[0])
    view.source.selected.indices = [place]
    view.wait()
    assert len(view.rows.frame) == view.source.data["n"][place]
    assert view.rows.file.visible
    written = pd.read_csv(view.rows._csv())
    assert written["seq"].tolist() == view.rows.frame["seq"].tolist()
    view.measure = "satisfaction"
    view.wait()
    assert view.rows.frame is None
    assert view.source.selected.indices == []


@pytest.mark.parametrize("kind", VIEWS)
def test_where_nothing_is_recorded_a_view_says_how_to_begin(kind: type[FiguresView], tmp_path: Path) -> None:
    view = kind(History(tmp_path, "main"))
    view.wait()
    assert EMPTY in view.words.object
    assert not view.plot.visible


@pytest.mark.parametrize("kind", [TrendView, HeatView])
def test_a_zone_that_does_not_exist_is_said_and_the_next_one_shown(kind: type[FiguresView], book: Book) -> None:
    view = made(kind, book)
    view.asked.zone = "Mars/Base"
    view.wait()
    assert "zone is &#x27;Mars/Base&#x27;" in view.words.object
    assert 'role="alert"' in view.words.object
    assert not view.plot.visible
    view.asked.zone = "Asia/Kolkata"
    view.wait()
    assert view.plot.visible
    assert view.found.zone.name == "Asia/Kolkata"


def test_a_hidden_view_asks_nothing_and_asks_when_it_is_opened(book: Book) -> None:
    view = AnalyticsView(Asked(book, active=False), active=False)
    assert [one.found for one in (view.trend, view.heat, view.compare)] == [None] * 3
    view.active = True
    for one in (view.trend, view.heat, view.compare):
        one.wait()
        assert one.found is not None


def test_a_page_opened_later_shows_what_was_recorded_since_and_says_as_of_when(open_office: Open) -> None:
    office = open_office()
    first, early = book_of(office), AnalyticsView(Asked(office=office))
    early.trend.wait()
    assert "As of no event, " in early._as_of.object
    do(office, hire(at(office), "ana"))
    until(lambda: office.history.own_last > 0, "the agent is recorded")
    assert book_of(office) is first  # it was read just now
    first.opened -= 2 * FRESH
    later = AnalyticsView(Asked(office=office, zone="Asia/Kolkata"))
    later.trend.wait()
    assert later.asked.names == {"ana": "Ana"}
    assert f"As of event {later.asked.book.last:,}, " in later._as_of.object
    assert "(Asia/Kolkata): periods end there" in later._as_of.object
    assert "no event" in early._as_of.object  # what is shown stays


def test_the_trend_shows_its_buckets_and_when_weights_came_into_force(book: Book) -> None:
    view = made(TrendView, book)
    assert np.isnan(view.found.before.value)
    assert "difference; there is nothing to compare with" in view.words.object
    assert len(view.source.data["value"]) == 24
    assert view.source.data["value"].tolist() == pytest.approx(view.found.value.tolist(), nan_ok=True)
    assert "weights v1-35-30-20-15 by Ida" in view.marks.data["said"][0]
    view.period = "30 days"
    view.wait()
    assert len(view.source.data["value"]) == 30
    assert len(view._ticker.ticks) <= 6


@pytest.mark.parametrize(
    "start, said",
    [
        (datetime(2026, 10, 24, 23, tzinfo=UTC), ["01:00 – 02:00", "02:00 CEST – 02:00 CET", "02:00 CET – 03:00 CET"]),
        (datetime(2026, 3, 29, 0, tzinfo=UTC), ["01:00 CET – 03:00 CEST", "03:00 – 04:00"]),
    ],
)
def test_hours_around_a_change_of_clocks_are_told_apart(start: datetime, said: list[str]) -> None:
    wall = pd.date_range(start, periods=len(said) + 1, freq="h").tz_convert("Europe/Berlin")
    day = f"{wall[0]:%a %d %b}"
    assert [spell(a, b) for a, b in pairwise(wall)] == [f"{day} {one}" for one in said]
    assert between(wall[0], 60) == f"{day} {said[0]}"


def test_a_week_has_dates_below_at_midnights_of_the_zone_and_a_day_has_clocks(book: Book) -> None:
    view = made(TrendView, book)
    assert (view._formatter.args["days"], len(view._ticker.ticks)) == (False, 6)
    view.asked.zone = "America/St_Johns"
    view.period = "7 days"
    view.wait()
    wall = pd.to_datetime(view._ticker.ticks, unit="ms", utc=True).tz_convert(view.asked.zone)
    assert (view._formatter.args["days"], len(wall)) == (True, 4)
    assert {f"{one:%H:%M}" for one in wall} == {"00:00"}
    assert len({one.date() for one in wall}) == 4


def test_an_empty_cell_is_an_outline_and_no_zero(book: Book) -> None:
    view = made(HeatView, book, measure="arrivals")
    value = np.asarray(view.source.data["value"])
    assert np.isnan(value).sum() == (view.found.seen_h == 0).sum() > 0
    assert set(np.asarray(view.source.data["said"])[np.isnan(value)]) == {"–"}
    assert view.colours.nan_color == "rgba(0, 0, 0, 0)"


def test_an_agent_sees_themselves_by_name_and_the_others_without(book: Book) -> None:
    view = made(CompareView, book)
    me = str(view.found.agents["agent"].iloc[-1])
    view.seen_by = me
    view.wait()
    names = set(view.source.data["agent"])
    assert names == {me.title(), *(f"Agent {place}" for place in range(1, len(names)))}
    other = next(place for place, name in enumerate(view.source.data["agent"]) if name != me.title())
    view.source.selected.indices = [other]
    view.wait()
    assert view.rows.frame is None, "the rows of others have their names in them"


def test_bands_join_agents_of_whom_no_two_can_be_told_apart() -> None:
    cells = pd.DataFrame({"agent": ["a", "b", "c", "d"], "n": 1000, "total": [300.0, 320.0, 345.0, 600.0]})
    found = of_cells(cells.assign(squares=cells["total"]), MEASURES["converted"])
    assert bands(found, ["a", "b", "c", "d"]) == [(0, 2)]
    apart = of_cells(
        cells.assign(total=[100.0, 300.0, 500.0, 700.0], squares=[100.0, 300.0, 500.0, 700.0]), MEASURES["converted"]
    )
    assert bands(apart, ["a", "b", "c", "d"]) == []


@pytest.mark.parametrize(
    "value, unit, said",
    [
        (0.306, "share", "30.6 %"),
        (74.7, "s", "74.7 s"),
        (600.0, "s", "10 min"),
        (4020.0, "s", "1 h 7 min"),
        (-4020.0, "s", "-1 h 7 min"),
        (9000.0, "s", "2 h 30 min"),
        (float("nan"), "s", "–"),
        (4.25, "of 5", "4.2 of 5"),
    ],
)
def test_numbers_are_said_with_their_units(value: float, unit: str, said: str) -> None:
    assert number(value, unit) == said


def test_all_that_the_room_offers_can_be_had() -> None:
    assert [name for name in analytics.__all__ if not hasattr(analytics, name)] == []


def test_of_a_week_much_covers_the_page_more_than_little_does(book: Book) -> None:
    palette = made(HeatView, book).colours.palette
    assert {shade[:7] for shade in palette} == {INK}  # one ink on a page of any colour
    covers = [int(shade[7:], 16) for shade in palette]
    assert covers == sorted(set(covers))
    assert (covers[0] > 0, covers[-1]) == (True, 255)
