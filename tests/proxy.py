"""A TCP proxy on loopback that is bad on purpose: it delays, holds back, loses, cuts, refuses, and heals."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Literal

Way = Literal["up", "down"]
"""`up` is from who connects to whom they connect to, `down` is back."""

Address = tuple[str, int] | str
"""Host and port, or the path of a unix socket."""


class Link:
    """One connection through the proxy."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near, self.far = near, far
        self.torn: set[Way] = set()

    def cut(self) -> None:
        """End both sides at once, as a network does that goes away and comes back."""
        for side in (self.near, self.far):
            side.transport.abort()


class Proxy:
    """Passes bytes on from a port of 127.0.0.1.

    Attributes:
        port: where it listens.
        target: where to; it may be changed, and holds for new connections then.
        delay_s: how long bytes take, by way.

    Args:
        target: where to.
    """

    def __init__(self, target: Address) -> None:
        self.target, self.port = target, 0
        self.delay_s: dict[Way, float] = {"up": 0.0, "down": 0.0}
        self.links: set[Link] = set()
        self._losing: set[Way] = set()
        self._refusing = False
        self._passing: dict[Way, asyncio.Event] = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._server: asyncio.Server | None = None
        for way in self._passing.values():
            way.set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self.heal()
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    def cut(self, which: Callable[[Link], bool] = lambda link: True) -> None:
        """End connections, all unless it is said which."""
        for link in tuple(self.links):
            if which(link):
                link.cut()

    def refuse(self) -> None:
        """End all connections, and each new one at once."""
        self._refusing = True
        self.cut()

    def hold(self, *ways: Way) -> None:
        """Let nothing through these ways and close nothing: half open one way, a cable that was pulled both ways."""
        for way in ways:
            self._passing[way].clear()

    def lose(self, *ways: Way) -> None:
        """Throw away what comes these ways; who lost something is cut when it heals."""
        self._losing.update(ways)

    def heal(self) -> None:
        """Be a good network again; what was held back goes on, connections that lost something end."""
        self._refusing = False
        self._losing.clear()
        self.delay_s = {"up": 0.0, "down": 0.0}
        self.cut(lambda link: bool(link.torn))
        for way in self._passing.values():
            way.set()

    async def _serve(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        if self._refusing:
            near_out.transport.abort()
            return
        try:
            if isinstance(self.target, str):
                far, far_out = await asyncio.open_unix_connection(self.target)
            else:
                far, far_out = await asyncio.open_connection(*self.target)
        except OSError:
            near_out.transport.abort()
            return
        link = Link(near_out, far_out)
        self.links.add(link)
        try:
            with contextlib.suppress(OSError):
                await asyncio.gather(self._pass(link, near, far_out, "up"), self._pass(link, far, near_out, "down"))
        finally:
            link.cut()
            self.links.discard(link)

    async def _pass(self, link: Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: Way) -> None:
        while data := await source.read(65536):
            await self._passing[way].wait()
            if self.delay_s[way]:
                await asyncio.sleep(self.delay_s[way])
            if way in self._losing:
                link.torn.add(way)
            elif way not in link.torn:
                sink.write(data)
                await sink.drain()
        raise ConnectionResetError("one side went, so the other goes")
