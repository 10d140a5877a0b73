"""A seeded stretch of a team's work as events, routed by the real router, and how to put it on a stream."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collab import events as ev
from collab.claims import Claim
from collab.events import Entry, Event
from collab.experiment import Design
from collab.history import History, Recorder
from collab.live.stream import Stream, open_stream
from collab.records import Busy, File, Lead, Presence, Urgency, WeightsVersion
from collab.routing import decide
from collab.rules import Severity
from collab.rules.reading import default
from collab.team import Team

MORNING = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
AGENTS = tuple(f"agent-{number}" for number in range(8))
KINDS = 38
"""Kinds of events that every stretch of 20 or more leads has: all there are."""


class Work:
    """Makes the events of so many leads, each half a minute after the one before."""

    def __init__(self, seed: int = 1, start: datetime = MORNING) -> None:
        self.chance, self.time, self.team, self.seq, self.leads = random.Random(seed), start, Team(), 0, 0

    def events(self, leads: int) -> list[Event]:
        """The events of the next leads; the first ones begin with the roster."""
        made = [*self._roster()] if not self.seq else []
        for _ in range(leads):
            made += self._lead()
        return made

    def _did(self, event: Event) -> Event:
        self.seq += 1
        self.team.apply(Entry(self.seq, "", event))
        return event

    def _head(self) -> dict:
        return {"id": f"{self.chance.getrandbits(128):032x}", "time": self.time}

    def _roster(self) -> Iterator[Event]:
        weights = WeightsVersion(version=1, values=(35, 30, 20, 15))
        yield self._did(ev.WeightsAdopted(**self._head(), weights=weights, by="Ida"))
        design = Design(a=(35, 30, 20, 15), b=(25, 35, 25, 15))
        started = ev.ExperimentStarted(**self._head(), design=design, starts=self.time, by="Ida")
        yield self._did(started)
        yield self._did(ev.ExperimentStopped(**self._head(), experiment=started.id, by="Ida"))
        for agent in (*AGENTS, "gone"):
            skills = {"location:north": self.chance.random(), "language:es": self.chance.random()}
            yield self._did(ev.AgentJoined(**self._head(), agent=agent, name=agent.title(), skills=skills, capacity=4))
            yield self._did(ev.PresenceChanged(**self._head(), agent=agent, presence=Presence.available))
        yield self._did(ev.AgentLeft(**self._head(), agent="gone"))
        yield self._did(ev.CapacityChanged(**self._head(), agent=AGENTS[0], capacity=6))
        yield self._did(ev.ShiftChanged(**self._head(), agent=AGENTS[1], on_shift=False))
        busy = (Busy(starts=self.time + timedelta(days=9), ends=self.time + timedelta(days=9, hours=1)),)
        yield self._did(ev.CalendarChanged(**self._head(), agent=AGENTS[2], busy=busy, by="Ida"))
        yield from self._rooms()
        yield from self._alerts()

    def _alerts(self) -> Iterator[Event]:
        rules = default().rules
        yield self._did(ev.RulesAdopted(**self._head(), version=1, rules=rules, by="Ida"))
        until = self.time + timedelta(hours=1)
        silence = self._did(ev.SilenceStarted(**self._head(), labels={"rule": "queue_builds"}, until=until, by="Ida"))
        yield silence
        yield self._did(ev.SilenceEnded(**self._head(), silence=silence.id, by="Ida"))
        for agent in AGENTS[:2]:
            head = self._head()
            about = {"alert": head["id"], "rule": "agent_overload", "labels": {"agent": agent}}
            said = {"severity": Severity.high, "value": 1.0}
            yield self._did(ev.AlertBegan(**head, **about, **said, cause=silence.id))
            if agent == AGENTS[1]:
                yield self._did(ev.AlertDropped(**self._head(), **about, why="the condition ended"))
                continue
            yield self._did(ev.AlertFired(**self._head(), **about, **said, summary=f"{agent} is at 100% of capacity"))
            yield self._did(ev.AlertAcknowledged(**self._head(), **about, by="Ida", until=until, note="I call them"))
            yield self._did(ev.AlertReturned(**self._head(), **about))
            yield self._did(ev.AlertEased(**self._head(), **about, value=0.25))
            yield self._did(ev.AlertResolved(**self._head(), **about, by="Ida", why="done"))

    def _rooms(self) -> Iterator[Event]:
        for room in ("main", "old"):
            yield self._did(ev.RoomCreated(**self._head(), room=room, agent=AGENTS[0], name=room.title()))
            for agent in AGENTS[1:4]:
                yield self._did(ev.RoomJoined(**self._head(), room=room, agent=agent, by=AGENTS[0]))
        yield self._did(ev.RoomRenamed(**self._head(), room="main", agent=AGENTS[0], name="Everybody"))
        yield self._did(ev.RoomLeft(**self._head(), room="main", agent=AGENTS[3], by=AGENTS[3]))
        yield self._did(ev.RoomArchived(**self._head(), room="old", agent=AGENTS[0]))

    def _talk(self) -> Iterator[Event]:
        by = {"room": "main", "agent": self.chance.choice(AGENTS[:3])}
        said = self._did(ev.MessageSent(**self._head(), **by, text=f"@agent-1 lead {self.leads} is “hot”"))
        yield said
        if self.leads % 4 == 0:
            yield self._did(ev.MessageSent(**self._head(), **by, text="I take it", thread=said.id))
            yield self._did(ev.MessageReacted(**self._head(), **by, message=said.id, reaction="👍"))
            yield self._did(ev.MessageEdited(**self._head(), **by, message=said.id, text="is sold"))
            yield self._did(ev.RoomRead(**self._head(), **by, number=self.team.rooms["main"].number))
        if self.leads % 8 == 0:
            yield self._did(ev.MessageReacted(**self._head(), **by, message=said.id, reaction="👍", on=False))
            yield self._did(ev.MessageDeleted(**self._head(), **by, message=said.id))
            plan = File(hash=f"{self.leads:064x}", name="Plan of the house.pdf", size=9_000, type="application/pdf")
            kept = {"hash": plan.hash, "size": plan.size, "type": plan.type}
            yield self._did(ev.FileUploaded(**self._head(), **by, **kept))
            yield self._did(ev.MessageSent(**self._head(), **by, text="the plan", files=(plan,)))

    def _lead(self) -> Iterator[Event]:
        self.leads += 1
        self.time += timedelta(seconds=30)
        budget = self.chance.choice([None, 250_000.0, 900_000.0])
        urgency = self.chance.choice(list(Urgency))
        lead = Lead(id=f"lead-{self.leads}", name="Zoë Park", location="north", budget=budget, urgency=urgency)
        yield self._did(ev.LeadArrived(**self._head(), lead=lead))
        if self.leads % 20 == 0:
            held = self._assign(lead)
            yield held[0]
            yield self._did(ev.OfferExpired(**self._head(), **held[1]))
        event, held = self._assign(lead)
        yield event
        if self.leads % 10 == 3:
            yield self._did(ev.OfferDeclined(**self._head(), **held, reason="on a visit"))
            event, held = self._assign(lead)
            yield event
        if self.leads % 10 == 7:
            yield self._did(ev.LeadOverridden(**self._head(), **held, to="agent-7", by="Ida", reason="knows them"))
            held["agent"] = "agent-7"
        yield self._did(ev.OfferAccepted(**self._head(), **held))
        yield self._did(ev.FirstResponded(**self._head(), **held, response_s=self.chance.randint(5, 500)))
        sold = self.chance.random() < 0.3
        rated = None if self.leads % 2 else 4.5
        yield from self._talk()
        end = {"converted": sold, "value": 1000.0 * sold, "satisfaction": rated}
        yield self._did(ev.LeadClosed(**self._head(), **held, **end))

    def _assign(self, lead: Lead) -> tuple[Event, dict[str, str]]:
        decision = decide(lead, self.team, self.time, seed=self.chance.getrandbits(53), explore=0.2)
        event = ev.LeadAssigned(**self._head(), decision=decision)
        return self._did(event), {"lead": lead.id, "decision": event.id, "agent": decision.agent or ""}


def recorded_work(folder: Path, leads: int) -> History:
    """The history of a stretch of so many leads, recorded in the folder."""

    async def run() -> None:
        stream = open_stream(f"embedded://{uuid.uuid4().hex}", "main")
        await put(stream, Work().events(leads))
        async with Recorder(folder, stream) as recorder:
            await recorder.flush()
        await stream.close()

    asyncio.run(run())
    return History(folder, "main")


async def put(stream: Stream, events: Sequence[Event]) -> int:
    """Append the events as they are, without guards, and return the place of the last."""
    seq = 0
    for start in range(0, len(events), 500):
        seq = (await stream.append([Claim(event, (), ()) for event in events[start : start + 500]])).seq
    return seq
