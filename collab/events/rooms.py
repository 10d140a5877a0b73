"""What happens in rooms."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from collab.events.base import Event
from collab.records import Count, File, Hash, Key, Name, Seat, Text


class RoomEvent(Event, frozen=True):
    """The base of what happens in a room, by one of its members; each but a read has the room's next number."""

    room: Key
    agent: Key


class RoomCreated(RoomEvent, frozen=True, tag="room_created"):
    """A room was made; who made it is its first moderator. A private one is entered by invitation only."""

    name: Name
    private: bool = False


class RoomRenamed(RoomEvent, frozen=True, tag="room_renamed"):
    """A room got another name."""

    name: Name


class RoomArchived(RoomEvent, frozen=True, tag="room_archived"):
    """A room was closed: its members can read it, and nothing is added to it any more."""


class RoomJoined(RoomEvent, frozen=True, tag="room_joined"):
    """`agent` became a member of the room, or got another seat; `by` let them in."""

    by: Key
    seat: Seat = Seat.member


class RoomLeft(RoomEvent, frozen=True, tag="room_left"):
    """`agent` is no member any more; `by` is who ended it, themselves or a moderator."""

    by: Key


class MessageSent(RoomEvent, frozen=True, tag="message_sent"):
    """A member said something; the event's id is the message's. `thread` is the message that it answers.

    `files` were uploaded to the room before.
    """

    text: Text
    thread: Key | None = None
    mentions: tuple[Key, ...] = ()
    files: tuple[File, ...] = ()


class MessageEdited(RoomEvent, frozen=True, tag="message_edited"):
    """The author put other words into a message."""

    message: Key
    text: Text
    mentions: tuple[Key, ...] = ()


class MessageDeleted(RoomEvent, frozen=True, tag="message_deleted"):
    """The author or a moderator took a message back."""

    message: Key


class MessageReacted(RoomEvent, frozen=True, tag="message_reacted"):
    """A member put a reaction on a message (`on`), or took theirs away."""

    message: Key
    reaction: Annotated[str, Meta(min_length=1, max_length=32)]
    on: bool = True


class FileUploaded(RoomEvent, frozen=True, tag="file_uploaded"):
    """A member put a file where members of the room can get it once a message has it; until then only they can."""

    hash: Hash
    size: Count
    type: Annotated[str, Meta(min_length=1, max_length=100)]


class RoomRead(RoomEvent, frozen=True, tag="room_read"):
    """A member has read the room, or one of its threads, up to a number; it never goes back."""

    number: Count
    thread: Key | None = None
