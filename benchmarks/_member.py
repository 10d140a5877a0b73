"""A member for benchmarks/live.py, as little of a WebSocket client as will do."""

from __future__ import annotations

import asyncio
import zlib
from time import monotonic_ns
from typing import Any

TEXT, PING, PACKED = 1, 9, 0x40
DEFLATE = (
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
    "server_max_window_bits=12; client_max_window_bits=12\r\n"
)


class Client(asyncio.Protocol):
    """One member, as little of a WebSocket client as will do: frames are masked with zeros, arrivals are stamped."""

    offers = ""

    def __init__(self, port: int, path: str, hello: list[bytes], joined: bytes) -> None:
        self.packed = 0
        self.arrived: list[tuple[int, int, int]] = []
        self.ready = asyncio.get_running_loop().create_future()
        self._port, self._path, self.hello, self._joined = port, path, hello, joined
        self._data, self._open = b"", False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        asked = f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n{self.offers}"
        asked += (
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        transport.write(asked.encode())

    def data_received(self, data: bytes) -> None:
        now = monotonic_ns()
        data = self._data + data
        if not self._open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._data = head
                return
            self._open = True
            for frame in self.hello:
                self.send(frame)
        self._data = self._frames(data, now)

    def _frames(self, data: bytes, now: int) -> bytes:
        place = 0
        while len(data) - place >= 2:
            size, start = data[place + 1] & 127, place + 2
            if size > 125:
                width = 2 if size == 126 else 8
                if len(data) < start + width:
                    break
                size, start = int.from_bytes(data[start : start + width], "big"), start + width
            if len(data) < start + size:
                break
            kind, message = data[place] & 15, data[start : start + size]
            if kind == PING:
                self.transport.write(bytes([0x8A, 128 | size]) + b"\0\0\0\0" + message)
            elif kind == TEXT:
                if data[place] & PACKED:
                    self.packed += 1
                    message = zlib.decompressobj(-12).decompress(message + b"\0\0\xff\xff")
                self._take(message, now)
            place = start + size
        return data[place:]

    def _take(self, message: bytes, now: int) -> None:
        found = message.find(b"~")
        if found < 0 and not self.ready.done() and self._joined in message:
            self.ready.set_result(None)
        while found >= 0:
            sent, number = int(message[found + 1 : found + 17], 16), int(message[found + 17 : found + 25], 16)
            self.arrived.append((number, sent, now))
            found = message.find(b"~", found + 25)

    def send(self, message: bytes) -> None:
        size = len(message)
        head = bytes([129, 128 | size]) if size < 126 else bytes([129, 254]) + size.to_bytes(2, "big")
        self.transport.write(head + b"\0\0\0\0" + message)


class Packed(Client):
    """A member who takes frames compressed."""

    offers = DEFLATE
