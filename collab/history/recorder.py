"""Follows a stream and keeps what happens: at least every half second or 5,000 events, exactly once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Protocol

from deltalake.exceptions import DeltaError

from collab.events import Unreadable
from collab.history.belonging import Readable, check, continuation
from collab.history.fence import Fence
from collab.history.folder import Folder, NotAHistory
from collab.history.writer import Writer

logger = logging.getLogger(__name__)

SELDOM_S = 5.0
"""Seconds between two appends of what can be made anew."""


class Held(Protocol):
    """What the recorder needs of a lease, if several may record the stream."""

    fence: int
    name: str

    @property
    def held(self) -> bool:
        """Is it ours for sure?"""


class Recorder:
    """Keeps all events of a stream's partition in the history, tenant by tenant; one at a time.

    Attributes:
        recorded: the last place that is kept.
        trouble: what keeps it from going on just now (disk full, no Redis, an entry of a newer version), tried again.

    Args:
        url: the folder, or an object-store URL with `storage_options` as delta-rs names them.
        stream: what to record; any object with the `partition`, `read`, `last`, `first` and `trim` of a Stream.
        every_s: seconds between two appends when little happens.
        at_most: events of one append; of decisions with very many candidates fewer.
        snapshot_every: a snapshot of a tenant's team is kept after so many events, and on stop.
        keep: so many recorded events stay on the stream, for those who follow it.
        lease: decides which of several recorders of a shared stream may write; the fence is its number as it is now.
            Without one the lock of a local folder decides.
        compact_every: small files are merged, and left-over ones dropped after an hour, every so many appends.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        stream: Readable,
        *,
        every_s: float = 0.5,
        at_most: int = 5000,
        snapshot_every: int = 20_000,
        compact_every: int = 60,
        keep: int = 100_000,
        storage_options: Mapping[str, str] | None = None,
        lease: Held | None = None,
    ) -> None:
        self.every_s, self.at_most, self.keep = every_s, at_most, keep
        self.recorded = 0
        self.trouble: Exception | None = None
        self._level = monotonic()
        self._stream = stream
        self._writer = Writer(
            Folder(url, storage_options),
            stream.partition,
            snapshot_every=snapshot_every,
            compact_every=compact_every,
            fence=Fence(lease.fence, lease.name) if lease is not None else None,
        )
        self._lease = lease
        self._last_id: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._moved = asyncio.Condition()
        self._stopping = False
        self._trimmed = 0

    @property
    def fence(self) -> int:
        """The number of this recorder among those of a shared stream; 0 without a lease."""
        return self._writer.fence_number

    @property
    def ended(self) -> bool:
        """Has it ended, by `stop` or because the stream and the history differ?"""
        return self._ended()

    @property
    def url(self) -> str:
        """The folder or URL of the history."""
        return self._writer.folder.url

    @property
    def fault(self) -> BaseException | None:
        """Why nothing is recorded just now: the trouble, or what the recorder ended with; None if it works."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            return self._task.exception() or self.trouble
        return self.trouble

    @property
    def behind_s(self) -> float:
        """Seconds since all that was on the stream was recorded; about `every_s` at most if all is well."""
        return monotonic() - self._level

    def acquire(self) -> None:
        """Make sure that no other recorder writes here; `start` does it too.

        Raises:
            HistoryInUse: another recorder writes this history.
            NotAHistory, NewerHistory, HistoryUnwritable: it cannot be written.
        """
        self._writer.lock()

    async def start(self) -> None:
        """Open the history, check that it belongs to the stream, and begin to record.

        Raises:
            HistoryMismatch: the stream and the history are not of the same events.
            HistoryInUse, NotAHistory, NewerHistory, HistoryUnwritable: it cannot be written.
        """
        if self._task is not None:
            return
        try:
            await asyncio.to_thread(self._writer.open)
            self.recorded = self._writer.recorded
            self._last_id = await check(self._stream, self._writer)
        except BaseException:
            self._writer.close()
            raise
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="recorder")
        logger.info("recorder of partition %s writes %s after %s", self._stream.partition, self.url, self.recorded)

    async def run(self) -> None:
        """Start, and record until cancelled or until the stream and the history differ."""
        await self.start()
        assert self._task is not None
        try:
            await asyncio.shield(self._task)
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Record what is on the stream, keep a snapshot of every team, and let others write; twice is as once."""
        task, self._task = self._task, None
        self._stopping = True
        self._wake.set()
        try:
            if task is not None:
                await asyncio.wait([task])
                if task.exception() is None and self.trouble is None and self._may_write():
                    await asyncio.to_thread(self._writer.snapshot)
        finally:
            self._writer.close()
        logger.info("recorder of partition %s stopped after %s", self._stream.partition, self.recorded)

    async def __aenter__(self) -> Recorder:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    @contextlib.contextmanager
    def seldom(self) -> Iterator[None]:
        """Record less often meanwhile: for events that come by the thousand and can be made anew."""
        usual, self.every_s = self.every_s, SELDOM_S
        try:
            yield
        finally:
            self.every_s = usual
            self.wake()

    def wake(self) -> None:
        """Record now instead of at the end of `every_s`; call it in the recorder's loop."""
        self._wake.set()

    async def flush(self, seq: int | None = None) -> None:
        """Wait until the event at a place is recorded; without one, all that are on the stream now.

        Raises:
            HistoryMismatch: the recorder ended because the stream and the history differ.
            RuntimeError: it is not running.
        """
        wanted = await self._stream.last() if seq is None else seq
        self.wake()
        async with self._moved:
            await self._moved.wait_for(lambda: self.recorded >= wanted or self._ended())
        if self.recorded < wanted:
            if self._task is not None and self._task.done():
                self._task.result()
            raise RuntimeError(f"the recorder is not running; {wanted} was asked for and {self.recorded} is recorded")

    def _ended(self) -> bool:
        return self._task is None or self._task.done()

    def _may_write(self) -> bool:
        return self._lease is None or (self._lease.held and self._lease.fence == self._writer.fence_number)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                due, stopping = loop.time() + self.every_s, self._stopping
                more = await self._step()
                if stopping and not more:  # others may add more for ever
                    return
                if not more and not self._stopping:
                    await self._pause(due - loop.time())
        except Exception:
            logger.exception("the recorder of %s ended", self.url)
            raise
        finally:
            asyncio.get_running_loop().call_soon(self._announce)

    async def _step(self) -> bool:
        """Record one batch, and return whether more wait; trouble is kept and tried again."""
        try:
            if not isinstance(self.trouble, Unreadable | None):
                await asyncio.to_thread(self._writer.open)
                self.recorded = self._writer.recorded
                self._last_id = await check(self._stream, self._writer)
            entries, more = await continuation(self._stream, self.url, self.recorded, self._last_id, self.at_most)
            if not self._may_write():
                return False
            if entries:
                await asyncio.to_thread(self._writer.write, entries)
                self.recorded, self._last_id = self._writer.recorded, entries[-1].event.id
                await self._trim()
            elif (last := await self._stream.last()) < self.recorded:
                await check(self._stream, self._writer)
            elif last > self.recorded:
                await self._stream.read(self.recorded, 1)  # says why, if the next one cannot be read
        except (OSError, DeltaError, NotAHistory, Unreadable) as error:
            if self.trouble is None:
                logger.error("nothing can be recorded into %s, trying again: %s", self.url, error)
            self.trouble = error
            return False
        if self.trouble is not None:
            logger.info("recording into %s again", self.url)
            self.trouble = None
        if not more:
            self._level = monotonic()
        async with self._moved:
            self._moved.notify_all()
        return more

    async def _trim(self) -> None:
        before = self.recorded - self.keep + 1
        if before - self._trimmed > self.keep // 100:
            await self._stream.trim(before)
            self._trimmed = before

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    def _announce(self) -> None:
        """Tell those who wait in `flush` that the recorder ended."""
        self._announcing = asyncio.ensure_future(self._notify())

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()
