"""Files that others read while they are written: put in their place in one step, by one writer at a time."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from filelock import FileLock


def put(file: Path, text: str) -> None:
    """Put a text in the file's place in one step, on the disk; a reader sees the old one or the new one, whole.

    A file that is there keeps its mode and owner, and is written where a link leads.
    """
    file = file.resolve()
    was = file.stat() if file.exists() else None
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        draft.touch(mode=0o666 if was is None else 0o600, exist_ok=False)
        with draft.open("wb") as new:
            new.write(text.encode())
            new.flush()
            os.fsync(new.fileno())
        if was is not None:
            draft.chmod(was.st_mode & 0o777)
            with suppress(PermissionError):  # who serves may be another user than who writes
                os.chown(draft, was.st_uid, was.st_gid)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def locked(file: Path) -> FileLock:
    """What keeps other processes from writing the file between our reading and our writing."""
    return FileLock(file.with_name(f".{file.name}.lock"))
