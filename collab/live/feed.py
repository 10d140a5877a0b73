"""A feed: new entries of one stream as Redis tells them, without asking for each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from typing import Any

from collab.live.pipe import Pipe

MOST_KEPT = 20_000
"""So many entries may wait until they are taken; with more, the rest is read from the stream."""


class Feed:
    """Listens on the channel of one stream, on a connection of its own.

    What it missed, before it listened or through a lost connection, is noticed by the numbers and read from the stream,
    and so is, every `look_s`, what it might have missed without a sign.

    Args:
        address: of the server, as Pipe takes it.
        key: the stream; `append.lua` tells on the channel `{key}:news`.
        reply_s: the longest silence while a reply is awaited.
        look_s: how long it is waited until the stream is looked at.
        read: gives entries of the stream after a place, so many at most.
    """

    def __init__(
        self,
        address: Mapping[str, Any],
        key: str,
        reply_s: float,
        look_s: float,
        read: Callable[[int, int], Awaitable[list[Any]]],
    ) -> None:
        self.listening = 0
        self._look_s, self._read = look_s, read
        self._rows: deque[tuple[int, list[Any]]] = deque(maxlen=MOST_KEPT)
        self._came = asyncio.Event()
        self._pipe = Pipe(address, reply_s, [("SUBSCRIBE", f"{key}:news")], self._heard, self._silent)

    async def more(self, after: int, count: int) -> list[Any]:
        """Entries after a place in order, as XRANGE gives them; waits for the first, `look_s` at most."""
        if not self.listening:
            await self._pipe.call("PING")
            self.listening = 1
            return await self._read(after, count)
        if rows := self._take(after, count):
            return rows
        if not self._rows:
            await self._wait()
            if rows := self._take(after, count):
                return rows
        rows = await self._read(after, count)
        if not rows:
            self._rows.clear()  # what came after a gap belongs to a stream that is no more
        return rows

    async def close(self) -> None:
        """Listen no more; twice is as once."""
        await self._pipe.close()

    async def _wait(self) -> None:
        """Wait until something comes; a link over which nothing does is asked whether it lives."""
        self._came.clear()
        try:
            async with asyncio.timeout(self._look_s):
                await self._came.wait()
        except TimeoutError:
            self._pipe.ask(("PING",), lambda reply: None)  # unanswered, the pipe gives the connection up

    def _take(self, after: int, count: int) -> list[Any]:
        """The entries that came, if they begin with the one after the place."""
        while self._rows and self._rows[0][0] <= after:
            self._rows.popleft()
        if not self._rows or self._rows[0][0] != after + 1:
            return []
        last = after
        rows = []
        for seq, row in islice(self._rows, count):
            if seq != last + 1:
                break
            rows.append(row)
            last = seq
        return rows

    def _heard(self, told: bytes) -> None:
        place, tenant, data = told.split(b"\n", 2)
        self._rows.append((int(place), [place + b"-0", [b"t", tenant, b"d", data]]))
        self._came.set()

    def _silent(self) -> None:
        self.listening = 0
        self._came.set()
