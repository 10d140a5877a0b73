"""A file of a message for a page: its bytes, or a small picture of them, for who is in the room."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from collab.files import INLINE, thumbnail
from collab.files.thumbnail import TYPE
from collab.floor import Floor
from collab.office import Office
from collab.views.uploads import NO_SHELF


async def enclosed(office: Office, floor: Floor, agent: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The patch with the file that was asked for (`do` file), or with a picture of it (`do` picture).

    Raises:
        PermissionError: the agent is no member of the room.
        ValueError, RuntimeError: no message has the file, or no files are kept here.
    """
    room, hash = str(asked.get("room")), str(asked.get("hash"))
    kept = floor.seated(room, agent).file(hash, agent)
    if kept is None:
        raise ValueError(f"file is {hash[:80]!r}, which room {room} does not have, or not any more")
    if office.shelf is None:
        raise RuntimeError(NO_SHELF)
    place = office.shelf.path(office.tenant, hash)
    if asked.get("do") == "picture":
        if kept.type not in INLINE:
            raise ValueError(f"file is {kept.type}; pictures are of {', '.join(sorted(INLINE))}")
        small = office.shelf.small(office.tenant, hash)
        if not small.exists():
            await asyncio.to_thread(thumbnail, place, small)
        place = small
    if not place.exists():
        raise ValueError("the bytes of the file are not here; upload it again")
    data = base64.b64encode(await asyncio.to_thread(place.read_bytes)).decode()
    kind = TYPE if asked.get("do") == "picture" else kept.type
    return {"put": asked["do"], "hash": hash, "name": kept.name, "type": kind, "data": data}
