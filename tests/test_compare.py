"""Agents compared: equal ones are not told apart, different ones are, and who gets the hard leads is not the worse."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.analytics import MEASURES
from collab.analytics.compare import FEWEST, Comparison, holm, of_cells

CONVERTED, RESPONSE = MEASURES["converted"], MEASURES["response_s"]
AGENTS = tuple(f"agent-{number}" for number in range(8))
CASES = ("easy", "hard")
TEAMS = 200


def cells(agent: np.ndarray, case: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Rows of agents and cases as cells."""
    place, size = 2 * agent + case, 2 * len(AGENTS)
    sums = {"n": np.ones(len(y)), "total": y, "squares": y * y}
    counted = {name: np.bincount(place, weights=one, minlength=size) for name, one in sums.items()}
    found = pd.DataFrame({"agent": np.repeat(AGENTS, 2), "case": np.tile(CASES, len(AGENTS)), **counted})
    return found[found["n"] > 0].reset_index(drop=True)


def sales(seed: int, chances: np.ndarray, leads: int = 1600, hard: np.ndarray | float = 0.5) -> pd.DataFrame:
    """Leads at random agents; a hard one sells half as often, and each agent has their own share of those."""
    chance = np.random.default_rng(seed)
    agent = chance.integers(0, len(chances), leads)
    case = (chance.random(leads) < np.broadcast_to(hard, len(chances))[agent]).astype(int)
    sold = chance.random(leads) < chances[agent] / (1 + case)
    return cells(agent, case, sold.astype(float))


def compared(found: pd.DataFrame) -> Comparison:
    return of_cells(found, CONVERTED, ("case",))


def test_equal_agents_are_flagged_different_in_less_than_one_team_of_twenty() -> None:
    """Also where some get mostly hard leads."""
    hard = np.linspace(0.1, 0.9, 8)
    flagged = sum(compared(sales(seed, np.full(8, 0.3), hard=hard)).pairs["apart"].any() for seed in range(TEAMS))
    assert flagged / TEAMS < 0.05


def test_equal_times_are_flagged_different_in_less_than_one_team_of_twenty() -> None:
    flagged = 0
    for seed in range(TEAMS):
        chance = np.random.default_rng(seed)
        agent, case = chance.integers(0, 8, 800), chance.integers(0, 2, 800)
        found = of_cells(cells(agent, case, np.log(60) + case + chance.standard_t(5, 800)), RESPONSE, ("case",))
        flagged += found.pairs["apart"].any()
    assert flagged / TEAMS < 0.05


def test_a_planted_difference_is_found_and_only_it() -> None:
    chances = np.where(np.arange(8) == 2, 0.55, 0.3)
    found = [compared(sales(seed, chances, 4000)) for seed in range(20)]
    named = [set(one.pairs.loc[one.pairs["apart"], ["one", "other"]].to_numpy().ravel()) for one in found]
    assert all("agent-2" in names for names in named)
    pairs = pd.concat([one.pairs for one in found])
    others = pairs[(pairs["one"] != "agent-2") & (pairs["other"] != "agent-2")]
    assert others["apart"].mean() < 0.01
    best = [one.agents.sort_values("value")["agent"].iloc[-1] for one in found]
    assert best == ["agent-2"] * 20


def test_who_gets_the_hard_leads_is_not_the_worse_for_it() -> None:
    hard = np.where(np.arange(8) == 0, 0.95, 0.2)
    found = sales(1, np.full(8, 0.4), 20_000, hard)
    raw = of_cells(found.groupby("agent", as_index=False)[["n", "total", "squares"]].sum(), CONVERTED)
    assert raw.agents.set_index("agent").loc["agent-0", "apart"], "as it was, the agent of hard leads sells less"
    assert compared(found).agents.set_index("agent").loc["agent-0", "apart"] == ()
    assert "cannot tell these 8 agents apart" in compared(found).verdict


def test_intervals_hold_the_truth_nineteen_times_in_twenty() -> None:
    """Of agents who are drawn from one team, which is what they are shrunk towards."""
    inside = []
    for seed in range(100):
        chances = np.random.default_rng(1000 + seed).normal(0.4, 0.06, 8)
        found = compared(sales(seed, chances, 4000)).agents
        truth = chances * 0.75  # half of the leads are hard and sell half as often
        inside += ((found["low"] <= truth) & (truth <= found["high"])).tolist()
    assert 0.92 <= np.mean(inside) <= 0.98


def test_shrinking_is_nearer_to_the_truth_than_what_was_seen() -> None:
    raw, shrunk = [], []
    for seed in range(40):
        chances = np.random.default_rng(seed).normal(0.4, 0.03, 8)
        found = compared(sales(seed, chances, 800)).agents
        raw.append(((found["raw"] - chances * 0.75) ** 2).mean())
        shrunk.append(((found["value"] - chances * 0.75) ** 2).mean())
    assert np.mean(shrunk) < 0.6 * np.mean(raw)


def test_differences_of_times_are_ratios_and_figures_are_seconds() -> None:
    chance = np.random.default_rng(3)
    agent, case = chance.integers(0, 2, 4000), chance.integers(0, 2, 4000)
    found = of_cells(cells(agent, case, np.log(50) + np.log(2) * agent + chance.normal(0, 0.8, 4000)), RESPONSE)
    assert found.pairs["difference"].item() == pytest.approx(0.5, rel=0.1)
    assert found.agents["value"].tolist() == pytest.approx([50, 100], rel=0.1)
    assert found.pairs["apart"].item()


def test_agents_of_few_rows_are_left_out_and_named() -> None:
    some = sales(1, np.full(2, 0.3), 400)
    few = pd.DataFrame({"agent": ["new"], "case": ["easy"], "n": [FEWEST - 1], "total": [9.0], "squares": [9.0]})
    found = compared(pd.concat([some, few]))
    assert found.left_out == ("new",)
    assert found.agents["agent"].tolist() == ["agent-0", "agent-1"]


@pytest.mark.parametrize("agents", [0, 1])
def test_nobody_to_compare_with_is_said(agents: int) -> None:
    found = compared(sales(1, np.full(agents or 1, 0.3), 400 if agents else 20))
    assert len(found.agents) == agents
    assert "not two agents" in found.verdict


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holms_chances_keep_their_order_and_are_between_the_plain_and_bonferronis(p: list[float]) -> None:
    plain = np.array(p)
    found = holm(plain)
    assert (found >= plain - 1e-12).all()
    assert (found <= np.minimum(1, len(p) * plain) + 1e-12).all()
    assert all(a <= b for a, b in pairwise(found[np.argsort(plain, kind="stable")]))


def test_holms_chances_are_those_of_the_textbook() -> None:
    """R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")."""
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize("seed", range(5))
def test_the_fit_by_cells_is_that_of_single_rows(seed: int) -> None:
    """Least squares with the sandwich of White, and HC1's correction, over rows."""
    chance = np.random.default_rng(seed)
    agent, case = np.repeat(np.arange(3), 40), chance.integers(0, 2, 120)
    y = chance.normal(agent + case, 1)
    pairs = compared(cells(agent, case, y)).pairs
    x = np.column_stack([agent == 0, agent == 1, agent == 2, case]).astype(float)
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    covariance = inverse @ (x.T * (y - x @ beta) ** 2) @ x @ inverse * 120 / 116
    contrast = np.array([1.0, -1.0, 0.0, 0.0])
    assert pairs["difference"][0] == pytest.approx(contrast @ beta)
    half = 1.959964 * np.sqrt(contrast @ covariance @ contrast)
    assert pairs["high"][0] - pairs["difference"][0] == pytest.approx(half, rel=1e-5)
