"""The what-if before an alert, without a browser: which decisions it looks at, and the way back to all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import Queue
from typing import Any

import pytest
from desks import SOON_S, hire, lead
from offices import Open, at, do, unwatched
from test_alerts_view import fire, shown

from collab.office import Office
from collab.views.actions import ActionsView
from collab.views.alerts import AlertsView
from collab.views.board import Board
from collab.views.period import Around, PeriodView, spoken
from collab.views.whatif import WhatIfView
from collab.whatif.reading import Window

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def office(open_office: Open) -> Office:
    """An office that gave three leads away before ana's alert fired, and one after."""
    office = unwatched(open_office(rules=None))
    do(office, hire(at(office), "ana"))
    for i in range(3):
        do(office, at(office).route_lead(lead(f"l{i}")))
    do(office, fire(at(office), "ana"))
    do(office, at(office).route_lead(lead("late")))
    recorder = office.recorder
    assert recorder is not None
    do(office, recorder.flush())
    return office


@pytest.fixture
def view(office: Office) -> WhatIfView:
    """A what-if whose readings are taken when the test says so."""
    board = Board(office)
    board.schedule = (said := Queue[Callable[[], None]]()).put
    view = WhatIfView(board=board)
    view.said = said
    return view


def settled(view: Any) -> WhatIfView:
    """The view, once all that it asked for is read."""
    while view._reading:
        view.said.get(timeout=SOON_S)()
    return view


def test_the_hours_before_an_alert_are_looked_at_and_all_again(office: Office, view: WhatIfView) -> None:
    assert settled(view).rescored.n == 4
    assert not view.period._layout.visible
    view.period.look(Around("ana is full", office.team.alerts.open["alert-ana"].fired, "UTC"))
    assert "Reading" in view.told.pieces["words"]
    assert settled(view).rescored.n == 3
    assert view.period._layout.visible
    assert "before this alert fired: ana is full" in view.period.words.object
    view.period.all.param.trigger("clicks")
    assert settled(view).rescored.n == 4
    assert view.period.window is None


def test_what_was_read_of_another_time_is_not_shown_and_no_decisions_say_what_to_do(view: WhatIfView) -> None:
    view.period.look(Around("a", NINE, "UTC"))  # while all of it is read
    view.said.get(timeout=SOON_S)()
    assert view.rescored is None
    assert settled(view).rescored.n == 0
    assert "No lead was given away then. Look at more hours" in view.told.pieces["words"]


def test_a_time_is_told_by_the_clocks_of_its_zone() -> None:
    period = PeriodView(around=Around("<b>x</b>", NINE, "Europe/Madrid"), hours=8)
    assert period.window == Window(NINE - timedelta(hours=8), NINE)
    said = "Decisions of 02 Mar 02:00 to 02 Mar 10:00 (Europe/Madrid), before this alert fired: <b>x</b>"
    assert spoken(period) == said
    assert "&lt;b&gt;x" in period.words.object


def test_the_button_is_there_where_a_page_can_turn_and_says_which_alert(office: Office) -> None:
    asked_for: list[Around] = []
    view = shown(AlertsView(Board(office), asked_for.append, by="Kim"))
    assert not view.actions.then.visible
    view.chosen = "alert-ana"
    assert view.actions.then.visible
    view.actions.then.param.trigger("clicks")
    assert [(around.said, around.fired) for around in asked_for] == [
        ("Ana is at 95% of capacity", office.team.alerts.open["alert-ana"].fired)
    ]
    alone = ActionsView(Board(office), alert=view.alert)
    assert not alone.then.visible
