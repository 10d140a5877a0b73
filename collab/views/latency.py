"""How long a word takes from one member to another: its round trips, as they are made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, Range1d

from collab.desk import utc_now
from collab.metrics import percentiles
from collab.roundtrip import RoundTrips, Trip
from collab.views.plot import figure
from collab.views.scheduling import at_end, scheduler
from collab.views.theme import ERROR, PRIMARY, SHEET, SUCCESS, WARNING

CUTS = {"p50": SUCCESS, "p95": WARNING, "p99": ERROR}
"""The percentiles that have a line, and its colour; its dashes and its name tell them apart too."""

DASHES = {"p50": "solid", "p95": "dashed", "p99": "dotted"}

AT_ONCE = 50
"""How many words a press of the button says."""

MARGIN = timedelta(milliseconds=200)
"""Beside the first and the last point."""


class LatencyView(pn.viewable.Viewer):
    """Round trips as a Bokeh stream: kept and heard, with lines and numbers of the median, p95 and p99 of heard."""

    trips = param.ClassSelector(class_=RoundTrips, doc="Started round trips.")
    shown = param.Integer(default=300, bounds=(10, 5000), doc="How many of the newest words are shown and counted.")
    count = param.Integer(default=0, bounds=(0, None), doc="How many words are shown.")

    def __init__(self, trips: RoundTrips, **params: Any) -> None:
        super().__init__(trips=trips, **params)
        self._schedule, self._waiting = scheduler(), False
        self._last = 0
        self.source = ColumnDataSource({"time": [], "kept": [], "heard": []})
        self.cuts = ColumnDataSource({name: [] for name in ("time", *CUTS)})
        self._times, self._highest = Range1d(), Range1d(0, 10)
        self._numbers = pn.pane.HTML("", stylesheets=[SHEET], sizing_mode="stretch_width")
        self._again = pmui.Button(label=f"Say {AT_ONCE} more words", variant="outlined", icon="replay")
        self._again.on_click(lambda event: self.trips.measure(AT_ONCE, every_s=0.02))
        plot = pn.pane.Bokeh(self._plot(), sizing_mode="stretch_width")
        self._layout = pn.Column(self._numbers, plot, self._again, sizing_mode="stretch_width")
        self._leave = trips.subscribe(self._hear)
        at_end(self.close)
        self._show()

    def close(self) -> None:
        """Show nothing new any more."""
        self._leave()

    def figures(self) -> pd.DataFrame:
        """Percentiles in milliseconds of what is shown, one row for each way, with the count `n`."""
        kept, heard = ([getattr(trip, f"{way}_ms") for trip in self._now()] for way in ("kept", "heard"))
        return pd.DataFrame({"kept": percentiles(kept), "heard": percentiles(heard)}).T

    def _now(self) -> tuple[Trip, ...]:
        return tuple(self.trips.trips)[-self.shown :]

    def _hear(self, trip: Trip) -> None:
        """In the round trips' thread: this session shows it on its next tick, with what comes until then."""
        if not self._waiting:
            self._waiting = True
            self._schedule(self._show)

    def _show(self) -> None:
        self._waiting = False
        now = self._now()
        fresh = [trip for trip in now if trip.number > self._last]
        with pn.io.hold():
            if fresh:
                self._last = fresh[-1].number
                columns = {"time": [trip.time for trip in fresh]}
                columns |= {way: [getattr(trip, f"{way}_ms") for trip in fresh] for way in ("kept", "heard")}
                self.source.stream(columns, rollover=self.shown)
                self._times.update(start=now[0].time - MARGIN, end=now[-1].time + MARGIN)
            cuts = percentiles([trip.heard_ms for trip in now])
            if now:
                ends = [self._times.start, self._times.end]
                self.cuts.data = {"time": ends} | {name: [cuts[name]] * 2 for name in CUTS}
                self._highest.end = 1.5 * cuts["p99"]
            self._numbers.object = _said(percentiles([trip.kept_ms for trip in now]), cuts)
            self.count = len(now)

    def _plot(self) -> Any:
        now = utc_now()
        self._times.update(start=now - MARGIN, end=now + MARGIN)
        plot = figure(
            height=300,
            sizing_mode="stretch_width",
            x_axis_type="datetime",
            x_range=self._times,
            y_range=self._highest,
            x_axis_label="when it was said (UTC)",
            y_axis_label="latency (ms)",
            toolbar_location=None,
            tools="",
        )
        plot.scatter("time", "heard", source=self.source, size=7, color=PRIMARY, alpha=0.6, legend_label="heard")
        plot.scatter("time", "kept", source=self.source, size=5, marker="x", color="#55606e", legend_label="kept")
        for name, colour in CUTS.items():
            look = {"color": colour, "line_width": 2, "line_dash": DASHES[name], "legend_label": f"{name} of heard"}
            plot.line("time", name, source=self.cuts, **look)
        plot.xaxis.formatter = DatetimeTickFormatter(milliseconds="%H:%M:%S.%3N", seconds="%H:%M:%S", minsec="%H:%M:%S")
        plot.legend.orientation, plot.legend.location = "horizontal", "top_left"
        return plot

    def __panel__(self) -> pn.Column:
        return self._layout


def _said(kept: dict[str, Any], heard: dict[str, Any]) -> str:
    if not heard["n"]:
        return '<div class="empty">No word was said yet.</div>'
    tiles = [(f"{heard[name]:.2f} ms", f"{name}, from me to the other member") for name in CUTS]
    tiles.append((f"{heard['n']}", f"words; kept after {kept['p50']:.2f} ms (p50)"))
    shown = "".join(f'<div class="card kpi"><b>{value}</b><span>{label}</span></div>' for value, label in tiles)
    return f'<div class="kpis">{shown}</div>'
