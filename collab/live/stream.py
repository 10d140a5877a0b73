"""The stream: where every event gets its place, once, or is refused because it came too late.

Tenants share a fixed number of partitions. Each is one Redis stream whose entries are numbered 1, 2, 3, … without a
gap, with the small values beside it that guards look at (see `collab.claims`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any

from msgspec import Struct

from collab.claims import CLOSED, CLOSED_FOR_S, Claim, Guard
from collab.events import Entry
from collab.live.batch import MARK, MOST, Batch
from collab.live.entries import LARGE, entries_of, seq_of, size_of
from collab.live.lease import RIGHT_TO_RECORD, Lease
from collab.live.partition import check_tenant, key_of, partition_of
from collab.live.redis import Server, StreamUnreachable, server_at
from collab.live.words import Said, Words, left
from collab.presence import Device

__all__ = ["Receipt", "Said", "Stream", "StreamUnreachable", "open_partition", "open_stream"]

logger = logging.getLogger(__name__)

LONGEST_PAUSE_S = 2.0
"""The longest pause before a follower that lost its server tries again."""


class Receipt(Struct, frozen=True):
    """What became of an append.

    `seq` is the place of its last event; if `duplicate`, where its events were appended before, be it by a call whose
    reply was lost; 0 if refused. `refused` is the guard that did not hold and `actual` what was found at its key.
    `missed` are our own entries, and before them, if they were asked for, those after what was seen, in order; at most
    1,000, so a long absence is made up for with `read`.
    """

    seq: int = 0
    duplicate: bool = False
    refused: Guard | None = None
    actual: str | None = None
    missed: list[Entry] = []


def open_stream(url: str, tenant: str) -> Stream:
    """The tenant's stream at `embedded://[name]`, `redis://…`, `rediss://…`, `unix://…`, or where a master may change.

    That is `redis+cluster://host:port,…` and `redis+sentinel://host:port,…/service`, `rediss+…` over TLS; with
    `?wait=N` an append is answered when N replicas have it. It connects at the first call.

    A stream belongs to the event loop it is first used in; `embedded://` streams of one name share their data
    throughout the process.

    Raises:
        ValueError: the url or the tenant is malformed.
    """
    check_tenant(tenant)
    return Stream(server_at(url, key_of(tenant)), tenant)


class Stream:
    """One tenant's place on the stream of its partition. Every call but `follow` raises StreamUnreachable."""

    def __init__(self, server: Server, tenant: str) -> None:
        self.tenant = tenant
        self.partition = partition_of(tenant)
        self._server = server
        self._key = key_of(tenant)
        self._closed, self._words = False, Words()

    @property
    def soon(self) -> bool:
        """Is there `append_soon` here?"""
        return self._server.soon

    async def append(self, claims: Sequence[Claim], *, seen: int = 0, missed: bool = False) -> Receipt:
        """Append the events in one step, all or none; the guards of each see the effects of those before it.

        Args:
            seen: up to which place the caller has the stream: one that has become empty since takes nothing, until it
                is restored.
            missed: bring what is after that place.

        Raises:
            ValueError: no claims, one event twice, or an event that could not be read again; names the field.
        """
        batch = Batch(claims, self.tenant, seen, self._server.own, MOST if missed else 0)
        with self._server.answering():
            reply = await self._server.run("append", self._keys(batch), batch.args)
        return self._receipt(claims, batch, reply)

    def append_soon(
        self, claims: Sequence[Claim], *, seen: int, missed: bool, done: Callable[[Receipt | Exception], None]
    ) -> None:
        """Append as `append` does without waiting, `done` being called with what came of it; only where `soon`."""

        def answered(reply: Any) -> None:
            came: Receipt | Exception
            try:
                came = self._server.told(reply) if isinstance(reply, Exception) else self._receipt(claims, batch, reply)
            except Exception as error:  # who waits must hear of it, whatever it is
                came = error
            done(came)

        batch = Batch(claims, self.tenant, seen, self._server.own, MOST if missed else 0)
        self._server.run_soon("append", self._keys(batch), batch.args, answered)

    def _keys(self, batch: Batch) -> list[str]:
        return [f"{self._key}:{key}" for key in batch.keys]

    def _receipt(self, claims: Sequence[Claim], batch: Batch, reply: Any) -> Receipt:
        if reply[0] == 3:
            raise StreamUnreachable(
                f"the stream at {self._server.url} is empty, and had events before; who records it sets it to the end "
                "of the history within seconds; if it stays so, start `collab recorder`; gateways and `collab serve` "
                "begin anew, restart any other process"
            )
        rows = entries_of(reply[-1], whole=True)
        if reply[0] == 0:
            guard = claims[reply[1]].guards[reply[2]]
            return Receipt(refused=guard, actual=_text(reply[3]), missed=rows)
        if reply[0] == 2:
            return Receipt(seq=reply[1], duplicate=True, missed=rows)
        self._server.appended(self._events, reply[1])
        first = reply[1] - len(claims) + 1
        rows += [Entry(seq, self.tenant, event) for seq, event in enumerate(batch.events, first)]
        return Receipt(seq=reply[1], missed=rows[:MOST])

    async def read(self, after: int, count: int = MOST) -> list[Entry]:
        """Entries after this place, of all tenants of the partition; never waits.

        A first entry that is not `after + 1` says that those between were trimmed: they are in the history. Before one
        that is Unreadable they end; it is raised if it is the first.
        """
        with self._server.answering():
            rows = await self._server.between(self._events, after + 1, count=count)
        return await asyncio.to_thread(entries_of, rows) if size_of(rows) > LARGE else entries_of(rows)

    async def follow(self, after: int, upto: Callable[[], int] = lambda: 0) -> AsyncIterator[list[Entry]]:
        """Entries after this place as they come, never an empty list, until the stream is closed.

        Those up to the place `upto()`, which the caller has from its own appends, are left out and not decoded. A lost
        server is logged once and tried again and again; nothing is skipped and nothing comes twice.
        """
        pause = 0.0
        while not self._closed:
            try:
                after = max(after, upto())
                with self._server.answering():
                    rows = await self._server.more(self._events, after, MOST, upto)
            except StreamUnreachable as error:
                if not pause:
                    logger.warning("the stream is lost, trying again: %s", error)
                pause = min(max(2 * pause, 0.05), LONGEST_PAUSE_S)
                await asyncio.sleep(pause)
                continue
            if pause:
                logger.info("the stream at %s is back", self._server.url)
                pause = 0.0
            if rows:
                await asyncio.sleep(0)  # the reply to our own append, which has the same entries, may just be coming
                has = upto()
                entries = entries_of([row for row in rows if seq_of(row) > has])
                after = entries[-1].seq if entries else seq_of(rows[-1])
                if entries:
                    yield entries

    async def entry(self, seq: int) -> Entry | None:
        """The entry at this place, or None if there is none yet or it was trimmed."""
        with self._server.answering():
            rows = await self._server.between(self._events, seq, seq)
        return entries_of(rows)[0] if rows else None

    async def last(self) -> int:
        """The place of the newest entry; 0 when nothing was ever appended."""
        with self._server.answering():
            return int(await self._server.call("GET", f"{self._key}:seq") or 0)

    async def first(self) -> int:
        """The first place still kept; the next one, if none is."""
        with self._server.answering():
            rows = await self._server.between(self._events, 0, count=1)
        return seq_of(rows[0]) if rows else await self.last() + 1

    async def values(self, keys: Sequence[str]) -> list[str | None]:
        """What the tenant's values are, None for one that is not there."""
        if not keys:
            return []
        with self._server.answering():
            return [_text(value) for value in await self._server.call("MGET", *map(self._value, keys))]

    async def restore(self, last: int, values: Mapping[str, str]) -> bool:
        """After a lost or new stream, go on after `last` with these values of the tenant, in one step.

        Args:
            last: the place of the tenant's last event in the history; the next append has at least the one after it.
            values: all that the tenant's guards look at; what the stream holds besides is removed.

        Returns:
            False, and nothing is done, if the stream knows the tenant's events up to `last` already.
        """
        kept = [(self._value(key), value, CLOSED_FOR_S if value == CLOSED else 0) for key, value in values.items()]
        args = [field for _, value, seconds in kept for field in (value, seconds)]
        wanted = {key for key, _, _ in kept}
        mark = self._value(MARK)
        with self._server.answering():
            while True:
                seen = int(await self._server.call("GET", mark) or 0)
                stale = [key for key in await self._held() if key not in wanted] if 0 < seen < last else []
                keys = [f"{self._key}:seq", mark, *(key for key, _, _ in kept), *stale]
                done = await self._server.run("restore", keys, [last, seen, len(kept), *args])
                if done >= 0:
                    return bool(done)

    async def devices(
        self, renewed: Mapping[tuple[str, str], Said], lasts_s: float
    ) -> tuple[datetime, dict[str, list[Device]]]:
        """Renew devices, by agent and name; and tell the server's time and which of all are left, by agent.

        A device that is not renewed for so many seconds of the server's time is forgotten. One that is renewed over two
        streams is there twice, each with what was said there; what it newly says is over is over at both.
        """
        with self._server.answering():
            words = self._words.args(renewed, lasts_s)
            reply = await self._server.run("devices", [self._value(_DEVICES)], words)
        self._words.told(renewed)
        return left(reply)

    async def trim(self, before: int) -> None:
        """Drop the entries before this place."""
        with self._server.answering():
            await self._server.call("XTRIM", self._events, "MINID", f"{before}-0")

    def lease(self, lasts_s: float, right: str = RIGHT_TO_RECORD) -> Lease:
        """The right to record the partition, or another one, which one process has at a time; it is not taken yet."""
        return Lease(self._server, f"{self._key}:@{right}", lasts_s)

    def of(self, tenant: str) -> Stream:
        """Another tenant's place on the same stream, over the same connections."""
        return Stream(self._server, tenant)

    async def ping(self) -> float:
        """Milliseconds to the server and back.

        Raises:
            StreamUnreachable: nobody answers; says where and what to do.
            ValueError: it is a node of a cluster, at an address of one server.
        """
        start = perf_counter()
        with self._server.answering():
            await self._server.ping()
        return (perf_counter() - start) * 1000

    async def close(self) -> None:
        """Close the connections and end those who follow; twice is as once."""
        self._closed = True
        await self._server.close()

    @property
    def _events(self) -> str:
        return f"{self._key}:events"

    def _value(self, key: str) -> str:
        return f"{self._key}:{self.tenant}:{key}"

    async def _held(self) -> list[str]:
        mark = self._value(MARK)
        found = self._server.client.scan_iter(match=f"{self._value('')}*", count=1000)
        return [key.decode() async for key in found if key.decode() not in (mark, self._value(_DEVICES))]


_DEVICES = "@devices"
"""The tenant's key that holds the devices of its agents."""


def open_partition(url: str, number: int) -> Stream:
    """The stream of a partition, for who records all tenants on it.

    Raises:
        ValueError: the url is malformed.
    """
    return open_stream(url, next(name for name in map(str, range(1000)) if partition_of(name) == number))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
