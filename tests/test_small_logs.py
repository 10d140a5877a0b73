"""Small logs: a decision that weighs much by luck widens intervals, and a rare choice is not a wrong propensity."""

from __future__ import annotations

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from collab import WhatIf
from collab.records import FACTORS
from collab.whatif import Estimate, Limits, Refused, estimators
from collab.whatif.estimate import from_arrays
from collab.whatif.policy import _rarely

N, TRUTH = 600, 0.95 * 0.3 + 0.05 * 0.6


def answer(seed: int, limits: Limits | None = None) -> Estimate | Refused:
    """Of a right log, a twentieth of whose leads hardly ever went where the policy in question sends them."""
    draw = np.random.default_rng(seed)
    rare = draw.random(N) < 0.05
    chance = np.where(rare, 0.031, 0.9)
    weights = np.where(draw.random(N) < chance, 1 / chance, 0.0)
    rewards = draw.random(N) < np.where(rare, 0.6, 0.3)
    return from_arrays(rewards, weights, limits=limits)


def test_a_right_log_with_a_heavy_decision_is_answered_and_its_interval_covers() -> None:
    heavy = [
        one
        for one in map(answer, range(200))
        if one.trust is not None and one.trust.largest > 0.05 and one.trust.ess >= 200  # type: ignore[union-attr]
    ]
    assert len(heavy) > 40
    answered = [one for one in heavy if isinstance(one, Estimate)]
    assert len(answered) == len(heavy)
    assert np.mean([one.low <= TRUTH <= one.high for one in answered]) >= 0.9
    assert "one decision has" in str(answered[0].trust)


def test_the_weight_that_one_decision_may_have_is_a_limit() -> None:
    heavy = next(
        seed for seed in range(100) if isinstance(answer(seed), Estimate) and "one decision" in str(answer(seed).trust)
    )
    for limits in (Limits(largest=0.001), Limits(largest=0.03)):
        one = answer(heavy, limits)
        assert isinstance(one, Refused)
        assert "of all weight (at most" in one.reason
    lone = from_arrays(np.ones(N), np.r_[np.ones(N - 1), 0.08 * N], limits=Limits(ess=1))
    assert isinstance(lone, Refused)
    assert "one decision has 7.4% of all weight (at most 7.1%)" in lone.reason


def test_an_error_that_few_decisions_make_has_few_degrees_of_freedom() -> None:
    even = estimators.on_log(np.tile([0.0, 1.0], 500))
    assert even.degrees() == 999
    assert even.degrees(np.arange(1000) % 10) == 9
    lone = estimators.on_log(np.r_[np.zeros(999), 1.0])
    assert lone.degrees() == pytest.approx(2, abs=0.1)
    low, high = lone.interval(0.95)
    assert (high - low) / 2 / lone.error() > 4  # Student's t with two degrees has 4.3
    draw = np.random.default_rng(1).normal(size=4000)
    assert estimators.on_log(draw).degrees() == pytest.approx(3999, rel=0.2)  # a normal one has n


def rarely(times: int) -> WhatIf:
    """Three agents, the last of whom has one chance in 10,000, and got so many leads."""
    chosen = np.zeros((200, 3), bool)
    chosen[np.arange(200), np.arange(200) % 10 // 5] = True
    chosen[:times] = [False, False, True]
    frame = pd.DataFrame(
        {"decision": np.repeat(np.arange(200), 3), "agent": list("abc") * 200, **dict.fromkeys(FACTORS, 0.5)}
    )
    frame = frame.assign(propensity=[0.5, 0.4999, 0.0001] * 200, chosen=chosen.reshape(-1))
    return WhatIf.from_frames(frame, pd.DataFrame({"decision": np.arange(200), "converted": False}))


def test_a_lead_that_somebody_had_against_the_odds_is_no_wrong_propensity() -> None:
    """One log in fifty has such a lead; in one in a hundred million somebody has four."""
    assert rarely(1).calibration["z"].abs().max() < 3
    assert rarely(4).calibration["z"].abs().max() > 5
    assert rarely(4).calibration["about"][0] == "leads of c"


@pytest.mark.parametrize("other, answered", [(0.0005, False), (0.02, True)])
def test_a_log_that_hardly_ever_tried_something_does_not_pass_for_one_that_knows_it(
    other: float, answered: bool
) -> None:
    """A third of 3,000 leads would go to the other agent, who had half a lead of them by chance, or twenty."""
    draw = np.random.default_rng(2)
    elsewhere = np.arange(3000) % 3 == 0
    had = draw.random(3000) < other
    frame = pd.DataFrame({"decision": np.repeat(np.arange(3000), 2), "agent": ["a", "b"] * 3000})
    frame = frame.assign(**dict.fromkeys(FACTORS, 0.5), propensity=[1 - other, other] * 3000)
    frame["chosen"] = np.stack([~had, had], axis=1).reshape(-1)
    outcomes = pd.DataFrame({"decision": np.arange(3000), "converted": draw.random(3000) < 0.3})
    asked = np.stack([~elsewhere, elsewhere], axis=1).astype(float).reshape(-1)
    log = WhatIf.from_frames(frame, outcomes)
    one = log.estimate(asked, limits=Limits(ess=100)).converted
    assert isinstance(one, Estimate) == answered
    if isinstance(one, Refused):
        assert "33.3% of the leads would go to agents whom the log never tries for them, or hardly" in one.reason
        assert had[elsewhere].sum() == 0
        assert isinstance(log.estimate(asked, limits=Limits(ess=1)).converted, Estimate)  # who asks for it
    # what explores as the log did asks for nothing that it has not
    assert isinstance(log.estimate(frame["propensity"], limits=Limits(ess=100)).converted, Estimate)


def test_propensities_too_near_to_even_are_found_though_every_agent_has_their_share() -> None:
    draw = np.random.default_rng(5)
    likely = draw.random(2000) < 0.5  # which of two agents is, from lead to lead
    first = np.where(likely, 0.9, 0.1)
    chosen = draw.random(2000) < first
    frame = pd.DataFrame({"decision": np.repeat(np.arange(2000), 2), "agent": ["a", "b"] * 2000})
    frame = frame.assign(**dict.fromkeys(FACTORS, 0.5), chosen=np.stack([chosen, ~chosen], axis=1).reshape(-1))
    outcomes = pd.DataFrame({"decision": np.arange(2000), "converted": draw.random(2000) < 0.3})
    for given, wrong in ((first, False), (0.5 + (first - 0.5) * 0.8, True)):
        log = WhatIf.from_frames(frame.assign(propensity=np.stack([given, 1 - given], axis=1).reshape(-1)), outcomes)
        assert (log.calibration["z"].abs().max() > 5) == wrong
    assert log.calibration["about"][0] == "propensity of the chosen"


@hypothesis.given(st.data())
def test_choices_that_were_hardly_ever_tried_are_counted_from_the_heaviest_on(data: st.DataObject) -> None:
    """However many are looked at, the answer is that of a walk through all, the heaviest importance weights first."""
    n, least = data.draw(st.integers(0, 40)), data.draw(st.floats(0.1, 20))
    chances = np.array(data.draw(st.lists(st.floats(1e-6, 1), min_size=n, max_size=n)))
    tried = np.array(data.draw(st.lists(st.floats(0, 1) | st.floats(0, 1e-3), min_size=n, max_size=n)))
    order = np.argsort(tried / chances)
    found = float(chances[order][np.cumsum(tried[order]) <= 1].sum())
    assert _rarely(chances, tried, least) == (found if found > least else 0.0)
