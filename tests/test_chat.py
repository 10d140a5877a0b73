"""What a room means: numbers, members, mentions, and unread counts against a plain recount."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from strategies import AGENTS, NOON, histories
from work import Work

from collab import chat
from collab import events as ev
from collab.chat import KEPT, Room, Unread, mentioned
from collab.events import Entry, RoomEvent
from collab.history import History
from collab.history.folder import Folder
from collab.history.writer import Writer
from collab.records import Seat
from collab.team import Team, fold


def talked(*events: RoomEvent) -> dict[str, Room]:
    """The rooms after these events."""
    rooms: dict[str, Room] = {}
    for event in events:
        chat.apply(rooms, event)
    return rooms


def said(id: str, agent: str, text: str = "Hello", **more: object) -> ev.MessageSent:
    """A message in the main room."""
    return ev.MessageSent(id=id, time=NOON, room="main", agent=agent, text=text, **more)


def main_room(*members: str) -> list[RoomEvent]:
    """The events that make a room of these members, the first its moderator."""
    made = ev.RoomCreated(id="c", time=NOON, room="main", agent=members[0], name="Main")
    joins = [ev.RoomJoined(id=f"j{m}", time=NOON, room="main", agent=m, by=members[0]) for m in members[1:]]
    return [made, *joins]


def recount(entries: list[Entry], room: str, agent: str, thread: str | None) -> tuple[int, int]:
    """Unread messages and mentions, counted anew from all events."""
    number, upto, joined, sent, deleted = 0, 0, False, [], set()
    mentions: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        event = entry.event
        if not isinstance(event, RoomEvent) or event.room != room:
            continue
        if isinstance(event, ev.RoomRead):
            if event.agent == agent and event.thread == thread:
                upto = max(upto, min(event.number, number))
            continue
        number += 1
        if isinstance(event, ev.RoomJoined) and event.agent == agent and thread is None and not joined:
            upto, joined = max(upto, number), True
        if isinstance(event, ev.MessageSent):
            sent.append((number, event))
            mentions[event.id] = event.mentions
        elif isinstance(event, ev.MessageDeleted):
            deleted.add(event.message)
        elif isinstance(event, ev.MessageEdited) and event.message in mentions:
            mentions[event.message] = event.mentions
    new = [e for n, e in sent if n > upto and e.thread == thread and e.agent != agent and e.id not in deleted]
    return len(new), sum(agent in mentions[e.id] for e in new)


@given(histories(most=60))
def test_unread_counts_are_those_of_a_recount(entries: list[Entry]) -> None:
    team = fold(entries)
    for room in team.rooms.values():
        for agent in AGENTS:
            if agent in room.members and room.members[agent] == Seat.member:
                for thread in (None, *room.threads()):
                    found = room.unread(agent, thread)
                    assert (found.messages, found.mentions) == recount(entries, room.id, agent, thread)


@given(histories(most=60))
def test_everything_in_a_room_but_a_read_has_the_next_number(entries: list[Entry]) -> None:
    team, counts = Team(), Counter[str]()
    for entry in entries:
        team.apply(entry)
        if isinstance(entry.event, RoomEvent) and not isinstance(entry.event, ev.RoomRead):
            counts[entry.event.room] += 1
        assert {id: room.number for id, room in team.rooms.items()} == {id: counts[id] for id in team.rooms}


def test_who_reads_on_one_device_has_read_on_all_and_never_goes_back() -> None:
    def read(number: int) -> ev.RoomRead:
        return ev.RoomRead(id=f"r{number}", time=NOON, room="main", agent="bo", number=number)

    events = [*main_room("ana", "bo"), said("m1", "ana"), said("m2", "ana", mentions=("bo",)), said("m3", "bo")]
    room = talked(*events)["main"]
    assert room.unread("bo") == Unread(2, 1)
    assert room.unread("ana") == Unread(1, 0)
    assert talked(*events, read(3))["main"].unread("bo") == Unread(1, 1)
    assert talked(*events, read(4), read(3))["main"].unread("bo") == Unread(0, 0)
    assert talked(*events, read(99), said("m4", "ana"))["main"].unread("bo") == Unread(1, 0)


def test_a_thread_has_unread_counts_of_its_own() -> None:
    root = said("m1", "ana")
    events = [*main_room("ana", "bo"), root, said("m2", "ana", thread="m1"), said("m3", "ana", thread="m1")]
    room = talked(*events)["main"]
    assert room.threads() == {"m1": 2}
    assert (room.unread("bo"), room.unread("bo", "m1")) == (Unread(1, 0), Unread(2, 0))
    reading = ev.RoomRead(id="r", time=NOON, room="main", agent="bo", number=4, thread="m1")
    assert talked(*events, reading)["main"].unread("bo", "m1") == Unread(1, 0)
    assert talked(*events, reading)["main"].unread("bo") == Unread(1, 0)


def test_what_was_read_of_threads_long_ago_is_forgotten() -> None:
    def thread(id: str, number: int) -> list[RoomEvent]:
        reading = ev.RoomRead(id=f"r{id}", time=NOON, room="main", agent="bo", number=number, thread=id)
        return [said(id, "ana"), said(f"{id}.1", "ana", thread=id), reading]

    later = [said(f"m{n}", "ana") for n in range(KEPT)]
    room = talked(*main_room("ana", "bo"), *thread("old", 4), *later, *thread("new", KEPT + 6))["main"]
    assert room.read_threads == {"bo": {"new": KEPT + 6}}
    assert room.unread("bo", "new") == Unread(0, 0)


def test_a_room_remembers_its_newest_messages_only() -> None:
    room = talked(*main_room("ana", "bo"), *(said(f"m{n}", "ana") for n in range(KEPT + 5)))["main"]
    assert (len(room.messages), room.messages[0].id) == (KEPT, "m5")
    assert room.unread("bo") == Unread(KEPT, 0)
    assert room.message("m4") is None
    assert room.message("m5") is not None


@pytest.mark.parametrize(
    "text, names",
    [
        ("@bo and @ana, see @bo", ("bo", "ana")),
        ("mail ana@bo.com or @zed", ()),
        ("(@ana.)", ("ana",)),
        ("@all of you", ("ana", "bo", "c.d")),
        ("ask @c.d.", ("c.d",)),
        ("@@ana @", ()),
    ],
)
def test_members_are_named_with_an_at_sign(text: str, names: tuple[str, ...]) -> None:
    assert mentioned(text, ["ana", "bo", "c.d"]) == names


def test_the_history_s_messages_have_the_numbers_and_words_of_the_room(tmp_path: Path) -> None:
    entries = [Entry(seq, "main", event) for seq, event in enumerate(Work().events(24), 1)]
    writer = Writer(Folder(str(tmp_path)), 0)
    writer.open()
    writer.write(entries[: len(entries) // 2])
    writer.write(entries[len(entries) // 2 :])
    writer.close()
    history, team, last = History(tmp_path, "main"), fold(entries), entries[-1].event.time
    messages = history.messages()
    kept = {message.id: message for message in team.rooms["main"].messages}
    assert dict(zip(messages["message"], messages["number"], strict=True)) == {m.id: m.number for m in kept.values()}
    assert set(messages.loc[messages["deleted"], "message"]) == {m.id for m in kept.values() if m.deleted}
    edited = messages[messages["edited"] & ~messages["deleted"]]
    assert set(edited["text"]) == {"is sold"}
    assert (messages.loc[messages["deleted"], "text"] == "").all()
    assert set(history.chats()["change"]) >= {"created", "sent", "edited", "deleted", "reacted", "unreacted", "read"}
    assert len(history.as_of(last - timedelta(minutes=5)).messages()) < len(messages)
