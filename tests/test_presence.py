"""Where an agent is, by what they chose, their devices, calls and calendar; and devices with the server's time."""

from __future__ import annotations

import asyncio
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import SOON_S, Clock, at_desk, lead, log, opened
from gateways import Gate, a_gate, heard, raw, soon
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import NOON, busy

from collab import protocol as p
from collab.claims import claim
from collab.events import CalendarChanged, Entry, PresenceChanged
from collab.lapses import Terms
from collab.live.client import Heard
from collab.live.stream import Said, open_stream
from collab.presence import (
    CALENDAR,
    CALL,
    CONNECTED,
    ENDED,
    IDLE,
    LOST,
    Change,
    Device,
    busy_now,
    changes,
    due,
    settled,
)
from collab.records import Busy, Presence
from collab.team import Agent, Choice, Team

AVAILABLE, BUSY, IN_CALL, AWAY, OFFLINE = Presence
HERE, UNTOUCHED, ON_CALL = Device(), Device(idle=True), Device(idle=True, call=True)
THERE: Said = (None, None)
HOUR = timedelta(hours=1)
MEETING = (Busy(starts=NOON - HOUR, ends=NOON + HOUR),)
DAY_OFF = (Busy(starts=NOON - 12 * HOUR, ends=NOON + 12 * HOUR, off=True),)


def agent(
    presence: Presence = AVAILABLE,
    chosen: Presence | None = None,
    connected: bool = True,
    reason: str = "",
    *,
    said: str = "",
    chose: datetime = NOON - 24 * HOUR,
    **more: Any,
) -> Agent:
    """An agent who is there like this."""
    choice = None if chosen is None else Choice(presence=chosen, reason=said, time=chose)
    return Agent(id="ana", name="Ana", presence=presence, chosen=choice, connected=connected, reason=reason, **more)


