"""Leads looked for in all that is recorded, and what became of one, in the history and on the page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from unicodedata import combining, normalize

import pytest
from desks import SOON_S, hire, lead
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from offices import Open, at, do, pushed

from collab import History
from collab.contact import customer_of
from collab.desk import Desk
from collab.floor import Seat
from collab.history.leads import found, story
from collab.office import Office
from collab.protocol import Role
from collab.story import told
from collab.views.assignments import AssignmentsView
from collab.views.board import Board
from collab.views.feed import feed_of
from collab.views.finding import MOST
from collab.views.leads import ALL_THE_SAME, ROUTE, LeadView

NAMES = ("Zoe Park", "ZOË Parker", "José Núñez", "Li  Wei", "Zoe Li", 'O\'Hara "Bo"', "Ünal 100 %")


@pytest.fixture
def office(open_office: Open) -> Office:
    """Ana and bo were given a lead of each name, in turn; the last one is of a known customer."""
    office = open_office()
    do(office, _routed(at(office), office.tenant))
    return recorded(office)


async def _routed(desk: Desk, tenant: str) -> None:
    await hire(desk, "ana", "bo", capacity=20)
    for number, name in enumerate(NAMES):
        customer = customer_of("zoe@example.com", "+15550102030", tenant) if number == len(NAMES) - 1 else ""
        await desk.route_lead(lead(f"L-{number}", name=name, customer=customer))


def recorded(office: Office) -> Office:
    """The office once all that happened is in its history."""
    assert office.recorder is not None
    do(office, office.recorder.flush())
    return office


def names(history: History, words: str, **more: Any) -> list[str]:
    """The names of the leads that are found."""
    return [one.decision.lead.name for one in found(history, words, **more)]


@pytest.mark.parametrize(
    "words, there",
    [
        ("zoe park", ["ZOË Parker", "Zoe Park"]),
        ("Park ZOE", ["ZOË Parker", "Zoe Park"]),
        ("nunez", ["José Núñez"]),
        ("l-3", ["Li  Wei"]),
        ("L-1", ["ZOË Parker"]),
        ('"bo"', ['O\'Hara "Bo"']),
        ("100 %", ["Ünal 100 %"]),
        ("zoe%", []),
        ("nobody", []),
        ("  ", []),
    ],
)
def test_a_lead_is_found_by_words_of_its_name_or_by_its_id_the_newest_first(
    office: Office, words: str, there: list[str]
) -> None:
    assert names(office.history, words) == there


def plain(text: str) -> str:
    """The text without case and accents."""
    return "".join(one for one in normalize("NFKD", text.lower()) if not combining(one))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["zo", "Ë", "park", "er", "li", "ú", "e ", "'", "%", "\\", '"', "W"]), max_size=3))
def test_what_is_found_has_each_word_in_its_name_or_all_of_them_in_its_id(office: Office, words: list[str]) -> None:
    asked = " ".join(words)
    there = [
        name
        for number, name in enumerate(NAMES)
        if all(plain(word) in plain(name) for word in asked.split()) or asked.strip().lower() in f"l-{number}"
    ]
    assert names(office.history, asked) == (there[::-1] if asked.strip() else [])


def test_a_lead_is_found_by_either_way_to_its_customer_and_only_so_many_are(office: Office) -> None:
    known, tenant = NAMES[-1:], office.tenant
    for mail, phone in (("zoe@example.com", ""), ("", "+15550102030")):
        assert names(office.history, "x", customer=customer_of(mail, phone, tenant)) == list(known)
    assert names(office.history, "x", customer=customer_of("ann@example.com", "", tenant)) == []
    assert names(office.history, "l-", count=2) == list(NAMES[:-3:-1])


def test_nothing_is_found_where_nothing_is_recorded(tmp_path: Any) -> None:
    assert found(History(tmp_path), "zoe") == story(History(tmp_path), "L-1") == []


def test_the_story_of_a_lead_has_every_step_in_order(office: Office) -> None:
    desk, first = at(office), office.team.leads["L-0"].holder or ""
    other = "bo" if first == "ana" else "ana"

    async def work() -> float:
        await desk.decline("L-0", first, reason="no Spanish")
        await desk.accept("L-0", other)
        await desk.override("L-0", first, by="kim", reason="she asked for them")
        response_s = await desk.first_response("L-0", first)
        await desk.close_lead("L-0", first, converted=True, value=4500, satisfaction=4)
        return response_s

    response_s = do(office, work())  # a second or more where other work has the cores
    steps = [told(event, {"ana": "Ana", "bo": "Bo"}) for event in story(recorded(office).history, "L-0")]
    a, b = first.title(), other.title()
    assert steps == [
        "came in",
        f"given to {a}",
        f"declined by {a}: no Spanish",
        f"given to {b}",
        f"taken up by {b}",
        f"given to {a} in place of {b} by kim: she asked for them",
        f"first answered by {a}, {int(response_s)} s after it came in",
        f"closed by {a}: sold for 4,500, satisfaction 4 of 5",
    ]


def shown(board: Board) -> AssignmentsView:
    """The assignments on a board that has a frame of all that happened."""
    feed = feed_of(board.shared)

    async def make() -> None:
        feed._make()

    do(board.shared, make())
    pushed(board)
    return AssignmentsView(board)


def look(view: AssignmentsView, words: str) -> list[str]:
    """Type into the field, wait for what is found, and return the rows' titles."""
    came = threading.Event()
    watcher = view.finding.param.watch(lambda event: came.set(), "found", onlychanged=False)
    view.finding.words = words
    assert came.wait(SOON_S)
    view.finding.param.unwatch(watcher)
    return titles(view)


