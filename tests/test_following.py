"""What a team that follows its stream does with what it cannot take in, and with who cannot hear it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from desks import at_desk, level, opened, until
from gateways import a_gate, soon
from offices import at
from real_redis import RealRedis
from sites import a_site, said
from strategies import NOON

from collab import events as ev
from collab.checks import State, of_office
from collab.claims import claim
from collab.events import Entry
from collab.live.partition import key_of
from collab.records import Presence

STRANGE = b'{"event": "something_new", "id": "x", "time": "2026-01-01T00:00:00Z"}'


def strange(server: RealRedis, tenant: str) -> str:
    """Put an entry of a later version at the end of the tenant's stream, and say under which id."""
    key = key_of(tenant)
    place = f"{server.client.incr(f'{key}:seq')}-0"
    server.client.xadd(f"{key}:events", {"t": tenant, "d": STRANGE}, id=place)
    return place


def test_a_subscriber_that_raises_keeps_the_team_and_the_others_from_nothing(
    stream_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    def raises(entries: list[Entry]) -> None:
        raise KeyError("a view")

    async def work() -> None:
        async with at_desk(stream_url) as here, at_desk(stream_url, name="b") as there:
            told: list[int] = []
            here.subscribe(raises)
            here.subscribe(lambda entries: told.extend(entry.seq for entry in entries))
            await there.add_agent("ana", "Ana")
            await level(here, there)
            await there.add_agent("ben", "Ben")
            await level(here, there)
            await here.add_agent("eve", "Eve")
            assert list(here.team.agents) == ["ana", "ben", "eve"]
            assert told == [1, 2, 3]

    asyncio.run(work())
    assert "KeyError: 'a view'" in caplog.text


def test_a_callback_of_an_office_that_raises_keeps_the_others_from_nothing(tmp_path: Path) -> None:
    def raises(entries: list[Entry]) -> None:
        raise KeyError("a view")

    async def work() -> None:
        async with a_gate(tmp_path) as gate:
            told: list[str] = []
            gate.office.subscribe(raises)
            gate.office.subscribe(lambda entries: told.extend(type(entry.event).__name__ for entry in entries))
            await at(gate.office).add_agent("ana", "Ana")
            assert told == ["AgentJoined"]

    asyncio.run(work())


def test_what_cannot_be_taken_in_is_told_once_and_tried_again_until_it_can(
    redis_server: RealRedis, redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        monkeypatch.setattr("collab.live.follower.LONGEST_PAUSE_S", 0.01)
        async with at_desk(redis_url) as desk, opened(redis_url) as stream:
            await desk.add_agent("ana", "Ana")
            place = strange(redis_server, "main")
            there = ev.PresenceChanged(id="p", time=NOON, agent="ana", presence=Presence.available)
            await stream.append([claim(there)])
            await soon(lambda: desk.trouble != "")
            assert "in the entry at 2 of tenant main" in desk.trouble
            redis_server.client.xdel(f"{key_of('main')}:events", place)
            await until(lambda: desk.team.seq == 3, desk)
            assert desk.trouble == ""

    asyncio.run(work())
    assert caplog.text.count("main does not follow its stream any more, trying again") == 1


def test_health_and_the_checks_say_that_a_team_stands_still(
    redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    async def work() -> None:
        async with a_site(tmp_path, redis_url) as asked:
            office = asked.gate.office
            team = {check.name: check for check in await of_office(office)}["Team"]
            assert (team.state, team.value) == (State.ok, "as it was at event 0")
            strange(redis_server, "acme")
            await soon(lambda: office.trouble != "")
            ill = await asked.ask("/healthz")
            assert ill.code == 503
            assert f"team: {office.trouble}" in said(ill)["trouble"]
            team = {check.name: check for check in await of_office(office)}["Team"]
            assert (team.state, team.value) == (State.bad, f"it stands still: {office.trouble}")

    asyncio.run(work())
