"""The server embedded in this process, for who names no Redis: fakeredis, with the scripts as functions."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from time import monotonic
from typing import Any

from fakeredis import FakeServer, FakeStrictRedis
from fakeredis.aioredis import FakeAsyncRedisConnection

from collab.live.bell import Bell
from collab.live.redis import BLOCK_S, SCRIPTS, Server, _client

SWEEP_S = 60.0
"""How often values are dropped whose time is over: this server drops one only when it is looked at."""

_ADDRESS = re.compile(r"embedded://([\w.-]*)/?")


def embedded_at(url: str) -> Embedded:
    """A client of the server of this name.

    Raises:
        ValueError: the name is malformed.
    """
    name = _ADDRESS.fullmatch(url)
    if name is None:
        raise ValueError(f"the stream's url is {url!r}; after embedded:// comes a name of letters, digits, . _ -")
    return Embedded.named(name[1])


class Embedded(Server):
    """A client of a server that lives in this process, shared by all who open the same name."""

    own, soon = "", False

    _servers: dict[str, tuple[FakeServer, Bell]] = {}
    _opening = threading.Lock()

    def __init__(self, name: str, server: FakeServer, bell: Bell) -> None:
        self.url = f"embedded://{name}"
        self._bell, self._swept = bell, monotonic()
        self.client = _client({"connection_class": FakeAsyncRedisConnection, "server": server}, None)

    @classmethod
    def named(cls, name: str) -> Embedded:
        """A client of the server of this name, which is made at the first call."""
        with cls._opening:
            if name not in cls._servers:
                cls._servers[name] = _embedded_server(), Bell()
            return cls(name, *cls._servers[name])

    async def ping(self) -> None:
        """Return when it answers."""
        await self.client.ping()

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """The reply of a script. As a function it is compiled once; EVALSHA would compile it here at each call."""
        reply = await self.client.fcall(script, len(keys), *keys, *args)
        if monotonic() - self._swept >= SWEEP_S:
            self._swept = monotonic()
            await self.client.dbsize()  # looks at all
        await asyncio.sleep(0)  # nothing here waits for a socket: let the recorder and the followers have their turn
        return reply

    async def between(self, key: str, first: int, last: int | None = None, count: int = -1) -> list[Any]:
        """Entries of the stream `key` from a place to another, so many at most; never waits."""
        end = "+" if last is None else f"{last}-0"
        found: list[Any] = await self.client.xrange(key, f"{first}-0", end, count if count >= 0 else None)
        return found

    async def more(self, key: str, after: int, count: int, upto: Callable[[], int]) -> list[Any]:
        """As of a server, without XREAD BLOCK: there, every write wakes it and a closed loop would break writers."""
        with self._bell.heard() as rung:
            found = await self.between(key, after + 1, count=count) if self._bell.rang(key, after) else []
            if not found:
                try:
                    async with asyncio.timeout(BLOCK_S):
                        await rung.wait()
                except TimeoutError:  # somebody who was cancelled may have appended without a sign
                    return await self.between(key, after + 1, count=count)
                has = max(after, upto())
                found = await self.between(key, has + 1, count=count) if self._bell.rang(key, has) else []
        return found

    def appended(self, key: str, seq: int) -> None:
        """Ring for those who wait, in whichever loop."""
        self._bell.ring(key, seq)

    async def close(self) -> None:
        """Close all connections; twice is as once."""
        self._closed = True
        await self.client.aclose()


def _embedded_server() -> FakeServer:
    server = FakeServer(version=(7, 4))
    with closing(FakeStrictRedis(server=server)) as client:
        for name, body in SCRIPTS.items():
            client.function_load(
                f"#!lua name={name}\nredis.register_function('{name}', function(KEYS, ARGV)\n{body}\nend)"
            )
    return server
