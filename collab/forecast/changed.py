"""Weekdays whose hours moved: since when leads come at other times, as edges of the day show that fell silent."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.forecast.hours import clock
from collab.forecast.shape import WEEKS
from collab.forecast.weekdays import RUN
from collab.rules.hours import WEEKDAYS

Floats = NDArray[np.float64]

SILENT = 16.0
"""So many leads usual at an edge of the day, of which none came, are no chance: that is one of e to the minus 16."""


def of_now(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The days of `Arrivals.table` that have the hours of now, the others NaN, and sentences on weekdays that moved.

    Edges are the slots before the first lead of some days and those after their last. A weekday moved if its newest
    days, at least three, have a silent edge where those before have leads, or the other way round.
    """
    found = table.copy()
    moved: dict[str, list[pd.Timestamp]] = {}
    known = table[table.notna().any(axis=1)]
    for _, own in known.groupby(pd.DatetimeIndex(known.index).day_of_week):
        newest = own.iloc[-WEEKS:]
        n = _moved(np.nan_to_num(newest.to_numpy(float)))
        if n is not None:
            found.loc[own.index[own.index < newest.index[-n]]] = np.nan
            moved.setdefault(_span(newest.iloc[-n:]), []).append(newest.index[-n])
    return found, tuple(_said(span, since) for span, since in moved.items())


def _span(days: pd.DataFrame) -> str:
    """From when to when leads come, on a clock."""
    slots = np.asarray(days.columns, int)
    busy = slots[np.flatnonzero(days.sum(axis=0))]
    return f"{clock(int(busy[0]))} to {clock(int(busy[-1] + np.diff(slots).min()))}"


def _said(span: str, since: list[pd.Timestamp]) -> str:
    days = "/".join(WEEKDAYS[day.day_of_week] for day in since)
    return f"hours moved: when leads of {days} come, {span}, is seen on the days from {min(since):%d %b %Y} on"


def _moved(leads: Floats) -> int | None:
    """On how many of the newest days, a row each, leads come at other times of day than before; None if they do not."""
    splits = range(RUN, len(leads) - RUN + 1)
    silent = [max(_silent(leads[-n:], leads[:-n]), _silent(leads[:-n], leads[-n:])) for n in splits]
    return splits[int(np.argmax(silent))] if silent and max(silent) > SILENT else None


def _silent(some: Floats, others: Floats) -> float:
    """How many leads so many days of others would have before the first lead of some, or after their last."""
    busy = np.flatnonzero(some.sum(axis=0))
    if not len(busy):
        return 0.0
    usual = others.mean(axis=0)
    return len(some) * max(float(usual[: busy[0]].sum()), float(usual[busy[-1] + 1 :].sum()))
