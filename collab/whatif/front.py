"""The rows of a table that no other row beats in all columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def front(values: NDArray[np.float64], maximise: Sequence[bool] | None = None) -> NDArray[np.bool_]:
    """Which rows of (rows, columns) are on the front: no other is as good in every column and better in one.

    A column is better the larger it is, or the smaller if its `maximise` is false. A row with a NaN is not on it.

    Raises:
        ValueError: `maximise` does not have a value for each column.
    """
    better = np.ones(values.shape[1], bool) if maximise is None else np.asarray(maximise, bool)
    if better.shape != values.shape[1:]:
        raise ValueError(f"maximise has {better.size} values; give one for each of the {values.shape[1]} columns")
    good = np.where(better, values, -values)
    found = np.zeros(len(good), bool)
    # in falling order of the first column, then the second and so on, only a row before can be better
    order = np.lexsort(-good.T[::-1])
    members = np.empty_like(good)
    size = 0
    for row in order[~np.isnan(good[order]).any(axis=1)]:
        as_good = (members[:size] >= good[row]).all(axis=1)
        if not (members[:size][as_good] > good[row]).any():
            members[size], found[row] = good[row], True
            size += 1
    return found
