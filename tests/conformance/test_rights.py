"""Who may do what: every command by every role, in a room and outside; and tenants who never learn of each other."""

from __future__ import annotations

import asyncio
import json
import random
import re
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from alerted import overload
from desks import SOON_S
from gateways import Gate, a_gate, raw, soon
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket

from collab import protocol as p
from collab.door import Door
from collab.experiment import Design
from collab.live.access import Access
from collab.live.client import Denied
from collab.live.partition import PARTITIONS
from collab.protocol import Role
from collab.records import Busy, Lead, Presence

A, T, N, S = Role.agent, Role.team_lead, Role.analyst, Role.service
ALL, WORKING, LEADING = {A, T, N, S}, {A, T, S}, {T, S}
FREE, SEAT, MODERATOR, OTHERS = "free", "seat", "moderator", "others"

RULES: dict[type[p.Command], tuple[set[Role], str]] = {
    p.Hello: (ALL, FREE),
    p.Ping: (ALL, FREE),
    p.Join: (ALL, SEAT),
    p.Leave: (ALL, FREE),
    p.Send: (WORKING, SEAT),
    p.Edit: (WORKING, SEAT),
    p.Delete: (WORKING, SEAT),
    p.React: (WORKING, SEAT),
    p.Read: (ALL, SEAT),
    p.Typing: (WORKING, SEAT),
    p.CreateRoom: (WORKING, FREE),
    p.RenameRoom: (WORKING, MODERATOR),
    p.ArchiveRoom: (WORKING, MODERATOR),
    p.Invite: (WORKING, MODERATOR),
    p.Remove: (WORKING, MODERATOR),
    p.ListRooms: (ALL, FREE),
    p.Page: (ALL, SEAT),
    p.Search: (ALL, SEAT),
    p.SetPresence: (WORKING, OTHERS),
    p.Idle: (ALL, FREE),
    p.Call: (ALL, FREE),
    p.SetCalendar: (WORKING, OTHERS),
    p.UpdateWorkload: (WORKING, OTHERS),
    p.AddAgent: (LEADING, FREE),
    p.RouteLead: (WORKING, FREE),
    p.Accept: (WORKING, OTHERS),
    p.Decline: (WORKING, FREE),
    p.FirstResponse: (WORKING, OTHERS),
    p.CloseLead: (WORKING, OTHERS),
    p.Override: (LEADING, FREE),
    p.Assign: (LEADING, FREE),
    p.AdoptWeights: ({T, N}, FREE),
    p.RequestCoaching: (WORKING, FREE),
    p.StartExperiment: ({T}, FREE),
    p.StopExperiment: ({T}, FREE),
    p.ListAlerts: ({A, T, N}, FREE),
    p.ListRules: ({T, N}, FREE),
    p.AcknowledgeAlert: ({T}, FREE),
    p.ReturnAlert: ({T}, FREE),
    p.ResolveAlert: ({T}, FREE),
    p.SilenceAlerts: ({T}, FREE),
    p.EndSilence: ({T}, FREE),
    p.AdoptRules: ({T, N}, FREE),
    p.Watch: (ALL, FREE),
    p.LookAtTeam: (ALL, FREE),
    p.Metrics: (ALL, FREE),
}
"""Which roles may ask each command, and what else it takes: a seat in the (private) room, to be a moderator of it or a
team lead, to lead if it is about others."""

WHEN = datetime(2030, 1, 1, tzinfo=UTC)
FIELDS: dict[str, Any] = {
    "token": "x", "room": "deal", "message": "m", "text": "hi", "reaction": "+1", "number": 1, "name": "A name",
    "agent": "bo", "lead": "L-1", "to": "bo", "converted": True, "presence": Presence.away,
    "busy": (Busy(starts=WHEN, ends=WHEN + timedelta(hours=1)),), "weights": (40, 30, 15, 15), "reason": "why",
    "design": Design(a=(40, 30, 15, 15), b=(35, 30, 20, 15)), "alert": "a1", "silence": "s1", "labels": {"agent": "bo"},
    "until": WHEN, "rules": (overload(for_s=86_400.0),),
}  # fmt: skip
"""What the fields of commands are in these tests."""