@pytest.mark.parametrize(
    "before, devices, after",
    [
        (agent(OFFLINE, None, False), [], None),
        (agent(OFFLINE, None, False), [HERE], (AVAILABLE, CONNECTED, True)),
        (agent(AVAILABLE, AVAILABLE), [HERE], None),
        (agent(AVAILABLE, AVAILABLE), [], (OFFLINE, LOST, False)),
        (agent(OFFLINE, AVAILABLE, False, LOST, lost=True), [], None),
        (agent(AVAILABLE, AVAILABLE, False), [], None),
        (agent(AVAILABLE, AVAILABLE), [UNTOUCHED, HERE], None),
        (agent(AVAILABLE, AVAILABLE), [UNTOUCHED, UNTOUCHED], (AWAY, IDLE, True)),
        (agent(AWAY, AVAILABLE, reason=IDLE), [UNTOUCHED, HERE], (AVAILABLE, ENDED[IDLE], True)),
        (agent(AWAY, BUSY, reason=IDLE, said="paperwork"), [HERE], (BUSY, "paperwork", True)),
        (agent(OFFLINE, BUSY, False), [UNTOUCHED], (AWAY, IDLE, True)),
        (agent(OFFLINE, BUSY, False), [HERE], (BUSY, CONNECTED, True)),
        (agent(IN_CALL, IN_CALL), [UNTOUCHED], None),
        (agent(OFFLINE, OFFLINE), [HERE], None),
        (agent(OFFLINE, OFFLINE, False, "sent home", said="sent home"), [HERE], (OFFLINE, "sent home", True)),
        (agent(OFFLINE, OFFLINE, True, "sent home", said="sent home"), [], (OFFLINE, "sent home", False)),
        (agent(OFFLINE, OFFLINE, True), [ON_CALL], None),
        (agent(AVAILABLE), [HERE, ON_CALL], (IN_CALL, CALL, True)),
        (agent(BUSY, BUSY), [ON_CALL], (IN_CALL, CALL, True)),
        (agent(AWAY, AWAY, said="lunch", reason="lunch"), [ON_CALL], None),
        (agent(IN_CALL, AVAILABLE, reason=CALL), [HERE], (AVAILABLE, ENDED[CALL], True)),
        (agent(IN_CALL, AVAILABLE, reason=CALL), [UNTOUCHED], (AWAY, IDLE, True)),
        (agent(IN_CALL, AVAILABLE, reason=CALL), [], (OFFLINE, LOST, False)),
        (agent(AVAILABLE, calendar=MEETING), [HERE], (BUSY, CALENDAR, True)),
        (agent(AVAILABLE, calendar=DAY_OFF), [HERE], (AWAY, CALENDAR, True)),
        (agent(AVAILABLE, calendar=MEETING + DAY_OFF), [HERE], (AWAY, CALENDAR, True)),
        (agent(AWAY, AWAY, calendar=MEETING), [HERE], None),
        (agent(OFFLINE, OFFLINE, calendar=MEETING), [HERE], None),
        (agent(BUSY, BUSY, calendar=MEETING), [HERE], None),
        (agent(AVAILABLE, AVAILABLE, chose=NOON, calendar=MEETING), [HERE], None),
        (agent(AVAILABLE, AVAILABLE, chose=NOON, calendar=MEETING, known=(NOON - HOUR,)), [HERE], None),
        (
            agent(AVAILABLE, AVAILABLE, chose=NOON - HOUR / 2, calendar=MEETING, known=(NOON,)),
            [HERE],
            (BUSY, CALENDAR, True),
        ),
        (agent(AVAILABLE, AVAILABLE, calendar=MEETING), [ON_CALL], (IN_CALL, CALL, True)),
        (agent(AWAY, AVAILABLE, reason=IDLE, calendar=DAY_OFF), [UNTOUCHED], (AWAY, CALENDAR, True)),
        (agent(AVAILABLE, AVAILABLE, False, calendar=MEETING), [], (BUSY, CALENDAR, False)),
        (agent(BUSY, AVAILABLE, False, CALENDAR), [], (AVAILABLE, ENDED[CALENDAR], False)),
        (agent(OFFLINE, None, False, calendar=MEETING), [], None),
        (agent(AVAILABLE, left=True), [], None),
    ],
)
def test_presence_follows_from_choice_devices_calls_and_calendar(
    before: Agent, devices: list[Device], after: tuple[Presence, str, bool] | None
) -> None:
    assert due(before, devices, NOON) == (None if after is None else Change("ana", *after))


@pytest.mark.parametrize("at, presence", [(-1, AVAILABLE), (0, BUSY), (3599, BUSY), (3600, AVAILABLE)])
def test_a_time_of_the_calendar_counts_from_its_start_to_before_its_end(at: int, presence: Presence) -> None:
    one = agent(calendar=(Busy(starts=NOON, ends=NOON + HOUR),))
    assert settled(one, [HERE], NOON + timedelta(seconds=at))[0] == presence


any_agents = st.builds(
    agent,
    st.sampled_from(Presence),
    st.none() | st.sampled_from(Presence),
    st.booleans(),
    st.sampled_from(("", LOST, CALL, CALENDAR, IDLE, "lunch")),
    said=st.sampled_from(("", IDLE, "lunch")),
    lost=st.booleans(),
    calendar=st.lists(busy | st.sampled_from(MEETING + DAY_OFF), max_size=3).map(tuple),
)
any_devices = st.lists(st.builds(Device, st.booleans(), st.booleans()), max_size=3)


@given(any_agents, any_devices)
def test_a_change_that_was_made_is_not_due_again(before: Agent, devices: list[Device]) -> None:
    for change in changes({"ana": before}, {"ana": devices}, NOON):
        lost = not change.connected and change.presence == OFFLINE
        made = {"presence": change.presence, "reason": change.reason, "connected": change.connected, "lost": lost}
        assert changes({"ana": replace(before, **made)}, {"ana": devices}, NOON) == []


