"""The guards and effects of what happens in rooms: the room is open, and who acts has a seat in it."""

from __future__ import annotations

from msgspec.structs import replace

from collab.claims.guards import REMEMBERED_S, Absent, Claim, Equals, Put, Remove
from collab.claims.keys import ARCHIVED, OPEN, deleted_key, file_key, room_key, seat_key
from collab.claims.rules import Rules, claim, rules
from collab.events import (
    FileUploaded,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSent,
    RoomArchived,
    RoomCreated,
    RoomEvent,
    RoomJoined,
    RoomLeft,
    RoomRead,
    RoomRenamed,
)


def entering(event: RoomJoined) -> Claim:
    """The claim of who comes in by themselves: refused, by the key of their seat, if they are in already."""
    one = claim(event)
    return replace(one, guards=(*one.guards, Absent(seat_key(event.room, event.agent))))


def _open(room: str) -> Equals:
    return Equals(room_key(room), OPEN)


def _seated(event: RoomEvent) -> Equals:
    return Equals(seat_key(event.room, event.agent), "1")


@rules.register
def _(event: RoomCreated) -> Rules:
    key = room_key(event.room)
    return [Absent(key)], [Put(key, OPEN), Put(seat_key(event.room, event.agent), "1")]


@rules.register
def _(event: RoomArchived) -> Rules:
    return [_open(event.room)], [Put(room_key(event.room), ARCHIVED)]


@rules.register
def _(event: RoomJoined) -> Rules:
    return [_open(event.room)], [Put(seat_key(event.room, event.agent), "1")]


@rules.register
def _(event: RoomLeft) -> Rules:
    return [_seated(event)], [Remove(seat_key(event.room, event.agent))]


@rules.register
def _(event: RoomRenamed) -> Rules:
    return [_open(event.room)], []


@rules.register
def _(event: MessageSent) -> Rules:
    files = [Equals(file_key(event.room, file.hash), "1") for file in event.files]
    return [_open(event.room), _seated(event), *files], []


@rules.register
def _(event: FileUploaded) -> Rules:
    return [_open(event.room), _seated(event)], [Put(file_key(event.room, event.hash), "1")]


@rules.register
def _(event: MessageDeleted) -> Rules:
    return [_open(event.room), _seated(event)], [Put(deleted_key(event.message), "1", REMEMBERED_S)]


@rules.register(MessageEdited)
@rules.register(MessageReacted)
def _(event: MessageEdited | MessageReacted) -> Rules:
    return [_open(event.room), _seated(event), Absent(deleted_key(event.message))], []


@rules.register
def _(event: RoomRead) -> Rules:
    return [_seated(event)], []
