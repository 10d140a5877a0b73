from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import numpy as np
import pytest
from strategies import NOON

from collab import events as ev
from collab.claims import claim
from collab.desk import Desk, TooLate
from collab.events import Entry
from collab.live.follower import Follower
from collab.live.stream import PARTITIONS, Stream, open_stream
from collab.records import Decision, Lead, Presence, Urgency
from collab.routing import DECLINED_FOR_S, decide
from collab.team import Team, fold
from collab.weights import Weights

SOON_S = 20
"""How long a test waits for what must come."""


class Clock:
    """Tells a time that only the test moves."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.time += timedelta(seconds=seconds)


@asynccontextmanager
async def opened(url: str, tenant: str = "main") -> AsyncIterator[Stream]:
    """A stream that is closed in the end."""
    stream = open_stream(url, tenant)
    try:
        yield stream
    finally:
        await stream.close()


@asynccontextmanager
async def at_desk(url: str, tenant: str = "main", *, name: str = "a", **settings: Any) -> AsyncIterator[Desk]:
    """A started desk with a clock of its own, whose event ids begin with its name."""
    number = itertools.count()
    settings = {"clock": Clock(), "new_id": lambda: f"{name}-{next(number)}", "timer": lambda: 0.0, **settings}
    async with opened(url, tenant) as stream:
        desk = Desk(stream, **settings)
        await desk.start()
        try:
            yield desk
        finally:
            await desk.stop()


async def until(condition: Callable[[], bool], *desks: Desk) -> None:
    """Return when the condition holds; it is looked at after each change of these desks' teams."""
    changed = asyncio.Event()
    ways_out = [desk.subscribe(lambda entries: changed.set()) for desk in desks]
    try:
        async with asyncio.timeout(SOON_S):
            while not condition():
                changed.clear()
                await changed.wait()
    finally:
        for unsubscribe in ways_out:
            unsubscribe()


async def hire(desk: Desk, *agents: str, capacity: int = 5, **more: Any) -> None:
    """Put agents on the roster who are there."""
    for agent in agents:
        await desk.add_agent(agent, agent.title(), capacity=capacity, **more)
        await desk.set_presence(agent, "available")


def lead(id: str = "l1", **fields: Any) -> Lead:
    """A lead of some customer."""
    return Lead(**{"id": id, "name": "A customer", **fields})


def bits(decision: Decision) -> bytes:
    """All of a decision."""
    return msgspec.json.encode(decision)


async def log(desk: Desk) -> list[Entry]:
    """All that is on the desk's stream."""
    entries: list[Entry] = []
    while more := await desk.stream.read(entries[-1].seq if entries else 0):
        entries += more
    return entries


def assert_consistent(entries: list[Entry]) -> Team:
    """Places have no gap, nobody takes a lead that is held or passes a capacity; returns the team."""
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    team = Team()
    for entry in entries:
        event, taken = entry.event, None
        if isinstance(event, ev.LeadAssigned):
            taken = event.decision.lead.id
            assert team.leads[taken].holder is None
        elif isinstance(event, ev.LeadOverridden):
            taken = event.lead
        team.apply(entry)
        if taken is not None:
            holder = team.agents[team.leads[taken].holder or ""]
            assert holder.active <= holder.capacity
            assert holder.on_shift
            assert holder.presence != Presence.offline
    return team


def assignments(entries: list[Entry]) -> list[tuple[str, str | None]]:
    """Lead and agent of every assignment in order."""
    events = [entry.event for entry in entries]
    return [(e.decision.lead.id, e.decision.agent) for e in events if isinstance(e, ev.LeadAssigned)]