def example(kind: type[p.Command], **fields: Any) -> p.Command:
    """A command of this kind with all fields that it must have, and those about others."""
    needed = set(kind.__struct_fields__[: len(kind.__struct_fields__) - len(kind.__struct_defaults__)])
    values = {name: value for name, value in FIELDS.items() if name in needed}
    if kind is p.RouteLead:
        values["lead"] = Lead(id=fields.get("lead", "L-1"), name="Zoe")
        fields = {name: value for name, value in fields.items() if name != "lead"}
    if RULES[kind][1] == OTHERS:
        values["agent"] = FIELDS["agent"]
    known = {name: value for name, value in fields.items() if name in kind.__struct_fields__}
    return kind(id=1, **(values | known))


def test_every_command_has_a_rule_here() -> None:
    assert set(RULES) == set(p.COMMANDS), "a new command: say in RULES who may ask for it, and what else it takes"


@asynccontextmanager
async def a_deal(folder: Path) -> AsyncIterator[Gate]:
    """A gate with agents on the roster and a private room of one who is in no test."""
    async with a_gate(folder, rate=1e6) as gate:
        desk = gate.office.desk
        assert desk is not None
        for agent in ("ana", "bo"):
            await desk.add_agent(agent, agent.title())
        yield gate


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_its_rule_says_and_a_seat_is_needed_where_it_says_so(tmp_path: Path, role: Role) -> None:
    async def ask() -> None:
        async with a_deal(tmp_path) as gate, raw(gate, "ana", role) as socket:
            await soon(lambda: gate.office.team.agents["ana"].connected)  # what happens from here on was asked for
            rooms = gate.office.desk.rooms  # type: ignore[union-attr]
            found: dict[str, tuple[str, str]] = {}
            for kind in p.COMMANDS:
                codes = []
                for seated in (False, True):
                    room = f"{kind.__name__}-{seated}"
                    await rooms.create(room, "zed", "The deal", private=True)
                    if seated:
                        await rooms.join(room, "ana", by="zed")
                    before = gate.office.team.seq
                    answer = await answered(socket, example(kind, room=room))
                    codes.append(answer.get("code", "done"))
                    if codes[-1] == "forbidden":
                        assert gate.office.team.seq == before, "refused, and yet something happened"
                found[kind.__name__] = codes[0], codes[1]
            assert {name: wrong for name in found if (wrong := fault(name, role, *found[name]))} == {}

    asyncio.run(ask())


def test_who_may_is_named_in_good_words(tmp_path: Path) -> None:
    async def ask() -> None:
        async with a_deal(tmp_path) as gate, gate.member("nia", "analyst") as nia:
            with pytest.raises(PermissionError, match="; an agent or service or team_lead may"):
                await nia.send_message("main", "hi")

    asyncio.run(ask())


def fault(name: str, role: Role, outside: str, inside: str) -> str:
    """What is wrong with the answers to a command from outside a room and from a member; "" if nothing."""
    roles, needs = RULES[getattr(p, name)]
    if role not in roles:
        return "" if outside == inside == "forbidden" else f"{role} is let in: {outside}, {inside}"
    may = {
        FREE: (True, True),
        SEAT: (False, True),
        MODERATOR: (role is T, role is T),
        OTHERS: (role in LEADING, role in LEADING),
    }[needs]
    for allowed, code in zip(may, (outside, inside), strict=True):
        if allowed != (code != "forbidden") or code in ("failed", "malformed"):
            return f"{outside} outside, {inside} inside"
    return ""


async def answered(socket: ClientConnection, asked: p.Command) -> dict[str, Any]:
    """The answer to a command; what happens meanwhile is let pass."""
    await socket.send(p.encode(asked), text=True)
    async with asyncio.timeout(SOON_S):
        while (answer := json.loads(await socket.recv())).get("re") != asked.id:
            pass
    found: dict[str, Any] = answer
    return found


def same_partition() -> tuple[str, str]:
    """Two tenants whose events are on one stream."""
    place = zlib.crc32(b"acme") % PARTITIONS
    return "acme", next(name for n in range(1000) if zlib.crc32((name := f"t{n}").encode()) % PARTITIONS == place)


