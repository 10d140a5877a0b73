"""The embedded stream's bell: what a process has of its own is not read back, and a lost sign is made up for."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from desks import at_desk, hire, lead, opened, until
from fakeredis import FakeServer
from strategies import NOON

from collab.claims import Claim
from collab.events import PresenceChanged
from collab.live import embedded
from collab.live.bell import Bell
from collab.live.embedded import Embedded


def test_a_desk_does_not_read_its_own_events_and_hears_those_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    url, asked = f"embedded://{uuid.uuid4().hex}", list[Embedded]()
    between = Embedded.between

    async def counted(self: Embedded, *args: Any, **more: Any) -> list[Any]:
        asked.append(self)
        return await between(self, *args, **more)

    async def run() -> None:
        async with at_desk(url) as desk, at_desk(url, name="b") as other:
            await hire(desk, "ana", capacity=50)
            await until(lambda: other.team.seq == desk.team.seq, other)
            monkeypatch.setattr(Embedded, "between", counted)
            for number in range(20):
                await desk.route_lead(lead(f"l{number}"))
            await until(lambda: other.team.seq == desk.team.seq, other)
            servers = [one.stream._server for one in (desk, other)]
            assert [server in asked for server in servers] == [False, True]

    asyncio.run(run())


def test_what_was_appended_without_a_sign_is_read_when_the_wait_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "BLOCK_S", 0.2)
    event = PresenceChanged(id="e", time=NOON, agent="ann", presence="available")  # type: ignore[arg-type]

    async def run() -> None:
        async with opened(f"embedded://{uuid.uuid4().hex}") as stream:
            first = await stream.append([Claim(event, (), ())])
            following = stream.follow(first.seq)
            monkeypatch.setattr(Bell, "ring", lambda self, key, seq: None)
            waits = asyncio.ensure_future(anext(following))
            await stream.append([Claim(PresenceChanged(**{**_fields(event), "id": "f"}), (), ())])
            assert [entry.seq for entry in await asyncio.wait_for(waits, 30)] == [first.seq + 1]

    asyncio.run(run())


def test_what_is_remembered_for_a_while_only_is_dropped_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "SWEEP_S", 0.0)
    event = PresenceChanged(id="e", time=NOON, agent="ann", presence="available")  # type: ignore[arg-type]

    async def run() -> None:
        server = FakeServer(version=(7, 4))
        monkeypatch.setattr(embedded, "FakeServer", lambda version: server)
        async with opened(f"embedded://{uuid.uuid4().hex}") as stream:
            await stream._server.client.set("for a while", "1", px=1)
            kept = server.dbs[0]._dict  # through its methods each look would drop it
            assert b"for a while" in kept
            while b"for a while" in kept:
                await stream.append([Claim(PresenceChanged(**{**_fields(event), "id": uuid.uuid4().hex}), (), ())])

    asyncio.run(run())


def _fields(event: PresenceChanged) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}
