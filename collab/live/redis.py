"""The one place where clients of Redis are made; the server embedded in this process is in `embedded`.

Timeouts, retries and the protocol are set here and nowhere else: an address cannot change them.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AskError, AuthenticationError, ClusterDownError, InvalidResponse, ResponseError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoReply

from collab.live.feed import Feed
from collab.live.partition import PARTITIONS, key_at
from collab.live.pipe import Answer, Pipe, settle
from collab.live.refusing import fix_of

MOVING = ("redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel")
"""The kinds of address at which the server that has the stream may change."""

SCHEMES = ("embedded", "redis", "rediss", "unix", *MOVING)
"""The kinds of address that a stream can have."""

REPLY_S = 3.0
"""How long a reply may take before the command is tried again."""

BLOCK_S = 1.0
"""How long one read waits for new entries."""

SCRIPTS = {
    name: files("collab.live").joinpath(f"{name}.lua").read_text("utf-8")
    for name in ("append", "devices", "lease", "restore")
}
"""The steps that are one for the server, by name; each file says what its keys, arguments and reply are."""

_HASHES = {name: hashlib.sha1(body.encode(), usedforsecurity=False).hexdigest() for name, body in SCRIPTS.items()}


class StreamUnreachable(ConnectionError):
    """No Redis answers at the URL, or it does not let us in or takes no writes; the message names it and a fix."""


def hidden(url: str) -> str:
    """The address without the user and password that it may hold."""
    url = re.sub(r"((?:password|username)=)[^&#]*", r"\1***", url)
    return re.sub(r"://.*@", "://***@", url)


def server_at(url: str, key: str = "") -> Server:
    """The server at this address (in a cluster, the one that has the key); nothing is connected yet.

    Raises:
        ValueError: the address is of no kind that is known, or malformed.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in SCHEMES:
        allowed = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise ValueError(f"the stream's url is {hidden(url)!r}; it must begin with one of {allowed}")
    if scheme == "embedded":
        from collab.live.embedded import embedded_at  # which is made of what is here, as the next is

        return embedded_at(url)
    if scheme in MOVING:
        from collab.live.moving import moving_at

        return moving_at(url, key)
    return Server(url)


