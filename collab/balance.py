"""Which leads that nobody began with would go to others, so that loads are even: moves of least cost (pure).

Loads are utilizations. Who gives and who takes is looked at in rounds: in each, an agent gives one lead at most and
takes one at most, all moves of a round together costing least; each passes the router's gates for that agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from collab.events import Entry, LeadOverridden
from collab.factors import Sheet
from collab.fairness import jain_of
from collab.gates import Pacing, gates_of
from collab.records import Presence, Share
from collab.routing import FULL_SCORE
from collab.team import MOVED_FOR, Agent, OpenLead, Team

CLOSED_GATE = 10.0
"""The cost of a move that may not be made: more than any score can lose, so that the others are found first."""

LEAST = 1e-12
"""Differences of utilization below this are rounding."""


class Thresholds(Struct, frozen=True, kw_only=True):
    """When loads are evened out: from a spread of `start` (the highest minus the lowest utilization) down to `stop`.

    What lies between the two changes nothing, so that loads that go up and down move no lead forth and back. `per_hour`
    is the most leads that are given from one agent to another in an hour, those that people gave included.
    """

    start: Share = 0.5
    stop: Share = 0.25
    per_hour: Annotated[int, Meta(ge=0, le=1000)] = 20

    def __post_init__(self) -> None:
        if not 0 <= self.stop <= self.start <= 1:
            raise ValueError(f"stop is {self.stop}; give a share from 0 to start, which is {self.start} (at most 1)")
        if self.per_hour < 0:
            raise ValueError(f"per_hour is {self.per_hour}; give 0 or more leads")


class Move(Struct, frozen=True, kw_only=True):
    """A lead would go from its holder to another agent, under the decision in force, and why.

    `name` is what the lead is called. `cost` is what it loses in score under the weights that count, as a share of the
    highest score; below 0 it gains.
    """

    lead: str
    name: str
    decision: str
    holder: str
    to: str
    cost: float
    why: str


class Plan(Struct, frozen=True, kw_only=True):
    """Moves in the order in which they are made, and Jain's index of the agents at work before and after them.

    `loads` are the utilizations before and after, of all who give or take. `capped` says that loads are not even yet,
    and the limit of moves per hour is reached.
    """

    moves: tuple[Move, ...] = ()
    capped: bool = False
    before: float | None = None
    after: float | None = None
    loads: dict[str, tuple[float, float]] = {}

    @property
    def cost(self) -> float:
        """What the leads lose in score, in all."""
        return sum(move.cost for move in self.moves)


def balance(
    team: Team, time: datetime, thresholds: Thresholds | None = None, pacing: Pacing | None = None, begun: bool = False
) -> Plan:
    """The moves that even out the loads of those who are available; none while these are even enough.

    A lead that went to its holder for that reason is not moved once more.

    Args:
        time: when it would happen.
        thresholds: from which spread to which, and how many moves an hour.
        pacing: how soon agents are asked again, as the router has it.
        begun: go on with what the limit of moves per hour ended, whatever the spread is by now.
    """
    thresholds = thresholds or Thresholds()
    left, spread = thresholds.per_hour - sum(time - moved < MOVED_FOR for moved in team.moved), _spread(team)
    if spread <= thresholds.stop + LEAST or (spread < thresholds.start - LEAST and not begun):
        return Plan(before=jain_of(team.members()), after=jain_of(team.members()))
    course = _Course(team, time, pacing or Pacing())
    while left > 0 and spread > thresholds.stop + LEAST:
        givers = sorted(_available(course.team), key=lambda agent: (-agent.utilization, agent.id))[:left]
        found = course.round(givers, thresholds.stop, once=True)
        if not found:
            break
        left, spread = left - found, _spread(course.team)
    return replace(course.plan(), capped=left <= 0 and spread > thresholds.stop + LEAST)


def relieve(team: Team, agent: str, time: datetime, to: float = 0.0, pacing: Pacing | None = None) -> Plan:
    """The moves that take leads off one agent until their utilization is `to` or less, whatever the others' spread.

    With `to` above 0 no move makes a taker as busy as the giver was, nor loads less even; with 0 all go that can.

    Raises:
        ValueError: the agent is not in the team.
    """
    if agent not in team.agents:
        there = ", ".join(sorted(team.agents)) or "none"
        raise ValueError(f"agent is {agent!r}, who is not in the team; in it: {there}")
    course = _Course(team, time, pacing or Pacing())
    while course.team.agents[agent].utilization > to + LEAST and course.round([course.team.agents[agent]], 0.0, to > 0):
        pass
    return course.plan()


def on_trial(team: Team) -> Team:
    """A copy of a team on which leads may move, while the team itself goes on or in another thread."""
    copies = {"agents": dict(team.agents), "leads": dict(team.leads), "known": dict(team.known)}
    return replace(team, moved=list(team.moved), **copies)


def untouched(lead: OpenLead) -> bool:
    """May the lead go to another agent? Not if they began with it, a person chose them, or the customer knows them."""
    return lead.holder is not None and not (lead.responded or lead.overridden or lead.sticky)


def _available(team: Team) -> list[Agent]:
    return [agent for agent in team.members() if agent.online and agent.presence == Presence.available]


def _spread(team: Team) -> float:
    loads = [agent.utilization for agent in _available(team)]
    return max(loads) - min(loads) if loads else 0.0


class _Offer(NamedTuple):
    """The best lead that one agent could give to another."""

    cost: float
    lead: OpenLead
    to: str


class _Offers(NamedTuple):
    """The best lead that one agent could give to each agent of the sheet, by its place, and what it would cost.

    The cost is infinite for whom there is none.
    """

    leads: list[OpenLead]
    best: NDArray[np.int64]
    costs: NDArray[np.float64]


class _Course:
    """A team in which moves are made on trial: it is changed by the events that would cause them."""

    def __init__(self, team: Team, time: datetime, pacing: Pacing) -> None:
        self.before, self.time, self.pacing = team, time, pacing
        self.team = on_trial(team)
        self.moves: list[Move] = []
        self._even = jain_of(self.team.members())
        self._sheet, self._weights = Sheet(), np.asarray(team.turn(time).weights.values, np.int64)

    def round(self, givers: list[Agent], gap: float, even: bool = True, once: bool = False) -> int:
        """Make the moves of least cost, at most one from and one to each agent; returns how many.

        Args:
            givers: who may give.
            gap: a lead goes only to who is less busy by more than this.
            even: may no taker get as busy as the giver was, and Jain's index not fall?
            once: does a lead stay that went to its holder to even out loads?
        """
        self._sheet.refresh(self.team)
        self._loads = np.array([agent.utilization for agent in self._sheet.rows])
        self._with_one = np.array([_with_one(agent) for agent in self._sheet.rows])
        offers = [offers for giver in givers if (offers := self._offers(giver, gap, even, once)) is not None]
        made, busy = 0, set[str]()
        for offer in sorted(_cheapest(offers, self._sheet.agents), key=lambda offer: (offer.cost, offer.lead.lead.id)):
            if {offer.lead.holder, offer.to} & busy:
                continue
            if self._make(offer, even):
                busy |= {str(offer.lead.holder), offer.to}
                made += 1
        return made

    def plan(self) -> Plan:
        """All moves so far."""
        touched = sorted({name for move in self.moves for name in (move.holder, move.to)})
        before, after = self.before.agents, self.team.agents
        loads = {agent: (before[agent].utilization, after[agent].utilization) for agent in touched}
        return Plan(
            moves=tuple(self.moves),
            before=jain_of(self.before.members()),
            after=jain_of(self.team.members()),
            loads=loads,
        )

    def _offers(self, giver: Agent, gap: float, even: bool, once: bool) -> _Offers | None:
        """The cheapest lead for each agent who could take one from this one; None if nobody could."""
        takers, sheet = self._takers(giver, gap, even), self._sheet
        held = (self.team.leads[id] for id in giver.leads if id in self.team.leads)
        leads = [lead for lead in held if untouched(lead) and not (once and lead.balanced)]
        if not leads or not takers.any():
            return None
        best, costs = np.zeros(len(takers), np.int64), np.full(len(takers), np.inf)
        for place, lead in enumerate(leads):
            gates = gates_of(lead.lead, sheet, self.time, self.pacing, lead.declined, lead.refusals)
            scores = self._weights @ sheet.factors(lead.lead, self.time)
            lost = scores[sheet.row[giver.id]] - scores if not giver.left else np.zeros_like(scores)
            cost = lost / FULL_SCORE
            better = takers & gates.open & (cost < costs)
            best[better], costs[better] = place, cost[better]
        return _Offers(leads, best, costs) if np.isfinite(costs).any() else None

    def _takers(self, giver: Agent, gap: float, even: bool) -> NDArray[np.bool_]:
        """Who of the sheet may take leads of this agent: others, and if it is to get even, those who are less busy.

        Less busy by more than the gap, and with one lead more less busy than the giver was.
        """
        there = np.ones(len(self._loads), bool)
        if giver.id in self._sheet.row:
            there[self._sheet.row[giver.id]] = False
        load = giver.utilization
        return there & (load - self._loads > gap + LEAST) & (self._with_one < load - LEAST) if even else there

    def _make(self, offer: _Offer, even: bool) -> bool:
        """Make a move on trial; not one that makes loads less even."""
        lead, holder = offer.lead, offer.lead.holder or ""
        giver, taker, team = self.team.agents[holder], self.team.agents[offer.to], self.team
        loads = self._even
        about: dict[str, Any] = {"lead": lead.lead.id, "decision": lead.decision or "", "to": offer.to}
        event = LeadOverridden(id="trial", time=self.time, agent=holder, by="balance", **about)
        kept = (dict(team.agents), dict(team.leads), dict(team.known), list(team.moved))
        team.apply(Entry(team.seq + 1, "", event))
        now = jain_of(team.members())
        if even and loads is not None and now is not None and now < loads - LEAST:
            team.agents, team.leads, team.known, team.moved = kept
            return False
        self._even = now
        why = f"{giver.name} is at {giver.utilization:.0%}, {taker.name} at {taker.utilization:.0%}"
        self.moves.append(Move(**about, name=lead.lead.name, holder=holder, cost=round(offer.cost, 4), why=why))
        return True


def _with_one(agent: Agent) -> float:
    """The agent's utilization with one lead more."""
    return (agent.active + 1) / agent.capacity if agent.capacity else float(agent.active + 1)


def _cheapest(offers: Sequence[_Offers], agents: list[str]) -> list[_Offer]:
    """One offer a giver at most, to different agents, that cost least together; as many as can be."""
    from scipy.optimize import linear_sum_assignment  # takes a while to load, and only who moves leads needs it

    if not offers:
        return []
    costs = np.stack([offer.costs for offer in offers])
    rows, columns = linear_sum_assignment(np.where(np.isfinite(costs), costs, CLOSED_GATE))
    pairs = (
        (offers[row], column) for row, column in zip(rows, columns, strict=True) if np.isfinite(costs[row, column])
    )
    return [_Offer(float(one.costs[to]), one.leads[one.best[to]], agents[to]) for one, to in pairs]
