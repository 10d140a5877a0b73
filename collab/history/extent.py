"""How large a tenant's history is, and when something was last added to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from collab.history.folder import Folder, folder_name
from collab.history.schema import EVENTS


class Extent(Struct, frozen=True, kw_only=True):
    """A tenant's history as it lies there.

    `files` and `bytes` are all on the disk, with those that are dropped within the hour; `parts` are the files of the
    events as a reader opens them now, which grow in number until they are merged. `newest` is the time of the newest
    commit. `others` are the other tenants there. `free_bytes` and `writable` are of the folder. Object storage tells
    `parts`, `newest` and `others` only.
    """

    there: bool = False
    files: int | None = None
    bytes: int | None = None
    parts: int = 0
    newest: datetime | None = None
    others: tuple[str, ...] = ()
    free_bytes: int | None = None
    writable: bool = True


def extent(url: str, tenant: str) -> Extent:
    """Look how large a tenant's history is; reads nothing of what is in it.

    Raises:
        NotAHistory: the folder holds other things.
        NewerHistory: the tables are newer than this program.
    """
    folder = Folder(url)
    tenants = folder.tenants()
    entered = tenant in tenants
    events = folder.open(folder.table_path(tenant, EVENTS.name)) if entered else None
    found = Extent(there=entered, others=tuple(sorted(set(tenants) - {tenant})))
    if events is not None:
        newest = datetime.fromtimestamp(events.history(1)[0]["timestamp"] / 1000, UTC)
        found = msgspec.structs.replace(found, parts=len(events.file_uris()), newest=newest)
    return _on_disk(found, Path(folder.url), folder_name(tenant)) if folder.local else found


def _on_disk(found: Extent, place: Path, tenant: str) -> Extent:
    sizes = list(_sizes(str(place / tenant)))
    standing = next(one for one in (place, *place.parents) if one.exists())  # a new folder is made there
    return msgspec.structs.replace(
        found,
        files=len(sizes),
        bytes=sum(sizes),
        free_bytes=shutil.disk_usage(standing).free,
        writable=os.access(standing, os.W_OK | os.X_OK),
    )


def _sizes(folder: str) -> Iterator[int]:
    """The size of each file; those that are merged away meanwhile are left out."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except FileNotFoundError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(entry.path)
            else:
                yield entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue
