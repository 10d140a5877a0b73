"""What a page may change of a room: who is in it with which seat, its name, its end; and who may not, in words."""

from __future__ import annotations

from typing import Any

import pytest
from chatting import Shown, talking
from desks import hire
from offices import Open, at, do

from collab.office import Office
from collab.protocol import Role


@pytest.fixture
def office(open_office: Open) -> Office:
    """An office with ana and bo in Main, and kim on the roster."""
    office = talking(open_office)
    do(office, hire(at(office), "kim"))
    return office


@pytest.fixture
def ana(office: Office) -> Shown:
    """The page of ana, an agent who moderates Main."""
    return Shown(office, "ana", Role.agent)


@pytest.fixture
def bo(office: Office) -> Shown:
    """The page of bo, an agent."""
    return Shown(office, "bo", Role.agent)


def about(page: Shown) -> dict[str, Any]:
    """What the page is told about Main."""
    page.ask(do="about", room="main")
    return page.seen("about", room="main")


def test_members_are_told_with_their_seats_and_whom_one_may_invite(ana: Shown, bo: Shown) -> None:
    told = about(ana)
    assert told["seats"] == [
        {"id": "ana", "name": "Ana", "seat": "moderator"},
        {"id": "bo", "name": "bo", "seat": "member"},
    ]
    assert (told["others"], told["may"]) == ([{"id": "kim", "name": "Kim"}], True)
    assert not about(bo)["may"]


def test_a_moderator_invites_seats_renames_and_removes(office: Office, ana: Shown, bo: Shown) -> None:
    ana.ask(do="invite", room="main", agent="kim")
    ana.ask(do="invite", room="main", agent="bo", seat="moderator")
    assert [one["seat"] for one in about(ana)["seats"]] == ["moderator", "moderator", "member"]
    assert about(bo)["may"]
    bo.ask(do="rename_room", room="main", name="North & <b>South</b>")
    assert ana.listed(name="North & <b>South</b>")["seat"] == "moderator"
    ana.ask(do="remove", room="main", agent="bo")
    assert bo.listed(seat=None)["members"] == ["ana", "kim"]
    bo.ask(do="choose", room="main")
    assert bo.seen("room")["rows"] == []


def test_only_who_is_known_is_invited_on_a_page(office: Office, ana: Shown) -> None:
    desk = at(office)
    do(office, desk.create_room("side", "Side", by="lia"))
    do(office, desk.rooms.create("deal", "zoe", "The deal", private=True))
    do(office, desk.rooms.create_defaults("desk"))
    assert [one["id"] for one in about(ana)["others"]] == ["kim", "lia"]
    ana.ask(do="people")
    assert [one["id"] for one in ana.seen("people")["people"]] == ["ana", "bo", "kim", "lia"]
    for agent in ("nobodyhere", "zoe"):
        ana.ask(do="invite", room="main", agent=agent)
        assert f"agent is '{agent}', who is neither" in ana.seen("failed", do="invite")["why"]
    ana.ask(do="invite", room="main", agent="lia")
    assert [one["id"] for one in about(ana)["seats"]] == ["ana", "bo", "lia"]


def test_who_is_no_moderator_is_refused_unless_a_team_lead_and_anybody_may_leave(office: Office, bo: Shown) -> None:
    for asked in (
        {"do": "invite", "agent": "kim"},
        {"do": "remove", "agent": "ana"},
        {"do": "rename_room", "name": "Mine"},
        {"do": "archive_room"},
    ):
        bo.ask(room="main", **asked)
        assert "only a moderator may" in bo.seen("failed", do=asked["do"])["why"]
    Shown(office, "kim").ask(do="rename_room", room="main", name="By a lead")
    assert bo.listed(name="By a lead")["seat"] == "member"
    bo.ask(do="leave", room="main")
    assert bo.listed(seat=None)["members"] == ["ana"]


def test_an_archived_room_is_read_and_nothing_is_added(ana: Shown, bo: Shown) -> None:
    ana.ask(do="archive_room", room="main")
    assert bo.listed(archived=True)
    bo.ask(do="send", room="main", text="Late")
    assert "archived" in bo.seen("failed", do="send")["why"]


def test_a_private_room_is_not_known_to_others(office: Office, ana: Shown) -> None:
    do(office, at(office).rooms.create("deal", "bo", "The deal", private=True))
    ana.ask(do="about", room="deal")
    assert "not there" in ana.seen("failed")["why"]


def test_a_page_opens_with_the_room_and_the_message_that_a_link_names(office: Office) -> None:
    desk = at(office)
    do(office, desk.create_room("side", "Side", by="bo"))
    said = do(office, desk.send_message("side", "bo", "This one"))
    do(office, desk.send_message("side", "bo", "That one"))
    page = Shown(office, "bo", room="side", number=said.number)
    assert (page.opened["room"]["room"], page.opened["at"]) == ("side", said.number)
    lost = Shown(office, "bo", room="gone", number=3)
    assert (lost.opened["room"]["room"], lost.opened["at"]) == ("main", 0)
    assert "'gone'" in lost.said


def test_one_goes_to_a_thread_by_its_message(office: Office, ana: Shown) -> None:
    said = ana.send("First")
    ana.ask(do="jump", room="main", message=said["id"])
    assert ana.seen("room")["at"] == said["n"]
    ana.ask(do="jump", room="main", message="nothing")
    assert "among its newest" in ana.seen("failed", do="jump")["why"]