@given(any_agents, any_devices)
def test_nothing_makes_an_agent_readier_than_they_chose(one: Agent, devices: list[Device]) -> None:
    order = list(Presence)
    chosen = one.chosen.presence if one.chosen else AVAILABLE
    presence, reason = settled(one, devices, NOON)
    assert order.index(presence) >= order.index(chosen)
    assert bool(reason) == (presence != chosen)
    without = settled(replace(one, calendar=()), devices, NOON)[0]
    assert order.index(presence) >= order.index(without)


def test_a_device_that_is_not_renewed_is_forgotten_by_the_server_s_time(stream_url: str) -> None:
    async def renew() -> None:
        stream = open_stream(stream_url, "acme")
        now, devices = await stream.devices({("ana", "phone"): (True, None), ("ana", "desk 1"): (False, True)}, 60)
        assert abs((now - datetime.now(UTC)).total_seconds()) < 60
        assert devices == {"ana": [UNTOUCHED, Device(call=True)]}
        assert (await stream.devices({("bo", "x"): THERE}, 60))[1] == {**devices, "bo": [HERE]}
        assert (await stream.devices({("ana", "phone"): THERE}, -1))[1] == {"ana": [Device(call=True)], "bo": [HERE]}
        await stream.close()
        async with opened(stream_url, "other") as other:
            assert (await other.devices({}, 60))[1] == {}

    asyncio.run(renew())


def test_a_device_that_comes_back_within_its_lease_is_as_it_was_until_it_says_otherwise(stream_url: str) -> None:
    async def renew() -> None:
        async with opened(stream_url, "acme") as stream:
            phone = ("ana", "phone")
            await stream.devices({phone: (True, True)}, 60)
            assert (await stream.devices({phone: THERE}, 60))[1] == {"ana": [ON_CALL]}
            assert (await stream.devices({phone: (None, False)}, 60))[1] == {"ana": [UNTOUCHED]}
            await stream.devices({phone: THERE}, -1)
            assert (await stream.devices({phone: THERE}, 60))[1] == {"ana": [HERE]}

    asyncio.run(renew())


def test_what_a_device_said_at_one_gateway_ends_there_with_its_lease_or_with_what_it_says_at_another(
    stream_url: str,
) -> None:
    async def renew() -> None:
        phone = ("ana", "phone")
        async with opened(stream_url, "acme") as one, opened(stream_url, "acme") as two:
            await two.devices({phone: THERE}, 60)
            assert (await one.devices({phone: (None, True)}, 60))[1] == {"ana": [HERE, Device(call=True)]}
            await one.devices({phone: (None, True)}, -1)
            assert (await two.devices({phone: THERE}, 60))[1] == {"ana": [HERE]}  # the call has ended
            await two.devices({phone: THERE}, -1)
            await one.devices({phone: (True, True)}, 60)
            assert (await two.devices({phone: THERE}, 60))[1] == {"ana": [ON_CALL, ON_CALL]}  # it came back as it was
            assert (await two.devices({phone: (None, False)}, 60))[1] == {"ana": [UNTOUCHED, UNTOUCHED]}
            for _ in range(2):  # two that are given one name, each of which goes on to say what it said
                both = {"ana": [Device(call=True), HERE]}
                assert (await one.devices({phone: (False, True)}, 60))[1]["ana"][0] == both["ana"][0]
                await two.devices({phone: (False, False)}, 60)
            assert (await one.devices({phone: (False, True)}, 60))[1] == both == (await two.devices({}, 60))[1]

    asyncio.run(renew())


def test_two_gateways_that_find_the_same_change_make_it_once(stream_url: str) -> None:
    async def find() -> None:
        async with at_desk(stream_url) as one, at_desk(stream_url, name="b") as two:
            await one.add_agent("ana", "Ana")
            desks = (one, two, one, two)
            for turn in range(4):  # the tests' clocks stand still: two times of one kind are told apart all the same
                before = one.team.seq
                await one.stream.devices({("ana", "phone"): THERE}, -1 if turn % 2 else 60)
                await asyncio.gather(*(desk.attendance.follow({}) for desk in desks))
                await soon(lambda: one.team.seq == two.team.seq)
                assert one.team.seq == before + 1
                assert two.team.agents["ana"].presence == (OFFLINE if turn % 2 else AVAILABLE)
                assert await two.attendance.follow({}) == []

    asyncio.run(find())


