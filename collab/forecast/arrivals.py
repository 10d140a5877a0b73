"""How many leads came in each interval, on the clock of a zone; what is unknown is no zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from collab.analytics.zone import Zone
from collab.forecast.hours import OpenHours
from collab.forecast.weekdays import UNLIKELY, left_out, not_begun
from collab.records import aware

if TYPE_CHECKING:
    from collab.history import History

MINUTES = (5, 10, 15, 30, 60)


@dataclass(frozen=True)
class Arrivals:
    """Counts of leads by interval; one that is not over when knowledge ends is left out.

    Attributes:
        counts: leads by the start of the interval, aware, without holes; NaN where nothing is known.
        minutes: how long an interval is.
        hours: when leads are taken.
        until: what came before is known.
        worked_out: whether the hours were, from when leads came.
        left_out: which weekdays with leads are not taken for open, and why: a sentence each.
    """

    counts: pd.Series
    minutes: int
    hours: OpenHours
    until: pd.Timestamp
    worked_out: bool = False
    left_out: tuple[str, ...] = ()

    @classmethod
    def of_times(
        cls,
        times: Iterable[datetime] | pd.Series,
        *,
        minutes: int = 30,
        zone: str = "UTC",
        hours: OpenHours | str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Arrivals:
        """Count leads by when they came.

        An interval begins where the zone's clock says so; a day on which clocks change has 23 or 25 hours of them, and
        every lead is in exactly one.

        Args:
            times: when leads came, aware.
            minutes: 5, 10, 15, 30 or 60.
            zone: on whose clock intervals and days begin.
            hours: when leads are taken, as text or `OpenHours`; without it worked out from when they came.
            since: from when on all leads are known; without it from the interval of the first.
            until: up to when; without it to the end of the interval of the last.

        Raises:
            ValueError: names the argument, its value and the fix.
        """
        came = _aware(times).sort_values().as_unit("us")
        step = _step(minutes)
        if not len(came) and (since is None or until is None):
            raise ValueError("times is empty; give when leads came, or since and until to say that none did")
        first = pd.Timestamp(aware(since, "since")) if since is not None else came[0]
        last = pd.Timestamp(aware(until, "until")) if until is not None else came[-1]
        if last < first:
            raise ValueError(f"until is {last}, which is before since, {first}; give a later one, or an earlier since")
        edges = _edges(first, last, step, Zone(zone).name, open_end=until is None)
        place = np.asarray(edges.searchsorted(came, side="right")) - 1
        inside = (place >= 0) & (place < len(edges) - 1)
        counts = pd.Series(np.bincount(place[inside], minlength=len(edges) - 1).astype(float), edges[:-1], name="leads")
        counts[: 0 if since is None or edges[0] >= first else 1] = np.nan  # it began before anything was known
        return cls._made(counts, minutes, zone, hours, edges[-1] if until is None else min(last, edges[-1]))

    @classmethod
    def of_counts(
        cls, counts: pd.Series, *, minutes: int = 30, zone: str = "UTC", hours: OpenHours | str | None = None
    ) -> Arrivals:
        """Sum counts of shorter intervals, or take them as they are; what is missing or NaN is unknown.

        Args:
            counts: leads by the start of an interval, an aware index; its usual step is the interval's length.
            minutes, zone, hours: as in `of_times`.

        Raises:
            TypeError: it is no Series.
            ValueError: names the argument, its value and the fix.
        """
        if not isinstance(counts, pd.Series):
            raise TypeError(f"counts is of {type(counts).__name__}; give a pandas Series by the start of each interval")
        starts, step = _aware(counts.index, "counts").as_unit("us"), _step(minutes)
        if len(counts) < 2 or not starts.is_monotonic_increasing or not starts.is_unique:
            raise ValueError(
                "counts has fewer than two intervals, or they are out of order or twice; sort and sum them"
            )
        values = pd.Series(np.asarray(counts, float), starts)
        if (values < 0).any() or np.isinf(values).any():
            raise ValueError(f"counts is {values[(values < 0) | np.isinf(values)].iloc[0]}; give numbers of 0 or more")
        fine = pd.Series(np.diff(starts)).mode()[0]
        if step % fine:
            raise ValueError(f"minutes is {minutes}, and counts has steps of {fine}; give a multiple of the step")
        edges = _edges(starts[0], starts[-1], step, Zone(zone).name, open_end=True)
        place = np.asarray(edges.searchsorted(starts, side="right")) - 1
        if len(across := np.flatnonzero((starts - edges[place]) % fine != pd.Timedelta(0))):
            begins = starts[across[0]].tz_convert(zone)
            raise ValueError(
                f"counts has an interval from {begins:%Y-%m-%d %H:%M} on the clock of {zone}, which lies in two of "
                f"{minutes} minutes there; give counts by shorter steps"
            )
        groups = values.groupby(place)
        whole = groups.sum().where(groups.count() == step // fine)
        found = pd.Series(whole.reindex(range(len(edges) - 1)).to_numpy(), edges[:-1], name="leads")
        return cls._made(found, minutes, zone, hours, edges[-1])

    @classmethod
    def of_history(
        cls, history: History, *, minutes: int = 30, zone: str = "UTC", hours: OpenHours | str | None = None
    ) -> Arrivals:
        """The leads of a history, known from its first event to its last.

        Raises:
            ValueError: nothing is recorded yet, there is no such folder or tenant, or as in `of_times`.
        """
        history.refuse_a_stranger()
        first, last = history.rows(["events"], "SELECT epoch_us(min(time)), epoch_us(max(time)) FROM events")[0]
        if first is None:
            raise ValueError(f"{history!r} has no events yet; record some, e.g. with `make serve`")
        since, until = (pd.Timestamp(one, unit="us", tz="UTC").to_pydatetime() for one in (first, last))
        came = history.columns("arrivals", ["time"])["time"]
        times = pd.Series(pd.DatetimeIndex(came).tz_localize("UTC") if len(came) else pd.DatetimeIndex([], tz="UTC"))
        return cls.of_times(times, minutes=minutes, zone=zone, hours=hours, since=since, until=until)

    @classmethod
    def _made(
        cls, counts: pd.Series, minutes: int, zone: str, hours: OpenHours | str | None, until: pd.Timestamp
    ) -> Arrivals:
        counts.index = pd.DatetimeIndex(counts.index).tz_convert(zone)
        until = until.tz_convert(zone)
        if not isinstance(hours, OpenHours | str | None):
            raise ValueError(f"hours is {hours!r}; give text, e.g. 'mon-fri 09:00-17:30', or OpenHours")
        if hours is not None:
            return cls(counts, minutes, OpenHours.of(hours, zone) if isinstance(hours, str) else hours, until)
        known = counts.dropna()
        hours, closed = OpenHours.worked_out(known, zone, minutes), left_out(known, minutes)
        open_days = {day: span for day, span in hours.days.items() if day not in closed}
        said = tuple(closed[day] for day in hours.days if day in closed)
        return cls(counts, minutes, OpenHours(hours.zone, open_days), until, True, said)

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """Whether each interval lies in the hours."""
        return self.hours.open(pd.DatetimeIndex(self.counts.index))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Leads in the hours, a row a day (its local date) and a column a slot (minutes after midnight).

        NaN is unknown: not counted, closed, or of a day without a lead where that is no chance. Days are those on which
        the team is open and whose intervals are all counted.
        """
        kept = self.counts[self.open]
        local = pd.DatetimeIndex(kept.index)
        rows = pd.DataFrame({"day": local.normalize().tz_localize(None), "slot": local.hour * 60 + local.minute})
        rows["leads"] = kept.to_numpy()
        found = rows.groupby(["day", "slot"])["leads"].sum(min_count=1).unstack("slot")
        partial = rows.loc[rows["leads"].isna(), "day"]
        found.loc[found.index.isin(partial)] = np.nan
        found.loc[found.index.isin(self._cut())] = np.nan
        return self._without_gaps(found)

    @property
    def clock_change(self) -> pd.Timedelta | None:
        """By how much clocks of the zone change where intervals of this length cannot follow; None if they can.

        Days of the year to come count too.
        """
        starts = pd.DatetimeIndex(self.counts.index).tz_convert("UTC")
        if not len(starts):
            return None
        days = pd.date_range(starts[0], self.until.tz_convert("UTC") + pd.DateOffset(years=1), freq="D")
        clocks = days.tz_localize(None).to_numpy()
        offsets = np.unique(days.tz_convert(self.hours.zone).tz_localize(None).to_numpy() - clocks)
        changes = np.diff(offsets)
        odd = changes[changes % _step(self.minutes).to_timedelta64() != np.timedelta64(0)]
        return pd.Timedelta(odd[0]) if len(odd) else None

    @property
    def known_days(self) -> int:
        """Open days of which all intervals are counted."""
        return int(self.table.notna().any(axis=1).sum())

    def before(self, moment: pd.Timestamp) -> Arrivals:
        """What was known at a moment, with the hours that were given, or as they were worked out then."""
        early = self.counts[pd.DatetimeIndex(self.counts.index) < moment]
        given = None if self.worked_out else self.hours
        return self._made(early, self.minutes, self.hours.zone, given, min(moment, self.until))

    def frame(self) -> pd.DataFrame:
        """A row an interval: start, leads (NaN if unknown), open."""
        known = self.table.notna().any(axis=1)
        day = pd.DatetimeIndex(self.counts.index).normalize().tz_localize(None)
        gap = np.asarray(day.isin(known.index[~known])) & self.open
        return pd.DataFrame({"start": self.counts.index, "leads": self.counts.mask(gap).to_numpy(), "open": self.open})

    def _cut(self) -> list[pd.Timestamp]:
        """The first day and the last, where counting began or ended within the hours."""
        starts = pd.DatetimeIndex(self.counts.index)
        found: list[pd.Timestamp] = []
        if not len(starts):
            return found
        for day in (starts[0].normalize(), starts[-1].normalize()):
            span = self.hours.days.get(day.day_of_week)
            if span is None:
                continue
            naive = day.tz_localize(None)
            begin, end = (
                (naive + pd.Timedelta(minutes=m)).tz_localize(day.tz, ambiguous=True, nonexistent="shift_forward")
                for m in span
            )
            if begin < starts[0] or end > self.until:
                found.append(naive)
        return found

    def _without_gaps(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with NaN on days without a lead where that is no chance."""
        table.loc[not_begun(table.sum(axis=1, min_count=1))] = np.nan
        total = table.sum(axis=1, min_count=1)
        usual = total.groupby(pd.DatetimeIndex(table.index).day_of_week).transform("mean")
        table.loc[(total == 0) & (np.exp(-usual) < UNLIKELY)] = np.nan
        return table


def _step(minutes: int) -> pd.Timedelta:
    if minutes not in MINUTES:
        raise ValueError(f"minutes is {minutes!r}; give one of {', '.join(map(str, MINUTES))}")
    return pd.Timedelta(minutes=minutes)


def _aware(times: object, name: str = "times") -> pd.DatetimeIndex:
    if isinstance(times, str | pd.DataFrame) or not isinstance(times, Iterable):
        raise ValueError(f"{name} is of {type(times).__name__}; give aware times, e.g. a Series of them")
    given = pd.Index(times if isinstance(times, pd.Series | pd.Index) else list(times))
    if len(given) and is_numeric_dtype(given.dtype):
        fix = "give aware times, e.g. pd.to_datetime(…, unit='s', utc=True)"
        raise ValueError(f"{name} has {given[0]}, which is a number; {fix}")
    found = pd.DatetimeIndex(given)
    if not len(found):
        return found if found.tz is not None else found.tz_localize("UTC")
    if found.tz is None:
        raise ValueError(f"{name} has {found[0]} without a zone; give aware times, e.g. times.tz_localize('UTC')")
    if found.hasnans:
        raise ValueError(f"{name} has an empty one (NaT); leave it out")
    return found.tz_convert("UTC")


def _edges(
    first: pd.Timestamp, last: pd.Timestamp, step: pd.Timedelta, zone: str, *, open_end: bool
) -> pd.DatetimeIndex:
    """The starts of the intervals from that of `first` to that of `last`, and the end of that one.

    The last interval is left out if `last` is where knowledge ends and it is not over by then.
    """
    offset = first.tz_convert(zone).utcoffset() or pd.Timedelta(0)
    begin = (first.tz_convert("UTC") + offset).floor(step) - offset
    n = (last - begin) // step
    return pd.date_range(begin, periods=n + (2 if open_end else 1), freq=step).as_unit("us")
