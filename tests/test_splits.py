"""How leads are told apart: by fifths of their scores, and by their kinds, the rare ones together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from collab.whatif.splits import FIFTHS, KINDS, often, splits


def told(kinds: list[str | None], score: list[float]) -> list[tuple[tuple[str, ...], list[int]]]:
    """The names of the parts and the part of each lead, of each way to tell these leads apart."""
    codes, known = pd.factorize(np.array(kinds, object))
    return [(one.names, one.part.tolist()) for one in splits(codes, known, np.array(score, float))]


def test_what_is_the_same_of_all_leads_tells_none_apart() -> None:
    assert told([], []) == []
    assert told(["villa"] * 5, [50.0] * 5) == []
    assert [names for names, _ in told(["villa"] * 5, [1, 2, 3, 4, 5])] == [FIFTHS]


def test_scores_are_told_apart_by_the_fifth_of_their_ranks() -> None:
    ((_, part),) = told(["villa"] * 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 1e9])
    assert part == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize(
    "kinds, names, part",
    [
        (["a", "b", "b"], ("'b' leads", "'a' leads"), [1, 0, 0]),
        (["a", None, "b", "b"], ("'b' leads", "'a' leads", "other leads"), [1, 2, 0, 0]),
    ],
)
def test_kinds_are_told_apart_the_most_frequent_first(
    kinds: list[str | None], names: tuple[str], part: list[int]
) -> None:
    assert told(kinds, [0.0] * len(kinds)) == [(names, part)]


@pytest.mark.parametrize("more, other", [(0, ()), (1, ("other leads",))])
def test_only_the_most_frequent_kinds_are_known_one_by_one(more: int, other: tuple[str, ...]) -> None:
    kinds = [f"k{number:02}" for number in range(KINDS + more) for _ in range(2 if number else 1)]  # k00 is rarest
    ((names, part),) = told(kinds, [0.0] * len(kinds))
    assert names[KINDS:] == other
    assert len(often(pd.factorize(np.array(kinds, object))[0])) == KINDS
    assert part[0] == (KINDS if more else KINDS - 1)
