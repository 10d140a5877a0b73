"""Small random teams with their leads, for the tests of the simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from collab.whatif.world import Agents, Leads, Mechanism, Shifts, World


def world_of(
    seed: int, leads: int = 60, agents: int = 4, types: int = 3, *, coarse: bool = False, pace: float = 1.0
) -> World:
    """A world with shifts, missing skills and agents of all sorts; coarse times often coincide, a low pace is calm."""
    chance = np.random.default_rng(seed)
    shape = (types, agents)

    def times(values: Any) -> Any:
        return np.round(values / 100) * 100 if coarse else values

    arrival_s = np.sort(times(chance.uniform(0, 6000, leads)))
    closed = chance.integers(0, 40, agents)
    rated = chance.integers(0, 20, agents)
    weight = chance.uniform(0, 5, agents) * chance.integers(0, 2, agents)
    start_s = np.concatenate([times(chance.uniform(-500, 2000, agents)), times(chance.uniform(4500, 5000, agents))])
    end_s = np.concatenate(
        [times(chance.uniform(2200, 4000, agents)), np.where(chance.random(agents) < 0.5, np.inf, 5e4)]
    )
    return World(
        leads=Leads(
            arrival_s=arrival_s,
            lead_type=chance.integers(0, types, leads),
            due_s=arrival_s + chance.choice([60, 300, 900], leads),
        ),
        agents=Agents(
            capacity=chance.integers(0, 4, agents) + (pace < 1),
            closed=closed,
            converted=chance.integers(0, closed + 1),
            rated=rated,
            satisfaction=rated * chance.uniform(1, 5, agents),
            response_weight=weight,
            response_total_s=weight * chance.uniform(5, 600, agents),
            responded_s=-chance.uniform(0, 20_000, agents),
        ),
        shifts=Shifts(np.tile(np.arange(agents), 2), start_s, end_s),
        mechanism=Mechanism(
            answer_s=times(chance.uniform(0, 200, shape)),
            answer_by_load=0.0 if coarse else [1, 1.1, 1.5, 2.5],
            answer_spread=0.0 if coarse else [0.4, 0.8, 1.8],
            handling_s=times(pace * chance.uniform(50, 900, shape)),
            handling_spread=0.0 if coarse else 0.7,
            odds=chance.normal(-0.5, 1, shape),
            odds_by_response=-0.3,
            value=chance.uniform(1, 9, types),
            value_spread=0.4,
            handling_by_load=0.0 if coarse else 0.3,
        ),
        expertise=chance.choice([0, 2500, 5000, 7777, 10_000], shape),
        able=chance.random(shape) < 0.8,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Worlds of `world_of` of all small sizes."""
    sizes = (draw(st.integers(low, high)) for low, high in ((0, 60), (1, 6), (1, 4)))
    return world_of(draw(st.integers(0, 2**32)), *sizes, coarse=draw(st.booleans()))
