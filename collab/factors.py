"""The four factors: what speaks for an agent, each from 0 to 1, kept as whole ten-thousandths (pure).

A `Sheet` holds the team's agents as columns, so that a decision among a thousand agents is a few vector steps; it
recomputes the rows of those agents only who changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import compress, count
from operator import is_not
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collab.records import SCALE, Lead, Presence
from collab.team import RESPONSE_HALF_LIFE_S, Agent, Team

READY = {
    Presence.available: 1.0,
    Presence.busy: 0.6,
    Presence.in_call: 0.4,
    Presence.away: 0.2,
    Presence.offline: 0.0,
}
"""How ready an agent is to take a lead up, by presence."""

PRIOR_CONVERSION, PRIOR_SATISFACTION, PRIOR_LEADS = 0.25, 4.0, 20.0
"""What an agent without data counts as: a quarter of leads converts, satisfaction is 4 of 5; worth 20 leads."""

TARGET_RESPONSE_S, PRIOR_RESPONSES = 60.0, 5.0
"""The first response that scores 0.5, which is also what an agent without data counts as; worth 5 responses."""

UNSTATED = 0.5
"""Expertise when the lead states nothing to match."""

BUDGET_BANDS = (("entry", 300_000.0), ("mid", 1_000_000.0), ("high", float("inf")))
"""Budgets by band: the first whose upper edge is above the budget."""

PRESENCES = tuple(str(presence) for presence in Presence)
"""The five states, by the places at which a sheet has them."""

FEW_SKILLS = 512
"""How many columns of skill levels a sheet keeps at most."""

STRETCH = 64
"""So many agents at a time are compared with those of before."""


_PLACES = {presence: place for place, presence in enumerate(Presence)}


def availability(presence: Presence, active: int, capacity: int) -> float:
    """Readiness of the presence times the free share of capacity: 0 when full or offline, 1 when idle and available."""
    if capacity <= 0:
        return 0.0
    return READY[presence] * max(0.0, 1 - active / capacity)


def wanted(lead: Lead) -> list[str]:
    """The skills that a lead asks for: property, location, budget and language, those that it states."""
    band = next((name for name, edge in BUDGET_BANDS if lead.budget < edge), "high") if lead.budget is not None else ""
    stated = {"property": lead.property_type, "location": lead.location, "budget": band, "language": lead.language}
    return [f"{kind}:{value.strip().lower().replace(' ', '-')}" for kind, value in stated.items() if value.strip()]


def expertise(lead: Lead, skills: dict[str, float]) -> float:
    """The mean of the agent's levels in the skills that the lead asks for; 0.5 when it asks for none."""
    keys = wanted(lead)
    return sum(skills.get(key, 0.0) for key in keys) / len(keys) if keys else UNSTATED


def performance(closed: int, converted: int, rated: int, satisfaction: float) -> float:
    """Conversion (.6) and satisfaction (.4) over all closed leads, shrunk towards the prior by 20 leads' worth.

    With p = (converted + 20 x .25) / (closed + 20), conversion is p / (p + .25): 0.5 for the prior, towards 0.8 for
    all converted. With s = (sum + 20 x 4) / (rated + 20) on the scale of 1 to 5, satisfaction is (s - 1) / 4.
    """
    p = (converted + PRIOR_LEADS * PRIOR_CONVERSION) / (closed + PRIOR_LEADS)
    s = (satisfaction + PRIOR_LEADS * PRIOR_SATISFACTION) / (rated + PRIOR_LEADS)
    return 0.6 * p / (p + PRIOR_CONVERSION) + 0.4 * (s - 1) / 4


def responsiveness(weight: Any, total_s: Any, age_s: Any) -> Any:
    """60 s / (60 s + m), m being the mean first response in seconds, shrunk towards 60 s by 5 responses' worth.

    `weight` and `total_s` are the number and the sum of responses, each halved every four hours up to the newest,
    which is `age_s` seconds old; they fade on with that age, so an agent who rests returns to 0.5. Arrays pass too.
    """
    fade = np.exp2(-np.maximum(age_s, 0.0) / RESPONSE_HALF_LIFE_S)
    mean_s = (total_s * fade + PRIOR_RESPONSES * TARGET_RESPONSE_S) / (weight * fade + PRIOR_RESPONSES)
    return TARGET_RESPONSE_S / (TARGET_RESPONSE_S + mean_s)


def ten_thousandths(factor: Any) -> NDArray[np.int64]:
    """A factor of 0 to 1 as an integer of 0 to 10,000."""
    integers: NDArray[np.int64] = np.rint(np.asarray(factor) * SCALE).astype(np.int64)
    return integers


