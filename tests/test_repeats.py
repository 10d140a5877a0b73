"""A log that was put together from parts that overlap, under other ids, is told of; one that is only coarse is not."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from truth import World

from collab import WhatIf


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts, each with ids of its own."""
    return pd.concat([part.assign(decision=part["decision"] + 1000 * place) for place, part in enumerate(parts)])


@pytest.mark.parametrize("where", ["outcomes", "candidates"])
def test_decisions_that_are_there_twice_under_other_ids_are_told_of(where: str) -> None:
    world = World(200, 3)
    candidates, outcomes = world.candidates(), world.outcomes()
    if where == "candidates":  # where the times are
        times = outcomes.set_index("decision")["time"]
        candidates["time"] = times.loc[candidates["decision"]].array
        outcomes = outcomes.drop(columns="time")
    some = outcomes["decision"] < 30
    again = candidates[candidates["decision"] < 30].sample(frac=1, random_state=1)  # in another order of rows
    both = joined([candidates, again]), joined([outcomes, outcomes[some]])
    said = re.escape("30 of the 230 decisions repeat another in all but their id") + ".*, as 1000 does 0; if they"
    with pytest.warns(UserWarning, match=said):
        WhatIf.from_frames(*(part.reset_index(drop=True) for part in both))


def test_decisions_of_one_moment_that_differ_in_a_candidate_are_not_told_of() -> None:
    world = World(200, 3)
    candidates, outcomes = world.candidates(), world.outcomes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WhatIf.from_frames(candidates, outcomes.assign(time=outcomes["time"].iloc[0]))
        few = joined([candidates, candidates[candidates["decision"] < 3]])
        WhatIf.from_frames(few, joined([outcomes, outcomes[np.asarray(outcomes["decision"] < 3)]]))


@pytest.mark.parametrize("many", [5, 6])
def test_a_hundredth_of_the_decisions_may_repeat_another_by_chance(many: int) -> None:
    world = World(500, 4)
    both = (world.candidates(), world.outcomes())
    twice = [joined([one, one[one["decision"] < many]]).reset_index(drop=True) for one in both]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        WhatIf.from_frames(*twice)
    assert len(told) == (many > 5)
