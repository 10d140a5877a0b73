"""Real members at a gateway against a simple model of rooms, with cuts and comings back between any two steps."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from gateways import Gate, a_gate, soon
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from msgspec import Struct, field
from proxy import Proxy

from collab import protocol as p
from collab.events import (
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSent,
    RoomArchived,
    RoomCreated,
    RoomJoined,
    RoomLeft,
)
from collab.live.client import InRoom, Member, connect

AGENTS = ("ana", "bo", "cy")
DEVICES = ("desk", "phone")


class Said(Struct):
    """A message of the model."""

    number: int
    id: str
    agent: str
    text: str
    thread: str | None
    mentions: set[str]
    deleted: bool = False
    reactions: set[tuple[str, str]] = field(default_factory=set)


class ModelRoom(Struct):
    """A room of the model."""

    private: bool
    number: int = 0
    archived: bool = False
    members: list[str] = field(default_factory=list)
    moderators: set[str] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    read: dict[tuple[str, str | None], int] = field(default_factory=dict)
    came: dict[str, int] = field(default_factory=dict)

    def unread(self, agent: str, thread: str | None) -> list[Said]:
        """What an agent has not read, one message after the other."""
        upto = max(self.read.get((agent, thread), 0), self.came.get(agent, 0))
        others = [said for said in self.said if said.agent != agent and not said.deleted]
        return [said for said in others if said.thread == thread and said.number > upto]

    def view(self) -> Any:
        """What somebody sees who heard all of it."""
        said = [(s.number, s.agent, s.thread, "" if s.deleted else s.text, sorted(s.reactions)) for s in self.said]
        return self.number, sorted(self.members), self.archived, said


class Seen:
    """A room as a device has it from what it was told, and from nothing else."""

    def __init__(self) -> None:
        self.number, self.archived = 0, False
        self.members: set[str] = set()
        self.said: dict[str, list[Any]] = {}

    def take(self, number: int, event: Any) -> None:
        """Take in what happened."""
        assert number == self.number + 1, f"{number} came after {self.number}"
        self.number = number
        match event:
            case RoomCreated() | RoomJoined():
                self.members.add(event.agent)
            case RoomLeft():
                self.members.discard(event.agent)
            case RoomArchived():
                self.archived = True
            case MessageSent():
                self.said[event.id] = [number, event.agent, event.thread, event.text, set()]
            case MessageEdited():
                self.said[event.message][3] = event.text
            case MessageDeleted():
                self.said[event.message][3] = ""
            case MessageReacted():
                reactions, one = self.said[event.message][4], (event.agent, event.reaction)
                (reactions.add if event.on else reactions.discard)(one)

    def view(self) -> Any:
        """The same as the model's."""
        said = [(n, a, t, "" if text == "(deleted)" else text, sorted(r)) for n, a, t, text, r in self.said.values()]
        return self.number, sorted(self.members), self.archived, said


class Device:
    """One device of an agent: a member behind a proxy."""

    def __init__(self, agent: str, member: Member, proxy: Proxy) -> None:
        self.agent, self.member, self.proxy = agent, member, proxy
        self.on, self.idle = True, False
        self.seen: dict[str, Seen] = {}
        self.inside: set[str] = set()

    async def listen(self) -> None:
        """Take in what is heard."""
        async for heard in self.member.events():
            if isinstance(heard, InRoom):
                self.seen[heard.room].take(heard.number, heard.event)
            else:
                assert isinstance(heard, p.Changed | p.Types), heard

    @property
    def connected(self) -> bool:
        """Is it connected, and back in its rooms?"""
        return self.member._socket is not None and not self.member._rejoining


