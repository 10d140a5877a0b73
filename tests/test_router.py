from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from desks import Clock, assert_consistent, assignments, at_desk, bits, hire, lead, level, log, opened, until
from strategies import NOON

from collab import events as ev
from collab.claims import claim
from collab.desk import Desk, TooLate
from collab.live.follower import Follower
from collab.live.stream import open_stream
from collab.records import Decision, Lead, Presence, Urgency
from collab.routing import decide
from collab.team import Team


def test_the_same_lead_again_gives_the_same_decision_bit_for_bit_also_after_it_was_closed(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk, at_desk(stream_url, name="b") as other:
            await hire(desk, "ana", "bo")
            typed = Lead(id="l1", name="Ada", budget=500_000, urgency="high", requires=[])  # as a careless form has it
            first = await desk.route_lead(typed)

            async def again() -> None:
                clock.wait(60)
                for where in (desk, other):
                    repeated = await where.route_lead(lead("l1", name="Somebody else", score=99))
                    assert repeated == first
                    assert bits(repeated) == bits(first)

            await again()
            await desk.accept("l1", first.agent)
            await again()
            await desk.set_presence(first.agent, "offline")
            await again()
            await desk.close_lead("l1", first.agent, converted=False)
            await again()
            assert assignments(await log(desk)) == [("l1", first.agent)]
            assert "l1" not in desk.team.leads

    asyncio.run(work())


def test_a_closed_lead_whose_decision_was_trimmed_is_found_in_the_history_or_refused(stream_url: str) -> None:
    async def work() -> None:
        kept: dict[str, Decision] = {}
        async with at_desk(stream_url, find=kept.get) as desk:
            await hire(desk, "ana")
            first = await desk.route_lead(lead())
            await desk.close_lead("l1", "ana", converted=False)
            await desk.stream.trim(await desk.stream.last())
            with pytest.raises(
                TooLate, match="lead l1 was decided before, and its decision is no longer on the stream"
            ):
                await desk.route_lead(lead())
            kept["l1"] = first
            assert await desk.route_lead(lead()) == first

    asyncio.run(work())


def test_a_declined_lead_goes_to_the_next_and_not_back(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk:
            await hire(desk, "ana", "bo")
            assert (await desk.route_lead(lead())).agent == "ana"
            await desk.decline("l1", "ana", "in a viewing")
            assert desk.team.leads["l1"].holder == "bo"
            second = await desk.route_lead(lead())
            assert second.candidates.gate == ["declined", ""]
            await desk.expire("l1", "bo")
            assert desk.team.leads["l1"].holder is None
            waiting = await desk.route_lead(lead())
            assert (waiting.agent, waiting.candidates.gate) == (None, ["declined", "declined"])
            clock.wait(60)
            await desk.set_presence("bo", "available")
            assert desk.team.leads["l1"].holder == "ana"
            assert assignments(await log(desk)) == [("l1", "ana"), ("l1", "bo"), ("l1", "ana")]

    asyncio.run(work())


def test_waiting_leads_are_given_away_in_the_order_in_which_they_are_due(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk:
            for id, urgency, score in (
                ("low", Urgency.low, 50),
                ("medium", Urgency.medium, 50),
                ("critical", Urgency.critical, 50),
                ("medium-hot", Urgency.medium, 100),
            ):
                decision = await desk.route_lead(lead(id, urgency=urgency, score=score))
                assert decision.agent is None
            assert [state.lead.id for state in desk.team.queue()] == ["critical", "medium-hot", "medium", "low"]
            clock.wait(90)
            await hire(desk, "ana", capacity=1)
            for id in ("critical", "medium-hot", "medium", "low"):
                assert desk.team.agents["ana"].leads == (id,)
                await desk.close_lead(id, "ana", converted=False)
            assert assignments(await log(desk)) == [(id, "ana") for id in ("critical", "medium-hot", "medium", "low")]
            assert [event.decision.waited_s for event in desk.team.recent] == [90.0] * 4
            assert {event.decision.position for event in desk.team.recent} == {0}

    asyncio.run(work())


def test_a_lead_that_nobody_can_take_does_not_hold_up_those_behind_it(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await desk.route_lead(lead("french", urgency=Urgency.critical, requires=("language:fr",)))
            await desk.route_lead(lead("plain"))
            await hire(desk, "ana")
            assert desk.team.leads["plain"].holder == "ana"
            assert desk.team.recent[-1].decision.position == 1
            assert [state.lead.id for state in desk.team.queue()] == ["french"]
            await hire(desk, "flo", skills={"language:fr": 1.0})
            assert desk.team.leads["french"].holder == "flo"

    asyncio.run(work())


def test_two_desks_given_200_leads_at_once_give_each_away_once_and_pass_no_capacity(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as a, at_desk(stream_url, name="b") as b:
            agents = [f"agent-{i}" for i in range(8)]
            await hire(a, *agents, capacity=5)
            await level(a, b)
            seen: dict[str, list[int]] = {"a": [], "b": []}
            a.subscribe(lambda entries: seen["a"].extend(entry.seq for entry in entries))
            b.subscribe(lambda entries: seen["b"].extend(entry.seq for entry in entries))
            start = await a.stream.last()
            leads = [lead(f"l{i:03}") for i in range(200)]
            async with asyncio.timeout(150):
                routed = await asyncio.gather(*(desk.route_lead(one) for one in leads for desk in (a, b)))
                for here, there in zip(routed[::2], routed[1::2], strict=True):
                    if here.agent and there.agent:
                        assert here == there
                assert sum(agent.active for agent in assert_consistent(await log(a)).agents.values()) == 40
                await close_all(a, b)
            entries = await log(a)
            assert sorted(id for id, _ in assignments(entries)) == [one.id for one in leads]
            team = assert_consistent(entries)
            await level(a, b)
            assert a.team == b.team == team
            assert not team.leads
            assert seen["a"] == seen["b"] == list(range(start + 1, team.seq + 1))

    asyncio.run(work())


async def close_all(a: Desk, b: Desk) -> None:
    """Close what is held, at either desk in turn, until no lead is open."""
    for desk in itertools.cycle((a, b)):
        await until(lambda desk=desk: not desk.team.leads or any(s.holder for s in desk.team.leads.values()), desk)
        if not desk.team.leads:
            return
        held = [(id, state.holder) for id, state in desk.team.leads.items() if state.holder]
        closing = [desk.close_lead(id, holder, converted=True) for id, holder in held]
        for outcome in await asyncio.gather(*closing, return_exceptions=True):
            assert outcome is None or isinstance(outcome, TooLate | ValueError)


def test_a_lead_that_waits_at_one_desk_is_given_away_when_another_makes_room(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as a, at_desk(stream_url, name="b") as b:
            assert (await a.route_lead(lead())).agent is None
            await hire(b, "ana")
            await until(lambda: a.team.leads["l1"].holder == "ana", a)
            assert assignments(await log(a)) == [("l1", "ana")]

    asyncio.run(work())


def test_a_desk_gives_waiting_leads_away_when_somebody_without_a_desk_makes_room(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk, opened(stream_url) as stream:
            await desk.add_agent("ana", "Ana")
            await desk.route_lead(lead())
            there = ev.PresenceChanged(id="p", time=NOON, agent="ana", presence=Presence.available)
            await Follower(stream).commit([claim(there)])
            await until(lambda: desk.team.leads["l1"].holder == "ana", desk)

    asyncio.run(work())


def test_a_lead_passed_over_is_looked_at_again_when_room_comes_while_the_others_are_given_away(stream_url: str) -> None:
    async def work() -> None:
        async with opened(stream_url) as stream:
            gateway = Follower(stream)
            flo = ev.PresenceChanged(id="p", time=NOON, agent="flo", presence=Presence.available)
            told: list[asyncio.Task[Any]] = []

            def clock() -> datetime:
                if desk.team.leads and desk.team.agents["ana"].leads and not told:  # the queue is being given away
                    told.append(asyncio.create_task(gateway.commit([claim(flo)])))
                return NOON

            async with at_desk(stream_url, clock=clock) as desk:
                await desk.add_agent("flo", "Flo", capacity=60, skills={"language:fr": 1.0})
                await desk.add_agent("ana", "Ana", capacity=60)
                await desk.route_lead(lead("a-french", score=100, requires=("language:fr",)))
                for i in range(40):
                    await desk.route_lead(lead(f"l{i}", requires=("language:none",) if i == 39 else ()))
                await gateway.commit([claim(ev.PresenceChanged(id="q", time=NOON, agent="ana", presence=flo.presence))])
                await until(lambda: [state.lead.id for state in desk.team.queue()] == ["l39"], desk)
                await asyncio.gather(*told)

    asyncio.run(work())


def test_an_agent_who_went_offline_right_before_the_claim_is_not_given_the_lead(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as late, at_desk(stream_url, name="b") as other:
            await hire(late, "ana", "bo", capacity=1)
            await level(late, other)
            await late.stop()  # it does not hear what the other does
            await other.set_presence("ana", "offline")
            assert late.team.agents["ana"].presence == "available"
            decision = await late.route_lead(lead())
            assert (decision.agent, decision.candidates.gate) == ("bo", ["offline", ""])
            await other.set_presence("ana", "available")
            await other.route_lead(lead("l2"))
            waiting = await late.route_lead(lead("l3"))
            assert (waiting.agent, waiting.candidates.gate) == (None, ["at capacity", "at capacity"])
            assert assert_consistent(await log(other)) == late.team

    asyncio.run(work())


def test_a_lead_that_waits_is_decided_again_if_room_was_made_meanwhile(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as late, at_desk(stream_url, name="b") as other:
            await late.add_agent("ana", "Ana")
            await level(late, other)
            await late.stop()
            await other.set_presence("ana", "available")
            assert (await late.route_lead(lead())).agent == "ana"

    asyncio.run(work())


def test_exploring_desks_draw_the_same_for_the_same_lead(stream_url: str) -> None:
    async def work() -> None:
        drawn = []
        for tenant in ("one", "two"):
            async with at_desk(stream_url, tenant, explore=1.0) as desk:
                await hire(desk, "ana", "bo", capacity=50)
                decisions = [await desk.route_lead(lead(f"l{i}")) for i in range(10)]
                assert {decision.mode for decision in decisions} == {"jitter"}
                assert all(decision.propensity > 0 for decision in decisions)
                drawn.append([(decision.seed, decision.drawn, decision.agent) for decision in decisions])
        assert drawn[0] == drawn[1]
        assert len({seed for seed, _, _ in drawn[0]}) == 10

    asyncio.run(work())


def test_a_share_of_exploration_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"explore is 1\.5; give a share of leads from 0 to 1"):
        Desk(open_stream("embedded://explore", "main"), explore=1.5)


async def anything(desk: Desk, chance: random.Random) -> None:
    """Give 100 commands at random; those that come too late or make no sense are refused."""
    for _ in range(100):
        agent, id = chance.choice(("ana", "bo", "cy")), f"l{chance.randrange(60)}"
        if desk.team.leads and chance.random() < 0.5:
            id = chance.choice(sorted(desk.team.leads))
        state = desk.team.leads.get(id)
        holder = (state.holder if state else None) or agent
        route = partial(desk.route_lead, lead(id, requires=chance.choice(((), ("language:es",)))))
        close = partial(desk.close_lead, id, holder, converted=True)
        commands: list[Callable[[], Any]] = [
            *(route, route, route, close, close, close),
            partial(desk.decline, id, holder),
            partial(desk.override, id, agent, by="Kim"),
            partial(desk.set_presence, agent, chance.choice(["offline", *Presence, "available", "available"])),
            partial(desk.update_agent_workload, agent, capacity=chance.randrange(4), on_shift=chance.random() < 0.9),
        ]
        with suppress(TooLate, ValueError):
            await chance.choice(commands)()


def neglected(team: Team) -> list[str]:
    """Leads that wait though somebody could take them."""
    asked = [decide(one.lead, team, NOON, declined=one.declined, refusals=one.refusals) for one in team.queue()]
    return [decision.lead.id for decision in asked if decision.agent]


@pytest.mark.parametrize("seed", range(3))
def test_after_any_commands_at_two_desks_nobody_waits_whom_somebody_could_take(stream_url: str, seed: int) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as a, at_desk(stream_url, name="b") as b:
            await hire(a, "ana", "bo", "cy", capacity=2, skills={"language:es": 1.0})
            await asyncio.gather(*(anything(desk, random.Random(2 * seed + i)) for i, desk in enumerate((a, b))))
            await until(lambda: a.team.seq == b.team.seq and not neglected(a.team), a, b)
            await a.stop()
            await b.stop()
            team = assert_consistent(await log(a))
            assert len(assignments(await log(a))) > 10
            assert a.team == b.team == team

    asyncio.run(work())


def test_a_preview_is_the_decision_that_routing_takes_and_appends_nothing(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, "ana", "bo", capacity=1)
            before, asked = desk.team.seq, desk.preview(lead("x"))
            assert desk.team.seq == before
            assert desk.team.leads == {}
            taken = await desk.route_lead(lead("x"))
            assert msgspec.structs.replace(asked, decided_ms=taken.decided_ms) == taken
            await desk.route_lead(lead("y"))
            await desk.route_lead(lead("z"))
            assert (desk.preview(lead("z")).agent, desk.preview(lead("z")).position) == (None, 0)
            assert (desk.preview(lead("w")).agent, desk.preview(lead("w")).position) == (None, 1)
            with pytest.raises(ValueError, match="score is 101"):
                desk.preview(lead("w", score=101))

    asyncio.run(work())
