"""One member's connection to a gateway: what is written to it, how much it may ask, and when it is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import zlib
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, cast

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import State

from collab.live.access import Pass
from collab.live.tally import Tally
from collab.protocol import Frame, Goodbye, encode

logger = logging.getLogger(__name__)

CLOSE_S = 1.0
"""So long a member that is cut off may take to read why; then it is dropped."""

MOST_UNREAD = 1 << 20
"""So many bytes may wait for a member that does not read; with more it is cut off and resumes by number."""

TOO_SLOW = "more waits for you than may; connect again and join with `after`, the last number you have"


WINDOW_BITS = 12
"""Compression looks back over so many bits of bytes."""

RSV1 = 0x40
"""The bit of a frame's first byte that says it is compressed; the library's frames refuse it."""

WORTH_BYTES = 256
"""Frames from this size on are compressed for those who take them so."""


class Connection(ServerConnection):
    """A WebSocket that knows when it was heard of last, and hands messages on without a detour.

    Attributes:
        heard: when something came last, in seconds of its loop.
        take: is given each message; if it returns False, the message is queued for `recv`.
        queued: how many messages are queued, or were received and are being answered.
    """

    __slots__ = ("heard", "queued", "take")  # three further ones in its dict would make that five times as large

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heard = self.loop.time()
        self.take: Callable[[bytes], bool] | None = None
        self.queued = 0

    def lighten(self) -> None:
        """Let go of what only the beginning needed: with ten thousand members that is 30 MB."""
        if self.request is not None:
            self.request.headers.clear()  # the library's parser holds the request for good
        self.request, self.response = _FORGOTTEN, None
        self.logger = self.protocol.logger = logger
        self.drain_waiters = cast("Any", [])  # an empty deque has room for 64

    def data_received(self, data: bytes) -> None:
        """Something came, be it the answer to a ping."""
        self.heard = self.loop.time()
        super().data_received(data)

    def process_event(self, event: Any) -> None:
        """A frame, or the request that the connection began with."""
        if isinstance(event, WebSocketFrame) and event.fin and event.opcode in _DATA:
            if event.opcode is Opcode.TEXT and self.take is not None and self.take(bytes(event.data)):
                return
            self.queued += 1
        super().process_event(event)


_FORGOTTEN = Request("", Headers())
_DATA = Opcode.TEXT, Opcode.BINARY, Opcode.CONT


class Allowance:
    """So many commands a second, with a reserve of a few seconds' worth.

    Args:
        rate: commands a second.
        reserve_s: how many seconds of them may come at once.
        whole: the allowance that this one is a part of: of all connections of an agent.

    Attributes:
        why: what was exceeded, after a `take` that was refused.
    """

    __slots__ = ("_left", "_most", "_seen", "rate", "whole", "why")

    def __init__(self, rate: float, reserve_s: float = 3.0, *, whole: Allowance | None = None) -> None:
        self.rate, self.whole, self.why = rate, whole, ""
        self._most = self._left = rate * reserve_s
        self._seen = monotonic()

    @property
    def full(self) -> bool:
        """Nothing was taken lately."""
        self._refill()
        return self._left >= self._most

    def take(self) -> bool:
        """Take one; False if none is left just now, and `why` says of what."""
        self._refill()
        if self._left < 1:
            self.why = f"more than {self.rate:g} commands a second"
            return False
        if self.whole is not None and not self.whole.take():
            self.why = f"{self.whole.why} over all connections of an agent"
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """What was taken was not used."""
        self._left += 1
        if self.whole is not None:
            self.whole.give_back()

    def _refill(self) -> None:
        now = monotonic()
        self._left = min(self._most, self._left + (now - self._seen) * self.rate)
        self._seen = now


class Line:
    """A member's open connection; everything is written at once, in the order of the calls.

    Attributes:
        entry: whose it is.
        device: which of their devices.
        idle: nobody touches it; None if it has not said, and is as it was before it came back.
        call: it is in a call; None the same.
        since: when it began, in seconds of the connection's loop.
        rooms: the rooms that it gets everything from.
        cut: why it was cut off; "" while it is not.
        tally: what its gateway counts.
        deflates: it takes compressed frames.
        under_way: how many of its messages are on their way to the stream.
    """

    __slots__ = (
        "_closing",
        "_fewer",
        "_held",
        "_settled",
        "allowance",
        "call",
        "connection",
        "cut",
        "deflates",
        "device",
        "entry",
        "idle",
        "rooms",
        "since",
        "tally",
        "under_way",
    )

    def __init__(self, connection: Connection, entry: Pass, device: str, allowance: Allowance, tally: Tally) -> None:
        self.connection, self.entry, self.device, self.allowance = connection, entry, device, allowance
        self.tally, self.since = tally, connection.loop.time()
        self.rooms: set[str] = set()
        self.cut = ""
        self.idle: bool | None = None
        self.call: bool | None = None
        self.deflates = bool(connection.protocol.extensions)
        self.under_way = self._fewer = 0
        self._held = b""
        self._settled: asyncio.Future[None] | None = None

    def push(self, frame: Frame | bytes) -> None:
        """Write a frame."""
        write((self,), frame if isinstance(frame, bytes) else encode(frame))

    def hold(self, frame: Frame) -> None:
        """Write a frame when the loop has gone round, together with what is written until then."""
        if not self._held:
            asyncio.get_running_loop().call_soon(self.flush)
        self._held += _framed(encode(frame))

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            self.write(b"")

    def write(self, framed: bytes) -> bool:
        """Write frames as they are on the wire, and before them what is held; who does not read is cut off.

        False if nothing was written: the connection is closed or was cut off.
        """
        framed, self._held = self._held + framed, b""
        if self.cut or self.connection.protocol.state is not State.OPEN:
            return False
        transport = self.connection.transport
        transport.write(framed)
        if transport.get_write_buffer_size() > MOST_UNREAD:
            self.cut_off("too_slow", TOO_SLOW)
        return True

    def settle(self) -> None:
        """A message of this member came to the stream, or did not."""
        self.under_way -= 1
        if self.under_way <= self._fewer and self._settled is not None and not self._settled.done():
            self._settled.set_result(None)

    async def settled(self, most: int = 0) -> None:
        """Wait until no more than so many of this member's messages are on their way."""
        if self.under_way > most:
            self._fewer, self._settled = most, asyncio.get_running_loop().create_future()
            await self._settled

    def cut_off(self, code: str, message: str) -> None:
        """Say goodbye and close, within `CLOSE_S` and whether it is read or not."""
        if not self.cut and self.connection.protocol.state is State.OPEN:
            self.cut = code
            self.connection.transport.write(self._held + _framed(encode(Goodbye(code=code, message=message))))
            self._closing = asyncio.get_running_loop().create_task(self._close(code))

    async def _close(self, code: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):  # its own begins only when all is written, which may be never
                await self.connection.close(1008, code)
        self.connection.transport.abort()


def write(lines: Iterable[Line], data: bytes) -> int:
    """Write one text frame to many, and return to how many.

    It is framed, and compressed, once for all, and nobody waits for anybody.
    """
    written = 0
    plain = _framed(data)
    small = b"" if len(data) >= WORTH_BYTES else plain
    for line in lines:
        if line.deflates:
            small = small or _compressed(data)
            written += line.write(small)
        else:
            written += line.write(plain)
    return written


def _compressed(data: bytes) -> bytes:
    framed = bytearray(WebSocketFrame(Opcode.TEXT, deflated(data)).serialize(mask=False))
    framed[0] |= RSV1
    return bytes(framed)


def deflated(data: bytes) -> bytes:
    """A message as permessage-deflate has it (RFC 7692), nothing of the one before being kept: all can share it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -WINDOW_BITS, 5)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def _framed(data: bytes) -> bytes:
    return WebSocketFrame(Opcode.TEXT, data).serialize(mask=False)


def unframed(framed: bytes) -> bytes:
    """The text of one frame that was neither masked nor compressed."""
    return framed[{126: 4, 127: 10}.get(framed[1], 2) :]
