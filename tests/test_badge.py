"""What is unread beside the name of the Chat tab: counted for who looks, once a process, and said in words too."""

from __future__ import annotations

import threading

import panel_material_ui as pmui
from desks import SOON_S, hire
from offices import Open, at, do

from collab.chat import Unread
from collab.floor import Seat
from collab.office import Office
from collab.protocol import Role
from collab.views.badge import Badge, badge
from collab.views.board import Board
from collab.views.inbox import Inboxes


def an_office(open_office: Open) -> Office:
    """An office whose rooms main and side have ana, who made them, and bo, of whom only main has cy."""
    office = open_office()
    desk = at(office)
    do(office, hire(desk, "ana"))
    for room in ("main", "side"):
        do(office, desk.create_room(room, room.title(), by="ana"))
        do(office, desk.rooms.join(room, "bo"))
    do(office, desk.rooms.join("main", "cy"))
    return office


def test_messages_of_all_rooms_count_until_they_are_read_and_those_that_name_one_in_threads_too(
    open_office: Open,
) -> None:
    office, inboxes = an_office(open_office), Inboxes()
    desk = at(office)

    def counted() -> dict[str, Unread]:
        return inboxes.count(office.team.rooms.values(), ["bo", "cy", "kim"])

    first = do(office, desk.send_message("main", "ana", "One for @bo"))
    do(office, desk.send_message("side", "ana", "Two"))
    do(office, desk.send_message("main", "ana", "An answer for @cy", thread=first.message))
    assert counted() == {"bo": Unread(2, 1), "cy": Unread(1, 1), "kim": Unread()}
    do(office, desk.rooms.read("main", "bo", first.number))
    do(office, desk.rooms.read("main", "cy", first.number + 1, first.message))
    assert counted() == {"bo": Unread(1, 0), "cy": Unread(1, 0), "kim": Unread()}
    do(office, desk.rooms.leave("side", "bo"))
    assert counted()["bo"] == Unread()


def test_the_badge_follows_who_signed_in_without_the_tab_being_opened(open_office: Open) -> None:
    office = an_office(open_office)
    do(office, at(office).send_message("main", "ana", "For @bo"))
    board = Board(office, Seat("bo", lambda: Role.agent))
    tabs = pmui.Tabs(("Team", "a"), ("Chat", "b"))
    Badge(tabs, 1, board)
    until(board, Unread(1, 1))
    assert tabs._names == ["Team", f"Chat{badge(Unread(1, 1))}"]
    do(office, at(office).rooms.read("main", "bo", office.team.rooms["main"].number))
    until(board, Unread())
    assert tabs._names == ["Team", "Chat"]


def test_who_says_who_they_are_is_counted_from_then_on(open_office: Open) -> None:
    office = an_office(open_office)
    do(office, at(office).send_message("main", "ana", "Hello"))
    board = Board(office)
    assert board.frame.unread == {}
    board.member = "cy"
    until(board, Unread(1, 0))


def test_a_badge_says_in_words_what_it_shows() -> None:
    assert badge(Unread()) == ""
    assert "99+" in badge(Unread(1000, 0))
    assert " 1000 unread</span>" in badge(Unread(1000, 0))
    assert " 3 unread, 1 names you</span>" in badge(Unread(3, 1))
    assert ">@2</span>" in badge(Unread(0, 2))


def until(board: Board, unread: Unread) -> None:
    """Return when the board's frame says that so much is unread for its member."""
    if board.frame.unread.get(board.member) == unread:
        return
    came = threading.Event()
    watcher = board.param.watch(
        lambda event: came.set() if event.new.unread.get(board.member) == unread else None, "frame"
    )
    assert board.frame.unread.get(board.member) == unread or came.wait(SOON_S)
    board.param.unwatch(watcher)
