"""A whole team simulated under other weights: a lead that goes to somebody else loads them, too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, make_dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collab.whatif import rules
from collab.whatif.figures import Figures, figures
from collab.whatif.luck import Luck, factors
from collab.whatif.rescore import AnyWeights, Values, integers
from collab.whatif.tables import AGENT, CELL, EDGE, LEAD, Laws
from collab.whatif.world import World
from collab.winning import simplex_grid

logger = logging.getLogger(__name__)

Rules = Callable[[Any, Any, Any, Any, Laws], None]
Table = NDArray[Any]

TABLES = ("free_by_load", "answer_by_load", "handling_by_load", "odds_by_response")
"""The laws that are tables by load or by response time."""

ARRAYS = ("grid", *TABLES, "skilled", "bounds")
"""The laws that are arrays."""

WORTH_NUMBA = 500_000
"""From so many leads x agents on numba is loaded; below, Python takes about a tenth of a second or two."""


@dataclass(frozen=True)
class Run:
    """One run; a value for each lead, in the order of their arrival, and for each agent.

    Attributes:
        weights: the four weights.
        agent: the row of the agent who got the lead, -1 if nobody ever did; then its times are empty (NaN).
        assigned_s: when they got it.
        wait_s: from the arrival to the assignment.
        response_s: from the arrival to the first answer.
        closed_s: when it closed.
        converted: whether it did.
        value: what it was worth; 0 if it did not convert.
        worked_s: seconds on shift of each agent, between the first and the last arrival.
        loaded_s: these seconds times utilization.
        red_s: those of them with a utilization in the red (see `collab.metrics.band`).
    """

    weights: Values
    agent: NDArray[np.int64]
    assigned_s: NDArray[np.float64]
    wait_s: NDArray[np.float64]
    response_s: NDArray[np.float64]
    closed_s: NDArray[np.float64]
    converted: NDArray[np.bool_]
    value: NDArray[np.float64]
    worked_s: NDArray[np.float64]
    loaded_s: NDArray[np.float64]
    red_s: NDArray[np.float64]

    @cached_property
    def figures(self) -> Figures:
        """What it came to for the team."""
        return figures(self)


class Simulation:
    """A world with its luck, to be run under any weights; the same seed and weights give the same run, bit for bit.

    It may be run from many threads at once.

    Args:
        world: the team, its leads and the laws by which they turn out.
        seed: fixes the luck of every lead.
        explore: the share of leads routed by weights drawn at random, 0 to 1.
        compiled: whether numba runs it, or Python, with the same bits; whichever pays, if not given.
    """

    def __init__(self, world: World, seed: int = 0, *, explore: float = 0.0, compiled: bool | None = None) -> None:
        if compiled is None:
            compiled = len(world.leads) * len(world.agents) >= WORTH_NUMBA
        self.world, self.luck = world, Luck.draw(len(world.leads), seed)
        self._rules = _compiled() if compiled else None
        self._tables = _agents(world), _leads(world, self.luck, explore), _cells(world), _edges(world)
        span_s = world.leads.arrival_s[[0, -1]].tolist() if len(world.leads) else (0.0, 0.0)
        law = world.mechanism
        self._laws = Laws(
            (0, 0, 0, 0),
            simplex_grid(),
            _queues(world)[0],
            int(law.at_once),
            **asdict(law.replies),
            rest=law.replies.rest,
            **{name: getattr(law, name) for name in TABLES},
            skilled=None,
            bounds=None,
            first_s=span_s[0],
            last_s=span_s[1],
        )
        self._worth = factors(self.luck.value, law.value_spread)

    def run(self, weights: AnyWeights) -> Run:
        """Every lead from its arrival to its end under these weights, in any of the forms of `WhatIf.rescore`.

        Raises:
            ValueError: the weights are not four whole numbers that sum to 100.
        """
        agents, leads, cells, edges, laws = self.tables(weights)
        if self._rules is not None:
            self._rules(agents, leads, cells, edges, laws)
        else:
            members, course = in_objects(agents), in_objects(leads)
            rules.run(members, course, in_objects(cells), in_objects(edges), plain(laws))
            agents, leads = _in_table(members, AGENT), _in_table(course, LEAD)
        leads = leads[:-1]
        if (nobody := leads["agent"] < 0).any():
            for name in ("assigned_s", "response_s", "closed_s"):
                leads[name][nobody] = np.nan
        converted = leads["converted"] > 0
        value, won = np.zeros(len(leads)), np.flatnonzero(converted)
        value[won] = self._worth[won] * self.world.mechanism.value[leads["type"][won], leads["agent"][won]]
        return Run(
            weights=laws.weights,
            agent=leads["agent"].copy(),
            assigned_s=leads["assigned_s"].copy(),
            wait_s=leads["assigned_s"] - leads["arrival_s"],
            response_s=leads["response_s"].copy(),
            closed_s=leads["closed_s"].copy(),
            converted=converted,
            value=value,
            **{name: agents[name].copy() for name in ("worked_s", "loaded_s", "red_s")},
        )

    def tables(self, weights: AnyWeights) -> tuple[Table, Table, Table, Table, Laws]:
        """What `collab.whatif.rules.run` takes for one run; agents and leads are the run's to write on.

        Raises:
            ValueError: the weights are not four whole numbers that sum to 100.
        """
        values = integers(weights)
        agents, leads, cells, edges = self._tables
        skilled = np.where(cells["expertise"] < 0, rules.NEVER, values[1] * cells["expertise"]).astype(np.int32)
        laws = self._laws._replace(weights=values, skilled=skilled, bounds=np.empty(len(agents), np.int32))
        return agents.copy(), leads.copy(), cells, edges, laws


@cache
def _compiled() -> Rules | None:
    """The rules in numba; None where it cannot be."""
    try:
        from collab.whatif.compiled_rules import run
    except Exception as error:  # missing, or it does not fit this numpy or this machine: whatever it is, Python does
        logger.warning("simulations run in Python, with the same results but slower: numba failed (%s)", error)
        return None
    found: Rules = run
    return found


def plain(laws: Laws) -> Laws:
    """The laws with lists instead of arrays, which Python reads faster."""
    return laws._replace(**{name: getattr(laws, name).tolist() for name in ARRAYS})


def in_objects(table: Table) -> list[Any]:
    """The rows of a structured array as objects, which Python reads faster."""
    row = make_dataclass("row", table.dtype.names or (), slots=True)
    return [row(*values) for values in table.tolist()]


def _in_table(objects: list[Any], dtype: np.dtype[np.void]) -> Table:
    found = np.empty(len(objects), dtype)
    for name in dtype.names or ():
        found[name] = [getattr(one, name) for one in objects]
    return found


def _agents(world: World) -> Table:
    found = np.zeros(len(world.agents), AGENT)
    for field in fields(world.agents):
        found[field.name] = getattr(world.agents, field.name)
    found["place"] = np.arange(len(found))
    found["seen_s"] = world.leads.arrival_s[0] if len(world.leads) else 0.0
    return found


def _leads(world: World, luck: Luck, explore: float) -> Table:
    leads, n = world.leads, len(world.leads)
    found = np.zeros(n + 1, LEAD)
    for name in ("arrival_s", "assigned_s", "response_s", "closed_s"):
        found[name] = np.inf
    order = np.lexsort((np.arange(n), leads.due_s))
    found["by_rank"][:n], found["rank"][order] = order, np.arange(n)
    found["agent"] = -1
    found["arrival_s"][:n], found["type"][:n] = leads.arrival_s, leads.lead_type
    found["queue"][:n] = _queues(world)[1][leads.lead_type]
    found["drawn"] = -1
    found["drawn"][:n][luck.explore < explore] = (luck.drawn[luck.explore < explore] * len(simplex_grid())).astype(int)
    found["answer_luck"][:n] = factors(luck.answer, world.mechanism.answer_spread)
    found["handling_luck"][:n] = factors(luck.handling, world.mechanism.handling_spread)
    found["conversion_luck"][:n] = luck.conversion - leads.odds
    return found


def _queues(world: World) -> tuple[int, NDArray[np.int64]]:
    """How many queues there are, and that of each type: types that the same agents can take share one."""
    found, queue = np.unique(world.able, axis=0, return_inverse=True)
    return len(found), queue.reshape(-1).astype(np.int64)


def _cells(world: World) -> Table:
    found = np.zeros(world.expertise.size, CELL)
    found["expertise"] = np.where(world.able, world.expertise, -1).reshape(-1)
    for name in ("answer_s", "handling_s", "odds"):
        found[name] = getattr(world.mechanism, name).reshape(-1)
    return found


def _edges(world: World) -> Table:
    shifts, n = world.shifts, len(world.shifts.agent)
    found = np.zeros(2 * n + 1, EDGE)
    found["agent"][:-1] = np.tile(shifts.agent, 2)
    found["on_shift"][:n] = 1
    found["time_s"] = [*shifts.start_s, *shifts.end_s, np.inf]
    found["ready"][:n] = shifts.ready
    # who ends and begins a shift at one time is on shift then
    return found[np.lexsort((found["agent"], found["on_shift"], found["time_s"]))]
