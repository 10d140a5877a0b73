"""How many agents the coming days need by interval, and how many of them the roster lacks."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, inf

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from collab.forecast.answers import Predicted
from collab.forecast.arrivals import Arrivals
from collab.forecast.erlang import needed
from collab.forecast.load import Floats, Holding
from collab.legible import several
from collab.whole import number

BY_SLOT = "give agents by weekday (0 is Monday) and minutes after midnight, or by aware starts of intervals"
"""How a roster is given."""

LONGEST = pd.Timedelta(days=2)
"""What came longer ago than this keeps no place any more."""


@dataclass(frozen=True)
class Target:
    """The service that is wanted.

    Attributes:
        share: of leads that are taken in time, between 0 and 1.
        within_s: in time is after so many seconds at most.
        patience_s: mean seconds after which a waiting customer gives up (Erlang A); None: nobody does (Erlang C).

    Raises:
        ValueError: names the field, its value and the fix.
    """

    share: float = 0.8
    within_s: float = 60.0
    patience_s: float | None = None

    def __post_init__(self) -> None:
        share = "give the share of leads taken in time, above 0 and below 1"
        if not 0 < number(self.share, "share", share) < 1:
            raise ValueError(f"share is {self.share!r}; {share}")
        within = "give seconds of 0 or more, e.g. 60"
        if not 0 <= number(self.within_s, "within_s", within) < inf:
            raise ValueError(f"within_s is {self.within_s!r}; {within}")
        patience = "give mean seconds above 0, or None: nobody gives up"
        if self.patience_s is not None and not 0 < number(self.patience_s, "patience_s", patience) < inf:
            raise ValueError(f"patience_s is {self.patience_s!r}; {patience}")

    def __str__(self) -> str:
        model = "Erlang C" if self.patience_s is None else f"Erlang A, patience {self.patience_s:g} s"
        return f"{self.share:.0%} taken within {self.within_s:g} s ({model})"


@dataclass(frozen=True)
class Staffing:
    """Agents by interval.

    Attributes:
        table: a row an open interval: `start`, `leads`, `offered_s` (work that comes, seconds), `load` (leads worked on
            at once), `agents` (needed for the mean), `agents_low` and `agents_high` (for the 80 % interval of leads),
            `rostered` (NaN if unknown) and `gap` (rostered less needed; below 0 somebody is missing).
        target: the service that is wanted.
        holding: how long a lead keeps a place.
        capacity: leads that an agent holds at once.
        predicted: the leads.
    """

    table: pd.DataFrame
    target: Target
    holding: Holding
    capacity: float
    predicted: Predicted

    def frame(self) -> pd.DataFrame:
        """The table, which is yours to change."""
        return self.table.copy()

    def workload(self) -> pd.DataFrame:
        """The work that comes, in seconds: start, offered_s and its 80 and 95 % intervals, as `Holding.offered`."""
        table = self.predicted.table
        return pd.concat([table[["start"]], self.holding.offered(table)], axis=1)

    @property
    def short(self) -> pd.DataFrame:
        """The intervals in which agents are missing, the worst first."""
        return self.table[self.table["gap"] < 0].sort_values("gap", kind="stable")

    def __str__(self) -> str:
        peak = self.table.iloc[int(self.table["agents"].argmax())]
        said = f"{several(int(peak['agents']), 'agent')} at the peak ({peak['start']:%a %d %b %H:%M}) for {self.target}"
        times = several(self.holding.n, "time")
        said += f"; work of {self.holding.mean_s:,.0f} s from {times}, {self.capacity:g} at once"
        if self.table["rostered"].isna().all():
            return f"{said}; no roster is known"
        return f"{said}; {len(self.short)} of {len(self.table)} intervals lack agents"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>{self.short.head(10).to_html(index=False, float_format='{:.1f}'.format)}"


def staffing(
    predicted: Predicted,
    arrivals: Arrivals,
    holding: Holding,
    target: Target,
    *,
    capacity: float = 1.0,
    rostered: pd.Series | None = None,
) -> Staffing:
    """The agents that forecast leads need, each interval by itself in its steady state, at the load of that interval.

    A server of the formulas is a place for one lead: an agent who holds `capacity` leads at once is so many of them.

    Args:
        predicted: the leads.
        arrivals: what came before; part of it is still worked on.
        holding: how long a lead keeps a place.
        target: the service that is wanted.
        capacity: leads that an agent holds at once, above 0.
        rostered: agents by weekday (0 is Monday) and minutes after midnight, or by the start of an interval.

    Raises:
        ValueError: names the argument, its value and the fix.
    """
    fix = "give how many leads an agent holds at once, above 0"
    if not number(capacity, "capacity", fix) > 0:
        raise ValueError(f"capacity is {capacity}; {fix}")
    table = predicted.frame()
    found = table[["start", "leads"]].copy()
    found["offered_s"] = holding.offered(table)["offered_s"]
    for name, column in (("agents", "leads"), ("agents_low", "low80"), ("agents_high", "high80")):
        load = _load(table["start"], table[column].to_numpy(float), arrivals, holding)
        if name == "agents":
            found["load"] = load
        found[name] = _agents(load, holding.mean_s, target, capacity)
    starts = pd.DatetimeIndex(table["start"])
    found["rostered"] = np.nan if rostered is None else _rostered(rostered, starts, arrivals.minutes)
    found["gap"] = found["rostered"] - found["agents"]
    return Staffing(found, target, holding, capacity, predicted)


def _load(starts: pd.Series, leads: Floats, arrivals: Arrivals, holding: Holding) -> Floats:
    """Leads worked on at once in each interval, what came before and closed hours included."""
    step = pd.Timedelta(minutes=arrivals.minutes)
    before = arrivals.counts[arrivals.counts.index >= starts.iloc[0] - LONGEST].fillna(0.0)
    came = pd.concat([before, pd.Series(leads, pd.DatetimeIndex(starts))])
    whole = pd.date_range(came.index[0].tz_convert("UTC"), came.index[-1].tz_convert("UTC"), freq=step)
    came.index = pd.DatetimeIndex(came.index).tz_convert("UTC")
    every = came.reindex(whole, fill_value=0.0)
    held = pd.Series(holding.at_once(every.to_numpy(), step.total_seconds()), whole)
    return np.asarray(held.reindex(pd.DatetimeIndex(starts).tz_convert("UTC")), np.float64)


def _agents(load: Floats, service_s: float, target: Target, capacity: float) -> Floats:
    share, within_s, patience_s = target.share, target.within_s, target.patience_s
    places = [
        needed(one, service_s, share=share, within_s=within_s, patience_s=patience_s)
        for one in np.maximum(load, 0.0).tolist()
    ]
    return np.array([ceil(one / capacity - 1e-9) for one in places], float)


def _check(rostered: object, minutes: int) -> None:
    """Refuse agents that are no numbers, or whose intervals are not those of the forecast: they would count as none.

    Raises:
        ValueError: names what is wrong and the fix.
    """
    if not isinstance(rostered, pd.Series):
        raise ValueError(f"rostered is of {type(rostered).__name__}; give a pandas Series, {BY_SLOT}")
    agents, index = pd.to_numeric(rostered, errors="coerce").to_numpy(float, na_value=np.nan), rostered.index
    odd = np.flatnonzero(~((agents >= 0) & np.isfinite(agents)) & rostered.notna().to_numpy())
    if len(odd):
        raise ValueError(f"rostered is {rostered.iloc[odd[0]]} at {_place(index[odd[0]])}; give agents, 0 or more")
    if not index.is_unique:
        raise ValueError(f"rostered has {_place(index[index.duplicated()][0])} twice; give each interval once")
    if not len(index) and index.nlevels == 2:  # nobody was ever on shift
        return
    if index.nlevels == 2:
        day, slot = (index.get_level_values(level) for level in range(2))
        if not (is_numeric_dtype(day.dtype) and is_numeric_dtype(slot.dtype)):
            raise ValueError(f"rostered has {_place(index[0])}; {BY_SLOT}")
        if len(odd := np.flatnonzero(~((day >= 0) & (day <= 6) & (slot >= 0) & (slot < 1440)))):
            raise ValueError(f"rostered has {_place(index[odd[0]])}; {BY_SLOT}")
        at = slot.to_numpy(float)
    elif isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        at = index.as_unit("s").asi8 / 60
    else:
        raise ValueError(f"rostered has times without a zone; {BY_SLOT}")
    if len(steps := np.diff(np.unique(at))) and steps.min() > minutes:
        raise ValueError(
            f"rostered has steps of {steps.min():g} minutes, and the forecast of {minutes}; give agents for each of "
            "its intervals"
        )


def _place(label: object) -> str:
    return f"({', '.join(map(str, label))})" if isinstance(label, tuple) else str(label)


def _rostered(rostered: pd.Series, starts: pd.DatetimeIndex, minutes: int) -> Floats:
    """The agents of each interval, 0 where none are named."""
    _check(rostered, minutes)
    if rostered.index.nlevels == 2:
        wanted = pd.MultiIndex.from_arrays([starts.day_of_week, starts.hour * 60 + starts.minute])
        return rostered.reindex(wanted).fillna(0.0).to_numpy(float)
    given = pd.Series(rostered.to_numpy(float), pd.DatetimeIndex(rostered.index).tz_convert("UTC"))
    return given.reindex(starts.tz_convert("UTC")).fillna(0.0).to_numpy(float)
