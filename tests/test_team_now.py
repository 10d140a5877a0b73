"""How agents and leads are now: what a member may see of it, in parts, and with no seam to what changes."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from desks import SOON_S
from gateways import Gate, a_gate, raw, soon

from collab.events import LeadArrived, LeadClosed
from collab.floor import watching
from collab.live.client import Heard
from collab.live.looking import Looking
from collab.protocol import LeadState, TeamNow
from collab.records import Lead, Presence


def at_work(folder: Path, work: Callable[[Gate], Awaitable[None]]) -> None:
    """Do this at a gateway whose team has Ana and Bo, both available, and a lead with each."""

    async def go() -> None:
        async with a_gate(folder) as gate:
            desk = gate.office.desk
            assert desk is not None
            for agent in ("ana", "bo"):
                await desk.add_agent(agent, agent.title(), capacity=3)
                await desk.set_presence(agent, "available")
                await desk.route_lead(Lead(id=f"L-{agent}", name="Zoe"))
                await desk.assign(f"L-{agent}", agent, by="tim")
            await work(gate)

    asyncio.run(go())


def test_team_leads_analysts_and_services_see_all_and_agents_what_is_theirs(tmp_path: Path) -> None:
    async def look(gate: Gate) -> None:
        for role in ("team_lead", "analyst", "service"):
            async with gate.member("tim", role) as tim:
                now = await tim.team()
                assert [(one.agent, one.name, one.active, one.capacity) for one in now.agents] == [
                    ("ana", "Ana", 1, 3),
                    ("bo", "Bo", 1, 3),
                ]
                assert {one.presence for one in now.agents} == {Presence.available}
                assert [(one.lead.id, one.agent) for one in now.leads] == [("L-ana", "ana"), ("L-bo", "bo")]
        async with gate.member("ana") as ana:
            now = await ana.team()
            assert [one.agent for one in now.agents] == ["ana"]
            assert [one.lead.id for one in now.leads] == ["L-ana"]

    at_work(tmp_path, look)


def test_a_lead_is_shown_as_far_as_it_is_until_it_is_closed(tmp_path: Path) -> None:
    async def follow(gate: Gate) -> None:
        async with gate.member("ana") as ana, gate.member("crm", "service") as crm:

            async def state(lead: str) -> LeadState | None:
                return next((one.state for one in (await crm.team()).leads if one.lead.id == lead), None)

            await crm.route_lead(Lead(id="L-1", name="Zoe", requires=("language:fr",)))
            assert await state("L-1") is LeadState.waiting
            await crm.assign("L-1", "ana")
            assert await state("L-1") is LeadState.offered
            await ana.accept("L-1")
            assert await state("L-1") is LeadState.accepted
            await ana.first_response("L-1")
            assert await state("L-1") is LeadState.answered
            await ana.close_lead("L-1", converted=True)
            assert await state("L-1") is None

    at_work(tmp_path, follow)


def test_many_leads_come_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(gate: Gate) -> None:
        async with gate.member("crm", "service") as crm:
            whole = await crm.team()
            monkeypatch.setattr(watching, "AT_ONCE", 500)  # one lead has some 300 bytes
            async with raw(gate, "raw", "service") as socket:
                await socket.send(json.dumps({"do": "team", "id": 1}))
                first = json.loads(await socket.recv())["result"]
                assert ([one["lead"]["id"] for one in first["leads"]], first["more"]) == (["L-ana"], True)
                await socket.send(json.dumps({"do": "team", "id": 2, "after": "L-ana"}))
                rest = json.loads(await socket.recv())["result"]
                assert ([one["lead"]["id"] for one in rest["leads"]], rest["more"]) == (["L-bo"], False)
                assert rest["agents"] == []
            assert await crm.team() == whole

    at_work(tmp_path, look)


def test_what_comes_after_the_answer_is_not_in_it_and_what_came_before_is(tmp_path: Path) -> None:
    async def look(gate: Gate) -> None:
        desk = gate.office.desk
        assert desk is not None
        async with raw(gate, "crm", "service") as socket:
            await socket.send(json.dumps({"do": "watch", "id": 1}))
            assert json.loads(await socket.recv())["re"] == 1
            floor = await gate.door.floor(gate.office.tenant)
            floor.hall._round._rests_until = asyncio.get_running_loop().time() + 60  # as after telling very many
            await desk.close_lead("L-ana", "ana", converted=True)
            await socket.send(json.dumps({"do": "team", "id": 2}))
            before, answer = [json.loads(await socket.recv()) for _ in range(2)]
            assert closed(before) == ["L-ana"]
            assert [one["lead"]["id"] for one in answer["result"]["leads"]] == ["L-bo"]
            await desk.close_lead("L-bo", "bo", converted=True)
            assert closed(json.loads(await socket.recv())) == ["L-bo"]

    at_work(tmp_path, look)


def test_who_watches_has_the_team_again_after_a_cut_and_what_changes_between(tmp_path: Path) -> None:
    async def cut(gate: Gate) -> None:
        desk = gate.office.desk
        assert desk is not None
        async with gate.member("crm", "service") as crm:
            await crm.watch()
            leads, heard_of = set[str](), crm.events()

            async def follow(until: set[str]) -> None:
                async with asyncio.timeout(SOON_S):
                    while leads != until:
                        take(await anext(heard_of), leads)

            await follow({"L-ana", "L-bo"})
            await desk.route_lead(Lead(id="L-1", name="Zoe"))
            await follow({"L-ana", "L-bo", "L-1"})
            await gate.door.gateway.stop()
            await desk.close_lead("L-ana", "ana", converted=True)
            await desk.route_lead(Lead(id="L-2", name="Zoe"))
            await gate.door.gateway.start()
            await follow({"L-bo", "L-1", "L-2"})
            await desk.close_lead("L-bo", "bo", converted=False)
            await follow({"L-1", "L-2"})

    at_work(tmp_path, cut)


def test_a_gateway_that_cannot_answer_just_now_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.0)
    answers: list[Exception | None] = [RuntimeError("too much"), TimeoutError(), None, RuntimeError("never asked")]

    async def look() -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    async def go() -> None:
        looking = Looking(look)
        looking.begin()
        await soon(lambda: looking._task is not None and looking._task.done())

    asyncio.run(go())
    assert len(answers) == 1


def take(heard: Heard, leads: set[str]) -> None:
    """Have the open leads as what was heard leaves them."""
    if isinstance(heard, TeamNow):
        leads -= set() if heard.after else set(leads)
        leads |= {one.lead.id for one in heard.leads}
    for event in getattr(heard, "events", ()):
        if isinstance(event, LeadArrived):
            leads.add(event.lead.id)
        if isinstance(event, LeadClosed):
            leads.discard(event.lead)


def closed(frame: dict[str, Any]) -> list[str]:
    """The leads whose end a frame of changes tells."""
    assert frame["on"] == "changed"
    return [event["lead"] for event in frame["events"] if event["event"] == "lead_closed"]
