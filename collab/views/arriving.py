"""A live stream of latency: how long after it happened each event reached the board."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import panel as pn
import param
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, Range1d

from collab.desk import utc_now
from collab.metrics import percentiles
from collab.views.board import Board
from collab.views.frame import Frame, Latency
from collab.views.pace import Pace
from collab.views.plot import figure
from collab.views.theme import PRIMARY, SHEET

SHOWN = 300
"""How many points the latency stream shows at most."""

EVERY_S = 0.25
"""The shortest time between two changes of the plot: a browser draws all of it again for each."""

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
"""Beside the points of the latency stream, and its width without any."""


class LatencyStream(pn.viewable.Viewer):
    """A Bokeh stream: how many milliseconds after it happened each event reached the board."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self._shown = 0
        self._pace = Pace(EVERY_S, board.schedule, self._stream, board.among)
        self.source = ColumnDataSource({"time": [], "ms": []})
        now = utc_now()
        self._times, self._highest = Range1d(now - MINUTE, now), Range1d(0, 10)
        plot = figure(
            height=220,
            sizing_mode="stretch_width",
            x_axis_type="datetime",
            x_range=self._times,
            y_range=self._highest,
            y_axis_label="latency (ms)",
            x_axis_label="time of the event (UTC)",
            toolbar_location=None,
            tools="",
        )
        plot.scatter("time", "ms", source=self.source, size=6, color=PRIMARY, alpha=0.8)
        plot.xaxis.formatter = DatetimeTickFormatter(seconds="%H:%M:%S", minsec="%H:%M:%S", minutes="%H:%M")
        self._plot = pn.pane.Bokeh(plot, sizing_mode="stretch_width")
        self._title = pn.pane.HTML("", stylesheets=[SHEET], sizing_mode="stretch_width")
        self._layout = pn.Column(self._title, self._plot, sizing_mode="stretch_width")
        board.param.watch(lambda event: self._patch(), "frame")
        self._stream()

    @param.depends("active", watch=True)
    def _patch(self) -> None:
        if self.active:
            self._pace.go()

    def _stream(self) -> None:
        frame = self.board.frame
        if self._shown > frame.seq:  # the team began anew
            self._shown = 0
        fresh = [point for point in frame.latencies if point.seq > self._shown]
        if not self.active or (self._shown and not fresh):
            return
        with pn.io.hold():
            self._take(frame, fresh)

    def _take(self, frame: Frame, fresh: list[Latency]) -> None:
        if fresh:
            self._shown = fresh[-1].seq
            columns = {"time": [point.time for point in fresh], "ms": [point.ms for point in fresh]}
            self.source.stream(columns, rollover=SHOWN)
            every = frame.latencies
            self._times.update(start=every[0].time - SECOND, end=every[-1].time + SECOND)
            self._highest.end = max(10.0, 1.1 * max(point.ms for point in every))
        cuts = percentiles([point.ms for point in frame.latencies])
        said = "no event yet" if not cuts["n"] else f"p50 {cuts['p50']:.1f} ms, p95 {cuts['p95']:.1f} ms, n {cuts['n']}"
        self._title.object = f"<h3>Latency of the newest events</h3><div class='soft'>Event to board: {said}</div>"

    def __panel__(self) -> pn.Column:
        return self._layout
