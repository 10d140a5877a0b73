"""One member's connection to a gateway: what is written to it, how much it may ask, and when it is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import Iterable, Iterator
from time import monotonic

from msgspec import Struct
from msgspec.json import Decoder
from websockets.frames import CloseCode, Opcode
from websockets.frames import Frame as WebSocketFrame
from websockets.protocol import State

from collab.live.access import Pass
from collab.live.connection import Connection
from collab.live.tally import Tally
from collab.protocol import Frame, Goodbye, encode

CLOSE_S = 1.0
"""So long a member that is cut off may take to read why; then it is dropped."""

SLOW_CLOSE_S = 10.0
"""The same for one that is cut off because it is slow."""

MOST_UNREAD = 1 << 20
"""So many bytes may wait for a member that does not read; with more it is cut off and resumes by number."""

TOO_SLOW = "more waited for you than may and was dropped; connect again and join with `after`, the last number you have"

WINDOW_BITS = 12
"""Compression looks back over so many bits of bytes."""

RSV1 = 0x40
"""The bit of a frame's first byte that says it is compressed; the library's frames refuse it."""

PACKED_END = b"\0\0\xff\xff"
"""What every compressed message ends with, and is left out of its frame."""

WORTH_BYTES = 256
"""Frames from this size on are compressed for those who take them so."""


def closing(code: str) -> CloseCode:
    """With what a WebSocket is closed after a goodbye: who may come again with the same token is told so."""
    again = {"stopping": CloseCode.SERVICE_RESTART, "too_slow": CloseCode.TRY_AGAIN_LATER}
    return again.get(code, CloseCode.POLICY_VIOLATION)


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
        self.connection.put(framed)
        if self.connection.unread_bytes > MOST_UNREAD:
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
        """Say goodbye and close, soon and whether it is read or not; of who is too slow, in place of what waits."""
        if not self.cut and self.connection.protocol.state is State.OPEN:
            self.cut = code
            unsent = [*self.connection.drop(), self._held]
            after: dict[str, int] = {}
            if code == "too_slow":
                after = _resuming(unsent)
            else:
                self.connection.transport.write(b"".join(unsent))
            self.connection.transport.write(_framed(encode(Goodbye(code=code, message=message, after=after))))
            self._closing = asyncio.get_running_loop().create_task(self._close(code))

    async def _close(self, code: str) -> None:
        most_s = SLOW_CLOSE_S if code == "too_slow" else CLOSE_S
        self.connection.close_timeout = most_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):  # its own begins only when all is written, which may be never
                await self.connection.close(closing(code), code)
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


def unframed(framed: bytes) -> Iterator[bytes]:
    """The text of each of some whole frames that were not masked."""
    at = 0
    while at < len(framed):
        head = {126: 4, 127: 10}.get(framed[at + 1], 2)
        size = framed[at + 1] if head == 2 else int.from_bytes(framed[at + 2 : at + head], "big")
        text = framed[at + head : at + head + size]
        if framed[at] & RSV1:
            text = zlib.decompressobj(-WINDOW_BITS).decompress(text + PACKED_END)
        yield text
        at += head + size


class _InRoom(Struct):
    """What tells, in a frame, of which room and number it is."""

    on: str
    room: str = ""
    number: int = 0


_IN_ROOM = Decoder(_InRoom)


def _resuming(unsent: Iterable[bytes]) -> dict[str, int]:
    """By room, the number before the first that is in none but these frames."""
    after: dict[str, int] = {}
    for framed in unsent:
        for told in map(_IN_ROOM.decode, unframed(framed)):
            if told.on == "happened":
                after.setdefault(told.room, told.number - 1)
    return after
