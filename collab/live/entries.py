"""Rows of a stream, as the server gives them, as entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collab.events import Entry, Unreadable, decode


def seq_of(row: Any) -> int:
    """The place of a row."""
    return int(row[0].partition(b"-")[0])


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
    fields = row[1]  # a dict from a command, a flat list from a script
    tenant, data = (fields[b"t"], fields[b"d"]) if isinstance(fields, dict) else (fields[1], fields[3])
    try:
        return Entry(seq_of(row), tenant.decode(), decode(data))
    except ValueError as error:
        raise Unreadable(
            f"the entry at {seq_of(row)} of tenant {tenant.decode(errors='replace')} is none that this version knows "
            f"({error}); bring all processes to the version that wrote it"
        ) from error
