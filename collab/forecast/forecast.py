"""The forecast of a team: what comes, how sure that is, and how many agents it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from html import escape

import pandas as pd
from numpy.typing import ArrayLike

from collab.forecast import roster
from collab.forecast.answers import Abstained, Predicted
from collab.forecast.arrivals import Arrivals
from collab.forecast.backtest import Backtest, Heard, backtest
from collab.forecast.hours import OpenHours
from collab.forecast.leads import predicted, too_little
from collab.forecast.load import FEWEST, Holding
from collab.forecast.staffing import Staffing, Target, staffing
from collab.history import History
from collab.legible import several


class Forecast:
    """What the leads of a history say of the coming days, or that they are too few to say it.

    The same history gives the same answers; what is recorded later is in a new `Forecast`.

    Args:
        history: whose leads, work and shifts are read.
        minutes: how long an interval is: 5, 10, 15, 30 or 60.
        zone: the time zone on whose clock intervals and days begin.
        hours: when leads are taken, e.g. `Mon-Fri 07:00-21:00`; without it worked out from when they came.

    Raises:
        ValueError: names the argument, its value and the fix.
    """

    def __init__(
        self, history: History, *, minutes: int = 30, zone: str = "UTC", hours: OpenHours | str | None = None
    ) -> None:
        if not isinstance(history, History):
            raise ValueError(f"history is {history!r}; open it first: Forecast(collab.History({str(history)!r}))")
        self.history: History | None = history.as_of(history.last)
        self.arrivals = Arrivals.of_history(self.history, minutes=minutes, zone=zone, hours=hours)

    @classmethod
    def of(cls, arrivals: Arrivals) -> Forecast:
        """The forecast of leads that were counted elsewhere: of them alone, no work and no shifts are known."""
        forecast = cls.__new__(cls)
        forecast.history, forecast.arrivals = None, arrivals
        return forecast

    @classmethod
    def of_times(cls, times: Iterable[datetime] | pd.Series, **counting: object) -> Forecast:
        """The forecast of leads that came at these times; see `Arrivals.of_times`."""
        return cls.of(Arrivals.of_times(times, **counting))  # type: ignore[arg-type]

    @classmethod
    def of_counts(cls, counts: pd.Series, **counting: object) -> Forecast:
        """The forecast of counts by interval; see `Arrivals.of_counts`."""
        return cls.of(Arrivals.of_counts(counts, **counting))  # type: ignore[arg-type]

    def leads(self, days: int = 7) -> Predicted | Abstained:
        """The leads of the next days by interval, with 80 and 95 % intervals, from where knowledge ends.

        The days' totals by a local level with regressors, their slots by shares that fade (`collab/forecast/level.py`,
        `shape.py`); `docs/forecast.md` has the method.

        Raises:
            ValueError: days is not from 1 to 28.
        """
        return predicted(self.arrivals, days)

    def backtest(
        self, weeks: int = 8, *, progress: Heard | None = None, cancelled: Callable[[], bool] | None = None
    ) -> Backtest | Abstained:
        """How good forecasts of the newest known weeks were, beside taking the week before.

        Raises:
            ValueError: weeks is below 3.
        """
        return backtest(self.arrivals, weeks, progress=progress, cancelled=cancelled)

    def staffing(
        self,
        target: Target | None = None,
        days: int = 7,
        *,
        holding_s: ArrayLike | None = None,
        capacity: float | None = None,
        rostered: pd.Series | None = None,
    ) -> Staffing | Abstained:
        """The agents that the next days need, and those that the usual shifts lack.

        Args:
            target: the service that is wanted; 80 % taken within a minute, if none is given.
            days: how many.
            holding_s: seconds that a lead keeps a place, one number or those seen; without it the history's.
            capacity: leads that an agent holds at once; without it the mean of the history's team, else 1.
            rostered: agents by weekday (0 is Monday) and minutes after midnight, or by the start of an interval;
                without it those who were usually on shift.

        Raises:
            ValueError: names the argument, its value and the fix.
        """
        if not isinstance(target, Target | None):
            raise ValueError(f"target is {target!r}; give collab.forecast.Target, e.g. Target(0.8, 60)")
        found = self.leads(days)
        if isinstance(found, Abstained):
            return found
        holding = self.holding if holding_s is None else Holding.of(holding_s)
        if holding is None:
            reason = (
                f"fewer than {FEWEST} ended leads say how long work takes; give holding_s, in seconds a lead"
                if self.history
                else "counts of leads do not say how long work takes; give holding_s, in seconds a lead"
            )
            return Abstained(reason, found.known_days, found.known_days)
        if capacity is None:
            capacity = 1.0 if self.history is None else roster.capacity(self.history)
        if rostered is None:
            rostered = self.rostered
        return staffing(found, self.arrivals, holding, target or Target(), capacity=capacity, rostered=rostered)

    @cached_property
    def holding(self) -> Holding | None:
        """How long leads keep a place, as the history says; None if it cannot."""
        return None if self.history is None else Holding.of_history(self.history)

    @cached_property
    def rostered(self) -> pd.Series | None:
        """Agents who are usually on shift, by weekday and minutes after midnight; None if no history says so."""
        return None if self.history is None else roster.on_shift(self.history, self.arrivals)

    def __str__(self) -> str:
        leads, days = self.arrivals.counts.sum(), self.arrivals.known_days
        said = f"{several(int(leads), 'lead')} by {self.arrivals.minutes} minutes, {several(days, 'known day')}"
        abstained = too_little(self.arrivals)
        return "; ".join(
            (f"{said}, {self.arrivals.hours}", *self.arrivals.left_out, *([str(abstained)] if abstained else []))
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        arrivals, abstained = self.arrivals, too_little(self.arrivals)
        until = f"{arrivals.until:%a %d %b %Y %H:%M}"
        rows = [
            ("leads", f"{arrivals.counts.sum():,.0f}, by {arrivals.minutes} minutes, known until {until}"),
            ("open", "; ".join((str(arrivals.hours), *arrivals.left_out))),
            ("known days", f"{arrivals.known_days} of {len(arrivals.table)}"),
            ("forecast", abstained.reason if abstained else "leads(), backtest() and staffing() answer"),
        ]
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(said)}</td></tr>" for name, said in rows)
        return f"<div><p><b>Forecast</b></p><table>{cells}</table></div>"
