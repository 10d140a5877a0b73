"""Plans carried out at a desk in one step, and taken back as far as that can be."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from desks import SOON_S, assert_consistent, at_desk, hire, lead, log
from msgspec.structs import replace
from test_alerts_view import fire

from collab import events as ev
from collab.balance import Plan, relieve
from collab.desk import Desk, TooLate
from collab.rules import Rule
from collab.team import Team

BY: dict[str, Any] = {"by": "Kim", "reason": "alert a-1: ana is full"}


@asynccontextmanager
async def crowded(leads: int = 4) -> AsyncIterator[Desk]:
    """A desk with one agent who holds leads, and another who came later."""
    async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
        await hire(desk, "ana", capacity=4)
        for i in range(leads):
            await desk.route_lead(lead(f"l{i}", name=f"Zoe {i}"))
        await hire(desk, "bo", capacity=4)
        yield desk


def planned(desk: Desk, to: float = 0.5) -> Plan:
    """What would relieve ana."""
    return relieve(desk.team, "ana", desk._clock(), to)


def test_leads_move_and_presence_changes_in_one_step_and_back() -> None:
    async def run() -> None:
        async with crowded() as desk:
            await desk.set_presence("ana", "available", "here")
            done = await desk.move(planned(desk).moves, agent="ana", presence="busy", **BY)
            ana, bo = desk.team.agents["ana"], desk.team.agents["bo"]
            assert (ana.active, bo.active, ana.presence) == (2, 2, "busy")
            told = [entry.event for entry in await log(desk) if isinstance(entry.event, ev.LeadOverridden)]
            assert {(event.by, event.reason) for event in told} == {("Kim", BY["reason"])}
            undone = await desk.undo(done, by="Kim", reason="undone")
            ana, bo = desk.team.agents["ana"], desk.team.agents["bo"]
            assert (ana.active, bo.active, ana.presence, ana.reason) == (4, 0, "available", "here")
            assert set(undone.leads) == {move.lead for move in done.moves}
            assert undone.presence == "available"
            assert undone.stays == ()
            assert_consistent(await log(desk))

    asyncio.run(run())


def test_all_leads_of_who_goes_offline_come_back_with_them() -> None:
    async def run() -> None:
        async with crowded() as desk:
            done = await desk.move(planned(desk, to=0.0).moves, agent="ana", presence="offline", **BY)
            assert desk.team.agents["bo"].active == 4
            undone = await desk.undo(done, by="Kim")
            assert len(undone.leads) == 4
            assert desk.team.agents["ana"].presence == "available"

    asyncio.run(run())


def test_what_cannot_be_taken_back_is_said_and_the_rest_goes_back() -> None:
    async def run() -> None:
        async with crowded() as desk:
            done = await desk.move(planned(desk, to=0.0).moves, agent="ana", presence="busy", **BY)
            begun, closed, given, free = done.moves
            await desk.first_response(begun.lead, "bo")
            await desk.close_lead(closed.lead, "bo", converted=False)
            await hire(desk, "cy")
            await desk.override(given.lead, "cy", by="Kim")
            await desk.set_presence("ana", "away")
            undone = await desk.undo(done, by="Kim")
            assert undone.leads == (free.lead,)
            assert undone.presence is None
            assert undone.stays == (
                "Ana stays away: it was chosen anew since",
                f"lead {begun.name} stays: Bo began with it",
                f"lead {closed.name} stays: it is closed by now",
                f"lead {given.name} stays: it is with Cy by now",
            )

    asyncio.run(run())


def test_leads_stay_when_who_had_them_has_no_room_any_more() -> None:
    async def run() -> None:
        async with crowded() as desk:
            done = await desk.move(planned(desk).moves, **BY)
            await desk.update_agent_workload("ana", capacity=3)
            undone = await desk.undo(done, by="Kim")
            assert len(undone.leads) == 1
            full = "Ana is at capacity with 2 of 3 leads and 2 to come; close one, raise the capacity"
            assert undone.stays == (f"lead {done.moves[1].name} stays: {full}",)
            assert (await desk.undo(done, by="Kim")).leads == ()  # twice is as once

    asyncio.run(run())


@pytest.mark.parametrize("change", ["answered", "full", "offline", "closed"])
def test_a_plan_that_came_too_late_does_nothing_and_says_why(change: str) -> None:
    async def run() -> None:
        async with crowded() as desk:
            moves = planned(desk).moves
            if change == "answered":
                await desk.first_response(moves[1].lead, "ana")
            elif change == "closed":
                await desk.close_lead(moves[1].lead, "ana", converted=True)
            elif change == "full":
                await desk.update_agent_workload("bo", capacity=1)
            else:
                await desk.set_presence("bo", "offline")
            said = {"answered": "begun with", "closed": "closed by now", "full": "0 of 1", "offline": "Bo is offline"}
            before = desk.team.seq
            with pytest.raises(TooLate, match=f"{said[change]}.*nothing was done"):
                await desk.move(moves, agent="ana", presence="busy", **BY)
            assert desk.team.seq == before

    asyncio.run(run())


def test_a_plan_of_nothing_is_refused() -> None:
    async def run() -> None:
        async with crowded() as desk:
            with pytest.raises(ValueError, match="give both or moves"):
                await desk.move([], **BY)
            with pytest.raises(ValueError, match="give both or moves"):
                await desk.move(planned(desk).moves, agent="ana", **BY)
            strange = replace(planned(desk).moves[0], lead="never", name="Never")
            with pytest.raises(TooLate, match="lead Never is closed"):
                await desk.move([strange], **BY)

    asyncio.run(run())


def test_leads_are_routed_while_a_long_plan_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    routed = threading.Event()

    def plan(alert: Any, team: Team, *given: Any) -> list[Any]:
        return [routed.wait(SOON_S), sorted(team.leads)]

    async def run() -> None:
        async with crowded(leads=2) as desk:
            await desk.adopt_rules([Rule(name="agent_overload", kind="overload", fire=0.9, clear=0.5)], by="Kim")
            alert = await fire(desk, "ana")
            monkeypatch.setattr("collab.desk.acting.actions", plan)
            asked = asyncio.create_task(desk.actions(alert))
            await asyncio.sleep(0)  # it begins, and copies the team
            await desk.route_lead(lead("meanwhile"))
            routed.set()
            assert await asked == [True, ["l0", "l1"]]

    asyncio.run(run())