def test_a_choice_is_told_with_what_outweighs_it(stream_url: str) -> None:
    async def choose() -> None:
        async with at_desk(stream_url) as desk:
            await desk.add_agent("ana", "Ana")
            await desk.attendance.follow({("ana", "phone"): (False, True)}, 60)
            await desk.set_presence("ana", "busy", "paperwork", by="tim")
            ana = desk.team.agents["ana"]
            assert (ana.presence, ana.reason) == (IN_CALL, CALL)
            assert ana.chosen == Choice(presence=BUSY, reason="paperwork", by="tim", time=NOON)
            shown = [e.event.presence for e in await log(desk) if isinstance(e.event, PresenceChanged)]
            assert shown == [IN_CALL, IN_CALL]
            await desk.attendance.follow({("ana", "phone"): (False, False)}, 60)
            assert (desk.team.agents["ana"].presence, desk.team.agents["ana"].reason) == (BUSY, "paperwork")
            await desk.update_agent_workload("ana", presence="away")
            assert desk.team.agents["ana"].presence == AWAY

    asyncio.run(choose())


def test_the_calendar_changes_presence_at_its_start_and_end_by_the_server_s_time(stream_url: str) -> None:
    async def meet() -> None:
        async with at_desk(stream_url) as desk:  # whose own clock stands years away from the server's
            await desk.add_agent("ana", "Ana")
            await desk.set_presence("ana", "available")

            async def seen(presence: Presence) -> datetime:
                while desk.team.agents["ana"].presence != presence:
                    await desk.attendance.follow({})
                    await asyncio.sleep(0.02)
                return (await desk.stream.devices({}, 0))[0]

            starts = await seen(AVAILABLE) + timedelta(seconds=0.3)
            await desk.set_calendar("ana", [Busy(starts=starts, ends=starts + timedelta(hours=1))], by="sync")
            assert await seen(BUSY) >= starts
            ends = await seen(BUSY) + timedelta(seconds=0.3)
            await desk.set_calendar("ana", [Busy(starts=starts, ends=ends)], by="sync")
            assert await seen(AVAILABLE) >= ends
            assert desk.team.agents["ana"].reason == ENDED[CALENDAR]
            decision = await desk.route_lead(lead())
            assert decision.agent == "ana"

    asyncio.run(meet())


def test_a_choice_from_before_a_meeting_was_known_does_not_end_it_and_one_from_after_does() -> None:
    clock = Clock()

    async def meet() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}", clock=clock) as desk:
            await desk.add_agent("ana", "Ana")
            await desk.set_presence("ana", "available")
            time = clock()
            runs = Busy(starts=time - HOUR, ends=time + HOUR)
            other = Busy(starts=time + HOUR, ends=time + 2 * HOUR)
            clock.wait(6)
            await desk.set_calendar("ana", [runs], by="sync")
            assert busy_now(desk.team.agents["ana"], clock()) == BUSY
            clock.wait(6)
            await desk.set_presence("ana", "available")
            clock.wait(6)
            await desk.set_calendar("ana", [runs, other], by="sync")  # the same meeting, of which they knew
            assert busy_now(desk.team.agents["ana"], clock()) is None

    asyncio.run(meet())


def test_a_team_that_an_older_version_kept_takes_in_what_changes_a_calendar() -> None:
    meeting, later = Busy(starts=NOON, ends=NOON + HOUR), Busy(starts=NOON + HOUR, ends=NOON + 2 * HOUR)
    old = Team()
    old.agents["ana"] = agent(AVAILABLE, AVAILABLE, chose=NOON + HOUR / 4, calendar=(meeting,))
    team = Team.restore(old.snapshot())
    changed = CalendarChanged(id="e1", agent="ana", busy=(meeting, later), time=NOON + HOUR / 2)
    assert team.apply(Entry(1, "main", changed))
    assert team.agents["ana"].known == (NOON, NOON + HOUR / 2)
    assert busy_now(team.agents["ana"], NOON + HOUR / 2) is None


