"""What to say, on the page without a browser: points and a draft, about the chosen lead, and in whose name."""

from __future__ import annotations

import pytest
from desks import SOON_S, hire, lead
from offices import Open, at, do, pushed

from collab.coach import Coach
from collab.coaching import Advice, Asked, Stage
from collab.floor import Seat
from collab.office import Office
from collab.protocol import Role
from collab.views.advising import EMPTY, FOREIGN, WORDLESS, AdvisingView
from collab.views.board import Board
from collab.views.leading import LeadingView

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def office(open_office: Open) -> Office:
    """Ana has a lead whose language is Spanish, and bo one whose is not known."""
    office = open_office()
    do(office, hire(at(office), "ana", capacity=1))
    do(office, at(office).route_lead(lead("l0", language="es")))
    do(office, hire(at(office), "bo", capacity=1))
    do(office, at(office).route_lead(lead("l1")))
    return office


def advised(view: AdvisingView, message: str) -> str:
    """What stands there once the message was asked about."""
    view.message = message
    view.board.office.call(view.advise()).result(SOON_S)
    found: str = view.told.object
    return found


def test_a_message_gives_points_and_a_draft_that_can_be_changed_and_nothing_happens(office: Office) -> None:
    view, before = AdvisingView(Board(office)), office.team.seq
    assert EMPTY in view.told.object
    view.stage = Stage.closing
    said = advised(view, "What is the price? And can I see it?")
    for part in ("Answer the question about money", "There are 2 questions", "List the steps", "By rules."):
        assert part in said
    assert view.draft.startswith("Thank you for your message. On the price:")
    assert office.team.seq == before


def test_nothing_is_asked_without_a_message(office: Office) -> None:
    view = AdvisingView(Board(office))
    assert EMPTY in advised(view, " ")
    assert (view.said.visible, view.said.object, view.advice) == (True, WORDLESS, None)
    advised(view, "Hello")
    assert not view.said.visible


def test_what_was_advised_on_another_message_goes_when_the_next_cannot_be_asked(office: Office) -> None:
    view = AdvisingView(Board(office))
    advised(view, "Hello")
    assert EMPTY in advised(view, "x" * 8001)
    assert "Message is" in view.said.object
    assert view.advice is None


def test_it_is_about_the_lead_that_is_chosen_in_the_tab(office: Office) -> None:
    pushed(board := Board(office))
    view = LeadingView(board)
    assert "who is chosen" not in view.advising.about.object
    view.offers.listing.chosen = "l0"
    assert "who is chosen" in view.advising.about.object
    said = advised(view.advising, "Hola")
    assert "The lead&#x27;s language is es: answer in it." in said
    assert FOREIGN in said
    assert view.advising.draft == ""


@pytest.mark.parametrize(
    "role, chosen, wrong",
    [
        (Role.agent, "l0", ""),
        (Role.team_lead, "l1", ""),
        (Role.analyst, "", "You are signed in as an analyst, who may not ask for coaching; "),
    ],
)
def test_who_signed_in_asks_about_what_is_theirs(office: Office, role: Role, chosen: str, wrong: str) -> None:
    seat = Seat("ana", lambda: role)
    pushed(board := Board(office, seat))
    view = AdvisingView(board, lead=chosen)
    assert view.ask.disabled == bool(wrong)
    assert wrong in view.said.object
    if not wrong:
        assert ("language is es" in advised(view, "Hola")) == (chosen == "l0")


def test_an_agent_is_told_whose_lead_it_is_when_it_went_to_another(office: Office) -> None:
    seat = Seat("bo", lambda: Role.agent)
    pushed(board := Board(office, seat))
    view = AdvisingView(board, lead="l1")
    board.paused = True
    do(office, at(office).update_agent_workload("ana", capacity=2))
    do(office, at(office).override("l1", "ana", by="Kim", reason="hers"))  # the page has not heard yet
    assert EMPTY in advised(view, "Hello")
    assert "which bo does not hold; ask about a lead of theirs, or none" in view.said.object


class Stranger(Coach):
    """A coach whose model says what runs in a page if it is not escaped."""

    async def advise(self, asked: Asked) -> Advice:
        return Advice(points=(HOSTILE,), draft=HOSTILE, source=HOSTILE, why=HOSTILE)


def test_what_a_model_says_is_text(office: Office) -> None:
    at(office).coach = Stranger()
    said = advised(AdvisingView(Board(office)), "Hello")
    assert "<img" not in said
    assert said.count("&lt;img") == 3
