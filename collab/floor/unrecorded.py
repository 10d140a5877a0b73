"""What happened in a room that is neither at hand nor in the history yet: it is on the stream."""

from __future__ import annotations

import asyncio

from collab.events import MessageDeleted, MessageEdited, MessageSent, RoomEvent, RoomRead, encode
from collab.history import History
from collab.history.past import ended, redacted
from collab.live.stream import Stream


async def unrecorded(stream: Stream, history: History, room: str, before: int) -> list[tuple[int, bytes]]:
    """What happened in a room after the end of the history and before a number: pairs of number and event as JSON.

    Words that were taken back are not in it. It is empty if the stream does not reach back to the history.
    """
    place, number = await asyncio.to_thread(ended, history, room)
    told: list[tuple[int, RoomEvent]] = []
    gone: set[str] = set()
    while entries := await stream.read(place):
        if entries[0].seq != place + 1:
            return []
        place = entries[-1].seq
        for entry in entries:
            event = entry.event
            if entry.tenant != stream.tenant or not isinstance(event, RoomEvent) or isinstance(event, RoomRead):
                continue
            if event.room == room:
                number += 1
                told.append((number, event))
                if isinstance(event, MessageDeleted):
                    gone.add(event.message)
    return [(number, _told(event, gone)) for number, event in told if number < before]


def _told(event: RoomEvent, gone: set[str]) -> bytes:
    of = event.id if isinstance(event, MessageSent) else event.message if isinstance(event, MessageEdited) else ""
    data = encode(event)  # type: ignore[arg-type]
    return redacted(data) if of in gone else data
