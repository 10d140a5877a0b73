"""The Diagnostics tab without a browser: what it shows, and that it looks only while somebody shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from offices import Open, adopted, do
from panel.layout import Column

from collab.checks import Check, State
from collab.desk import utc_now
from collab.office import Office
from collab.views.address import Address
from collab.views.board import Board
from collab.views.checkup import Checkup, Findings, checkup_of
from collab.views.diagnostics import DiagnosticsView, card, cards, summary
from collab.views.page import _tabs

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def office(open_office: Open) -> Office:
    """A started office, whose rules are watched."""
    office = open_office(rules=None)
    do(office, adopted(office))
    return office


@pytest.fixture
def board(office: Office) -> Iterator[Board]:
    """A board of the office."""
    board = Board(office)
    yield board
    board.close()


def looked(checkup: Checkup) -> None:
    """Return when the parts were looked at."""
    do(checkup.office, checkup.look())


def test_it_shows_a_card_for_each_part_and_one_sentence_on_all(board: Board) -> None:
    view = DiagnosticsView(board)
    looked(checkup_of(board.office))
    assert isinstance(view.__panel__(), Column)
    assert view.findings is not None
    names = {check.name for check in view.findings.checks}
    assert names >= {"Redis", "Gateway", "Recorder", "History", "Disk", "Alerts", "Weights", "Viewers", "Versions"}
    for name in names:
        assert f"<h3>{name}</h3>" in view._cards.object
    assert "✓ All is well" in view._summary.object
    assert "1 page or cell open now" in view._cards.object
    view.close()


def test_red_ones_stand_first_with_what_to_do_and_since_when() -> None:
    since = utc_now() - timedelta(seconds=200)
    well = Check(name="Disk", state=State.ok, value="9 GiB free", since=since)
    bad = Check(name="Redis", state=State.bad, value="no answer", fix="Start it.", since=since)
    assert "3 min 20 s" in card(bad, since + timedelta(seconds=200))
    assert "What to do: Start it." in card(bad)
    assert "✗ Bad" in card(bad)
    assert "since" not in card(well)
    assert "✗ 1 bad" in summary(Findings(utc_now(), (bad, well)))


def test_what_it_is_told_is_shown_as_text() -> None:
    check = Check(name=EVIL, state=State.bad, value=EVIL, fix=EVIL, facts=(EVIL,))
    shown = cards(Findings(utc_now(), (check,))) + summary(Findings(utc_now(), error=EVIL))
    assert "<img" not in shown


def test_a_state_has_the_time_since_which_it_is_so(office: Office) -> None:
    checkup = Checkup(office)
    check = Check(name="Disk", state=State.ok, value="9 GiB free")
    first = checkup._dated(check).since
    assert checkup._dated(msgspec.structs.replace(check, value="8 GiB free")).since == first
    full = checkup._dated(msgspec.structs.replace(check, state=State.bad, fix="Make room.")).since
    assert first is not None
    assert full is not None
    assert full > first
    assert checkup._dated(msgspec.structs.replace(check, since=first)).since == first, "who knows it better, says so"


def test_all_views_share_one_look_and_hidden_ones_ask_for_none(office: Office, board: Board) -> None:
    other, checkup = Board(office), checkup_of(office)
    hidden = DiagnosticsView(other, active=False)
    assert not checkup.looking
    view = DiagnosticsView(board)
    assert checkup.looking
    hidden.active = True
    looked(checkup)
    assert hidden.findings is view.findings is checkup.findings
    view.active = hidden.active = False
    assert len(checkup._shows) == 0
    before = view.findings
    looked(checkup)
    assert view.findings is before
    do(office, _over(checkup))
    assert not checkup.looking
    other.close()


async def _over(checkup: Checkup) -> None:
    """What the next turn of looking finds."""
    checkup._again()


def test_a_paused_page_stands_still_and_then_catches_up(board: Board) -> None:
    view = DiagnosticsView(board)
    checkup = checkup_of(board.office)
    looked(checkup)
    board.paused = True
    before = view.findings
    looked(checkup)
    assert view.findings is before
    board.paused = False
    assert view.findings is checkup.findings
    view.close()


def test_a_stopped_office_is_told_instead_of_cards(office: Office, board: Board) -> None:
    office.stop()
    view = DiagnosticsView(board)
    assert "is not started; call start() first. Start the office" in view._summary.object
    assert 'role="alert"' in view._summary.object


def test_a_fault_of_a_check_itself_is_shown(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(office: Office, door: object) -> list[Check]:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("collab.views.checkup.of_office", fails)
    view = DiagnosticsView(board)
    looked(checkup_of(board.office))
    assert "Nothing could be looked at: ZeroDivisionError: by zero" in view._summary.object
    view.close()


def test_it_is_the_last_tab_of_the_page_and_made_when_it_is_opened(board: Board) -> None:
    tabs, checkup = _tabs(board, Address("", lambda callback: callback())), checkup_of(board.office)
    assert tabs._names[-1] == "Diagnostics"
    assert not checkup.looking
    tabs.active = len(tabs) - 1
    assert checkup.looking
    assert [type(view) for view in checkup._shows] == [DiagnosticsView]
    tabs.active = 0
    assert len(checkup._shows) == 0
