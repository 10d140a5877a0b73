"""How many events a second the recorder keeps, and how soon another process sees a recorded decision.

    python benchmarks/record.py [--events 100000] [--agents 8] [--seen 10]

A quarter of the events are decisions with so many candidates. Events wait on the embedded stream and are recorded as
fast as it goes, compaction and snapshots included. The limit, measured in the same run on the same events: the Arrow
tables are ready and each is written by one write_deltalake call. Then the recorder runs at its pace of half a second,
decisions are appended at random moments, and a second process says when it has each in `History.assignments()`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, time

import msgspec
from deltalake import write_deltalake

from collab import events as ev
from collab.claims import Claim
from collab.events import Entry, Event
from collab.history import History, Recorder
from collab.history.folder import PROPERTIES, arrow
from collab.history.rows import derived_rows, event_rows
from collab.history.schema import EVENTS, TABLES
from collab.live.stream import Stream, open_stream
from collab.records import Lead, Presence
from collab.routing import decide
from collab.team import Team, fold

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

READER = """
import sys, time
from collab.history import History

history, seen = History(sys.argv[1]), 0
print(len(history.assignments()), "so far", flush=True)
while seen < int(sys.argv[2]):
    found = len(history.assignments())
    for _ in range(found - seen):
        print(time.time(), flush=True)
    seen = found
    time.sleep(0.02)
"""


def made_events(count: int, agents: int = 8) -> list[Event]:
    """So many events: a roster, then for each lead its arrival, decision, first answer and end."""
    chance = random.Random(1)
    made: list[Event] = []
    for agent in (f"agent-{number}" for number in range(agents)):
        skills = {"location:north": chance.random(), "language:es": chance.random()}
        made.append(ev.AgentJoined(id=new(chance), time=START, agent=agent, name=agent, skills=skills, capacity=8))
        made.append(ev.PresenceChanged(id=new(chance), time=START, agent=agent, presence=Presence.available))
    team = fold([Entry(seq, "", event) for seq, event in enumerate(made, 1)])
    while len(made) < count:
        made += a_lead(chance, team, len(made))
    return made[:count]


def a_lead(chance: random.Random, team: Team, number: int) -> list[Event]:
    """The four events of one lead."""
    lead = Lead(id=f"lead-{number}", name="Zoe Park", location="north", budget=chance.uniform(1e5, 1e6))
    decision = decide(lead, team, START, seed=chance.getrandbits(53))
    id = new(chance)
    held = {"time": START, "lead": lead.id, "decision": id, "agent": decision.agent or ""}
    return [
        ev.LeadArrived(id=new(chance), time=START, lead=lead),
        ev.LeadAssigned(id=id, time=START, decision=decision),
        ev.FirstResponded(id=new(chance), response_s=chance.uniform(5, 500), **held),
        ev.LeadClosed(id=new(chance), converted=chance.random() < 0.3, value=1000.0, satisfaction=4.5, **held),
    ]


def new(chance: random.Random) -> str:
    """A new event id."""
    return f"{chance.getrandbits(128):032x}"


async def put(stream: Stream, events: list[Event]) -> None:
    """Append the events as they are."""
    for start in range(0, len(events), 1000):
        await stream.append([Claim(event, (), ()) for event in events[start : start + 1000]])


async def recorded_s(events: list[Event], folder: str) -> float:
    """Seconds to record the events that wait on a stream."""
    stream = open_stream("embedded://sustained", "bench")
    await put(stream, events)
    recorder = Recorder(folder, stream)
    start = perf_counter()
    await recorder.start()
    await recorder.flush()
    taken = perf_counter() - start
    await recorder.stop()
    await stream.close()
    assert [entry.seq for entry in History(folder).events()] == list(range(1, len(events) + 1))
    return taken


def limit_s(events: list[Event], folder: str) -> float:
    """Seconds to write the same rows, ready as Arrow tables, with one call a table."""
    entries = [Entry(seq, "bench", event) for seq, event in enumerate(events, 1)]
    columns = {EVENTS.name: event_rows(entries), **derived_rows(entries)}
    tables = {name: arrow(TABLES[name], made) for name, made in columns.items()}
    start = perf_counter()
    for name, table in tables.items():
        write_deltalake(str(Path(folder, name)), table, writer_properties=PROPERTIES)
    return perf_counter() - start


async def append_some(events: list[Event], folder: str, ready: Callable[[], str]) -> list[float]:
    """Record while decisions are appended at random moments, and return those moments."""
    chance = random.Random(2)
    stream = open_stream("embedded://seen", "bench")
    moments = []
    async with Recorder(folder, stream):
        await asyncio.to_thread(ready)
        for event in events:
            await asyncio.sleep(chance.uniform(0.3, 1.3))
            moments.append(time())
            await put(stream, [msgspec.structs.replace(event, id=new(chance))])
    await stream.close()
    return moments


def seen_s(events: list[Event], folder: str, decisions: int) -> list[float]:
    """Seconds from the append of a decision to when another process has it in a frame."""
    assigned = [event for event in events if isinstance(event, ev.LeadAssigned)][:decisions]
    command = [sys.executable, "-c", READER, folder, str(len(assigned))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        moments = asyncio.run(append_some(assigned, folder, reader.stdout.readline))
        lines = reader.stdout.read().split()
    return sorted(float(line) - moment for line, moment in zip(lines, moments, strict=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000, help="how many events are recorded")
    parser.add_argument("--agents", type=int, default=8, help="how many candidates a decision has")
    parser.add_argument("--seen", type=int, default=10, help="how many decisions another process waits for")
    given = parser.parse_args()
    events = made_events(given.events, given.agents)
    with tempfile.TemporaryDirectory() as folder:
        taken = asyncio.run(recorded_s(events, str(Path(folder, "sustained"))))
        limit = limit_s(events, str(Path(folder, "limit")))
        seen = seen_s(events, str(Path(folder, "seen")), given.seen)
    print(f"{'recorded':<22}{given.events / taken:>10,.0f} events/s   goal 5,000")
    print(f"{'limit, writing only':<22}{given.events / limit:>10,.0f} events/s   recording takes {taken / limit:.1f} x")
    print(f"{'seen by another':<22}{seen[len(seen) // 2]:>10.2f} s median, {seen[-1]:.2f} s at most   goal 2")


if __name__ == "__main__":
    main()
