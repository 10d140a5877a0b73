"""Files on their way from a page into rooms, a piece at a time, under the rules of those that come over HTTP."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from collab.chat import file_name
from collab.files import Draft, Shelf
from collab.floor import Floor
from collab.floor.floor import roles_of
from collab.office import Office
from collab.protocol import Role, Send

MOST_AT_ONCE = 10
"""So many files of one page are on their way at once; a message has no more either."""

NO_SHELF = "no files are kept here; name a folder for them with COLLAB_FILES"


class Uploads:
    """What one member uploads on one page; call it in the office's loop.

    A piece comes with the `key` of its file, the `room`, the file's `name` and `size`, `data` in base64, and `last` at
    its end; the answer to one is the leave to send the next.

    Args:
        office: where files are kept.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._drafts: dict[str, Draft] = {}
        self._under_way: set[str] = set()

    async def take(self, floor: Floor, agent: str, role: Role, asked: dict[str, Any]) -> dict[str, Any]:
        """Take in a piece; returns the patch that says how far the file is, or with the last what it is.

        Raises:
            PermissionError: the agent is no member of the room, or their role only reads.
            ValueError, RuntimeError: the file is not taken; says why.
        """
        key = str(asked.get("key"))
        if key in self._under_way:
            raise ValueError("a piece of this file is on its way already; wait for its answer")
        self._under_way.add(key)
        draft = self._drafts.pop(key, None)  # put back once all is well with it
        try:
            shelf = self._checked(floor, agent, role, asked)
            draft = draft or await asyncio.to_thread(shelf.begin, self._office.tenant)
            data = _bytes(asked.get("data"))
            measure(shelf, draft.size + len(data))
            await asyncio.to_thread(draft.write, data)
            if asked.get("last"):
                return {"put": "uploaded", "key": key} | await self._keep(floor, shelf, draft, agent, asked)
            self._drafts[key] = draft
            return {"put": "uploading", "key": key, "size": draft.size}
        finally:
            self._under_way.discard(key)
            if draft is not None and self._drafts.get(key) is not draft:
                draft.drop()

    def drop(self, key: str) -> None:
        """The file is not wanted any more."""
        if (draft := self._drafts.pop(key, None)) is not None:
            draft.drop()

    def clear(self) -> None:
        """Nothing more comes."""
        for key in tuple(self._drafts):
            self.drop(key)

    def _checked(self, floor: Floor, agent: str, role: Role, asked: dict[str, Any]) -> Shelf:
        """The shelf, if this may be put there now."""
        shelf, room = self._office.shelf, str(asked.get("room"))
        if role not in roles_of(Send):
            raise PermissionError(f"role is {role}, which reads rooms only; an agent or a team lead may add files")
        if floor.seated(room, agent).archived:
            raise ValueError(f"room is {room!r}, which is archived; nothing is added to it any more")
        if shelf is None:
            raise RuntimeError(NO_SHELF)
        if len(self._drafts) + len(self._under_way) > MOST_AT_ONCE:
            raise ValueError(f"{MOST_AT_ONCE} files are on their way already; wait until one is there")
        size = asked.get("size")
        measure(shelf, size if isinstance(size, int) else 0)
        return shelf

    async def _keep(
        self, floor: Floor, shelf: Shelf, draft: Draft, agent: str, asked: dict[str, Any]
    ) -> dict[str, Any]:
        """Put the whole file in its place, and say so to the room."""
        if not draft.size:
            raise ValueError("the file is empty; choose one with something in it")
        kind = await shelf.take(floor.desk, draft, str(asked["room"]), agent)
        name = file_name(str(asked.get("name") or "file"), kind)
        return {"hash": draft.hash, "name": name, "size": draft.size, "type": kind}


def measure(shelf: Shelf, size: int) -> None:
    """Make sure that a file of so many bytes is not too large.

    Raises:
        ValueError: it is.
    """
    if size > shelf.most_bytes:
        raise ValueError(f"the file has {size:,} bytes or more: at most {shelf.most_bytes:,} are taken")


def _bytes(data: object) -> bytes:
    try:
        return base64.b64decode(str(data), validate=True)
    except ValueError as error:
        raise ValueError(f"data is no base64 ({error}); send the bytes of the file so") from None
