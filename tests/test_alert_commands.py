"""Alerts at a gateway: who may do what about them, what the list holds, and who hears of them in whose words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alerted import overload
from desks import SOON_S
from gateways import Gate, a_gate, raw, soon
from websockets.asyncio.client import ClientConnection

from collab import protocol as p
from collab.claims import TooLate
from collab.desk import Desk
from collab.floor.hall import AT_ONCE
from collab.live.client import Member
from collab.protocol import Role
from collab.records import Lead
from collab.rules import Rule, Severity
from collab.team import Alert, State

FULL = overload(fire=0.2, clear=0.1, for_s=0.0, keep_s=3600.0, severity=Severity.high)
CROWDED = Rule(name="crowded", kind="team_overload", fire=0.05, clear=0.0, severity=Severity.critical)
SECRET = "she is ill"


def at(gate: Gate) -> Desk:
    """The gate's desk."""
    assert gate.office.desk is not None
    return gate.office.desk


def open_alert(gate: Gate, rule: str = FULL.name, agent: str = "ana") -> Alert | None:
    """The open alert of a rule, an agent's if the rule has agents."""
    found = (one for one in gate.office.team.alerts.open.values() if one.rule == rule)
    return next((one for one in found if one.labels.get("agent", agent) == agent), None)


@asynccontextmanager
async def overloaded(folder: Path, *rules: Rule) -> AsyncIterator[Gate]:
    """A gate at whose desk a lead is with ana, under these rules: as many alerts fire as there are rules."""
    async with a_gate(folder, rules=None) as gate:
        desk = at(gate)
        await soon(lambda: gate.office.team.alerts.version == 1)  # those that come with collab
        await desk.adopt_rules(rules, by="Kim")
        for agent in ("ana", "bo"):
            await desk.add_agent(agent, agent.title())
        await desk.set_presence("ana", "available")
        await desk.route_lead(Lead(id="L-1", name="Zoe"))
        states = gate.office.team.alerts.open
        await soon(lambda: [one.state for one in states.values()] == [State.firing] * len(rules))
        yield gate


def test_a_team_lead_takes_an_alert_on_gives_it_back_and_ends_it_after_its_condition(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            overloaded(tmp_path, FULL) as gate,
            gate.member("tia", "team_lead") as tia,
            gate.member("ida", "team_lead") as ida,
        ):
            (ranked,) = (await tia.alerts()).alerts
            alert = ranked.alert
            assert (alert, ranked.silence) == (open_alert(gate), None)
            assert ranked.why.startswith("high; touches 1")
            with pytest.raises(RuntimeError, match="nobody has acknowledged it"):
                await tia.return_alert(alert.id)
            until = datetime.now(UTC) + timedelta(minutes=5)
            with pytest.raises(ValueError, match=r"until is 2020-01-01T.*; give a moment after now and within 7"):
                await tia.acknowledge_alert(alert.id, until=datetime(2020, 1, 1, tzinfo=UTC))
            taken = await tia.acknowledge_alert(alert.id, until=until, note=SECRET)
            assert (taken.state, taken.owner, taken.until, taken.note) == (State.acknowledged, "tia", until, SECRET)
            with pytest.raises(RuntimeError, match=rf"alert {alert.id}: tia has it until .* UTC; it can be given back"):
                await ida.acknowledge_alert(alert.id)
            back = await tia.return_alert(alert.id, note="ida knows her")
            assert (back.state, back.owner, back.note) == (State.firing, "", "ida knows her")
            takes = (at(gate).acknowledge_alert(alert.id, by=by) for by in ("kim", "lea"))
            first, second = await asyncio.gather(*takes, return_exceptions=True)  # both before either is done
            assert first.owner == "kim"
            assert isinstance(second, TooLate)
            assert re.match(rf"alert {alert.id}: kim has it until .* UTC; it can be given back", str(second))
            await at(gate).return_alert(alert.id, by="kim")
            with pytest.raises(ValueError, match=r"while its condition holds \(ana is at 20% of capacity\)"):
                await tia.resolve_alert(alert.id)
            await at(gate).close_lead("L-1", "ana", converted=True)
            await soon(lambda: (found := open_alert(gate)) is not None and found.eased is not None)
            ended = await tia.resolve_alert(alert.id, why="sold")
            assert (ended.state, ended.by, ended.why) == (State.resolved, "tia", "sold")
            assert await ida.acknowledge_alert(alert.id) == ended, "too late is no error: its state says so"
            assert (await tia.alerts()).alerts == []

    asyncio.run(run())


