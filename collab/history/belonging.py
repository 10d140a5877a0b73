"""Whether a history and a stream are of the same events, and what to do when they are not."""

from __future__ import annotations

import asyncio
from typing import Protocol

from collab.events import Entry, LeadAssigned
from collab.history.writer import Writer

READ_AT_ONCE = 100
"""Events read in one step, so that others on the loop get their turn."""

MOST_CANDIDATES = 100_000
"""No more is read after so many candidates: among 1,000 agents a decision is as large as a hundred other events."""


class Readable(Protocol):
    """What the recorder needs of a stream."""

    partition: int

    async def read(self, after: int, count: int) -> list[Entry]:
        """The entries after a place."""

    async def last(self) -> int:
        """The last place; 0 if there never was one."""

    async def first(self) -> int:
        """The first place still kept."""

    async def trim(self, before: int) -> None:
        """Drop the entries before a place."""


class HistoryMismatch(RuntimeError):
    """The stream and the history are not of the same events; give the recorder the history that belongs to the stream.

    An emptied stream is set to the end of its history with `Stream.restore(history.last, history.team().values())`.
    """


class StreamBehind(HistoryMismatch):
    """The stream has lost its end, or all, and has no event that the history does not have: it can be restored."""


def gap(url: str, first: int, recorded: int) -> str:
    """What to say of a stream that begins after the history's end."""
    return (
        f"the stream begins at {first} and the history at {url} ends at {recorded}, so events between "
        "them are lost; give the history that has them, or empty the stream and restore it from this one"
    )


def other_event(url: str, seq: int, streamed: str, recorded: str) -> str:
    """What to say of a place at which the stream and the history have different events."""
    return (
        f"event {seq} is {streamed} on the stream and {recorded} in the history at {url}; "
        "give the history that belongs to this stream, or a new folder"
    )


async def check(stream: Readable, writer: Writer) -> str | None:
    """Refuse a stream that is not the continuation of the history; the id of the last event that both have, if any.

    Raises:
        StreamBehind: the stream ends before the history.
        HistoryMismatch: they are not of the same events.
    """
    last, first, recorded, url = await stream.last(), await stream.first(), writer.recorded, writer.folder.url
    if last > recorded and first > recorded + 1:
        raise HistoryMismatch(gap(url, first, recorded))
    common = min(last, recorded)
    shared = None
    if common and first <= common:
        found = await stream.read(common - 1, 1)
        ids = await asyncio.to_thread(writer.ids_at, common)
        if found and found[0].seq == common and ids:
            shared = found[0].event.id
            if shared not in ids:
                raise HistoryMismatch(other_event(url, common, shared, ids[0]))
    if last < recorded:
        raise StreamBehind(
            f"the stream ends at {last} and the history at {url} at {recorded}; restore the stream with "
            "Stream.restore(history.last, history.team().values()), or give the history that belongs to it"
        )
    return shared


async def continuation(stream: Readable, url: str, after: int, id: str | None, most: int) -> tuple[list[Entry], bool]:
    """The stream's entries after the place `after`, where the event `id` is recorded, and whether more wait.

    Raises:
        HistoryMismatch: they do not go on from there.
    """
    entries: list[Entry] = []
    candidates = 0
    while len(entries) < most and candidates < MOST_CANDIDATES:
        place = entries[-1].seq if entries else after
        count = min(READ_AT_ONCE, most - len(entries))
        # The last one once more: a stream that lost its end in a failover may have gone on with other events.
        again = not entries and id is not None
        found = await stream.read(place - again, count + again)
        if again and found and found[0].seq == place:
            same = found.pop(0).event.id
            if same != id:
                raise HistoryMismatch(other_event(url, place, same, str(id)))
        if found and found[0].seq != place + 1:
            raise HistoryMismatch(gap(url, found[0].seq, after))
        entries += found
        candidates += sum(len(e.event.decision.candidates) for e in found if isinstance(e.event, LeadAssigned))
        if len(found) < count:  # caught up: a busy stream is not waited for
            return entries, False
    return entries, True
