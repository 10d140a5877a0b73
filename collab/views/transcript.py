"""What was said in a room, as far as it is loaded: messages with their edits, reactions and replies, from its events.

Stretches of a room's events may come in any order and twice: what counts is each event's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from collab.events import (
    AnyEvent,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSent,
)
from collab.records import File

MOST = 3_000
"""With so many messages, what is said on is not taken in: a page that is open for days would hold all of it."""


class Message(Struct, kw_only=True):
    """A message as it reads now.

    `edited` is the number of its newest edit. `reactions` are, by reaction and agent, the number of the newest change
    and whether it is on.
    """

    id: str
    number: int
    agent: str
    time: datetime
    text: str
    thread: str | None = None
    mentions: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    edited: int = 0
    deleted: bool = False
    reactions: dict[tuple[str, str], tuple[int, bool]] = {}

    def reacted(self) -> dict[str, list[str]]:
        """Who reacted, by reaction, the earliest first."""
        found: dict[str, list[str]] = {}
        for (reaction, agent), (_, on) in sorted(self.reactions.items(), key=lambda one: one[1][0]):
            if on:
                found.setdefault(reaction, []).append(agent)
        return found


class Transcript:
    """The messages of one stretch of a room.

    Attributes:
        first: the number that it begins with.
        last: the number that it ends with; less than `first` while it is empty.
        full: was something said on that is not taken in, as there are `MOST`?
        trimmed: was something let go, so that what became since of what was said before `first` is not known?
    """

    def __init__(self) -> None:
        self.first, self.last = 1, 0
        self.full = self.trimmed = False
        self.messages: dict[str, Message] = {}
        self._early: dict[str, list[tuple[int, AnyEvent]]] = {}

    def take(self, number: int, events: Iterable[AnyEvent]) -> set[str]:
        """Take in a stretch that begins with this number; returns the ids of the messages that read anew.

        One that does not touch what is there takes its place.
        """
        told = [*events]
        if not told:
            return set()
        if self.last < self.first or number > self.last + 1 or number + len(told) < self.first:
            self.__init__()  # type: ignore[misc]
            self.first, self.last = number, number - 1
        self.first, self.last = min(self.first, number), max(self.last, number + len(told) - 1)
        changed: set[str] = set()
        for place, event in enumerate(told):
            changed |= self.follow(number + place, event)
        return changed

    def hear(self, number: int, events: Sequence[AnyEvent]) -> set[str]:
        """Take in what happened just now; while older words are looked at, or there are `MOST`, what changes these."""
        goes_on = number <= self.last + 1
        if goes_on and len(self.messages) < MOST:
            return self.take(number, events)
        self.full |= goes_on
        return set().union(*(self.change(number + place, event) for place, event in enumerate(events)))

    def change(self, number: int, event: AnyEvent) -> set[str]:
        """Take in an event about a message that is loaded, or an answer to one."""
        about = getattr(event, "message", None), getattr(event, "thread", None)
        return self.follow(number, event) if any(one in self.messages for one in about) else set()

    def trim(self, most: int) -> None:
        """Let go of all but so many of the newest messages, and of what became of those that are not loaded."""
        kept = sorted(self.messages.values(), key=lambda message: message.number)[-most:]
        self.messages = {message.id: message for message in kept}
        self._early.clear()
        self.first, self.trimmed = kept[0].number if kept else self.last + 1, True

    def follow(self, number: int, event: AnyEvent) -> set[str]:
        """Take in what one event changes, wherever the stretch ends."""
        if isinstance(event, MessageSent):
            return self._said(number, event)
        if not isinstance(event, MessageEdited | MessageDeleted | MessageReacted):
            return set()
        message = self.messages.get(event.message)
        if message is None:
            self._early.setdefault(event.message, []).append((number, event))  # of one that may be loaded later
            return set()
        return {message.id} if _change(message, number, event) else set()

    def _said(self, number: int, event: MessageSent) -> set[str]:
        if event.id in self.messages:
            return set()
        names = ("id", "agent", "time", "text", "thread", "mentions", "files")
        fields: dict[str, Any] = {name: getattr(event, name) for name in names}
        message = self.messages[event.id] = Message(number=number, reactions={}, **fields)
        for at, early in self._early.pop(event.id, []):
            _change(message, at, early)
        return {event.id} | ({event.thread} & self.messages.keys() if event.thread else set())

    def lacks(self, number: int) -> str:
        """The first message of the thread of the answer with this number, if that is not loaded; else ""."""
        answered = (one.thread for one in self.messages.values() if one.number == number)
        return next((thread for thread in answered if thread and thread not in self.messages), "")

    def replies(self, message: str) -> int:
        """How many answers to a message are loaded."""
        return sum(one.thread == message and not one.deleted for one in self.messages.values())


def _change(message: Message, number: int, event: AnyEvent) -> bool:
    """Let an event change a message, unless a newer one did; False if it reads as before."""
    before = msgspec.structs.replace(message, reactions=dict(message.reactions))
    if isinstance(event, MessageDeleted):
        message.deleted, message.text, message.files = True, "", ()
    elif isinstance(event, MessageEdited) and number > message.edited and not message.deleted:
        message.edited, message.text, message.mentions = number, event.text, event.mentions
    elif isinstance(event, MessageReacted):
        key = event.reaction, event.agent
        if number > message.reactions.get(key, (0, False))[0]:
            message.reactions[key] = number, event.on
    return message != before