OURS: dict[str, Any] = {"room": "secret", "agent": "ana", "to": "ana", "lead": "our-lead", "words": "price", "key": "k"}
"""Ids of what the first tenant has; the second one guesses them."""


@asynccontextmanager
async def two_tenants(folder: Path, url: str, *, alone: bool = False) -> AsyncIterator[list[Gate]]:
    """One door for all tenants of a Redis, seen by two of them; the first has a team, a room, a message and a lead.

    With `alone` there is the second one only, and nothing else ever was on the Redis.
    """
    access, tenants = Access(folder / "keys"), same_partition()[alone:]
    settings = {"host": "127.0.0.1", "rate": 1e6}
    door = await Door(access, port=0, gateway=settings, stream=url, history=str(folder / f"history-{alone}")).open()
    try:
        *others, theirs = [await door.floor(tenant) for tenant in tenants]
        for ours in others:
            await ours.desk.add_agent("ana", "Ana")
            await ours.desk.set_presence("ana", "available")
            await ours.desk.rooms.create("secret", "ana", "Secret")
            OURS["message"] = (await ours.desk.rooms.send("secret", "ana", "the price is 9", key="k")).message
            await ours.desk.route_lead(Lead(id="our-lead", name="Zoe"))
        await theirs.desk.add_agent("eve", "Eve")
        await soon(lambda: theirs.desk.team.alerts.version == 1)  # or the next rules are of either version
        await theirs.desk.adopt_rules([], by="tim")  # or an alert has fired by the time it is asked for, or not yet
        yield [Gate(door, office, access) for office in door.offices]
    finally:
        await door.close()


def lasting(answer: dict[str, Any]) -> str:
    """The answer without what differs from run to run: times, durations and ids drawn at random."""
    text = re.sub(r"\b[0-9a-f]{32}\b|\d{4}-\d\d-\d\d(T[\d:.]+Z| \d\d:\d\d UTC)", "…", json.dumps(answer))
    text = re.sub(r'("(?:seed|up_s|decided_ms|waited_s|oldest_wait_s|p\d\d)": )[\d.e-]+', r"\1…", text)
    text = re.sub(r'("(?:responsiveness|score)": )\[[\d, ]*\]', r"\1…", text)  # they follow from how long answers took
    return re.sub(r"\b\d+\.\d{3,}(e-\d+)?", "…", text)  # seconds until an answer


async def pried(gate: Gate, seed: int) -> list[tuple[str, str]]:
    """What a gateway answers to eve in each role, who tries commands in any order with ids that she guesses."""
    chance, found = random.Random(seed), []
    for role in Role:
        async with raw(gate, "eve", role) as socket:
            await soon(lambda: gate.office.team.agents["eve"].connected)
            kinds = [kind for kind in p.COMMANDS if kind is not p.Ping for _ in range(4)]
            chance.shuffle(kinds)
            for kind in kinds:
                guessed = {name: OURS[name] for name in OURS if name == "words" or chance.random() < 0.7}
                found.append((kind.__name__, lasting(await answered(socket, example(kind, **guessed)))))
    return found


def test_a_tenant_alone_on_a_redis_and_one_beside_another_are_answered_the_same(redis_url: str, tmp_path: Path) -> None:
    seed = 20261124

    async def pry() -> None:
        async with two_tenants(tmp_path, redis_url) as (ours, theirs):
            before = ours.office.team.restore(ours.office.team.snapshot())
            beside = await pried(theirs, seed)
            for name in ("agents", "leads", "rooms", "weights", "recent"):
                assert getattr(ours.office.team, name) == getattr(before, name)
        redis.Redis(unix_socket_path=redis_url.removeprefix("unix://")).flushall()
        async with two_tenants(tmp_path, redis_url, alone=True) as (theirs,):
            alone = await pried(theirs, seed)
        for one, other in zip(beside, alone, strict=True):
            assert one == other
        assert len({code for _, answer in beside for code in re.findall(r'"code": "(\w+)"', answer)}) >= 2

    asyncio.run(pry())


