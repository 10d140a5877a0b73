"""A Redis whose master may change: one client that finds the master, and finds it again after a failover.

Where the master is, is asked whenever a connection is made. A reply that says that it is elsewhere, or not ready, ends
the connection, so that it is asked again.
"""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import Struct
from redis.asyncio import Redis, SSLConnection
from redis.asyncio.connection import Connection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterDownError,
    MovedError,
    NoScriptError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoReply

from collab.live.redis import BLOCK_S, MOVING, REPLY_S, SCRIPTS, Server, _client, hidden

Result = TypeVar("Result")
Place = tuple[str, int]

FAILOVER_S = 8.0
"""For so long a command is tried again while no master answers, once one has."""

PAUSE_S = 0.05
"""The pause before it is tried again."""

ASK_S = 1.0
"""How long a node or a Sentinel may take to say where the master is."""

COPY_S = 1.0
"""How long a replica may take to have a copy before the append is tried again."""

LOOK_S = 1.0
"""How often it is looked whether the master has replicas."""

COPIED = ("append", "lease")
"""The scripts that are answered only when replicas have what they wrote."""

_NOT_HERE = (ReadOnlyError, MovedError, AskError, TryAgainError, ClusterDownError)
_NOT_NOW = ("UNBLOCKED", "NOREPLICAS")


class Address(Struct, frozen=True):
    """What the URL of a moving server says.

    `places` are the nodes or Sentinels to ask, `wait` how many replicas must have an append before it is answered
    (None: one, as long as the master has any), `options` what connections to the master are made with.
    """

    url: str
    places: list[Place]
    path: str
    wait: int | None
    options: dict[str, Any]
    asking: dict[str, Any]


def moving_at(url: str, key: str) -> Moving:
    """The cluster's master that has the key, or the master that Sentinels name.

    Raises:
        ValueError: the address is malformed.
    """
    from collab.live.cluster import Cluster  # each is made of what is here
    from collab.live.sentinel import Sentinels

    return Cluster(address_of(url, 6379), key) if "+cluster:" in url else Sentinels(address_of(url, 26379))


def address_of(url: str, port: int) -> Address:
    """Read `scheme://[user:password@]host[:port],…[/path][?wait=N&…]`.

    Raises:
        ValueError: it is malformed; says how, with the password hidden.
    """
    shown = hidden(url)
    found = re.fullmatch(r"(rediss?)\+\w+://(?:(.*)@)?([^/?#@]+)(/[^?#]*)?(?:\?([^#]*))?", url)
    assert url.partition("://")[0] in MOVING
    if found is None:
        raise ValueError(f"the stream's url is {shown!r}; after :// come hosts, as host:port,host:port")
    scheme, user, hosts, path, query = found.groups()
    given = dict(parse_qsl(query or "", keep_blank_values=True))
    wait = given.pop("wait", None)
    if wait is not None and not re.fullmatch(r"\d", wait):
        raise ValueError(f"wait is {wait!r} in the stream's url {shown!r}; give a number of replicas from 0 to 9")
    asking = {name: given.pop(f"sentinel_{name}", None) for name in ("username", "password")}
    try:
        places = [_place(host, port) for host in hosts.split(",")]
        base = f"{scheme}://{user}@h" if user is not None else f"{scheme}://h"
        options: dict[str, Any] = dict(parse_url(f"{base}?{urlencode(given)}"))
    except ValueError:  # its text may hold a piece of the password
        raise ValueError(
            f"the stream's url is {shown!r}, which cannot be read: each host is host or host:port, "
            "and / ? # @ in a password are written as %2F %3F %23 %40"
        ) from None
    options.pop("host", None)
    return Address(shown, places, (path or "").strip("/"), int(wait) if wait is not None else None, options, asking)


def _place(text: str, port: int) -> Place:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(text)
    return parts.hostname, parts.port or port


