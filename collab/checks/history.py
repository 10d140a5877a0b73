"""Checks of the history: can it be read, how old is the newest of it, how large is it, and is there room?"""

from __future__ import annotations

from datetime import datetime

from collab.checks.check import Check, State, size, told
from collab.history import HistoryUnwritable, NewerHistory, NotAHistory
from collab.history.extent import Extent, extent
from collab.live.redis import hidden
from collab.metrics import lasting

PARTS = 200
"""The recorder merges the files of the events each 60 appends; so many of them say that it does not."""

OTHERS = 5
"""So many of the other teams of a history are named."""

LITTLE, LEAST = 2 << 30, 256 << 20
"""Bytes free from which on it is time to make room, and from which on the recorder is about to stop."""


def of_history(url: str, tenant: str, now: datetime) -> list[Check]:
    """The checks of a tenant's history; may take a while, so call it away from a loop."""
    where = hidden(url)
    try:
        found = extent(url, tenant)
    except (NotAHistory, NewerHistory, HistoryUnwritable) as error:
        return [_bad(*told(error, "Give the folder of a history, or a new one."))]
    except (OSError, ValueError, RuntimeError) as error:
        return [_bad(f"{where} cannot be read: {error}", "See that the folder or bucket is there and may be read.")]
    return [kept(where, tenant, found, now), *room(found)]


def kept(where: str, tenant: str, found: Extent, now: datetime) -> Check:
    """How much is there, and how old the newest of it."""
    name, facts = "History", [where]
    if not found.writable:
        fix = "Give the user that serves write permission there, or name another folder with COLLAB_HISTORY."
        return Check(name=name, state=State.bad, value="the folder cannot be written", fix=fix, facts=(where,))
    if not found.there:
        value = f"nothing of {tenant} is recorded yet"
        others = ", ".join(found.others[:OTHERS]) + (", …" if len(found.others) > OTHERS else "")
        fix = (
            f"Recorded here: {others}. Name whose team it is: collab doctor --tenant {found.others[0]}"
            if others
            else ""
        )
        return Check(name=name, state=State.unknown, value=value, fix=fix, facts=(where,))
    age = "" if found.newest is None else f"newest commit {lasting((now - found.newest).total_seconds())} ago"
    if found.bytes is not None:
        facts.append(f"{size(found.bytes)} in {found.files:,} files")
    facts.append(f"events in {found.parts:,} file{'s' if found.parts != 1 else ''}")
    if found.parts > PARTS:
        fix = "Files are merged while something is recorded: let one recorder run, and read its log if it does."
        return Check(name=name, state=State.warn, value=f"{age}; compaction is due", fix=fix, facts=tuple(facts))
    return Check(name=name, state=State.ok, value=age, facts=tuple(facts))


def room(found: Extent) -> list[Check]:
    """How much is free on the disk of the history; nothing of object storage."""
    if found.free_bytes is None:
        return []
    state = State.bad if found.free_bytes < LEAST else State.warn if found.free_bytes < LITTLE else State.ok
    fix = "Make room on the disk of the history, or move the folder; a full disk stops the recorder."
    value = f"{size(found.free_bytes)} free where the history lies"
    return [Check(name="Disk", state=state, value=value, fix=fix if state != State.ok else "")]


def _bad(value: str, fix: str) -> Check:
    return Check(name="History", state=State.bad, value=value, fix=fix)
