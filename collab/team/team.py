"""What is true now: a fold of the events. `Team.apply` is the only way in.

Utilization, active leads, the queue and every share are computed from what the events left, never stored beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from collab import chat, events
from collab.candidates import read, said
from collab.chat import Room
from collab.events import Entry, LeadAssigned, RoomEvent, WeightsAdopted
from collab.records import Lead, WeightsVersion
from collab.team.agent import Agent
from collab.team.alert import Alerts
from collab.team.day import Day
from collab.team.lead import OpenLead
from collab.team.queue import Queue
from collab.team.steps import APPLY
from collab.team.turn import Turn, turn
from collab.team.values import values

KNOWN = 5_000
"""How many of the newest customers a team remembers."""


class Team(Struct, kw_only=True, dict=True):
    """Agents, open leads, the weights in force and the rooms, after the event at `seq`, which was at `time`.

    `given_on` names those who were given the lead of a decision of `recent` in place of its agent, the last one last.
    `known` names the agent who had the last lead of each customer, the newest customer last. `adopted` brought the
    weights into force, and `entry` is the last entry of a journal of weights that came into force. `experiment` is
    the one that runs; see `turn`. `moved` says when leads went from one agent to another in the last hour, `day` how
    many were closed in the last day.
    """

    seq: int = 0
    time: datetime | None = None
    agents: dict[str, Agent] = {}
    leads: dict[str, OpenLead] = {}
    weights: WeightsVersion = WeightsVersion(version=0, values=(35, 30, 20, 15))
    recent: list[LeadAssigned] = []
    given_on: dict[str, tuple[str, ...]] = {}
    rooms: dict[str, Room] = {}
    known: dict[str, str] = {}
    adopted: WeightsAdopted | None = None
    entry: str = ""
    experiment: events.ExperimentStarted | None = None
    moved: list[datetime] = []
    day: Day = field(default_factory=Day)
    alerts: Alerts = field(default_factory=Alerts)

    def apply(self, entry: Entry) -> bool:
        """Take one event in; False, and nothing changes, if its place was passed before."""
        if entry.seq <= self.seq:
            return False
        self.seq, self.time = entry.seq, entry.event.time
        if isinstance(entry.event, RoomEvent):
            chat.apply(self.rooms, entry.event)
        elif isinstance(entry.event, events.Watched):
            self.alerts.apply(entry.event)
        else:
            APPLY[type(entry.event)](self, entry.event, entry.seq)
        return True

    def queue(self) -> list[OpenLead]:
        """Leads that nobody holds, the one due first in front; ties to the lowest lead id."""
        return list(self._queue.states)

    @property
    def waiting(self) -> int:
        """How many leads nobody holds."""
        return len(self._queue.states)

    def ahead(self, lead: OpenLead) -> int:
        """How many leads that nobody holds are due before this one."""
        return self._queue.ahead(lead)

    def turn(self, time: datetime) -> Turn:
        """Which weights count at this moment."""
        return turn(self.weights, self.experiment, time)

    def members(self) -> list[Agent]:
        """The agents on the roster, by id."""
        return [self.agents[agent] for agent in sorted(self.agents) if not self.agents[agent].left]

    def values(self) -> dict[str, str]:
        """What the stream's claims must hold for this team, by key (see `collab.claims`)."""
        return (
            values(self.agents, self.leads, self.weights, self.experiment)
            | self.alerts.values()
            | chat.values(self.rooms)
        )

    def snapshot(self) -> bytes:
        """This team as bytes."""
        return _encoder.encode(self)

    @staticmethod
    def restore(snapshot: bytes) -> Team:
        """The team of a snapshot."""
        team = _decoder.decode(snapshot)
        if not team.day.minutes:  # an older version's, which did not count
            for time, sale in team.alerts.closings.newest:
                team.day.add(time, bool(sale))
        for id, agent in team.agents.items():
            if len(agent.known) < len(agent.calendar):  # nor did it keep since when a calendar is known
                team.agents[id] = replace(agent, known=tuple(one.starts for one in agent.calendar))
        return team

    @cached_property
    def _queue(self) -> Queue:
        # put in order when somebody first asks; a copy of a team makes its own
        return Queue(self.leads.values())

    def _put(self, lead: str, state: OpenLead | None) -> None:
        if "_queue" in self.__dict__:
            self._queue.change(self.leads.get(lead), state)
        if state is None:
            del self.leads[lead]
        else:
            self.leads[lead] = state

    def _arrive(self, lead: Lead, time: datetime) -> None:
        if lead.id not in self.leads:
            self._put(lead.id, OpenLead(lead=lead, arrived=time))

    def _agent(self, agent: str, **changes: Any) -> None:
        before = self.agents.get(agent) or Agent(id=agent, name=agent)
        self.agents[agent] = msgspec.structs.replace(before, **changes)

    def _lead(self, lead: str, **changes: Any) -> None:
        self._put(lead, msgspec.structs.replace(self.leads[lead], **changes))

    def _take(self, agent: str, lead: str) -> None:
        self._agent(agent)
        before = self.agents[agent]
        self._agent(agent, leads=(*before.leads, lead), taken=before.taken + (before.back is not None))
        if customer := self.leads[lead].lead.customer:
            self.known.pop(customer, None)
            self.known[customer] = agent
            if len(self.known) > KNOWN:
                del self.known[next(iter(self.known))]

    def _give_back(self, lead: str) -> None:
        holder = self.leads[lead].holder
        if holder is not None:
            self._agent(holder, leads=tuple(held for held in self.agents[holder].leads if held != lead))


_encoder = msgspec.msgpack.Encoder(enc_hook=said)
_decoder = msgspec.msgpack.Decoder(Team, dec_hook=read)


def fold(entries: Iterable[Entry], team: Team | None = None) -> Team:
    """Take these entries in, in order, into `team` or a new one, and return it."""
    team = Team() if team is None else team
    for entry in entries:
        team.apply(entry)
    return team
