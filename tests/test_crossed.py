from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.whatif.cells import LEAST, Cells
from collab.whatif.crossed import crossed
from collab.whatif.luck import BLOCK, Luck, factors, lognormal

SHAPE = (3, 8)
NOISE = 0.9


def world(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A true table and how often each cell was seen: most leads of an agent are of one kind."""
    kinds, agents = SHAPE
    parts = chance.normal(0, 0.3, (kinds, 1)) + chance.normal(0, 0.45, (1, agents)) + chance.normal(0, 0.2, SHAPE)
    count = chance.integers(0, 60, SHAPE)
    count[chance.integers(0, kinds, agents), np.arange(agents)] += 400
    count[0, 0] = 0
    return parts, count


def seen(table: np.ndarray, count: np.ndarray, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The table as seen with errors, and their variances."""
    doubt = np.where(count > 0, NOISE / np.maximum(count, 1), np.inf)
    return table + np.where(count > 0, chance.normal(0, 1, SHAPE) * np.sqrt(NOISE / np.maximum(count, 1)), 0), doubt


def test_tables_are_nearer_to_the_truth_than_what_was_seen_and_than_parts_alone() -> None:
    off: dict[str, list[float]] = {"found": [], "seen": [], "parts": []}
    for seed in range(40):
        chance = np.random.default_rng(seed)
        truth, count = world(chance)
        table, doubt = seen(truth, count, chance)
        there = count > 0
        weight = np.where(there, count, 0)
        agents = (weight * table).sum(axis=0) / weight.sum(axis=0) + np.zeros(SHAPE)
        for name, one in {"found": crossed(table, doubt), "seen": table, "parts": agents}.items():
            off[name].append(float(((one - truth)[there] ** 2).mean()))
    means = {name: np.mean(values) for name, values in off.items()}
    assert means["found"] < 0.8 * means["seen"]
    assert means["found"] < 0.5 * means["parts"]


@pytest.mark.parametrize("draws,least,most", [(True, 0.9, 0.99), (False, 0.5, 0.85)])
def test_what_shrinking_hides_is_drawn_so_that_intervals_cover(draws: bool, least: float, most: float) -> None:
    covered = []
    for seed in range(40):
        chance = np.random.default_rng([seed, 1])
        truth, count = world(chance)
        table, doubt = seen(truth, count, chance)
        again = [crossed(seen(table, count, chance)[0], doubt, chance if draws else None) for _ in range(12)]
        few = count < 15
        covered += (np.abs(crossed(table, doubt) - truth) <= 2.2 * np.std(again, axis=0, ddof=1))[few].tolist()
    assert least < np.mean(covered) < most


tables = st.integers(0, 2**32).map(np.random.default_rng)


@given(tables, st.floats(-3, 3))
def test_a_table_follows_its_level_and_the_order_of_kinds_and_agents(chance: Any, shift: float) -> None:
    truth, count = world(chance)
    table, doubt = seen(truth, count, chance)
    found, order = crossed(table, doubt), chance.permutation(SHAPE[1])
    np.testing.assert_allclose(crossed(table + shift, doubt), found + shift, atol=1e-5)
    np.testing.assert_allclose(crossed(table[:, order], doubt[:, order]), found[:, order], atol=1e-6)
    assert np.isfinite(found).all()


def test_nothing_seen_is_level_and_what_is_sure_stays_as_it_was_seen() -> None:
    assert crossed(np.full(SHAPE, np.nan), np.full(SHAPE, np.inf)).tolist() == np.zeros(SHAPE).tolist()
    truth, _ = world(np.random.default_rng(5))
    np.testing.assert_allclose(crossed(truth, np.full(SHAPE, 1e-9)), truth, atol=1e-3)


@given(tables, st.floats(0.001, 1000))
def test_means_that_multiply_are_found_and_none_is_less_than_the_least(chance: Any, scale: float) -> None:
    kind, agent = (one.reshape(-1).repeat(40) for one in np.indices(SHAPE))
    means = scale * np.outer(chance.uniform(0.5, 2, SHAPE[0]), chance.uniform(0.3, 10, SHAPE[1]))
    cells = Cells(kind, agent, np.ones(len(kind)), SHAPE)
    level = float(means.mean())
    np.testing.assert_allclose(level * np.exp(cells.table(means[kind, agent] / level, None)), means, rtol=0.02)
    at_once = cells.table(np.where(agent == 0, 0.0, 1.0), None)
    assert np.isfinite(at_once).all()
    assert at_once.min() >= np.log(LEAST)


def test_a_busy_stretch_may_be_unlucky() -> None:
    """The sum over some hundred leads in a row differs from seed to seed nearly as that of independent ones."""
    means = [Luck.draw(16 * BLOCK, seed).handling[9 * BLOCK :][:400].mean() for seed in range(200)]
    assert np.var(means) == pytest.approx(1 / 12 / 400, rel=0.3)  # where 512 leads share it out, it is a fifth


def test_no_seed_is_lucky_or_unlucky() -> None:
    for seed in range(8):
        luck = Luck.draw(8 * BLOCK, seed)
        assert lognormal(luck.handling, 0.8).mean() == pytest.approx(1, abs=0.006)
        assert factors(luck.answer, np.array([0.5, 1.0, 1.5])).mean() == pytest.approx(1, abs=0.001)
        assert (luck.conversion > 0).mean() == 0.5
        assert luck.explore.min() > 0
        assert luck.explore.max() < 1
