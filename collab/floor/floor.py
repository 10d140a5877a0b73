"""A tenant's floor at one gateway: what each member may ask for, by role, and how it is carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import msgspec

from collab import protocol as p
from collab.chat import Room
from collab.desk import Desk
from collab.floor.act import Act, by_desk, by_holder, by_rooms, coaching, on_behalf, starting
from collab.floor.alerting import ALERTING
from collab.floor.devices import Devices
from collab.floor.hall import AT_ONCE, Hall
from collab.floor.hearing import may_see
from collab.floor.recalled import recalled
from collab.floor.shown import shown
from collab.floor.watching import WATCHING
from collab.history import History
from collab.history.past import found
from collab.live.follower import CLOSED
from collab.live.gateway import LEASE_S
from collab.live.line import Line
from collab.live.stream import StreamUnreachable
from collab.protocol.role import EVERYBODY, LEADING, OWNING, TUNING, WORKING, Role, one_of
from collab.reasons import shortened
from collab.records import Confirmation, Decision

CLERK = "desk"
"""Who makes the rooms that a team begins with."""

SHARED = ("mode", "seq", "recorded", "behind")
"""What of a process's status depends on other tenants of the same stream: members are not told."""


class Floor:
    """Carries out what members ask, for one tenant at one gateway.

    Attributes:
        said, dropped: how many messages were said here, and members cut off because they read too slowly.

    Args:
        desk: the tenant's started desk.
        history: gives the tenant's history, for what is not at hand.
        status: what works in this process, for `metrics`.
        dropped: called for each member who is cut off because it reads too slowly.
        lease_s: a member that is not heard of for so long is gone.
    """

    def __init__(
        self,
        desk: Desk,
        history: Callable[[], History],
        status: Callable[[], dict[str, Any]],
        *,
        dropped: Callable[[], None] = lambda: None,
        lease_s: float = LEASE_S,
    ) -> None:
        self.desk, self.hall, self._history, self._status = desk, Hall(desk, history), history, status
        self.devices, self._dropped = Devices(desk, self.hall, lease_s), dropped
        self.said = self.dropped = 0
        self._recalling: set[asyncio.Task[Confirmation]] = set()

    def close(self) -> None:
        """Hear of nothing any more."""
        self.hall.close()
        self.devices.close()
        for recalling in self._recalling:
            recalling.cancel()

    async def open(self) -> None:
        """Make the rooms that every team begins with, if there are none."""
        if not self.desk.team.rooms:
            await self.desk.rooms.create_defaults(CLERK)

    def send_away(self, why: str) -> None:
        """Cut everybody off who is here, if there is a reason; they may come again at once."""
        for line in tuple(self.hall.lines) if why else ():
            line.cut_off("stopping", why)

    def enter(self, line: Line) -> None:
        """A member's connection begins; their presence follows in a moment."""
        self.hall.lines.add(line)
        self.devices.came()

    def leave(self, line: Line) -> None:
        """A member's connection ended."""
        self.hall.leave(line)
        if line.cut == "too_slow":
            self.dropped += 1
            self._dropped()

    async def do(self, line: Line, asked: p.AnyCommand) -> Any:
        """Carry a command out and return what the answer holds.

        Raises:
            PermissionError: the role or the seat does not allow it.
            ValueError, RuntimeError: it cannot be done; says why.
        """
        allowed, act = _ACTS[type(asked)]
        self._allow(line, asked, allowed)
        return await act(self, line, asked)

    def send_soon(self, line: Line, asked: p.Send, done: Callable[[Any], None]) -> bool:
        """Send a message without waiting, `done` being called with the result or an exception; False if it cannot.

        Raises:
            PermissionError, ValueError: it cannot be done; says why.
        """
        self._allow(line, asked, _ACTS[p.Send][0])
        if asked.files or not self.desk.stream.soon:  # a file may have been uploaded at another desk
            return False
        agent = line.entry.agent
        self.hall.types(asked.room, agent, False)
        more = {"key": asked.key, "thread": asked.thread}

        def told(result: Any) -> None:
            if isinstance(result, Confirmation) and result.duplicate:
                self._recall(result, done)
            else:
                self.said += isinstance(result, Confirmation)
                done(result)

        return self.desk.rooms.send_soon(asked.room, agent, asked.text, done=told, **more)

    def _recall(self, said: Confirmation, done: Callable[[Any], None]) -> None:
        def found(task: asyncio.Task[Confirmation]) -> None:
            self._recalling.discard(task)
            gone = StreamUnreachable(CLOSED) if task.cancelled() else None  # who waits must hear of it, too
            done(gone or task.exception() or task.result())

        task = asyncio.get_running_loop().create_task(recalled(self.hall, said))
        self._recalling.add(task)
        task.add_done_callback(found)

    def _allow(self, line: Line, asked: p.AnyCommand, allowed: frozenset[Role]) -> None:
        if line.entry.role not in allowed:
            what = type(asked).__struct_config__.tag
            raise PermissionError(f"role is {line.entry.role}, which may not {what}; {one_of(allowed)} may")

    async def _join(self, line: Line, asked: p.Join) -> dict[str, Any]:
        known = self.desk.team.rooms.get(asked.room)
        if known is None or line.entry.agent not in known.members:
            # The stream may have lost their seat with what they have of the room.
            gone = known is not None and (asked.after or 0) > known.number
            await self.desk.rooms.join(asked.room, line.entry.agent, again=not asked.member and not gone)
        await self.hall.join(line, asked.room, asked.after)
        return shown(self.desk.team.rooms[asked.room], line.entry.agent)

    async def _leave(self, line: Line, asked: p.Leave) -> None:
        if asked.member:
            await self.desk.rooms.leave(asked.room, line.entry.agent)
        self.hall.leave_room(line, asked.room)

    async def _send(self, line: Line, asked: p.Send) -> Any:
        agent = line.entry.agent
        self.hall.types(asked.room, agent, False)
        files = {file.hash: file.name for file in asked.files}
        confirmation = await self.desk.rooms.send(
            asked.room, agent, asked.text, key=asked.key, thread=asked.thread, files=files
        )
        self.said += not confirmation.duplicate
        return await recalled(self.hall, confirmation) if confirmation.duplicate else confirmation

    async def _typing(self, line: Line, asked: p.Typing) -> None:
        self.seated(asked.room, line.entry.agent)
        self.hall.types(asked.room, line.entry.agent, asked.on)

    def rooms_of(self, agent: str) -> list[dict[str, Any]]:
        """The rooms that an agent may enter, with what they have not read there."""
        rooms = self.desk.team.rooms.values()
        return [shown(room, agent) for room in rooms if agent in room.members or not room.private]

    async def _list(self, line: Line, asked: p.ListRooms) -> list[dict[str, Any]]:
        return self.rooms_of(line.entry.agent)

    async def _page(self, line: Line, asked: p.Page) -> dict[str, Any]:
        self.seated(asked.room, line.entry.agent)
        number, events = await self.hall.page(asked.room, asked.before, asked.count)
        return {"room": asked.room, "number": number, "events": [msgspec.Raw(data) for data in events]}

    async def _search(self, line: Line, asked: p.Search) -> list[dict[str, Any]]:
        agent = line.entry.agent
        rooms = [room.id for room in self.desk.team.rooms.values() if agent in room.members]
        if asked.room is not None:
            rooms = [self.seated(asked.room, agent).id]
        words: dict[str, Any] = {"words": asked.words, "agent": asked.agent, "since": asked.since, "until": asked.until}
        rows = await asyncio.to_thread(found, self._history(), rooms, **words, count=asked.count)
        rows = [row | {"time": datetime.fromtimestamp(row["time"] / 1e6, UTC)} for row in rows]
        sizes = accumulate(len(msgspec.json.encode(row)) for row in rows)
        return [row for row, size in zip(rows, sizes, strict=True) if size <= AT_ONCE]

    def seated(self, room: str, agent: str) -> Room:
        """The room, if the agent is a member; else a PermissionError says that they are not."""
        known = self.desk.team.rooms.get(room)
        if known is None or agent not in known.members:
            raise PermissionError(f"room is {room!r}, and {agent} is no member; join it first")
        return known

    async def _presence(self, line: Line, asked: p.SetPresence) -> None:
        agent = asked.agent or line.entry.agent
        await self.devices.level()
        await self.desk.set_presence(agent, asked.presence, asked.reason, by=on_behalf(line, agent))

    async def _calendar(self, line: Line, asked: p.SetCalendar) -> None:
        agent = asked.agent or line.entry.agent
        await self.desk.set_calendar(agent, asked.busy, by=on_behalf(line, agent))

    async def _idle(self, line: Line, asked: p.Idle) -> None:
        line.idle = asked.on
        await self.devices.follow()

    async def _call(self, line: Line, asked: p.Call) -> None:
        line.call = asked.on
        await self.devices.follow()

    async def _workload(self, line: Line, asked: p.UpdateWorkload) -> None:
        changes: dict[str, Any] = {"capacity": asked.capacity, "presence": asked.presence, "on_shift": asked.on_shift}
        await self.desk.update_agent_workload(asked.agent, **changes, by=on_behalf(line, asked.agent))

    async def _route(self, line: Line, asked: p.RouteLead) -> Decision:
        lead, me = asked.lead.plain(self.desk.tenant), line.entry.agent
        decision = await self.desk.route_lead(lead)
        if line.entry.role is Role.agent and not may_see(me, decision, lead, self.desk.team.leads.get(lead.id)):
            raise PermissionError(f"lead is {lead.id!r}, which came in before and is not yours; a team lead may see it")
        return decision if asked.candidates is None else shortened(decision, asked.candidates)

    async def _metrics(self, line: Line, asked: p.Metrics) -> dict[str, Any]:
        gateway = {"said": self.said, "dropped": self.dropped, **self.hall.figures()}
        status = {name: value for name, value in self._status().items() if name not in SHARED}
        return {"team": self.desk.coordination_metrics(), "gateway": gateway, "process": status}


