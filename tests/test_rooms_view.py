"""The rooms on the page without a browser: what it is told as patches, and what comes of what it asks."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from attacks import ATTACKS
from chatting import Shown, talking
from desks import SOON_S, hire
from offices import Open, at, do
from real_redis import RealRedis

from collab.chat import Unread
from collab.files import Shelf
from collab.floor import NotAllowed, Seat
from collab.office import Office
from collab.office.floors import READS, floor_of
from collab.protocol import Role
from collab.views import talk, transcript
from collab.views.board import Board
from collab.views.feed import feed_of
from collab.views.rooms import Conversation, RoomsView


@pytest.fixture
def office(open_office: Open) -> Office:
    """An office whose Main room has ana, who made it, and bo."""
    return talking(open_office)


@pytest.fixture
def ana(office: Office) -> Shown:
    """Ana's page."""
    return Shown(office, "ana")


@pytest.fixture
def bo(office: Office) -> Shown:
    """Bo's page."""
    return Shown(office, "bo")


def test_what_one_says_stands_on_the_page_of_the_other_and_counts_until_it_is_read(ana: Shown, bo: Shown) -> None:
    ana.ask(do="send", room="main", text="Who takes **L-1**, @bo?", key="k1")
    assert ana.seen("sent", key="k1")["number"] == 3
    row = bo.row(who="ana")
    assert (row["mine"], row["named"], row["n"]) == (False, True, 3)
    assert "<strong>L-1</strong>" in row["html"]
    assert [bo.view.talk.rooms["main"][what] for what in ("unread", "mentions")] == [1, 1]
    bo.ask(do="read", room="main", number=3)
    assert bo.listed(unread=0)["mentions"] == 0
    ana.ask(do="send", room="main", text="Who takes it?", key="k1")
    assert (ana.seen("sent", key="k1")["number"], bo.office.team.rooms["main"].number) == (3, 3)


def test_a_message_is_edited_answered_reacted_to_and_taken_back(ana: Shown, bo: Shown) -> None:
    said = ana.send("Begin")
    ana.ask(do="edit", room="main", message=said["id"], text="First")
    assert bo.row(edited=True)["html"] == "<p>First</p>\n"
    bo.ask(do="react", room="main", message=said["id"], reaction="🎉")
    assert ana.row(id=said["id"], reactions=[{"what": "🎉", "n": 1, "mine": False, "who": "bo"}])["edited"]
    bo.ask(do="send", room="main", text="Second", thread=said["id"])
    assert ana.row(id=said["id"], replies=1)["edited"]
    bo.ask(do="send", room="main", text="Third, @ana", thread=said["id"])
    assert ana.listed(threads={said["id"]: 2})["mentions_in_threads"] == 1
    bo.ask(do="delete", room="main", message=said["id"])
    assert "change your own" in bo.seen("failed", do="delete")["why"]
    ana.ask(do="delete", room="main", message=said["id"])
    gone = bo.row(deleted=True)
    assert (gone["html"], gone["reactions"]) == ("", [])


def test_typing_is_told_to_the_others_until_something_is_said(ana: Shown, bo: Shown) -> None:
    bo.ask(do="typing", room="main", on=True)
    assert ana.seen("typing")["on"]
    bo.ask(do="send", room="main", text="Here it is")
    assert not ana.seen("typing", who="bo")["on"]


def test_the_newest_come_first_and_what_was_before_page_by_page(office: Office, bo: Shown) -> None:
    desk = at(office)

    async def talk() -> None:
        for number in range(230):
            await desk.send_message("main", "ana", f"m{number}")

    do(office, talk())
    bo.ask(do="choose", room="main")
    shown = bo.seen("room")
    texts = [row["html"] for row in shown["rows"]]
    assert (texts[0], texts[-1], shown["more"], shown["newest"]) == ("<p>m30</p>\n", "<p>m229</p>\n", True, True)
    bo.ask(do="older")
    last = bo.seen("older")
    assert ([row["n"] for row in last["rows"]], last["more"]) == ([*range(3, 33)], False)
    bo.ask(do="jump", room="main", number=10)
    around = bo.seen("room")
    assert (around["newest"], around["at"]) == (False, 10)
    assert 10 in [row["n"] for row in around["rows"]]
    do(office, desk.send_message("main", "ana", "later"))
    bo.ask(do="choose", room="main")
    assert bo.seen("room", newest=True)["rows"][-1]["html"] == "<p>later</p>\n"


