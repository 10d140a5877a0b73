"""The Leads tab without a browser: who would get a lead, who waits, what is done by hand, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from desks import SOON_S, hire, lead
from offices import Open, at, do

from collab.office import Office
from collab.reasons import alternatives, what_would_win
from collab.routing import FULL_SCORE
from collab.views.board import Board
from collab.views.feed import feed_of
from collab.views.hand import NAMELESS, NOBODY, REASONLESS
from collab.views.leadform import money_of
from collab.views.leading import LeadingView
from collab.views.leads import LeadView
from collab.views.parts import parts
from collab.views.whynot import why_not


@pytest.fixture
def office(open_office: Open) -> Office:
    """Ana is full with two leads, which came first; bo is there with room for one."""
    office = open_office()
    do(office, hire(at(office), "ana", capacity=2))
    for i in range(2):
        do(office, at(office).route_lead(lead(f"l{i}", urgency="high", language="es")))
    do(office, hire(at(office), "bo", capacity=1))
    return office


@pytest.fixture
def view(office: Office) -> LeadingView:
    """The tab of the office."""
    return shown(LeadingView(Board(office)), office)


def shown(view: LeadingView, office: Office) -> LeadingView:
    """The view with a frame of all that has happened, and with why leads wait."""
    feed = feed_of(office)

    async def make() -> None:
        feed._make()
        view.queue.pulse.look()
        view.queue.board._show()  # in the loop, where another showing of the same frame is over by then
        view.queue._tick()

    do(office, make())
    return view


def press(view: LeadingView, act: Callable[[], Any]) -> LeadingView:
    """What a button does."""
    office = view.queue.board.office
    office.call(act()).result(SOON_S)
    return shown(view, office)


def fill(view: LeadingView, **texts: str) -> None:
    """Type into fields of the form, and leave each."""
    for name, text in texts.items():
        getattr(view.form, name).value = text


def titles(listing: Any) -> list[str]:
    """What stands in a list."""
    return [row["title"] for row in listing.rows]


def test_who_would_get_a_lead_is_shown_and_nothing_happens_and_it_gets_it_then(view: LeadingView) -> None:
    office, form = view.queue.board.office, view.form
    fill(view, customer="Zoe Park")
    before = office.team.seq
    press(view, lambda: form._look(None))
    asked = form.decision.decision
    assert (asked.agent, office.team.seq) == ("bo", before)
    assert "Zoe Park would go to Bo" in form.decision.words.object
    press(view, lambda: form.route())
    assert '<div class="said" role="status"><h3>Zoe Park goes to Bo' in form.decision.words.object
    assert form.decision.decision.lead == asked.lead
    assert office.team.leads[asked.lead.id].holder == "bo"


@pytest.mark.parametrize(
    "name, wrong, said, right",
    [
        ("email", "zoe", "e-mail is 'zoe'; give an address", "zoe@example.com"),
        ("phone", "555", "phone is '555'; give it with its country code", "+1 555 010 2030"),
        ("budget", "much", "budget is 'much'; give a number", "450,000"),
        ("customer", "Zoe\u202e", "which has the unseen character U+202E; leave it out", "Zoe"),
        ("location", "x" * 61, "with 61 characters; give at most 60", "downtown"),
        ("customer", "x" * 201, "with 201 characters; give at most 200", "Zoe Park"),
    ],
)
def test_each_field_says_what_is_wrong_once_it_is_left_until_it_is_mended(
    view: LeadingView, name: str, wrong: str, said: str, right: str
) -> None:
    field = getattr(view.form, name)
    fill(view, **{name: wrong})
    assert field.error_state
    assert said in field.helper_text
    field.value_input = right
    assert not field.error_state
    assert field.helper_text == ("Taken as 450,000." if name == "budget" else "")


@pytest.mark.parametrize(
    "typed, taken",
    [
        ("450000", 450_000),
        (" $450,000 ", 450_000),
        ("450\u202f000 €", 450_000),
        ("450'000", 450_000),
        ("1,250,000.50", 1_250_000.5),
        ("0.500", 0.5),
        ("", None),
    ],
)
def test_a_budget_is_taken_with_its_thousands_apart_or_not(typed: str, taken: float | None) -> None:
    assert money_of(typed) == taken


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("450.000", "can be read as 450000 or as 450; write the one that is meant"),
        ("1,5", "can be read as 1.5 or as 15; write the one that is meant"),
        ("1.250,50", "can be read as 1250.5 or as 1.2505; write the one that is meant"),
        ("1.250.000", "can be read as 1250000; write the one that is meant"),
        ("45,0000", "can be read as 45 or as 450000; write the one that is meant"),
        ("450k", "give a number, e.g. 450000, or leave it empty"),
        ("-5", "give a number from 0 to 1,000,000,000,000"),
    ],
)
def test_a_budget_that_can_be_read_in_two_ways_is_asked_about(view: LeadingView, typed: str, meant: str) -> None:
    fill(view, customer="Zoe Park", budget=typed)
    assert f"budget is {typed!r}" in view.form.budget.helper_text
    assert meant in view.form.budget.helper_text
    press(view, lambda: view.form.route())
    assert view.form.decision.decision is None


def test_a_lead_of_somebody_known_is_said_with_who_has_it_and_can_be_routed_all_the_same(view: LeadingView) -> None:
    office, form = view.queue.board.office, view.form
    fill(view, customer="Zoe Park", email="Zoe@Example.com", phone="+1 555 010 2030")
    press(view, lambda: form.route())
    first = form.decision.decision.lead
    form._routed = False
    fill(view, customer="Z. Park", phone="001 (555) 010-2030")
    assert "Zoe Park has the same phone" in form.known.object
    assert "is with Bo since" in form.known.object
    assert (form.known.visible, form.send.label) == (True, "Route it all the same")
    press(view, lambda: form.route())
    second = form.decision.decision.lead
    assert (second.name, second.customer) == ("Z. Park", first.customer)
    assert "zoe" not in first.customer
    assert not form.known.visible
    assert second.id in office.team.leads


def test_a_lead_that_was_just_routed_is_not_said_to_be_known_while_the_form_is_emptied(view: LeadingView) -> None:
    form, labels = view.form, []
    fill(view, customer="Zoe Park", email="zoe@example.com", phone="+1 555 010 2030")
    press(view, form._told_twin)
    press(view, lambda: form.board.route(form._lead()))
    form.send.param.watch(lambda event: labels.append(event.new), "label")
    form._clear()
    assert (labels, form.known.visible) == ([], False)


def test_a_half_filled_form_is_kept_for_who_typed_it_and_is_filled_again(view: LeadingView) -> None:
    board = view.queue.board
    fill(view, customer="Zoe Park", budget="450,000")
    view.form.form.urgency = "high"
    assert (board.lead["customer"], board.lead["budget"], board.lead["urgency"]) == ("Zoe Park", "450,000", "high")
    again = LeadView(Board(board.office, lead=board.lead | {"location": 3, "score": 1000, "language": "xx"}))
    assert [again.customer.value, again.budget.value, again.location.value] == ["Zoe Park", "450,000", ""]
    assert (again.form.urgency, again.form.score, again.form.language) == ("high", 50, "en")
    assert LeadView(Board(board.office, lead=board.lead | {"by": "kim"})).customer.value == ""
    press(view, lambda: view.form.route())
    assert board.lead == {}


def test_a_known_customer_typed_and_sent_with_one_key_is_said_first(view: LeadingView) -> None:
    form = view.form
    fill(view, customer="Zoe Park", email="zoe@example.com")
    press(view, lambda: form.route())
    form._routed, before = False, view.queue.board.office.team.seq
    form.customer.value_input, form.email.value_input = "Zoe Park", "zoe@example.com"
    press(view, lambda: form.route())
    assert form.known.visible
    assert view.queue.board.office.team.seq == before
    press(view, lambda: form.route())
    assert view.queue.board.office.team.seq > before


def test_the_queue_says_how_urgent_leads_are_how_long_they_wait_and_why(view: LeadingView) -> None:
    office = view.queue.board.office
    assert view.queue.listing.rows == []
    assert view.queue._empty.visible
    for id, urgency in (("a", "low"), ("b", "medium"), ("c", "critical")):
        do(office, at(office).route_lead(lead(id, name=f"Lead {id}", urgency=urgency)))
    shown(view, office)
    assert titles(view.queue.listing) == ["Lead c", "Lead b"]  # bo had room for the first
    urgent = view.queue.listing.rows[0]
    assert urgent["aside"].startswith("waits ")
    assert urgent["note"].startswith("■ critical · score 50 · due in ")
    assert "Nobody can take it now (2 at capacity)" in urgent["note"]


def test_waiting_times_go_on_only_while_somebody_looks(view: LeadingView) -> None:
    office, pulse = view.queue.board.office, view.queue.pulse
    do(office, at(office).accept("l0", "ana"))
    do(office, at(office).accept("l1", "ana"))
    shown(view, office)
    assert list(pulse._views) == []
    for id in "ab":
        do(office, at(office).route_lead(lead(id)))
    shown(view, office)
    assert set(pulse._views) == {view.queue, view.offers}
    view.active = False
    assert list(pulse._views) == []
    view.active = True
    view.queue.board.close()
    do(office, pulse._begin())
    assert not pulse._going


def test_a_waiting_lead_is_given_by_hand_with_a_name_and_a_reason(view: LeadingView) -> None:
    office, hand = view.queue.board.office, view.hand
    for id in "ab":
        do(office, at(office).route_lead(lead(id)))
    shown(view, office)
    view.queue.listing.chosen = "b"
    assert (hand.lead, hand.route.visible, hand._acts.visible) == ("b", True, True)
    assert [name for name in hand.param.to.names if "full" in name] == [
        "Ana (full with 2 of 2 leads)",
        "Bo (full with 1 of 1 leads)",
    ]
    press(view, hand.route_it)
    assert "Nobody can take it now" in hand.said.object
    press(view, hand.give_it)
    assert hand.said.object == f"{NAMELESS} {NOBODY} {REASONLESS}"
    hand.to = "ana"
    press(view, hand.give_it)
    assert hand.said.object == f"{NAMELESS} {REASONLESS}"
    hand.reason = "she knows the house"
    press(view, hand.give_it)
    assert hand.said.object == NAMELESS
    hand.by = "Kim"
    press(view, hand.give_it)
    assert hand.said.object.startswith("Agent is 'ana', who is at capacity")
    assert office.team.leads["b"].holder is None


def test_an_offer_is_given_to_another_and_comes_back(view: LeadingView) -> None:
    office, hand = view.queue.board.office, view.hand
    assert titles(view.offers.listing) == ["A customer → Ana", "A customer → Ana"]
    assert "goes back at" in view.offers.listing.rows[0]["note"]
    view.offers.listing.chosen = "l0"
    hand.param.update(by="Kim", to="bo", reason="ana is full")
    press(view, hand.give_it)
    assert office.team.leads["l0"].holder == "bo"
    given = next(row for row in view.offers.listing.rows if row["title"].endswith("Bo"))
    assert "a person gave it, so it stays" in given["note"]
    assert (hand.undo.visible, hand.undo.disabled) == (True, False)
    press(view, hand.take_back)
    assert office.team.leads["l0"].holder == "ana"
    assert hand.said.object == "Undone: 1 lead went back."
    assert (hand.undo.visible, hand.undo.disabled) == (True, True)  # the focus is on it
    do(office, at(office).remove_agent("ana"))
    shown(view, office)
    view.offers.listing.chosen = "l0"
    assert "is with ana, who is not on the roster any more and has not accepted it" in hand._told.object
    assert any("it stays, though they are not on the roster" in row["note"] for row in view.offers.listing.rows)


def test_the_open_list_of_agents_stays_as_it_is_while_loads_change(view: LeadingView) -> None:
    office, hand = view.queue.board.office, view.hand
    view.offers.listing.chosen = "l0"
    assert "Bo (0 of 1 leads)" in hand.param.to.names
    hand._who.dropdown_open = True
    do(office, at(office).update_agent_workload("bo", capacity=3))
    shown(view, office)
    assert "Bo (0 of 1 leads)" in hand.param.to.names
    hand._who.dropdown_open = False
    assert "Bo (0 of 3 leads)" in hand.param.to.names


def test_one_list_has_the_chosen_lead_and_an_assignment_chooses_its_lead(view: LeadingView) -> None:
    view.offers.listing.chosen = "l1"
    newest = view.assignments.listing
    newest.chosen = newest.rows[-1]["key"]
    assert (view.hand.lead, view.offers.listing.chosen) == ("l0", "")
    assert "Choose a lead above" not in view.hand._told.object
    newest.chosen = ""
    assert view.hand.lead == ""
    assert "Choose a lead above" in view.hand._told.object


def test_assignments_are_narrowed_and_what_is_narrowed_by_stays(view: LeadingView) -> None:
    office, newest = view.queue.board.office, view.assignments
    do(office, at(office).route_lead(lead("m", name="Li Wei", urgency="low", language="en")))
    shown(view, office)
    assert titles(newest.listing) == ["Li Wei → Bo", "A customer → Ana", "A customer → Ana"]
    newest.agent = "bo"
    assert titles(newest.listing) == ["Li Wei → Bo"]
    newest.param.update(agent="", skill="language:es")
    assert len(newest.listing.rows) == 2
    newest.param.update(skill="", urgency="low", within=5)
    assert titles(newest.listing) == ["Li Wei → Bo"]
    newest.agent = "ana"
    assert newest.listing.rows == []
    assert "None of the 3 newest assignments is like that" in newest._empty.object
    do(office, at(office).remove_agent("ana"))
    shown(view, office)
    assert newest.agent == "ana"


def test_a_chosen_decision_stays_taken_apart_while_newer_ones_come(view: LeadingView) -> None:
    office, newest = view.queue.board.office, view.assignments
    newest.listing.chosen = newest.listing.rows[0]["key"]
    decision = newest.decision.decision
    do(office, at(office).route_lead(lead("m", name="Li Wei")))
    shown(view, office)
    assert titles(newest.listing)[0] == "Li Wei → Bo"
    assert newest.decision.decision is decision
    assert newest.decision.visible
    assert not newest._pick.visible


def test_the_parts_of_a_bar_make_the_score_and_why_not_agrees_with_the_decision(office: Office) -> None:
    do(office, hire(at(office), "cy", "dee", capacity=1))
    do(office, at(office).set_presence("dee", "offline"))
    decision = do(office, at(office).route_lead(lead("m", language="es")))
    html = parts(decision)
    for bar in html.split("<li")[1:]:
        widths = [float(part.split("%")[0]) for part in bar.split('<i style="width:')[1:]]
        score = float(bar.split("<span>")[2].split("<")[0])
        assert sum(widths) / 100 == pytest.approx(score, abs=0.001)
    assert html.count('class="chosen"') == 1
    assert f"{decision.score / FULL_SCORE:.3f}" in html
    loser = next(one for one in alternatives(decision) if not one.gate)
    least = what_would_win(decision, loser.agent)[0]
    assert f"<li>{least.factor} {least.needed:.2f}" in why_not(decision, loser.agent)
    assert "needed room" in why_not(decision, "ana")
    assert "any presence but offline" in why_not(decision, "dee")
    assert "got it" in why_not(decision, decision.agent)


def test_an_office_that_only_reads_says_so_and_offers_nothing(office: Office, open_office: Open) -> None:
    reader = open_office()
    assert reader.desk is None
    view = LeadingView(Board(reader))
    assert view.form.send.disabled
    assert view.form.ask.disabled
    assert "so leads are routed and given at that process" in view.form.said.object
    assert not view.hand._acts.visible
    assert "so leads are routed and given at that process" in view.hand._told.object
    do(reader, view.queue.pulse._begin())  # it has nobody to ask why leads wait