def told_of(view: AssignmentsView, act: Callable[[], Any]) -> list[str]:
    """Do what has a story read, wait for that, and return what the steps say."""
    came = threading.Event()
    watcher = view.story.param.watch(lambda event: came.set() if event.new else None, "steps", onlychanged=False)
    act()
    assert came.wait(SOON_S)
    view.story.param.unwatch(watcher)
    return [told(event) for event in view.story.steps]


def framed(view: AssignmentsView) -> None:
    """Let the view have a frame of all that happened, long after it read a story last."""
    view.story._read = -1e9
    shown(view.board)
    if not view.story._reading:  # or a frame that comes by itself would have it read before all is recorded
        view.story._read = monotonic()


def titles(view: AssignmentsView) -> list[str]:
    """The leads that are listed."""
    return [row["title"].split(" →")[0] for row in view.listing.rows]


def test_what_is_found_takes_the_place_of_the_newest_until_the_field_is_empty(office: Office) -> None:
    view = shown(Board(office))
    newest = titles(view)
    assert look(view, "zoe") == ["Zoe Li", "ZOË Parker", "Zoe Park"]
    assert "3 assignments found" in view.finding.said.object
    assert look(view, "zoe@example.com") == ["Ünal 100 %"]
    assert look(view, "nobody") == []
    assert "No lead with such a name, id, e-mail or phone was given to anybody" in view.finding.said.object
    assert not view._empty.visible
    assert look(view, "") == newest
    assert not view.finding.said.visible


@contextmanager
def unreadable(table: Path, away: Path) -> Iterator[None]:
    """Take the files of a table away meanwhile."""
    away.mkdir()
    for file in table.glob("*.parquet"):
        file.rename(away / file.name)
    try:
        yield
    finally:
        for file in away.iterdir():
            file.rename(table / file.name)


def test_what_was_found_before_goes_when_the_history_cannot_be_read(office: Office, tmp_path: Path) -> None:
    view = shown(Board(office))
    assert look(view, "zoe") != []
    with unreadable(tmp_path / "history" / office.tenant / "events", tmp_path / "away"):
        assert look(view, "park") == []
        assert "The history cannot be read" in view.finding.said.object


