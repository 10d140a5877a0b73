"""How long sales take: a log that is young gives their share back, or says that it is too young."""

from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import pytest

from collab.whatif.logged import earned, ripening_of
from collab.whatif.ripening import FEWEST_SALES, ripening

DAY_US = 86_400e6
WORLDS, LEADS, AGE, CHANCE = 60, 3000, 60, 0.16
"""Logs, leads of each, days of each, and how many of the leads are sold in the end."""


def logged(chance: np.random.Generator, sale_days: float, loss_days: float = 1.0, days: float = AGE) -> pd.DataFrame:
    """Leads of a log whose sales and losses take so long on average; what is still open at its end is empty."""
    time = np.sort(chance.random(LEADS)) * days * DAY_US
    sold = chance.random(LEADS) < CHANCE
    closed = time + chance.exponential(np.where(sold, sale_days, loss_days) * DAY_US)
    open_still = closed > days * DAY_US
    outcome = np.where(open_still, np.nan, sold)
    return pd.DataFrame({"time": time, "closed": np.where(open_still, np.nan, closed), "converted": outcome})


@pytest.mark.parametrize("sale_days", [0.5, 5, 20])
def test_the_share_of_sales_comes_out_however_long_they_take(sale_days: float) -> None:
    shares, naive, within = [], [], 0
    for seed in range(WORLDS):
        found = logged(np.random.default_rng(seed), sale_days).assign(value=0.0)
        ripens = ripening_of(found, AGE * DAY_US)
        mature, rewards = earned(found, AGE * DAY_US, ripens)
        counted = rewards["converted"][mature]
        shares.append(counted.mean())
        naive.append((counted > 0).mean())
        within += abs(shares[-1] - CHANCE) <= 1.96 * counted.std() / len(counted) ** 0.5
    assert np.mean(shares) == pytest.approx(CHANCE, rel=0.03)
    assert within / WORLDS >= 0.85
    if sale_days < 1:  # nearly all are known, so that none counts more than another
        assert shares == naive
    if sale_days == 20:
        assert np.mean(naive) < 0.9 * CHANCE


def test_what_is_known_of_an_age_and_what_comes_later_is_estimated_from_what_was_seen() -> None:
    found = logged(np.random.default_rng(1), 20)
    ripens = ripening_of(found, AGE * DAY_US)
    ages = np.array([10.0, 20, 40])
    assert ripens.known(ages * DAY_US) == pytest.approx(1 - np.exp(-ages / 20), abs=0.06)
    assert ripens.later == pytest.approx(np.exp(-3), abs=0.04)
    assert 25 < ripens.window / DAY_US < 40 < ripens.ripe / DAY_US
    assert "of the sales of the leads that count are not known yet" in (ripens.said(ages[1:] * 2 * DAY_US) or "")
    assert ripens.young is None


def test_a_log_that_is_too_young_for_its_sales_says_so() -> None:
    found = logged(np.random.default_rng(2), 20, days=10)
    ripens = ripening_of(found, 10 * DAY_US)
    assert (ripens.window, ripens.ripe) == (inf, inf)
    assert "sales take too long for the age of the log" in (ripens.said(np.empty(0)) or "")
    mature, _ = earned(found.assign(value=0.0), 10 * DAY_US, ripens)
    assert not mature.any()


def test_of_few_sales_or_fast_ones_none_is_thought_to_come_later() -> None:
    age = np.arange(1, 101) * DAY_US
    took, every = np.full(100, DAY_US / 24), np.ones(100, bool)
    fast = ripening(took, age, every)
    assert (fast.later, fast.window, fast.ripe, fast.said(age)) == (0.0, DAY_US / 24, DAY_US / 24, None)
    assert fast.counts(age).tolist() == [1.0] * 100
    few = ripening(took, age, np.arange(100) < FEWEST_SALES - 1)
    assert (few.window, few.said(age)) == (DAY_US / 24, None)
    none = ripening(np.empty(0), np.empty(0), np.empty(0, bool))
    assert (none.window, none.young) == (inf, None)
