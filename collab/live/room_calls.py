"""What a member may ask a gateway for in rooms, one call a command, named and answered as the desk does."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from collab import protocol as p
from collab.events import AnyEvent
from collab.live.given import pairs
from collab.live.heard import Hit, InRoom
from collab.records import Confirmation, Seat
from collab.wrong import choice


class RoomCalls(ABC):
    """The calls of a member in rooms; each raises what `ask` does."""

    @abstractmethod
    async def ask(self, command: p.Command) -> Any:
        """Ask for anything of `collab.protocol`; the command's `id` is set here.

        Raises:
            PermissionError: one may not.
            ValueError: it cannot be done as it is asked; names the field, its value and the fix.
            RuntimeError: others were faster, too much is asked, it failed there, or this is not the member's loop.
            CutOff: the connection was lost, and the command is not safe to repeat.
            TimeoutError: no answer came.
        """

    async def send_message(
        self,
        room: str,
        text: str,
        *,
        key: str | None = None,
        thread: str | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Confirmation:
        """Say something; it is kept when this returns. The same key again within a day adds nothing.

        `files` are the names of files that were uploaded to the room (docs/http.md), by their hashes.
        """
        key = key or uuid.uuid4().hex
        named = {} if files is None else pairs(files, "files", "the names of files by their hashes: {hash: name}")
        attached = tuple(p.Attached(hash=hash, name=name) for hash, name in named.items())
        send = p.Send(id=0, room=room, text=text, key=key, thread=thread, files=attached)
        return msgspec.convert(await self.ask(send), Confirmation)

    async def edit(self, room: str, message: str, text: str) -> None:
        """Put other words into one's own message."""
        await self.ask(p.Edit(id=0, room=room, message=message, text=text))

    async def delete(self, room: str, message: str) -> None:
        """Take a message back."""
        await self.ask(p.Delete(id=0, room=room, message=message))

    async def react(self, room: str, message: str, reaction: str, *, on: bool = True) -> None:
        """Put a reaction on a message, or take one's own away."""
        await self.ask(p.React(id=0, room=room, message=message, reaction=reaction, on=on))

    async def typing(self, room: str, on: bool = True) -> None:
        """Say that one is typing; it ends by itself after a few seconds."""
        await self.ask(p.Typing(id=0, room=room, on=on))

    async def read(self, room: str, number: int, thread: str | None = None) -> None:
        """Say up to which number one has read."""
        await self.ask(p.Read(id=0, room=room, number=number, thread=thread))

    async def create_room(self, room: str, name: str, *, private: bool = False) -> bool:
        """Make a room; False if there is one of this id already."""
        return bool(await self.ask(p.CreateRoom(id=0, room=room, name=name, private=private)))

    async def rename_room(self, room: str, name: str) -> None:
        """Give a room another name."""
        await self.ask(p.RenameRoom(id=0, room=room, name=name))

    async def archive_room(self, room: str) -> None:
        """Close a room: its members can read it, and nothing is added to it any more."""
        await self.ask(p.ArchiveRoom(id=0, room=room))

    async def invite(self, room: str, agent: str, seat: Seat | str = Seat.member) -> None:
        """Let somebody into a room, or give them another seat."""
        await self.ask(p.Invite(id=0, room=room, agent=agent, seat=choice(Seat, seat, "seat")))

    async def remove(self, room: str, agent: str) -> None:
        """End somebody's membership of a room."""
        await self.ask(p.Remove(id=0, room=room, agent=agent))

    async def rooms(self) -> list[dict[str, Any]]:
        """The rooms that one may enter, with what one has not read."""
        return list(await self.ask(p.ListRooms(id=0)))

    async def page(self, room: str, before: int | None = None, count: int = 100) -> list[InRoom]:
        """What happened in a room before a number, the newest last."""
        found = await self.ask(p.Page(id=0, room=room, before=before, count=count))
        events = msgspec.convert(found["events"], list[AnyEvent])
        return [InRoom(room, number, event) for number, event in enumerate(events, found["number"])]

    async def search(
        self,
        words: str = "",
        *,
        room: str | None = None,
        agent: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        count: int = 50,
    ) -> list[Hit]:
        """Messages in the rooms one is in: by words, room, author and time, the newest first."""
        asked = p.Search(id=0, words=words, room=room, agent=agent, since=since, until=until, count=count)
        return msgspec.convert(await self.ask(asked), list[Hit])