class Rooms(RuleBasedStateMachine):
    """Three agents with two devices each, who make rooms and talk."""

    gate: Gate
    loop: asyncio.AbstractEventLoop
    examples = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, ModelRoom] = {}
        self.devices: list[Device] = []
        self.chosen: dict[str, str] = {}
        self.tag = next(Rooms.examples)
        self._stack = AsyncExitStack()
        self._listening: list[asyncio.Task[None]] = []
        self.run(self._come())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run this in the gateway's loop, which stands still else."""
        return self.loop.run_until_complete(work)

    async def _come(self) -> None:
        port = self.gate.door.gateway.port
        for name, device in itertools.product(AGENTS, DEVICES):
            proxy = await self._stack.enter_async_context(Proxy(("127.0.0.1", port)))
            agent = f"{name}{self.tag}"
            token = self.gate.access.token("acme", agent)
            member = connect(f"ws://127.0.0.1:{proxy.port}", token, device=device)
            await self._stack.enter_async_context(member)
            self.devices.append(made := Device(agent, member, proxy))
            self._listening.append(asyncio.create_task(made.listen()))
        for agent in {device.agent for device in self.devices}:
            await self.gate.office.desk.add_agent(agent, agent)  # type: ignore[union-attr]

    def teardown(self) -> None:
        """Look once more, with all who were away back, and end."""
        try:
            for device in self.devices:
                self.run(self._back(device))
            self.all_have_what_the_model_has()
        finally:
            for task in self._listening:
                task.cancel()
            self.run(self._stack.aclose())

    async def _back(self, device: Device) -> None:
        if not device.on:
            device.on = True
            device.proxy.heal()
            device.inside = {room for room in device.inside if device.agent in self.rooms[room].members}
        await soon(lambda: device.connected)

    def _some(self, data: st.DataObject, found: Any) -> Any:
        return data.draw(st.sampled_from(found)) if found else None

    def _device(self, data: st.DataObject) -> Device | None:
        device = self._some(data, [device for device in self.devices if device.on])
        if device is not None:
            self.run(self._back(device))
        return device

    def _in(self, data: st.DataObject, *, writing: bool = True) -> tuple[Device, str, ModelRoom] | None:
        """A device, and a room that its agent is a member of."""
        device = self._device(data)
        if device is None:
            return None
        rooms = [
            id for id, room in self.rooms.items() if device.agent in room.members and not (writing and room.archived)
        ]
        room = self._some(data, rooms)
        return None if room is None else (device, room, self.rooms[room])

    @rule(data=st.data(), private=st.booleans())
    def create(self, data: st.DataObject, private: bool) -> None:
        """Make a room, and enter it."""
        device = self._device(data)
        if device is not None and len(self.rooms) < 3:
            id = f"r{self.tag}-{len(self.rooms)}"
            assert self.run(device.member.create_room(id, "A room", private=private))
            self.rooms[id] = ModelRoom(private, 1, members=[device.agent], moderators={device.agent})
            self._enter(device, id)

    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        """Enter a room on one device."""
        device = self._device(data)
        id = self._some(data, sorted(self.rooms))
        if device is None or id is None or id in device.inside:
            return
        room = self.rooms[id]
        if device.agent not in room.members:
            if room.private or room.archived:
                with pytest.raises((PermissionError, ValueError), match=r"private|archived"):
                    self.run(device.member.join(id, after=0))
                return
            room.number += 1
            room.members.append(device.agent)
            room.came[device.agent] = room.number
            room.read[device.agent, None] = room.number
        self._enter(device, id)

    def _enter(self, device: Device, id: str) -> None:
        device.inside.add(id)
        device.seen[id] = Seen()
        self.run(device.member.join(id, after=0))

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Leave a room, on all devices; who is alone in a private one may not, or nobody could let others in."""
        found = self._in(data, writing=False)
        if found is not None:
            device, id, room = found
            if room.private and not room.archived and room.members == [device.agent]:
                with pytest.raises(ValueError, match="nobody in it but"):
                    self.run(device.member.leave(id))
                return
            others = [other for other in self.devices if other.agent == device.agent and other.on]
            for other in others:
                self.run(self._back(other))
            self.run(device.member.leave(id))
            room.number += 1
            room.members.remove(device.agent)
            if room.moderators == {device.agent} and room.members and not room.archived:
                room.number += 1  # the seat passes on first
                room.moderators.add(room.members[0])
            room.moderators.discard(device.agent)
            for other in others:
                other.inside.discard(id)

    @rule(data=st.data())
    def archive(self, data: st.DataObject) -> None:
        """Archive a room, if one may; seldom, for little happens in it then."""
        found = self._in(data)
        if found is not None and data.draw(st.integers(0, 3)) == 0:
            device, id, room = found
            asked = device.member.ask(p.ArchiveRoom(id=0, room=id))
            if device.agent not in room.moderators:
                with pytest.raises(PermissionError, match="moderator"):
                    self.run(asked)
                return
            self.run(asked)
            room.number += 1
            room.archived = True

    @rule(data=st.data(), mention=st.sampled_from(("", "@all", *AGENTS)))
    def send(self, data: st.DataObject, mention: str) -> None:
        """Say something, in a thread or not."""
        found = self._in(data)
        if found is None:
            return
        device, id, room = found
        named = mention if mention in ("", "@all") else f"@{mention}{self.tag}"
        text = f"{room.number} {named}".strip()
        threads = {said.thread for said in room.said if said.thread and not said.deleted}
        open_ = [said for said in room.said if not said.deleted or (said.thread or said.id) in threads]
        answered = self._some(data, [None, *open_])
        thread = None if answered is None else answered.thread or answered.id
        sent = self.run(device.member.send_message(id, text, thread=None if answered is None else answered.id))
        room.number += 1
        assert (sent.number, sent.duplicate) == (room.number, False)
        mentions = set(room.members) if named == "@all" else {named[1:]}.intersection(room.members)
        room.said.append(Said(room.number, sent.message, device.agent, text, thread, mentions))

    @rule(data=st.data(), act=st.sampled_from(("edit", "delete", "react", "unreact")))
    def change(self, data: st.DataObject, act: str) -> None:
        """Edit, take back or react to a message."""
        found = self._in(data)
        said = self._some(data, found[2].said) if found is not None else None
        if found is None or said is None:
            return
        device, id, room = found
        where = {"id": 0, "room": id, "message": said.id}
        own = said.agent == device.agent or (act == "delete" and device.agent in room.moderators)
        asked = {
            "edit": lambda: p.Edit(**where, text=f"new {room.number}"),
            "delete": lambda: p.Delete(**where),
            "react": lambda: p.React(**where, reaction="+1"),
            "unreact": lambda: p.React(**where, reaction="+1", on=False),
        }[act]()
        if act in ("edit", "delete") and not own:
            with pytest.raises(PermissionError, match="change your own"):
                self.run(device.member.ask(asked))
            return
        if said.deleted and act in ("edit", "delete"):
            return
        self.run(device.member.ask(asked))
        room.number += 1
        if act == "edit":
            said.text, said.mentions = f"new {room.number - 1}", set()
        elif act == "delete":
            said.deleted = True
        else:
            (said.reactions.add if act == "react" else said.reactions.discard)((device.agent, "+1"))

    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        """Read the room or a thread, up to some number."""
        found = self._in(data, writing=False)
        if found is not None:
            device, id, room = found
            thread = self._some(data, [None, *sorted({said.thread for said in room.said if said.thread})])
            number = data.draw(st.integers(0, room.number))
            self.run(device.member.read(id, number, thread))
            before = room.read.get((device.agent, thread), 0)
            room.read[device.agent, thread] = max(before, number)

    @rule(data=st.data())
    def cut(self, data: st.DataObject) -> None:
        """Cut a connection, which comes back when it will."""
        device = self._some(data, [device for device in self.devices if device.on])
        if device is not None:
            before = device.member._socket
            device.proxy.cut()
            if before is not None:
                self.run(soon(lambda: device.member._socket is not before))

    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        """Take a device off the network."""
        device = self._device(data)
        if device is not None:
            device.on = False
            device.proxy.refuse()
            self.run(soon(lambda: device.member._socket is None))

    @precondition(lambda self: any(not device.on for device in self.devices))
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """Bring a device back."""
        self.run(self._back(self._some(data, [device for device in self.devices if not device.on])))

    @rule(data=st.data(), idle=st.booleans())
    def touch(self, data: st.DataObject, idle: bool) -> None:
        """Leave a device alone, or touch it again."""
        device = self._device(data)
        if device is not None:
            self.run(device.member.ask(p.Idle(id=0, on=idle)))
            device.idle = idle

    @rule(data=st.data(), presence=st.sampled_from(("available", "busy", "in_call", "away")))
    def choose(self, data: st.DataObject, presence: str) -> None:
        """Choose a presence."""
        device = self._device(data)
        if device is not None:
            self.run(device.member.set_presence(presence))
            self.chosen[device.agent] = presence

    @invariant()
    def all_have_what_the_model_has(self) -> None:
        """Each device that is there sees what the model says, and is told what it has not read."""
        self.run(self._all_level())

    async def _all_level(self) -> None:
        for device in self.devices:
            if device.on:
                await soon(lambda: device.connected)  # noqa: B023
                for id in device.inside:
                    await soon(lambda: device.seen[id].number >= self.rooms[id].number)  # noqa: B023
                    assert device.seen[id].view() == self.rooms[id].view()
                await self._told(device)
        for agent in {device.agent for device in self.devices if device.on}:
            await soon(lambda: self._present(agent))  # noqa: B023

    async def _told(self, device: Device) -> None:
        shown = {found["room"]: found for found in await device.member.rooms() if found["room"] in self.rooms}
        visible = {id for id, room in self.rooms.items() if not room.private or device.agent in room.members}
        assert set(shown) == visible
        for id, found in shown.items():
            room = self.rooms[id]
            new = room.unread(device.agent, None)
            threads = {said.thread for said in room.said if said.thread and not said.deleted}
            assert (found["number"], found["archived"]) == (room.number, room.archived)
            if device.agent in room.members:
                named = sum(device.agent in said.mentions for said in new)
                assert (found["unread"], found["mentions"]) == (len(new), named)
                unread = {thread: len(room.unread(device.agent, thread)) for thread in threads}
                assert found["threads"] == unread

    def _present(self, agent: str) -> bool:
        """Is the presence what follows from the choice and the devices? Those that went count for a while, or not."""
        here = [device.idle for device in self.devices if device.agent == agent and device.on]
        went = [device.idle for device in self.devices if device.agent == agent and not device.on]
        chosen = self.chosen.get(agent, "available")
        allowed = set()
        for idle in (all(here), all([*here, *went])):
            allowed.add("away" if idle and chosen in ("available", "busy") else chosen)
        return self.gate.office.team.agents[agent].presence in allowed


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[tuple[asyncio.AbstractEventLoop, Gate]]:
    """A gateway on an embedded stream, and its loop."""
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    yield loop, loop.run_until_complete(stack.enter_async_context(a_gate(tmp_path, rate=1e9)))
    loop.run_until_complete(stack.aclose())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.mark.timeout(300)
def test_members_see_what_the_model_says_whatever_is_cut(
    gate: tuple[asyncio.AbstractEventLoop, Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.live.client.LONGEST_PAUSE_S", 0.1)
    Rooms.loop, Rooms.gate = gate
    run_state_machine_as_test(Rooms, settings=settings(max_examples=8, stateful_step_count=25, deadline=None))