def test_a_calendar_that_is_said_again_adds_nothing_unless_somebody_changed_it_meanwhile(stream_url: str) -> None:
    clock = Clock()

    async def sync() -> None:
        async with at_desk(stream_url, clock=clock) as desk, at_desk(stream_url, name="b", clock=clock) as other:
            await desk.add_agent("ana", "Ana")
            first, second = (Busy(starts=clock() + n * HOUR, ends=clock() + (n + 1) * HOUR) for n in (1, 2))
            await desk.set_calendar("ana", [first, second])
            last = await desk.stream.last()
            await desk.set_calendar("ana", [second, first])
            clock.wait(2.5 * 3600)
            await desk.set_calendar("ana", [first, second])
            await desk.set_calendar("ana", [second])
            assert await desk.stream.last() == last
            await desk.stop()
            await other.set_calendar("ana", [])
            await desk.set_calendar("ana", [second])
            assert desk.team.agents["ana"].calendar == (second,)

    asyncio.run(sync())


def test_a_calendar_is_kept_in_order_without_what_is_over_and_checked() -> None:
    async def keep() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await desk.add_agent("ana", "Ana")
            later, over = (Busy(starts=NOON + n * HOUR, ends=NOON + n * HOUR + HOUR / 2, off=n == 2) for n in (2, -3))
            await desk.set_calendar("ana", [later, over, *MEETING])
            assert desk.team.agents["ana"].calendar == (*MEETING, later)
            with pytest.raises(ValueError, match=r"busy is .*length <= 400"):
                await desk.set_calendar("ana", [later] * 401)
            with pytest.raises(ValueError, match="agent is 'zoe', who is not on the roster"):
                await desk.set_calendar("zoe", [])
            await desk.set_calendar("ana", [])
            assert desk.team.agents["ana"].calendar == ()

    asyncio.run(keep())
    with pytest.raises(ValueError, match=r"ends is 2026-01-05T12:00:00\+00:00, which is not after starts"):
        Busy(starts=NOON, ends=NOON)
    with pytest.raises(ValueError, match=r"starts is .* has no time zone"):
        Busy(starts=datetime(2026, 1, 1), ends=NOON)  # noqa: DTZ001


def test_an_office_without_a_gateway_finds_those_who_are_gone() -> None:
    async def tend() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await desk.add_agent("ana", "Ana")
            await desk.attendance.follow({("ana", "phone"): THERE}, 60)
            await desk.stream.devices({("ana", "phone"): THERE}, -1)  # its gateway ended without a word
            await desk.tend(Terms())
            assert (desk.team.agents["ana"].presence, desk.team.agents["ana"].reason) == (OFFLINE, LOST)

    asyncio.run(tend())


def test_devices_outlive_a_restore_of_the_stream() -> None:
    async def restore() -> None:
        async with opened(f"embedded://{uuid.uuid4().hex}", "acme") as stream:
            await stream.devices({("ana", "phone"): THERE}, 60)
            await stream.restore(7, {"member:ana": "1"})
            assert (await stream.devices({}, 60))[1] == {"ana": [HERE]}

    asyncio.run(restore())


def at_gate(folder: Path, work: Callable[[Gate], Awaitable[None]], stream: str = "", *, lease_s: float = 2.0) -> None:
    """Does work at a gateway with a lease, of two seconds where one has to end, with Ana on the roster."""

    async def worked() -> None:
        async with a_gate(folder, stream, lease_s=lease_s) as gate:
            assert gate.office.desk is not None
            await gate.office.desk.add_agent("ana", "Ana")
            await work(gate)

    asyncio.run(worked())


def ana(gate: Gate) -> tuple[Presence, str]:
    """Where Ana is, and why."""
    found = gate.office.team.agents["ana"]
    return found.presence, found.reason


