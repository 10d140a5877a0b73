"""Who is usually on shift when: worked out from the newest weeks of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.forecast.arrivals import Arrivals

if TYPE_CHECKING:
    from collab.history import History

Ints = NDArray[np.int64]

WEEKS = 4
"""So many of the newest weeks say what is usual."""


def on_shift(history: History, arrivals: Arrivals) -> pd.Series:
    """The mean number of agents on shift in each interval of the week, over its known days of the newest four weeks.

    By weekday (0 is Monday) and minutes after midnight.
    """
    changes = history.sql(
        "SELECT epoch_us(time) AS us, agent, on_shift AND change <> 'left' AS there FROM presence "
        "WHERE on_shift IS NOT NULL OR change = 'left' ORDER BY seq"
    )
    return usual(changes, arrivals)


def usual(changes: pd.DataFrame, arrivals: Arrivals) -> pd.Series:
    """The same from changes in order: `us` (microseconds since 1970), `agent`, `there`."""
    newest = pd.Timedelta(weeks=WEEKS)
    starts = pd.DatetimeIndex(arrivals.counts.index)
    starts = starts[starts >= arrivals.until - newest]
    if not len(starts):
        return pd.Series(dtype=float)
    edges = np.append(_us(starts), _us(starts[-1:]) + arrivals.minutes * 60_000_000)
    there = np.zeros(len(starts))
    for _, own in changes.groupby("agent"):
        there += _share(own["us"].to_numpy(np.int64), own["there"].fillna(False).to_numpy(bool), edges)
    known = arrivals.table.notna().any(axis=1)
    counted = starts.normalize().tz_localize(None).isin(known.index[known])
    slots = pd.DataFrame({"weekday": starts.day_of_week, "slot": starts.hour * 60 + starts.minute, "agents": there})
    return slots[counted].groupby(["weekday", "slot"])["agents"].mean()


def capacity(history: History) -> float:
    """How many leads an agent holds at once, the mean of the team.

    Raises:
        ValueError: the team has no agents.
    """
    agents = list(history.team().members())
    if not agents:
        raise ValueError("the team of this history has no agents; give capacity, how many leads an agent holds at once")
    return float(np.mean([agent.capacity for agent in agents]))


def _us(starts: pd.DatetimeIndex) -> Ints:
    return np.asarray(starts.as_unit("us").asi8, np.int64)


def _share(times: Ints, there: NDArray[np.bool_], edges: Ints) -> NDArray[np.float64]:
    """The share of each interval that somebody is there, of whom these are the changes, in order."""
    knots = np.append(times, max(edges[-1], times[-1]) + 1)
    held = np.append(0, np.cumsum(np.diff(knots) * there))
    return np.asarray(np.diff(np.interp(edges, knots, held)) / np.diff(edges), np.float64)