async def _pong(floor: Floor, line: Line, asked: p.Ping) -> dict[str, Any]:
    return {"time": datetime.now(UTC)}


async def _hello_again(floor: Floor, line: Line, asked: p.Hello) -> None:
    raise ValueError("hello was said before; to come in with another token open another connection")


def _closing(asked: p.CloseLead) -> dict[str, Any]:
    return {"converted": asked.converted, "value": asked.value, "satisfaction": asked.satisfaction}


def _joining(asked: p.AddAgent) -> dict[str, Any]:
    return {"skills": asked.skills, "capacity": asked.capacity, "on_shift": asked.on_shift}


_ACTS: dict[type[p.Command], tuple[frozenset[Role], Act]] = {
    p.Hello: (EVERYBODY, _hello_again),
    p.Ping: (EVERYBODY, _pong),
    p.Join: (EVERYBODY, Floor._join),
    p.Leave: (EVERYBODY, Floor._leave),
    p.Send: (WORKING, Floor._send),
    p.Edit: (WORKING, by_desk(lambda desk, me, c: desk.rooms.edit(c.room, me, c.message, c.text))),
    p.Delete: (WORKING, by_desk(lambda desk, me, c: desk.rooms.delete(c.room, me, c.message))),
    p.React: (WORKING, by_desk(lambda desk, me, c: desk.rooms.react(c.room, me, c.message, c.reaction, on=c.on))),
    p.Read: (EVERYBODY, by_desk(lambda desk, me, c: desk.rooms.read(c.room, me, c.number, c.thread))),
    p.Typing: (WORKING, Floor._typing),
    p.CreateRoom: (WORKING, by_desk(lambda desk, me, c: desk.rooms.create(c.room, me, c.name, private=c.private))),
    p.RenameRoom: (WORKING, by_rooms(lambda rooms, me, c, leads: rooms.rename(c.room, me, c.name, **leads))),
    p.ArchiveRoom: (WORKING, by_rooms(lambda rooms, me, c, leads: rooms.archive(c.room, me, **leads))),
    p.Invite: (WORKING, by_rooms(lambda rooms, me, c, leads: rooms.join(c.room, c.agent, by=me, seat=c.seat, **leads))),
    p.Remove: (WORKING, by_rooms(lambda rooms, me, c, leads: rooms.leave(c.room, c.agent, by=me, **leads))),
    p.ListRooms: (EVERYBODY, Floor._list),
    p.Page: (EVERYBODY, Floor._page),
    p.Search: (EVERYBODY, Floor._search),
    p.SetPresence: (WORKING, Floor._presence),
    p.Idle: (EVERYBODY, Floor._idle),
    p.Call: (EVERYBODY, Floor._call),
    p.SetCalendar: (WORKING, Floor._calendar),
    p.UpdateWorkload: (WORKING, Floor._workload),
    p.AddAgent: (LEADING, by_desk(lambda desk, me, c: desk.add_agent(c.agent, c.name, **_joining(c)))),
    p.RouteLead: (WORKING, Floor._route),
    p.Accept: (WORKING, by_holder(lambda desk, agent, c, by: desk.accept(c.lead, agent, by=by))),
    p.Decline: (WORKING, by_desk(lambda desk, me, c: desk.decline(c.lead, me, c.reason))),
    p.FirstResponse: (WORKING, by_holder(lambda desk, agent, c, by: desk.first_response(c.lead, agent, by=by))),
    p.CloseLead: (WORKING, by_holder(lambda desk, agent, c, by: desk.close_lead(c.lead, agent, **_closing(c), by=by))),
    p.Override: (LEADING, by_desk(lambda desk, me, c: desk.override(c.lead, c.to, by=me, reason=c.reason))),
    p.Assign: (LEADING, by_desk(lambda desk, me, c: desk.assign(c.lead, c.to, by=me, reason=c.reason))),
    p.AdoptWeights: (TUNING, by_desk(lambda desk, me, c: desk.adopt_weights(c.weights, by=me, reason=c.reason))),
    p.StartExperiment: (OWNING, starting),
    p.StopExperiment: (OWNING, by_desk(lambda desk, me, c: desk.stop_experiment(by=me, reason=c.reason))),
    p.RequestCoaching: (WORKING, coaching),
    **ALERTING,
    **WATCHING,
    p.Metrics: (EVERYBODY, Floor._metrics),
}


def roles_of(command: type[p.Command]) -> frozenset[Role]:
    """Whose tokens allow a command."""
    return _ACTS[command][0]
