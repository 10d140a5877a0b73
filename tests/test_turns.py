"""Who goes first: the lead that is due first, whoever routes; nothing starves; and whom a person chose keeps it."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import pytest
from desks import Clock, assert_consistent, assert_in_turn, assignments, at_desk, hire, lead, level, log, until
from hypothesis import given
from hypothesis import strategies as st
from real_redis import RealRedis
from strategies import NOON

from collab import events as ev
from collab.claims import claim
from collab.desk import Desk, TooLate
from collab.events import Entry
from collab.gates import EASING, Pacing
from collab.live.follower import Follower
from collab.live.partition import key_of
from collab.records import Lead, Urgency
from collab.team import PICK_UP_S, Team, fold

MOST_S = PICK_UP_S[Urgency.low] - PICK_UP_S[Urgency.critical] / 2
"""A lead that came in so many seconds after another never goes before it: 59.5 minutes."""

arrivals = st.lists(
    st.tuples(st.integers(0, 7200), st.sampled_from(Urgency), st.integers(0, 100)), min_size=2, max_size=60
)


def queued(rows: list[tuple[int, Urgency, int]]) -> list[ev.LeadArrived]:
    """Leads that come in so many seconds after noon, in the order in which they do."""
    return [
        ev.LeadArrived(
            id=f"a{number}",
            time=NOON + timedelta(seconds=second),
            lead=Lead(id=f"l{number:02}", name="A customer", urgency=urgency, score=score),
        )
        for number, (second, urgency, score) in enumerate(sorted(rows, key=lambda row: row[0]))
    ]


@given(arrivals, st.integers(1, 600))
def test_newer_leads_overtake_an_older_one_for_an_hour_at_most(
    rows: list[tuple[int, Urgency, int]], every_s: int
) -> None:
    coming, team, now, seq = queued(rows), Team(), NOON, 0
    while coming or team.leads:
        now += timedelta(seconds=every_s)  # somebody is free every so many seconds
        while coming and coming[0].time <= now:
            seq += 1
            team.apply(Entry(seq, "main", coming.pop(0)))
        if not team.queue():
            continue
        first = team.queue()[0]
        for state in team.leads.values():
            assert (first.arrived - state.arrived).total_seconds() <= MOST_S
            assert (first.due, first.lead.id) <= (state.due, state.lead.id)
        team._put(first.lead.id, None)


@given(arrivals)
def test_a_flood_of_the_most_urgent_leads_ends_for_who_waits(rows: list[tuple[int, Urgency, int]]) -> None:
    old = ev.LeadArrived(id="old", time=NOON, lead=Lead(id="old", name="A", urgency=Urgency.low, score=0))
    flood = queued([(second + int(MOST_S) + 1, Urgency.critical, 100) for second, _, _ in rows])
    team = fold(Entry(seq, "main", event) for seq, event in enumerate([old, *flood], 1))
    assert team.queue()[0].lead.id == "old"


def test_a_lead_that_comes_in_does_not_take_the_room_of_one_that_waits(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url, clock=(clock := Clock())) as desk:
            await hire(desk, "ana", capacity=1)
            for name in ("l1", "l2", "l3"):
                await desk.route_lead(lead(name))
                clock.wait(1)
            closing = asyncio.create_task(desk.close_lead("l1", "ana", converted=True))
            new = await asyncio.gather(*(desk.route_lead(lead(f"m{number}")) for number in range(5)))
            await closing
            assert [decision.agent for decision in new] == [None] * 5
            assert desk.team.leads["l2"].holder == "ana"
            urgent = lead("u", urgency=Urgency.critical)
            closing = asyncio.create_task(desk.close_lead("l2", "ana", converted=True))
            await asyncio.gather(desk.route_lead(urgent), closing)
            await until(lambda: desk.team.leads["u"].holder == "ana", desk)  # due before all that wait
            assert_in_turn(await log(desk))

    asyncio.run(work())


async def hurry(desk: Desk, name: str, count: int, clock: Clock) -> None:
    """Route leads of any urgency while closing held ones."""
    chance = random.Random(name)
    for number in range(count):
        urgency, score = chance.choice(list(Urgency)), chance.randrange(101)
        await desk.route_lead(lead(f"{name}-{number:03}", urgency=urgency, score=score))
        clock.wait(1)
        held = [(id, state.holder) for id, state in desk.team.leads.items() if state.holder]
        if held and chance.random() < 0.6:
            with suppress(TooLate, ValueError):  # the other desk was faster
                await desk.close_lead(*chance.choice(held), converted=True)


def test_two_desks_give_leads_away_in_the_order_in_which_they_are_due(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as a, at_desk(stream_url, name="b", clock=clock) as b:
            await hire(a, "ana", "bo", "cy", capacity=2)
            await level(a, b)
            await asyncio.gather(*(hurry(desk, name, 80, clock) for desk, name in ((a, "x"), (b, "y"))))
            await level(a, b)
            await a.stop()
            await b.stop()
            entries = await log(a)
            assert_consistent(entries)
            assert assert_in_turn(entries) > 20
            assert len(assignments(entries)) > 60

    asyncio.run(work())


@pytest.mark.parametrize("hears", [False, True], ids=["knowing nothing", "knowing all"])
def test_a_desk_lets_a_more_urgent_lead_of_another_desk_go_first(stream_url: str, hears: bool) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as late, at_desk(stream_url, name="b") as other:
            await late.add_agent("ana", "Ana", capacity=1)
            await late.set_presence("ana", "offline")
            await level(late, other)
            await other.set_presence("ana", "available")
            await level(late, other)
            await late.stop()  # it does not hear what the other does
            await other.route_lead(lead("first"))
            await other.route_lead(lead("urgent", urgency=Urgency.critical))
            await other.stop()  # and nobody gives away what waits
            head = {"id": "c", "time": NOON, "lead": "first", "decision": other.team.leads["first"].decision}
            await Follower(other.stream, other.team).commit([claim(ev.LeadClosed(**head, agent="ana", converted=True))])
            if hears:
                await late.create_room("side", "Side", by="Kim")  # an append brings what others did
                assert late.team.leads["urgent"].holder is None
            assert (await late.route_lead(lead("plain"))).agent is None
            assert late.team.leads["urgent"].holder == "ana"
            assert_in_turn(await log(late))

    asyncio.run(work())


def test_a_lone_agent_is_asked_again_after_longer_and_longer(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk:
            await hire(desk, "ana")
            await desk.route_lead(lead())
            for minutes in (1, 2, 4, 8, 16, 30, 30):
                await desk.decline("l1", "ana", "in a viewing")
                clock.wait(60 * minutes - 1)
                await desk.drain()
                assert desk.team.leads["l1"].holder is None
                clock.wait(1)
                await desk.drain()
                assert desk.team.leads["l1"].holder == "ana"
            assert desk.team.leads["l1"].refusals == {"ana": 7}
            await desk.expire("l1", "ana", "not accepted in time")
            await hire(desk, "bo")
            assert desk.team.leads["l1"].holder == "bo"
            clock.wait(1e6)
            await desk.decline("l1", "bo")
            assert desk.team.leads["l1"].holder == "ana"

    asyncio.run(work())


@pytest.mark.parametrize("each", [1, 4], ids=["alone", "together"])
def test_two_desks_at_once_ease_in_who_comes_back_as_one_would(stream_url: str, each: int) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as a, at_desk(stream_url, name="b", clock=clock) as b:
            await hire(a, "ana", capacity=9)
            await a.set_presence("ana", "offline")
            clock.wait(900)
            await a.set_presence("ana", "available")
            await level(a, b)
            coming = [(desk, lead(f"{name}{number}")) for number in range(each) for desk, name in ((a, "x"), (b, "y"))]
            found = await asyncio.gather(*(desk.route_lead(one) for desk, one in coming))
            assert sum(decision.agent is not None for decision in found) == 1
            await level(a, b)
            assert a.team.agents["ana"].active == b.team.agents["ana"].active == 1
            clock.wait(30)
            await asyncio.gather(a.drain(), b.drain())
            assert assert_consistent(await log(a)).agents["ana"].active == 2

    asyncio.run(work())


def test_a_full_queue_does_not_flood_who_comes_back_from_an_absence(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock, pacing=Pacing(ease_every_s=20)) as desk:
            await hire(desk, "ana", capacity=4)
            await desk.set_presence("ana", "offline")
            clock.wait(899)
            await desk.set_presence("ana", "available")
            clock.wait(899)
            await desk.set_presence("ana", "offline")
            for number in range(9):
                await desk.route_lead(lead(f"l{number}"))
            clock.wait(900)
            await desk.set_presence("ana", "away")
            assert desk.team.agents["ana"].leads == ("l0",)
            waiting = await desk.route_lead(lead("l1"))
            assert (waiting.agent, waiting.candidates.gate) == (None, [EASING])
            await desk.set_presence("ana", "offline")  # a flap does not end it
            clock.wait(10)
            await desk.set_presence("ana", "available")
            held = []
            for _ in range(8):
                await desk.drain()
                held.append(desk.team.agents["ana"].active)
                clock.wait(10)
            assert held == [1, 2, 2, 3, 3, 4, 4, 4]
            assert desk.team.recent[-1].decision.candidates.gate == [""]

    asyncio.run(work())


def test_who_is_away_for_less_than_a_quarter_of_an_hour_takes_all_they_can(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk:
            await hire(desk, "ana", capacity=4)
            await desk.set_presence("ana", "offline")
            for number in range(9):
                await desk.route_lead(lead(f"l{number}"))
            clock.wait(899)
            await desk.set_presence("ana", "available")
            assert desk.team.agents["ana"].active == 4

    asyncio.run(work())


def test_a_customer_comes_back_to_the_agent_who_had_them(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk, at_desk(stream_url, name="b") as other:
            await hire(desk, "ana", capacity=9)
            await hire(desk, "bo", capacity=2)
            assert (await desk.route_lead(lead("l1", customer="c"))).agent == "ana"
            await desk.override("l1", "bo", by="Kim")
            await desk.close_lead("l1", "bo", converted=True)
            await level(desk, other)
            again = await other.route_lead(lead("l2", customer="c"))
            assert (again.agent, again.mode) == ("bo", "sticky")
            assert (await other.route_lead(lead("l3", customer="d"))).mode == "greedy"
            assert (await other.route_lead(lead("l4"))).mode == "greedy"
            await other.decline("l2", "bo", "knows them privately")
            await until(lambda: other.team.leads["l2"].holder == "ana", other)
            assert other.team.known == {"c": "ana", "d": "ana"}
            assert assert_consistent(await log(other)).known == other.team.known

    asyncio.run(work())


def test_a_person_gives_a_waiting_lead_to_whom_they_like_and_it_stays(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk:
            await hire(desk, "ana", "bo", capacity=2)
            await desk.route_lead(lead("l1", requires=("language:fr",)))
            await desk.assign("l1", "bo", by="Kim", reason="speaks some")
            decision = desk.team.recent[-1].decision
            assert (decision.mode, decision.by, decision.reason) == ("manual", "Kim", "speaks some")
            assert (decision.agent, decision.candidates.gate) == ("bo", ["lacks language:fr"] * 2)
            last = await desk.stream.last()
            await desk.assign("l1", "bo", by="Kim")
            assert await desk.stream.last() == last  # twice is as once
            assert (await desk.route_lead(lead("l1"))) == decision
            await desk.assign("l1", "ana", by="Kim")  # a held one too
            await desk.route_lead(lead("l2"))
            routed = desk.team.leads["l2"].holder
            assert not desk.team.leads["l2"].overridden
            await desk.assign("l2", routed, by="Kim")  # it may stay where it is
            assert desk.team.leads["l2"].overridden
            await desk.set_presence("ana", "offline")
            clock.wait(1e6)
            await desk.drain()
            assert {id: state.holder for id, state in desk.team.leads.items()} == {"l1": "ana", "l2": routed}
            assert_consistent(await log(desk))

    asyncio.run(work())


@pytest.mark.parametrize(
    "lead_id, to, by, said",
    [
        ("l2", "ana", "Kim", "to is 'ana', who is at capacity with 1 of 1 leads; close one, raise the capacity, or"),
        ("l2", "bo", "Kim", "to is 'bo', who is offline; have them come in, or name another agent"),
        ("l2", "cy", "Kim", "to is 'cy', who is off shift; begin their shift, or name another agent"),
        ("l2", "zoe", "Kim", "agent is 'zoe', who is not on the roster \\(ana, bo, cy\\); name one of it"),
        ("l9", "ana", "Kim", "lead is 'l9', which is not open"),
        ("l2", "di", "", "by is ''; name the person who chose"),
    ],
)
def test_a_lead_that_cannot_be_given_is_refused_and_stays(lead_id: str, to: str, by: str, said: str) -> None:
    async def work() -> None:
        url = f"embedded://refused-{lead_id}-{to}"
        async with at_desk(url) as desk:
            await hire(desk, "ana", capacity=1)
            await desk.route_lead(lead("l1"))
            await desk.add_agent("bo", "Bo")
            await desk.add_agent("cy", "Cy", on_shift=False)
            await desk.route_lead(lead("l2", requires=("language:fr",)))
            if to == "di":
                await hire(desk, "di")
            before = desk.team.snapshot()
            with pytest.raises(ValueError, match=said):
                await desk.assign(lead_id, to, by=by)
            assert desk.team.snapshot() == before

    asyncio.run(work())


def test_a_person_and_the_router_never_both_give_a_lead_away(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as a, at_desk(stream_url, name="b") as b:
            await hire(a, "ana", "bo", capacity=30)
            for agent in ("ana", "bo"):
                await a.update_agent_workload(agent, on_shift=False)
            for number in range(30):
                await a.route_lead(lead(f"l{number:02}"))
            await level(a, b)
            coming = asyncio.create_task(a.update_agent_workload("ana", on_shift=True))
            await b.update_agent_workload("bo", on_shift=True)
            given = await asyncio.gather(
                *(b.assign(f"l{number:02}", "bo", by="Kim") for number in range(29, -1, -1)), return_exceptions=True
            )
            await coming
            assert all(one is None or isinstance(one, TooLate | ValueError) for one in given)
            await level(a, b)
            team = assert_consistent(await log(a))
            kept = [f"l{number:02}" for number, one in zip(range(29, -1, -1), given, strict=True) if one is None]
            assert kept
            assert all(team.leads[name].holder == "bo" and team.leads[name].overridden for name in kept)

    asyncio.run(work())


def test_a_stream_from_before_the_queue_had_a_mark_goes_on(redis_server: RealRedis, redis_url: str) -> None:
    async def work() -> None:
        async with at_desk(redis_url) as desk:
            await desk.route_lead(lead("l1"))
            redis_server.client.delete(f"{key_of('main')}:main:queue")
            await hire(desk, "ana")
            assert desk.team.leads["l1"].holder == "ana"

    asyncio.run(work())
