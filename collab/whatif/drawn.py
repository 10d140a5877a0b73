"""The weights in force for each lead of anyone's frames, of which a router that explores names those it drew, too."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif.columns import weights_in

Ints = NDArray[np.int64]

NEAR, OFTEN = 50, 10
"""Weights that chose so often of so many leads in a row are in force; of a grid, the same are hardly drawn twice."""


def in_force(candidates: pd.DataFrame, leads: pd.DataFrame) -> Ints:
    """What the column of weights says for each of the leads, in their order: n x 4, -1 where it is empty or missing.

    Where weights chose that were in force for no others, they were drawn: then it is those of the leads before.
    """
    found = np.full((len(leads), 4), -1, np.int64)
    if "weights" not in candidates:
        return found
    first = candidates.drop_duplicates("decision").set_index("decision")["weights"]
    code, names = pd.factorize(first.reindex(leads["decision"]))
    for number, name in enumerate(names):
        found[code == number] = np.array(weights_in(name), np.int64)  # checked with the candidates
    known = np.flatnonzero(code >= 0)
    usual = np.flatnonzero(_usual(code[known])) if "propensity" in candidates else known[:0]
    if len(usual):
        last = np.searchsorted(usual, np.arange(len(known)), side="right") - 1
        found[known] = found[known[usual[np.maximum(last, 0)]]]
    return found


def _usual(code: Ints) -> NDArray[np.bool_]:
    """Of which leads the next, or the last, were often given by the same weights."""
    place = np.arange(len(code))
    key = code * (len(code) + NEAR) + place
    ordered = np.sort(key)
    own = np.searchsorted(ordered, key)
    since = own + 1 - np.searchsorted(ordered, key - NEAR, side="right")
    until = np.searchsorted(ordered, key + NEAR) - own
    return np.asarray(np.maximum(since, until) >= OFTEN)