def test_enter_looks_again_for_the_same_words(office: Office) -> None:
    view = shown(Board(office))
    assert look(view, "Nina") == []
    do(office, at(office).route_lead(lead("N-1", name="Nina")))
    recorded(office)
    came, field = threading.Event(), view.finding.field
    view.finding.param.watch(lambda event: came.set(), "found")
    field.value_input = "Nina"
    field.param.trigger("enter_pressed")
    assert came.wait(SOON_S)
    assert titles(view) == ["Nina"]


def test_filters_hold_for_what_is_found_and_a_chosen_one_has_its_story(office: Office) -> None:
    view = shown(Board(office))
    look(view, "zoe")
    came = threading.Event()
    view.story.param.watch(lambda event: came.set(), "steps")
    view.listing.chosen = view.listing.rows[-1]["key"]
    assert view.decision.decision is not None
    assert (view.lead, view.decision.decision.lead.name) == ("L-0", "Zoe Park")
    assert came.wait(SOON_S)
    assert "came in" in view.story.pane.pieces["story"]
    view.urgency = "critical"
    assert "None of the 3 that were found" in view._empty.object
    assert view.lead == "L-0"


def test_a_story_is_read_again_only_when_something_came_of_its_lead(office: Office) -> None:
    view, holder = shown(Board(office)), office.team.leads["L-0"].holder or ""
    oldest = view.listing.rows[-1]["key"]
    assert told_of(view, lambda: view.listing.param.update(chosen=oldest)) == ["came in", f"given to {holder}"]
    do(office, at(office).route_lead(lead("N-1", name="Nina")))
    recorded(office)
    framed(view)
    assert not view.story._reading
    do(office, at(office).accept("L-0", holder))
    recorded(office)
    assert told_of(view, lambda: framed(view))[2:] == [f"taken up by {holder}"]
    do(office, at(office).close_lead("L-0", holder, converted=False))
    recorded(office)
    assert told_of(view, lambda: framed(view))[3:] == [f"closed by {holder}: not sold"]
    framed(view)
    assert not view.story._reading


def test_what_came_of_a_lead_is_in_its_story_though_it_is_recorded_later(office: Office) -> None:
    view, holder = shown(Board(office)), office.team.leads["L-0"].holder or ""
    assert office.recorder is not None
    office.recorder.every_s = 600
    recorded(office)
    assert len(told_of(view, lambda: view.listing.param.update(chosen=view.listing.rows[-1]["key"]))) == 2
    do(office, at(office).accept("L-0", holder))
    told_of(view, lambda: framed(view))
    recorded(office)
    assert told_of(view, lambda: framed(view))[2:] == [f"taken up by {holder}"]


def test_a_lead_that_was_given_on_says_to_whom_and_is_found_under_both(office: Office) -> None:
    first = office.team.leads["L-1"].holder or ""
    other = "bo" if first == "ana" else "ana"
    do(office, at(office).override("L-1", other, by="kim", reason="she knows them"))
    view = shown(Board(recorded(office)))
    look(view, "parker")
    assert [row["title"] for row in view.listing.rows] == [f"ZOË Parker → {first.title()} → {other.title()}"]
    for agent in (first, other):
        view.agent = agent
        assert titles(view) == ["ZOË Parker"]


def test_an_agent_finds_leads_of_their_own_only(office: Office) -> None:
    held = [name for number, name in enumerate(NAMES) if office.team.leads[f"L-{number}"].holder == "bo"]
    view = shown(Board(office, Seat("bo", lambda: Role.agent)))
    assert look(view, "L-") == held[::-1]
    assert 0 < len(held) < min(MOST, len(NAMES))
    assert look(view, next(f"L-{number}" for number in range(len(NAMES)) if NAMES[number] not in held)) == []
    assert "was given to you, as far as it is recorded" in view.finding.said.object


def test_an_agent_finds_a_lead_that_a_person_gave_to_them_in_place_of_another(office: Office) -> None:
    first = office.team.leads["L-0"].holder or ""
    other = "bo" if first == "ana" else "ana"
    assert names(office.history, "L-0", agent=other) == []
    do(office, at(office).override("L-0", other, by="kim", reason="she asked for them"))
    history = recorded(office).history
    assert names(history, "L-0", agent=other) == names(history, "L-0", agent=first) == ["Zoe Park"]
    assert names(history, "L-0", agent="kim") == []


