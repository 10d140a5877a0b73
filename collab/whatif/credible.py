"""Means of groups, drawn towards the mean of all by how little stands behind each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_SPREAD = 1e-4
"""The variance between groups is taken as this share of the variance within them at least."""


def credible(values: Floats, group: NDArray[np.int64], groups: int, weight: Floats | None = None) -> Floats:
    """The mean of each group, shrunk towards that of all by n / (n + variance within / variance between).

    Bühlmann & Straub 1970; the variances are the usual moments. A group without values has the mean of all, 1 if
    there are none.

    Args:
        values: one a row.
        group: the group of each, from 0.
        groups: how many there are.
        weight: how often each row counts; once, if it is left out.
    """
    weight = np.ones(len(values)) if weight is None else weight
    total = float(weight.sum())
    if total <= 0:
        return np.ones(groups)
    mean = float(values @ weight) / total
    n = np.bincount(group, weight, minlength=groups)
    means = np.divide(np.bincount(group, weight * values, minlength=groups), n, out=np.full(groups, mean), where=n > 0)
    there = int(np.count_nonzero(n))
    within = float(weight @ (values - means[group]) ** 2) / max(total - there, 1.0)
    between = float(n @ (means - mean) ** 2) - (there - 1) * within
    between /= max(total - float(n @ n) / total, 1.0)
    between = max(between, LEAST_SPREAD * within, 1e-12)
    trust = np.divide(n, n + within / between, out=np.zeros(groups), where=n > 0)
    return np.asarray(trust * means + (1 - trust) * mean, np.float64)
