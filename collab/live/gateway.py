"""The gateway: members on WebSockets, each let in by a token, with everything they ask checked and answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response

from collab.live.access import Access, AccessDenied, Pass
from collab.live.connection import Connection
from collab.live.line import WINDOW_BITS, Allowance, Line, closing
from collab.live.tally import Tally
from collab.live.turns import Floor, listen
from collab.protocol import MOST_BYTES, VERSION, Hello, Id, Refused, Welcome, command, encode, id_of

logger = logging.getLogger(__name__)

HELLO_S = 5.0
"""A connection that does not say who it is for so long is closed."""

LEASE_S = 20.0
"""A member is asked to answer after a quarter of it, gone after half; after the rest its device is forgotten."""

RATE = 100.0
"""Commands a second that one connection may send, with three seconds' worth in reserve."""

SWEEP_S = 1.0
"""How often ended tokens and silent members are looked for."""

AT_ONCE = 200
"""So many members are looked at before others have their turn."""

PING = Frame(Opcode.PING, b"").serialize(mask=False)

ADMITTED = 1
"""So many connections are taken in before those who are there have their turn: a storm costs them little."""

WAITING = 1024
"""So many further ones wait to be taken in."""

MOST_UNTOLD = 10_000
"""Of so many members that were cut off without hearing why, the next hello is answered with it."""


