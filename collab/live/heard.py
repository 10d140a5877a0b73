"""What a member in Python hears from a gateway, how it is refused, and what waits until it is read."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime

from msgspec import Struct

from collab import protocol as p
from collab.events import AnyEvent
from collab.records import File

MOST_WAITING = 10_000
"""So much of what is heard waits until it is read; then the oldest is let go."""


class Denied(PermissionError):
    """The gateway does not let this token in; the message says why."""


class CutOff(ConnectionError):
    """The connection was lost before the answer, and it is not known whether it was done; look, then ask again."""


class InRoom(Struct, frozen=True):
    """What happened in a room, at its number; each number comes once, in order."""

    room: str
    number: int
    event: AnyEvent


class Trimmed(Struct, frozen=True):
    """What happened in a room up to this number is not kept any more: what one has of it may have gaps."""

    room: str
    number: int


class Missed(Struct, frozen=True):
    """So many frames about agents, leads and typing were let go, because nobody read for too long.

    Who watches asks for `team` then.
    """

    count: int


class Hit(Struct, frozen=True):
    """A message that was looked for and found, with its files, at its number in its room.

    `thread` is the message that it answers.
    """

    message: str
    room: str
    number: int
    agent: str
    text: str
    time: datetime
    thread: str | None = None
    files: tuple[File, ...] = ()


Heard = InRoom | Trimmed | Missed | p.Types | p.Changed | p.TeamNow


class Waiting:
    """What was heard and not read yet, bounded: of too much the oldest goes, and whoever reads is told first."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._heard: deque[Heard] = deque()
        self._trimmed: dict[str, int] = {}
        self._missed = 0
        self._ended = False
        self._more = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heard)

    def begin(self) -> None:
        """More may come again; in the loop that runs."""
        self._ended, self._more = False, asyncio.Event()

    def put(self, heard: Heard) -> None:
        """Keep this until it is read."""
        self._heard.append(heard)
        if len(self._heard) > self._most:
            self._let_go(self._heard.popleft())
        self._more.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._more.set()

    async def next(self) -> Heard | None:
        """The next of it; waits for it; None if nothing more comes."""
        while True:
            if self._trimmed:
                return Trimmed(*self._trimmed.popitem())
            if self._missed:
                count, self._missed = self._missed, 0
                return Missed(count)
            if self._heard:
                return self._heard.popleft()
            if self._ended:
                return None
            self._more.clear()
            await self._more.wait()

    def _let_go(self, heard: Heard) -> None:
        if isinstance(heard, InRoom | Trimmed):
            self._trimmed[heard.room] = heard.number
        else:
            self._missed += 1
