"""Leads that come at once: each decided as if those before it had gone, in one step, and none lost with another."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from typing import Any

from desks import Clock, assert_consistent, assignments, at_desk, hire, lead, log
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from collab.desk import Desk
from collab.gates import Pacing
from collab.live.stream import Receipt
from collab.records import Decision, Lead
from collab.team import OpenLead, Team, fold
from collab.wave import MOST, Coming, together

AGENTS = ("ana", "bo", "cy")

leads = st.builds(
    Lead,
    id=st.sampled_from([f"l{number}" for number in range(12)]),
    name=st.just("Zoe"),
    customer=st.sampled_from(["", "c1", "c2"]),
    property_type=st.sampled_from(["", "condo", "house"]),
    requires=st.sampled_from([[], ["property:condo"], ["property:boat"]]),
)


async def team_of(desk: Desk, capacity: int) -> None:
    """Three who know different things."""
    for number, agent in enumerate(AGENTS):
        await hire(desk, agent, capacity=capacity, skills={"property:condo": number / 2, "property:house": 0.4})


def counted(desk: Desk) -> list[int]:
    """How many events each append from now on has."""
    found: list[int] = []
    append = desk.stream.append

    async def noted(claims: Any, **more: Any) -> Receipt:
        found.append(len(claims))
        return await append(claims, **more)

    desk.stream.append = noted  # type: ignore[method-assign]
    return found


def asked(decision: Decision) -> tuple[Any, ...]:
    """All of a decision but when it was taken."""
    return decision.lead, decision.agent, decision.candidates, decision.score, decision.propensity, decision.mode


@settings(max_examples=40)
@given(st.lists(leads, min_size=2, max_size=12), st.integers(1, 3), st.sampled_from([0.0, 0.5]))
@example([Lead(id=id, name="Zoe") for id in ["l0"] * MOST + ["l1", "l2", "l1"]], 1, 0.0)
def test_at_once_and_one_after_the_other_come_to_the_same(coming: list[Lead], capacity: int, explore: float) -> None:
    async def work() -> None:
        still = Clock()
        settings: dict[str, Any] = {"clock": still, "explore": explore}
        async with (
            at_desk(f"embedded://{uuid.uuid4().hex}", **settings) as one,
            at_desk(f"embedded://{uuid.uuid4().hex}", **settings) as other,
        ):
            for desk in (one, other):
                await team_of(desk, capacity)
            apart = [await one.route_lead(each) for each in coming]
            at_once = await asyncio.gather(*map(other.route_lead, coming))
            assert list(map(asked, at_once)) == list(map(asked, apart))
            assert assignments(await log(other)) == assignments(await log(one))
            assert_consistent(await log(other))

    asyncio.run(work())


def test_those_who_come_while_one_is_decided_go_in_one_step(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, *AGENTS, capacity=10)
            steps = counted(desk)
            found = await asyncio.gather(*(desk.route_lead(lead(f"l{number}")) for number in range(MOST + 3)))
            assert [decision.lead.id for decision in found] == [f"l{number}" for number in range(MOST + 3)]
            assert sorted(steps, reverse=True)[0] == 2 * MOST
            assert sum(steps) == 2 * (MOST + 3)
            entries = await log(desk)
            assert assert_consistent(entries) == desk.team
            assert len(assignments(entries)) == MOST + 3

    asyncio.run(work())


def test_one_that_is_refused_takes_no_other_with_it(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, *AGENTS, capacity=10)
            first = await desk.route_lead(lead("l0"), key="crm-1")
            await desk.close_lead("l0", first.agent, converted=True)  # the stream remembers it, the team does not
            again, *others, keyed = await asyncio.gather(
                desk.route_lead(lead("l0")),
                *(desk.route_lead(lead(f"l{number}")) for number in range(1, 5)),
                desk.route_lead(lead("l9"), key="crm-1"),
            )
            assert again == keyed == first
            assert [decision.lead.id for decision in others] == ["l1", "l2", "l3", "l4"]
            assert sorted(lead for lead, _ in assignments(await log(desk))) == ["l0", "l1", "l2", "l3", "l4"]

    asyncio.run(work())


def test_when_there_is_no_more_room_the_rest_waits(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, "ana", "bo", capacity=2)
            found = await asyncio.gather(*(desk.route_lead(lead(f"l{number}")) for number in range(7)))
            assert [decision.agent is None for decision in found] == [False] * 4 + [True] * 3
            assert sorted(state.lead.id for state in desk.team.queue()) == ["l4", "l5", "l6"]
            assert_consistent(await log(desk))

    asyncio.run(work())


def test_who_does_not_wait_any_more_leaves_the_others_alone(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, *AGENTS, capacity=10)
            tasks = [asyncio.create_task(desk.route_lead(lead(f"l{number}"))) for number in range(6)]
            await asyncio.sleep(0)  # the first has begun, the others wait for it
            tasks[0].cancel()
            tasks[3].cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            gone = [isinstance(one, asyncio.CancelledError) for one in found]
            assert gone == [True, False, False, True, False, False]
            assert [(await desk.route_lead(lead(f"l{number}"))).lead.id for number in range(6)] == [
                f"l{number}" for number in range(6)
            ]
            assert len(assignments(await log(desk))) == 6

    asyncio.run(work())


def test_where_shares_count_each_is_decided_after_the_one_before_is_heard_of(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url, pacing=Pacing(ahead_most=1.0)) as desk:
            await hire(desk, *AGENTS, capacity=10)
            steps = counted(desk)
            await asyncio.gather(*(desk.route_lead(lead(f"l{number}")) for number in range(5)))
            assert steps == [2] * 5

    asyncio.run(work())


def test_the_team_stays_as_it_is_and_what_is_known_or_finds_nobody_is_left() -> None:
    async def work() -> Team:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await hire(desk, *AGENTS, capacity=10)
            await desk.route_lead(lead("known"))
            return fold(await log(desk))

    team = asyncio.run(work())
    before = team.snapshot()
    time = team.recent[0].time

    def decide(state: OpenLead, team: Team) -> Decision:
        decision = team.recent[-1].decision
        return replace(decision, agent=None) if state.lead.id == "nobody" else decision

    names = map(str, itertools.count())
    for last in ("known", "nobody", "l1"):
        coming = [Coming(lead(id), None) for id in ("l1", "l2", last, "l3")]
        claims, decisions = together(coming, team, time, decide, names.__next__, Pacing())
        assert len(decisions) == 2
        assert [type(one.event).__name__ for one in claims] == ["LeadArrived", "LeadAssigned"] * 2
        assert team.snapshot() == before
