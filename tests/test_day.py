"""The status timeline of the day: from the history, going on live, with gaps as gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from offices import Open, at, do

from collab.analytics.stays import Stay
from collab.analytics.zone import HOUR, SECOND, Zone, microseconds
from collab.records import Presence
from collab.rules import Rule
from collab.rules.hours import Hours
from collab.team import Agent
from collab.views import today as reading
from collab.views.board import Board
from collab.views.day import NOBODY, DayView, going_on, in_words, said
from collab.views.feed import feed_of
from collab.views.frame import Frame
from collab.views.today import today_of, zone_of

EIGHT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
START = microseconds(EIGHT)
NAMES = {"ana": "Ana <b>", "ben": "Ben"}


def agent(presence: Presence, minutes: int, **more: bool) -> Agent:
    return Agent(id="ana", name="Ana", presence=presence, since=EIGHT + timedelta(minutes=minutes), **more)


def test_what_goes_on_begins_where_the_recorded_ends_or_where_the_presence_changed() -> None:
    hour = START + HOUR
    past = [Stay("ana", "available", START, START + HOUR // 2)]
    (still,) = going_on([agent(Presence.available, 0)], past, START, hour)
    assert (still.start, still.end, still.presence) == (past[0].end, hour, "available")
    until, then = going_on([agent(Presence.busy, 45)], past, START, hour)
    assert (until.presence, until.start, until.end) == ("available", past[0].end, START + 45 * 60 * SECOND)
    assert (then.presence, then.start, then.end) == ("busy", until.end, hour)
    assert going_on([agent(Presence.available, 0, on_shift=False)], past, START, hour) == []
    (new,) = going_on([agent(Presence.away, -90)], [], START, hour)
    assert (new.start, new.end) == (START, hour)  # a day begins at its midnight


def test_a_stay_is_told_by_the_clocks_of_the_zone_and_summed_in_words() -> None:
    stay = Stay("ana", "in_call", START, START + HOUR, "<i>")
    assert said(stay, "Ana", Zone("Europe/Berlin")) == "Ana, In call 09:00 – 10:00 (1 h): <i>"
    table = in_words([stay, Stay("ana", "in_call", START + 2 * HOUR, START + 3 * HOUR)], NAMES)
    assert "Ana &lt;b&gt;" in table
    assert "2 h" in table


def test_the_zone_of_the_office_is_that_of_a_rule_with_hours() -> None:
    quiet = Rule(name="q", kind="queue", fire=2, clear=0)
    berlin = Rule(name="b", kind="queue", fire=2, clear=0, hours=Hours(zone="Europe/Berlin"))
    assert (zone_of([]), zone_of([quiet]), zone_of([quiet, berlin])) == ("UTC", "UTC", "Europe/Berlin")


@pytest.fixture
def board(open_office: Open) -> Board:
    """A board of an office where nobody is on the roster yet; the test shows its frames."""
    board = Board(open_office())
    board.close()
    return board


def newest(board: Board) -> Frame:
    """A frame of the team as it is now."""

    async def make() -> Frame:
        feed = feed_of(board.office)
        feed._make()
        return feed.frame

    return do(board.office, make())


def test_the_day_is_drawn_and_goes_on_without_sending_the_past_again(board: Board) -> None:
    view = DayView(board, zone="Asia/Tokyo")
    view.task.wait()
    assert NOBODY in view._said.object
    assert not view.plot.visible
    desk = at(board.office)
    do(board.office, desk.add_agent("ana", "Ana <b>", capacity=3))
    do(board.office, desk.set_presence("ana", "available", "<i>here</i>"))
    board.frame = newest(board)
    view.task.wait()
    assert view.plot.visible
    assert view._rows.factors == ["Ana <b>"]
    assert "Asia/Tokyo" in view._said.object
    assert any(": <i>here</i>" in words for words in view.now.data["said"])  # Bokeh escapes what it shows
    past, length = view.past.data, len(view.now.data["agent"])
    do(board.office, desk.set_presence("ana", "busy"))
    board.frame = newest(board)
    assert view.past.data is past
    assert len(view.now.data["agent"]) >= length
    assert "Busy" in view.now.data["said"][-1]
    view.words.active = [0]
    assert "Ana &lt;b&gt;" in view._words.object


def test_a_day_that_was_read_for_one_who_may_not_be_here_any_more_is_not_shown(board: Board) -> None:
    view = DayView(board)
    view.task.wait()
    board.frame = Frame()
    read, view.today = view.today, None
    assert read is not None
    view._take(read)
    assert view.today is None


def test_hidden_it_reads_and_draws_nothing(board: Board) -> None:
    view = DayView(board, active=False)
    do(board.office, at(board.office).add_agent("ana", "Ana"))
    board.frame = newest(board)
    assert (view.today, view.task.busy) == (None, False)
    view.active = True
    view.task.wait()
    assert view.today is not None


def test_all_sessions_share_one_reading_until_it_is_old_or_the_day_is_over(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = board.frame.time
    assert now is not None
    first = today_of(board.office, "UTC", now)
    assert today_of(board.office, "UTC", now) is first
    assert today_of(board.office, "Asia/Tokyo", now) is not first
    assert today_of(board.office, "UTC", now + timedelta(days=1)) is not first
    second = today_of(board.office, "UTC", now)
    monkeypatch.setattr(reading, "FRESH_S", 0.0)
    assert today_of(board.office, "UTC", now) is not second


def test_a_zone_that_does_not_exist_is_said(board: Board) -> None:
    view = DayView(board, zone="Mars/Base")
    view.task.wait()
    assert "zone is &#x27;Mars/Base&#x27;" in view._said.object
    view.zone = "UTC"
    view.task.wait()
    assert NOBODY in view._said.object
