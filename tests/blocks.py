"""Teams that work under an experiment, at desks with a clock of the test's, and what is recorded of them."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from desks import Clock, at_desk, hire, lead

from collab.desk import Desk
from collab.history import History, Recorder
from collab.records import Decision

Work = Callable[[Desk, Clock], Awaitable[None]]


async def staffed(desk: Desk) -> None:
    """Ana, and Bo who knows condos, both free."""
    await hire(desk, "ana", capacity=50)
    await hire(desk, "bo", capacity=50, skills={"property:condo": 1.0})


async def routed(desk: Desk, id: str) -> Decision:
    """The decision on a condo that is closed at once, so that loads stay equal."""
    decision = await desk.route_lead(lead(id, property_type="condo"))
    await desk.close_lead(id, decision.agent or "", converted=True)
    return decision


def recorded(folder: Path, work: Work) -> History:
    """The history of what is done at a desk with a clock of the test's."""

    async def run() -> None:
        clock = Clock()
        url = f"embedded://{uuid.uuid4().hex}"
        async with at_desk(url, clock=clock) as desk, Recorder(folder, desk.stream) as recorder:
            await hire(desk, "ana", capacity=50)
            await hire(desk, "bo", capacity=50, skills={"property:condo": 1.0})
            await work(desk, clock)
            await recorder.flush()

    asyncio.run(run())
    return History(folder)


async def hours(desk: Desk, clock: Clock, count: int, first: int = 0, bo_s: int = 40) -> None:
    """So many hours of ten leads each, Bo answering after `bo_s` and a little, Ana after 300 s and a little."""
    chance = random.Random(first)
    for hour in range(first, first + count):
        for number in range(10):
            clock.wait(30)
            id = f"l{hour}-{number}"
            agent = (await desk.route_lead(lead(id, property_type="condo"))).agent or ""
            waits_s = (bo_s if agent == "bo" else 300) + chance.randrange(20)
            clock.wait(waits_s)
            await desk.first_response(id, agent)
            await desk.close_lead(id, agent, converted=chance.random() < (0.8 if agent == "bo" else 0.3), value=5.0)
            clock.wait(330 - waits_s)
    return
