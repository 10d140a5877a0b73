"""Spans of time and their algebra: what any or both of two hold, how much of it, and when.

Spans are an array of rows (start, end) of whole numbers, in order, none empty, none touching another. Flattened, they
are edges that alternate between in and out, which is all that the algebra needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spans = NDArray[np.int64]
Flags = NDArray[np.bool_]

NONE: Spans = np.empty((0, 2), np.int64)
"""No span."""


def spans(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Spans:
    """What any of these holds, each from its start until before its end, in any order; ends before starts are none.

    Raises:
        ValueError: there are not as many ends as starts.
    """
    starts, ends = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
    if starts.shape != ends.shape:
        raise ValueError(f"starts are {starts.size} and ends {ends.size}; give one end for each start")
    real = ends > starts
    order = np.argsort(starts[real], kind="stable")
    starts, ends = starts[real][order], ends[real][order]
    if not starts.size:
        return NONE
    reached = np.maximum.accumulate(ends)
    new = np.concatenate(([True], starts[1:] > reached[:-1]))
    return np.column_stack((starts[new], reached[np.concatenate((new[1:], [True]))]))


def inside(one: Spans, moments: NDArray[np.int64]) -> Flags:
    """Which moments the spans hold; a span holds its start and not its end."""
    return np.asarray(np.searchsorted(one.ravel(), moments, side="right") % 2 == 1)


def both(one: Spans, other: Spans) -> Spans:
    """What both hold."""
    edges = np.unique(np.concatenate((one.ravel(), other.ravel())))
    return where(edges, inside(one, edges) & inside(other, edges), int(edges[-1])) if edges.size else NONE


def clipped(one: Spans, start: int, end: int) -> Spans:
    """What of it lies between two moments."""
    return both(one, np.array([[start, end]], np.int64)) if end > start else NONE


def length(one: Spans) -> int:
    """How long all of it is."""
    return int((one[:, 1] - one[:, 0]).sum())


def lengths(one: Spans, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """How much of it lies in each bucket between two edges and the next: a span over midnight counts on both days."""
    return np.diff(before(one, edges))


def before(one: Spans, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """How much of it lies before each moment."""
    moments = np.asarray(moments, np.int64)
    if not len(one):
        return np.zeros_like(moments)
    total = np.concatenate(([0], np.cumsum(one[:, 1] - one[:, 0])))
    place = np.searchsorted(one[:, 0], moments, side="right")  # spans that have begun
    last = np.maximum(place - 1, 0)
    return np.where(place > 0, total[last] + np.minimum(moments, one[last, 1]) - one[last, 0], 0)


def where(moments: NDArray[np.int64], flags: Flags, end: int) -> Spans:
    """The spans in which a flag is up that may change at each moment and holds until the next, the last one until end.

    Raises:
        ValueError: the moments are not in order.
    """
    if len(moments) and (np.diff(moments) < 0).any():
        raise ValueError("moments are not in order; sort them, with their flags")
    if not len(moments):
        return NONE
    return spans(moments[flags], np.append(moments[1:], max(end, moments[-1]))[flags])