def test_silences_and_rules_come_and_go_at_the_gateway(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            overloaded(tmp_path, FULL, CROWDED) as gate,
            gate.member("tia", "team_lead") as tia,
            gate.member("nia", "analyst") as nia,
        ):
            until = datetime.now(UTC) + timedelta(hours=1)
            silence = await tia.silence_alerts({"agent": "ana", "severity": "high"}, until=until, why="her last day")
            found = await nia.alerts()
            assert [(one.alert.rule, one.silence) for one in found.alerts] == [("crowded", None), (FULL.name, silence)]
            assert [(one.id, one.until, one.by, one.why) for one in found.silences] == [
                (silence, until, "tia", "her last day")
            ]
            assert (found.open, found.version) == (2, 2)
            first = await nia.alerts(count=1)
            assert ([one.alert.rule for one in first.alerts], first.open) == (["crowded"], 2)
            await tia.end_silence(silence)
            with pytest.raises(
                ValueError, match=r"labels\.rule is 'ful', which is no rule; those in force: agent_overload, crowded"
            ):
                await tia.silence_alerts({"rule": "ful"}, until=until)
            assert (await nia.alerts()).silences == []
            assert await nia.adopt_rules([CROWDED], "fewer pages") == 3
            assert gate.office.team.alerts.rules == (CROWDED,)
            in_force = await nia.rules()
            assert (in_force.version, in_force.rules) == (3, (CROWDED,))
            await soon(lambda: open_alert(gate) is None)  # its rule is gone

    asyncio.run(run())


def test_a_list_that_would_be_too_long_to_read_ends_and_the_connection_goes_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with overloaded(tmp_path, FULL) as gate, gate.member("tia", "team_lead") as tia:
            until = datetime.now(UTC) + timedelta(hours=1)
            for number in range(150):
                await at(gate).silence_alerts({"agent": f"a{number}"}, until=until, by="Kim", why="x" * 2000)
            found = await tia.alerts()
            assert 100 < len(found.silences) < 150
            assert len(msgspec.json.encode(found.silences)) <= AT_ONCE + len(found.silences) + 1  # and the commas
            assert (await tia.alerts()).open == 1

    asyncio.run(run())


COMMANDS: dict[str, tuple[set[Role], Callable[[Member], Any]]] = {
    "alerts": ({Role.agent, Role.team_lead, Role.analyst}, lambda member: member.alerts()),
    "acknowledge_alert": ({Role.team_lead}, lambda member: member.acknowledge_alert("a1")),
    "return_alert": ({Role.team_lead}, lambda member: member.return_alert("a1")),
    "resolve_alert": ({Role.team_lead}, lambda member: member.resolve_alert("a1")),
    "silence_alerts": (
        {Role.team_lead},
        lambda member: member.silence_alerts({"agent": "x"}, until=datetime.now(UTC) + timedelta(hours=1)),
    ),
    "end_silence": ({Role.team_lead}, lambda member: member.end_silence("s1")),
    "rules": ({Role.team_lead, Role.analyst}, lambda member: member.rules()),
    "adopt_rules": ({Role.team_lead, Role.analyst}, lambda member: member.adopt_rules([])),
}
"""The calls, and whose they are."""


@pytest.mark.parametrize("role", Role)
def test_who_may_not_is_told_who_may_and_nothing_happens(tmp_path: Path, role: Role) -> None:
    async def run() -> None:
        async with overloaded(tmp_path, FULL) as gate, gate.member("ana", role) as member:
            for name, (roles, call) in COMMANDS.items():
                before = gate.office.team.alerts.values()
                if role not in roles:
                    who = " or ".join(sorted(roles))
                    with pytest.raises(PermissionError, match=f"role is {role}, which may not {name}; an? {who} may"):
                        await call(member)
                    assert gate.office.team.alerts.values() == before
                elif name in ("alerts", "rules", "silence_alerts", "adopt_rules"):
                    await call(member)
                else:
                    with pytest.raises(ValueError, match=r"alert is 'a1', which nobody knows|silence is 's1'"):
                        await call(member)

    asyncio.run(run())


WRONG = [
    ({"do": "acknowledge_alert", "alert": "a1", "until": "2026-11-02T09:00:00"}, "malformed", "until is"),
    ({"do": "acknowledge_alert", "alert": "a1", "until": "2020-01-01T00:00:00Z"}, "refused", "which nobody knows"),
    ({"do": "acknowledge_alert", "alert": "a1", "note": "x" * 2001}, "malformed", "note is"),
    ({"do": "silence_alerts", "labels": {}, "until": "2100-01-01T00:00:00Z"}, "refused", "labels is {}; name what"),
    (
        {"do": "silence_alerts", "labels": {"agent": "ana"}, "until": "2020-01-01T00:00:00Z"},
        "refused",
        "until is 2020-01-01T00:00:00+00:00, which is not after time",
    ),
    (
        {"do": "adopt_rules", "rules": [{"name": "r", "kind": "overload", "fire": 11, "clear": 0.1}]},
        "malformed",
        "fire is 11; give 0 to 10",
    ),
    (
        {"do": "adopt_rules", "rules": [{"name": "r", "kind": "overlaod", "fire": 1, "clear": 0.1}]},
        "malformed",
        "kind is 'overlaod'; give one of",
    ),
    (
        {"do": "adopt_rules", "rules": [{"name": "r", "kind": "overload", "fire": 0.9, "clear": 0.1}] * 2},
        "refused",
        "rule r: name is 'r', which another rule has; give each its own",
    ),
    ({"do": "alerts", "count": 501}, "malformed", "count is 501: expected `int` <= 500"),
]