def test_who_connects_is_there_and_who_is_gone_is_offline_within_the_lease(tmp_path: Path) -> None:
    async def come_and_go(gate: Gate) -> None:
        async with gate.member("ana", device="phone") as phone:
            await soon(lambda: ana(gate) == (AVAILABLE, CONNECTED))
            async with gate.member("ana", device="desk") as at_desk:
                await at_desk.idle()
                assert ana(gate)[0] == AVAILABLE
                await phone.idle()
                assert ana(gate) == (AWAY, IDLE)
                await phone.call()
                assert ana(gate) == (IN_CALL, CALL)
                await phone.call(False)
                assert ana(gate) == (AWAY, IDLE)
                await phone.idle(False)
                assert ana(gate)[0] == AVAILABLE
                await at_desk.set_presence("busy")
            await soon(lambda: len(gate.door.gateway.lines) == 1)
            await phone.rooms()
            assert ana(gate)[0] == BUSY
            await phone.call()
        await soon(lambda: ana(gate) == (OFFLINE, LOST))  # and the call ended with its device
        async with gate.member("ana", device="phone"):
            await soon(lambda: ana(gate) == (BUSY, CONNECTED))

    at_gate(tmp_path, come_and_go)


def test_an_idle_device_that_reconnects_stays_idle(tmp_path: Path, stream_url: str) -> None:
    async def reconnect(gate: Gate) -> None:
        async with raw(gate, device="phone") as socket:
            await soon(lambda: ana(gate) == (AVAILABLE, CONNECTED))
            await socket.send(p.encode(p.Idle(id=1)), text=True)
            await soon(lambda: ana(gate) == (AWAY, IDLE))
        async with raw(gate, device="phone") as socket, gate.member("bo") as bo:
            await soon(lambda: len(gate.door.gateway.lines) == 2)
            await bo.rooms()
            assert ana(gate) == (AWAY, IDLE)
            changes = [e.event for e in await log(gate.office.desk) if isinstance(e.event, PresenceChanged)]  # type: ignore[arg-type]
            assert [(change.presence, change.reason) for change in changes] == [(AVAILABLE, CONNECTED), (AWAY, IDLE)]
            await socket.send(p.encode(p.Idle(id=1, on=False)), text=True)
            await soon(lambda: ana(gate) == (AVAILABLE, ENDED[IDLE]))

    at_gate(tmp_path, reconnect, stream_url, lease_s=60)  # it comes back within it, however slow the machine


def test_the_call_of_a_connection_ends_with_it_though_another_has_its_device(tmp_path: Path) -> None:
    async def cut(gate: Gate) -> None:
        async with raw(gate, device="phone") as calls, raw(gate, device="phone"):
            await soon(lambda: len(gate.door.gateway.lines) == 2)
            await calls.send(p.encode(p.Call(id=1)), text=True)
            await soon(lambda: ana(gate) == (IN_CALL, CALL))
            calls.transport.abort()
            await soon(lambda: ana(gate) == (AVAILABLE, ENDED[CALL]))

    at_gate(tmp_path, cut)


def test_a_member_in_python_says_again_what_it_said_before_a_cut(tmp_path: Path) -> None:
    async def cut(gate: Gate) -> None:
        async with gate.member("ana") as member:
            await member.call()
            await gate.door.gateway.stop()
            await soon(lambda: ana(gate) == (OFFLINE, LOST))
            await gate.door.gateway.start()
            await soon(lambda: ana(gate) == (IN_CALL, CALL))

    at_gate(tmp_path, cut)


def test_who_comes_back_after_all_gateways_were_gone_and_chooses_at_once_is_not_lost(tmp_path: Path) -> None:
    async def back(gate: Gate) -> None:
        stream, now = gate.office.stream, datetime.now(UTC)
        assert stream is not None
        was = PresenceChanged(id="was", time=now, agent="ana", presence=AVAILABLE, reason=CONNECTED, connected=True)
        await stream.append([claim(was)])
        async with raw(gate, device="phone") as socket:
            await socket.send(p.encode(p.SetPresence(id=1, presence=BUSY)), text=True)
            await soon(lambda: ana(gate)[0] == BUSY)
        changes = [e.event for e in await log(gate.office.desk) if isinstance(e.event, PresenceChanged)]  # type: ignore[arg-type]
        assert [(change.presence, change.reason) for change in changes if change.chosen == BUSY] == [(BUSY, "")]

    at_gate(tmp_path, back)


