"""The door of many teams: none waits for another, and none keeps what nobody needs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from desks import opened
from gateways import a_gate
from proxy import Proxy
from real_redis import RealRedis

from collab.door import Door
from collab.live.access import Access


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
            assert not door.floors
            floor = await door.floor("acme")
            (office,) = door.offices
            assert office.floor is floor
        finally:
            await door.close()

    asyncio.run(work())


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
