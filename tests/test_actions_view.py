"""What can be done about the chosen alert, without a browser: its effect, what was done, and what took it back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from desks import SOON_S, hire, lead
from offices import Open, at, do, unwatched
from test_alerts_view import fire, happen, shown

from collab import events as ev
from collab.office import Office
from collab.records import Presence
from collab.rules import Rule
from collab.team import State
from collab.views.alerts import AlertsView
from collab.views.board import Board

LOCK = threading.RLock()


@pytest.fixture
def view(open_office: Open) -> AlertsView:
    """The alerts of an office where ana is full and bo has nothing to do; hers is chosen."""
    office = unwatched(open_office(rules=None))
    desk = at(office)
    do(office, desk.adopt_rules([Rule(name="agent_overload", kind="overload", fire=0.9, clear=0.5)], by="Kim"))
    do(office, hire(desk, "ana", capacity=4))
    for i in range(4):
        do(office, desk.route_lead(lead(f"l{i}")))
    do(office, hire(desk, "bo", capacity=4))
    do(office, fire(desk, "ana"))
    board = Board(office)
    board.schedule = in_turn
    return chosen(shown(AlertsView(board, by="Kim")), office)


def in_turn(callback: Callable[[], None]) -> None:
    """Call what another thread asks for while the test does nothing with the view."""
    with LOCK:
        callback()


def chosen(view: AlertsView, office: Office) -> AlertsView:
    """The view once the alert on ana is chosen and what can be done about it is known."""
    view.chosen = "alert-ana"
    return settled(view, office)


def settled(view: AlertsView, office: Office) -> AlertsView:
    """The view with effects that are as new as the team."""
    found = do(office, at(office).actions("alert-ana"))
    with LOCK:
        view.actions.show(found)
    return view


def press(view: AlertsView, act: Callable[[], Any]) -> AlertsView:
    """What a button does."""
    office = view.board.office
    office.call(act()).result(SOON_S)
    return settled(shown(view), office)


def names(view: AlertsView) -> list[str]:
    """What the buttons say."""
    return [part.label for part in view.actions._offers if hasattr(part, "label")]


def test_the_effect_stands_above_each_button_and_what_was_done_is_undone(view: AlertsView) -> None:
    team = view.board.office.team
    assert names(view) == ["Give leads of Ana to others", "Set Ana busy", "Set Ana away"]
    assert "2 leads of 4 go; Ana 100% → 50%." in view.actions._offers[0].object
    press(view, lambda: view.actions.act(view.actions.found[0]))
    assert (team.agents["ana"].active, team.agents["bo"].active) == (2, 2)
    assert view.actions.said.object == "Done: Give leads of Ana to others."
    assert view.actions.undo.visible
    assert names(view) == ["Set Ana busy", "Set Ana away"]
    press(view, view.actions.take_back)
    assert team.agents["ana"].active == 4
    assert (view.actions.said.object, view.actions.said.severity) == ("Undone: 2 leads went back.", "success")
    assert (view.actions.undo.visible, view.actions.undo.disabled) == (True, True)  # the focus is on it


def test_who_acts_on_an_alert_has_it_and_that_counts_when_it_is_over(view: AlertsView) -> None:
    office = view.board.office
    alerts = office.team.alerts
    press(view, lambda: view.actions.act(view.actions.found[0]))
    alert = alerts.open["alert-ana"]
    assert (alert.state, alert.owner, alert.note) == (State.acknowledged, "Kim", "Give leads of Ana to others")
    view.by = "Bo"  # another who does more about it takes it from nobody
    press(shown(view), lambda: view.actions.act(view.actions.found[0]))
    assert alerts.open["alert-ana"].owner == "Kim"
    do(office, happen(at(office), ev.AlertResolved, "alert-ana", {"agent": "ana"}, why="the condition ended"))
    assert (alerts.tally[alert.rule].fired, alerts.tally[alert.rule].acted) == (1, 1)


def test_what_cannot_be_taken_back_is_said(view: AlertsView) -> None:
    office = view.board.office
    press(view, lambda: view.actions.act(view.actions.found[0]))
    for move in view.actions.done.moves if view.actions.done else ():
        do(office, at(office).first_response(move.lead, "bo"))
    press(view, view.actions.take_back)
    said = view.actions.said.object
    assert said.startswith("Nothing could be undone. Lead ")
    assert "Bo began with it" in said
    assert view.actions.said.severity == "warning"


def test_what_has_become_impossible_is_said_and_not_done(view: AlertsView) -> None:
    office, action = view.board.office, view.actions.found[0]
    do(office, at(office).set_presence("bo", Presence.offline))
    press(view, lambda: view.actions.act(action))
    assert "Bo is offline; have them come in; nothing was done" in view.actions.said.object
    assert office.team.alerts.open["alert-ana"].state == State.firing
    assert office.team.agents["ana"].active == 4
    assert not view.actions.undo.visible


def test_without_a_name_nothing_is_done(view: AlertsView) -> None:
    view.actions.by = " "
    press(view, lambda: view.actions.act(view.actions.found[0]))
    assert "Your name is empty" in view.actions.said.object
    assert view.board.office.team.agents["ana"].active == 4


def test_nothing_is_offered_when_no_alert_is_chosen(view: AlertsView) -> None:
    view.chosen = ""
    assert names(view) == []
