"""Logs in which little happened: nobody converted, nobody says what it was worth, leads still wait."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from blocks import hours, recorded
from desks import Clock, lead

from collab import WhatIf
from collab.desk import Desk
from collab.whatif import Estimate, Refused, estimators
from collab.whatif.estimate import from_arrays

OTHERS = (20, 50, 15, 15)


def seldom(seed: int, share: float, n: int = 1200) -> Estimate | Refused:
    """Of a log of which a tenth went elsewhere by chance, and a small share of leads converts whoever has it."""
    draw = np.random.default_rng(seed)
    weights = np.where(draw.random(n) < 0.9, 1 / 0.9, 0.0)
    return from_arrays((draw.random(n) < share).astype(float), weights)


@pytest.mark.parametrize("share", [0.01, 0.02, 0.3])
def test_where_few_leads_convert_a_difference_by_luck_is_no_gain(share: float) -> None:
    answers = [one for one in (seldom(seed, share) for seed in range(300)) if isinstance(one, Estimate)]
    assert len(answers) > 290
    assert np.mean([one.difference_low <= 0 <= one.difference_high for one in answers]) >= 0.93
    assert np.mean([one.low <= share <= one.high for one in answers]) >= 0.9
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in answers)


def test_where_many_convert_the_error_is_that_of_the_decisions_themselves() -> None:
    draw = np.random.default_rng(1)
    weights = np.where(draw.random(50_000) < 0.9, 1 / 0.9, 0.0)
    found = estimators.snips(draw.random(50_000) < 0.3, weights)
    alone = float(np.sqrt(found.influences @ found.influences / (50_000 * 49_999)))
    assert found.error() == pytest.approx(alone, rel=0.02)


@pytest.mark.parametrize(
    "metric, reward, why",
    [
        ("converted", 0.0, "of 500 leads with a known outcome none was converted"),
        ("converted", 1.0, "of 500 leads with a known outcome all were converted"),
        ("value", 0.0, "of 500 leads with a known outcome none has a value"),
        ("value", 90.0, "of 500 leads with a known outcome each has the value 90"),
    ],
)
def test_where_nothing_differs_nothing_is_said(metric: str, reward: float, why: str) -> None:
    one = from_arrays(np.full(500, reward), np.ones(500), metric=metric)
    assert isinstance(one, Refused)
    assert one.reason.startswith(why)
    if metric == "converted":
        assert one.bounds is not None
        low, high = one.bounds
        assert low <= reward <= high
        assert 0 < high - low < 0.05
    else:
        assert (one.bounds is None) == (reward == 0)


@pytest.mark.parametrize("waiting", [0, 1, 2])
def test_leads_that_wait_are_simulated_like_any_other(tmp_path: Path, waiting: int) -> None:
    async def work(desk: Desk, clock: Clock) -> None:
        await hours(desk, clock, 22)
        for number in range(waiting):
            await desk.route_lead(lead(f"waits-{number}", requires=["language:none"]))

    what_if = WhatIf(recorded(tmp_path, work))
    found = what_if.simulate(OTHERS, seeds=2)
    assert {name for name, one in found.items() if isinstance(one, Refused)} <= {"value"}
    assert len(what_if.course[0]) == 220 + waiting
    assert found.matrix()["before"].sum() == pytest.approx(220, abs=2)
    none = what_if.recommend(keep={"balance": 0.1})
    assert none.empty
    assert "the log says too little of all these weights" in none.attrs["none"]


@pytest.mark.parametrize("waiting", [1, 2])
def test_where_all_wait_a_simulation_says_what_is_missing(tmp_path: Path, waiting: int) -> None:
    async def work(desk: Desk, clock: Clock) -> None:
        for number in range(waiting):
            await desk.route_lead(lead(f"waits-{number}", requires=["language:none"]))

    found = WhatIf(recorded(tmp_path, work)).simulate(OTHERS)
    assert {"converted", "value", "response_s", "balance"} <= found.keys()
    for one in found.values():
        assert isinstance(one, Refused)
        assert one.reason == "0 leads have a known answer and end (at least 200); wait until more are closed"


def test_conversions_of_which_nobody_says_the_value_leave_the_value_open_only(tmp_path: Path) -> None:
    async def work(desk: Desk, clock: Clock) -> None:
        for number in range(240):
            clock.wait(60)
            agent = (await desk.route_lead(lead(f"l{number}"))).agent or ""
            clock.wait(30 + number % 20)
            await desk.first_response(f"l{number}", agent)
            await desk.close_lead(f"l{number}", agent, converted=number % 3 == 0)

    what_if = WhatIf(recorded(tmp_path, work))
    simulated = what_if.simulate(OTHERS, seeds=2)
    value = simulated["value"]
    assert isinstance(value, Refused)
    assert value.reason == "no lead of the log has a value; where nothing differs, nothing says what would"
    assert isinstance(simulated["converted"], Estimate)
    assert isinstance(what_if.estimate(OTHERS)["value"], Refused)
