"""A pipe: one connection to a Redis for many commands at once, which leave as they come and are answered in order.

A command whose reply was lost is sent again, in its old place before those that came after it. So everything that
goes through a pipe must be safe to repeat.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hiredis import Reader, ReplyError, pack_command
from redis.asyncio.connection import SSLConnection
from redis.exceptions import AuthenticationError, BusyLoadingError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoReply

CONNECT_S = 2.0
"""How long opening the connection may take."""

TRIES = 4
"""How often a command is sent, or a connection tried, before it is given up."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5
"""The pause before a connection is tried again, doubled each time up to the longest."""

_KINDS: dict[str, type[ResponseError] | type[NoConnection]] = {
    "NOAUTH": AuthenticationError,
    "WRONGPASS": AuthenticationError,
    "LOADING": BusyLoadingError,
    "READONLY": ReadOnlyError,
}
_MORE = object()


Answer = Callable[[Any], None]
"""Is called with a reply, or with the exception that came instead of it."""


class Asked:
    """A command that waits for its reply."""

    __slots__ = ("answer", "packed", "tries")

    def __init__(self, packed: bytes, answer: Answer) -> None:
        self.packed, self.answer, self.tries = packed, answer, 0


class Pipe:
    """Connects with the first command, and again when the connection was lost; for use in one event loop.

    Args:
        address: host and port or path, db, username, password and TLS settings, as redis-py reads them from a URL.
        reply_s: the longest silence while a reply is awaited.
        greeting: commands that are sent first on every new connection, such as SCRIPT LOAD.
        heard: is called with each message of the channels that the greeting subscribed to.
        silent: is called when a connection is lost.
    """

    def __init__(
        self,
        address: Mapping[str, Any],
        reply_s: float,
        greeting: Sequence[tuple[Any, ...]] = (),
        heard: Callable[[bytes], None] | None = None,
        silent: Callable[[], None] = lambda: None,
    ) -> None:
        self._address, self._reply_s, self._greeting = address, reply_s, greeting
        self._heard, self._silent = heard, silent
        self._asked: deque[Asked] = deque()
        self._socket: _Socket | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._closed = False

    async def call(self, *command: Any) -> Any:
        """The reply of a command.

        Raises:
            NoConnection, NoReply: the server did not answer, `TRIES` times.
            ResponseError: it refused; AuthenticationError, BusyLoadingError and ReadOnlyError say of what kind.
        """
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.ask(command, functools.partial(settle, reply))
        return await reply

    def ask(self, command: tuple[Any, ...], answer: Answer) -> None:
        """Send a command without waiting; `answer` is called as soon as the reply comes, at once if it is closed."""
        if self._closed:
            answer(NoConnection("it was closed"))
            return
        asked = Asked(pack_command(command), answer)
        self._asked.append(asked)
        if self._socket is not None:
            asked.tries = 1
            self._socket.send(asked.packed)
        elif self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect(), name="pipe")

    async def close(self) -> None:
        """Close the connection; who still waits is told so. Twice is as once."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._socket is not None:
            self._socket.transport.abort()
        self._fail(NoConnection("the pipe was closed"))

    async def _connect(self) -> None:
        pause = FIRST_PAUSE_S
        try:
            for left in range(TRIES - 1, -1, -1):
                try:
                    async with asyncio.timeout(CONNECT_S):
                        await self._open()
                    return
                except AuthenticationError as error:
                    self._fail(error)
                    return
                except (OSError, NoConnection, NoReply, ResponseError) as error:
                    if not left:
                        self._fail(error if isinstance(error, NoConnection) else NoConnection(str(error)))
                        return
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
        finally:
            self._connecting = None

    async def _open(self) -> None:
        loop, address = asyncio.get_running_loop(), self._address
        made = _Socket(self._lost, self._reply_s, self._heard)
        if "path" in address:
            await loop.create_unix_connection(lambda: made, address["path"])
        else:
            secure = issubclass(address.get("connection_class", object), SSLConnection)
            tls = SSLConnection(**{k: v for k, v in address.items() if k != "connection_class"}) if secure else None
            host, port = address.get("host", "localhost"), address.get("port", 6379)
            await loop.create_connection(lambda: made, host, port, ssl=tls.ssl_context.get() if tls else None)
        try:
            replies = [made.ask(pack_command(command)) for command in (*_credentials(address), *self._greeting)]
            for reply in await asyncio.gather(
                *replies, return_exceptions=True
            ):  # all, or asyncio complains of the rest
                if isinstance(reply, BaseException):
                    raise reply
        except BaseException:
            made.transport.abort()
            raise
        self._socket = made
        made.asked = self._asked  # from here on replies are those of callers
        for asked in self._asked:
            asked.tries += 1
        if self._asked:
            made.send(b"".join(asked.packed for asked in self._asked))

    def _lost(self, made: _Socket, error: Exception) -> None:
        """The connection is gone: what was not answered is sent again on the next one, if not too often already."""
        if self._socket is not made:
            return
        self._socket = None
        self._silent()
        while self._asked and (self._closed or self._asked[0].tries >= TRIES):
            self._asked.popleft().answer(error)
        if self._asked and self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect(), name="pipe")

    def _fail(self, error: Exception) -> None:
        waiting, self._asked = self._asked, deque()
        for asked in waiting:
            asked.answer(error)


class _Socket(asyncio.Protocol):
    """One connection: replies go to those who asked, in order."""

    transport: asyncio.Transport

    def __init__(self, lost: Any, reply_s: float, heard: Callable[[bytes], None] | None) -> None:
        self.asked: deque[Asked] = deque()
        self._told = heard
        self._lost, self._reply_s = lost, reply_s
        self._reader = Reader(notEnoughData=_MORE)
        self._later: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._watching: asyncio.TimerHandle | None = None
        self._held = False
        self._why: Exception = NoConnection("the connection was lost")

    def ask(self, packed: bytes) -> asyncio.Future[Any]:
        """Send a command of the greeting."""
        reply: asyncio.Future[Any] = self._loop.create_future()
        self.asked.append(Asked(packed, functools.partial(settle, reply)))
        self.send(packed)
        return reply

    def send(self, packed: bytes) -> None:
        """Write at once; what comes until the loop has gone round leaves together."""
        if self._watching is None:
            self._heard = self._loop.time()
            self._watching = self._loop.call_later(self._reply_s, self._watch)
        if self._held:
            self._later.append(packed)
        else:
            self._held = True
            self._loop.call_soon(self._flush)
            self.transport.write(packed)

    def connection_made(self, transport: Any) -> None:
        """The connection is there."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Replies came."""
        self._heard = self._loop.time()
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not _MORE:
            if self._told is not None and isinstance(reply, list) and reply[0] == b"message":
                self._told(reply[2])
                continue
            if not self.asked:
                continue
            self.asked.popleft().answer(_error(str(reply)) if isinstance(reply, ReplyError) else reply)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        if self._watching is not None:
            self._watching.cancel()
        if error is not None:
            self._why = NoConnection(str(error))
        self._lost(self, self._why)
        for asked in tuple(self.asked):  # of the greeting, else they are the pipe's, which sends them again
            if asked.tries == 0:
                asked.answer(self._why)

    def _flush(self) -> None:
        self._held = False
        if self._later and not self.transport.is_closing():
            self.transport.write(b"".join(self._later))
        self._later.clear()

    def _watch(self) -> None:
        """Give the connection up if a reply is awaited and nothing was heard for long."""
        self._watching = None
        if not self.asked:
            return
        silent_s = self._loop.time() - self._heard
        if silent_s >= self._reply_s:
            self._why = NoReply(f"no reply within {self._reply_s:g} s")
            self.transport.abort()
        else:
            self._watching = self._loop.call_later(self._reply_s - silent_s, self._watch)


def settle(reply: asyncio.Future[Any], answer: Any) -> None:
    """Give a future its reply, or the exception that came instead."""
    if reply.done():
        return
    if isinstance(answer, Exception):
        reply.set_exception(answer)
    else:
        reply.set_result(answer)


def _credentials(address: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The commands that say who we are and which database is meant."""
    found: list[tuple[Any, ...]] = []
    if address.get("password"):
        who = (address["username"],) if address.get("username") else ()
        found.append(("AUTH", *who, address["password"]))
    if address.get("db"):
        found.append(("SELECT", address["db"]))
    return found


def _error(text: str) -> Exception:
    kind, _, message = text.partition(" ")
    if kind == "ERR" and ("AUTH" in message or "password" in message):
        return AuthenticationError(message)
    return _KINDS.get(kind, ResponseError)(message if kind in ("ERR", *_KINDS) else text)
