"""Random claims, on the embedded server and on a real one, against a plain model of guards and effects."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab.candidates import NOBODY
from collab.claims import (
    SEQ,
    Absent,
    Add,
    Below,
    Claim,
    Effect,
    Equals,
    Guard,
    Put,
    Remove,
    capacity_key,
    claim,
    load_key,
)
from collab.events import (
    AgentJoined,
    Event,
    LeadArrived,
    LeadAssigned,
    LeadClosed,
    OfferDeclined,
    PresenceChanged,
    new_id,
)
from collab.live.stream import Stream, open_stream
from collab.records import Decision, Lead, Presence, WeightsVersion

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WEIGHTS = WeightsVersion(version=0, values=(35, 30, 20, 15))
AGENTS = {"ann": 1, "bob": 2}
LEADS = ("one", "two", "three", "four", "five")
PATIENCE_S = 20

tried = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Model:
    """What the stream must do, in the plainest words."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.seq = 0

    def append(self, claims: Sequence[Claim]) -> tuple[Guard, str | None] | None:
        """The first guard that does not hold and what was found, or None, and then the effects stay."""
        values = dict(self.values)
        for seq, one in enumerate(claims, self.seq + 1):
            for guard in one.guards:
                if not holds(guard, values):
                    return guard, values.get(guard.key)
            for effect in one.effects:
                apply(effect, values, seq)
        self.values, self.seq = values, self.seq + len(claims)
        return None


def holds(guard: Guard, values: dict[str, str]) -> bool:
    match guard:
        case Absent(key):
            return key not in values
        case Equals(key, value):
            return values.get(key) == value
        case Below(key, limit):
            return int(values.get(key, 0)) < int(values.get(limit, 0))


def apply(effect: Effect, values: dict[str, str], seq: int) -> None:
    match effect:
        case Put(key, value):
            values[key] = str(seq) if value == SEQ else value
        case Add(key, amount):
            values[key] = str(int(values.get(key, 0)) + amount)
        case Remove(key):
            values.pop(key, None)


texts, numbers = st.sampled_from(["k1", "k2", "k3"]), st.sampled_from(["n1", "n2", "n3"])
values = st.sampled_from(["a", "0", "1", 'quo"tell\\', "é→", ""])
amounts = st.integers(-3, 3)
guards = st.one_of(
    st.builds(Absent, texts | numbers), st.builds(Equals, texts, values), st.builds(Below, numbers, numbers)
)
effects = st.one_of(
    st.builds(Put, texts, values),
    st.builds(Put, texts, st.just(SEQ)),
    st.builds(Put, numbers, amounts.map(str)),
    st.builds(Add, numbers, amounts),
    st.builds(Remove, texts | numbers),
)
raw = st.builds(
    lambda guards, effects: Claim(
        PresenceChanged(id=new_id(), time=NOW, agent="ann", presence=Presence.busy), tuple(guards), tuple(effects)
    ),
    st.lists(guards, max_size=2),
    st.lists(effects, max_size=4),
)


@tried
@given(batches=st.lists(st.lists(raw, min_size=1, max_size=4), min_size=1, max_size=8))
def test_any_claims_do_what_their_guards_and_effects_say(stream_url: str, batches: list[list[Claim]]) -> None:
    async def run() -> None:
        stream, model = open_stream(stream_url, uuid.uuid4().hex), Model()
        model.seq = await stream.last()
        async with asyncio.timeout(PATIENCE_S):
            for batch in batches:
                receipt, refused = await stream.append(batch), model.append(batch)
                assert (None if receipt.refused is None else (receipt.refused, receipt.actual)) == refused
                assert receipt.seq == (0 if refused else model.seq)
            keys = ["k1", "k2", "k3", "n1", "n2", "n3"]
            assert await stream.values(keys) == [model.values.get(key) for key in keys]
            assert await stream.last() == model.seq
        await stream.close()

    asyncio.run(run())


def assigned(lead: str, agent: str) -> LeadAssigned:
    decision = Decision(
        lead=Lead(id=lead, name="Mia"), time=NOW, agent=agent, candidates=NOBODY, weights=WEIGHTS, seed=1
    )
    return LeadAssigned(id=new_id(), time=NOW, decision=decision)


def given_back(held: LeadAssigned, closed: bool) -> Event:
    names = {"lead": held.decision.lead.id, "decision": held.id, "agent": held.decision.agent or ""}
    if closed:
        return LeadClosed(id=new_id(), time=NOW, converted=True, **names)
    return OfferDeclined(id=new_id(), time=NOW, **names)


steps = st.tuples(
    st.sampled_from(["arrive and assign", "assign", "close", "decline"]),
    st.sampled_from(LEADS),
    st.sampled_from(sorted(AGENTS)),
)


async def work(stream: Stream, plan: list[tuple[str, str, str]], held: dict[str, LeadAssigned]) -> None:
    """One desk of several that know of each other only by the stream."""
    for what, lead, agent in plan:
        event: Event = assigned(lead, agent)
        events = [event]
        if what == "arrive and assign":
            events = [LeadArrived(id=new_id(), time=NOW, lead=Lead(id=lead, name="Mia")), event]
        elif what != "assign":
            if lead not in held:
                continue
            events = [given_back(held[lead], what == "close")]
        receipt = await stream.append([claim(one) for one in events])
        if receipt.refused is None and isinstance(event := events[-1], LeadAssigned):
            held[lead] = event


@tried
@given(plans=st.lists(st.lists(steps, min_size=1, max_size=15), min_size=2, max_size=2))
def test_two_streams_at_once_break_no_guard_and_pass_no_capacity(
    stream_url: str, plans: list[list[tuple[str, str, str]]]
) -> None:
    async def run() -> None:
        tenant, held, model = uuid.uuid4().hex, dict[str, LeadAssigned](), Model()
        streams = [open_stream(stream_url, tenant) for _ in plans]
        start = model.seq = await streams[0].last()
        async with asyncio.timeout(PATIENCE_S):
            for agent, capacity in AGENTS.items():
                joined = AgentJoined(id=new_id(), time=NOW, agent=agent, name=agent, capacity=capacity)
                here = PresenceChanged(id=new_id(), time=NOW, agent=agent, presence=Presence.available)
                await streams[0].append([claim(joined), claim(here)])
            await asyncio.gather(*(work(stream, plan, held) for stream, plan in zip(streams, plans, strict=True)))
            for entry in await streams[1].read(start):
                assert model.append([claim(entry.event)]) is None  # each guard held at its own place
                for agent in AGENTS:
                    load = int(model.values.get(load_key(agent), 0))
                    assert 0 <= load <= int(model.values.get(capacity_key(agent), 0))
            assert await streams[0].values(list(model.values)) == list(model.values.values())
        for stream in streams:
            await stream.close()

    asyncio.run(run())
