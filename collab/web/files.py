"""`/files/{room}`: members put files into a room and get those of its messages; nobody else learns of them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from urllib.parse import quote

from tornado.web import stream_request_body

from collab.chat import Kept, file_name
from collab.files import INLINE, Draft, thumbnail
from collab.files.thumbnail import TYPE
from collab.floor import EVERYBODY, WORKING, Floor
from collab.live.access import Pass
from collab.web.page import Page, Taking, too_large
from collab.web.site import Refusal

AT_ONCE = 256 * 1024
"""So many bytes of a file are in memory for one who gets it."""


@stream_request_body
class Upload(Taking):
    """Takes a file into a room: the body is its bytes, `?name=` what it is called; the answer has its hash."""

    name = "upload"

    async def prepare(self) -> None:
        """Refuse what is not to be read, before it is read."""
        self.draft: Draft | None = None
        self.entry: Pass | None = None
        if self.request.method != "POST":
            return
        self.entry, shelf = self.let_in(WORKING), self.site.shelf
        self.begin(shelf.most_bytes)
        agent, room = self.entry.agent, self.path_args[0]

        async def checked(floor: Floor) -> None:
            if floor.seated(room, agent).archived:
                raise ValueError(f"room is {room!r}, which is archived; nothing is added to it any more")

        try:
            await self.site.on_floor(self.entry, checked)
        except Refusal as refusal:
            self.refuse(refusal)
        if self.refusal is None:
            self.draft = await asyncio.to_thread(shelf.begin, self.entry.tenant)

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece of the body to the disk; the next one is read then."""
        self.came()
        if self.draft is not None and self.draft.size <= self.site.shelf.most_bytes:
            await asyncio.to_thread(self.draft.write, chunk)

    async def post(self, room: str) -> None:
        """Keep the file: 201 with its hash, name, size and type, with which a message may have it."""
        self.whole()
        entry, draft, shelf = self.entry, self.draft, self.site.shelf
        assert entry is not None
        assert draft is not None
        if not draft.size:
            raise Refusal(400, "malformed", "the body is empty; send the bytes of the file")
        if draft.size > shelf.most_bytes:
            raise too_large(draft.size, shelf.most_bytes)

        async def taken(floor: Floor) -> str:
            return await shelf.take(floor.desk, draft, room, entry.agent)

        kind = await self.site.on_floor(entry, taken)
        name = file_name(self.get_query_argument("name", "file"), kind)
        self.answer(201, {"hash": draft.hash, "name": name, "size": draft.size, "type": kind})

    def on_finish(self) -> None:
        """Leave no draft behind."""
        super().on_finish()
        self._drop()

    def on_connection_close(self) -> None:
        """The same when the upload is cut."""
        super().on_connection_close()
        self._drop()

    def _drop(self) -> None:
        draft, self.draft = getattr(self, "draft", None), None
        if draft is not None:
            draft.drop()


class Download(Page):
    """Gives members of a room the bytes of a file that one of its messages has."""

    name = "download"

    async def get(self, room: str, hash: str) -> None:
        """The file, to be saved; pictures of safe types may be shown in place."""
        entry, kept = await self._kept(room, hash)
        name = file_name(kept.name or hash[:12], kept.type)
        await self._send(self.site.shelf.path(entry.tenant, hash), kept.type, name, hash)

    async def head(self, room: str, hash: str) -> None:
        """What the file is, without it."""
        await self.get(room, hash)

    async def _kept(self, room: str, hash: str) -> tuple[Pass, Kept]:
        """What the room knows of the file, if the token's holder may have it.

        Raises:
            Refusal: 403 to who is no member, 404 if no message has it.
        """
        entry = self.let_in(EVERYBODY)

        async def found(floor: Floor) -> Kept | None:
            return floor.seated(room, entry.agent).file(hash, entry.agent)

        kept = await self.site.on_floor(entry, found)
        if kept is None:
            raise Refusal(404, "refused", f"file is {hash[:80]!r}, which room {room} does not have, or not any more")
        return entry, kept

    async def _send(self, path: Path, kind: str, name: str, tag: str) -> None:
        self._describe(kind, name)
        self.set_header("Etag", f'"{tag}"')
        if self.check_etag_header():
            self.set_status(304)
            return
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except FileNotFoundError:
            raise Refusal(404, "refused", "the bytes of the file are not here; upload it again") from None
        with file:
            self.set_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            while self.request.method != "HEAD" and (data := await asyncio.to_thread(file.read, AT_ONCE)):
                self.write(data)
                await self.flush()

    def _describe(self, kind: str, name: str) -> None:
        """Say that this is a file and no page: it runs nothing, loads nothing, and is of no other kind than named."""
        shown = "inline" if kind in INLINE else "attachment"
        self.set_header("Content-Type", "text/plain; charset=utf-8" if kind == "text/plain" else kind)
        self.set_header("Content-Disposition", f"{shown}; filename*=UTF-8''{quote(name, safe='')}")
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "private, no-cache")


class Thumbnail(Download):
    """Gives members of a room a small picture of a picture."""

    name = "thumb"

    async def get(self, room: str, hash: str) -> None:
        """The thumbnail, made when it is first asked for."""
        entry, kept = await self._kept(room, hash)
        if kept.type not in INLINE:
            raise Refusal(415, "refused", f"the file is {kept.type}; thumbnails are of {', '.join(sorted(INLINE))}")
        whole, small = self.site.shelf.path(entry.tenant, hash), self.site.shelf.small(entry.tenant, hash)
        if not small.exists():
            async with self.site.drawing:
                await self.site.told(asyncio.to_thread(thumbnail, whole, small))
        await self._send(small, TYPE, f"{hash[:12]}.webp", f"{hash}-small")