class Gateway:
    """Serves members at one address, any number of tenants.

    Args:
        access: checks tokens.
        floor: gives a tenant's floor.
        host: the address; all by default.
        port: the port; 0 takes a free one.
        origins: the pages (`https://…`) that may connect from a browser; None lets all, as tokens guard the door.
        tls: certificate and key, for `wss://`.
        rate: commands a second that one connection may send.
        compress: offer permessage-deflate, without memory between messages; a frame is compressed once for all.
        agent_rate: commands a second that all connections of an agent may send together; twice `rate` by default.
        lease_s: a member that is not heard of for so long is gone.
    """

    def __init__(
        self,
        access: Access,
        floor: Callable[[str], Awaitable[Floor]],
        *,
        host: str | None = None,
        port: int = 8765,
        origins: Sequence[str] | None = None,
        tls: ssl.SSLContext | None = None,
        rate: float = RATE,
        compress: bool = False,
        agent_rate: float | None = None,
        lease_s: float = LEASE_S,
    ) -> None:
        self.access, self.host, self.port, self.rate = access, host, port, rate
        self.lease_s = lease_s
        self.agent_rate = 2 * rate if agent_rate is None else agent_rate
        self.lines: set[Line] = set()
        self._allowances: dict[tuple[str, str], Allowance] = {}
        self.tally = Tally()
        self._untold: dict[tuple[str, str, str], str] = {}
        self._floor, self._origins, self._tls = floor, origins, tls
        self._extensions = [_DEFLATE] if compress else None
        self._server: Server | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._coming: set[asyncio.Task[Any]] = set()

    @property
    def open(self) -> bool:
        """Does it listen?"""
        return self._server is not None

    async def start(self) -> Gateway:
        """Listen, and return when members can connect; `port` is the port then.

        Raises:
            OSError: the port is taken, or may not be listened on.
        """
        origins: Any = None if self._origins is None else [*self._origins, None]
        self._server = await serve(
            self._serve,
            self.host,
            self.port,
            origins=origins,
            ssl=self._tls,
            compression=None,  # as it is meant there it costs 35 KiB a connection
            extensions=self._extensions,
            max_size=MOST_BYTES,
            open_timeout=HELLO_S,
            ping_interval=None,  # the sweep asks all, without a task for each
            close_timeout=1,
            process_request=self._page,
            server_header=None,
            create_connection=Connection,
            backlog=ADMITTED,
        )
        for listening in self._server.sockets:
            with socket.fromfd(listening.fileno(), listening.family, listening.type) as again:
                again.listen(WAITING)  # the kernel's queue only: asyncio takes `backlog` at once from it
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        self._sweeping = asyncio.create_task(self._sweep(), name="tokens")
        logger.info("the gateway listens on port %s", self.port)
        return self

    async def stop(self) -> None:
        """Say goodbye to all and stop listening; twice is as once."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
            self._sweeping = None
        if self._server is not None:
            for line in tuple(self.lines):
                if line.cut:  # and does not read
                    line.connection.transport.abort()
                line.cut_off("stopping", "the gateway stops; connect to another one, or to this one in a moment")
            for coming in self._coming:
                coming.cancel()  # nothing was done for them yet, and their team may be long in opening
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Connection)
        task = asyncio.current_task()
        assert task is not None
        self._coming.add(task)
        try:
            let_in = await self._let_in(connection)
        finally:
            self._coming.discard(task)
        if let_in is None:
            return
        line, floor = let_in
        self.lines.add(line)
        self.tally.entered += 1
        try:
            floor.enter(line)
            await listen(floor, line)
        except ConnectionClosed:
            pass  # a member may go in the middle of anything
        finally:
            self.lines.discard(line)
            if line.cut:
                self._end(line)
            floor.leave(line)

    def _end(self, line: Line) -> None:
        """Count and log that a member was cut off, and keep for its next hello what it could not be told."""
        self.tally.cut[line.cut] += 1
        entry, answer = line.entry, line.connection.protocol.close_rcvd
        told = answer is not None and answer.code == closing(line.cut)  # else it went of itself
        said = "which it was told" if told else "which it could not be told"
        logger.info("%s of %s (%s) is cut off as %s, %s", entry.agent, entry.tenant, line.device, line.cut, said)
        if not told:
            self._untold[entry.tenant, entry.agent, line.device] = line.cut
            if len(self._untold) > MOST_UNTOLD:
                del self._untold[next(iter(self._untold))]

    async def _let_in(self, connection: Connection) -> tuple[Line, Floor] | None:
        """The line and floor of who says hello with a good token; anybody else is told why not and sent away."""
        if (asked := await self._hello(connection)) is None:
            return None
        try:
            entry = self.access.check(asked.token)
            floor = await self._floor(entry.tenant)
        except AccessDenied as error:
            await self._send_away(connection, asked.id, "denied", str(error))
            return None
        except OSError as error:  # it is no fault of theirs: they may come again
            await self._send_away(connection, asked.id, "unreachable", self.tally.unreachable(error))
            return None
        except Exception:
            logger.exception("a team cannot be opened")
            await self._send_away(connection, asked.id, "failed", "it failed on the server; try again in a moment")
            return None
        connection.lighten()
        line = Line(connection, entry, asked.device, self._allowance(entry), self.tally)
        line.push(
            Welcome(
                re=asked.id,
                agent=entry.agent,
                tenant=entry.tenant,
                role=entry.role,
                expires=entry.expires,
                lease_s=self.lease_s,
                cut=self._untold.pop((entry.tenant, entry.agent, asked.device), ""),
            )
        )
        return line, floor

    async def _hello(self, connection: Connection) -> Hello | None:
        """What is said first, if it is a hello; who says anything else, or nothing, is told so and sent away."""
        try:
            async with asyncio.timeout(HELLO_S):
                data = await connection.recv()
        except ConnectionClosed:
            return None
        except TimeoutError:
            await self._send_away(connection, None, "too_late", "no hello came in time")
            return None
        connection.queued -= 1
        code, why = "denied", 'the first frame must be {"do": "hello", "id": 1, "token": "…"}'
        try:
            asked = command(data)
        except ValueError as error:
            code, why = "malformed", str(error)
        else:
            if isinstance(asked, Hello) and asked.version == VERSION:
                return asked
            if isinstance(asked, Hello):
                why = f"version is {asked.version}; this gateway speaks version {VERSION}"
        await self._send_away(connection, id_of(data), code, why)
        return None

    async def _send_away(self, connection: ServerConnection, re: Id | None, code: str, why: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(encode(Refused(re=re, code=code, message=why)), text=True)
            useless = code in ("denied", "malformed")
            await connection.close(CloseCode.POLICY_VIOLATION if useless else CloseCode.TRY_AGAIN_LATER, code)

    def _allowance(self, entry: Pass) -> Allowance:
        whole = self._allowances.setdefault((entry.tenant, entry.agent), Allowance(self.agent_rate))
        return Allowance(self.rate, whole=whole)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(SWEEP_S, self.lease_s / 8))
            time, taken_back = loop.time(), self.access.taken_back()
            used = {line.allowance.whole for line in self.lines}
            self._allowances = {
                agent: whole for agent, whole in self._allowances.items() if whole in used or not whole.full
            }
            for number, line in enumerate(tuple(self.lines), 1):
                if taken_back(line.entry):
                    line.cut_off("token_revoked", "the token was taken back; connect with a new one")
                elif self.access.ended(line.entry):
                    line.cut_off("token_ended", "the token ended; connect with a new one")
                elif (silent_s := time - line.connection.heard) >= self.lease_s / 2:
                    line.cut = line.cut or "silent"
                    line.connection.transport.abort()
                elif silent_s >= self.lease_s / 4 and not line.cut:
                    line.connection.transport.write(PING)
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _page(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        return connection.respond(HTTPStatus.NOT_FOUND, "this is a WebSocket; see docs/protocol.md\n")


_DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=WINDOW_BITS,
    client_max_window_bits=WINDOW_BITS,
    compress_settings={"level": 1, "memLevel": 5},
)
