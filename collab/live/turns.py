"""Members' turns: what each asks is answered in order, and messages go to the stream without waiting for each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from collab.claims import TooLate
from collab.live.line import Line
from collab.live.stream import StreamUnreachable
from collab.protocol import AnyCommand, Done, Refused, RequestCoaching, Send, command, id_of

logger = logging.getLogger(__name__)

UNDER_WAY = 256
"""So many messages of one connection may be on their way to the stream at once."""

SEND, FRONT = b'"send"', 400
"""What is looked for in the front of a frame to know a message without reading it; to miss one costs time only."""


class Floor(Protocol):
    """What the gateway needs of a tenant's floor."""

    def enter(self, line: Line) -> None:
        """A member's connection begins."""

    def leave(self, line: Line) -> None:
        """A member's connection ended."""

    async def do(self, line: Line, asked: AnyCommand) -> Any:
        """Carry a command out and return what the answer holds."""

    def send_soon(self, line: Line, asked: Send, done: Callable[[Any], None]) -> bool:
        """Send a message without waiting; False if only `do` can."""


async def listen(floor: Floor, line: Line) -> None:
    """Answer what a member asks, in order; messages go to the stream without waiting for those before them.

    Raises:
        websockets.exceptions.ConnectionClosed: the member is gone.
    """
    connection = line.connection
    connection.take = partial(_take, floor, line)
    aside: asyncio.Task[None] | None = None
    try:
        while True:  # an iterator would be one object more for each member
            data = await connection.recv()
            try:
                if isinstance(data, str) and _SEND in data[:FRONT]:
                    await line.settled(UNDER_WAY - 1)
                    if _send_soon(floor, line, data):
                        continue
                line.tally.bytes_in += len(data)
                await line.settled()
                asked = _read(line, data)
                if isinstance(asked, RequestCoaching):
                    aside = _aside(floor, line, asked, aside)
                elif asked is not None:
                    await _answer(floor, line, asked)
            finally:
                connection.queued -= 1
    finally:
        if aside is not None:
            aside.cancel()


def _take(floor: Floor, line: Line, data: bytes) -> bool:
    """Begin to send a message before it is queued, if nothing is before it; False if it must be queued."""
    free = not line.connection.queued and line.under_way < UNDER_WAY
    return free and SEND in data[:FRONT] and _send_soon(floor, line, data)


_SEND = SEND.decode()


def _send_soon(floor: Floor, line: Line, data: str | bytes) -> bool:
    """Begin to send a message if that is what is asked; False if it must wait for its turn."""
    try:
        asked = command(data)
    except ValueError:
        return False
    if not isinstance(asked, Send):
        return False
    if not _allowed(line, asked):
        return True
    line.under_way += 1
    start = perf_counter()
    try:
        if floor.send_soon(line, asked, lambda result: _tell(line, asked, start, result)):
            line.tally.bytes_in += len(data)
            return True
    except (PermissionError, ValueError) as error:
        line.tally.bytes_in += len(data)
        _tell(line, asked, start, error)
        return True
    line.under_way -= 1
    line.allowance.give_back()
    return False


def _tell(line: Line, asked: Send, start: float, result: Any) -> None:
    line.settle()
    done = Done(re=asked.id, result=result) if not isinstance(result, Exception) else _refused(line, asked.id, result)
    line.hold(done)
    line.tally.commands[Send].add(perf_counter() - start)


def _read(line: Line, data: str | bytes) -> AnyCommand | None:
    """What is asked, or None if it was refused already."""
    try:
        asked = command(data)
    except ValueError as error:
        line.tally.refused["malformed"] += 1
        line.push(Refused(re=id_of(data), code="malformed", message=str(error)))
        return None
    return asked if _allowed(line, asked) else None


def _allowed(line: Line, asked: AnyCommand) -> bool:
    if line.allowance.take():
        return True
    message = f"{line.allowance.why}; send fewer, or wait a moment"
    line.tally.refused["too_many"] += 1
    line.push(Refused(re=asked.id, code="too_many", message=message))
    return False


def _aside(floor: Floor, line: Line, asked: AnyCommand, before: asyncio.Task[None] | None) -> asyncio.Task[None]:
    """Answer what takes seconds while others go on, one at a time."""
    if before is None or before.done():
        return asyncio.get_running_loop().create_task(_answer(floor, line, asked))
    line.tally.refused["too_many"] += 1
    message = "what was asked before it is not answered yet, and takes some seconds; wait for that"
    line.push(Refused(re=asked.id, code="too_many", message=message))
    return before


async def _answer(floor: Floor, line: Line, asked: AnyCommand) -> None:
    start = perf_counter()
    try:
        line.push(Done(re=asked.id, result=await floor.do(line, asked)))
    except ConnectionClosed:
        return  # whom the answer was for is gone
    except Exception as error:
        line.push(_refused(line, asked.id, error))
    line.tally.commands[type(asked)].add(perf_counter() - start)


def _refused(line: Line, re: Any, error: Exception) -> Refused:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "failed")
    line.tally.refused[code] += 1
    if code == "failed":
        logger.error("a command failed", exc_info=error)
        message = "it failed on the server, and nothing is known of it; look at what happened and try again"
        return Refused(re=re, code=code, message=message)
    message = line.tally.unreachable(error) if code == "unreachable" else str(error)
    return Refused(re=re, code=code, message=message)


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (StreamUnreachable, "unreachable"),
    (PermissionError, "forbidden"),
    (ValueError, "refused"),
    (TooLate, "too_late"),
)
