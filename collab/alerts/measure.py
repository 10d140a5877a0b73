"""What rules look at: the value of each kind, from the team as it is and from small windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from collab import events
from collab.alerts.load import Load
from collab.alerts.window import Window
from collab.events import Event
from collab.records import Presence, seconds_between
from collab.rules import Rule
from collab.team import Team

SILENT_S = 300.0
"""A signal that was not heard for so long says nothing any more."""


class Reading(NamedTuple):
    """A value, how many things were counted for it, and when time alone may change what a rule makes of it."""

    value: float
    n: int
    moves: datetime | None = None


class Heard(NamedTuple):
    """A signal: its value, how many things were counted for it, and when."""

    value: float
    n: int
    time: datetime


class Measures:
    """The values of a team; `touched` says after each event which of them may have changed, by kind and subject.

    A subject is the value of the kind's label (an agent, a lead), or "" for the whole team.
    """

    def __init__(self, team: Team, rules: Iterable[Rule]) -> None:
        self.team = team
        self.load = Load()
        self.waiting = {lead.lead.id for lead in team.queue()}
        self.signals: dict[str, Heard] = {}
        self._news = team.weights.id
        self._windows = {rule.name: Window(rule.window_s) for rule in rules if rule.of.source == "window"}
        for agent in team.agents.values():
            self.load.put(agent)

    def everything(self) -> list[tuple[str, str]]:
        """All that can be measured now, by kind and subject."""
        team = ("team_overload", "slow_response", "queue", "unfair", "conversion_drift", *self.signals)
        found = [(kind, "") for kind in team]
        found += [(kind, agent) for agent in self.team.agents for kind in ("overload", "unreachable")]
        found += [("waiting", lead) for lead in self.waiting]
        return [*found, ("news", self.team.weights.id)]

    def touched(self, event: Event) -> list[tuple[str, str]]:
        """Take in what a team, which has applied the event, changed by it."""
        found: list[tuple[str, str]] = []
        for agent in _agents(event):
            if agent in self.team.agents:
                self.load.put(self.team.agents[agent])
            found += [("overload", agent), ("unreachable", agent), ("team_overload", ""), ("unfair", "")]
        for lead in _leads(event):
            state = self.team.leads.get(lead)
            if state is not None and state.holder is None:
                self.waiting.add(lead)
            else:
                self.waiting.discard(lead)
            found += [("waiting", lead), ("queue", "")]
        if isinstance(event, events.FirstResponded):
            found.append(("slow_response", ""))
        elif isinstance(event, events.LeadClosed):
            found.append(("conversion_drift", ""))
        elif isinstance(event, events.WeightsAdopted):
            found += [("news", self._news), ("news", event.weights.id)]
            self._news = event.weights.id
        return found

    def read(self, rule: Rule, subject: str, now: datetime) -> Reading | None:
        """The value that a rule looks at; None if there is nothing to measure."""
        return _READ[rule.kind](self, rule, subject, now)

    def window(self, rule: Rule) -> Window:
        """The window of a rule."""
        return self._windows[rule.name]


def _agents(event: Event) -> tuple[str, ...]:
    if isinstance(event, events.LeadAssigned):
        return (event.decision.agent or "",)
    if isinstance(event, events.LeadOverridden):
        return event.agent, event.to
    if isinstance(event, _OF_AGENTS):
        return (event.agent,)
    return ()


def _leads(event: Event) -> tuple[str, ...]:
    if isinstance(event, events.LeadAssigned):
        return (event.decision.lead.id,)
    if isinstance(event, events.LeadArrived):
        return (event.lead.id,)
    return (event.lead,) if isinstance(event, _RETURNS | events.LeadClosed | events.LeadOverridden) else ()


_SOON = timedelta(milliseconds=1)
_RETURNS = events.OfferDeclined | events.OfferExpired
_OF_AGENTS = (
    events.AgentJoined | events.AgentLeft | events.PresenceChanged | events.CapacityChanged | events.ShiftChanged
    | events.LeadClosed | _RETURNS
)  # fmt: skip


def _overload(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    agent = self.team.agents.get(subject)
    return None if agent is None or agent.left else Reading(agent.utilization, agent.active)


def _team_overload(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    share = self.load.utilization
    return None if share is None else Reading(share, self.load.agents)


def _unfair(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    balance = self.load.balance
    return None if balance is None else Reading(balance, self.load.active)


def _since(start: datetime, n: int, rule: Rule, now: datetime) -> Reading:
    """A time that goes on: it reaches the threshold by itself."""
    value = seconds_between(start, now)
    if rule.fires(value):
        return Reading(value, n)
    return Reading(value, n, max(start + timedelta(seconds=rule.fire), now + _SOON))  # a threshold may lie between µs


def _unreachable(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    agent = self.team.agents.get(subject)
    if agent is None or not agent.active or agent.presence != Presence.offline or agent.since is None:
        return None
    return _since(agent.since, agent.active, rule, now)


def _waiting(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    lead = self.team.leads.get(subject)
    return None if lead is None or lead.holder is not None else _since(lead.queued, 1, rule, now)


def _queue(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    return Reading(float(len(self.waiting)), len(self.waiting))


def _slow_response(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    window = self.window(rule)
    window.at(now, self.team.alerts.responses)
    return Reading(window.median, len(window), window.moves) if len(window) else None


def _conversion_drift(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    """How far the share in the window is below that before, over its standard error if nothing had changed."""
    window, closings = self.window(rule), self.team.alerts.closings
    window.at(now, closings)
    n, before = len(window), closings.count - len(window)
    share = (closings.total - window.ones) / before if before else 0.0
    if not n or not 0 < share < 1:
        return None
    error = math.sqrt(share * (1 - share) * (1 / n + 1 / before))
    return Reading((share - window.ones / n) / error, n, window.moves)


def _news(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    adopted = self.team.adopted
    if adopted is None or adopted.weights.id != subject:
        return None
    ends = adopted.time + timedelta(seconds=rule.window_s)
    return Reading(1.0, 1, ends) if now < ends else None


def _signal(self: Measures, rule: Rule, subject: str, now: datetime) -> Reading | None:
    heard = self.signals.get(rule.kind)
    if heard is None or seconds_between(heard.time, now) >= SILENT_S:
        return None
    return Reading(heard.value, heard.n, heard.time + timedelta(seconds=SILENT_S))


_READ: dict[str, Callable[[Measures, Rule, str, Any], Reading | None]] = {
    "overload": _overload,
    "team_overload": _team_overload,
    "slow_response": _slow_response,
    "waiting": _waiting,
    "queue": _queue,
    "unreachable": _unreachable,
    "unfair": _unfair,
    "conversion_drift": _conversion_drift,
    "news": _news,
    **dict.fromkeys(("redis_lost", "recorder_lag", "latency", "dropped"), _signal),
}
