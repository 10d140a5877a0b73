"""Where an agent is, by what they chose and their devices; and devices on a stream with the server's time."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest
from desks import at_desk, opened
from gateways import a_gate, heard, soon
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collab import protocol as p
from collab.live.stream import open_stream
from collab.presence import BACK, CONNECTED, IDLE, LOST, Change, changes, due
from collab.records import Presence
from collab.team import Agent

AVAILABLE, BUSY, CALL, AWAY, OFFLINE = Presence


def agent(presence: Presence, chosen: Presence | None, connected: bool, reason: str = "") -> Agent:
    """An agent who is there like this."""
    return Agent(id="ana", name="Ana", presence=presence, chosen=chosen, connected=connected, reason=reason)


@pytest.mark.parametrize(
    "before, devices, after",
    [
        (agent(OFFLINE, None, False), [], None),
        (agent(OFFLINE, None, False), [False], (AVAILABLE, CONNECTED, True)),
        (agent(AVAILABLE, AVAILABLE, True), [False], None),
        (agent(AVAILABLE, AVAILABLE, True), [], (OFFLINE, LOST, False)),
        (agent(AVAILABLE, AVAILABLE, False), [], None),
        (agent(AVAILABLE, AVAILABLE, True), [True, False], None),
        (agent(AVAILABLE, AVAILABLE, True), [True, True], (AWAY, IDLE, True)),
        (agent(AWAY, AVAILABLE, True, IDLE), [True, False], (AVAILABLE, BACK, True)),
        (agent(OFFLINE, BUSY, False), [True], (AWAY, IDLE, True)),
        (agent(OFFLINE, BUSY, False), [False], (BUSY, CONNECTED, True)),
        (agent(CALL, CALL, True), [True], None),
        (agent(OFFLINE, OFFLINE, True), [False], None),
        (agent(OFFLINE, OFFLINE, False), [False], (OFFLINE, CONNECTED, True)),
    ],
)
def test_presence_follows_from_choice_and_devices(
    before: Agent, devices: list[bool], after: tuple[Presence, str, bool] | None
) -> None:
    assert due(before, devices) == (None if after is None else Change("ana", *after))


@given(st.sampled_from(Presence), st.none() | st.sampled_from(Presence), st.booleans(), st.lists(st.booleans()))
def test_a_change_that_was_made_is_not_due_again(
    presence: Presence, chosen: Presence | None, connected: bool, devices: list[bool]
) -> None:
    before = agent(presence, chosen, connected)
    for change in changes({"ana": before}, {"ana": devices}):
        after = replace(before, presence=change.presence, reason=change.reason, connected=change.connected)
        assert changes({"ana": after}, {"ana": devices}) == []


def test_a_device_that_is_not_renewed_is_forgotten_by_the_server_s_time(stream_url: str) -> None:
    async def renew() -> None:
        stream = open_stream(stream_url, "acme")
        assert await stream.devices({("ana", "phone"): True, ("ana", "desk 1"): False}, 60) != {}
        assert await stream.devices({("bo", "x"): False}, 60) == {"ana": [True, False], "bo": [False]}
        assert await stream.devices({("ana", "phone"): False}, -1) == {"ana": [False], "bo": [False]}
        await stream.close()
        async with opened(stream_url, "other") as other:
            assert await other.devices({}, 60) == {}

    asyncio.run(renew())


def test_two_gateways_that_find_the_same_change_make_it_once(stream_url: str) -> None:
    async def find() -> None:
        async with at_desk(stream_url) as one, at_desk(stream_url, name="b") as two:
            await one.add_agent("ana", "Ana")
            await one.attendance.follow({("ana", "phone"): False}, 60)
            await two.attendance.follow({}, 60)
            await asyncio.gather(one.attendance.follow({}, 60), two.attendance.follow({}, 60))
            before = one.team.seq
            await one.attendance.follow({("ana", "phone"): False}, -1)
            await asyncio.gather(*(desk.attendance.follow({}, 60) for desk in (one, two, one, two)))
            await soon(lambda: one.team.seq == two.team.seq)
            assert one.team.seq == before + 1
            assert two.team.agents["ana"].presence == OFFLINE

    asyncio.run(find())


def test_who_connects_is_there_and_who_is_gone_is_offline_within_the_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.floor.floor.LEASE_S", 1.0)
    monkeypatch.setattr("collab.floor.floor.TEND_S", 0.1)

    async def come_and_go() -> None:
        async with a_gate(tmp_path) as gate:
            desk = gate.office.desk
            assert desk is not None
            await desk.add_agent("ana", "Ana")
            team = gate.office.team
            async with gate.member("ana", device="phone") as phone:
                await soon(lambda: team.agents["ana"].presence == AVAILABLE)
                async with gate.member("ana", device="desk") as at_desk:
                    await at_desk.ask(p.Idle(id=0))
                    assert team.agents["ana"].presence == AVAILABLE
                    await phone.ask(p.Idle(id=0))
                    assert (team.agents["ana"].presence, team.agents["ana"].reason) == (AWAY, IDLE)
                    await phone.ask(p.Idle(id=0, on=False))
                    assert team.agents["ana"].presence == AVAILABLE
                    await at_desk.set_presence("busy")
                await soon(lambda: len(gate.door.gateway.lines) == 1)
                await phone.rooms()
                assert team.agents["ana"].presence == BUSY
            await soon(lambda: team.agents["ana"].presence == OFFLINE)
            assert team.agents["ana"].reason == LOST
            async with gate.member("ana") as again, gate.member("tim", "team_lead") as tim:
                await soon(lambda: team.agents["ana"].presence == BUSY)
                await again.watch()
                await tim.ask(p.SetPresence(id=0, presence=OFFLINE, agent="ana", reason="lunch"))
                changed = (await heard(again, 1))[0].events[0]
                assert (changed.presence, changed.reason) == (OFFLINE, "lunch")
                await desk.attendance.follow({}, 1.0)
                assert team.agents["ana"].presence == OFFLINE

    asyncio.run(come_and_go())


def test_devices_outlive_a_restore_of_the_stream() -> None:
    async def restore() -> None:
        stream = open_stream(f"embedded://{uuid.uuid4().hex}", "acme")
        await stream.devices({("ana", "phone"): False}, 60)
        await stream.restore(7, {"member:ana": "1"})
        assert await stream.devices({}, 60) == {"ana": [False]}
        await stream.close()

    asyncio.run(restore())
