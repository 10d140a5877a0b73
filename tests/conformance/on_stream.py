"""Short ways to say what the conformance tests append and where."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from collab.claims import Claim, Put, claim
from collab.events import LeadArrived, PresenceChanged, new_id
from collab.live.stream import Stream, open_stream
from collab.records import Lead, Presence

Result = TypeVar("Result")
NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
PATIENCE_S = 20


def on(url: str, work: Callable[[Stream], Awaitable[Result]], tenant: str = "acme") -> Result:
    """The result of `work` on a stream in a loop of its own; nothing in it takes longer than PATIENCE_S."""

    async def run() -> Result:
        stream = open_stream(url, tenant)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await work(stream)
        finally:
            await stream.close()

    return asyncio.run(run())


def event(agent: str = "ann", id: str | None = None) -> PresenceChanged:
    return PresenceChanged(id=id or new_id(), time=NOW, agent=agent, presence=Presence.busy)


def put(key: str, value: str) -> Claim:
    return Claim(event(), (), (Put(key, value),))


def plain(count: int) -> list[Claim]:
    return [Claim(event(), (), ()) for _ in range(count)]


def arrived(lead: str) -> Claim:
    return claim(LeadArrived(id=new_id(), time=NOW, lead=Lead(id=lead, name="Mia")))


def beside(tenant: str) -> str:
    """Another tenant of the same partition."""
    names = (f"tenant-{number}" for number in range(1000))
    return next(name for name in names if (zlib.crc32(name.encode()) - zlib.crc32(tenant.encode())) % 16 == 0)