class Moving(Server):
    """A client of whichever server is the master now; subclasses say how it is found."""

    own, soon = "", False

    def __init__(self, address: Address) -> None:
        self.url, self.address = address.url, address
        self._found = False
        self._replicas: int | None = None
        self._looked = 0.0
        kind = FollowsTLS if "connection_class" in address.options else Follows
        options = address.options | {"connection_class": kind, "server": self}
        # Each tries once: it is tried again here, where it is asked anew who the master is.
        self.client = _client(options, REPLY_S, kind=Patient, retries=0)
        self.client.server = self
        self._listening: Any = _client(options, None, retries=0)
        self._scripts = {name: self.client.register_script(body) for name, body in SCRIPTS.items()}

    @abstractmethod
    async def master(self) -> Place:
        """Where the master is now, as far as the next that can be asked knows."""

    def elsewhere(self, place: Place) -> None:
        """A server said that this is where it is."""

    async def met(self, connection: Connection) -> None:
        """A connection to the master was made."""
        self._found, self._replicas = True, None

    async def patiently(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """The result of the call, which is made again while the master is away; FAILOVER_S seconds at most."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        cancelled = task.cancelling() if task else 0
        until = loop.time() + FAILOVER_S
        while True:
            try:
                return await call()
            except AuthenticationError:
                raise
            except (NoConnection, NoReply, OSError):
                # The client may lose a cancellation by raising something else.
                if self._closed or not self._found or loop.time() > until or (task and task.cancelling() > cancelled):
                    raise
            await asyncio.sleep(PAUSE_S)

    async def ping(self) -> None:
        """Return when it answers."""
        await self.client.ping()

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """The reply of a script, when as many replicas have what it wrote as the address asks for."""
        if script not in COPIED or self.address.wait == 0:
            return await self._scripts[script](keys=keys, args=args)
        return await self.patiently(lambda: self._copied(script, keys, args))

    async def between(self, key: str, first: int, last: int | None = None, count: int = -1) -> list[Any]:
        """Entries of the stream `key` from a place to another, so many at most; never waits."""
        end, limit = "+" if last is None else f"{last}-0", None if count < 0 else count
        found: list[Any] = await self.client.xrange(key, min=f"{first}-0", max=end, count=limit)
        return found

    async def more(self, key: str, after: int, count: int, upto: Callable[[], int]) -> list[Any]:
        """Entries after a place on the stream `key`; waits for the first, BLOCK_S seconds at most."""
        async with asyncio.timeout(BLOCK_S + REPLY_S):
            found = await self._listening.xread({key: f"{after}-0"}, count=count, block=round(BLOCK_S * 1000))
        entries: list[Any] = found[0][1] if found else []
        return entries

    async def close(self) -> None:
        """Close all connections; twice is as once."""
        self._closed = True
        await self.client.aclose()
        await self._listening.aclose()

    async def _copied(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        wanted = await self._wanted()
        command = "EVALSHA", self._scripts[script].sha, len(keys), *keys, *args
        reply, copies = await self._with_copies(command, wanted)
        if script == "append" and reply[0] == 2:
            # Nothing was written now, and what was may have no copy yet: a write that comes after it is waited for.
            _, copies = await self._with_copies(("SET", f"{keys[1]}@again", ""), wanted)
        if copies < wanted and (self.address.wait is not None or await self._look()):
            raise NoReply(f"{copies} of {wanted} replicas have what was appended after {COPY_S} s")
        return reply

    async def _with_copies(self, command: tuple[Any, ...], wanted: int) -> tuple[Any, int]:
        """The reply to a command, and how many replicas have what it wrote: asked on the connection that wrote."""
        async with self.client.pipeline(transaction=False) as both:
            both.execute_command(*command)
            if wanted:
                both.execute_command("WAIT", wanted, round(COPY_S * 1000))
            replies = await both.execute(raise_on_error=False)
        if isinstance(replies[0], NoScriptError):
            for body in SCRIPTS.values():
                await self.client.script_load(body)
            return await self._with_copies(command, wanted)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies[0], replies[1] if wanted else 0

    async def _wanted(self) -> int:
        if self.address.wait is not None:
            return self.address.wait
        if self._replicas is None or asyncio.get_running_loop().time() > self._looked + LOOK_S:
            await self._look()
        return min(1, self._replicas or 0)

    async def _look(self) -> int:
        """How many replicas the master has now."""
        role = await self.client.execute_command("ROLE")
        self._replicas = len(role[2])
        self._looked = asyncio.get_running_loop().time()
        return self._replicas


class Patient(Redis):
    """A client that makes each command again while the master is away."""

    server: Moving

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply to a command."""
        once: Any = super().execute_command
        return await self.server.patiently(lambda: once(*args, **options))


class Follows(Connection):
    """A connection to the master, wherever it is when the connection is made."""

    def __init__(self, *, server: Moving, **options: Any) -> None:
        self._server = server
        super().__init__(**options)

    async def _connect(self) -> None:
        self.host, self.port = await self._server.master()
        connect: Any = super()._connect
        await connect()

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        """Log in, and see that it is the master."""
        await super().on_connect_check_health(check_health)
        await self._server.met(self)

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """A reply; one that says that the master is elsewhere, or not ready, ends the connection."""
        try:
            return await super().read_response(*args, **options)
        except ResponseError as error:
            if not isinstance(error, _NOT_HERE) and not str(error).startswith(_NOT_NOW):
                raise
            if isinstance(error, MovedError):
                self._server.elsewhere((error.host, error.port))
            await self.disconnect()
            raise NoConnection(f"{self.host}:{self.port} says: {error}") from error


class FollowsTLS(Follows, SSLConnection):
    """The same over TLS."""


async def ask(place: Place, options: dict[str, Any], *command: str) -> Any:
    """What a node or a Sentinel answers; one connection, tried once."""
    once = {"protocol": 2, "socket_timeout": ASK_S, "socket_connect_timeout": ASK_S, "retry": Retry(NoBackoff(), 0)}
    connection: Any = (SSLConnection if "connection_class" in options else Connection)(
        host=place[0], port=place[1], **{k: v for k, v in options.items() if k != "connection_class"} | once
    )
    try:
        await connection.connect()
        await connection.send_command(*command)
        return await connection.read_response()
    finally:
        await connection.disconnect(nowait=True)
