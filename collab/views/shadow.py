"""The shadow: how often a second set of weights would have chosen somebody else, as decisions are made."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import param
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Range1d

from collab.records import dashed
from collab.shadow import POINTS, RECENT, Disagreement, Seen
from collab.views.board import Board
from collab.views.plot import figure
from collab.views.theme import PRIMARY, SHEET

SHOWN = 6
"""How many of the newest disagreements are listed."""

OFF = (
    "No weights look on. Start with <code>collab serve --shadow 25-35-25-15</code> (or COLLAB_SHADOW) to see, as leads "
    "come, who would have got them under these weights."
)
NONE_YET = "These weights look on; no lead was decided on yet. Route one."


class ShadowView(pn.viewable.Viewer):
    """The share of disagreement as a stream, the newest disagreements, and leads by agent."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self.source = ColumnDataSource({"number": [], "share": [], "time": []})
        self._last, self._range = 0, Range1d(0, 1)
        pane = {"stylesheets": [SHEET], "sizing_mode": "stretch_width"}
        self.words, self._newest, self._agents = (pn.pane.HTML("", **pane) for _ in range(3))
        half = {"min_width": 240, "styles": {"flex": "1 1 380px"}}
        self._plot_pane = pn.pane.Bokeh(self._plot(), sizing_mode="stretch_width")
        plots = pn.FlexBox(
            pn.Column(self._plot_pane, self._agents, **half), pn.Column(self._newest, **half), gap="24px"
        )
        self._layout = pn.Column(self.words, plots, sizing_mode="stretch_width")
        board.param.watch(lambda event: self._show(), "frame")
        self._show()

    @param.depends("active", watch=True)
    def _show(self) -> None:
        if not self.active:
            return
        shadow = self.board.office.shadow
        seen = Seen() if shadow is None else shadow.seen
        with pn.io.hold():
            self._plot_pane.visible = seen.n > 0
            if shadow is None or not seen.n:
                self.words.object = f'<div class="empty" role="status">{OFF if shadow is None else NONE_YET}</div>'
                return
            self._stream(seen)
            names = self.board.frame.names
            self.words.object = words(dashed(shadow.values), seen)
            self._newest.object = newest(seen.newest[:SHOWN], names)
            self._agents.object = by_agent(seen, names)

    def _stream(self, seen: Seen) -> None:
        fresh = [point for point in seen.points if point.number > self._last]
        if fresh:
            self._last = fresh[-1].number
            columns = {name: [getattr(point, name) for point in fresh] for name in ("number", "share", "time")}
            self.source.stream(columns, rollover=POINTS)
            self._range.update(start=seen.points[0].number - 1, end=fresh[-1].number + 1)

    def _plot(self) -> Any:
        plot = figure(
            height=220,
            sizing_mode="stretch_width",
            x_range=self._range,
            y_range=Range1d(0, 1),
            x_axis_label=f"decisions; the share is of the last {RECENT}",
            y_axis_label="share that differ",
            toolbar_location=None,
            tools="",
        )
        plot.line("number", "share", source=self.source, color=PRIMARY, line_width=2)
        plot.yaxis.formatter = NumeralTickFormatter(format="0 %")
        tips = [("decision", "@number"), ("at", "@time{%H:%M:%S}"), ("differ", "@share{0.0 %}")]
        plot.add_tools(HoverTool(tooltips=tips, formatters={"@time": "datetime"}, mode="vline"))
        return plot

    def __panel__(self) -> pn.Column:
        return self._layout


def words(weights: str, seen: Seen) -> str:
    """How many leads would have gone to somebody else, as HTML."""
    left = f" {seen.left_out:,} chosen by people or by drawn weights are left out." if seen.left_out else ""
    return (
        f'<div class="card kpi" role="status" aria-live="polite"><b>{seen.differ:,} of {seen.n:,}</b>'
        f"<span>leads since the start ({100 * (seen.share or 0):.1f} %) would have gone to somebody else under "
        f"{escape(weights)}, which look on and change nothing.{left}</span></div>"
    )


def newest(found: tuple[Disagreement, ...], names: dict[str, str]) -> str:
    """The newest disagreements, as HTML."""
    if not found:
        return '<div class="empty">So far every lead would have gone to the same agent.</div>'
    rows = "".join(
        f'<li><div class="row"><b>{escape(one.name)}</b><span class="soft">{one.time:%H:%M:%S} UTC</span></div>'
        f'<div class="soft">{escape(names.get(one.agent, one.agent))} has it; '
        f"{escape(names.get(one.instead, one.instead))} would</div></li>"
        for one in found
    )
    return f'<h3>Newest disagreements</h3><ul class="list">{rows}</ul>'


def by_agent(seen: Seen, names: dict[str, str]) -> str:
    """Leads of each agent as it was and in the shadow, as HTML."""
    agents = sorted({*seen.got, *seen.would})
    rows = "".join(
        f"<tr><td>{escape(names.get(agent, agent))}</td><td>{seen.got.get(agent, 0):,}</td>"
        f"<td>{seen.would.get(agent, 0):,}</td></tr>"
        for agent in agents
    )
    return f"<table><tr><th>agent</th><th>leads</th><th>in the shadow</th></tr>{rows}</table>"
