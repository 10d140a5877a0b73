"""A history of many decisions, for benchmarks: made by the real router, written by the recorder's own writer."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from deltalake import write_deltalake
from msgspec.structs import replace

from collab.events import AgentJoined, Entry, Event, LeadArrived, LeadAssigned, LeadClosed, PresenceChanged
from collab.factors import Sheet
from collab.history.folder import Folder
from collab.history.writer import Writer
from collab.live.stream import open_stream
from collab.records import Lead, Presence
from collab.routing import decide
from collab.team import Team, fold

TENANT = "bench"
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
EVENTS = 3
"""Of a lead: it comes, is given, and is closed."""


def roster(chance: random.Random) -> list[Event]:
    """Eight agents with drawn skills, all available."""
    events: list[Event] = []
    for agent in (f"agent-{number}" for number in range(8)):
        skills = {f"location:{place}": chance.random() for place in "abcdefgh"}
        events.append(AgentJoined(id=f"j{agent}", time=START, agent=agent, name=agent, skills=skills, capacity=9))
        events.append(PresenceChanged(id=f"p{agent}", time=START, agent=agent, presence=Presence.available))
    return events


def routed(chance: random.Random, sheet: Sheet, base: Team, number: int) -> list[Event]:
    """One lead that came, was given to an agent at loads drawn anew, and is closed again."""
    busy = {name: replace(agent, leads=("x",) * chance.randint(0, 8)) for name, agent in base.agents.items()}
    sheet.refresh(Team(agents=busy))
    lead = Lead(id=f"L-{number}", name="Zoe", location=chance.choice("abcdefgh"))
    time = START + timedelta(seconds=number)
    decision = decide(lead, sheet, time, base.weights)
    end = {"lead": lead.id, "decision": f"d{number}", "agent": str(decision.agent), "converted": chance.random() < 0.3}
    return [
        LeadArrived(id=f"a{number}", time=time, lead=lead),
        LeadAssigned(id=f"d{number}", time=time, decision=decision),
        LeadClosed(id=f"c{number}", time=time, **end),
    ]


def fill(folder: Path, decisions: int, real: int = 100_000) -> None:
    """Write so many decisions, `real` of them made by the router on a team whose loads are drawn anew each time.

    The others are copies of their candidates, at places of the stream before them.
    """
    real = min(real, decisions)
    copies, span = decisions // real - 1, EVENTS * real + 100
    _write(folder, real, copies * span)
    path = folder / TENANT / "candidates"
    made = duckdb.sql(f"SELECT * FROM read_parquet('{path}/*.parquet') ORDER BY seq, agent").df() if copies else None
    for back in range(copies, 0, -1):
        shifted = made.assign(seq=made["seq"] - span * back)  # noqa: F841 (the query names it)
        write_deltalake(str(path), duckdb.sql("SELECT * FROM shifted"), mode="append")


def _write(folder: Path, decisions: int, seq: int) -> None:
    chance = random.Random(1)
    events, sheet = roster(chance), Sheet()
    base = fold(Entry(seq, TENANT, event) for seq, event in enumerate(events, 1))
    writer = Writer(Folder(str(folder)), open_stream("embedded://fill", TENANT).partition, compact_every=1000)
    writer.open()
    for number in range(1, decisions + 1):
        events += routed(chance, sheet, base, number)
        if len(events) >= 5000 or number == decisions:
            writer.write([Entry(seq + place, TENANT, event) for place, event in enumerate(events, 1)])
            seq, events = seq + len(events), []
    writer.close()
