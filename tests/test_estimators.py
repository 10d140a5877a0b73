"""The estimators' arithmetic: against their definitions, against real logged data, and what must hold of each."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats

from collab.whatif import Estimate, Refused, estimators
from collab.whatif.estimate import from_arrays
from collab.whatif.wealth import BETS, Wealth

Floats = NDArray[np.float64]
SIZES = st.integers(2, 60)


@st.composite
def logs(draw: st.DrawFn) -> tuple[Floats, Floats, Floats, Floats]:
    """Rewards, importance weights, and a model's values of the logged and of the other choices."""
    n = draw(SIZES)
    some = [draw(arrays(np.float64, n, elements=st.floats(0, 1, width=16))) for _ in range(3)]
    weights = draw(arrays(np.float64, n, elements=st.floats(0, 50, width=16)))
    weights[0] = max(weights[0], 0.5)
    return some[0], weights, some[1], some[2]


@given(logs())
def test_each_estimator_is_its_formula(log: tuple[Floats, Floats, Floats, Floats]) -> None:
    r, w, q, v = log
    n = len(r)
    total = sum(w)
    missed = [w[i] * (r[i] - q[i]) for i in range(n)]
    formulas = {
        "ips": sum(w[i] * r[i] for i in range(n)) / n,
        "snips": sum(w[i] * r[i] for i in range(n)) / total,
        "dr": sum(v) / n + sum(missed) / n,
        "sndr": sum(v) / n + sum(missed) / total,
    }
    found = {
        "ips": estimators.ips(r, w),
        "snips": estimators.snips(r, w),
        "dr": estimators.dr(r, w, q, v),
        "sndr": estimators.sndr(r, w, q, v),
    }
    values = estimators.values(r, w, q, v)
    for name, value in values.items():
        assert value == pytest.approx(formulas[name], rel=1e-9, abs=1e-9)
    assert set(values) == {"ips", "snips", "dr"}
    for name, formula in formulas.items():
        assert found[name].value == pytest.approx(formula, rel=1e-9, abs=1e-9)
        assert abs(found[name].influences.sum()) < 1e-6 * (1 + np.abs(found[name].influences).sum())


@given(arrays(np.float64, SIZES, elements=st.floats(0, 1e6)), st.floats(1e-3, 1e3))
def test_wealth_is_what_every_decision_makes_of_every_stake(values: Floats, mean: float) -> None:
    stakes = [float(np.sum(np.log1p(bet * (values / mean - 1)))) for bet in BETS]
    expected = float(np.logaddexp.reduce(stakes)) - np.log(len(BETS))
    assert Wealth(values).logarithm(mean) == pytest.approx(expected, rel=1e-9, abs=1e-9 * len(values))


def test_the_error_of_blocks_is_that_of_their_means_from_eight_blocks_on() -> None:
    rewards = np.repeat(np.arange(8.0), 30) + np.tile([-1.0, 1.0], 120)
    alone, blocks = estimators.on_log(rewards), np.repeat(np.arange(8), 30)
    assert alone.error(blocks) == pytest.approx(np.arange(8.0).std(ddof=1) / 8**0.5)
    assert alone.degrees(blocks) <= 7
    of_seven = estimators.on_log(rewards[:210])
    assert of_seven.error(blocks[:210]) == of_seven.error()


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_fortune_counts_less_by_the_design_effect_of_its_blocks(level: float) -> None:
    chance, blocks = np.random.default_rng(4), np.repeat(np.arange(12), 50)
    rewards = np.clip(0.4 + chance.normal(0, 0.15, 12)[blocks] + chance.normal(0, 0.1, 600), 0, 1)
    low, _ = estimators.betting(rewards, np.ones(600), level, blocks=blocks)
    means = rewards.reshape(12, 50).mean(axis=1)
    wider = stats.t.ppf(0.5 + level / 2, 11) / stats.norm.ppf(0.5 + level / 2)
    effect = means.var(ddof=1) / 12 / (rewards.var(ddof=1) / 600) * wider**2
    assert effect > 10
    assert Wealth(rewards).logarithm(low) == pytest.approx(np.log(2 / (1 - level)) * effect, rel=2e-3)


