"""The team at one moment, as pages show it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from collab.alerts import Rank
from collab.chat import Unread
from collab.events import ExperimentStarted, LeadAssigned, SilenceStarted
from collab.fairness import jain_of
from collab.rules import Rule
from collab.team import Agent, Alert, OpenLead
from collab.views.standing import Standing


class Latency(Struct, frozen=True):
    """How long after it happened an event was in the feed: `seq`, `time` and milliseconds."""

    seq: int
    time: datetime
    ms: float


class Frame(Struct, frozen=True, kw_only=True):
    """The team at one moment, as boards show it; frozen, so that all sessions share it.

    `newest` is when the event at `seq` was. `lost` says since when the stream does not answer, or nobody records what
    is only read here. `experiment` is the one that runs. `alerts` are those that fired and are open, the one to look
    at first in front; `values` says of them what was watched when they fired and now, by id; `ended` are the newest
    that are over, the last one in front. `names` are what agents are called, by id, made as `collab.reasons.labels`
    does. `held` are the open leads that agents have; `given_on`, by decision, who was given the leads of `recent` in
    place of another, in order. `standing` is the team in numbers, `lately` the same in the last hour. `rooms` says in
    how many each agent spoke lately, `unread` what who looks has.
    """

    seq: int = 0
    time: datetime | None = None
    newest: datetime | None = None
    lost: datetime | None = None
    agents: tuple[Agent, ...] = ()
    queue: tuple[OpenLead, ...] = ()
    held: tuple[OpenLead, ...] = ()
    recent: tuple[LeadAssigned, ...] = ()
    given_on: dict[str, tuple[str, ...]] = {}
    latencies: tuple[Latency, ...] = ()
    weights: str = ""
    experiment: ExperimentStarted | None = None
    alerts: tuple[Rank, ...] = ()
    values: dict[str, str] = {}
    ended: tuple[Alert, ...] = ()
    silences: tuple[SilenceStarted, ...] = ()
    names: dict[str, str] = {}
    standing: Standing = Standing()
    lately: tuple[Standing, ...] = ()
    rules: tuple[Rule, ...] = ()
    rooms: dict[str, int] = {}
    unread: dict[str, Unread] = {}

    def of(self, agent: str) -> Frame:
        """What of it an agent sees: the team, and of the leads those that they have or had."""
        own = tuple(event for event in self.recent if agent in self.had(event))
        held = tuple(lead for lead in self.held if lead.holder == agent)
        return replace(self, queue=(), held=held, recent=own, alerts=(), values={}, ended=(), silences=())

    def had(self, event: LeadAssigned) -> tuple[str, ...]:
        """Who had the lead of an assignment: who it was decided for, and who was given it in their place, in order."""
        return (event.decision.agent or "", *self.given_on.get(event.id, ()))

    def silence(self, alert: Alert) -> SilenceStarted | None:
        """The silence that keeps this alert from paging anybody, if one does."""
        return next((one for one in self.silences if alert.has(one.labels)), None)

    @property
    def online(self) -> list[Agent]:
        """The agents on shift who are not offline."""
        return [agent for agent in self.agents if agent.online]

    @property
    def balance(self) -> float | None:
        """Jain's index of utilization over the agents online."""
        return jain_of(self.agents)
