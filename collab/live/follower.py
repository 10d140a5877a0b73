"""A team that keeps up with its stream: every entry is taken in once and in order, whoever appended it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from collab.claims import Claim
from collab.events import Entry
from collab.live.stream import LONGEST_PAUSE_S, Receipt, Stream, StreamUnreachable
from collab.live.subscribers import Subscribers
from collab.live.trouble import told_once
from collab.team import Team

logger = logging.getLogger(__name__)

SOON_S = 0.05
"""How long a commit waits for what others did before it to come by itself, until it asks for it."""

ENDING_S = 10.0
"""How long a follower that closes waits for commits under way; whoever sent one that takes longer is not told of it."""

LOOKS = 5
"""So often in a row the stream must be found too short: who records restores one that was lost within seconds."""

CLOSED = "this process is stopping, and nothing was done; ask again in a moment"


class Follower:
    """Holds the tenant's team, appends claims to its stream and follows what others append.

    Args:
        stream: the tenant's stream.
        team: the team so far (of a history), if the stream does not reach back to its beginning.

    Attributes:
        trouble: why nothing that others append is taken in; "" while it is.
        lost: what the stream lost that the team holds; "" if nothing is known of it.
    """

    def __init__(self, stream: Stream, team: Team | None = None) -> None:
        self.stream = stream
        self.team = team if team is not None else Team()
        self._following: asyncio.Task[None] | None = None
        self._committing = 0
        self._closed = False
        self._last_ended: asyncio.Future[None] | None = None
        self._ahead: dict[int, Entry] = {}
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._subscribers = Subscribers()
        self.trouble = self.lost = ""
        self._short = 0

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

    async def close(self) -> None:
        """Refuse further commits, wait for those under way, and stop; what is recorded then holds all that was told."""
        self._closed = True
        if self._committing:
            self._last_ended = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._last_ended,), timeout=ENDING_S)
        await self.stop()

    def subscribe(self, callback: Callable[[list[Entry]], None]) -> Callable[[], None]:
        """Call `callback` in this loop with the tenant's entries, each once and in order; returns the way out."""
        return self._subscribers.add(callback)

    async def commit(self, claims: Sequence[Claim]) -> Receipt:
        """Append the claims in one step; when it returns, the team has taken them in (or, refused, is up to date).

        Of several commits at once, those called first are first on the stream.

        Raises:
            StreamUnreachable: the stream does not answer, or the follower was closed.
        """
        if self._closed:
            raise StreamUnreachable(CLOSED)
        seen, missed = self.team.seq, self._begin()
        try:
            receipt = await self.stream.append(claims, seen=seen, missed=missed)
        finally:
            self._end()
        if 0 < receipt.seq <= seen and not receipt.duplicate:
            self._lose(receipt.seq)
        self._take_own(receipt, missed)
        if self._behind(receipt):
            await self._reached(receipt.seq)
        if receipt.refused is not None or self.team.seq < receipt.seq:
            await self.catch_up()
        return receipt

    def commit_soon(self, claims: Sequence[Claim], done: Callable[[Receipt | Exception], None]) -> None:
        """Commit as `commit` does without waiting, `done` being called in the end; only where the stream has `soon`."""

        def answered(receipt: Receipt | Exception) -> None:
            self._end()
            if isinstance(receipt, Exception):
                done(receipt)
                return
            self._take_own(receipt, missed)
            if self.team.seq < receipt.seq or receipt.refused is not None:
                self._late.add(late := asyncio.get_running_loop().create_task(self._settle(receipt, done)))
                late.add_done_callback(self._late.discard)
            else:
                done(receipt)

        if self._closed:
            done(StreamUnreachable(CLOSED))
            return
        missed = self._begin()
        self.stream.append_soon(claims, seen=self.team.seq, missed=missed, done=answered)

    async def _settle(self, receipt: Receipt, done: Callable[[Receipt | Exception], None]) -> None:
        try:
            if self._behind(receipt):
                await self._reached(receipt.seq)
            if receipt.refused is not None or self.team.seq < receipt.seq:
                await self.catch_up()
        except Exception as error:  # who waits must hear of it, whatever it is
            done(error)
        else:
            done(receipt)

    def _begin(self) -> bool:
        """Count a commit, and say whether its reply brings what others appended: else a commit before it will."""
        self._committing += 1
        return self._committing == 1

    def _end(self) -> None:
        self._committing -= 1
        if not self._committing and self._last_ended is not None and not self._last_ended.done():
            self._last_ended.set_result(None)

    def _take_own(self, receipt: Receipt, missed: bool) -> None:
        if not missed:
            self._ahead.update((entry.seq, entry) for entry in receipt.missed if entry.seq > self.team.seq)
            self._apply(())
        else:
            self._apply(receipt.missed)

    def _behind(self, receipt: Receipt) -> bool:
        return self.team.seq < receipt.seq and not receipt.duplicate

    async def catch_up(self) -> None:
        """Take in all that is on the stream now."""
        while entries := await self.stream.read(self.team.seq):
            self._apply(entries)

    async def look(self) -> None:
        """See if the stream still has all that the team has taken in; `lost` says so if it has not."""
        seq = self.team.seq
        last = await self.stream.last()
        self._short = self._short + 1 if last < seq else 0
        if self._short == LOOKS:
            self._lose(last)

    def _lose(self, last: int) -> None:
        self.lost = (
            f"the stream ends at {last}, and events up to {self.team.seq} that are gone are in the team of "
            f"{self.stream.tenant} here"
        )

    async def still(self, so: Callable[[], bool]) -> bool:
        """Is something so, and still when others' newest is taken in?"""
        if so():
            await self.catch_up()
        return so()

    async def _follow(self) -> None:
        """Follow until the stream is closed; what cannot be taken in is told and tried again, never passed over."""
        while True:
            try:
                async for entries in self.stream.follow(self.team.seq, lambda: self.team.seq):
                    self._apply(entries)
                    self.trouble = ""
                return
            except Exception as error:
                said = "%s does not follow its stream any more, trying again"
                self.trouble = told_once(logger, self.trouble, error, said, self.stream.tenant)
            await asyncio.sleep(LONGEST_PAUSE_S)

    async def _reached(self, seq: int) -> None:
        """Wait a moment until what others appended before this place has come; it is on its way."""
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[reached] = seq
        await asyncio.wait((reached,), timeout=SOON_S)
        self._waiting.pop(reached, None)

    def _apply(self, entries: Sequence[Entry]) -> None:
        """Take entries in, and in their places those of our own that were ahead of what others did."""
        if self._ahead and entries:
            between = [self._ahead.pop(seq) for seq in [*self._ahead] if seq < entries[-1].seq]
            entries = sorted([*entries, *between], key=lambda entry: entry.seq)
        fresh = [entry for entry in entries if self._take(entry)]
        while (own := self._ahead.pop(self.team.seq + 1, None)) is not None:
            if self._take(own):
                fresh.append(own)
        for reached, seq in self._waiting.items():
            if seq <= self.team.seq and not reached.done():
                reached.set_result(None)
        if fresh:
            self._subscribers.tell(fresh)

    def _take(self, entry: Entry) -> bool:
        if entry.tenant == self.stream.tenant:
            return self.team.apply(entry)
        self.team.seq = max(self.team.seq, entry.seq)
        return False