def test_a_lead_goes_to_an_agent_and_through_its_whole_life(stream_url: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with at_desk(stream_url, clock=clock) as desk:
            await hire(desk, "ana", skills={"language:es": 0.9})
            decision = await desk.route_lead(lead(language="es"))
            assert decision.agent == "ana"
            assert desk.team.leads["l1"].holder == "ana"
            assert [event.decision for event in desk.team.recent] == [decision]
            await desk.accept("l1", "ana")
            clock.wait(42)
            assert await desk.first_response("l1", "ana") == 42
            await desk.close_lead("l1", "ana", converted=True, value=1e6, satisfaction=5)
            ana = desk.team.agents["ana"]
            assert (ana.active, ana.closed, ana.converted, ana.responses, ana.response_total_s) == (0, 1, 1, 1, 42.0)
            entries = await log(desk)
            kinds = (
                "agent_joined presence_changed lead_arrived lead_assigned offer_accepted first_responded lead_closed"
            )
            assert [ev.kind(entry.event) for entry in entries] == kinds.split()
            assert assert_consistent(entries) == desk.team

    asyncio.run(work())


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
            clock.wait(DECLINED_FOR_S)
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
            await until(lambda: b.team.seq == a.team.seq, b)
            seen: dict[str, list[int]] = {"a": [], "b": []}
            a.subscribe(lambda entries: seen["a"].extend(entry.seq for entry in entries))
            b.subscribe(lambda entries: seen["b"].extend(entry.seq for entry in entries))
            start = await a.stream.last()
            leads = [lead(f"l{i:03}") for i in range(200)]
            async with asyncio.timeout(60):
                routed = await asyncio.gather(*(desk.route_lead(one) for one in leads for desk in (a, b)))
                for here, there in zip(routed[::2], routed[1::2], strict=True):
                    if here.agent and there.agent:
                        assert here == there
                assert sum(agent.active for agent in assert_consistent(await log(a)).agents.values()) == 40
                await close_all(a, b)
            entries = await log(a)
            assert sorted(id for id, _ in assignments(entries)) == [one.id for one in leads]
            team = assert_consistent(entries)
            await until(lambda: a.team.seq == team.seq, a)
            await until(lambda: b.team.seq == team.seq, b)
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
            await late.stop()
            await other.set_presence("ana", "available")
            assert (await late.route_lead(lead())).agent == "ana"

    asyncio.run(work())


def test_a_command_that_others_overtook_is_refused_and_changes_nothing(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as late, at_desk(stream_url, name="b") as other:
            await hire(late, "ana", "bo", capacity=1)
            await late.route_lead(lead())
            await late.stop()
            await other.override("l1", "bo", by="Kim", reason="speaks Catalan")
            await other.remove_agent("ana")
            last = await other.stream.last()
            with pytest.raises(TooLate, match="holder:l1 is 'bo' by now; look at the team and try again"):
                await late.close_lead("l1", "ana", converted=True)
            assert late.team.leads["l1"].holder == "bo"
            await late.stop()
            assert "ana" not in [agent.id for agent in late.team.members()]
            assert await other.stream.last() == last
            late.team.agents["ana"] = msgspec.structs.replace(late.team.agents["ana"], left=False)  # as if not heard
            with pytest.raises(TooLate, match="member:ana is None by now"):
                await late.set_presence("ana", "available")
            assert await other.stream.last() == last

    asyncio.run(work())


def test_an_override_moves_the_lead_to_one_with_room_and_frees_the_other(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, "ana", "bo", capacity=1)
            await desk.route_lead(lead("l1"))
            await desk.override("l1", "bo", by="Kim")
            assert (desk.team.agents["ana"].leads, desk.team.agents["bo"].leads) == ((), ("l1",))
            await desk.route_lead(lead("l2"))
            await desk.route_lead(lead("l3"))
            with pytest.raises(TooLate, match="load:bo is '1' by now"):
                await desk.override("l2", "bo", by="Kim")
            await desk.close_lead("l1", "bo", converted=True)
            assert desk.team.leads["l3"].holder == "bo"
            assert_consistent(await log(desk))

    asyncio.run(work())


def test_an_agent_who_leaves_keeps_their_leads_and_gets_no_more(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, "ana")
            await desk.route_lead(lead("l1"))
            await desk.remove_agent("ana")
            assert (await desk.route_lead(lead("l2"))).agent is None
            assert desk.team.leads["l1"].holder == "ana"
            await hire(desk, "bo")
            assert desk.team.leads["l2"].holder == "bo"
            await desk.decline("l1", "ana")
            assert desk.team.leads["l1"].holder == "bo"

    asyncio.run(work())


WRONG: list[tuple[str, Callable[[Desk], Any], list[str]]] = [
    ("unknown agent", lambda d: d.set_presence("zoe", "away"), ["agent is 'zoe'", "not on the roster", "ana, bo"]),
    ("unknown agent's load", lambda d: d.update_agent_workload("zoe", capacity=1), ["agent is 'zoe'", "ana, bo"]),
    ("unknown agent removed", lambda d: d.remove_agent("zoe"), ["agent is 'zoe'"]),
    ("override to unknown", lambda d: d.override("l1", "zoe", by="Kim"), ["agent is 'zoe'"]),
    ("override by nobody", lambda d: d.override("l1", "bo", by=""), ["by is ''", ">= 1"]),
    ("override of waiting", lambda d: d.override("l2", "bo", by="Kim"), ["lead l2 is waiting in the queue"]),
    ("wrong holder", lambda d: d.accept("l1", "bo"), ["agent is 'bo'", "lead l1 is with ana"]),
    ("wrong decliner", lambda d: d.decline("l1", "bo"), ["agent is 'bo'", "lead l1 is with ana"]),
    ("wrong answerer", lambda d: d.first_response("l1", "bo"), ["lead l1 is with ana"]),
    ("wrong closer", lambda d: d.close_lead("l1", "bo", converted=True), ["lead l1 is with ana"]),
    ("nobody's lead", lambda d: d.accept("l2", "ana"), ["agent is 'ana'", "lead l2 is waiting in the queue"]),
    ("unknown lead", lambda d: d.accept("l9", "ana"), ["lead is 'l9'", "not open"]),
    (
        "unknown presence",
        lambda d: d.set_presence("ana", "asleep"),
        ["presence is 'asleep'", "available, busy, in_call"],
    ),
    ("nothing to update", lambda d: d.update_agent_workload("ana"), ["nothing to update", "capacity"]),
    ("capacity", lambda d: d.update_agent_workload("ana", capacity=-1), ["capacity is -1", ">= 0"]),
    (
        "capacity and presence",
        lambda d: d.update_agent_workload("ana", capacity=9, presence="asleep"),
        ["presence is 'asleep'"],
    ),
    ("capacity of a new one", lambda d: d.add_agent("cy", "Cy", capacity=1001), ["capacity is 1001", "<= 1000"]),
    ("name of a new one", lambda d: d.add_agent("cy", ""), ["name is ''", ">= 1"]),
    ("id of a new one", lambda d: d.add_agent("c y", "Cy"), ["agent is 'c y'"]),
    ("skill of a new one", lambda d: d.add_agent("cy", "Cy", skills={"language:es": 2}), ["skills is", "<= 1"]),
    ("score", lambda d: d.route_lead(lead("l3", score=101)), ["score is 101", "<= 100"]),
    ("budget", lambda d: d.route_lead(lead("l3", budget=-1)), ["budget is -1", ">= 0"]),
    ("no name", lambda d: d.route_lead(lead("l3", name="")), ["name is ''", ">= 1"]),
    (
        "satisfaction",
        lambda d: d.close_lead("l1", "ana", converted=True, satisfaction=6),
        ["satisfaction is 6", "<= 5"],
    ),
    ("value", lambda d: d.close_lead("l1", "ana", converted=True, value=float("inf")), ["value is inf"]),
    ("adopted by nobody", lambda d: d.adopt_weights(Weights(), by=""), ["by is ''"]),
    ("no weights", lambda d: d.adopt_weights(Weights.of((0, 0, 0, 0)), by="Kim"), ["sum to 0", "make them sum to 1"]),
]


def test_wrong_input_is_refused_with_its_reason_and_nothing_is_half_done(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, "ana", "bo", capacity=1)
            await desk.route_lead(lead("l1"))
            await desk.route_lead(lead("l2", requires=("language:fr",)))
            before, last = desk.team.snapshot(), await desk.stream.last()
            for what, command, said in WRONG:
                with pytest.raises(ValueError, match=r".") as refusal:
                    await command(desk)
                for words in said:
                    assert words in str(refusal.value), what
                assert (desk.team.snapshot(), await desk.stream.last()) == (before, last), what

    asyncio.run(work())


def test_a_clock_without_a_zone_is_refused() -> None:
    async def work() -> None:
        async with at_desk("embedded://naive-clock", clock=lambda: datetime(2026, 1, 5)) as desk:  # noqa: DTZ001
            with pytest.raises(ValueError, match="time is 2026-01-05T00:00:00, which has no time zone"):
                await desk.add_agent("ana", "Ana")
            assert await desk.stream.last() == 0

    asyncio.run(work())


def test_versions_of_weights_count_up_though_two_desks_adopt_at_once(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as a, at_desk(stream_url, name="b") as b:
            await hire(a, "ana")
            async with asyncio.timeout(SOON_S):
                adopted = await asyncio.gather(
                    *(
                        desk.adopt_weights(Weights.of((i, 100 - i, 0, 0)), by="Kim")
                        for i in range(10)
                        for desk in (a, b)
                    )
                )
            assert sorted(adopted) == list(range(1, 21))
            await until(lambda: a.team.weights.version == 20, a)
            events = [entry.event for entry in await log(a)]
            versions = [event.weights for event in events if isinstance(event, ev.WeightsAdopted)]
            assert [version.version for version in versions] == list(range(1, 21))
            decision = await a.route_lead(lead())
            assert decision.weights == versions[-1] == a.team.weights
            assert a.coordination_metrics()["weights"] == versions[-1].id

    asyncio.run(work())


def test_metrics_are_those_counted_by_hand(stream_url: str) -> None:
    async def work() -> None:
        clock, chance = Clock(), random.Random(3)
        ticks = itertools.accumulate(itertools.cycle((0.001, 0.002, 0.0045)))
        async with at_desk(stream_url, clock=clock, timer=lambda: next(ticks)) as desk:
            assert desk.coordination_metrics()["utilization"] is None
            assert desk.coordination_metrics()["balance"] is None
            await hire(desk, "ana", "bo", "cy", capacity=3)
            await hire(desk, "gone")
            await desk.remove_agent("gone")
            await desk.add_agent("di", "Di", capacity=4)
            await desk.set_presence("bo", "busy")
            await desk.add_agent("ed", "Ed", on_shift=False)
            await desk.set_presence("ed", "away")
            for i in range(14):
                clock.wait(chance.randrange(40))
                await desk.route_lead(lead(f"l{i:02}", urgency=chance.choice(list(Urgency))))
            await desk.set_presence("cy", "offline")
            clock.wait(100)
            await desk.close_lead(desk.team.agents["ana"].leads[0], "ana", converted=True)
            found, entries = desk.coordination_metrics(), await log(desk)
            events = [entry.event for entry in entries]
            arrived = {event.lead.id: event.time for event in events if isinstance(event, ev.LeadArrived)}
            decided = [event.decision for event in events if isinstance(event, ev.LeadAssigned)]
            waiting = set(arrived) - {decision.lead.id for decision in decided}
            load = {id: sum(decision.agent == id for decision in decided) - (id == "ana") for id in ("ana", "bo", "cy")}
            use = [load["ana"] / 3, load["bo"] / 3]
            assert found["agents"] == 5
            assert found["online"] == 2
            assert found["presence"] == {"available": 1, "busy": 1, "in_call": 0, "away": 1, "offline": 2}
            assert found["active"] == sum(load.values()) == 9
            assert found["capacity"] == 6
            assert found["queue"] == len(waiting) == 4
            assert found["oldest_wait_s"] == max((clock() - arrived[id]).total_seconds() for id in waiting) > 100
            assert found["utilization"] == pytest.approx(sum(use) / 2)
            assert found["balance"] == pytest.approx(sum(use) ** 2 / (2 * sum(x * x for x in use)))
            for name in ("decided_ms", "waited_s"):
                values = [getattr(decision, name) for decision in decided]
                assert found[name]["n"] == len(values) == 10
                for cut in (50, 95, 99):
                    assert found[name][f"p{cut}"] == pytest.approx(np.percentile(values, cut))
            assert found["decided_ms"]["p50"] > 0

    asyncio.run(work())


def test_tenants_of_one_partition_do_not_see_each_other(stream_url: str) -> None:
    async def work() -> None:
        first = open_stream(stream_url, "north")
        names = (f"south-{i}" for i in range(40 * PARTITIONS))
        second = next(name for name in names if open_stream(stream_url, name).partition == first.partition)
        async with at_desk(stream_url, "north") as north, at_desk(stream_url, second, name="b") as south:
            await hire(north, "ana", capacity=1)
            await north.route_lead(lead("l1"))
            assert (await south.route_lead(lead("l1"))).agent is None
            await hire(south, "ana", capacity=1)
            assert (await south.route_lead(lead("l1"))).agent == "ana"
            await north.close_lead("l1", "ana", converted=True)
            await until(lambda: south.team.leads["l1"].holder == "ana", south)
            assert (await north.route_lead(lead("l2"))).agent == "ana"
            entries = await log(north)
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
            for desk in (north, south):
                own = fold(entry for entry in entries if entry.tenant == desk.tenant)
                own.seq = desk.team.seq
                assert own == desk.team
        await first.close()

    asyncio.run(work())


def test_a_desk_starts_from_a_team_where_the_stream_does_not_reach_back(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as desk:
            await hire(desk, "ana")
            await desk.route_lead(lead("l1"))
            kept = desk.team.snapshot()
            await desk.stream.trim(desk.team.seq + 1)
            await desk.route_lead(lead("l2"))
            async with at_desk(stream_url, name="b", team=Team.restore(kept)) as later:
                assert later.team == desk.team
                await later.close_lead("l1", "ana", converted=True)
                await until(lambda: "l1" not in desk.team.leads, desk)
                assert later.team == desk.team

    asyncio.run(work())


def test_a_desk_that_starts_gives_away_what_waits_and_starting_and_stopping_twice_is_as_once(stream_url: str) -> None:
    async def work() -> None:
        async with at_desk(stream_url) as first:
            await first.route_lead(lead())
            await first.stop()
            await first.stop()
            async with opened(stream_url) as stream:
                gateway = Follower(stream)
                await gateway.commit([claim(ev.AgentJoined(id="j", time=NOON, agent="ana", name="Ana"))])
                there = ev.PresenceChanged(id="p", time=NOON, agent="ana", presence=Presence.available)
                await gateway.commit([claim(there)])
            async with at_desk(stream_url, name="b") as second:
                assert second.team.leads["l1"].holder == "ana"
                await second.start()
                await first.start()
                assert first.team == second.team
                await first.close_lead("l1", "ana", converted=True)
                assert assignments(await log(first)) == [("l1", "ana")]

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
    waiting = [state for state in team.queue() if decide(state.lead, team, NOON, declined=state.declined).agent]
    return [state.lead.id for state in waiting]


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
