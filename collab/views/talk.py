"""One session's part in the team's rooms: it asks the office's floor as a member, and patches what is on the page.

What a browser asks are commands of the protocol, checked as at the gateway, and a few of the page's own. What it gets
are patches: a list of small dicts with `put`, at most one list every `FRAME_S`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from collab import protocol as p
from collab.events import decode
from collab.files import Unwanted
from collab.live.stream import StreamUnreachable
from collab.office import Office
from collab.views.about import about, became, began, invited, people, placed
from collab.views.bubble import bubble, hit, missing
from collab.views.enclosed import enclosed
from collab.views.member import Member
from collab.views.transcript import Transcript

PAGE = 200
"""So many events of a room are asked for at once."""

ENOUGH = 60
"""With fewer messages than that, another page is asked for."""

KEPT = 300
"""So many of the newest messages stay on a page that has too many of them."""

ALLOWED = (
    p.Send, p.Edit, p.Delete, p.React, p.Read, p.Typing, p.Search,
    p.CreateRoom, p.RenameRoom, p.ArchiveRoom, p.Invite, p.Remove, p.Leave,
)  # fmt: skip
"""What a browser may ask of the floor as it is."""

OWN = ("ready", "choose", "enter", "older", "trim", "jump")
"""What a browser may ask of the page itself."""

ASIDE = ("file", "picture", "upload", "drop", "about", "people")
"""What else: files, and who is there."""

REFUSED = (ValueError, RuntimeError, OSError, StreamUnreachable)
Patch = dict[str, Any]


class Talk:
    """A member's rooms, and the one that is open.

    Args:
        office: whose rooms they are.
        schedule: reaches the session's thread from any other.
        put: shows patches.
        names: what agents are called now, by id.
        room: which room is opened first, around this number if it is not 0.
    """

    def __init__(
        self,
        office: Office,
        schedule: Callable[[Callable[[], None]], Any],
        put: Callable[[list[Patch]], None],
        names: Callable[[], Mapping[str, str]],
        room: str = "",
        number: int = 0,
    ) -> None:
        self.office, self._put, self._names = office, put, names
        self.member = Member(office, schedule, self._take)
        self.me, self.room, self.number, self.drawn = "", room, number, False
        self.rooms: dict[str, dict[str, Any]] = {}
        self.transcript = Transcript()
        self._opening: list[p.AnyFrame] | None = None
        self._turn = asyncio.Lock()

    @property
    def inside(self) -> bool:
        """Is somebody here, who hears what happens?"""
        return self.member.inside

    async def enter(self, me: str, role: p.Role) -> None:
        """Come in as this member, in place of who was here before; then show all."""
        await self.member.enter(me, role)
        self.me, self.transcript = me, Transcript()
        await self.show()

    async def show(self) -> None:
        """Put everything on the page anew: the rooms, and what the open one holds."""
        async with self._turn:
            await self._show()

    async def _show(self) -> None:
        if not self.drawn:  # what is put before the browser is ready is lost
            return
        if not self.inside:
            self._put([{"put": "nobody"}])
            return
        await self._list()
        room, number, self.number = self.room, self.number, 0
        if room not in self.rooms:
            if room:
                why = f"room is {room[:80]!r}, which is not there for you"
                self._put([{"put": "failed", "do": "choose", "why": why}])
            room, number = next(iter(self.rooms), ""), 0
        if room:
            await self._choose(room, number)

    async def hear(self, asked: Mapping[str, Any]) -> None:
        """Do what a browser asks for; what cannot be done is said on the page."""
        try:
            await self._do(dict(asked))
        except REFUSED as error:
            more = {"key": asked.get("key"), "do": asked.get("do"), "for_good": isinstance(error, Unwanted)}
            self._put([{"put": "failed", "why": str(error)} | more])

    async def _do(self, asked: dict[str, Any]) -> None:
        do, room = asked.get("do"), str(asked.get("room") or self.room)
        if do in ASIDE:
            self._put(await self._aside(str(do), room, asked))
            return
        if do not in OWN:
            await self._command(p.command(msgspec.json.encode(asked | {"id": 0})))
            return
        async with self._turn:  # what opens a room is done one after the other
            if do == "ready":
                await self._show()
            elif do == "enter":
                await self.member.ask(p.Join(id=0, room=room))
                await self._list()
                await self._choose(room, int(asked.get("number") or 0))
            elif do == "older":
                await self._older()
            elif do == "trim":
                self.transcript.trim(KEPT)
                self._put([{"put": "trimmed", "room": self.room, "first": self.transcript.first}])
            else:
                await self._jump(room, asked)

    async def _jump(self, room: str, asked: Mapping[str, Any]) -> None:
        """Open a room around a number, or around a message of which only the id is known."""
        number = int(asked.get("number") or 0)
        if message := str(asked.get("message") or ""):
            number = await self.member.at(lambda floor, line: placed(floor, line.entry.agent, room, message))
        await self._choose(room, number)

    async def _aside(self, do: str, room: str, asked: dict[str, Any]) -> list[Patch]:
        """What comes of something that opens no room and says nothing in one."""
        if do == "upload":
            return [await self.member.upload(asked)]
        if do == "drop":
            await self.office.ask(self.member.drop(str(asked.get("key"))))
            return []
        if do == "about":
            return [await self.member.at(lambda floor, line: about(floor, line.entry, room, self._names()))]
        if do == "people":
            return [await self.member.at(lambda floor, line: people(floor, line.entry.agent, self._names()))]
        return [await self.member.at(lambda floor, line: enclosed(self.office, floor, line.entry.agent, asked))]

    async def _command(self, asked: p.AnyCommand) -> None:
        if not isinstance(asked, ALLOWED):
            raise ValueError(f"do is {type(asked).__struct_config__.tag!r}, which is not asked for on this tab")
        if isinstance(asked, p.Invite):
            await self.member.at(lambda floor, line: invited(floor, line, asked))
            return
        result = await self.member.ask(asked)
        if isinstance(asked, p.Send):
            self._put([{"put": "sent", "key": asked.key, "number": result.number}])
        elif isinstance(asked, p.Search):
            self._put([{"put": "found", "rows": [hit(row, self._names(), self.rooms) for row in result]}])
        elif isinstance(asked, p.CreateRoom):
            if not result:
                other = self.rooms.get(asked.room, {"name": "a room that is not yours"})["name"]
                raise ValueError(f"name is {asked.name!r}, which is too like that of {other}; give another")
            self._put([{"put": "created"}])
            self.room = asked.room
            await self.show()

    async def _choose(self, room: str, number: int = 0) -> None:
        """Open a room at its newest message, or around a number."""
        if room not in self.rooms:
            raise ValueError(f"room is {room!r}, which is not there; choose one of the list")
        for before in self.member.rooms - {room}:
            await self.member.ask(p.Leave(id=0, room=before, member=False))
        self.room, self.transcript, self._opening = room, Transcript(), []
        joined = 0  # what comes after it is heard, however far the room's number goes meanwhile
        try:
            if self.rooms[room]["seat"] is not None:
                self.rooms[room] = await self.member.ask(p.Join(id=0, room=room))
                joined = self.rooms[room]["number"]
                await self._page(number + PAGE // 2 if number else None)
                await self._enough()
                await self._catch_up(self.transcript.last)
                if thread := self.transcript.lacks(number):
                    for told in await self.member.at(lambda floor, line: began(floor, line.entry.agent, room, thread)):
                        self.transcript.follow(*told)
            self._put(
                [self._listed(), self._opened(number, joined), *missing(number, self.rooms[room], self.transcript)]
            )
        finally:
            meanwhile, self._opening = self._opening, None
        self._take(meanwhile, None)

    async def _older(self) -> None:
        """Load what was said before."""
        before, first = set(self.transcript.messages), self.transcript.first
        await self._page(first)
        await self._enough(len(before))
        await self._catch_up(first - 1)
        new = self.transcript.messages.keys() - before
        parents = {self.transcript.messages[one].thread for one in before} & self.transcript.messages.keys()
        rows = self._rows(new | {one for one in parents if one})
        self._put([{"put": "older", "room": self.room, "rows": rows, "more": self.transcript.first > 1}])

    async def _enough(self, had: int = 0) -> None:
        """Load on until there is something to read, as a page may hold reactions only."""
        ends = self.transcript
        while (first := ends.first) > 1 and len(ends.messages) < had + ENOUGH:
            await self._page(first)
            if ends.first >= first:
                break

    async def _catch_up(self, last: int) -> None:
        """While newer words are not loaded, or some were: what became since of what was said before, with answers."""
        room, ends = self.room, self.transcript
        if ends.trimmed or ends.last < self.rooms[room]["number"]:
            asked = room, (ends.first, last), last if ends.trimmed else ends.last
            for number, event in await self.member.at(lambda floor, line: became(floor, line.entry.agent, *asked)):
                ends.change(number, event)

    async def _page(self, before: int | None) -> None:
        answer = await self.member.ask(p.Page(id=0, room=self.room, before=before, count=PAGE))
        self.transcript.take(answer["number"], [decode(bytes(data)) for data in answer["events"]])

    async def _list(self) -> None:
        self.rooms = {room["room"]: room for room in await self.member.ask(p.ListRooms(id=0))}

    def _listed(self) -> Patch:
        shelf = self.office.shelf
        return {
            "put": "rooms",
            "rooms": [*self.rooms.values()],
            "me": self.me,
            "room": self.room,
            "members": self._members(),
            "most_bytes": shelf.most_bytes if shelf is not None else 0,
        }

    def _members(self) -> list[dict[str, str]]:
        """Who is in the room that is open."""
        names, room = self._names(), self.rooms.get(self.room)
        return [{"id": one, "name": names.get(one, one)} for one in (room["members"] if room else ())]

    def _opened(self, number: int, joined: int) -> Patch:
        room, ends = self.rooms[self.room], self.transcript
        return {
            "put": "room",
            "room": room,
            "members": self._members(),
            "rows": self._rows(ends.messages),
            "more": ends.first > 1 and bool(ends.messages),
            "last": ends.last,
            "newest": ends.last >= joined,
            "at": number,
        }

    def _rows(self, ids: Any) -> list[Patch]:
        names, members = self._names(), self.rooms[self.room]["members"]
        found = sorted((self.transcript.messages[id] for id in ids), key=lambda message: message.number)
        return [bubble(message, self.transcript, self.me, names, members) for message in found]

    def _take(self, frames: list[p.AnyFrame], rooms: list[dict[str, Any]] | None) -> None:
        patches: list[Patch] = []
        if not self.inside:
            return
        if self._opening is not None:
            self._opening, frames = self._opening + frames, []
        changed: set[str] = set()
        for frame in frames:
            if getattr(frame, "room", None) != self.room:
                continue
            if isinstance(frame, p.Happened):
                changed |= self.transcript.hear(frame.number, frame.events)
            elif isinstance(frame, p.Types):
                name = self._names().get(frame.agent, frame.agent)
                patches.append({"put": "typing", "who": frame.agent, "name": name, "on": frame.typing})
        if rooms is not None:
            self.rooms = {room["room"]: room for room in rooms}
            patches.append(self._listed())
        if changed:
            patches.append(
                {"put": "rows", "room": self.room, "rows": self._rows(changed), "last": self.transcript.last}
            )
        if self.transcript.full:
            patches.append({"put": "full", "room": self.room})
        if patches:
            self._put(patches)
