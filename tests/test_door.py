"""The door of many teams: none waits for another, and none keeps what nobody needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from desks import SOON_S, opened
from gateways import a_gate, soon
from proxy import Proxy
from real_redis import RealRedis
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket

from collab import protocol as p
from collab.door import Door
from collab.events import MessageSent
from collab.history import History
from collab.live.access import Access
from collab.live.client import Heard, Member, connect
from collab.live.heard import Trimmed
from collab.office import Office
from collab.records import Presence


def test_a_team_that_is_open_waits_for_none_that_opens(redis_server: RealRedis, redis_url: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with Proxy(str(redis_server.socket)) as proxy:
            url, history = f"redis://127.0.0.1:{proxy.port}/0", str(tmp_path / "history")
            door = Door(Access(tmp_path / "keys"), port=0, gateway={"host": "127.0.0.1"}, stream=url, history=history)
            await door.open()
            try:
                floor = await door.floor("acme")
                proxy.hold("down")
                opening = asyncio.create_task(door.floor("other"))
                await asyncio.sleep(0)
                assert await door.floor("acme") is floor
                assert not opening.done()
                proxy.heal()
                assert await opening is not floor
            finally:
                proxy.heal()
                await door.close()

    asyncio.run(work())


def test_a_team_whose_floor_was_not_opened_to_its_end_is_opened_once_all_the_same(
    redis_url: str, tmp_path: Path
) -> None:
    async def work() -> None:
        history = str(tmp_path / "history")
        door = Door(Access(tmp_path / "keys"), port=0, gateway={"host": "127.0.0.1"}, stream=redis_url, history=history)
        await door.open()
        try:
            opening = asyncio.create_task(door.floor("acme"))
            while not door.offices:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            (office,) = door.offices
            assert not office.team.rooms
            floor = await door.floor("acme")
            assert office.floor is floor
        finally:
            await door.close()

    asyncio.run(work())


def test_a_gateway_ends_though_its_redis_is_silent_and_nothing_acknowledged_is_lost(
    redis_server: RealRedis, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.live.redis.REPLY_S", 600.0)
    access, history = Access(tmp_path / "keys"), str(tmp_path / "history")

    async def send(socket: ClientConnection, *commands: p.Command) -> None:
        for command in commands:
            await socket.send(p.encode(command), text=True)

    def hello(team: str) -> p.Hello:
        return p.Hello(id=0, token=access.token(team, "ana", "agent"))

    async def work() -> None:
        async with Proxy(str(redis_server.socket)) as proxy:
            url = f"redis://127.0.0.1:{proxy.port}/0"
            door = Door(access, port=0, gateway={"host": "127.0.0.1"}, stream=url, history=history)
            await door.open()
            at = f"ws://127.0.0.1:{door.gateway.port}"
            async with open_socket(at) as ana, open_socket(at) as other:
                await send(ana, hello("acme"), p.Join(id=1, room="main"), p.Send(id=2, room="main", text="kept"))
                while not isinstance(said := p.frame(await ana.recv()), p.Done) or said.re != 2:
                    pass
                proxy.hold("down")
                monkeypatch.setattr("collab.live.silence.SILENT_S", 0.1)
                await send(ana, p.SetPresence(id=3, presence=Presence.busy))
                await send(other, hello("other"))
                async with asyncio.timeout(SOON_S):
                    await door.close()
        async with a_gate(tmp_path, redis_url) as gate:
            await soon(lambda: gate.office.recorder is not None)  # the lease could not be given back
            assert gate.office.recorder is not None
            await gate.office.recorder.flush()
        kept = [getattr(entry.event, "text", "") for entry in History(history, "acme").events()]
        assert "kept" in kept

    asyncio.run(work())


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("recorded", [(), ("1", "2")])
def test_a_team_of_which_the_stream_lost_what_was_not_recorded_begins_anew(
    recorded: tuple[str, ...],
    alone: bool,
    redis_server: RealRedis,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collab.office.tending.TEND_EVERY_S", 0.02)
    access, history = Access(tmp_path / "keys"), str(tmp_path / "history")

    async def work() -> None:
        settings = {"stream": redis_url, "history": history}
        async with opened(redis_url, "acme") as stream, AsyncExitStack() as rooms:
            assert recorded or await stream.lease(600).take()  # nobody else records
            office = None if alone else Office(**settings, tenant="acme")  # as that of a dashboard
            if office is not None:
                rooms.push_async_callback(office.close)
                await office.open()
            door = Door(access, office, port=0, gateway={"host": "127.0.0.1"}, **(settings if alone else {}))
            await door.open()
            try:
                at = f"ws://127.0.0.1:{door.gateway.port}"
                async with connect(at, access.token("acme", "ana", "agent")) as ana:
                    await ana.join("main")
                    for text in recorded:
                        await ana.send_message("main", text)
                    for office in door.offices if recorded else ():
                        assert office.recorder is not None
                        office.recorder.every_s = 600
                        await office.recorder.flush()
                    for text in ("lost", "lost too", "lost again"):
                        await ana.send_message("main", text)
                    redis_server.client.flushall()
                    assert any([isinstance(event, Trimmed) async for event in until_trimmed(ana)])
                    said = await ana.send_message("main", "anew")
                    (office,) = door.offices
                    assert not office.trouble
                    await soon(lambda: office.recorder is not None)
                    assert office.recorder is not None
                    await office.recorder.flush()
            finally:
                await door.close()
        kept = [entry.event for entry in History(history, "acme").events()]
        messages = [event for event in kept if isinstance(event, MessageSent)]
        assert [event.text for event in messages] == [*recorded, "anew"]
        assert messages[-1].id == said.message

    asyncio.run(work())


async def until_trimmed(member: Member) -> AsyncIterator[Heard]:
    """What a member hears until they are told that the stream lost what they have."""
    async with asyncio.timeout(SOON_S):
        async for event in member.events():
            yield event
            if isinstance(event, Trimmed):
                return


def test_leaving_rooms_that_are_none_leaves_nothing_behind(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana:
            for number in range(100):
                await ana.leave(f"none-{number}", member=False)
            floor = await gate.door.floor("acme")
            assert set(floor.hall._in_room) <= set(gate.office.team.rooms)

    asyncio.run(work())


def test_an_office_that_cannot_end_well_keeps_no_other_from_recording_and_ending(
    redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        folder, teams = tmp_path / "history", ("acme", "other")
        door = Door(
            Access(tmp_path / "keys"), port=0, gateway={"host": "127.0.0.1"}, stream=redis_url, history=str(folder)
        )
        await door.open()
        for team in teams:
            await door.floor(team)
        for office in door.offices:
            assert office.recorder is not None
            await office.recorder.flush()
        folder.rename(tmp_path / "away")
        folder.write_text("no folder")
        await door.close()
        for team in teams:
            async with opened(redis_url, team) as stream:
                assert await stream.lease(4.0).take()

    asyncio.run(work())
    assert "the office of acme did not end well" in caplog.text
    assert "the office of other did not end well" in caplog.text
