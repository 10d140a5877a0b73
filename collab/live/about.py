"""What a server says of itself: how soon it answers, what it keeps when it ends, its time, and who has which right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from msgspec import Struct
from redis.exceptions import ResponseError

from collab.events import Unreadable
from collab.live.embedded import Embedded
from collab.live.entries import entries_of
from collab.live.partition import check_tenant, key_of
from collab.live.redis import Server, StreamUnreachable, server_at

ANSWERS_WITHIN_S = 3.0
"""How long a server may take to say all."""


TIMES = 3
"""So often it is asked; the fastest answer counts, as this machine may be busy meanwhile."""


class About(Struct, frozen=True, kw_only=True):
    """What a server says of itself and of one partition of the stream.

    `ms` is the time there and back, `ahead_s` by how much the server's clock is ahead of this machine's, `last` the
    place of the partition's newest event, and `unreadable` why the one that was asked for cannot be read. `held` are
    the rights, of those asked for, that somebody has now. `kept` says whether the server writes what happens to its
    disk as it happens (`appendonly`), and `fsync` when it makes sure; None and "" where it does not say. `failing` is
    what it could not write lately. `most_bytes` is 0 without a limit.
    """

    version: str
    ms: float
    ahead_s: float = 0.0
    last: int = 0
    unreadable: str = ""
    held: frozenset[str] = frozenset()
    kept: bool | None = None
    fsync: str = ""
    failing: tuple[str, ...] = ()
    used_bytes: int = 0
    most_bytes: int = 0
    policy: str = ""


async def about(url: str, tenant: str, rights: Sequence[str] = (), after: int | None = None) -> About:
    """Ask the server of a tenant, over connections that are closed again.

    Args:
        url: the stream's, as `open_stream` takes it.
        tenant: whose partition is looked at.
        rights: those of leases, as `Stream.lease` names them.
        after: the first entry after this place is read, if one is given.

    Raises:
        ValueError: the url or the tenant is malformed, or the url is one server's and it is a node of a cluster.
        StreamUnreachable: nobody answers in time; says where and what to do.
    """
    check_tenant(tenant)
    server = server_at(url, key_of(tenant))
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            with server.answering():
                return await _asked(server, key_of(tenant), rights, after)
    except TimeoutError as error:
        raise StreamUnreachable(
            f"the Redis at {server.url} did not answer in {ANSWERS_WITHIN_S:g} s; see that it runs, that this machine "
            "reaches it, and what it is busy with (redis-cli --latency, SLOWLOG GET)"
        ) from error
    finally:
        with suppress(OSError):
            await server.close()


async def _asked(server: Server, key: str, rights: Sequence[str], after: int | None) -> About:
    client = server.client
    await server.ping()  # the connection is made here, and not timed
    took, ahead = min([await _timed(client) for _ in range(TIMES)])
    held = frozenset([right for right in rights if await client.exists(f"{key}:@{right}")])
    last = int(await client.get(f"{key}:seq") or 0)
    unreadable = "" if after is None else await _unreadable(server, key, after)
    found: dict[str, Any] = {"ms": took * 1000, "last": last, "unreadable": unreadable, "held": held}
    if isinstance(server, Embedded):
        return About(version="", **found)
    return About(ahead_s=ahead, **found, **_said(await client.info()), fsync=await _fsync(client))


async def _unreadable(server: Server, key: str, after: int) -> str:
    """Why the first entry after this place cannot be read; "" if it can, or there is none."""
    try:
        entries_of(await server.between(f"{key}:events", after + 1, count=1))
    except Unreadable as error:
        return str(error)
    return ""


async def _timed(client: Any) -> tuple[float, float]:
    """Seconds there and back, and by how many the server's clock is ahead."""
    start = perf_counter()
    seconds, micros = await client.time()
    took = perf_counter() - start
    # Its clock was read about half-way between question and answer.
    return took, seconds + micros / 1e6 - (datetime.now(UTC).timestamp() - took / 2)


def _said(info: dict[str, Any]) -> dict[str, Any]:
    """What of `INFO` counts; a server that leaves something out, says nothing of it."""
    names = {"aof_last_write_status": "the append-only file", "rdb_last_bgsave_status": "the snapshot"}
    kept = info.get("aof_enabled")
    return {
        "version": str(info.get("redis_version", "")),
        "kept": None if kept is None else bool(kept),
        "failing": tuple(what for name, what in names.items() if info.get(name, "ok") != "ok"),
        "used_bytes": int(info.get("used_memory", 0)),
        "most_bytes": int(info.get("maxmemory", 0)),
        "policy": str(info.get("maxmemory_policy", "")),
    }


async def _fsync(client: Any) -> str:
    """When it makes sure that its disk has what it wrote; hosted servers do not always say."""
    try:
        found = await client.config_get("appendfsync")
    except ResponseError:
        return ""
    value = found.get("appendfsync") or found.get(b"appendfsync") or ""
    return value.decode() if isinstance(value, bytes) else str(value)
