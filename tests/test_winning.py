"""Who would be chosen under how many weights: numba and numpy count the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.records import SCALE
from collab.whatif.compiled_winning import MOST
from collab.whatif.winning import counting, winning
from collab.winning import simplex_grid, wins


@settings(max_examples=30)
@given(st.integers(1, 80), st.sampled_from((1, 3, 10_000)), st.integers(0, 2**32 - 1))
def test_numba_counts_the_same_wins(agents: int, most: int, seed: int) -> None:
    count = winning()
    count.loading.join()
    factors = np.random.default_rng(seed).integers(0, most + 1, (4, agents))
    assert count(factors).tolist() == count(np.asfortranarray(factors)).tolist() == wins(factors).tolist()


@pytest.mark.parametrize("agents", [MOST, MOST + 1])
def test_agents_as_good_as_each_other_are_too_many_for_32_bits_at_some_time(agents: int) -> None:
    count, best = winning(), np.full((4, agents), SCALE)
    count.loading.join()
    assert count(best).tolist() == wins(best).tolist() == [len(simplex_grid())] + [0] * (agents - 1)
    spread = np.vstack([best[:2], SCALE - np.arange(agents), np.arange(agents)])  # nobody is behind in all
    assert count(spread).tolist() == wins(spread).tolist()


def test_only_who_explores_loads_what_counts_fast() -> None:
    assert counting(0.0) is wins
    assert counting(0.1) is winning()
