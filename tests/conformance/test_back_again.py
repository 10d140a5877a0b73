"""Members who come back, to a gateway that is behind, over a slow link, or while the stream is away."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from desks import SOON_S, opened
from gateways import a_gate, heard, raw, soon, texts
from proxy import Proxy
from real_redis import RealRedis
from strategies import NOON
from websockets.asyncio.client import connect as open_socket

from collab import protocol as p
from collab.claims import Claim
from collab.door import Door
from collab.events import MessageSent
from collab.floor import KEPT
from collab.live.access import Access
from collab.live.client import InRoom, Member, connect
from collab.live.follower import Follower
from collab.live.line import MOST_UNREAD
from collab.live.tally import UNREACHABLE


def from_redis(server: RealRedis, proxy: Proxy) -> str:
    """The address of the server behind the proxy."""
    proxy.target = str(server.socket)
    return f"redis://127.0.0.1:{proxy.port}/0"


def test_a_gateway_that_is_a_moment_behind_takes_nothing_back(
    redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    async def resume() -> None:
        async with (
            Proxy("") as slow,
            a_gate(tmp_path, redis_url) as ahead,
            a_gate(tmp_path, from_redis(redis_server, slow)) as behind,
            ahead.member("ana") as ana,
        ):
            await ana.join("main")
            told = (await ana.rooms())[0]["number"]
            slow.hold("down")
            for n in range(20):
                last = await ana.send_message("main", f"{n}")
            async with raw(behind, "ana") as socket:
                await socket.send(p.encode(p.Join(id=1, room="main", after=last.number)), text=True)
                await soon(lambda: behind.office.team.rooms["main"].number <= told)
                slow.heal()
                await ana.send_message("main", "after")
                frames: list[Any] = []
                while not any(isinstance(frame, p.Happened) for frame in frames):
                    frames.append(p.frame(await socket.recv()))
                assert not any(isinstance(frame, p.Reset) for frame in frames)
                came = [(frame.number, frame.events[0].text) for frame in frames if hasattr(frame, "events")]
                assert came == [(last.number + 1, "after")]

    asyncio.run(resume())


def test_what_was_read_or_answered_at_one_gateway_is_known_at_one_that_is_behind(
    redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    async def read() -> None:
        async with (
            Proxy("") as slow,
            a_gate(tmp_path, redis_url) as ahead,
            a_gate(tmp_path, from_redis(redis_server, slow)) as behind,
            ahead.member("ana") as ana,
            behind.member("bo") as bo,
        ):
            await ana.join("main")
            await bo.join("main")
            slow.delay_s["down"] = 0.3
            sent = await ana.send_message("main", "Hello @bo")
            assert behind.office.team.rooms["main"].number < sent.number
            await bo.ask(p.React(id=0, room="main", message=sent.message, reaction="+1"))
            again = await ana.send_message("main", "And this")
            await bo.read("main", again.number)
            assert (await bo.rooms())[0]["unread"] == 0

    asyncio.run(read())


def test_a_long_past_comes_over_a_slow_link_without_being_cut_off(tmp_path: Path) -> None:
    count = KEPT + 400

    async def resume() -> None:
        async with a_gate(tmp_path, rate=1e9) as gate, raw(gate, "bo") as bo:
            rooms = gate.office.desk.rooms  # type: ignore[union-attr]
            await rooms.create("big", "ana", "Big")
            for start in range(0, count, 100):
                await asyncio.gather(*(rooms.send("big", "ana", "\u4e2d" * 8000) for _ in range(start, start + 100)))
            await gate.office.recorder.flush()  # type: ignore[union-attr]
            line = next(iter(gate.door.gateway.lines))
            most = 0
            await bo.send(p.encode(p.Join(id=1, room="big", after=0)), text=True)
            number = 0
            while number < count + 1:
                frame = p.frame(await bo.recv())
                most = max(most, line.connection.unread_bytes)
                if isinstance(frame, p.Happened):
                    assert frame.number == number + 1
                    number += len(frame.events)
            assert most < MOST_UNREAD
            pages, before = 0, count
            while before > count - 300:
                await bo.send(p.encode(p.Page(id=2, room="big", before=before, count=300)), text=True)
                while not isinstance(found := p.frame(await bo.recv()), p.Done) or found.re != 2:
                    pass
                assert found.result["number"] + len(found.result["events"]) == before
                before, pages = found.result["number"], pages + 1
            assert pages > 10

    asyncio.run(resume())


def test_what_nobody_recorded_yet_comes_from_the_stream(tmp_path: Path, redis_url: str) -> None:
    count = KEPT + 300

    async def resume() -> None:
        async with a_gate(tmp_path, redis_url) as records, a_gate(tmp_path, redis_url) as joined:
            assert (records.office.mode, joined.office.mode) == ("live", "joined")
            rooms = joined.office.desk.rooms  # type: ignore[union-attr]
            await rooms.create("big", "bo", "Big")
            first = await rooms.send("big", "bo", "0")
            await records.office.recorder.flush()  # type: ignore[union-attr]
            await records.office.recorder.stop()  # type: ignore[union-attr]
            secret = await rooms.send("big", "bo", "my password")
            await rooms.delete("big", "bo", secret.message)
            for start in range(0, count, 100):
                await asyncio.gather(*(rooms.send("big", "bo", f"{n}") for n in range(start, start + 100)))
            async with joined.member("cy") as cy:
                await cy.join("big", after=first.number)
                found = await heard(cy, count + 2, lambda event: True)
                assert all(isinstance(event, InRoom) for event in found)
                assert [event.number for event in found] == list(range(first.number + 1, first.number + count + 3))
                said = [event.event.text for event in found if isinstance(event.event, MessageSent)]
                assert said == ["(deleted)", *(f"{n}" for n in range(count))]

    asyncio.run(resume())


def test_who_comes_while_the_stream_is_away_is_not_sent_away_for_good(redis_program: str, tmp_path: Path) -> None:
    server = RealRedis(redis_program)

    async def come() -> None:
        access = Access(tmp_path / "keys")
        door = Door(access, port=0, gateway={"host": "127.0.0.1"}, stream=server.url, history=str(tmp_path / "history"))
        await door.open()
        try:
            url = f"ws://127.0.0.1:{door.gateway.port}"
            server.kill()
            async with open_socket(url) as socket:
                await socket.send(p.encode(p.Hello(id=1, token=access.token("acme", "bo"))), text=True)
                answer = json.loads(await socket.recv())
                assert (answer["re"], answer["code"]) == (1, "unreachable")
                assert answer["message"] == UNREACHABLE
            coming = asyncio.create_task(_joined(connect(url, access.token("acme", "ana"))))
            await asyncio.to_thread(server.start)
            assert await coming == [1]
        finally:
            await door.close()

    try:
        asyncio.run(come())
    finally:
        server.stop()


async def _joined(member: Member) -> list[int]:
    """The numbers of a message that a new member sends."""
    async with member:
        await member.create_room("x", "X")
        return [(await member.join("x"))["number"]]


def test_a_room_that_one_was_sent_out_of_meanwhile_is_left_and_the_others_go_on(tmp_path: Path) -> None:
    async def come() -> None:
        async with a_gate(tmp_path) as gate, Proxy(("127.0.0.1", gate.door.gateway.port)) as proxy:
            ana = connect(f"ws://127.0.0.1:{proxy.port}", gate.access.token("acme", "ana"))
            async with ana, gate.member("bo") as bo:
                await bo.create_room("deal", "The deal", private=True)
                await bo.ask(p.Invite(id=0, room="deal", agent="ana"))
                await bo.join("main")
                for room in ("deal", "main"):
                    await ana.join(room)
                await bo.send_message("main", "before")
                proxy.refuse()
                await bo.ask(p.Remove(id=0, room="deal", agent="ana"))
                await bo.send_message("main", "meanwhile")
                proxy.heal()
                assert [text for _, text in await texts(ana, 2)] == ["before", "meanwhile"]
                with pytest.raises(PermissionError):
                    await ana.send_message("deal", "still here?")

    asyncio.run(come())


def test_a_reply_of_redis_that_is_lost_adds_no_second_message(
    redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    async def say() -> None:
        async with (
            Proxy("") as proxy,
            a_gate(tmp_path, from_redis(redis_server, proxy)) as gate,
            gate.member("ana") as ana,
        ):
            await ana.join("main")
            before = on_stream(redis_server)
            proxy.lose("down")
            saying = asyncio.create_task(ana.send_message("main", "once", key="k"))
            await soon(lambda: on_stream(redis_server) > before)
            proxy.heal()
            sent = await saying
            assert (await ana.send_message("main", "once", key="k")).duplicate
            assert [one async for one in _numbers(ana, 1)] == [sent.number]
            assert gate.office.team.rooms["main"].number == sent.number

    asyncio.run(say())


def test_a_message_that_another_gateway_has_already_is_confirmed_when_it_is_known_here_too(
    redis_server: RealRedis, redis_url: str
) -> None:
    async def again() -> None:
        async with (
            Proxy("") as proxy,
            opened(from_redis(redis_server, proxy)) as near,
            opened(redis_url, "main") as far,
        ):
            here = Follower(near)
            await here.catch_up()
            await here.commit([message("first")])
            proxy.hold("down")
            seen = asyncio.Queue[tuple[Any, int]]()
            for text in ("ours", "theirs"):
                here.commit_soon([message(text)], lambda receipt: seen.put_nowait((receipt, here.team.seq)))
                await soon(lambda: on_stream(redis_server) >= 2)
                if text == "ours":
                    await far.append([message("theirs")])
            proxy.heal()
            async with asyncio.timeout(SOON_S):
                (ours, _), (theirs, known) = await seen.get(), await seen.get()
            assert (ours.seq, theirs.seq, theirs.duplicate, known) == (2, 3, True, 3)

    asyncio.run(again())


def message(text: str) -> Claim:
    """A message, the same each time."""
    return Claim(MessageSent(id=text, time=NOON, room="main", agent="ana", text=text), (), ())


def on_stream(server: RealRedis) -> int:
    """How many events the server has."""
    return sum(server.client.xlen(key) for key in server.client.scan_iter(match="*:events"))


async def _numbers(member: Member, count: int) -> Any:
    for event in await heard(member, count, lambda e: isinstance(e, InRoom) and isinstance(e.event, MessageSent)):
        yield event.number


def test_who_knocks_where_nobody_is_is_told_so_and_comes_in_when_somebody_is(
    stream_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def knock() -> None:
        async with Proxy("") as proxy:
            access = Access(tmp_path / "keys")
            member = connect(f"ws://127.0.0.1:{proxy.port}", access.token("acme", "ana"))
            coming = asyncio.create_task(member.__aenter__())
            await soon(lambda: "no gateway answers at ws://127.0.0.1" in caplog.text)
            async with a_gate(tmp_path, stream_url) as gate:
                proxy.target = "127.0.0.1", gate.door.gateway.port
                assert (await coming).welcome is not None
                await member.__aexit__(None, None, None)

    with caplog.at_level(logging.INFO, "collab.live.way"):
        asyncio.run(knock())
    assert caplog.text.count("no gateway answers") == 1
    assert "is lost" not in caplog.text  # there was none


def test_a_member_of_more_rooms_than_may_be_joined_at_once_comes_back_to_all(tmp_path: Path) -> None:
    names = [f"r{number}" for number in range(60)]

    async def come() -> None:
        async with a_gate(tmp_path) as gate, Proxy(("127.0.0.1", gate.door.gateway.port)) as proxy:
            rooms = gate.office.desk.rooms  # type: ignore[union-attr]
            for name in names:
                await rooms.create(name, "ana", name)
            async with connect(f"ws://127.0.0.1:{proxy.port}", gate.access.token("acme", "ana")) as ana:
                for name in names:
                    await ana.join(name)
                gate.door.gateway.rate = 10.0  # three seconds' worth are thirty joins
                for link in tuple(proxy.links):
                    link.cut()
                for name in names:
                    await rooms.send(name, "ana", f"in {name}")
                found = await heard(ana, 60, lambda event: isinstance(event, InRoom))
                assert sorted(event.event.text for event in found) == sorted(f"in {name}" for name in names)

    asyncio.run(come())
