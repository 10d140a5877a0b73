"""Anyone's frames that say who had a lead in the end: where a person chose, the router's choice earned nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from truth import World

from collab.whatif import Estimate, Refused, WhatIf

NEAR = (30, 32, 23, 15)


def given_away(world: World, share: float, seed: int = 1) -> WhatIf:
    """The log of a person who gave this share of the leads to whoever was best for them."""
    draw = np.random.default_rng(seed)
    had = np.where(draw.random(world.n) < share, world.expected.argmax(axis=1), world.chosen)
    converted = draw.random(world.n) < world.expected[np.arange(world.n), had]
    named = [f"agent-{number}" for number in had]
    return WhatIf.from_frames(world.candidates(), world.outcomes().assign(agent=named, converted=converted))


def test_what_a_person_took_is_left_out_and_counted() -> None:
    world = World(1500, 3)
    what_if = given_away(world, 0.15)
    assert what_if.counts is not None
    taken = what_if.counts.overridden
    assert 100 < taken == what_if.left_out == world.n - what_if.counts.known
    assert what_if.n == what_if.rescore(NEAR).counts.sum() == world.n - taken
    one = what_if.estimate(NEAR).converted
    assert f"{taken} decisions in whose place a person chose are left out" in str(one.trust)
    assert "left out" not in str(given_away(world, 0).estimate(NEAR).converted.trust)


def test_what_a_person_took_is_no_merit_of_the_router() -> None:
    found = [(given_away(world := World(1500, seed), 0.3).estimate(NEAR).converted, world) for seed in range(12)]
    answered = [(one, world.truth(NEAR)) for one, world in found if isinstance(one, Estimate)]
    assert len(answered) >= 10
    assert sum(one.low <= truth <= one.high for one, truth in answered) >= len(answered) - 2
    refused = [one for one, _ in found if isinstance(one, Refused)]
    assert all("in whose place a person chose are left out, which may be why" in one.reason for one in refused)


def test_who_had_a_lead_and_is_no_candidate_is_refused_by_row() -> None:
    world = World(20, 4)
    outcomes = world.outcomes().assign(agent="agent-0")
    outcomes.loc[7, "agent"] = "dee"
    with pytest.raises(
        ValueError, match=r"agent is 'dee' in row 7 of outcomes, who is a candidate of no decision; give"
    ):
        WhatIf.from_frames(world.candidates(), outcomes)
    unknown = outcomes.assign(agent=outcomes["agent"].where(outcomes["agent"] != "dee"))
    assert WhatIf.from_frames(world.candidates(), unknown).left_out == int((world.chosen != 0).sum()) - (
        world.chosen[7] != 0
    )
    roster = pd.DataFrame({"agent": [*sorted(set(world.candidates()["agent"])), "dee"], "capacity": 5})
    outcomes = outcomes.assign(response_s=1.0, handling_s=60.0)
    assert WhatIf.from_frames(world.candidates(), outcomes, roster).left_out == int((world.chosen != 0).sum()) + (
        world.chosen[7] == 0
    )
    with pytest.raises(ValueError, match=r"agent is 'dee' in row 7 of outcomes, who is not in agents; give a row"):
        WhatIf.from_frames(world.candidates(), outcomes, roster[:-1])
