"""A member in Python who gives up, is cut off in the middle, says too much, or whose token is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateways import a_gate, soon, texts
from proxy import Proxy
from strategies import NOON
from websockets.asyncio.server import ServerConnection, serve

from collab import protocol as p
from collab.live.client import connect


def test_who_gave_up_connecting_does_not_come_in_later() -> None:
    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connect("ws://127.0.0.1:1", "token").__aenter__(), 0.05)
        assert [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    asyncio.run(give_up())


def test_a_room_whose_join_was_cut_off_is_joined_again_after_the_next_cut_too(tmp_path: Path) -> None:
    async def talk() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana:
            await ana.create_room("race", "Race")
            token, tally = gate.access.token("acme", "bo"), gate.door.gateway.tally
            way = Proxy(("127.0.0.1", gate.door.gateway.port))
            async with way as proxy, connect(f"ws://127.0.0.1:{proxy.port}", token) as bo:
                proxy.lose("up")
                joining = asyncio.create_task(bo.join("race", after=0))
                await soon(lambda: any(link.torn for link in proxy.links))
                proxy.heal()  # which cuts the connection
                await joining
                entered = tally.entered
                proxy.cut()
                await soon(lambda: tally.entered > entered)
                await ana.send_message("race", "hello")
                assert [text for _, text in await texts(bo, 1)] == ["hello"]

    asyncio.run(talk())


def test_a_frame_that_no_gateway_takes_is_not_sent(tmp_path: Path) -> None:
    async def talk() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana:
            says = r"send has 70,\d+ bytes; a gateway takes 65,536: send less at once"
            with pytest.raises(ValueError, match=says):
                await ana.send_message("main", "x" * 70_000)
            await ana.join("main")
            assert gate.door.gateway.tally.entered == 1
            with pytest.raises(ValueError, match="hello has"):
                async with connect(gate.url, "x" * 70_000):
                    pass

    asyncio.run(talk())


def test_what_the_gateway_closed_for_being_too_long_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.live.gateway.MOST_BYTES", 1000)

    async def talk() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana:
            await ana.join("main")
            long = asyncio.create_task(ana.send_message("main", "x" * 2000))
            await ana.send_message("main", "short")
            with pytest.raises(ValueError, match=r"send has 2,\d+ bytes, which ws://127.0.0.1:\d+ does not take"):
                await long
            assert gate.door.gateway.tally.entered == 2

    asyncio.run(talk())


def test_a_hello_that_cannot_be_read_is_not_said_again(tmp_path: Path) -> None:
    async def knock() -> None:
        async with a_gate(tmp_path) as gate:
            with pytest.raises(ValueError, match="device is"):
                async with gate.member("ana", device="x" * 1000):
                    pass

    asyncio.run(knock())


def test_what_is_asked_while_a_member_says_all_again_is_asked_too() -> None:
    async def talk() -> None:
        came, again, asked = list[str](), asyncio.Event(), asyncio.Event()
        welcome = p.Welcome(re=0, agent="ana", tenant="acme", role=p.Role.agent, expires=NOON, lease_s=20)

        async def gate(socket: ServerConnection) -> None:
            await socket.recv()
            await socket.send(p.encode(welcome), text=True)
            await socket.recv()
            if not again.is_set():
                again.set()
                return  # which cuts the member off, who has asked more than fits on the way
            asked.set()
            async for data in socket:
                came.append(str(data)[:30])

        async with serve(gate, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}", "token") as ana:
                asking = [asyncio.create_task(ana.send_message("main", "x" * 60_000)) for _ in range(400)]
                await asked.wait()
                asking.append(asyncio.create_task(ana.set_presence("busy")))
                await soon(lambda: len(came) == len(asking) - 1)
                assert [frame for frame in came if "set_presence" in frame] == [came[-1]]
                for task in asking:
                    task.cancel()
                await asyncio.wait(asking)

    asyncio.run(talk())
