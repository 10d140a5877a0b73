"""Plots over the intervals of a clock: leads that were counted and those to come, agents who are needed and there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, FixedTicker, HoverTool, Range1d

from collab.forecast import Arrivals, Predicted, Staffing
from collab.views.plot import figure
from collab.views.theme import ERROR, PRIMARY, SUCCESS
from collab.views.trend import TICKS, WALL, spell

COUNTED, BETWEEN = "#8a94a3", 0.4
"""The fill of what was counted, and how much of a band's colour is seen."""

BEFORE = 7
"""So many days that were counted are shown at most."""


class Steps(ABC):
    """A plot with a step for each interval; a class below it says of what.

    Attributes:
        figure: the plot.
        source: a row an interval, as it is drawn.
    """

    columns: tuple[str, ...]
    label: str

    def __init__(self, height: int) -> None:
        self.source = _source(self.columns)
        self._times, self._values, self._ticker = Range1d(0, 1), Range1d(0, 1), FixedTicker(ticks=[])
        self.figure = figure(
            height=height, sizing_mode="stretch_width", x_range=self._times, y_range=self._values, tools="",
            toolbar_location=None, y_axis_label=self.label,
        )  # fmt: skip
        self._formatter = CustomJSTickFormatter(code=WALL, args={"zone": "UTC", "days": True})
        self.figure.xaxis.formatter = self._formatter
        self.figure.xaxis.ticker = self.figure.xgrid.ticker = self._ticker
        self.draw()

    @abstractmethod
    def draw(self) -> None:
        """The glyphs of the sources."""

    def hover(self, glyphs: list[Any], *tips: tuple[str, str]) -> None:
        """What is said of an interval that is pointed at."""
        self.figure.add_tools(HoverTool(renderers=glyphs, tooltips=[("", "@when"), *tips]))

    def reach(self, starts: pd.DatetimeIndex, minutes: int, most: float) -> None:
        """Show these intervals, and counts from 0 to a little over the most; a tick at midnights, or each few hours."""
        if not len(starts):  # a team that began just now, not one interval ago
            return
        first, last = starts[0], starts[-1] + pd.Timedelta(minutes=minutes)
        self._times.update(start=float(_ms(starts[:1])[0]), end=float(_ms(starts[-1:])[0]) + minutes * 60_000)
        self._values.update(start=0, end=1.08 * (most or 1.0))
        days = last - first > pd.Timedelta(days=2)
        ticks = pd.date_range(first.normalize(), last, freq="D" if days else "4h", tz=starts.tz)
        self._ticker.ticks = _ms(ticks[ticks >= first])[:: -(-len(ticks) // TICKS)].tolist()
        self._formatter.args = {"zone": str(starts.tz), "days": days}


class LeadsSteps(Steps):
    """Leads by interval: counted in grey, forecast in blue with its 80 and its 95 % band."""

    columns = ("left", "right", "when", "leads", "low80", "high80", "low95", "high95")
    label = "leads"

    def draw(self) -> None:
        """Bands under steps."""
        self.counted = _source(("left", "right", "when", "leads"))
        look = {"source": self.source, "fill_color": PRIMARY, "line_color": None}
        wide = self.figure.quad("left", "right", "high95", "low95", fill_alpha=BETWEEN / 2, **look)
        self.figure.quad("left", "right", "high80", "low80", fill_alpha=BETWEEN, **look)
        self.figure.segment("left", "leads", "right", "leads", source=self.source, color=PRIMARY, line_width=2)
        past = self.figure.quad(
            "left", "right", "leads", 0, source=self.counted, fill_color=COUNTED, fill_alpha=0.6, line_color=None
        )
        tips = [("forecast", "@leads{0.0}"), ("80 % band", "@low80 – @high80"), ("95 % band", "@low95 – @high95")]
        self.hover([wide], *tips)
        self.hover([past], ("counted", "@leads{0,0}"))

    def fill(self, arrivals: Arrivals, found: Predicted | None, days: int) -> None:
        """Show what is forecast, and as many days that were counted before it; these alone where nothing is."""
        came = arrivals.frame()
        came = came[came["start"] >= arrivals.until - pd.Timedelta(days=min(days, BEFORE) if found else BEFORE)]
        coming = pd.DataFrame(columns=["start", *self.columns[3:]]) if found is None else found.table
        known = came[came["leads"].notna()]
        self.counted.data = {**_intervals(known["start"], arrivals.minutes), "leads": known["leads"].to_numpy()}
        bands = {name: coming[name].to_numpy(float) for name in self.columns[3:]}
        self.source.data = {**_intervals(coming["start"], arrivals.minutes), **bands}
        starts = pd.DatetimeIndex(came["start"]).append(pd.DatetimeIndex([] if found is None else coming["start"]))
        self.reach(starts, arrivals.minutes, max(bands["high95"].max(initial=0.0), known["leads"].max()))


class AgentsSteps(Steps):
    """Agents by interval: needed in blue with their band, usually on shift in green, missing in hatched red."""

    columns = ("left", "right", "when", "agents", "agents_low", "agents_high", "rostered", "there", "gap", "lacks")
    label = "agents"

    def draw(self) -> None:
        """The band, what is missing, and both steps."""
        bare = {"source": self.source, "line_color": None}
        band = self.figure.quad(
            "left", "right", "agents_high", "agents_low", fill_color=PRIMARY, fill_alpha=BETWEEN, **bare
        )
        self.figure.quad(
            "left", "right", "lacks", "rostered", fill_color=ERROR, fill_alpha=0.25, hatch_pattern="/",
            hatch_color=ERROR, hatch_alpha=0.7, **bare,
        )  # fmt: skip
        self.figure.segment("left", "agents", "right", "agents", source=self.source, color=PRIMARY, line_width=2)
        self.figure.segment("left", "rostered", "right", "rostered", source=self.source, color=SUCCESS, line_width=3)
        tips = [("needed", "@agents"), ("over the 80 % band", "@agents_low – @agents_high"), ("on shift", "@there")]
        self.hover([band], *tips, ("gap", "@gap"))

    def fill(self, found: Staffing, minutes: int) -> None:
        """Show who is needed and, where that is known, who is there."""
        table = found.table
        kept = {name: table[name].to_numpy(float) for name in ("agents", "agents_low", "agents_high", "rostered")}
        known = [("–", "–") if np.isnan(gap) else (f"{on:.1f}", f"{gap:+.1f}") for on, gap in _told(table)]
        words = {"there": [one[0] for one in known], "gap": [one[1] for one in known]}
        lacks = np.where(table["gap"] < 0, kept["agents"], kept["rostered"])
        self.source.data = {**_intervals(table["start"], minutes), **kept, **words, "lacks": lacks}
        most = np.nanmax([kept["agents_high"].max(), *kept["rostered"]])
        self.reach(pd.DatetimeIndex(table["start"]), minutes, float(most))


def between(start: pd.Timestamp, minutes: int) -> str:
    """An interval of so many minutes in words."""
    return spell(start, start + pd.Timedelta(minutes=minutes))


def _told(table: pd.DataFrame) -> list[tuple[float, float]]:
    return list(table[["rostered", "gap"]].itertuples(index=False, name=None))


def _source(columns: tuple[str, ...]) -> ColumnDataSource:
    return ColumnDataSource({name: [] for name in columns})


def _intervals(starts: pd.Series, minutes: int) -> dict[str, Any]:
    left = _ms(pd.DatetimeIndex(starts))
    return {"left": left, "right": left + minutes * 60_000, "when": [between(one, minutes) for one in starts]}


def _ms(starts: pd.DatetimeIndex) -> np.ndarray[Any, Any]:
    return np.asarray(starts.as_unit("ms").asi8, float)
