"""Several processes that watch one team's rules on a real stream, and die anywhere: each alert fires once."""

from __future__ import annotations

import random

import pytest
from alerted import overload
from on_stream import on
from strategies import after, assigned

from collab import events as ev
from collab.alerts import Watch
from collab.claims import claim
from collab.events import Entry
from collab.live.stream import Stream
from collab.records import Lead, Presence
from collab.team import Team, fold

AGENTS = ("ana", "bo")
RULE = overload(for_s=20.0, keep_s=10.0)


class Evaluator:
    """One process: a team that it folds itself, and a watch over it."""

    def __init__(self) -> None:
        self.team = Team()
        self.watch = Watch(self.team)

    async def step(self, stream: Stream, seconds: float, dies: str) -> Evaluator:
        """Read, look and append; whoever died, or was not the first, is followed by one that begins anew."""
        for entry in await stream.read(self.team.seq):
            self.team.apply(entry)
            self.watch.take(entry)
        told = self.watch.at(after(seconds))
        if dies == "before":
            return Evaluator()
        receipt = await stream.append([claim(event) for event in told]) if told else None
        if dies == "after" or (receipt is not None and (receipt.refused is not None or receipt.duplicate)):
            return Evaluator()
        return self


async def staffed(stream: Stream) -> None:
    begun = [ev.RulesAdopted(id="rules", time=after(0), version=1, rules=(RULE,), by="Kim")]
    for agent in AGENTS:
        lead = Lead(id=f"l-{agent}", name="A customer")
        begun.append(ev.AgentJoined(id=f"j-{agent}", time=after(0), agent=agent, name=agent, capacity=10))
        begun.append(ev.PresenceChanged(id=f"p-{agent}", time=after(0), agent=agent, presence=Presence.available))
        begun.append(ev.LeadArrived(id=f"a-{agent}", time=after(0), lead=lead))
        begun.append(assigned(f"d-{agent}", after(0), lead, agent))
    assert (await stream.append([claim(event) for event in begun])).refused is None


async def history(stream: Stream, evaluators: int, chance: random.Random, deaths: float) -> list[Entry]:
    """Half an hour in which agents are full and empty in turn, and evaluators look in any order."""
    await staffed(stream)
    staff = [Evaluator() for _ in range(evaluators)]
    for seconds in range(0, 1800, 5):
        if seconds % 60 == 0:
            for place, agent in enumerate(AGENTS):
                capacity = 1 if (seconds // 60 + place) % 2 else 10
                change = {"time": after(seconds), "agent": agent, "capacity": capacity}
                await stream.append([claim(ev.CapacityChanged(id=f"c-{agent}-{seconds}", **change))])
        for place in chance.sample(range(evaluators), evaluators):
            dies = chance.choice(("before", "after")) if chance.random() < deaths else ""
            staff[place] = await staff[place].step(stream, seconds, dies)
    entries: list[Entry] = []
    while found := await stream.read(entries[-1].seq if entries else 0):
        entries += found
    return entries


def fired(entries: list[Entry]) -> list[tuple[str, object]]:
    """Who was told of, and when; the fold agrees with every step."""
    team, told, opened = Team(), [], set[str]()
    for entry in entries:
        team.apply(entry)
        event = entry.event
        if isinstance(event, ev.AlertFired):
            assert event.alert not in opened
            opened.add(event.alert)
            told.append((event.labels["agent"], event.time))
        keys = [alert.key for alert in team.alerts.open.values()]
        assert len(keys) == len(set(keys))
    assert team == fold(entries)
    return sorted(told, key=str)


@pytest.mark.parametrize("seed", [1, 2])
def test_evaluators_that_race_and_die_tell_what_one_that_lives_would_tell(stream_url: str, seed: int) -> None:
    async def one(stream: Stream) -> list[Entry]:
        return await history(stream, 1, random.Random(seed), 0.0)

    async def many(stream: Stream) -> list[Entry]:
        return await history(stream, 3, random.Random(seed), 0.3)

    alone, together = fired(on(stream_url, one, "alone")), fired(on(stream_url, many, "together"))
    assert len(alone) == 30
    agents = [agent for agent, _ in alone]
    assert [agent for agent, _ in together] == agents
    late = [b - a for (_, a), (_, b) in zip(alone, together, strict=True)]  # type: ignore[operator]
    assert all(0 <= delay.total_seconds() <= 15 for delay in late)
