"""A member in Python: every command has a call, what it returns, and what waits until it is read."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import create_default_context
from typing import Any

import pytest
from certificates import written
from desks import lead
from gateways import a_gate, soon, talked
from hypothesis import given
from hypothesis import strategies as st
from strategies import NOON

from collab import protocol as p
from collab.cli.certificate import tls
from collab.events import MessageSent
from collab.floor.traffic import Traffic
from collab.live.client import Hit, InRoom, Member, Missed, Trimmed, connect
from collab.live.heard import Waiting
from collab.records import Busy, Decision, Presence

NAMES = {"send": "send_message", "rooms": "rooms", "hello": "__aenter__"}
"""Commands whose call has another name."""


def test_every_command_has_a_call_of_its_name() -> None:
    names = [NAMES.get(tag, tag) for tag in (str(kind.__struct_config__.tag) for kind in p.COMMANDS)]
    assert [name for name in names if not inspect.iscoroutinefunction(getattr(Member, name, None))] == []


def test_each_call_does_what_the_desk_does(tmp_path: Path) -> None:
    async def call() -> None:
        async with a_gate(tmp_path) as gate, gate.member("tim", "team_lead") as tim, gate.member("ana") as ana:
            await tim.add_agent("ana", "Ana", skills={"property:condo": 1.0})
            await tim.update_agent_workload("ana", capacity=2, presence="available")
            assert gate.office.team.agents["ana"].capacity == 2
            await _talk(tim, ana)
            await _work(tim, ana)
            await _be(gate.office.team.agents.__getitem__, tim, ana)

    asyncio.run(call())


async def _talk(tim: Member, ana: Member) -> None:
    assert await tim.create_room("deal", "Deal", private=True)
    await tim.invite("deal", "ana", "moderator")
    await ana.join("deal")
    said = await ana.send_message("deal", "helo")
    await ana.edit("deal", said.message, "hello")
    await ana.react("deal", said.message, "+1")
    await ana.typing("deal")
    await ana.read("deal", said.number)
    await ana.rename_room("deal", "The deal")
    page = await tim.page("deal", count=2)
    assert [type(one.event).__name__ for one in page] == ["MessageReacted", "RoomRenamed"]
    hits: list[Hit] = []
    async with asyncio.timeout(20):
        while not hits:
            hits = await tim.search("hello", room="deal", agent="ana")
    assert (hits[0].text, hits[0].number, hits[0].agent, hits[0].files) == ("hello", said.number, "ana", ())
    await ana.delete("deal", said.message)
    await tim.remove("deal", "ana")
    await tim.archive_room("deal")
    assert next(room for room in await tim.rooms() if room["room"] == "deal")["archived"]
    with pytest.raises(PermissionError):
        await ana.page("deal")
    for room in ("nix", "deal"):
        with pytest.raises(PermissionError, match=f"room is '{room}', and ana is no member; join it first"):
            await ana.search(room=room)


async def _work(tim: Member, ana: Member) -> None:
    decision = await tim.route_lead(lead())
    assert isinstance(decision, Decision)
    assert (decision.agent, decision.lead, decision.candidates.agent) == ("ana", lead(), ["ana"])
    await ana.decline("l1", "lunch")
    await tim.add_agent("bo", "Bo")
    await tim.set_presence("available", agent="bo")
    again = await tim.route_lead(lead())
    assert (again.agent, again.candidates.agent) == ("bo", ["ana", "bo"])
    short = await tim.route_lead(lead(), candidates=1)
    assert (short.agent, short.score, short.candidates.agent) == ("bo", again.score, ["bo"])
    with pytest.raises(ValueError, match="candidates is -1"):
        await tim.route_lead(lead(), candidates=-1)
    await tim.override("l1", "ana", "knows them")
    await tim.assign("l1", "bo")
    await tim.assign("l1", "ana")
    await ana.accept("l1")
    assert await ana.first_response("l1") >= 0
    await ana.close_lead("l1", converted=True, value=9.0, satisfaction=5.0)
    assert (await ana.coordination_metrics())["active"] == 0
    assert set(await ana.metrics()) == {"team", "gateway", "process"}


def test_what_goes_through_a_gateway_is_what_its_members_counted(tmp_path: Path) -> None:
    async def count() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana, gate.member("bo") as bo:
            told = await talked(ana, bo)
            async with gate.member("cy"):
                line = next(line for line in gate.door.gateway.lines if line.entry.agent == "cy")
                line.cut_off("too_slow", "gone")
                await soon(lambda: line not in gate.door.gateway.lines)
            await soon(lambda: len(gate.door.gateway.lines) == 2)
            found = await bo.collaboration_metrics()
            took = found.pop("heard_ms")
            counted = {"connections": 2, "rooms": 1, "said": 8, "told": told, "dropped": 1, "messages_a_minute": 8}
            assert found == counted
            assert (took["n"], 0 <= took["p50"] <= took["p95"] <= took["p99"]) == (8, True)

    asyncio.run(count())


def test_of_messages_only_the_last_minute_counts() -> None:
    now = NOON
    traffic = Traffic()
    for second in (0, 30, 61):
        now = NOON + timedelta(seconds=second)
        said = now - timedelta(milliseconds=20)
        traffic.hear(MessageSent(id=f"e{second}", time=said, room="main", agent="a", text="."), now)
    heard = traffic.heard_ms(now)
    assert (heard["n"], heard["p50"], len(traffic)) == (2, 20.0, 2)
    assert traffic.heard_ms(NOON + timedelta(minutes=3)) == {"p50": None, "p95": None, "p99": None, "n": 0}


async def _be(agent: Callable[[str], Any], tim: Member, ana: Member) -> None:
    now = await ana.ping()
    assert abs((now - datetime.now(UTC)).total_seconds()) < 60
    await tim.set_calendar([Busy(starts=now - timedelta(days=1), ends=now + timedelta(days=1), off=True)], agent="ana")
    await soon(lambda: agent("ana").presence == Presence.away)
    await ana.set_presence("available")
    assert agent("ana").presence == Presence.available  # chosen since it began and was known
    await tim.set_calendar([Busy(starts=now + timedelta(days=1), ends=now + timedelta(days=2))], agent="ana")
    assert len(agent("ana").calendar) == 1
    await soon(lambda: agent("ana").connected)
    await ana.idle()
    assert agent("ana").presence == Presence.away
    await ana.call()
    assert agent("ana").presence == Presence.in_call
    with pytest.raises(ValueError, match="presence is 'asleep'; it is one of available"):
        await ana.set_presence("asleep")
    with pytest.raises(PermissionError, match="only a service or team_lead may act for others"):
        await ana.set_calendar([], agent="bo")


@pytest.mark.parametrize(
    "ask, told",
    [
        (lambda me: me.send_message("main", "x", files=["ab"]), r'files is \["ab"\]; give the names of files by their'),
        (
            lambda me: me.set_calendar(Busy(starts=NOON, ends=NOON + timedelta(hours=1))),
            "busy is .*; give a list of Busy",
        ),
        (lambda me: me.route_lead({"id": "l1"}), r'lead is \{"id": "l1"\}; give a Lead, e.g. Lead\(id='),
        (lambda me: me.add_agent("ana", "Ana", skills=["es"]), r'skills is \["es"\]; give levels by skill'),
        (lambda me: me.silence_alerts("high", until=NOON), 'labels is "high"; give those that alerts must have'),
        (lambda me: me.adopt_weights(5, "why"), "weights is 5; give four, in the order availability"),
        (lambda me: me.adopt_weights([50, 50], "why"), r"weights are \[50, 50\]; give four, in the order availability"),
        (lambda me: me.adopt_rules("none"), 'rules is "none"; give a list of Rule'),
    ],
)
def test_what_is_of_another_kind_is_named_with_the_fix(ask: Callable[[Member], Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        asyncio.run(ask(connect("ws://localhost:1", "token")))


def test_an_address_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="url is 5; it begins with ws:// or wss://"):
        connect(5, "token")  # type: ignore[arg-type]


def test_who_may_not_leave_a_room_hears_on_of_it(tmp_path: Path) -> None:
    async def stay() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana:
            await ana.create_room("deal", "Deal", private=True)
            await ana.join("deal")
            with pytest.raises(ValueError, match="room is 'deal', which is private with nobody in it but ana"):
                await ana.leave("deal")
            said = await ana.send_message("deal", "still here")
            async with asyncio.timeout(20):
                assert (await anext(ana.events())).event.id == said.message

    asyncio.run(stay())


def test_who_asks_wrongly_or_elsewhere_is_told(tmp_path: Path) -> None:
    async def ask() -> None:
        async with a_gate(tmp_path) as gate, gate.member("tim", "team_lead") as tim:
            with pytest.raises(ValueError, match="capacity"):
                await tim.add_agent("ana", "Ana", capacity=-1)
            with pytest.raises(RuntimeError, match="belongs to the loop that it was entered in"):
                await asyncio.to_thread(asyncio.run, tim.rooms())

    asyncio.run(ask())


def test_what_will_never_work_is_said_at_once_and_an_authority_of_one_s_own_is_trusted(tmp_path: Path) -> None:
    async def nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def call() -> None:
        files = written(tmp_path)
        async with a_gate(tmp_path, tls=tls(files["certificate"], files["key"])) as gate:
            url, token = (
                f"wss://127.0.0.1:{gate.door.gateway.port}",
                gate.access.token(gate.office.tenant, "a", "agent"),
            )
            with pytest.raises(ConnectionError, match=r"is not trusted \(self.signed certificate\); give connect"):
                await connect(url, token).__aenter__()
            async with connect(url, token, ssl=create_default_context(cafile=files["certificate"])) as member:
                assert await member.rooms()
        async with await asyncio.start_server(nobody, "127.0.0.1", 0) as pages:
            url = "ws://{}:{}".format(*pages.sockets[0].getsockname())
            with pytest.raises(ConnectionError, match="which answers HTTP 404; give the address of the gateway"):
                await connect(url, token).__aenter__()
        with pytest.raises(ValueError, match="ssl is given and url is 'ws://localhost'"):
            connect("ws://localhost", token, ssl=create_default_context())
        await connect(url, token).__aexit__(None, None, None)  # which was never entered

    asyncio.run(call())


def test_who_never_reads_holds_so_much_and_is_told_what_is_missing(tmp_path: Path) -> None:
    async def talk() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana, gate.member("bo", most_waiting=10) as bo:
            await ana.join("main")
            await bo.join("main")
            last = [await ana.send_message("main", f"{n}") for n in range(40)][-1].number
            await soon(lambda: bo.numbers["main"] == last)
            assert len(bo._heard) == 10
            events = bo.events()
            assert await anext(events) == Trimmed("main", last - 10)
            assert [(await anext(events)).number for _ in range(10)] == list(range(last - 9, last + 1))  # type: ignore[union-attr]
            await bo.join("main", after=last - 5)
            assert (await anext(events)).number == last - 4  # type: ignore[union-attr]

    asyncio.run(talk())


def in_room(room: str, number: int) -> InRoom:
    """A message at its number."""
    event = MessageSent(id="m", time=datetime(2026, 11, 2, tzinfo=UTC), room=room, agent="ana", text="x")
    return InRoom(room, number, event)


@given(st.lists(st.sampled_from(("main", "side", "")), max_size=40), st.integers(1, 10))
def test_what_is_let_go_is_the_oldest_and_all_of_it_is_told(rooms: list[str], most: int) -> None:
    async def read() -> list[Any]:
        waiting = Waiting(most)
        for number, room in enumerate(rooms, 1):
            waiting.put(in_room(room, number) if room else p.Changed(events=[]))
        waiting.end()
        return [one async for one in _all(waiting)]

    found = asyncio.run(read())
    gone, kept = rooms[:-most], rooms[-most:]
    told = {one.room: one.number for one in found if isinstance(one, Trimmed)}
    assert told == {room: max(n for n, other in enumerate(gone, 1) if other == room) for room in {*gone} - {""}}
    assert sum(one.count for one in found if isinstance(one, Missed)) == gone.count("")
    rest = [getattr(one, "room", "") for one in found if not isinstance(one, Trimmed | Missed)]
    assert rest == kept


async def _all(waiting: Waiting) -> Any:
    while (one := await waiting.next()) is not None:
        yield one
