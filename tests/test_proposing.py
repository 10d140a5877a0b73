"""Proposing weights on the page: a reason and a name, a report, and one press that adopts them or takes them back."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import SOON_S

from collab.office import Office
from collab.views.proposing import ProposingView
from collab.views.tuning import Tuning
from collab.whatif import Proposal, rollback
from collab.whatif.journal import Journal

ASKED = (30, 40, 20, 10)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A started office with one agent."""
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history"), weights=str(tmp_path / "kept")).start()
    assert office.desk is not None
    office.call(office.desk.add_agent("ana", "Ana Ruiz")).result()
    recorder, stop = office.recorder, threading.Event()
    assert recorder is not None
    while recorder.recorded < office.team.seq:
        stop.wait(0.05)
    yield office
    office.stop()


def asked(office: Office, reason: str = "Who knows the area closes more <b>", by: str = "Ana Ruiz") -> ProposingView:
    """The view after these weights were proposed."""
    tuning = Tuning(office=office)
    tuning.wait()
    tuning.take(ASKED)
    view = ProposingView(tuning, tuning.folder)
    view.reason.value, view.by.value = reason, by
    press(view.propose.button)
    view.task.wait()
    return view


def press(button: object) -> None:
    """As a person does."""
    button.param.trigger("clicks")  # type: ignore[attr-defined]


def in_force(office: Office, weights: tuple[int, ...]) -> None:
    """Wait until the desk works by these weights."""
    waited, pause = 0.0, threading.Event()
    while office.team.weights.values != weights:
        assert waited < SOON_S
        pause.wait(0.05)
        waited += 0.05


def test_a_proposal_is_adopted_with_one_press_and_taken_back_with_another(office: Office) -> None:
    before = office.team.weights.values
    view = asked(office)
    assert view.proposal.weights == ASKED
    assert view.adopt.button.visible
    assert f"writes into {office.weights}, and every office that watches this folder" in view.words.object
    assert "&lt;b&gt;" in view.words.object
    assert office.team.weights.values != ASKED
    press(view.adopt.button)
    press(view.adopt.button)  # the second press of a double one
    view.deed.wait()
    view.looking.wait()
    in_force(office, ASKED)
    assert "They are adopted" in view.words.object
    (entry,) = Journal(office.weights).entries()
    assert (entry.by, entry.weights, entry.kind) == ("Ana Ruiz", ASKED, "adopted")
    assert Proposal.load(office.weights / f"{view.proposal.id}.yaml").reason == view.proposal.reason
    press(view.back.button)
    view.undoing.wait()
    view.looking.wait()
    in_force(office, before)
    assert "35 · 30 · 20 · 15 are in force again within seconds" in view.standing.object
    assert "30 · 40 · 20 · 10 were taken back by Ana Ruiz" in view.standing.object
    assert "They are adopted" not in view.words.object
    assert not view.back.button.disabled, "disabled it would lose the focus"
    press(view.back.button)
    view.undoing.wait()
    assert [entry.kind for entry in Journal(office.weights).entries()] == ["adopted", "rollback"]
    press(view.adopt.button)
    view.deed.wait()
    view.looking.wait()
    assert "In force by the journal" in view.standing.object


def test_weights_that_were_adopted_before_can_be_taken_back_by_whoever_comes_next(office: Office) -> None:
    before = office.team.weights.values
    asked(office).proposal.adopt(by="Ben Okafor", folder=office.weights)
    in_force(office, ASKED)
    view = ProposingView(Tuning(office=office), office.weights)
    view.looking.wait()
    assert view.back.button.visible
    assert "30 · 40 · 20 · 10 were adopted by Ben Okafor" in view.standing.object
    view.by.value = "Cy"
    press(view.back.button)
    view.undoing.wait()
    in_force(office, before)
    assert [(entry.kind, entry.by) for entry in Journal(office.weights).entries()][1:] == [("rollback", "Cy")]


def test_what_others_took_back_already_is_not_taken_back_again(office: Office) -> None:
    view = asked(office)
    press(view.adopt.button)
    view.deed.wait()
    view.looking.wait()
    rollback(office.weights, by="Ben Okafor", reason="The queue grew.")
    press(view.back.button)
    view.undoing.wait()
    assert "is not what came last" in view.back.said.object
    assert len(Journal(office.weights).entries()) == 2


def test_nothing_is_offered_to_take_back_where_nothing_was_adopted(office: Office) -> None:
    view = ProposingView(Tuning(office=office), office.weights)
    view.looking.wait()
    assert not view.back.button.visible


def test_the_report_can_be_taken_along(office: Office) -> None:
    view = asked(office)
    assert view.download.visible
    assert view.download.filename == f"{view.proposal.id}.html"
    page = view._page().read().decode()
    assert "Who knows the area closes more" in page
    assert page.startswith("<!doctype html>")


@pytest.mark.parametrize("reason, by, said", [(" ", "Ana", "reason is empty"), ("Better", "", "by is empty")])
def test_without_a_reason_and_a_name_nothing_is_proposed(office: Office, reason: str, by: str, said: str) -> None:
    view = asked(office, reason, by)
    assert view.proposal is None
    assert said in view.propose.said.object
    assert not view.adopt.button.visible
    assert not view.download.visible


def test_sliders_that_moved_since_are_said_not_to_be_what_was_proposed(office: Office) -> None:
    view = asked(office)
    assert "moved since" not in view.words.object
    view.tuning.take((25, 25, 25, 25))
    assert "The sliders have moved since" in view.words.object