def test_what_happens_in_one_tenant_is_not_heard_counted_or_felt_in_the_other(redis_url: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            two_tenants(tmp_path, redis_url) as (ours, theirs),
            raw(theirs, "ana", "team_lead") as eve,
            ours.member("ana", "team_lead") as ana,
        ):
            await answered(eve, p.CreateRoom(id=1, room="secret", name="Theirs"))
            await answered(eve, p.Watch(id=1))
            await answered(eve, p.Join(id=2, room="secret"))
            metrics = (await answered(eve, p.Metrics(id=3)))["result"]
            await ana.join("secret")
            for number in range(20):
                await ana.send_message("secret", f"{number}")
                await ana.route_lead(Lead(id=f"l{number}", name="Zoe"))
            await ana.typing("secret")
            await ana.call()
            await ana.set_presence("busy")
            seen = []
            await eve.send(p.encode(p.Metrics(id=4)), text=True)
            while not seen or seen[-1].get("re") != 4:
                seen.append(json.loads(await eve.recv()))
            assert len(seen) == 1, "something of the other tenant came through"
            after = seen[0]["result"]
            await soon(lambda: ours.office.team.seq == theirs.office.team.seq > 40)  # one stream, and it is not told
            for one in (metrics, after):
                del one["process"]["up_s"]
            assert after == metrics

    asyncio.run(work())


def test_each_tenant_s_agents_of_one_name_have_allowances_of_their_own(redis_url: str, tmp_path: Path) -> None:
    async def spend() -> None:
        async with two_tenants(tmp_path, redis_url) as (ours, theirs):
            ours.door.gateway.rate, ours.door.gateway.agent_rate = 1e6, 5.0
            async with raw(ours, "ana") as one, raw(ours, "ana") as two, raw(theirs, "ana") as other:
                codes = [(await answered(socket, p.Ping(id=1))).get("code") for _ in range(10) for socket in (one, two)]
                assert codes[:15] == [None] * 15
                assert "too_many" in codes[15:]
                assert (await answered(other, p.Ping(id=1)))["on"] == "done"

    asyncio.run(spend())


def test_an_agent_is_held_to_one_rate_over_all_their_connections(tmp_path: Path) -> None:
    async def spend() -> None:
        async with a_gate(tmp_path, rate=5, agent_rate=6) as gate:
            async with raw(gate) as one:
                answers = [await answered(one, p.Ping(id=n)) for n in range(17)]
                assert "more than 5 commands a second; send fewer" in answers[-1]["message"]
            async with raw(gate) as again:  # with an allowance of its own, and one that is nearly spent
                answers = [await answered(again, p.Ping(id=n)) for n in range(8)]
                assert answers[-1]["code"] == "too_many"
                assert "more than 6 commands a second over all connections of an agent" in answers[-1]["message"]
            async with raw(gate, "bo") as other:
                assert (await answered(other, p.Ping(id=1)))["on"] == "done"
            await soon(lambda: not gate.door.gateway._allowances)

    asyncio.run(spend())


def test_all_tokens_of_an_agent_taken_back_send_them_out_everywhere(tmp_path: Path) -> None:
    async def take_back() -> None:
        async with (
            a_gate(tmp_path) as gate,
            gate.member("ana") as ana,
            gate.member("ana") as too,
            gate.member("bo") as bo,
        ):
            gate.access.revoke_all("acme", "ana")
            for member in (ana, too):
                with pytest.raises(Denied, match="taken back"):
                    await anext(member.events())
            assert await bo.rooms()
            async with gate.member("ana") as again:
                assert await again.rooms()

    asyncio.run(take_back())


def test_a_door_says_the_same_of_a_tenant_it_does_not_serve_whether_it_exists_or_not(
    redis_url: str, tmp_path: Path
) -> None:
    async def knock() -> None:
        async with a_gate(tmp_path, redis_url, tenant="acme") as gate, a_gate(tmp_path, redis_url, tenant="other"):
            said = []
            for tenant in ("other", "nobody"):
                async with open_socket(gate.url) as socket:
                    await socket.send(p.encode(p.Hello(id=0, token=gate.access.token(tenant, "eve"))), text=True)
                    said.append(await socket.recv())
            assert said[0] == said[1]
            assert msgspec.json.decode(said[0])["code"] == "denied"

    asyncio.run(knock())