def test_wealth_of_many_values_that_lie_close_is_that_of_each() -> None:
    values = np.random.default_rng(1).lognormal(0, 0.5, 50_000)
    for mean in (0.2, 1.0, 3.0):
        stakes = [float(np.sum(np.log1p(bet * (values / mean - 1)))) for bet in BETS]
        expected = float(np.logaddexp.reduce(stakes)) - np.log(len(BETS))
        assert Wealth(values).logarithm(mean) == pytest.approx(expected, rel=1e-9)


@given(logs())
def test_weights_of_one_give_the_log_back_with_no_difference(log: tuple[Floats, Floats, Floats, Floats]) -> None:
    r, _, q, _ = log
    same = estimators.sndr(r, np.ones(len(r)), q, q)
    apart = same - estimators.on_log(r)
    assert same.value == pytest.approx(r.mean(), abs=1e-12)
    assert apart.value == pytest.approx(0, abs=1e-12)
    assert np.abs(apart.influences).max() < 1e-9


@given(logs())
def test_the_interval_that_always_holds_is_inside_the_rewards_and_around_the_mean_on_log(
    log: tuple[Floats, Floats, Floats, Floats],
) -> None:
    r, w, _, _ = log
    low, high = estimators.betting(r, w)
    assert 0 <= low <= high <= 1
    on_log = estimators.betting(r, np.ones(len(r)))
    assert on_log[0] <= r.mean() + 1e-9
    assert on_log[1] >= r.mean() - 1e-9
    scaled = estimators.betting(r * 7 - 2, w, low=-2, high=5)
    assert scaled == pytest.approx((low * 7 - 2, high * 7 - 2), abs=1e-6)


def test_the_interval_that_always_holds_covers_the_mean_of_small_logs_too() -> None:
    chance = np.random.default_rng(11)
    missed = 0
    for _ in range(200):
        p = chance.choice([0.05, 0.3, 0.9], 80)  # the chance that the choice in question was made
        same = chance.random(80) < p
        rewards = (chance.random(80) < 0.3).astype(float)
        low, high = estimators.betting(rewards, same / p)
        missed += not low <= 0.3 <= high
    assert missed <= 10


def test_the_interval_that_always_holds_covers_what_was_never_tried() -> None:
    chance = np.random.default_rng(3)
    tried = chance.random(5000) < 0.7  # the rest would go to whom the log never tries: 1 in 10 of those convert
    rewards = np.where(tried, chance.random(5000) < 0.5, 0.0)
    low, high = estimators.betting(rewards, tried.astype(float))
    assert low <= 0.7 * 0.5 + 0.3 * 0.1 <= high
    assert high - low > 0.28


def test_the_interval_that_always_holds_covers_though_days_differ() -> None:
    chance = np.random.default_rng(7)
    day, covered = np.repeat(np.arange(30), 80), np.zeros((60, 2))
    for row in covered:
        rewards = (chance.random(2400) < np.repeat(chance.uniform(0, 0.6, 30), 80)).astype(float)
        for place, blocks in enumerate((None, day)):
            low, high = estimators.betting(rewards, np.ones(2400), blocks=blocks)
            row[place] = low <= 0.3 <= high
    assert covered[:, 0].mean() < 0.9  # decisions one by one
    assert covered[:, 1].mean() >= 0.95
    few = day // 5  # six blocks say too little
    assert estimators.betting(rewards, np.ones(2400), blocks=few) == estimators.betting(rewards, np.ones(2400))


