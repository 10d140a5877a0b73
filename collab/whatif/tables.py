"""The tables that a simulation writes on: agents, leads, types of lead, shifts, and the laws that hold for all."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Rows = Any
"""A structured array, or a list of objects with its names."""


def _table(whole: str, real: str) -> np.dtype[np.void]:
    return np.dtype([(name, np.int64) for name in whole.split()] + [(name, np.float64) for name in real.split()])


AGENT = _table(
    "place capacity active on_shift performance responsiveness score closed converted rated merit replies",
    "satisfaction response_weight response_total_s responded_s ready seen_s worked_s loaded_s red_s",
)
"""An agent now: `place` is its row, `responsiveness` is as of some time since the last response.

`ready` is how much of the free share of capacity counts as availability; `merit` and `replies` are performance and
responsiveness if they never change, else -1. `score` is that of availability and performance, `NEVER` for who may not
be asked.
`worked_s`, `loaded_s` and `red_s` count the seconds on shift, these times utilization, and those in the red, up to
`seen_s`; from the first arrival to the last.
"""

LEAD = _table(
    "type queue rank by_rank drawn agent converted",
    "arrival_s answer_luck handling_luck conversion_luck assigned_s response_s closed_s",
)
"""A lead, the last row being none that never comes, and what became of it.

`queue` is where it waits, with all that the same agents can take; `rank` is its place in the order of being due,
`by_rank` the lead whose place is this row's; `drawn` is the row of `Laws.grid` with the weights that route it, -1 for
those in force; luck are factors of mean times, and what log-odds must be above. `agent` is -1 and times are infinite
until they are known.
"""

CELL = _table("expertise", "answer_s handling_s odds")
"""A type and an agent, row type x agents + agent; `expertise` is -1 where a skill is missing."""

EDGE = _table("agent on_shift", "time_s ready")
"""The begin or end of a shift, the last row being none that never comes."""


class Laws(NamedTuple):
    """What holds for all: the weights, `collab.whatif.world`, and when the first and the last lead arrive.

    `grid` are rows of weights that route leads in place of those in force; leads wait in so many `queues`; `rest` is
    the responsiveness of who does not respond any more; `skilled` are the scores of expertise, type x agents + agent,
    `NEVER` where a skill is missing. `bounds` is the run's to write on: of each agent the score without expertise, with
    all that responsiveness can be until the next response, and one more for rounding. Both lie side by side because
    every arrival looks at all of them. The others are those of a `Mechanism` and its `Replies`.
    """

    weights: tuple[int, int, int, int]
    grid: Rows
    queues: int
    at_once: int
    half_life_s: float
    kept: float
    prior_responses: float
    prior_s: float
    target_s: float
    rest: int
    free_by_load: Any
    answer_by_load: Any
    handling_by_load: Any
    odds_by_response: Any
    skilled: Any
    bounds: Any
    first_s: float
    last_s: float
