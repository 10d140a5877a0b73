"""What was said with keys of the senders, or last of a message, so that saying it again adds nothing (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from collab.chat import KEPT, Message, Room
from collab.claims import Claim, claim
from collab.events import Entry, MessageEdited, MessageReacted, MessageSent
from collab.records import Confirmation

DAY_S = 86_400
"""How long a key names the same message."""

MOST_LATELY = 20_000
"""So much of what was said of messages is known: of what is older one may say the same again."""


class Keyed:
    """The messages of one tenant's rooms by the senders' keys: those of today and of yesterday.

    The day is part of a message's id: a key that is used again after days names another message, not the same twice.
    """

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._lately: dict[str, _Lately] = {}

    def id(self, room: str, agent: str, key: str, day: date) -> str:
        """The id of the message that an agent names by a key on a day: the same each time, and nobody else's."""
        parts = "\0".join((self._tenant, room, agent, key, day.isoformat()))
        return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()

    def before(self, room: Room, agent: str, key: str | None, now: datetime) -> Confirmation | None:
        """The confirmation of what the agent said with this key, if it is among what the room remembers."""
        if key is None:
            return None
        lately = self._lately.setdefault(room.id, _Lately())
        for day in (now.date(), now.date() - timedelta(days=1)):
            if (found := lately.find(room, self.id(room.id, agent, key, day))) is not None:
                return Confirmation(room.id, found.id, found.number, now, True)
        return None


def claimed(event: MessageSent, key: str | None) -> Claim:
    """The claim of a message; one with a key is remembered as long as that names it."""
    return claim(event) if key is None else replace(claim(event), remembered_s=DAY_S)


class Words:
    """What messages say and who reacted, as it came last; of the words a digest, so that nothing taken back is kept."""

    def __init__(self) -> None:
        self._last: dict[Hashable, object] = {}

    def take(self, entries: Sequence[Entry]) -> None:
        """Take in what happened."""
        for entry in entries:
            event = entry.event
            if isinstance(event, MessageSent):
                self._put(event.id, _digest(event.text))
            elif isinstance(event, MessageEdited):
                self._put(event.message, _digest(event.text))
            elif isinstance(event, MessageReacted):
                self._put((event.message, event.agent, event.reaction), event.on)

    def says(self, message: str, text: str) -> bool:
        """Does a message say this, as far as is known?"""
        return self._last.get(message) == _digest(text)

    def reacted(self, message: str, agent: str, reaction: str, on: bool) -> bool:
        """Did an agent put this reaction on a message last, or take it away, as far as is known?"""
        return self._last.get((message, agent, reaction)) is on

    def _put(self, key: Hashable, value: object) -> None:
        self._last.pop(key, None)
        self._last[key] = value
        if len(self._last) > MOST_LATELY:
            del self._last[next(iter(self._last))]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class _Lately:
    """The ids of what a room remembers, for a quick look; it follows the room as that goes on."""

    __slots__ = ("_ids", "_number")

    def __init__(self) -> None:
        self._number, self._ids = 0, set[str]()

    def find(self, room: Room, id: str) -> Message | None:
        if self._number > room.number or len(self._ids) > 4 * KEPT:
            self._number, self._ids = 0, set()
        for message in reversed(room.messages):
            if message.number <= self._number:
                break
            self._ids.add(message.id)
        self._number = room.number
        return room.message(id) if id in self._ids else None
