"""One session's part in the team's rooms: it asks the office's floor as a member, and patches what is on the page.

What a browser asks are commands of the protocol, checked as at the gateway, and a few of the page's own. What it gets
are patches: a list of small dicts with `put`, at most one list every `FRAME_S`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from collab import protocol as p
from collab.events import Entry, RoomEvent, decode
from collab.floor import Floor
from collab.floor.insider import Insider
from collab.live.stream import StreamUnreachable
from collab.office import Office
from collab.office.floors import floor_of
from collab.views.bubble import bubble
from collab.views.enclosed import enclosed
from collab.views.feed import FRAME_S
from collab.views.transcript import Transcript

PAGE = 200
"""So many events of a room are asked for at once."""

ENOUGH = 60
"""With fewer messages than that, another page is asked for."""

ALLOWED = p.Send, p.Edit, p.Delete, p.React, p.Read, p.Typing, p.Search, p.CreateRoom
"""What a browser may ask of the floor as it is."""

OWN = ("ready", "choose", "enter", "older", "jump")
"""What a browser may ask of the page itself."""

REFUSED = (ValueError, RuntimeError, PermissionError, ConnectionError, StreamUnreachable)
Patch = dict[str, Any]


class Talk:
    """A member's rooms, and the one that is open.

    Args:
        office: whose rooms they are.
        schedule: reaches the session's thread from any other.
        put: shows patches.
        names: what agents are called now, by id.
    """

    def __init__(
        self,
        office: Office,
        schedule: Callable[[Callable[[], None]], Any],
        put: Callable[[list[Patch]], None],
        names: Callable[[], Mapping[str, str]],
    ) -> None:
        self.office, self._schedule, self._put, self._names = office, schedule, put, names
        self.me, self.room = "", ""
        self.rooms: dict[str, dict[str, Any]] = {}
        self.transcript = Transcript()
        self._line: Insider | None = None
        self._floor: Floor | None = None
        self._heard: list[p.AnyFrame] = []
        self._stale = self._due = False
        self._opening: list[p.AnyFrame] | None = None
        self._turn = asyncio.Lock()
        self._leave: Callable[[], None] = lambda: None

    @property
    def inside(self) -> bool:
        """Is somebody here, who hears what happens?"""
        return self._line is not None

    async def enter(self, me: str, role: p.Role) -> None:
        """Come in as this member, in place of who was here before; then show all."""
        await self.leave()
        await self.office.ask(self._open(me, role))
        self.me, self.transcript = me, Transcript()
        await self.show()

    async def _open(self, me: str, role: p.Role) -> None:
        self._floor = await floor_of(self.office)
        self._line = Insider(self.office.tenant, me, role, self._hear)
        self._leave = self.office.subscribe(self._happened)

    async def leave(self) -> None:
        """Hear nothing any more; who comes back is shown all anew."""
        if self._line is not None:
            await self.office.ask(self._close())

    def _close(self) -> Any:
        line, self._line = self._line, None  # from here on nothing is asked any more
        return self._left(line)

    async def _left(self, line: Any) -> None:
        self._leave()
        if self._floor is not None:
            self._floor.hall.leave(line)

    def forget(self) -> None:
        """The session is over."""
        if self._line is not None:
            with suppress(RuntimeError):  # the office may have stopped
                self.office.call(self._close())

    async def show(self) -> None:
        """Put everything on the page anew: the rooms, and what the open one holds."""
        async with self._turn:
            await self._show()

    async def _show(self) -> None:
        if self._line is None:
            self._put([{"put": "nobody"}])
            return
        await self._list()
        room = self.room if self.room in self.rooms else next(iter(self.rooms), "")
        if room:
            await self._choose(room)

    async def hear(self, asked: Mapping[str, Any]) -> None:
        """Do what a browser asks for; what cannot be done is said on the page."""
        try:
            await self._do(dict(asked))
        except REFUSED as error:
            self._put([{"put": "failed", "key": asked.get("key"), "do": asked.get("do"), "why": str(error)}])

    async def _do(self, asked: dict[str, Any]) -> None:
        do, room = asked.get("do"), str(asked.get("room") or self.room)
        if do in ("file", "picture") and self._floor is not None:
            self._put([await self.office.ask(enclosed(self.office, self._floor, self.me, asked))])
            return
        if do not in OWN:
            await self._command(p.command(msgspec.json.encode(asked | {"id": 0})))
            return
        async with self._turn:  # what opens a room is done one after the other
            if do == "ready":
                await self._show()
            elif do == "enter":
                await self.ask(p.Join(id=0, room=room))
                await self._list()
                await self._choose(room)
            elif do == "older":
                await self._older()
            else:
                await self._choose(room, int(asked.get("number") or 0))

    async def _command(self, asked: p.AnyCommand) -> None:
        if not isinstance(asked, ALLOWED):
            raise ValueError(f"do is {type(asked).__struct_config__.tag!r}, which is not asked for on this tab")
        result = await self.ask(asked)
        if isinstance(asked, p.Send):
            self._put([{"put": "sent", "key": asked.key, "number": result.number}])
        elif isinstance(asked, p.Search):
            names = self._names()
            rows = [row | {"name": names.get(row["agent"], row["agent"])} for row in result]
            rows = [row | {"time": row["time"].isoformat(), "in": self.rooms[row["room"]]["name"]} for row in rows]
            self._put([{"put": "found", "rows": rows}])
        elif isinstance(asked, p.CreateRoom):
            if not result:
                raise ValueError(f"room is {asked.room!r}, which exists already; give another name")
            self.room = asked.room
            await self.show()

    async def ask(self, command: Any) -> Any:
        """What the floor answers to a command of this member.

        Raises:
            PermissionError, ValueError, RuntimeError: it was refused; says why.
        """
        line, floor = self._line, self._floor
        if line is None or floor is None:
            raise RuntimeError("nobody is here; say who you are above the rooms, e.g. kim")
        return await self.office.ask(floor.do(line, command))  # type: ignore[arg-type]

    async def _choose(self, room: str, number: int = 0) -> None:
        """Open a room at its newest message, or around a number."""
        if room not in self.rooms:
            raise ValueError(f"room is {room!r}, which is not there; choose one of the list")
        for before in tuple(self._line.rooms - {room}) if self._line is not None else ():
            await self.ask(p.Leave(id=0, room=before, member=False))
        self.room, self.transcript, self._opening = room, Transcript(), []
        try:
            if self.rooms[room]["seat"] is not None:
                self.rooms[room] = await self.ask(p.Join(id=0, room=room))
                await self._page(number + PAGE // 2 if number else None)
                await self._enough()
            self._put([self._listed(), self._opened(number)])
        finally:
            meanwhile, self._opening = self._opening, None
        self._take(meanwhile, None)

    async def _older(self) -> None:
        """Load what was said before."""
        before = set(self.transcript.messages)
        await self._page(self.transcript.first)
        await self._enough(len(before))
        new = self.transcript.messages.keys() - before
        parents = {self.transcript.messages[one].thread for one in before} & self.transcript.messages.keys()
        rows = self._rows(new | {one for one in parents if one})
        self._put([{"put": "older", "room": self.room, "rows": rows, "more": self.transcript.first > 1}])

    async def _enough(self, had: int = 0) -> None:
        """Load on until there is something to read: a page may hold reactions only."""
        while self.transcript.first > 1 and len(self.transcript.messages) < had + ENOUGH:
            first = self.transcript.first
            await self._page(first)
            if self.transcript.first >= first:
                break

    async def _page(self, before: int | None) -> None:
        answer = await self.ask(p.Page(id=0, room=self.room, before=before, count=PAGE))
        self.transcript.take(answer["number"], [decode(bytes(data)) for data in answer["events"]])

    async def _list(self) -> None:
        rooms = await self.ask(p.ListRooms(id=0))
        self.rooms = {room["room"]: room for room in rooms}

    def _listed(self) -> Patch:
        return {"put": "rooms", "rooms": [*self.rooms.values()], "me": self.me, "room": self.room}

    def _opened(self, number: int) -> Patch:
        room, names, ends = self.rooms[self.room], self._names(), self.transcript
        return {
            "put": "room",
            "room": room,
            "members": [{"id": one, "name": names.get(one, one)} for one in room["members"]],
            "rows": self._rows(ends.messages),
            "more": ends.first > 1 and bool(ends.messages),
            "last": ends.last,
            "newest": room["seat"] is None or ends.last >= room["number"],
            "at": number,
        }

    def _rows(self, ids: Any) -> list[Patch]:
        names, members = self._names(), self.rooms[self.room]["members"]
        found = sorted((self.transcript.messages[id] for id in ids), key=lambda message: message.number)
        return [bubble(message, self.transcript, self.me, names, members) for message in found]

    def _hear(self, frame: p.AnyFrame) -> None:
        """A frame came, in the office's loop."""
        self._heard.append(frame)
        self._soon()

    def _happened(self, entries: list[Entry]) -> None:
        if any(isinstance(entry.event, RoomEvent) for entry in entries):
            self._stale = True
            self._soon()

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(FRAME_S, self._tell)

    def _tell(self) -> None:
        """Take all that was heard to the session's thread, with the rooms as they are by now."""
        self._due = False
        frames, self._heard = self._heard, []
        stale, self._stale = self._stale, False
        rooms = self._floor.rooms_of(self.me) if stale and self._floor is not None else None
        self._schedule(lambda: self._take(frames, rooms))

    def _take(self, frames: list[p.AnyFrame], rooms: list[dict[str, Any]] | None) -> None:
        patches: list[Patch] = []
        if self._line is None:
            return
        if self._opening is not None:
            self._opening, frames = self._opening + frames, []
        changed: set[str] = set()
        for frame in frames:
            if getattr(frame, "room", None) != self.room:
                continue
            if isinstance(frame, p.Happened):
                changed |= self._follow(frame)
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
        if patches:
            self._put(patches)

    def _follow(self, frame: p.Happened) -> set[str]:
        """What happened just now; while older words are looked at, only what changes these."""
        ends = self.transcript
        if frame.number <= ends.last + 1:
            return ends.take(frame.number, frame.events)
        changed: set[str] = set()
        for place, event in enumerate(frame.events):
            if getattr(event, "message", None) in ends.messages:
                changed |= ends.follow(frame.number + place, event)
        return changed
