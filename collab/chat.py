"""What a room means: its order, members, messages, threads and what each member has not read (pure).

A room numbers what happens in it 1, 2, 3, … in the order of the stream: everything but a read. The numbers follow from
the events alone, so every process has the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from collab import events
from collab.claims import ARCHIVED, OPEN, file_key, room_key, seat_key
from collab.events import RoomEvent
from collab.records import Seat

KEPT = 1000
"""How many of its newest messages a room remembers; unread counts go no further."""

MENTION = re.compile(r"(?<![\w@.])@([\w.:-]*\w)")
"""How a member is named in a message: @ and their id."""

DEFAULT_ROOMS = {
    "main": "Main Team Room",
    "urgent": "Urgent Leads",
    "training": "Training & Coaching",
    "wins": "Wins & Celebrations",
}
"""The rooms that a team begins with, by id."""


class Message(Struct, frozen=True, kw_only=True):
    """A message as it counts: its number and id, whose it is, the thread it belongs to, and whom it names."""

    number: int
    id: str
    agent: str
    thread: str | None = None
    mentions: tuple[str, ...] = ()
    deleted: bool = False


class Unread(Struct, frozen=True):
    """What a member has not read: messages of others, how many of them name the member, both up to `KEPT`."""

    messages: int = 0
    mentions: int = 0


class Kept(Struct, frozen=True, kw_only=True):
    """A file in a room: who uploaded it last, what it is, and the messages that have it.

    One that was `sent` and that no message has any more was taken back.
    """

    agent: str
    size: int
    type: str
    name: str = ""
    messages: tuple[str, ...] = ()
    sent: bool = False

    @property
    def gone(self) -> bool:
        """Was it taken back?"""
        return self.sent and not self.messages


class Room(Struct, kw_only=True):
    """A room after what happened at its `number`.

    `members` are their seats by agent; `read` is the number that each has read up to, and `read_threads` the same for
    single threads, by agent and message, as far as `messages` go back; `came` is the number at which each came in,
    before which nothing is unread. `messages` are the newest `KEPT`, in order. `files` are all that came, by hash.
    """

    id: str
    name: str
    private: bool = False
    archived: bool = False
    number: int = 0
    members: dict[str, Seat] = {}
    messages: list[Message] = []
    read: dict[str, int] = {}
    read_threads: dict[str, dict[str, int]] = {}
    came: dict[str, int] = {}
    files: dict[str, Kept] = {}

    def file(self, hash: str, agent: str) -> Kept | None:
        """A file that this member may have: some message has it, or they uploaded it for one to come."""
        kept = self.files.get(hash)
        if kept is None or kept.gone or not (kept.messages or kept.agent == agent):
            return None
        return kept

    def others(self, agent: str) -> dict[str, Seat]:
        """The seats of all members but this one, who is in longest first."""
        return {other: seat for other, seat in self.members.items() if other != agent}

    def message(self, id: str) -> Message | None:
        """A message that the room remembers."""
        return next((message for message in reversed(self.messages) if message.id == id), None)

    def unread(self, agent: str, thread: str | None = None) -> Unread:
        """What the agent has not read of the room outside its threads, or of one thread."""
        if thread is None:
            upto = self.read.get(agent, 0)
        else:
            upto = max(self.read_threads.get(agent, {}).get(thread, 0), self.came.get(agent, 0))
        first = bisect_right(self.messages, upto, key=lambda message: message.number)
        new = [m for m in self.messages[first:] if m.thread == thread and m.agent != agent and not m.deleted]
        return Unread(len(new), sum(agent in message.mentions for message in new))

    def threads(self) -> dict[str, int]:
        """The threads of the remembered messages, with how many replies each has."""
        counts: dict[str, int] = {}
        for message in self.messages:
            if message.thread is not None and not message.deleted:
                counts[message.thread] = counts.get(message.thread, 0) + 1
        return counts


Rooms = dict[str, Room]


def mentioned(text: str, members: Iterable[str]) -> tuple[str, ...]:
    """The members that a message names, each once and in order; `@all` names everybody."""
    known = set(members)
    found = dict.fromkeys(name for name in MENTION.findall(text) if name in known or name == "all")
    return tuple(sorted(known)) if "all" in found else tuple(found)


ENDINGS = {
    "image/png": "png", "image/jpeg": "jpg jpeg jfif", "image/gif": "gif", "image/webp": "webp",
    "audio/wav": "wav wave", "audio/mpeg": "mp3", "audio/ogg": "ogg oga opus ogv", "video/webm": "webm mkv mka weba",
    "video/mp4": "mp4 m4v m4a mov 3gp heic heif avif", "application/pdf": "pdf ai",
    "application/zip": "zip odt ods odp odg epub", "wordprocessingml.document": "docx dotx",
    "spreadsheetml.sheet": "xlsx xltx", "presentationml.presentation": "pptx potx ppsx",
    "text/plain": "txt csv tsv md log json jsonl yaml yml toml ini ics vcf sql srt vtt",
}  # fmt: skip
"""How names of files may end, by their media type or the end of it; the first is put to any other name."""


def file_name(name: str, type: str = "") -> str:
    """A name that is safe to save under: no folders, nothing unseen, no dot in front, at most 120 characters.

    It ends as a file of this media type may, so that what is saved is opened as what it is.
    """
    fitting = next((ends.split() for kind, ends in ENDINGS.items() if type.endswith(kind)), None)
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*')
    stem, dot, ending = " ".join(seen.split()).strip(". ").rpartition(".")
    if fitting and (ending.lower() not in fitting or not stem):
        stem, dot, ending = f"{stem}{dot}{ending}" or "file", ".", fitting[0]
    return f"{stem[: 119 - len(ending)]}{dot}{ending}"[:120] or "file"


def stored(rooms: Rooms) -> dict[str, int]:
    """The files that somebody may still have, each once, with their sizes."""
    return {hash: kept.size for room in rooms.values() for hash, kept in room.files.items() if not kept.gone}


def apply(rooms: Rooms, event: RoomEvent) -> None:
    """Take what happened in a room into the rooms."""
    if isinstance(event, events.RoomCreated) and event.room not in rooms:
        rooms[event.room] = Room(id=event.room, name=event.name, private=event.private)
    room = rooms.get(event.room)
    if room is not None:
        if not isinstance(event, events.RoomRead):
            room.number += 1
        _APPLY[type(event)](room, event)


def values(rooms: Rooms) -> dict[str, str]:
    """What the stream's claims must hold for these rooms, by key (see `collab.claims`)."""
    found = {room_key(room.id): ARCHIVED if room.archived else OPEN for room in rooms.values()}
    seats = {seat_key(room.id, agent): "1" for room in rooms.values() for agent in room.members}
    files = {file_key(room.id, hash): "1" for room in rooms.values() for hash in room.files}
    return found | seats | files