def _changed(agents: list[Agent], seen: list[Agent]) -> Iterator[int]:
    """The places at which another object stands than before; stretches that are equal are passed over whole."""
    for start in range(0, len(agents), STRETCH):
        some, before = agents[start : start + STRETCH], seen[start : start + STRETCH]
        if some != before:
            yield from compress(count(start), map(is_not, some, before))


def _answered(agent: Agent) -> tuple[Any, ...]:
    """What responsiveness is made of."""
    return agent.response_weight, agent.response_total_s, agent.responded


class Sheet:
    """The agents on the roster as columns, ordered by id; `refresh` brings them up to a team."""

    def __init__(self) -> None:
        self._seen: list[Agent] = []
        self._levels: dict[str, NDArray[np.float64]] = {}
        self._rebuild(Team())

    def refresh(self, team: Team) -> None:
        """Take over the agents who changed since the last time."""
        agents = list(team.agents.values())
        if len(self._seen) != len(agents):
            self._rebuild(team)
            return
        for place in _changed(agents, self._seen):
            agent, known = agents[place], self._seen[place]
            if agent.id != known.id or agent.left or known.left:
                self._rebuild(team)
                return
            self._set(self.row[agent.id], agent)
        self._seen = agents

    def factors(self, lead: Lead, time: datetime) -> NDArray[np.int64]:
        """Factors of all agents for this lead at this time: shape (4, agents), 0 to 10,000."""
        keys = wanted(lead)
        match = sum(self._level(key) for key in keys) / len(keys) if keys else np.full(len(self.rows), UNSTATED)
        factors = np.empty((4, len(self.rows)), np.int64)
        factors[0], factors[2] = self._availability, self._performance
        factors[1], factors[3] = ten_thousandths(match), self._replies(time)
        return factors

    def level(self, skill: str) -> NDArray[np.float64]:
        """Levels of all agents in this skill, 0 where they lack it."""
        return self._level(skill.strip().lower())

    def _rebuild(self, team: Team) -> None:
        self._seen = list(team.agents.values())
        self.rows = team.members()
        n = len(self.rows)
        self.agents = [agent.id for agent in self.rows]
        self.names = " ".join(self.agents)
        self.separable = self.names.count(" ") == n - 1  # no id has a space in it
        self.row = {agent: row for row, agent in enumerate(self.agents)}
        self.presence = np.zeros(n, np.int64)
        self.active, self.capacity = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.closed, self.responses = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.on_shift, self.offline = np.zeros(n, bool), np.zeros(n, bool)
        self.free, self.taken = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.returned, self.back = np.zeros(n, bool), np.zeros(n)
        self._availability, self._performance = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._weight, self._total_s, self._responded = np.zeros(n), np.zeros(n), np.zeros(n)
        self._levels.clear()
        self._replied: tuple[datetime, NDArray[np.int64]] | None = None
        for row, agent in enumerate(self.rows):
            self._set(row, agent)

    def _set(self, row: int, agent: Agent) -> None:
        known, self.rows[row] = self.rows[row], agent
        if agent.skills is not known.skills:
            self._levels.clear()
        if _answered(agent) != _answered(known):
            self._replied = None
        self.presence[row] = _PLACES[agent.presence]
        self.active[row], self.capacity[row] = agent.active, agent.capacity
        self.closed[row], self.responses[row] = agent.closed, agent.responses
        self.on_shift[row], self.offline[row] = agent.on_shift, agent.presence == Presence.offline
        self.free[row], self.taken[row] = agent.capacity - agent.active, agent.taken
        self.returned[row], self.back[row] = agent.back is not None, agent.back.timestamp() if agent.back else 0.0
        merit = performance(agent.closed, agent.converted, agent.rated, agent.satisfaction)
        ready = availability(agent.presence, agent.active, agent.capacity)
        self._availability[row], self._performance[row] = round(ready * SCALE), round(merit * SCALE)
        self._weight[row], self._total_s[row] = agent.response_weight, agent.response_total_s
        self._responded[row] = agent.responded.timestamp() if agent.responded else 0.0

    def _replies(self, time: datetime) -> NDArray[np.int64]:
        """Responsiveness of all agents; leads that come at once are decided at one time."""
        if self._replied is None or self._replied[0] != time:
            found = responsiveness(self._weight, self._total_s, time.timestamp() - self._responded)
            self._replied = time, ten_thousandths(found)
        return self._replied[1]

    def _level(self, skill: str) -> NDArray[np.float64]:
        column = self._levels.get(skill)
        if column is None:
            if len(self._levels) >= FEW_SKILLS:
                self._levels.clear()
            column = np.array([agent.skills.get(skill, 0.0) for agent in self.rows], dtype=float)
            self._levels[skill] = column
        return column
