"""The clocks of two desks step back and forth while they work; nothing is lost, doubled, reordered or negative."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from pathlib import Path

from desks import Clock, assert_consistent, assignments, at_desk, hire, lead, level, log

from collab.events import FirstResponded, MessageSent
from collab.history import History, Recorder
from collab.lapses import Terms
from collab.live.access import Access

STEPS_S = (-86_400, -3600, -1, 0, 0.001, 1, 60, 3600, 86_400)


def test_steps_of_the_clock_change_no_order_and_lose_nothing(stream_url: str, tmp_path: Path) -> None:
    chance = random.Random(20261124)

    async def work() -> None:
        clocks = Clock(), Clock()
        async with (
            at_desk(stream_url, name="a", clock=clocks[0]) as one,
            at_desk(stream_url, name="b", clock=clocks[1]) as two,
        ):
            await hire(one, "ana", "bo", capacity=100)
            await one.create_room("main", "Main", by="ana")
            await level(one, two)
            await two.rooms.join("main", "bo")
            said: list[tuple[int, str]] = []
            given = []
            for n in range(120):
                for clock in clocks:
                    clock.wait(chance.choice(STEPS_S))
                desk, agent = chance.choice(((one, "ana"), (two, "bo")))
                said.append(((await desk.send_message("main", agent, f"{n}", key=f"{n}")).number, f"{n}"))
                decision = await desk.route_lead(lead(f"l{n}"))
                assert decision.agent is not None
                given.append((f"l{n}", decision.agent))
                await desk.accept(f"l{n}", decision.agent)
                clocks[0].wait(chance.choice(STEPS_S))
                assert await one.first_response(f"l{n}", decision.agent) >= 0
                await one.close_lead(f"l{n}", decision.agent, converted=True)
            await level(one, two)
            entries = await log(one)
            async with Recorder(tmp_path / "history", one.stream) as recorder:
                await recorder.flush()
            history = History(tmp_path / "history", "main")
            assert [number for number, _ in said] == list(range(3, 123))
            assert [entry.event.text for entry in entries if isinstance(entry.event, MessageSent)] == [
                t for _, t in said
            ]
            assert assignments(entries) == given
            assert all(e.event.response_s >= 0 for e in entries if isinstance(e.event, FirstResponded))
            assert history.events() == entries
            assert history.team() == assert_consistent(entries) == one.team == two.team
            recorded = history.messages().sort_values("number")
            assert [*zip(recorded["number"], recorded["text"], strict=True)] == said

    asyncio.run(work())


def test_a_clock_that_steps_back_takes_no_lead_back_and_ends_no_token(stream_url: str, tmp_path: Path) -> None:
    async def work() -> None:
        clock = Clock()
        access = Access(tmp_path / "keys", clock=clock)
        token = access.token("acme", "ana", lasts_s=60)
        async with at_desk(stream_url, clock=clock) as desk:
            await hire(desk, "ana")
            assert (await desk.route_lead(lead())).agent == "ana"
            clock.time -= timedelta(days=1)
            await desk.tend(Terms(accept_s=1, answer_s=1, offline_s=1))
            assert desk.team.leads["l1"].holder == "ana"
            assert access.check(token).agent == "ana"

    asyncio.run(work())
