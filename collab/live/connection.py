"""A member's WebSocket at the gateway: when it was heard of, what comes in, and what waits until it reads."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, cast

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.http11 import Request

logger = logging.getLogger(__name__)


class Connection(ServerConnection):
    """A WebSocket that knows when it was heard of last, and hands messages on without a detour.

    What its socket does not take yet waits here frame by frame, so that it can be dropped between two frames.

    Attributes:
        heard: when something came last, in seconds of its loop.
        take: is given each message; if it returns False, the message is queued for `recv`.
        queued: how many messages are queued, or were received and are being answered.
    """

    __slots__ = ("_unsent", "_unsent_bytes", "heard", "queued", "take")  # in its dict they would make that far larger

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heard = self.loop.time()
        self.take: Callable[[bytes], bool] | None = None
        self.queued = 0
        self._unsent: deque[bytes] | None = None  # an empty deque has room for 64
        self._unsent_bytes = 0

    @property
    def unread_bytes(self) -> int:
        """So many bytes wait in this process because the member does not read."""
        return self.transport.get_write_buffer_size() + self._unsent_bytes

    def put(self, framed: bytes) -> None:
        """Write whole frames as they are on the wire, after all that was put before."""
        if not self.paused:
            self.transport.write(framed)
        else:
            if self._unsent is None:
                self._unsent = deque()
            self._unsent.append(framed)
            self._unsent_bytes += len(framed)

    def drop(self) -> list[bytes]:
        """Forget what was put and is not with the socket yet; returns it, in its order."""
        unsent, self._unsent, self._unsent_bytes = [*(self._unsent or ())], None, 0
        return unsent

    def resume_writing(self) -> None:
        """The socket takes something again: first what waits, then what those put who wait until nothing does."""
        self.paused = False
        while self._unsent and not self.paused:
            framed = self._unsent.popleft()
            self._unsent_bytes -= len(framed)
            self.transport.write(framed)
        if not self.paused:
            self._unsent = None
            self.paused = True  # as the library has it until it resumes
            super().resume_writing()

    def lighten(self) -> None:
        """Let go of what only the beginning needed: with ten thousand members that is 30 MB."""
        if self.request is not None:
            self.request.headers.clear()  # the library's parser holds the request for good
        self.request, self.response = _FORGOTTEN, None
        self.logger = self.protocol.logger = logger
        self.drain_waiters = cast("Any", [])  # an empty deque has room for 64
        frames = self.recv_messages.frames
        frames.queue = cast("Any", Few(frames.queue))

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


class Few(list[Any]):
    """A queue of what is seldom more than one; an empty deque has room for 64."""

    def popleft(self) -> Any:
        """Take the oldest."""
        return self.pop(0)

    def extendleft(self, items: Iterable[Any]) -> None:
        """Put each before all others, as a deque does."""
        for item in items:
            self.insert(0, item)


_FORGOTTEN = Request("", Headers())
_DATA = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
