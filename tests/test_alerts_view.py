"""The view of alerts, without a browser: what is listed, what a person does, and what is refused."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alerted import overload
from desks import SOON_S, hire, lead
from msgspec.structs import replace
from notices import until
from offices import Open, at, do, pushed, unwatched

from collab import events as ev
from collab.alerts import called
from collab.claims import claim
from collab.desk import Desk
from collab.office import Office
from collab.rules import Severity
from collab.team import State
from collab.views.alert_rows import HOLDS, LISTED, clock, listed
from collab.views.alerting import AlertingView
from collab.views.alerts import ASK, GONE, NONE, READS, TOMORROW, AlertsView
from collab.views.board import Board
from collab.views.feed import feed_of
from collab.views.frame import Frame

EVIL = "<img src=x onerror=alert(1)>"


def test_a_time_of_another_year_has_its_year() -> None:
    now = datetime.now(UTC)
    assert clock(now, "UTC") == f"{now:%d %b %H:%M}"
    assert clock(datetime(2020, 12, 31, 23, 5, tzinfo=UTC), "Asia/Tokyo") == "01 Jan 2021 08:05"


async def happen(desk: Desk, kind: type[ev.AlertEvent], alert: str, labels: dict[str, str], **fields: Any) -> None:
    """Append what a watch would."""
    head = {"id": uuid.uuid4().hex, "time": desk._clock(), "alert": alert, "rule": "agent_overload", "labels": labels}
    assert (await desk._follower.commit([claim(kind(**head, **fields))])).refused is None
    await desk._follower.catch_up()


async def fire(desk: Desk, agent: str, severity: Severity = Severity.high) -> str:
    """An agent's overload fires; returns the alert's id."""
    id, labels, said = f"alert-{agent}", {"agent": agent}, {"severity": severity, "value": 0.95}
    await happen(desk, ev.AlertBegan, id, labels, **said, cause="c")
    await happen(desk, ev.AlertFired, id, labels, **said, summary=f"{agent} is at 95% of capacity")
    return id


@pytest.fixture
def office(open_office: Open) -> Office:
    """An office with two agents."""
    office = unwatched(open_office(rules=None))
    do(office, hire(at(office), "ana"))
    do(office, hire(at(office), "bo"))
    return office


def shown(view: AlertsView) -> AlertsView:
    """The view with the frame of all that happened."""
    feed = feed_of(view.board.office)
    do(view.board.office, feed._first())
    pushed(view.board)
    return view


def press(view: AlertsView, act: Any) -> AlertsView:
    """What a button does."""
    view.board.office.call(act()).result(SOON_S)
    return shown(view)


def test_without_alerts_it_says_when_rules_are_evaluated(office: Office) -> None:
    view = AlertsView(Board(office))
    assert NONE in view._open.object
    assert not view._acts.visible
    assert not view.news.visible
    assert "Nothing is silenced" in view._silences.object


def test_the_open_alerts_stand_by_name_and_rank_with_severity_in_words(office: Office) -> None:
    do(office, fire(at(office), "ana", Severity.low))
    do(office, fire(at(office), "bo", Severity.critical))
    do(office, happen(at(office), ev.AlertBegan, "p", {"agent": "cy"}, severity=Severity.high, value=1.0, cause="c"))
    view = shown(AlertsView(Board(office)))
    frame = view.board.frame
    assert [rank.alert.id for rank in frame.alerts] == ["alert-bo", "alert-ana"]  # one that is pending is left out
    text = view._open.object
    assert text.index("■ Critical") < text.index("● Low")
    assert f"{frame.names['bo']} is at 95% of capacity" in text
    assert "Nobody has it · since " in text
    assert "Here because: critical; touches 0 leads" in text
    assert list(view.param.chosen.names) == [
        ASK,
        f"■ Critical: {frame.names['bo']} is at 95% of capacity",
        f"● Low: {frame.names['ana']} is at 95% of capacity",
    ]


def test_an_open_alert_stands_with_its_value_then_and_now(office: Office) -> None:
    do(office, fire(at(office), "ana"))
    do(office, at(office).adopt_rules((overload(for_s=0),), by="Kim"))
    view = shown(AlertsView(Board(office)))
    assert "is at 95% of capacity</b>" in view._open.object
    assert "<div>Was 95% when it fired, is 0% now</div>" in view._open.object


def test_what_people_wrote_is_shown_as_text(office: Office) -> None:
    id = do(office, fire(at(office), "ana"))
    do(office, at(office).acknowledge_alert(id, by=EVIL, note=EVIL))
    do(office, at(office).silence_alerts({"agent": EVIL}, by=EVIL, until=datetime.now(UTC) + timedelta(hours=1)))
    view = shown(AlertsView(Board(office)))
    assert EVIL not in view._open.object + view._silences.object
    assert view._open.object.count("&lt;img") == 2
    view._say(EVIL)
    assert EVIL not in view.said.object


def test_an_agent_is_called_by_name_only_where_the_id_stands_as_a_word(office: Office) -> None:
    id = do(office, fire(at(office), "bo"))
    alert = replace(office.team.alerts.open[id], summary="about bo: the bobs")
    assert called(alert, {"bo": r"Bo \1"}) == r"about Bo \1: the bobs"


def test_a_person_takes_an_alert_on_gives_it_back_and_resolves_it_after_its_condition(office: Office) -> None:
    desk, id = at(office), do(office, fire(at(office), "ana"))
    view = shown(AlertsView(Board(office)))
    assert view.take.disabled  # nothing is chosen by itself
    view.chosen = id
    assert "chosen" in view._open.object
    assert (view.take.disabled, view.back.disabled, view.over.disabled) == (False, True, True)
    assert HOLDS in view._why.object
    press(view, view.acknowledge)
    assert "Your name is empty" in view.said.object
    view.by, view.note = "Kim", "I call her"
    press(view, view.acknowledge)
    alert = office.team.alerts.open[id]
    assert (alert.state, alert.owner, alert.note) == (State.acknowledged, "Kim", "I call her")
    assert (view.by, view.note) == ("Kim", "")
    assert (view.said.object, view.said.severity) == ("Acknowledged: Ana is at 95% of capacity.", "success")
    assert "Kim has it until" in view._open.object
    assert (view.take.disabled, view.back.disabled) == (True, False)
    press(view, view.give_back)
    assert office.team.alerts.open[id].state == State.firing
    assert view.said.object.startswith("Given back: ")
    press(view, view.resolve)  # as of a page that has not heard yet
    assert "while its condition holds" in view.said.object
    do(office, happen(desk, ev.AlertEased, id, {"agent": "ana"}, value=0.2))
    assert not shown(view).over.disabled
    assert HOLDS not in view._why.object
    view.note = "two leads went to Bo"
    press(view, view.resolve)
    assert NONE in view._open.object
    assert "Kim resolved it; two leads went to Bo" in view._ended.object
    assert view.chosen == ""


def test_nothing_is_chosen_in_place_of_what_is_over_and_being_late_is_said(office: Office) -> None:
    desk, first = at(office), do(office, fire(at(office), "ana"))
    do(office, fire(desk, "bo"))
    view = shown(AlertsView(Board(office), by="Kim"))
    view.chosen = first
    view.board.paused = True  # a page that has not heard yet
    do(office, happen(desk, ev.AlertResolved, first, {"agent": "ana"}, why="the condition ended"))
    press(view, view.acknowledge)
    assert view.said.object == "Nothing was done: this alert is over."
    view.board.paused = False
    assert view.chosen == ""
    assert view.take.disabled
    assert "the condition ended" in view._ended.object


def test_the_open_list_of_alerts_stays_as_it_is_while_alerts_come(office: Office) -> None:
    desk, first = at(office), do(office, fire(at(office), "ana"))
    view = shown(AlertsView(Board(office), by="Kim"))
    view._lists["chosen"].dropdown_open = True
    do(office, fire(desk, "bo", Severity.critical))
    assert list(shown(view).param.chosen.names.values()) == ["", first]
    view._lists["chosen"].dropdown_open = False
    assert list(view.param.chosen.names.values()) == ["", "alert-bo", first]


def test_until_tomorrow_is_nine_by_the_clocks_of_the_zone(office: Office) -> None:
    view = AlertsView(Board(office), zone="Asia/Tokyo")
    view._taken.value = TOMORROW
    until = view._until()
    assert (until.hour, until.minute, until.utcoffset()) == (9, 0, timedelta(hours=9))
    assert timedelta(hours=9) < until - datetime.now(UTC) <= timedelta(hours=33)


def test_a_note_stays_with_the_alert_that_it_is_typed_for(office: Office) -> None:
    ana, bo = (do(office, fire(at(office), who)) for who in ("ana", "bo"))
    view = shown(AlertsView(Board(office), by="Kim"))
    view.chosen = ana
    view._note.value_input = "her last day"  # as it is typed, before one leaves the field
    press(view, partial(view._swipe, SimpleNamespace(new=bo)))
    taken = office.team.alerts.open[bo]
    assert (taken.owner, taken.note, view.chosen, view._note.value_input) == ("Kim", "", bo, "")
    view.chosen = ana
    assert view._note.value_input == "her last day"
    press(view, view.acknowledge)
    assert (view._note.value_input, office.team.alerts.open[ana].note) == ("", "her last day")
    view.chosen = ""
    view.note = "for who comes next"
    view.chosen = bo
    press(view, view.give_back)
    assert office.team.alerts.open[bo].note == "for who comes next"


def test_an_alert_is_silenced_and_the_silence_ended(office: Office) -> None:
    id = do(office, fire(at(office), "ana"))
    view = shown(AlertsView(Board(office), by="Kim"))
    view.chosen, view.note = id, "her last day"
    view._quiet.value = "For 8 h"
    press(view, view.silence_it)
    (silence,) = office.team.alerts.silences.values()
    assert silence.labels == {"rule": "agent_overload", "agent": "ana"}
    assert timedelta(hours=7, minutes=59) < silence.until - datetime.now(UTC) <= timedelta(hours=8)
    assert "Silenced until" in view._open.object
    assert "by Kim: her last day" in view._silences.object
    assert view.said.object.startswith("Silenced: ")
    assert view.end.disabled
    view.silence = silence.id
    press(view, view.end_silence)
    assert view.said.object == "The silence is over."
    assert not office.team.alerts.silences
    assert "Nothing is silenced" in view._silences.object
    assert view._endings.visible  # the button that was pressed has the keyboard's focus
    assert view._why_not_end.object == ""
    view.active = False
    view.active = True
    assert (view._acts.visible, view._endings.visible) == (True, False)


def test_what_is_done_with_alerts_stays_in_its_place_when_the_last_one_ends(office: Office) -> None:
    id = do(office, fire(at(office), "ana"))
    view = shown(AlertsView(Board(office), by="Kim"))
    assert view._acts.visible
    view.chosen = id
    do(office, happen(at(office), ev.AlertResolved, id, {"agent": "ana"}, why="over"))
    assert "No alert is open" in shown(view)._open.object
    assert (view._acts.visible, view._why.object, view.over.disabled) == (True, "", True)
    view.active = False
    view.active = True
    assert not view._acts.visible


def test_a_new_critical_alert_is_told_aloud_until_none_is_open(office: Office) -> None:
    first = do(office, fire(at(office), "ana", Severity.critical))
    board = shown(AlertsView(Board(office))).board
    view = AlertsView(board)
    assert not view.news.visible  # it was there when the page was opened
    second = do(office, fire(at(office), "bo", Severity.critical))
    assert shown(view).news.visible
    assert view.board.frame.names["bo"] in view.news.object
    assert view.board.frame.names["ana"] not in view.news.object
    for id, agent in ((first, "ana"), (second, "bo")):
        do(office, happen(at(office), ev.AlertResolved, id, {"agent": agent}))
    until(lambda: not shown(view).news.visible, "nothing is told any more")  # another thread may show a frame now, too


def test_a_long_list_is_cut_after_the_first_but_never_hides_a_critical_one(office: Office) -> None:
    do(office, fire(at(office), "ana", Severity.critical))
    view = shown(AlertsView(Board(office)))
    (rank,) = view.board.frame.alerts
    assert len(listed(Frame(alerts=(rank,) * (LISTED + 5)))) == LISTED + 5
    low = rank._replace(alert=replace(rank.alert, severity=Severity.low))
    assert len(listed(Frame(alerts=(low,) * (LISTED + 5)))) == LISTED


def test_an_office_that_only_reads_says_where_to_act(open_office: Open) -> None:
    office = unwatched(open_office(rules=None))
    do(office, hire(at(office), "ana"))
    do(office, fire(at(office), "ana"))
    assert office.recorder is not None
    do(office, office.recorder.flush())
    view = shown(AlertsView(Board(open_office())))
    assert view.board.office.desk is None
    assert READS in view.said.object
    view.param.update(by="Kim", chosen="alert-ana")
    assert view.take.disabled
    assert view.hush.disabled
    press(view, view.acknowledge)
    assert READS in view.said.object


def test_what_the_rules_of_the_office_fire_comes_and_goes_by_itself(open_office: Open, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{name: full, kind: overload, fire: 0.5, clear: 0.1, severity: critical}]")
    office = open_office(rules=str(rules))
    view, came, gone = AlertsView(Board(office)), threading.Event(), threading.Event()

    def look(event: Any) -> None:
        (came if event.new.alerts else gone if event.new.ended else threading.Event()).set()

    view.board.param.watch(look, "frame")
    do(office, hire(at(office), "ana", capacity=1))
    do(office, at(office).route_lead(lead("l1")))
    assert came.wait(SOON_S)
    assert f"{view.board.frame.names['ana']} is at 100% of capacity" in view._open.object
    assert view.news.visible
    do(office, at(office).close_lead("l1", "ana", converted=True))
    assert gone.wait(SOON_S)
    assert NONE in view._open.object
    assert "the condition ended" in view._ended.object
    assert not view.news.visible


def test_an_address_chooses_its_alert_or_says_that_it_is_not_open(office: Office) -> None:
    id = do(office, fire(at(office), "ana"))
    do(office, fire(at(office), "bo"))
    do(office, feed_of(office)._first())
    tab = AlertingView(Board(office), alert=id, active=False)
    assert tab.alerts.chosen == ""
    tab.active = True
    assert (tab.alerts.chosen, tab.alerts.said.visible) == (id, False)
    tab.alerts.chosen, tab.active = "", False
    tab.active = True
    assert tab.alerts.chosen == ""  # it was asked for once
    gone = AlertingView(Board(office), alert=EVIL, active=False)
    gone.active = True
    assert (gone.alerts.chosen, gone.alerts.said.object) == ("", GONE)
