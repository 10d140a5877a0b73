"""How leads may be told apart by those who choose beside the router: by their score, and by their kind."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif.columns import shown

KINDS = 20
"""So many of the most frequent kinds of lead are known one by one."""

FIFTHS = tuple(f"leads with {score} score" for score in ("a low", "a lower", "a middling", "a higher", "a high"))
"""What the leads of each fifth of the scores are called."""


class Split(NamedTuple):
    """A way to tell leads apart.

    Attributes:
        names: what the leads of each part are called.
        part: which part each decision's lead is of, from 0.
    """

    names: tuple[str, ...]
    part: NDArray[np.int64]

    def of(self, some: NDArray[Any]) -> Split:
        """That of some decisions, by place or by mask."""
        return Split(self.names, self.part[some])


def splits(codes: NDArray[np.int64], kinds: NDArray[Any], score: NDArray[np.float64]) -> tuple[Split, ...]:
    """By a fifth of the scores, ranked, and by the kinds that the codes count; what is the same of all is left out."""
    found = []
    if len(score) and float(np.ptp(score)) > 0:
        place = (pd.Series(score).rank().to_numpy(np.float64) - 0.5) / len(score)
        found.append(Split(FIFTHS, (place * len(FIFTHS)).astype(np.int64)))
    if len(kinds) > 1:
        known = often(codes)
        part = np.full(len(kinds) + 1, len(known))  # an empty kind has the code -1
        part[known] = np.arange(len(known))
        names = [f"{shown(kinds[one])} leads" for one in known]
        names += ["other leads"] if len(kinds) > len(known) or codes.min() < 0 else []
        found.append(Split(tuple(names), part[codes]))
    return tuple(found)


def often(codes: NDArray[np.int64]) -> list[int]:
    """The most frequent codes, of which the first is the most frequent of all."""
    found: list[int] = np.argsort(-np.bincount(codes[codes >= 0]), kind="stable")[:KINDS].tolist()
    return found
