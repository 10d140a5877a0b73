"""When what waits is told: with what is urgent, within the time that it may wait, and after a rest."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from gateways import a_gate, raw
from websockets.asyncio.client import ClientConnection

from collab import protocol as p
from collab.floor import hall
from collab.floor.round import Round

NEVER_S = 3600.0


async def asked(socket: ClientConnection, command: Any) -> list[tuple[int, list[str]]]:
    """Ask, and return what of the room was told before the answer: the first number and the kinds of each frame."""
    await socket.send(p.encode(command), text=True)
    told: list[tuple[int, list[str]]] = []
    while (frame := json.loads(await socket.recv()))["on"] == "happened":
        told.append((frame["number"], [event["event"] for event in frame["events"]]))
    assert frame["on"] == "done", frame
    return told


def test_who_comes_is_told_with_what_is_urgent_and_nobody_hears_anything_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hall, "SETTLES_S", NEVER_S)

    async def come() -> None:
        async with a_gate(tmp_path) as gate, raw(gate, "ana") as ana, raw(gate, "bo") as bo, raw(gate, "cy") as cy:
            for socket in (ana, bo, cy):
                assert await asked(socket, p.Join(id=1, room="main")) == []
            room = gate.office.desk.team.rooms["main"]
            first = room.number - 1  # of Bo, after Ana; Cy's is the last
            assert await asked(ana, p.Ping(id=2)) == []
            told = await asked(cy, p.Send(id=2, room="main", text="hi"))
            told += await asked(cy, p.Ping(id=3))
            assert told == [(first + 2, ["message_sent"])]
            assert await asked(bo, p.Ping(id=2)) == [(first + 1, ["room_joined", "message_sent"])]
            assert await asked(ana, p.Ping(id=3)) == [(first, ["room_joined", "room_joined", "message_sent"])]

    asyncio.run(come())


def test_who_joins_again_has_all_that_waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hall, "SETTLES_S", NEVER_S)

    async def again() -> None:
        async with a_gate(tmp_path) as gate, raw(gate, "ana") as ana, raw(gate, "bo") as bo:
            await asked(ana, p.Join(id=1, room="main"))
            await asked(bo, p.Join(id=1, room="main"))
            last = gate.office.desk.team.rooms["main"].number
            assert await asked(ana, p.Join(id=2, room="main")) == [(last, ["room_joined"])]
            assert await asked(ana, p.Join(id=3, room="main", after=last - 1)) == [(last, ["room_joined"])]

    asyncio.run(again())


def test_what_happens_while_nobody_is_there_leaves_no_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hall, "SETTLES_S", NEVER_S)

    async def go() -> None:
        async with a_gate(tmp_path) as gate, raw(gate, "ana") as ana, raw(gate, "bo") as bo:
            for socket in (ana, bo):
                await asked(socket, p.Join(id=1, room="main"))
            for socket in (ana, bo):
                await asked(socket, p.Leave(id=2, room="main", member=False))
            await gate.office.desk.send_message("main", "ana", "to nobody")
            await asked(ana, p.Join(id=3, room="main"))
            last = gate.office.desk.team.rooms["main"].number
            told = await asked(ana, p.Send(id=4, room="main", text="hi"))
            assert told + await asked(ana, p.Ping(id=5)) == [(last + 1, ["message_sent"])]

    asyncio.run(go())


def test_it_is_told_once_for_all_who_asked_and_sooner_for_who_cannot_wait() -> None:
    async def ask() -> None:
        loop, told = asyncio.get_running_loop(), asyncio.Queue[float]()
        turn = Round(lambda: told.put_nowait(loop.time()))
        start = loop.time()
        for wait in (NEVER_S, 0.02, NEVER_S):
            turn.within(wait)
        assert await told.get() - start >= 0.02
        for wait in (NEVER_S, 0.0, NEVER_S):
            turn.within(wait)
        await asyncio.sleep(0)
        assert told.qsize() == 1
        turn.within(0.0)
        turn.now()  # what waited is told with it
        await asyncio.sleep(0)
        assert told.qsize() == 2

    asyncio.run(ask())
