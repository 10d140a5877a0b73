"""The journal of a folder of weights: what was adopted and rolled back, by whom and why, one entry after the other.

Entries are only ever added. What is in force after them is a stack: an adoption puts weights on top, a rollback takes
the top away. An office that watches the folder brings the last entry into force, once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from filelock import FileLock, Timeout
from msgspec import Meta

from collab.lines import Lines
from collab.records import Fact, Key, Name, aware
from collab.team import Team
from collab.whatif import kept
from collab.whatif.rescore import Values, integers

FILE = "adopted.yaml"
"""The journal's name in its folder."""

WAIT_S = 10.0
"""How long an entry waits for another that is being added."""

Reason = Annotated[str, Meta(min_length=1, max_length=2000)]


class AdoptionRefused(ValueError):
    """The weights cannot come into force so; the message says why, and what can be done."""


class Entry(Fact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weights came into force by an adoption, or again by the rollback of one.

    `entry` names it: the proposal's id and a digest of all else, so that an entry changed by hand is found. `id` is the
    proposal that was adopted or rolled back, `replaces` what was in force before; None if nobody knows.
    """

    entry: str
    kind: Literal["adopted", "rollback"]
    id: Key
    weights: Values
    replaces: Values | None
    by: Name
    time: datetime
    reason: Reason

    def __post_init__(self) -> None:
        super().__post_init__()
        integers(self.weights)
        if self.replaces is not None:
            integers(self.replaces)
        if self.entry and self.entry != (right := _name(self)):
            raise ValueError(f"entry is {self.entry!r}, but its fields make {right!r}: it was changed by hand")


def _name(entry: Entry) -> str:
    fields = msgspec.to_builtins(entry)
    del fields["entry"]
    return f"{entry.id}.{hashlib.sha256(msgspec.json.encode(fields)).hexdigest()[:12]}"


def entry_of(*, time: datetime | None = None, **fields: Any) -> Entry:
    """A new entry with its name; `time` is now, if none is given.

    Raises:
        ValueError: a field is wrong; names it, the value and what is expected.
    """
    moment = datetime.now(UTC) if time is None else aware(time)
    made = kept.converted({"entry": "", "time": moment, **fields}, Entry)
    return msgspec.structs.replace(made, entry=_name(made))


class Journal:
    """The journal of a folder.

    Args:
        folder: where it lies, beside the proposals.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE

    def entries(self) -> tuple[Entry, ...]:
        """All entries, the oldest first; none if there is no journal.

        Raises:
            OSError: it cannot be read.
            ValueError: it is broken, or an entry was changed by hand; names the file, the entry and the field.
        """
        if not self.path.exists():
            return ()
        found = Lines(self.path.read_bytes(), str(self.path)).data
        if found is None:
            return ()
        if not isinstance(found, list):
            raise ValueError(f"{self.path} is {type(found).__name__}; it is a list of entries")
        return tuple(
            kept.converted(one, Entry, f"{self.path}, entry {number}") for number, one in enumerate(found, start=1)
        )

    def stamp(self) -> tuple[int, ...] | None:
        """What differs once the journal was written again; None if there is none.

        Raises:
            OSError: it cannot be looked at.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def locked(self) -> FileLock:
        """A lock to hold while entries are read to add one.

        Raises:
            TimeoutError: another holds it for too long (when it is entered).
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        return _Lock(self.folder / f".{FILE}.lock", timeout=WAIT_S)

    def add(self, entry: Entry) -> Entry:
        """Add an entry; hold `locked` meanwhile."""
        kept.write(self.path, kept.text_of([*self.entries(), entry]))
        return entry


class _Lock(FileLock):
    def __enter__(self) -> _Lock:
        try:
            self.acquire()
        except Timeout:
            raise TimeoutError(f"{self.lock_file} is held by another for {WAIT_S:g} s; try again") from None
        return self


def standing(entries: Sequence[Entry]) -> list[Entry]:
    """The adoptions that are not rolled back, the one in force last."""
    found: list[Entry] = []
    for entry in entries:
        if entry.kind == "adopted":
            found.append(entry)
        elif found:
            found.pop()
    return found


def due(entries: Sequence[Entry], team: Team) -> Entry | None:
    """The entry that must come into force at this team; None if the last one did, or something newer did elsewhere."""
    if not entries or (last := entries[-1]).entry == team.entry:
        return None
    adopted = team.adopted
    if adopted is None or adopted.entry in {entry.entry for entry in entries} or last.time > adopted.time:
        return last
    return None


def adoption(entries: Sequence[Entry], team: Team) -> Entry | None:
    """The adoption by which the weights of this team are in force, or will be when it is taken up; None if by none."""
    if not entries or (last := entries[-1]).kind != "adopted":
        return None
    taken = team.adopted is not None and team.adopted.entry == last.entry
    return last if taken or due(entries, team) is last else None


def rollback(folder: str | os.PathLike[str], *, by: str, reason: str, of: Entry | None = None) -> Entry:
    """Take the last adoption of a folder back: the weights that it replaced come into force again.

    Once more takes back the one before it. With `of` only that entry is taken back.

    Raises:
        AdoptionRefused: none is left, it is not `of`, or nobody knows what it replaced.
        ValueError: a field is wrong, or the journal broken.
    """
    journal = Journal(folder)
    if journal.stamp() is None:  # a lock would make the folder
        fix = "name the tenant or the folder of weights that were adopted"
        raise AdoptionRefused(f"there is no {journal.path}, so there is nothing to roll back; {fix}")
    with journal.locked():
        entries = journal.entries()
        left = standing(entries)
        if of is not None and entries[-1:] != (of,):
            raise AdoptionRefused(f"{of.id} is not what came last into {journal.path}; look at what is in force now")
        if not left:
            raise AdoptionRefused(f"{journal.path} has no adoption that is in force; there is nothing to roll back")
        last = left[-1]
        if last.replaces is None:
            raise AdoptionRefused(
                f"nobody knows what {last.id} replaced, as it came of frames; propose and adopt the weights you want"
            )
        swapped: dict[str, Any] = {"weights": last.replaces, "replaces": last.weights}
        return journal.add(entry_of(kind="rollback", id=last.id, **swapped, by=by, reason=reason))


def watched(history: str, tenant: str, folder: str | os.PathLike[str] | None = None) -> Path | None:
    """The folder whose journal an office watches: the tenant's, in `folder`, else in `weights` beside the history.

    None for a history that is no folder, if none is named.
    """
    from collab.history.folder import folder_name  # loads the database, which a what-if over frames does without

    if folder is None and "://" in history:
        return None
    return (Path(folder) if folder is not None else Path(history).parent / "weights") / folder_name(tenant)
