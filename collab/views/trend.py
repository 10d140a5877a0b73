"""A measure over time: median and band, gaps as gaps, changes of level and of weights; a click shows the rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import param
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, FixedTicker, HoverTool, Range1d, TapTool

from collab.analytics import Book, Trend, Zone, trend
from collab.analytics.measure import recorded
from collab.analytics.zone import DAY, HOUR, moment
from collab.views.asked import number, what
from collab.views.figures import FiguresView, labels
from collab.views.plot import figure, measured
from collab.views.theme import ERROR, PRIMARY, WARNING

PERIODS = {"24 hours": (DAY, HOUR), "7 days": (7 * DAY, HOUR), "30 days": (30 * DAY, DAY), "90 days": (90 * DAY, DAY)}
"""Each period's length and that of its buckets."""

WALL = """
const day = {timeZone: zone, day: "numeric", month: "short"}
const time = {timeZone: zone, hour: "2-digit", minute: "2-digit"}
const shown = new Date(tick), clock = shown.toLocaleTimeString("en-GB", time)
return days ? shown.toLocaleDateString("en-GB", day) : clock == "00:00" ? shown.toLocaleDateString("en-GB", day) : clock
"""
"""A tick as a clock on the wall of the chosen zone shows it, also in the weeks in which it changes."""

TICKS = 6
"""At most so many times are written below, so that a phone has room."""

NO_OTHER = "there is nothing to compare with"
"""Said where the period before has no value, or this one has none."""

CLOCKS = 2 * DAY
"""A longer span has its midnights written, with their dates: clocks that are a day apart say nothing of the day."""

MS = 1000
"""Microseconds in one of a plot's milliseconds."""


class TrendView(FiguresView):
    """A measure in buckets of the wall clock over the last day, week, month or quarter."""

    measure = param.Selector(
        default="response_s", objects=labels(("time", "share", "mean", "count")), label="Measure", doc="What is shown."
    )
    period = param.Selector(default="24 hours", objects=list(PERIODS), label="Period", doc="How far back.")

    title = "Over time"
    question = "Is it getting better or worse, and since when?"
    invitation = "Click a bucket to see its rows."
    knobs = ("measure", "period")

    def drawn(self) -> Any:
        """A bar from the median to the 90th percentile for each bucket, and a line through the medians."""
        names = ("left", "right", "middle", "low", "high", "value", "n", "band", "when", "said")
        self.source = ColumnDataSource({name: [] for name in names})
        self.marks = ColumnDataSource({name: [] for name in ("x", "said", "colour", "dash")})
        self._times, self._values, self._ticker = Range1d(0, 1), Range1d(0, 1), FixedTicker(ticks=[])
        plot = figure(
            height=320, sizing_mode="stretch_width", x_range=self._times, y_range=self._values, tools="",
            toolbar_location=None,
        )  # fmt: skip
        bars = plot.quad(
            "left", "right", "high", "low", source=self.source, fill_color=PRIMARY, fill_alpha=0.28, line_color=None
        )
        plot.line("middle", "value", source=self.source, color=PRIMARY, line_width=2)
        dots = plot.scatter("middle", "value", source=self.source, color=PRIMARY, size=7)
        marks = plot.vspan("x", source=self.marks, line_color="colour", line_dash="dash", line_width=2)
        for glyph in (bars, dots):
            glyph.nonselection_glyph = glyph.glyph
        tips = [("", "@when"), ("value", "@said"), ("band", "@band"), ("rows", "@n{0,0}")]
        plot.add_tools(HoverTool(renderers=[bars, dots], tooltips=tips), TapTool(renderers=[bars, dots]))
        plot.add_tools(HoverTool(renderers=[marks], tooltips=[("", "@said")]))
        self._formatter = CustomJSTickFormatter(code=WALL, args={"zone": "UTC", "days": False})
        plot.xaxis.formatter = self._formatter
        plot.xaxis.ticker = self._ticker
        plot.xgrid.ticker = self._ticker
        self._axis = plot.yaxis[0]
        self.source.selected.on_change("indices", self._clicked)
        return plot

    def asking(self, book: Book) -> Callable[[], Any]:
        """The trend until the last event."""
        return partial(_asked, book, self.measure, self.period, self.asked.zone)

    def show(self, found: Trend) -> str:
        """Fill the plot; what is said is the period, the one before, and what changed."""
        rows, band = found.frame(), (found.low, found.p90) if found.measure.kind == "time" else (found.low, found.high)
        low = found.value if found.measure.kind == "time" else band[0]
        high = band[1]
        left, right = found.edges[:-1] / MS, found.edges[1:] / MS
        wall = [rows[name].dt.tz_convert(self.asked.zone) for name in ("start", "end")]
        when = [spell(a, b) for a, b in zip(*wall, strict=True)]
        unit = found.measure.unit
        said = [f"{number(a, unit)} – {number(b, unit)}" for a, b in zip(low, high, strict=True)]
        self.source.selected.indices = []
        self.source.data = {
            "left": left, "right": right, "middle": (left + right) / 2, "low": low, "high": high,
            "value": found.value, "n": found.n, "band": said, "when": when,
            "said": [number(one, unit) for one in found.value],
        }  # fmt: skip
        marks = _marks(found)
        self.marks.data = {name: [mark[place] for mark in marks] for place, name in enumerate(self.marks.data)}
        known = np.concatenate((found.value, high))
        most = float(np.nanmax(known)) if not np.isnan(known).all() else 1.0
        self._values.update(start=0, end=1.08 * (most or 1.0))
        self._times.update(start=float(left[0]), end=float(right[-1]))
        ticks, days = _ticks(found)
        self._ticker.ticks = [us / MS for us in ticks]
        self._formatter.args = {"zone": self.asked.zone, "days": days}
        measured(self._axis, found.measure.label, unit)
        return _words(found, [mark[1] for mark in marks])

    def _clicked(self, name: str, before: list[int], now: list[int]) -> None:
        if now and self.found is not None:
            title = f"{self.found.measure.label}, {self.source.data['when'][now[0]]}"
            self.rows.show(title, self.found.measure.name, self.found.bucket(now[0]))