@pytest.mark.parametrize(
    "share, degrees, quantile",
    [(0.975, 7, 2.3646), (0.975, 29, 2.0452), (0.95, 12, 1.7823), (0.995, 60, 2.6603), (0.975, 100_000, 1.9600)],
)
def test_students_quantiles_are_those_of_the_tables(share: float, degrees: int, quantile: float) -> None:
    assert estimators.student(share, degrees) == pytest.approx(quantile, abs=1e-3)


def test_decisions_of_one_day_that_hang_together_widen_the_interval() -> None:
    chance = np.random.default_rng(5)
    day = np.repeat(np.arange(30), 40)
    rewards = np.repeat(chance.normal(0.5, 0.2, 30), 40) + chance.normal(0, 0.01, 1200)
    found = estimators.on_log(rewards)
    assert found.error(day) > 4 * found.error()
    alone = estimators.on_log(chance.normal(0.5, 0.2, 1200))
    assert alone.error(day) < 1.5 * alone.error()
    assert alone.error(day[:1200] // 10) == alone.error()  # three blocks say too little


def test_of_one_decision_or_none_nobody_knows_the_error() -> None:
    assert [estimators.on_log(rewards).error() for rewards in ([0.5], [])] == [np.inf, np.inf]


def test_the_effective_number_is_n_for_equal_weights_and_one_for_a_single_one() -> None:
    assert estimators.effective(np.full(50, 3.0)) == pytest.approx(50)
    assert estimators.effective([0, 0, 4, 0]) == 1
    assert estimators.effective([0, 0]) == 0


@pytest.fixture(scope="module")
def open_bandit(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The samples of the Open Bandit Dataset in the wheel of `obp`: real logged choices with their propensities."""
    folder = tmp_path_factory.mktemp("obp")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "obp==0.4.1", "-d", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100)
    if ran.returncode:
        pytest.skip(f"obp cannot be downloaded: {ran.stderr[-200:]}")
    return zipfile.ZipFile(next(Path(folder).glob("obp-*.whl")))


def sample(wheel: zipfile.ZipFile, policy: str, campaign: str) -> pd.DataFrame:
    """10,000 choices of a policy in a campaign."""
    return pd.read_csv(BytesIO(wheel.read(f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv")))


@pytest.mark.parametrize("campaign", ["men", "women", "all"])
@pytest.mark.parametrize("policy", ["random", "bts"])
def test_on_real_logged_choices_the_estimates_are_their_formulas(
    open_bandit: zipfile.ZipFile, policy: str, campaign: str
) -> None:
    log = sample(open_bandit, policy, campaign)
    items = sample(open_bandit, "random", campaign)["item_id"].nunique()
    r, p = log["click"].to_numpy(float), log["propensity_score"].to_numpy(float)
    w = 1 / items / p
    q = log.groupby("item_id")["click"].transform("mean").to_numpy()
    v = np.full(len(log), log.groupby("item_id")["click"].mean().sum() / items)
    assert len(log) == 10_000
    terms = [w[i] * r[i] for i in range(len(log))]
    assert estimators.ips(r, w).value == pytest.approx(sum(terms) / len(log), rel=1e-9)
    assert estimators.snips(r, w).value == pytest.approx(sum(terms) / sum(w.tolist()), rel=1e-9)
    by_hand = sum(v[i] + w[i] * (r[i] - q[i]) for i in range(len(log))) / len(log)
    assert estimators.dr(r, w, q, v).value == pytest.approx(by_hand, rel=1e-9)


def test_random_choices_cannot_be_told_from_a_log_that_hardly_made_them(open_bandit: zipfile.ZipFile) -> None:
    log = sample(open_bandit, "bts", "women")
    items = sample(open_bandit, "random", "women")["item_id"].nunique()
    found = from_arrays(log["click"], 1 / items / log["propensity_score"])
    assert isinstance(found, Refused)
    assert found.trust is not None
    assert found.trust.ess < 5
    assert "log more, explore more" in found.reason
    itself = from_arrays(log["click"], np.ones(len(log)))
    assert isinstance(itself, Estimate)
    assert itself.value == pytest.approx(log["click"].mean())
