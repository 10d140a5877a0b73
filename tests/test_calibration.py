"""Choices beside the router, by a lead's score or kind or at random, are found; right propensities are believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from collab import WhatIf
from collab.records import FACTORS
from collab.whatif import Refused
from collab.whatif.calibration import slack

AGENTS = np.array(["ana", "ben", "chen", "dalia", *(f"e{number}" for number in range(10, 20))])
KINDS = np.array(["condo", "house", "land", "plot", "villa"])


def log(chance: np.ndarray, chosen: np.ndarray, score: np.ndarray, kind: np.ndarray) -> WhatIf:
    """Decisions with these chances (decisions x agents) and the place of the agent chosen."""
    n, m = chance.shape
    frame = pd.DataFrame({"decision": np.repeat(np.arange(n), m), "agent": np.tile(AGENTS[:m], n)})
    frame = frame.assign(**dict.fromkeys(FACTORS, 0.5), propensity=chance.reshape(-1))
    frame["chosen"] = (chosen[:, None] == np.arange(m)).reshape(-1)
    outcomes = pd.DataFrame({"decision": np.arange(n), "converted": np.arange(n) % 3 == 0})
    return WhatIf.from_frames(frame, outcomes.assign(lead_score=score, lead_type=kind))


def drawn(chance: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Who is chosen by these chances."""
    return (draw.random((len(chance), 1)) < chance.cumsum(axis=1)).argmax(axis=1)


def explored(n: int, draw: np.random.Generator, chances: Sequence[float] = (0.9, 0.06, 0.03, 0.01)) -> np.ndarray:
    """Chances of a router that explores a little: one agent's is high, and each of the others' is low."""
    return draw.permuted(np.tile(chances, (n, 1)), axis=1)


BESIDE: dict[str, Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]] = {
    "leads with a high score that went to dalia": lambda score, kind, draw: score > np.quantile(score, 0.95),
    "leads with a low score that went to dalia": lambda score, kind, draw: score < np.quantile(score, 0.05),
    "'villa' leads that went to dalia": lambda score, kind, draw: (kind == "villa") & (draw.random(len(kind)) < 0.25),
}


@pytest.mark.parametrize("about", BESIDE)
def test_a_twentieth_of_the_leads_given_by_hand_for_what_they_are_is_refused_by_name(about: str) -> None:
    for seed in range(5):
        draw = np.random.default_rng(seed)
        chance, score, kind = explored(1000, draw), draw.normal(size=1000), KINDS[draw.integers(0, 5, 1000)]
        beside = BESIDE[about](score, kind, draw)
        found = log(chance, np.where(beside, 3, drawn(chance, draw)), score, kind)
        frame = found.calibration
        assert frame["about"][0] == about
        assert frame["z"][0] > 5
        assert frame["z"][frame["about"] == "leads of dalia"].iloc[0] < frame["z"][0] - 1
        one = found.estimate((25, 25, 25, 25)).converted
        assert isinstance(one, Refused)
        assert f"(at most 5): {about}, more than recorded (" in one.reason


def test_a_twentieth_of_the_leads_given_at_random_is_nearly_always_refused() -> None:
    found = []
    for seed in range(20):
        draw = np.random.default_rng(seed)
        chance = explored(1000, draw, (0.85, 0.14, 0.009, 0.001))
        chosen = np.where(draw.random(1000) < 0.05, draw.integers(0, 4, 1000), drawn(chance, draw))
        frame = log(chance, chosen, draw.normal(size=1000), np.full(1000, "house")).calibration.set_index("about")
        found.append(frame["z"]["rareness of the chosen"])
        assert abs(frame["z"]["propensity of the chosen"]) < 5
    assert sum(z > 5 for z in found) >= 17


def test_of_the_parts_of_a_split_standard_deviations_are_lowered_as_there_are_so_many() -> None:
    chance, kind = explored(600, np.random.default_rng(1)), np.repeat(["house", "villa", "plot"], 200)
    chosen, score = np.zeros(600, np.int64), np.zeros(600)
    parts = log(chance, chosen, score, kind).calibration.set_index("about")["z"]
    alone = log(chance[:200], chosen[:200], score[:200], kind[:200]).calibration.set_index("about")["z"]
    of_houses = parts["'house' leads that went to ana"]
    assert of_houses**2 == pytest.approx(alone["leads of ana"] ** 2 - 2 * np.log(3))
    assert of_houses > 5


@hypothesis.given(
    st.integers(0, 2**32), st.integers(1, 1500), st.integers(1, 4), st.sampled_from([None, 3]), st.booleans()
)
def test_right_propensities_are_believed_and_the_leads_of_an_agent_are_those_of_all_parts(
    seed: int, n: int, agents: int, digits: int | None, coarse: bool
) -> None:
    draw = np.random.default_rng(seed)
    chance = draw.dirichlet(np.full(agents, draw.choice([0.05, 0.3, 2.0])), n)
    chosen = drawn(chance, draw)
    chance = chance if digits is None else chance.round(digits)
    chance /= chance.sum(axis=1, keepdims=True) if digits is None else 1
    kept = chance[np.arange(n), chosen] > 0
    score = draw.integers(0, 4, n) if coarse else draw.normal(size=n)
    hypothesis.assume(kept.any() and (np.abs(chance.sum(axis=1) - 1)[kept] < 1e-3).all())
    frame = log(chance[kept], chosen[kept], score[kept], KINDS[draw.integers(0, 5, n)][kept]).calibration
    assert frame["z"].abs().max() < 6  # of more than a hundred sums; one in a million logs has more
    leads = frame[frame["about"].str.startswith("leads of")]
    for parts in (frame["about"].str.startswith("leads with"), frame["about"].str.startswith("'")):
        if parts.any():
            assert frame[parts][["observed", "expected"]].sum().to_numpy() == pytest.approx(
                leads[["observed", "expected"]].sum().to_numpy()
            )


def test_three_digits_leave_half_of_the_last_one_a_candidate_and_more_digits_a_thousandth() -> None:
    counts = np.array([1, 5, 20])
    assert slack(np.array([0.25, 0.75]), counts) == pytest.approx([0.001, 0.0025, 0.005])
    assert slack(np.array([0.25, 0.7503]), counts) == pytest.approx([0.001] * 3)


def test_chances_that_are_all_rounded_up_are_believed() -> None:
    """Ten agents with .0046 each have .005 in three digits, so that the chances of a decision sum to 1.004."""
    draw = np.random.default_rng(1)
    chance = draw.permuted(np.tile([0.954, *[0.0046] * 10], (6000, 1)), axis=1)
    found = log(chance.round(3), drawn(chance, draw), draw.normal(size=6000), KINDS[draw.integers(0, 5, 6000)])
    assert found.calibration["z"].abs().max() < 5
    assert not isinstance(found.estimate(chance.round(3).reshape(-1)).converted, Refused)