def test_a_customer_of_long_ago_is_known_by_e_mail_before_the_lead_is_routed(office: Office) -> None:
    async def go_on() -> None:
        await at(office).close_lead("L-6", office.team.leads["L-6"].holder or "", converted=False)
        await hire(at(office), "ana", "bo", capacity=100)
        for number in range(60):
            await at(office).route_lead(lead(f"M-{number}"))

    do(office, go_on())
    view = LeadView(shown(Board(recorded(office))).board)
    assert all(one.decision.lead.id != "L-6" for one in view.board.frame.recent)
    came, before = threading.Event(), office.team.seq
    view.known.param.watch(lambda event: came.set(), "visible")
    view.customer.value, view.email.value = "Somebody", "ZOE@example.com"
    assert came.wait(SOON_S)
    assert "Ünal 100 % has the same e-mail: lead L-6 was given to" in view.known.object
    assert (view.send.label, office.team.seq) == (ALL_THE_SAME, before)
    do(office, view.route())
    assert view.decision.decision is not None
    assert view.decision.decision.lead.customer == customer_of("zoe@example.com", "+15550102030", office.tenant)


def test_a_lead_is_routed_with_a_warning_while_it_cannot_be_read_whether_its_customer_came_before(
    office: Office, tmp_path: Path
) -> None:
    view = LeadView(shown(Board(office)).board)
    feed_of(office).frame = type(view.board.frame)()
    view.customer.value_input, view.email.value_input = "Somebody", "zoe@example.com"
    with unreadable(tmp_path / "history" / office.tenant / "decisions", tmp_path / "away"):
        assert do(office, view._told_twin())
        assert view.known.visible
        assert "as the history cannot be read" in view.known.object
        assert view.send.label == ROUTE
    assert not do(office, view._told_twin())
    assert "Ünal 100 % has the same e-mail" in view.known.object


def test_a_warning_that_a_customer_may_have_come_before_outlasts_the_sending(office: Office, tmp_path: Path) -> None:
    view = LeadView(shown(Board(office)).board)
    with unreadable(tmp_path / "history" / office.tenant / "decisions", tmp_path / "away"):
        view.customer.value, view.email.value = "Nina", "new@example.com"
        do(office, view.route())
    assert view.decision.decision is not None
    assert (view.customer.value, view.known.visible) == ("", True)
    assert "as the history cannot be read" in view.known.object
    view.customer.value = "Li Wei"
    assert not view.known.visible


def test_a_customer_who_was_new_is_known_when_they_come_again(office: Office) -> None:
    view, mail = LeadView(shown(Board(office)).board), "new@example.com"
    view.customer.value, view.email.value = "Nina", mail
    do(office, view.route())
    assert view.decision.decision is not None
    first = view.decision.decision.lead.id
    agent = office.team.leads[first].holder or ""

    async def go_on() -> None:
        await at(office).close_lead(first, agent, converted=False)
        await hire(at(office), "ana", "bo", capacity=100)
        for number in range(60):
            await at(office).route_lead(lead(f"M-{number}"))

    do(office, go_on())
    shown(Board(recorded(office)))
    before = office.team.seq
    view.customer.value, view.email.value = "Nina", mail
    do(office, view.route())
    assert (view.known.visible, office.team.seq) == (True, before)
    assert f"Nina has the same e-mail: lead {first} was given to" in view.known.object


def test_a_known_customer_is_said_before_a_lead_is_routed_that_is_sent_at_once(office: Office) -> None:
    view = LeadView(shown(Board(office)).board)
    view.board.frame = type(view.board.frame)()
    feed_of(office).frame = view.board.frame
    view.customer.value_input, view.phone.value_input = "Somebody", "+1 555 010 2030"
    before = office.team.seq
    do(office, view.route())
    assert (view.known.visible, office.team.seq) == (True, before)
    do(office, view.route())
    assert office.team.seq > before
