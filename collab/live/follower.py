"""A team that keeps up with its stream: every entry is taken in once and in order, whoever appended it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from collab.claims import Claim
from collab.events import Entry
from collab.live.stream import Receipt, Stream
from collab.team import Team


class Follower:
    """Holds the tenant's team, appends claims to its stream and follows what others append.

    Args:
        stream: the tenant's stream.
        team: the team so far (of a history), if the stream does not reach back to its beginning.
    """

    def __init__(self, stream: Stream, team: Team | None = None) -> None:
        self.stream = stream
        self.team = team if team is not None else Team()
        self._following: asyncio.Task[None] | None = None
        self._committing = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self._subscribers: list[Callable[[list[Entry]], None]] = []

    async def start(self) -> None:
        """Take in what the stream holds and follow it from there; twice is as once."""
        if self._following is None:
            await self.catch_up()
            self._following = asyncio.create_task(self._follow(), name=f"follow {self.stream.tenant}")

    async def stop(self) -> None:
        """Stop following; twice is as once."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            self._following = None

    def subscribe(self, callback: Callable[[list[Entry]], None]) -> Callable[[], None]:
        """Call `callback` in this loop with the tenant's entries, each once and in order; returns the way out."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    async def commit(self, claims: Sequence[Claim]) -> Receipt:
        """Append the claims in one step; when it returns, the team has taken them in (or, refused, is up to date)."""
        self._committing += 1
        self._settled.clear()
        try:
            receipt = await self.stream.append(claims, after=self.team.seq)
            self._apply(receipt.missed)
        finally:
            self._committing -= 1
            if not self._committing:
                self._settled.set()
        if receipt.refused is not None or self.team.seq < receipt.seq:
            await self.catch_up()
        return receipt

    async def catch_up(self) -> None:
        """Take in all that is on the stream now."""
        while entries := await self.stream.read(self.team.seq):
            self._apply(entries)

    async def _follow(self) -> None:
        async for entries in self.stream.follow(self.team.seq, self._known):
            self._apply(entries)

    async def _known(self) -> int:
        """How far the team is, once the appends under way have brought it their own events."""
        await self._settled.wait()
        return self.team.seq

    def _apply(self, entries: Sequence[Entry]) -> None:
        fresh = [entry for entry in entries if self._take(entry)]
        if fresh:
            for subscriber in tuple(self._subscribers):
                subscriber(fresh)

    def _take(self, entry: Entry) -> bool:
        if entry.tenant == self.stream.tenant:
            return self.team.apply(entry)
        self.team.seq = max(self.team.seq, entry.seq)
        return False
