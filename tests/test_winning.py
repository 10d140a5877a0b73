"""Who would be chosen under how many weights: numba and numpy count the same."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.records import SCALE
from collab.whatif import winning
from collab.whatif.compiled_winning import MOST
from collab.whatif.loading import Loading
from collab.winning import simplex_grid, wins


@settings(max_examples=30)
@given(st.integers(1, 80), st.sampled_from((1, 3, 10_000)), st.integers(0, 2**32 - 1))
def test_numba_counts_the_same_wins(agents: int, most: int, seed: int) -> None:
    winning.warm().join()
    assert winning._numba.piece is not None
    count = winning.fastest
    factors = np.random.default_rng(seed).integers(0, most + 1, (4, agents))
    assert count(factors).tolist() == count(np.asfortranarray(factors)).tolist() == wins(factors).tolist()


@pytest.mark.parametrize("agents", [MOST, MOST + 1])
def test_agents_as_good_as_each_other_are_too_many_for_32_bits_at_some_time(agents: int) -> None:
    count, best = winning.fastest, np.full((4, agents), SCALE)
    winning.warm().join()
    assert count(best).tolist() == wins(best).tolist() == [len(simplex_grid())] + [0] * (agents - 1)
    spread = np.vstack([best[:2], SCALE - np.arange(agents), np.arange(agents)])  # nobody is behind in all
    assert count(spread).tolist() == wins(spread).tolist()


def test_only_who_explores_loads_what_counts_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winning, "_numba", fresh := Loading("exploration", winning._load))
    assert winning.counting(0.0) is wins
    assert fresh._thread is None
    assert winning.counting(0.1) is winning.fastest
    winning.warm().join()
    assert fresh.piece is not None


def test_without_numba_numpy_counts(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "collab.whatif.compiled_winning", None)
    monkeypatch.setattr(winning, "_numba", fresh := Loading("exploration", winning._load))
    fresh.warm().join()
    assert "exploration uses numpy" in caplog.text
    assert winning.fastest(np.ones((4, 3), np.int64)).tolist() == [len(simplex_grid()), 0, 0]
