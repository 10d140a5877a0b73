"""Where the bytes of files lie: a folder, by tenant and by the SHA-256 of what they are, each once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from collab.chat import stored
from collab.desk import Desk
from collab.events import Entry, MessageDeleted
from collab.files.kinds import TYPES, kind_of
from collab.history.folder import folder_name

logger = logging.getLogger(__name__)

GRACE_S = 60.0
"""What nobody has any more is removed so long after: an upload of the same bytes may be under way elsewhere."""

LOOKED_AT_ONCE = 2
"""So many files are looked at to know what they are at the same time, as a zip file may need a lot of memory."""

LEFT_OVER_S = 3600.0
"""A draft that nobody wrote to for so long is of an upload that was cut."""

_HASH = re.compile(r"[0-9a-f]{64}")


class Full(ValueError):
    """The team's files fill its quota; take messages with files back, or have the quota raised."""


class Shelf:
    """Keeps the files of all tenants.

    Args:
        folder: the folder, local or shared by all hosts.
        most_bytes: the largest file.
        quota: the most bytes of one tenant's files.
        types: the media types that are taken, of `TYPES`.
        grace_s: so long after its last message was taken back a file is removed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        most_bytes: int = 25 << 20,
        quota: int = 10 << 30,
        types: Iterable[str] = TYPES,
        grace_s: float = GRACE_S,
    ) -> None:
        self.folder = Path(folder)
        self.most_bytes, self.quota, self.types, self.grace_s = most_bytes, quota, frozenset(types), grace_s
        self._looking = ThreadPoolExecutor(LOOKED_AT_ONCE, "files")
        if unknown := self.types - TYPES:
            raise ValueError(f"types have {', '.join(sorted(unknown))}; known are {', '.join(sorted(TYPES))}")

    def test(self) -> None:
        """Make sure that files can be put into the folder, or that it can be made; leaves nothing behind.

        Raises:
            ValueError: they cannot; says why, and what to name instead.
        """
        place = self.folder.absolute()
        while not place.exists():
            place = place.parent
        try:
            tempfile.TemporaryFile(dir=place).close()
        except OSError as error:
            fix = "name a folder that this user may write with --files or COLLAB_FILES"
            raise ValueError(f"files cannot be put into {self.folder} ({error.strerror}); {fix}") from None

    def path(self, tenant: str, hash: str) -> Path:
        """Where the bytes of this hash lie, if they are here.

        Raises:
            ValueError: it is no hash.
        """
        return self._place(tenant, hash, "whole")

    def small(self, tenant: str, hash: str) -> Path:
        """Where the thumbnail of this file lies, if it was made."""
        return self._place(tenant, hash, "small")

    def begin(self, tenant: str) -> Draft:
        """A new file that bytes are written to."""
        folder = self._folder(tenant) / "new"
        folder.mkdir(parents=True, exist_ok=True)
        return Draft(folder / secrets.token_hex(16))

    def keep(self, tenant: str, draft: Draft) -> None:
        """Put the draft in its place, on the disk; bytes that are there already are there once, and new again."""
        place = self.path(tenant, draft.hash)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.sync()
        draft.path.replace(place)

    async def take(self, desk: Desk, draft: Draft, room: str, agent: str) -> str:
        """Keep a whole draft as a file that a member uploaded to a room; returns its media type.

        Raises:
            Unwanted: it is of a kind that is not taken.
            Full: the tenant has no room for it.
            FileNotFoundError: the same bytes were taken back meanwhile.
        """
        draft.end()
        kind = await asyncio.get_running_loop().run_in_executor(self._looking, kind_of, draft.path, self.types)
        self.check(desk, draft.size, draft.hash)
        await asyncio.to_thread(self.keep, desk.tenant, draft)
        await desk.rooms.upload(room, agent, draft.hash, draft.size, kind)
        if not self.path(desk.tenant, draft.hash).exists():
            raise FileNotFoundError("the file was taken back at the same moment; upload it again")
        return kind

    def check(self, desk: Desk, size: int, hash: str = "") -> None:
        """Make sure that the tenant has room for so many bytes more, if it does not have them already.

        Raises:
            Full: it has not.
        """
        has = stored(desk.team.rooms)
        used = sum(has.values())
        if hash not in has and used + size > self.quota:
            raise Full(f"the team's files have {used:,} bytes and this one {size:,}; at most {self.quota:,} are kept")

    def follow(self, desk: Desk) -> Callable[[], None]:
        """Remove what nobody has any more, now and while messages are taken back; returns the way out."""
        loop = asyncio.get_running_loop()
        waiting: list[asyncio.TimerHandle] = []
        tasks: set[asyncio.Task[None]] = set()

        def sweep() -> None:
            waiting.clear()
            tasks.add(task := loop.create_task(self.sweep(desk), name=f"files of {desk.tenant}"))
            task.add_done_callback(tasks.discard)

        def hear(entries: list[Entry]) -> None:
            if not waiting and any(isinstance(entry.event, MessageDeleted) for entry in entries):
                waiting.append(loop.call_later(self.grace_s, sweep))

        def leave() -> None:
            unsubscribe()
            for timer in waiting:
                timer.cancel()
            for task in tasks:
                task.cancel()

        unsubscribe = desk.subscribe(hear)
        waiting.append(loop.call_later(self.grace_s, sweep))
        return leave

    async def sweep(self, desk: Desk) -> None:
        """Remove the bytes that no room of the tenant has any more, and drafts of uploads that were cut."""
        has = stored(desk.team.rooms)
        gone = {hash for room in desk.team.rooms.values() for hash in room.files if hash not in has}
        try:
            await asyncio.to_thread(self._remove, desk.tenant, gone)
        except OSError as error:
            logger.warning("files of %s cannot be removed: %s", desk.tenant, error)

    def _remove(self, tenant: str, gone: set[str]) -> None:
        now = time.time()
        for hash in gone:
            place = self.path(tenant, hash)
            if place.exists() and now - place.stat().st_mtime >= self.grace_s:
                place.unlink(missing_ok=True)
                self.small(tenant, hash).unlink(missing_ok=True)
        for draft in (self._folder(tenant) / "new").glob("*"):
            with suppress(FileNotFoundError):  # it was kept, or its upload ended, just now
                if now - draft.stat().st_mtime > LEFT_OVER_S:
                    draft.unlink()

    def _folder(self, tenant: str) -> Path:
        return self.folder / folder_name(tenant)

    def _place(self, tenant: str, hash: str, what: str) -> Path:
        if not _HASH.fullmatch(hash):
            raise ValueError(f"hash is {hash[:80]!r}; it is 64 of the digits 0 to 9 and a to f")
        return self._folder(tenant) / what / hash[:2] / hash


class Draft:
    """A file that is being written, counted and hashed as it comes.

    Attributes:
        size: how many bytes it has.
        path: where they are.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, 0
        self._sum = hashlib.sha256()
        self._file = path.open("xb")

    @property
    def hash(self) -> str:
        """The SHA-256 of what was written."""
        return self._sum.hexdigest()

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)
        self._sum.update(data)
        self.size += len(data)

    def end(self) -> None:
        """Nothing more comes; others can read it."""
        self._file.flush()

    def sync(self) -> None:
        """Return when all is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def drop(self) -> None:
        """Remove it, if it was not kept; twice is as once."""
        self._file.close()
        self.path.unlink(missing_ok=True)
