"""Rows of a stream, as the server gives them, as entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collab.events import Entry, Unreadable, decode

LARGE = 200_000
"""Bytes that take some milliseconds to decode, for which others on the loop should not wait."""


def seq_of(row: Any) -> int:
    """The place of a row."""
    return int(row[0].partition(b"-")[0])


def size_of(rows: Sequence[Any]) -> int:
    """Bytes of the events in some rows."""
    return sum(len(_fields(row)[1]) for row in rows)


def entries_of(rows: Sequence[Any], *, whole: bool = False) -> list[Entry]:
    """The entries of some rows; unless the `whole` is asked for they end before one that cannot be read.

    Raises:
        Unreadable: the first cannot be read, or with `whole` any of them.
    """
    found: list[Entry] = []
    for row in rows:
        try:
            found.append(_entry(row))
        except Unreadable:
            if whole or not found:
                raise
            break
    return found


def _entry(row: Any) -> Entry:
    tenant, data = _fields(row)
    try:
        return Entry(seq_of(row), tenant.decode(), decode(data))
    except ValueError as error:
        raise Unreadable(
            f"the entry at {seq_of(row)} of tenant {tenant.decode(errors='replace')} is none that this version knows "
            f"({error}); bring all processes to the version that wrote it"
        ) from error


def _fields(row: Any) -> tuple[bytes, bytes]:
    """The tenant and the event of a row."""
    fields = row[1]  # a dict from a command, a flat list from a script
    return (fields[b"t"], fields[b"d"]) if isinstance(fields, dict) else (fields[1], fields[3])