def spell(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """An interval in words; where clocks change they say which they are, as an hour may be shown twice."""
    first = start.to_pydatetime()
    twice = first.replace(fold=0).utcoffset() != first.replace(fold=1).utcoffset()
    clock = "%H:%M %Z" if twice or start.utcoffset() != end.utcoffset() else "%H:%M"
    return f"{start:%a %d %b} {start:{clock}} – {end:{clock}}"


def _asked(book: Book, measure: str, period: str, zone: str) -> Trend | None:
    """The trend of the whole buckets that the last event ends."""
    reach, (length, every) = recorded(book), PERIODS[period]
    if reach is None:
        return None
    clock = Zone(zone)
    end = int(clock.edges(reach[1], reach[1] + 2 * every + 3 * HOUR, every)[1])
    return trend(book, measure, zone, clock.floor(end - length, every), end, every)


def _ticks(found: Trend) -> tuple[list[int], bool]:
    """The moments that are written below, and whether they are days."""
    start, end = int(found.edges[0]), int(found.edges[-1])
    days = end - start > CLOCKS
    midnights = [first for _, first, _ in found.zone.days(start, end) if first >= start]
    at = midnights if days else found.edges[:-1].tolist()
    return at[:: -(-len(at) // TICKS)], days


def _marks(found: Trend) -> list[tuple[float, str, str, str]]:
    """Where weights came into force and where the level changed: place, words, colour, dashes."""
    marks = [
        (us / MS, f"{_day(us, found)}: weights {id} by {person}", WARNING, "dashed")
        for us, id, person in found.adopted[["us", "id", "person"]].itertuples(index=False)
    ]
    for one in found.changes:
        us, unit = int(found.edges[one.place]), found.measure.unit
        said = f"{_day(us, found)}: level changed from {number(one.before, unit)} to {number(one.after, unit)}"
        marks.append((us / MS, f"{said} (p {one.p:.3f})", ERROR, "solid"))
    return marks


def _day(us: int, found: Trend) -> str:
    return f"{moment(us).astimezone(found.zone.info):%d %b %H:%M}"


def _words(found: Trend, marks: list[str]) -> str:
    unit, now, change = found.measure.unit, found.now, found.change
    kind = "median" if found.measure.kind == "time" else found.measure.label.lower()
    apart = f"{number(change.low, unit)} to {number(change.high, unit)}" if change.value == change.value else NO_OTHER
    cards = [
        (number(now.value, unit), f"{kind}; {number(now.low, unit)} to {number(now.high, unit)}, n {now.n:,}"),
        (number(found.before.value, unit), f"the period before, n {found.before.n:,}"),
        (number(change.value, unit), f"difference; {apart}"),
        (f"{int((found.n == 0).sum())}", f"of {len(found.n)} buckets are gaps"),
    ]
    shown = "".join(f'<div class="card kpi"><b>{escape(a)}</b><span>{escape(b)}</span></div>' for a, b in cards)
    listed = "".join(f"<li>{escape(mark)}</li>" for mark in marks)
    return f'<div class="kpis">{shown}</div>{f"<ul>{listed}</ul>" if listed else ""}{what(found.definition)}'
