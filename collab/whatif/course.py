"""The course of the leads in a log: when each came, who took it at what load, and how it went on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collab.whatif.world import Agents, Replies, Shifts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY_S = 86_400.0

EACH = (
    *("arrival_s", "due_s", "kind", "score", "agent", "start_s", "response_s", "handling_s", "converted"),
    *("value", "active", "single", "weights", "explore", "expertise", "able"),
)
"""What a course has for each lead."""


@dataclass(frozen=True)
class Course:
    """What happened to each lead, in the order of arrival; times are seconds after one moment, of n leads, m agents.

    Attributes:
        agents: ids, sorted.
        kinds: the names of the kinds of lead.
        origin: the moment, in seconds of the epoch.
        arrival_s: when each lead came.
        due_s: by when it should have been picked up.
        kind: the code of its kind.
        score: its score.
        agent: the row of who got it, -1 if nobody did.
        start_s: when; NaN if nobody did.
        response_s: from the arrival to the first answer; NaN if it is not known.
        handling_s: from the answer to the end, or with `at_once` from the assignment; NaN if it is not known.
        converted: 1 or 0; NaN if it is not known.
        value: what it was worth; NaN if it is not known.
        active: what the agent held with it, right after the assignment; 0 if nobody got it.
        single: whether it stayed with the first who got it, so that its times say how that agent works.
        weights: n x 4, the weights in force; -1 where they are not known.
        explore: the share of leads routed by drawn weights then.
        expertise: n x m, ten-thousandths; -1 where it was not logged.
        able: n x m, whether the agent has the skills for it.
        team: the agents with their capacity, and what was known of them before the first lead.
        shifts: when they could be asked.
        at_once: see `handling_s`.
        replies: how responsiveness follows from responses.
        free_by_load: how availability follows from load, as of a `Mechanism`.
    """

    agents: tuple[str, ...]
    kinds: tuple[str, ...]
    origin: float
    arrival_s: Floats
    due_s: Floats
    kind: Ints
    score: Floats
    agent: Ints
    start_s: Floats
    response_s: Floats
    handling_s: Floats
    converted: Floats
    value: Floats
    active: Ints
    single: NDArray[np.bool_]
    weights: Ints
    explore: Floats
    expertise: NDArray[np.int16]
    able: NDArray[np.bool_]
    team: Agents
    shifts: Shifts
    at_once: bool = False
    replies: Replies = field(default_factory=Replies)
    free_by_load: Floats | float = -1.0

    def __len__(self) -> int:
        return len(self.arrival_s)

    @cached_property
    def load(self) -> Floats:
        """The utilization of each lead's agent with the lead."""
        capacity = np.maximum(self.team.capacity[np.maximum(self.agent, 0)], 1)
        return np.minimum(self.active / capacity, 1.0)

    @cached_property
    def day(self) -> Ints:
        """The day of each arrival, from 0."""
        days = ((self.origin % DAY_S + self.arrival_s) // DAY_S).astype(np.int64)
        found: Ints = np.unique(days, return_inverse=True)[1].reshape(-1).astype(np.int64)
        return found

    @cached_property
    def closed_s(self) -> Floats:
        """When each lead ended; NaN if that is not known."""
        begun_s = self.start_s if self.at_once else self.arrival_s + self.response_s
        found: Floats = np.fmax(begun_s + self.handling_s, self.arrival_s + np.nan_to_num(self.response_s))
        return np.where(np.isnan(self.handling_s), np.nan, found)

    def some(self, places: NDArray[Any], team: Agents | None = None) -> Course:
        """The course of some leads, given by their places in order, for a team that began as it did, or as given."""
        return replace(self, **{name: getattr(self, name)[places] for name in EACH}, team=team or self.team)