def test_rooms_go_on_while_the_page_is_paused(ana: Shown, bo: Shown) -> None:
    bo.view.board.paused = True
    ana.ask(do="send", room="main", text="Can you see me?")
    assert bo.row(who="ana")["html"] == "<p>Can you see me?</p>\n"


def test_a_page_stays_and_its_team_works_on_though_the_stream_lost_what_was_not_recorded(
    open_office: Open, redis_server: RealRedis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.office.tending.TEND_EVERY_S", 0.02)
    office = open_office(redis_url, team_at_work=True, days=0, pace=600)
    desk = at(office)
    do(office, desk.create_room("main", "Main", by="ana"))
    ana = Shown(office, "ana")
    ana.send("recorded")
    assert office.recorder is not None
    office.recorder.every_s = 600
    do(office, office.recorder.flush())
    ana.send("lost")
    redis_server.client.flushall()
    html = [row["html"] for row in ana.seen("room")["rows"]]
    assert html == ["<p>recorded</p>\n"]
    assert all(point.seq <= office.team.seq for point in feed_of(office).frame.latencies)
    ana.send("anew")
    assert at(office) is not desk
    assert office.wait_for(events=5, timeout_s=SOON_S) >= 5
    assert not office.trouble


def test_what_a_page_let_go_comes_again_as_it_became_meanwhile(
    office: Office, bo: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = at(office)
    monkeypatch.setattr(talk, "KEPT", 5)

    async def said() -> list[str]:
        found = [(await desk.send_message("main", "ana", f"m{number}")).message for number in range(30)]
        await desk.rooms.edit("main", "ana", found[0], "m0, mended")
        await desk.send_message("main", "bo", "an answer", thread=found[1])
        return found

    ids = do(office, said())
    bo.ask(do="choose", room="main")
    before = {row["id"]: row for row in bo.seen("room")["rows"]}
    bo.ask(do="trim", room="main")
    assert bo.seen("trimmed")["first"] == before[ids[26]]["n"]
    assert len(bo.view.talk.transcript.messages) == 5
    do(office, desk.rooms.react("main", "ana", ids[2], "🎉"))
    do(office, desk.rooms.delete("main", "ana", ids[3]))
    bo.ask(do="older")
    again = {row["id"]: row for row in bo.seen("older")["rows"]}
    assert [one["what"] for one in again[ids[2]]["reactions"]] == ["🎉"]
    assert again[ids[3]]["deleted"]
    for changed in ids[2:4]:
        del again[changed]
    assert again == {id: before[id] for id in again}
    assert {*ids[:2], *ids[4:26]} <= again.keys()


def test_a_page_that_is_full_takes_in_what_changes_its_messages_and_says_that_there_is_more(
    office: Office, ana: Shown, bo: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "MOST", 2)
    first, _ = ana.send("one"), ana.send("two")
    ana.ask(do="send", room="main", text="three")
    bo.seen("full", room="main")
    ana.ask(do="edit", room="main", message=first["id"], text="One")
    assert bo.row(edited=True)["html"] == "<p>One</p>\n"
    assert len(bo.view.talk.transcript.messages) == 2
    bo.ask(do="choose", room="main")
    assert bo.seen("room", newest=True)["rows"][-1]["html"] == "<p>three</p>\n"


def test_looking_on_changes_nothing_for_others(office: Office, bo: Shown) -> None:
    do(office, at(office).send_message("main", "ana", "Hello"))
    kim = Shown(office, "kim")
    assert "kim" not in office.team.rooms["main"].members
    kim.ask(do="send", room="main", text="Hi")
    assert "join it first" in kim.seen("failed", do="send")["why"]
    assert office.team.rooms["main"].unread("bo") == Unread(1, 0)
    kim.ask(do="enter", room="main")
    assert [row["html"] for row in kim.seen("room")["rows"]] == ["<p>Hello</p>\n"]
    assert office.team.agents.keys() == {"ana"}


def test_hidden_it_hears_nothing_and_shown_again_it_has_all(office: Office, ana: Shown, bo: Shown) -> None:
    do(office, bo.view.talk.member.leave())
    assert not bo.view.talk.inside
    ana.send("While you were away")
    bo.ask(do="ready")
    assert bo.seen("room")["rows"][-1]["html"] == "<p>While you were away</p>\n"


def test_what_runs_somewhere_else_is_text_here(ana: Shown, bo: Shown) -> None:
    for attack in ATTACKS:
        ana.ask(do="send", room="main", text=attack)
    seen: list[str] = []
    while len(seen) < len(ATTACKS):
        seen += [row["html"] for row in bo.seen("rows")["rows"]]
    assert not [html for html in seen if any(f"<{tag}" in html.lower() for tag in ("script", "img", "svg", "style"))]


@pytest.mark.parametrize(
    "asked, why",
    [
        ({"do": "adopt_weights", "weights": [25, 25, 25, 25], "reason": "x"}, "not asked for on this tab"),
        ({"do": "send", "room": "main", "text": ""}, "text is"),
        ({"do": "choose", "room": "nowhere"}, "room is 'nowhere'"),
        ({"do": "jump"}, "room"),
        ({"do": "fly"}, "fly"),
        ({}, "do"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(ana: Shown, asked: dict[str, Any], why: str) -> None:
    if asked == {"do": "jump"}:
        ana.view.talk.rooms = {}
    ana.ask(**asked)
    assert why in ana.seen("failed")["why"]


def test_a_new_room_is_open_at_once_and_a_second_of_the_name_is_refused(ana: Shown) -> None:
    ana.ask(do="create_room", room="north", name="North side")
    assert ana.seen("room")["room"]["name"] == "North side"
    ana.ask(do="create_room", room="north", name="North side")
    assert "name is 'North side'" in ana.seen("failed")["why"]


def test_messages_are_found_by_their_words_and_the_names_of_their_files(office: Office, ana: Shown) -> None:
    ana.send("The blue house")
    do(office, at(office).rooms.upload("main", "ana", "a" * 64, 15, "text/plain"))
    ana.send("Read this", files=[{"hash": "a" * 64, "name": 'Plan "B" für Köln.pdf'}])
    assert office.recorder is not None
    do(office, office.recorder.flush())
    for words, text in (("blue", "The blue house"), ("köln", "Read this"), ("READ plan", "Read this")):
        ana.ask(do="search", words=words)
        (found,) = ana.seen("found")["rows"]
        files = [file["name"] for file in found["files"]]
        assert (found["text"], files) == (text, ["Plan B für Köln.pdf.txt"] if text == "Read this" else [])
    ana.ask(do="search", words="hash")
    assert ana.seen("found")["rows"] == []


def test_who_one_is_must_be_an_id(office: Office) -> None:
    view = RoomsView(Board(office))
    do(office, view.enter("kim lead"))
    assert "one word without spaces" in view.said.object


def test_who_came_in_before_comes_in_again_and_may_be_somebody_else(office: Office) -> None:
    board = Board(office)
    view = RoomsView(board)
    assert (view.me, view._who.visible) == ("", True)
    assert f"e.g. {board.frame.agents[0].id}" in view._who[1].object
    do(office, _said(view, "ana"))
    assert (view.talk.me, view._who.visible) == ("ana", False)
    do(office, view.hear({"do": "be", "me": "kim lead"}))
    assert ("one word without spaces" in view.said.object, view.talk.me) == (True, "ana")
    do(office, view.hear({"do": "be", "me": "bo"}))
    assert (view.talk.me, board.member, view.said.visible) == ("bo", "bo", False)


async def _said(view: RoomsView, member: str) -> None:
    """The browser says who came in there before; in a loop, for without one Panel makes one that nobody closes."""
    came = asyncio.Event()
    view.param.watch(lambda event: came.set(), "me")
    view.board.member = member
    await asyncio.wait_for(came.wait(), SOON_S)


def test_an_office_that_only_reads_says_so(office: Office, open_office: Open) -> None:
    reading = open_office(office.stream_url)
    assert reading.mode == "reading"
    view = RoomsView(Board(reading))
    assert (view.said.visible, view.conversation.visible) == (True, False)
    with pytest.raises(RuntimeError, match=READS[:40]):
        do(reading, floor_of(reading))


def test_a_file_of_a_message_is_for_members(office: Office, ana: Shown, bo: Shown, tmp_path: Path) -> None:
    shelf, desk = Shelf(tmp_path / "files"), at(office)
    draft = shelf.begin(office.tenant)
    draft.write(b"What was agreed")
    draft.end()
    shelf.keep(office.tenant, draft)
    draft.drop()
    do(office, desk.rooms.upload("main", "ana", draft.hash, draft.size, "text/plain"))
    ana.ask(do="send", room="main", text="Read this", files=[{"hash": draft.hash, "name": "notes.txt"}])
    assert bo.row(who="ana")["files"] == [{"hash": draft.hash, "name": "notes.txt", "size": 15, "type": "text/plain"}]
    bo.ask(do="file", room="main", hash=draft.hash)
    assert "COLLAB_FILES" in bo.seen("failed", do="file")["why"]
    office.shelf = shelf
    bo.ask(do="file", room="main", hash=draft.hash)
    given = bo.seen("file")
    assert (given["name"], b64decode(given["data"])) == ("notes.txt", b"What was agreed")
    bo.ask(do="picture", room="main", hash=draft.hash)
    assert "text/plain" in bo.seen("failed", do="picture")["why"]
    kim = Shown(office, "kim")
    kim.ask(do="file", room="main", hash=draft.hash)
    assert "no member" in kim.seen("failed", do="file")["why"]


def test_who_signed_in_speaks_as_themselves_and_not_after_they_may_no_more(open_office: Open) -> None:
    office, may = open_office(), [True]

    def role() -> Role:
        if not may[0]:
            raise NotAllowed("kim is not in the file of users any more")
        return Role.agent

    do(office, hire(at(office), "kim"))
    view = RoomsView(Board(office, Seat("kim", role)), me="ana", role=Role.team_lead)
    assert (view.me, view.role) == ("kim", Role.agent)
    do(office, view.enter("ana"))
    assert view.talk.me == "kim"
    assert view.talk.office is office
    may[0] = False
    do(office, view.hear({"do": "ready"}))
    assert not view.talk.inside
    assert "any more" in view.said.object


def test_the_name_of_a_button_has_the_words_that_stand_on_it() -> None:
    buttons = re.findall(r"""[bB]utton\((["`])([^"`]*)\1, "([^"]+)",""", Conversation._esm)
    assert len(buttons) > 20
    marks = "+☰↓✕?⋯ "  # no words
    assert [(said, name) for _, name, said in buttons if said.strip(marks).lower() not in name.lower()] == []


def test_a_link_to_what_was_said_long_ago_shows_what_became_of_it(office: Office) -> None:
    desk = at(office)

    async def talk() -> int:
        said = [await desk.send_message("main", "ana", f"m{number}") for number in range(3)]
        answers = [await desk.send_message("main", "bo", "soon", thread=said[0].message)]
        for number in range(210):
            await desk.send_message("main", "ana", f"later {number}")
        await desk.rooms.edit("main", "ana", said[0].message, "m0, mended")
        await desk.rooms.delete("main", "ana", said[1].message)
        await desk.rooms.react("main", "bo", said[2].message, "🎉")
        answers += [await desk.send_message("main", "bo", text, thread=said[0].message) for text in ("late", "never")]
        await desk.rooms.edit("main", "bo", answers[1].message, "late, mended")
        await desk.rooms.delete("main", "bo", answers[2].message)
        return said[0].number

    number = do(office, talk())
    page = Shown(office, "bo", room="main", number=number)
    first, second, third = page.opened["rows"][:3]
    assert (page.opened["at"], page.opened["newest"], page.said) == (number, False, "")
    assert (first["html"], first["edited"], first["replies"]) == ("<p>m0, mended</p>\n", True, 2)
    assert (second["html"], second["deleted"]) == ("", True)
    assert [one["what"] for one in third["reactions"]] == ["🎉"]
    answers = [row for row in page.opened["rows"] if row["thread"] == first["id"]]
    assert [row["html"] for row in answers] == ["<p>soon</p>\n", "<p>late, mended</p>\n", ""]
    do(office, desk.send_message("main", "ana", "thanks", thread=first["id"]))
    assert page.row(id=first["id"])["replies"] == 3


def test_a_link_to_an_answer_shows_its_thread_from_the_first_message(office: Office) -> None:
    desk = at(office)

    async def talk() -> int:
        first = await desk.send_message("main", "ana", "First")
        later = await desk.send_message("main", "ana", "later")
        for number in range(2_100):
            await desk.rooms.react("main", "bo", later.message, "🎉", on=number % 2 == 0)
        await desk.rooms.edit("main", "ana", first.message, "First, mended")
        answer = await desk.send_message("main", "bo", "Late answer", thread=first.message)
        for number in range(110):
            await desk.send_message("main", "ana", f"latest {number}")
        return answer.number

    number = do(office, talk())
    page = Shown(office, "bo", room="main", number=number)
    first, answer = (next(row for row in page.opened["rows"] if said in row["html"]) for said in ("First", "Late"))
    assert (answer["n"], answer["thread"], first["replies"]) == (number, first["id"], 1)
    assert first["html"] == "<p>First, mended</p>\n"


def test_a_link_holds_once_the_room_is_joined_and_one_to_no_message_says_so(office: Office) -> None:
    number = do(office, at(office).send_message("main", "ana", "Hello")).number
    kim = Shown(office, "kim", room="main", number=number)
    assert (kim.opened["rows"], kim.opened["at"]) == ([], number)
    kim.ask(do="enter", room="main", number=number)
    assert kim.seen("room", at=number)["rows"][-1]["n"] == number
    kim.ask(do="jump", room="main", number=99)
    assert "message is 99, which Main does not have" in kim.seen("failed")["why"]


def test_a_link_leads_to_its_message_who_came_in_before_the_page_was_drawn(office: Office) -> None:
    number = do(office, at(office).send_message("main", "ana", "Hello")).number
    do(office, at(office).send_message("main", "ana", "Again"))
    view = RoomsView(Board(office), "main", number, me="bo")
    do(office, view.enter("bo"))
    patches: list[dict[str, Any]] = []
    view.conversation.put = patches.extend  # type: ignore[method-assign]
    do(office, view.hear({"do": "ready"}))
    do(office, view.hear({"do": "ready"}))
    assert [patch["at"] for patch in patches if patch["put"] == "room"] == [number, 0]


def test_a_link_to_a_room_that_is_hidden_says_so_to_who_came_in_before_the_page_was_drawn(office: Office) -> None:
    view = RoomsView(Board(office), "secret", 9, me="bo")
    do(office, view.enter("bo"))
    patches: list[dict[str, Any]] = []
    view.conversation.put = patches.extend  # type: ignore[method-assign]
    do(office, view.hear({"do": "ready"}))
    assert [patch["why"] for patch in patches if patch["put"] == "failed"] == [
        "room is 'secret', which is not there for you"
    ]