def _created(room: Room, event: events.RoomCreated) -> None:
    room.members = room.members | {event.agent: Seat.moderator}


def _renamed(room: Room, event: events.RoomRenamed) -> None:
    room.name = event.name


def _archived(room: Room, event: events.RoomArchived) -> None:
    room.archived = True


def _joined(room: Room, event: events.RoomJoined) -> None:
    if event.agent not in room.members:
        room.came[event.agent] = room.number
        room.read[event.agent] = room.number  # what was said before one came in is not unread
    room.members = room.members | {event.agent: event.seat}


def _left(room: Room, event: events.RoomLeft) -> None:
    room.members = {agent: seat for agent, seat in room.members.items() if agent != event.agent}


def _sent(room: Room, event: events.MessageSent) -> None:
    message = Message(number=room.number, id=event.id, agent=event.agent, thread=event.thread, mentions=event.mentions)
    room.messages.append(message)
    if len(room.messages) > KEPT:
        del room.messages[: len(room.messages) - KEPT]
    for file in event.files:
        kept = room.files.get(file.hash) or Kept(agent=event.agent, size=file.size, type=file.type)
        having = (*kept.messages, event.id)
        room.files[file.hash] = msgspec.structs.replace(kept, name=file.name, messages=having, sent=True)


def _uploaded(room: Room, event: events.FileUploaded) -> None:
    having = room.files[event.hash].messages if event.hash in room.files else ()
    room.files[event.hash] = Kept(
        agent=event.agent, size=event.size, type=event.type, messages=having, sent=bool(having)
    )


def _edited(room: Room, event: events.MessageEdited) -> None:
    _change(room, event.message, mentions=event.mentions)


def _deleted(room: Room, event: events.MessageDeleted) -> None:
    _change(room, event.message, deleted=True)
    for hash, kept in room.files.items():
        if event.message in kept.messages:
            left = tuple(message for message in kept.messages if message != event.message)
            room.files[hash] = msgspec.structs.replace(kept, messages=left)


def _reacted(room: Room, event: events.MessageReacted) -> None:
    """Reactions are for the eye: they have a number and count for nothing."""


def _read(room: Room, event: events.RoomRead) -> None:
    number = min(event.number, room.number)
    if event.thread is None:
        room.read[event.agent] = max(number, room.read.get(event.agent, 0))
    else:
        threads = room.read_threads.get(event.agent, {})
        # Of what was read before all that is remembered, all that is remembered is unread anyhow.
        first = room.messages[0].number if room.messages else 0
        still = {thread: upto for thread, upto in threads.items() if upto >= first}
        room.read_threads[event.agent] = still | {event.thread: max(number, threads.get(event.thread, 0))}


def _change(room: Room, id: str, **fields: Any) -> None:
    for place in range(len(room.messages) - 1, -1, -1):
        if room.messages[place].id == id:
            room.messages[place] = msgspec.structs.replace(room.messages[place], **fields)
            return


_APPLY: dict[type[RoomEvent], Callable[[Room, Any], None]] = {
    events.RoomCreated: _created,
    events.RoomRenamed: _renamed,
    events.RoomArchived: _archived,
    events.RoomJoined: _joined,
    events.RoomLeft: _left,
    events.MessageSent: _sent,
    events.MessageEdited: _edited,
    events.MessageDeleted: _deleted,
    events.MessageReacted: _reacted,
    events.FileUploaded: _uploaded,
    events.RoomRead: _read,
}
