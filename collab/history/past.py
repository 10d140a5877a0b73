"""What happened in rooms, read from the history: a stretch of one room, and messages that are looked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from collab.events import MessageSent, decode, encode
from collab.history.reading import History

GONE = "(deleted)"
"""Stands for words that were taken back."""

NAMES = "array_to_string(json_extract_string(files, '$[*].name'), chr(10))"
"""What the files of a message are called."""

STRETCH = """WITH numbered AS (
  SELECT seq, row_number() OVER (ORDER BY seq) AS number, change IN ('sent', 'edited')
    AND message IN (SELECT message FROM chats WHERE change = 'deleted') AS gone
  FROM chats WHERE room = ? AND change != 'read'
)
SELECT number, data, gone FROM numbered JOIN events USING (seq)
WHERE number > ? AND number < ? ORDER BY number LIMIT ?"""

LATER = """WITH numbered AS (
  SELECT *, row_number() OVER (ORDER BY seq) AS number, change IN ('sent', 'edited')
    AND message IN (SELECT message FROM chats WHERE change = 'deleted') AS gone
  FROM chats WHERE room = ? AND change != 'read'
), there AS (SELECT message FROM numbered WHERE number BETWEEN ? AND ? AND change = 'sent')
SELECT number, data, gone FROM numbered JOIN events USING (seq)
WHERE number > ? AND message IN (
  FROM there UNION SELECT message FROM numbered WHERE change = 'sent' AND thread IN (FROM there)
) ORDER BY number"""


def stretch(history: History, room: str, after: int, before: int, count: int) -> list[tuple[int, bytes]]:
    """What happened in a room after a number and before another, in order: pairs of number and event as JSON.

    With more than `count` it is the oldest of them. Words that were taken back are not in it.
    """
    if not history.exists:
        return []
    rows = history.rows(["chats", "events"], STRETCH, room, after, before, count)
    return _legible(rows)


def later(history: History, room: str, first: int, last: int, after: int) -> list[tuple[int, bytes]]:
    """What became of the messages with these numbers after a number: their edits, answers and what became of those.

    In order, as `stretch` has them.
    """
    if not history.exists:
        return []
    return _legible(history.rows(["chats", "events"], LATER, room, first, last, after))


def _legible(rows: list[tuple[int, str, bool]]) -> list[tuple[int, bytes]]:
    return [(number, redacted(data) if gone else data.encode()) for number, data, gone in rows]


def number_of(history: History, room: str, message: str) -> int:
    """The number of a message in its room; 0 if it is not recorded."""
    if not history.exists:
        return 0
    rows = history.rows(["messages"], "SELECT number FROM messages WHERE room = ? AND message = ?", room, message)
    return int(rows[0][0]) if rows else 0


def ended(history: History, room: str) -> tuple[int, int]:
    """Where the history ends just now: the place on the stream, and the number of the room there."""
    if not history.exists:
        return 0, 0
    last = history.own_last
    count = "SELECT count(*) FROM chats WHERE room = ? AND change != 'read'"
    return last, history.as_of(last).rows(["chats"], count, room)[0][0]


def redacted(data: str | bytes) -> bytes:
    """A message or its edit as JSON, without the words and files that were taken back."""
    event = decode(data)
    files = {"files": ()} if isinstance(event, MessageSent) else {}
    return encode(msgspec.structs.replace(event, text=GONE, **files))


def found(
    history: History,
    rooms: list[str],
    *,
    words: str = "",
    agent: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    count: int = 50,
) -> list[dict[str, Any]]:
    """Messages in these rooms that hold all the words, of an author, in a time; the newest first.

    Names of files are searched, too; each message comes with its `files`. A word in quotes is a phrase; case does not
    matter.
    """
    if not history.exists or not rooms:
        return []
    wanted = _phrases(words)
    asks = ["NOT deleted", f"room IN ({', '.join('?' * len(rooms))})"]
    values: list[Any] = [*rooms]
    for text, value in (("agent = ?", agent), ("time >= ?", since), ("time < ?", until)):
        if value is not None:
            asks.append(text)
            values.append(value)
    asks += [f"contains(lower(concat_ws(chr(10), text, {NAMES})), ?)"] * len(wanted)
    values += wanted
    names = ("message", "room", "number", "agent", "thread", "text", "time", "files")
    query = (
        "SELECT message, room, number, agent, thread, text, epoch_us(time), coalesce(files, '[]') FROM messages "
        f"WHERE {' AND '.join(asks)} ORDER BY seq DESC LIMIT ?"
    )
    rows = (dict(zip(names, row, strict=True)) for row in history.rows(["messages"], query, *values, count))
    return [row | {"files": msgspec.json.decode(row["files"])} for row in rows]


def _phrases(words: str) -> list[str]:
    """The words that are looked for, in lower case; what stands in quotes is one, and quotes alone are themselves."""
    parts = words.lower().split('"')
    loose = [word for part in parts[::2] for word in part.split()]
    return [*loose, *(part for part in parts[1::2] if part.strip())] or words.lower().split()
