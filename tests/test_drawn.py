"""The weights in force among those that chose, of which a router that explores drew some."""

from __future__ import annotations

import closed_loop
import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from collab import WhatIf
from collab.whatif.drawn import NEAR, OFTEN, in_force
from collab.winning import simplex_grid

LOGGED, LEADS = (35, 30, 20, 15), 600


def found(weights: np.ndarray, **columns: float) -> np.ndarray:
    """What is taken to be in force for leads that these weights chose for."""
    leads = pd.DataFrame({"decision": np.arange(len(weights))})
    return in_force(
        leads.assign(weights=["v1-" + "-".join(map(str, one)) for one in weights.tolist()], **columns), leads
    )


@given(st.lists(st.integers(OFTEN, 3 * NEAR), min_size=1, max_size=6))
def test_where_nothing_was_drawn_weights_are_in_force_from_the_first_lead_to_the_last(spells: list[int]) -> None:
    weights = np.repeat(simplex_grid(25)[: len(spells)], spells, axis=0)
    np.testing.assert_array_equal(found(weights, propensity=1.0), weights)


@given(st.integers(0, 10**6))
def test_drawn_weights_are_in_force_for_no_lead(seed: int) -> None:
    chance, grid = np.random.default_rng(seed), simplex_grid()
    # neither is of the grid: who draws the next weights just before they come into force cannot be told from them
    true = np.repeat([(36, 29, 20, 15), (11, 79, 5, 5)], LEADS // 2, axis=0)
    drawn = chance.random(LEADS) < 0.3
    drawn[[0, LEADS // 2]] = False
    chose = np.where(drawn[:, None], grid[chance.permutation(len(grid))[:LEADS]], true)
    np.testing.assert_array_equal(found(chose, propensity=1.0), true)
    np.testing.assert_array_equal(found(chose), chose)  # who logs no propensities drew nothing


def test_the_last_decision_says_nothing_of_the_weights_in_force_if_its_weights_were_drawn() -> None:
    ways = closed_loop.Ways(load=0.5)
    candidates, outcomes, agents = closed_loop.frames(ways, closed_loop.run(ways, LOGGED, LEADS, 0, 0.2))
    last = candidates["decision"] == candidates["decision"].iloc[-1]
    candidates["weights"] = np.where(last, "v1-0-0-0-100", "v1-35-30-20-15")
    what_if = WhatIf.from_frames(candidates, outcomes, agents)
    assert what_if.in_force == LOGGED
    assert "back-tested 1 time" in repr(what_if.simulate((10, 80, 5, 5), seeds=2))
