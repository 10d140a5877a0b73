"""Who is connected at this gateway, and who gets what of what happens."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from itertools import accumulate
from math import inf
from typing import Any

from collab import protocol as p
from collab.desk import Desk, utc_now
from collab.events import Entry, MessageDeleted, MessageSent, RoomEvent, RoomJoined, RoomLeft, RoomRead, encode
from collab.floor.hearing import heard_as, heard_by
from collab.floor.recent import Recent
from collab.floor.round import Round
from collab.floor.traffic import Traffic
from collab.floor.unrecorded import unrecorded
from collab.history import History
from collab.history.past import stretch
from collab.live.line import Line, write
from collab.protocol import Role

STRETCH = 500
"""So many events are read from the history at once for those who come back after long."""

RECORDED_S = 3.0
"""How long what is not at hand any more may take until it is in the history."""

LOOK_S = 0.1
"""How long is waited before the history is looked at again."""

AT_ONCE = 256 * 1024
"""So many bytes are written to who comes back before it is waited until they are gone."""

SETTLES_S = 0.25
"""That somebody came into a room is told within so long, with whoever comes meanwhile: at a team's start many do."""

TYPING_S = 6.0
"""Typing that is not said again ends after so long."""


class Hall:
    """Tells members what happens in their rooms and, if they watch, to agents and leads.

    Attributes:
        told: how many events of rooms were written to members, each counted for everybody who got it.
        told_bytes: the bytes of these.
        traffic: the messages of the last minute.

    Args:
        desk: the tenant's started desk.
        history: gives the tenant's history, for what is not at hand.
    """

    def __init__(self, desk: Desk, history: Callable[[], History]) -> None:
        self.desk, self.history = desk, history
        self.lines: set[Line] = set()
        self._in_room: defaultdict[str, set[Line]] = defaultdict(set)
        self._watching: set[Line] = set()
        self.told = self.told_bytes = 0
        self.traffic = Traffic()
        self._recent = {room.id: Recent(room.number) for room in desk.team.rooms.values()}
        self._typing: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._told: dict[str, tuple[int, list[bytes]]] = {}
        self._begun: defaultdict[str, dict[Line, int]] = defaultdict(dict)
        self._changed: list[Any] = []
        self._round = Round(self._tell)
        self.close = desk.subscribe(self._hear)

    @property
    def rooms(self) -> int:
        """In how many rooms somebody is here."""
        return sum(map(bool, self._in_room.values()))

    def figures(self) -> dict[str, Any]:
        """How many `connections` in how many `rooms`, events `told`, `messages_a_minute` and `heard_ms` of these."""
        heard = self.traffic.heard_ms(utc_now())
        here = {"connections": len(self.lines), "rooms": self.rooms, "told": self.told}
        return here | {"messages_a_minute": heard["n"], "heard_ms": heard}

    def leave(self, line: Line) -> None:
        """A member's connection ended."""
        self.lines.discard(line)
        self._watching.discard(line)
        for room in tuple(line.rooms):
            self.leave_room(line, room)

    def leave_room(self, line: Line, room: str) -> None:
        """Tell this connection nothing more of the room."""
        here = self._in_room.get(room, set())  # a room that is none must leave nothing behind
        here.discard(line)
        line.rooms.discard(room)
        self._begun.get(room, {}).pop(line, None)
        if not here:
            self._told.pop(room, None)  # what happens while nobody is here would be missing in it
        if not any(other.entry.agent == line.entry.agent for other in here):
            self.types(room, line.entry.agent, False)

    def watch(self, line: Line, on: bool) -> None:
        """Tell this connection what happens to agents and leads, or no more."""
        (self._watching.add if on else self._watching.discard)(line)

    def tell(self) -> None:
        """Tell what waits now."""
        self._round.now()

    async def join(self, line: Line, room: str, after: int | None) -> None:
        """Tell a member of the room what they missed, and from then on all that happens, without a seam."""
        if room in line.rooms:
            self.tell()  # they have what waits, too
        recent = self._recent[room]
        told = recent.last if after is None else after
        if told > recent.last:  # the gateway that they come from may be a moment ahead of this one
            await self.desk.catch_up()
        if told > recent.last:  # the stream lost what the member has
            told = recent.last
            line.push(p.Reset(room=room, number=told))
        while True:
            if told + 1 < recent.first:
                told = await self._tell_past(line, room, told)
                continue
            missed = _within(recent.after(told), AT_ONCE)
            if missed:
                self._bring((line,), room, told + 1, missed)
                told += len(missed)
            if told == recent.last:
                break  # nothing is awaited from here on: no event can come between
            await line.connection.drain()
        if line.entry.agent in self.desk.team.rooms[room].members:  # not sent out meanwhile
            self._in_room[room].add(line)
            line.rooms.add(room)
            if room in self._told:
                self._begun[room][line] = told  # of what waits they have so much

    async def _tell_past(self, line: Line, room: str, told: int) -> int:
        """Tell a stretch of what is not at hand any more; returns the number up to which all is told."""
        for _ in range(round(RECORDED_S / LOOK_S)):
            before = self._recent[room].first
            past = await self._past(room, told, before, STRETCH)
            if past and past[0][0] == told + 1:
                return await self._push(line, room, told, [data for _, data in past])
            await asyncio.sleep(LOOK_S)  # what is between was recorded and trimmed just now
        lost = (past[0][0] if past else before) - 1
        line.push(p.Reset(room=room, number=lost))
        return lost

    def types(self, room: str, agent: str, typing: bool) -> None:
        """Tell the others in the room that an agent types or ceased to; it ends by itself."""
        before = self._typing.pop((room, agent), None)
        if before is not None:
            before.cancel()
        if typing:
            loop = asyncio.get_running_loop()
            self._typing[room, agent] = loop.call_later(TYPING_S, self.types, room, agent, False)
        if typing != (before is not None):
            others = [line for line in self._in_room[room] if line.entry.agent != agent]
            write(others, p.encode(p.Types(room=room, agent=agent, typing=typing)))

    async def page(self, room: str, before: int | None, count: int) -> tuple[int, list[bytes]]:
        """So many events of a room before a number: the number of the first, and the events as JSON.

        They are fewer if they are long: no more than `AT_ONCE` bytes, and one at least.
        """
        recent = self._recent[room]
        before = recent.last + 1 if before is None else min(before, recent.last + 1)
        after = max(0, before - 1 - count)
        if after + 1 >= recent.first:
            events = recent.after(after)[: before - 1 - after]
        else:
            past = await self._past(room, after, before, count)
            after = past[0][0] - 1 if past else recent.first - 1
            events = [data for _, data in past]
            if after + len(events) + 1 >= recent.first:  # the newest are at hand only
                events += recent.after(after + len(events))[: max(0, before - 1 - after - len(events))]
        newest = len(_within(events[::-1], AT_ONCE))
        return after + 1 + len(events) - newest, events[len(events) - newest :]

    async def _past(self, room: str, after: int, before: int, count: int) -> list[tuple[int, bytes]]:
        """What is not at hand any more between two numbers: of the history and, if that is behind, of the stream."""
        past = await asyncio.to_thread(stretch, self.history(), room, after, before, count)
        has = past[-1][0] if past else after
        if len(past) < count and has + 1 < min(before, self._recent[room].first):
            found = await unrecorded(self.desk.stream, self.history(), room, before)
            # Once more, for what was recorded meanwhile is not among them either.
            past = await asyncio.to_thread(stretch, self.history(), room, after, before, count)
            has = past[-1][0] if past else after
            past += [one for one in found if one[0] > has]
        return past

    def _hear(self, entries: list[Entry]) -> None:
        wait = inf
        for entry in entries:
            event = entry.event
            if not isinstance(event, RoomEvent):
                if self._watching:
                    self._changed.append(event)
                    wait = 0.0
            elif isinstance(event, RoomRead):
                self._tell_own(event.agent, event)
            else:
                if isinstance(event, MessageSent):
                    self.traffic.hear(event, utc_now())
                data = encode(event)
                number = self._keep(event, data)
                if self._in_room.get(event.room):
                    self._told.setdefault(event.room, (number, []))[1].append(data)
                    wait = min(wait, SETTLES_S if isinstance(event, RoomJoined) else 0.0)
                if isinstance(event, RoomLeft):
                    self.tell()  # they hear of it, and of nothing after it
                    self._send_out(event.room, event.agent)
        if wait < inf:
            self._round.within(wait)

    def _tell(self) -> None:
        """Tell what was heard since the last time: all that came with one reply, or in a rest, leaves in one frame."""
        told, changed, self._told, self._changed = self._told, self._changed, {}, []
        begun, self._begun = self._begun, defaultdict(dict)
        for room, (first, events) in told.items():
            here, came = self._in_room[room], begun[room]
            self._bring(here - came.keys() if came else here, room, first, events)
            for line, has in came.items():
                if rest := events[has + 1 - first :]:
                    self._bring((line,), room, has + 1, rest)
        if changed and self._watching:
            self._tell_watching(changed)

    async def _push(self, line: Line, room: str, told: int, events: list[bytes]) -> int:
        """Tell what comes after a number, a part at a time as it is read; returns the number that it ends with."""
        while events:
            part = _within(events, AT_ONCE)
            self._bring((line,), room, told + 1, part)
            told, events = told + len(part), events[len(part) :]
            await line.connection.drain()
        return told

    def _bring(self, lines: Collection[Line], room: str, first: int, events: list[bytes]) -> None:
        data = p.happened(room, first, events)
        written = write(lines, data)
        self.told += written * len(events)
        self.told_bytes += written * len(data)

    def _keep(self, event: RoomEvent, data: bytes) -> int:
        recent = self._recent.get(event.room)
        if recent is None:
            recent = self._recent[event.room] = Recent(0)
        if isinstance(event, MessageDeleted):
            recent.redact(event.message)
        return recent.add(data)

    def _tell_own(self, agent: str, event: RoomRead) -> None:
        own = [line for line in self.lines if line.entry.agent == agent]
        if own:
            write(own, p.encode(p.Changed(events=[event])))

    def _tell_watching(self, events: list[Any]) -> None:
        by_role: defaultdict[Role, list[Line]] = defaultdict(list)
        for line in self._watching:
            by_role[line.entry.role].append(line)
        for line in by_role.pop(Role.agent, ()):
            if own := heard_by(line.entry.agent, events):
                line.push(p.Changed(events=own))
        for role, lines in by_role.items():
            if heard := heard_as(role, events):
                write(lines, p.encode(p.Changed(events=heard)))

    def _send_out(self, room: str, agent: str) -> None:
        for line in tuple(self._in_room[room]):
            if line.entry.agent == agent:
                self.leave_room(line, room)


def _within(events: list[bytes], most: int) -> list[bytes]:
    """The first events that are together no longer than so many bytes, one at least."""
    for place, size in enumerate(accumulate(map(len, events))):
        if size > most:
            return events[: max(1, place)]
    return events