def test_who_chooses_does_not_wait_for_all_who_come_after_them(tmp_path: Path) -> None:
    async def choose(gate: Gate) -> None:
        devices = (await gate.door.floor(gate.office.tenant)).devices

        async def come() -> None:
            while True:
                devices.came()
                await asyncio.sleep(0)

        devices.came()
        coming = asyncio.create_task(come())
        async with asyncio.timeout(SOON_S):
            await devices.level()
        coming.cancel()

    at_gate(tmp_path, choose)


def by_another(heard: Heard) -> bool:
    """Did somebody else do what was heard?"""
    return isinstance(heard, p.Changed) and getattr(heard.events[0], "by", None) is not None


def test_whom_a_team_lead_puts_offline_stays_so_until_one_of_the_two_chooses_again(tmp_path: Path) -> None:
    async def send_home(gate: Gate) -> None:
        async with gate.member("tim", "team_lead") as tim:
            async with gate.member("ana") as member:
                await member.watch()
                await tim.set_presence("offline", "lunch", agent="ana")
                [frame] = await heard(member, 1, by_another)
                changed = frame.events[0]
                assert (changed.presence, changed.reason, changed.by) == (OFFLINE, "lunch", "tim")
                await member.idle(False)
                await member.call()
                assert ana(gate) == (OFFLINE, "lunch")
            await soon(lambda: not gate.office.team.agents["ana"].connected)
            assert ana(gate) == (OFFLINE, "lunch")
            async with gate.member("ana") as member:
                await soon(lambda: gate.office.team.agents["ana"].connected)
                assert ana(gate) == (OFFLINE, "lunch")
                assert (await tim.route_lead(lead())).agent is None
                await member.set_presence("available")
                assert ana(gate)[0] == AVAILABLE
                await soon(lambda: gate.office.team.leads["l1"].holder == "ana")
                await tim.set_presence("offline", agent="ana")
                await tim.set_presence("available", agent="ana")
                assert ana(gate)[0] == AVAILABLE

    at_gate(tmp_path, send_home)


MEMBER = """
import asyncio, sys
from collab import connect

async def stay():
    async with connect(sys.argv[1], sys.argv[2], device=sys.argv[3]) as member:
        await member.call()
        print("there", flush=True)
        await asyncio.Event().wait()

asyncio.run(stay())
"""


async def a_process(gate: Gate, device: str) -> asyncio.subprocess.Process:
    """Ana in a process of its own, connected with this device and in a call."""
    token = gate.access.token("acme", "ana")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MEMBER, gate.url, token, device, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"there\n"
    return process


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_of_two_processes_one_killed_or_hung_leaves_the_agent_and_both_take_them_offline(
    tmp_path: Path, redis_url: str, how: signal.Signals
) -> None:
    async def kill(gate: Gate) -> None:
        processes = [await a_process(gate, device) for device in ("phone", "desk")]
        try:
            assert ana(gate) == (IN_CALL, CALL)
            processes[0].send_signal(how)
            await soon(lambda: len(gate.door.gateway.lines) == 1)
            stream = gate.office.stream
            assert stream is not None
            async with asyncio.timeout(SOON_S):
                while len((await stream.devices({}, 0))[1]["ana"]) > 1:  # noqa: ASYNC110 - the server tells nobody
                    await asyncio.sleep(0.05)
            assert ana(gate) == (IN_CALL, CALL)
            processes[1].send_signal(how)
            await soon(lambda: ana(gate) == (OFFLINE, LOST))
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    at_gate(tmp_path, kill, redis_url)