def test_what_is_wrong_is_refused_with_its_field_and_value_and_the_rules_stay(tmp_path: Path) -> None:
    async def run() -> None:
        async with overloaded(tmp_path, FULL) as gate, raw(gate, "tia", "team_lead") as socket:
            for number, (asked, code, said) in enumerate(WRONG, 1):
                await socket.send(json.dumps({**asked, "id": number}))
                answer = json.loads(await socket.recv())
                assert (answer["on"], answer["re"], answer["code"]) == ("refused", number, code)
                assert said in answer["message"], answer
            assert (gate.office.team.alerts.rules, gate.office.team.alerts.silences) == ((FULL,), {})

    asyncio.run(run())


async def heard(socket: ClientConnection, last: str) -> tuple[list[dict[str, Any]], str]:
    """The events that came without being asked for, up to one of this reason, and all frames as they came."""
    events: list[dict[str, Any]] = []
    frames = ""
    async with asyncio.timeout(SOON_S):
        while not events or events[-1].get("reason") != last:
            frame = await socket.recv()
            frames += str(frame)
            events += json.loads(frame).get("events", ())
    return events, frames


def of_alerts(events: list[dict[str, Any]]) -> list[str]:
    """The kinds of events that are of alerts, silences or rules."""
    kinds = [event["event"] for event in events]
    return [kind for kind in kinds if kind.startswith(("alert_", "silence_", "rules_"))]


STEPS = ["alert_acknowledged", "alert_returned", "alert_eased", "alert_resolved"]
BESIDE = ["silence_started", "silence_ended", "rules_adopted"]
HEARERS = {
    ("tia", Role.team_lead): [*STEPS, *BESIDE],
    ("nia", Role.analyst): [*STEPS, *BESIDE],
    ("ana", Role.agent): STEPS,
    ("bo", Role.agent): [],
    ("crm", Role.service): [],
}
"""Who watches, and the kinds of events of ana's alert that they hear of."""


def test_alerts_are_told_to_whom_they_concern_and_words_of_others_to_no_agent(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            overloaded(tmp_path, FULL) as gate,
            raw(gate, "tia", "team_lead") as tia,
            raw(gate, "nia", "analyst") as nia,
            raw(gate, "ana") as ana,
            raw(gate, "bo") as bo,
            raw(gate, "crm", "service") as crm,
            gate.member("ida", "team_lead") as ida,
        ):
            sockets = (tia, nia, ana, bo, crm)
            for socket in sockets:
                await socket.send(p.encode(p.Watch(id=1)), text=True)
                assert json.loads(await socket.recv())["on"] == "done"
            await a_course(gate, ida)
            for agent in ("ana", "bo"):
                await at(gate).set_presence(agent, "away", "the last")
            for socket, ((name, role), kinds) in zip(sockets, HEARERS.items(), strict=True):
                events, frames = await heard(socket, "the last")
                assert of_alerts(events) == kinds, name
                assert (SECRET in frames) == (role in (Role.team_lead, Role.analyst)), name

    asyncio.run(run())


async def a_course(gate: Gate, ida: Member) -> None:
    """Everything that a team lead can do about ana's alert, each with words."""
    alert = open_alert(gate)
    assert alert is not None
    await ida.acknowledge_alert(alert.id, note=SECRET)
    await ida.return_alert(alert.id, note=SECRET)
    await at(gate).close_lead("L-1", "ana", converted=True)
    await soon(lambda: (found := open_alert(gate)) is not None and found.eased is not None)
    await ida.resolve_alert(alert.id, why=SECRET)
    until = datetime.now(UTC) + timedelta(hours=1)
    await ida.end_silence(await ida.silence_alerts({"agent": "ana"}, until=until, why=SECRET))
    await ida.adopt_rules([FULL, CROWDED], SECRET)


def test_an_agent_lists_the_alerts_of_their_own_without_what_others_say_of_them(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            overloaded(tmp_path, FULL, CROWDED) as gate,
            gate.member("tia", "team_lead") as tia,
            gate.member("ana") as ana,
            gate.member("bo") as bo,
        ):
            mine = open_alert(gate)
            assert mine is not None
            await tia.acknowledge_alert(mine.id, note=SECRET)
            await tia.silence_alerts({"agent": "ana"}, until=datetime.now(UTC) + timedelta(hours=1), why=SECRET)
            found = await ana.alerts()
            (one,) = found.alerts
            assert (one.alert.id, one.alert.owner, one.alert.note, one.silence) == (mine.id, "tia", "", None)
            assert (found.open, found.silences) == (1, [])
            assert SECRET not in str(found)
            none = await bo.alerts()
            assert (none.alerts, none.open, none.silences) == ([], 0, [])
            known = open_alert(gate)
            assert known is not None
            assert known.note == SECRET, "it is there, and for team leads"

    asyncio.run(run())
