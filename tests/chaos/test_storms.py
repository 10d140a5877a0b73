"""Gateways and Redis are killed, cut and held while members talk; nothing acknowledged is lost or comes twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
from pathlib import Path
from typing import Any

import pytest
from gateways import a_gate, raw, soon
from msgspec import structs
from proxy import Proxy
from storms import storm
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed

from collab import protocol as p
from collab.live.client import InRoom, Member, connect
from collab.live.line import MOST_UNREAD


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [2])
def test_a_storm_costs_nobody_a_message(seed: int, tmp_path: Path, redis_program: str) -> None:
    found = storm(seed, tmp_path, redis_program)
    assert found.good, structs.asdict(found)


async def keep(member: Member, numbers: list[int]) -> None:
    """Keep the numbers of what is heard."""
    async for heard in member.events():
        assert isinstance(heard, InRoom), heard
        numbers.append(heard.number)


@pytest.mark.timeout(300)
def test_480_of_500_who_are_cut_at_once_miss_nothing_and_hear_nothing_twice(tmp_path: Path, redis_url: str) -> None:
    async def cut() -> None:
        async with a_gate(tmp_path, redis_url, rate=1e9) as gate, Proxy(("127.0.0.1", gate.door.gateway.port)) as proxy:
            url = f"ws://127.0.0.1:{proxy.port}"
            stay = [gate.member(f"s{n}") for n in range(20)]
            go = [connect(url, gate.access.token("acme", f"g{n}")) for n in range(480)]
            members, heard = [*stay, *go], [list[int]() for _ in range(500)]
            for start in range(0, 500, 20):
                await asyncio.gather(*(member.__aenter__() for member in members[start : start + 20]))
                await asyncio.gather(*(member.join("wins") for member in members[start : start + 20]))
            first = await stay[0].send_message("wins", "all are here")
            keeping = [asyncio.create_task(keep(*pair)) for pair in zip(members, heard, strict=True)]
            try:
                for n in range(60):
                    if n == 20:
                        proxy.cut()
                    last = await stay[0].send_message("wins", f"{n}")
                await soon(lambda: all(numbers[-1:] == [last.number] for numbers in heard))
            finally:
                for task in keeping:
                    task.cancel()
                await asyncio.gather(*(member.__aexit__(None, None, None) for member in members))
            wanted = list(range(first.number, last.number + 1))
            assert all(numbers[-61:] == wanted for numbers in heard)
            assert all(numbers == list(range(numbers[0], numbers[0] + len(numbers))) for numbers in heard)

    asyncio.run(cut())


def test_a_member_who_stops_reading_costs_a_mebibyte_is_told_why_and_goes_on_where_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "collab.live.gateway")

    async def stop() -> None:
        async with a_gate(tmp_path, rate=1e9) as gate, Proxy(("127.0.0.1", gate.door.gateway.port)) as proxy:
            slow = connect(f"ws://127.0.0.1:{proxy.port}", gate.access.token("acme", "slow"))
            async with slow, gate.member("ana") as ana, gate.member("bo") as bo:
                numbers: dict[str, list[int]] = {"slow": [], "bo": []}
                for member in (slow, ana, bo):
                    await member.join("main")
                keeping = [
                    asyncio.create_task(keep(slow, numbers["slow"])),
                    asyncio.create_task(keep(bo, numbers["bo"])),
                ]
                line = next(line for line in gate.door.gateway.lines if line.entry.agent == "slow")
                proxy.hold("down")
                waiting = [0]
                while not line.cut:
                    last = await ana.send_message("main", "x" * 8000)
                    waiting.append(line.connection.unread_bytes)
                    assert len(waiting) < 10_000, "it was never cut off"
                assert max(waiting) < MOST_UNREAD + 100_000
                assert line.cut == "too_slow"
                await soon(lambda: line not in gate.door.gateway.lines)
                last = await ana.send_message("main", "the last")
                await soon(lambda: numbers["bo"][-1:] == [last.number])
                proxy.heal()
                await soon(lambda: numbers["slow"][-1:] == [last.number])
                wanted = list(range(last.number - len(waiting) + 1, last.number + 1))
                assert numbers["slow"][-len(wanted) :] == numbers["bo"][-len(wanted) :] == wanted
                assert len(set(numbers["slow"])) == len(numbers["slow"])
                assert slow.welcome is not None
                assert slow.welcome.cut == "too_slow"
                said = "slow of acme (python) is cut off as too_slow, which it could not be told"
                assert said in [record.getMessage() for record in caplog.records]
                for task in keeping:
                    task.cancel()

    asyncio.run(stop())


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_member_who_reads_slowly_hears_why_it_was_cut_off_and_from_where_to_go_on(
    compression: str | None, tmp_path: Path
) -> None:
    async def read() -> None:
        async with (
            a_gate(tmp_path, rate=1e9, compress=True, lease_s=600) as gate,
            gate.member("ana") as ana,
            open_socket(gate.url, compression=compression, max_size=None) as slow,
        ):
            await slow.send(p.encode(p.Hello(id=0, token=gate.access.token("acme", "slow"))), text=True)
            assert isinstance(p.frame(await slow.recv()), p.Welcome)
            await slow.send(p.encode(p.Join(id=1, room="main", after=0)), text=True)
            await ana.join("main")
            await soon(lambda: "slow" in gate.office.team.rooms["main"].members)
            line = next(line for line in gate.door.gateway.lines if line.entry.agent == "slow")
            slow.transport.pause_reading()
            while not line.cut:
                await ana.send_message("main", random.Random(1).randbytes(4000).hex())
            assert line.connection.unread_bytes < MOST_UNREAD // 8
            slow.transport.resume_reading()
            frames: list[Any] = []
            with contextlib.suppress(ConnectionClosed):
                while True:
                    frames.append(p.frame(await slow.recv()))
            assert (frames[-1].code, slow.close_code, slow.close_reason) == ("too_slow", 1013, "too_slow")
            happened = [frame for frame in frames if isinstance(frame, p.Happened)]
            number = sum(len(frame.events) for frame in happened)
            assert frames[-1].after == {"main": number}
            assert number < gate.office.team.rooms["main"].number
            assert happened[-1].number + len(happened[-1].events) - 1 == number

    asyncio.run(read())


def test_a_gateway_stops_though_a_member_does_not_read(tmp_path: Path) -> None:
    async def stop() -> None:
        async with a_gate(tmp_path, rate=1e9) as gate, gate.member("ana") as ana, raw(gate, "slow") as slow:
            await slow.send(p.encode(p.Join(id=1, room="main")), text=True)
            await ana.join("main")
            await soon(lambda: "slow" in gate.office.team.rooms["main"].members)
            line = next(line for line in gate.door.gateway.lines if line.entry.agent == "slow")
            slow.transport.pause_reading()
            while line.connection.unread_bytes < MOST_UNREAD // 2:
                await ana.send_message("main", "x" * 8000)
            async with asyncio.timeout(20):
                await gate.door.gateway.stop()

    asyncio.run(stop())
