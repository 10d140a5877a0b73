"""Started desks for tests, with a clock of their own, and what to ask of their streams."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from strategies import NOON

from collab import events as ev
from collab.candidates import said
from collab.desk import Desk
from collab.events import Entry
from collab.live.stream import Stream, open_stream
from collab.records import Decision, Lead, Presence
from collab.team import Team

SOON_S = 45
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


async def level(a: Desk, b: Desk) -> None:
    """Return when both desks have heard of the same."""
    await until(lambda: a.team.seq == b.team.seq, a, b)


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
    return msgspec.json.encode(decision, enc_hook=said)


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
        elif isinstance(event, ev.LeadOverridden) and event.to != event.agent:
            taken = event.lead
        team.apply(entry)
        if taken is not None:
            holder = team.agents[team.leads[taken].holder or ""]
            assert holder.active <= holder.capacity
            assert holder.on_shift
            assert holder.presence != Presence.offline
    return team


def assert_in_turn(entries: list[Entry]) -> int:
    """The router gives no lead away while one waits that is due before; returns how many waited in all.

    It holds where whoever is free may take any lead.
    """
    team, waited = Team(), 0
    for entry in entries:
        event = entry.event
        if isinstance(event, ev.LeadAssigned) and event.decision.mode != "manual":
            first = next(iter(team.queue()))
            assert first.lead.id == event.decision.lead.id, f"at {entry.seq} {first.lead.id} was due first"
            waited += event.decision.waited_s > 0
        team.apply(entry)
    return waited


def assignments(entries: list[Entry]) -> list[tuple[str, str | None]]:
    """Lead and agent of every assignment in order."""
    events = [entry.event for entry in entries]
    return [(e.decision.lead.id, e.decision.agent) for e in events if isinstance(e, ev.LeadAssigned)]