class Server:
    """A Redis at an address, and one client of it: for use in one event loop."""

    soon = True
    """Can a script be run without waiting for its reply?"""

    _closed = False

    def __init__(self, url: str) -> None:
        self.url = hidden(url)
        try:
            address: dict[str, Any] = dict(parse_url(url))
        except ValueError:  # its text may hold a piece of the password
            raise ValueError(
                f"the stream's url is {self.url!r}, which cannot be read: the port must be a number, "
                "and / ? # @ in a password written as %2F %3F %23 %40"
            ) from None
        if "path" not in address and url.startswith("unix:"):
            raise ValueError(f"the stream's url is {self.url!r}; unix:// needs the path of a socket")
        self.client: Any = _client(address, REPLY_S)
        loads = [("SCRIPT", "LOAD", body) for body in SCRIPTS.values()]
        self._address: dict[str, Any] = address
        self._feed: Feed | None = None
        self._pipe = Pipe(address, REPLY_S, loads)

    async def ping(self) -> None:
        """Return when it answers.

        Raises:
            ValueError: it is a node of a cluster, which has some of the partitions only.
        """
        pipeline = self.client.pipeline(transaction=False)
        for number in range(PARTITIONS):
            pipeline.get(f"{key_at(number)}:seq")
        for reply in await pipeline.execute(raise_on_error=False):
            if isinstance(reply, AskError | ClusterDownError):  # the first of these two is moved, too
                scheme = "rediss" if self.url.startswith("rediss") else "redis"
                raise ValueError(f"the Redis at {self.url} is a node of a cluster; use {scheme}+cluster://host:port")
            if isinstance(reply, Exception):
                raise reply

    async def call(self, *command: Any) -> Any:
        """The reply of a command that is safe to repeat."""
        return await (self._pipe.call(*command) if self.soon else self.client.execute_command(*command))

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """The reply of a script; a server that does not know it (any more) is given it first."""
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        Server.run_soon(self, script, keys, args, functools.partial(settle, reply))
        return await reply

    def run_soon(self, script: str, keys: Sequence[str], args: Sequence[Any], answer: Answer) -> None:
        """Run a script without waiting, `answer` being called with its reply; only where `soon`."""

        def answered(reply: Any) -> None:
            if isinstance(reply, ResponseError) and str(reply).startswith("NOSCRIPT"):
                self._pipe.ask(("SCRIPT", "LOAD", SCRIPTS[script]), lambda reply: None)
                self._pipe.ask(command, answer)
            else:
                answer(reply)

        command = "EVALSHA", _HASHES[script], len(keys), *keys, *args
        self._pipe.ask(command, answered)

    async def between(self, key: str, first: int, last: int | None = None, count: int = -1) -> list[Any]:
        """Entries of the stream `key` from a place to another, so many at most; never waits."""
        end = "+" if last is None else f"{last}-0"
        limit = () if count < 0 else ("COUNT", count)
        found: list[Any] = await self._pipe.call("XRANGE", key, f"{first}-0", end, *limit)
        return found

    async def more(self, key: str, after: int, count: int, upto: Callable[[], int]) -> list[Any]:
        """Entries after a place on the stream `key`; waits for the first, BLOCK_S seconds at most.

        Those up to the place `upto()` may be left out.
        """
        if self._feed is None:
            read = functools.partial(self._after, key)
            self._feed = Feed(self._address, key, REPLY_S, BLOCK_S, read)
        return await self._feed.more(after, count)

    async def _after(self, key: str, after: int, count: int) -> list[Any]:
        return await self.between(key, after + 1, count=count)

    @property
    def own(self) -> int | str:
        """How many listeners on the stream's channel are this client's; "" if it has no such channel."""
        return self._feed.listening if self._feed is not None else 0

    def appended(self, key: str, seq: int) -> None:
        """Tell those who wait for more that the stream goes up to this place; a real server does it itself."""

    async def close(self) -> None:
        """Close all connections; twice is as once."""
        self._closed = True
        await self._pipe.close()
        if self._feed is not None:
            await self._feed.close()
        await self.client.aclose()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn what says that the server cannot be reached into StreamUnreachable; it is, if this was closed."""
        if self._closed:
            raise self.told(NoConnection("it was closed"))
        task = asyncio.current_task()
        failure: Exception | None = None
        cancelled = task.cancelling() if task else 0
        try:
            yield
        except (NoConnection, NoReply, InvalidResponse, OSError) as error:
            failure = error
        except ResponseError as error:
            if not fix_of(error):
                raise
            failure = error
        # The client loses cancellations: its wait_for on Python 3.11, and its clean-up by raising something else.
        if task and task.cancelling() > cancelled:
            raise asyncio.CancelledError from failure
        if failure is not None:
            raise self.told(failure) from failure

    def told(self, failure: Exception) -> Exception:
        """What says that the server cannot be reached as StreamUnreachable; anything else as it is."""
        if not isinstance(failure, NoConnection | NoReply | InvalidResponse | OSError) and not fix_of(failure):
            return failure
        return StreamUnreachable(self._why(failure))

    def _why(self, failure: Exception) -> str:
        if AuthenticationError in (type(failure), type(failure.__cause__)):
            fix = "put the right user and password into the URL, as redis://user:password@host"
            return f"the Redis at {self.url} refuses us: {failure}; {fix}"
        if fix := fix_of(failure):
            return (
                f"the Redis at {self.url} takes no writes: {str(failure).partition(' script: ')[0].rstrip('.')}; {fix}"
            )
        fix = "start redis-server there, correct the URL, or use embedded:// within one process"
        return f"no Redis answers at {self.url}: {str(failure).rstrip('.') or 'it is silent'}; {fix}"


def _client(address: dict[str, Any], reply_s: float | None, *, kind: type[Redis] = Redis, retries: int = 3) -> Redis:
    settings = {
        "protocol": 2,  # 3 changes the shape of replies
        "decode_responses": False,
        "max_connections": 16,
        "timeout": REPLY_S,  # wait for a free connection; the plain pool raises at once
        "socket_timeout": reply_s,
        "socket_connect_timeout": 2.0,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.5), retries=retries),
    }
    return kind.from_pool(BlockingConnectionPool(**(address | settings)))
