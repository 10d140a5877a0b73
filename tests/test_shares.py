"""The gate of who is ahead, at desks: off unless asked for, the same at every desk, and recorded."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest
from desks import SOON_S, Clock, at_desk, hire, lead, level, log

from collab.desk import Desk
from collab.events import LeadAssigned
from collab.fairness import Ledger
from collab.gates import AHEAD, Pacing
from collab.office import Office

FAIR = Pacing(ahead_most=1.25)


async def routed(desk: Desk, clock: Clock, first: int, last: int) -> list[str | None]:
    """Who gets each of these leads, which end before the next comes in."""
    found = []
    for number in range(first, last):
        decision = await desk.route_lead(lead(f"l{number}"))
        if decision.agent is not None:
            await desk.close_lead(f"l{number}", decision.agent, converted=False)
        clock.wait(60)
        found.append(decision.agent)
    return found


async def team(desk: Desk) -> None:
    """Ana has more room than bo, and so is chosen whenever she may be."""
    await hire(desk, "ana", capacity=9)
    await hire(desk, "bo", capacity=9)
    await desk.set_presence("bo", "busy")


def test_nobody_is_passed_over_unless_it_is_asked_for(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk:
            await team(desk)
            assert await routed(desk, clock, 0, 8) == ["ana"] * 8

    asyncio.run(work())


def test_who_is_ahead_leaves_leads_to_others_and_the_decision_says_so(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock, pacing=FAIR) as desk:
            await team(desk)
            got = await routed(desk, clock, 0, 9)
            assert got[:4] == ["ana", "ana", "ana", "bo"]  # 1.5 ahead after three leads
            ledger = Ledger()
            for entry in await log(desk):
                if isinstance(entry.event, LeadAssigned):
                    decision = entry.event.decision
                    ahead = "ana" in ledger.ahead(entry.event.time.timestamp(), FAIR.ahead_most)
                    assert decision.candidates.gate == [AHEAD if ahead else "", ""]
                    assert decision.agent == ("bo" if ahead else "ana")
                ledger.hear(entry.event)
            assert 0 < got.count("bo") < len(got)

    asyncio.run(work())


def test_alone_one_takes_all_however_far_ahead(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock, pacing=FAIR) as desk:
            await team(desk)
            await routed(desk, clock, 0, 3)
            await desk.set_presence("bo", "offline")
            assert await routed(desk, clock, 3, 8) == ["ana"] * 5

    asyncio.run(work())


def test_desks_on_one_stream_agree_also_one_that_starts_later(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock, pacing=FAIR) as first:
            await team(first)
            got = await routed(first, clock, 0, 3)
            async with at_desk(stream_url, clock=clock, pacing=FAIR, name="b") as second:
                got += await routed(second, clock, 3, 5)
                await level(first, second)
                got += await routed(first, clock, 5, 7)
        async with at_desk(f"{stream_url}", "alone", clock=(own := Clock()), pacing=FAIR, name="c") as alone:
            await team(alone)
            assert await routed(alone, own, 0, 7) == got

    asyncio.run(work())


def test_a_limit_that_is_none_is_refused(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url, pacing=Pacing(ahead_most=-1.0)):
            pass

    with pytest.raises(ValueError, match=r"ahead_most is -1\.0; give leads of 0 or more, 0 to do without"):
        asyncio.run(work())


def test_an_office_passes_over_who_is_ahead_if_it_is_asked_to(tmp_path: Path) -> None:
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history"), pacing=Pacing(ahead_most=0.4)).start()
    desk = office.desk

    def do(work: Any) -> Any:
        return office.call(work).result(SOON_S)

    try:
        for agent in ("ana", "bo"):
            do(desk.add_agent(agent, agent, capacity=5))
            do(desk.set_presence(agent, "available"))
        first, second = (do(desk.route_lead(lead(f"l{number}"))) for number in range(2))
        assert (first.candidates.gate, first.agent) == (["", ""], "ana")
        assert (second.candidates.gate, second.agent) == ([AHEAD, ""], "bo")
        do(office.recorder.flush())
        assert list(office.history.candidates()["gate"]) == ["", "", AHEAD, ""]
    finally:
        office.stop()
