"""Who had their share of the leads: each agent's deficit over time, and how even it is."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from datetime import timedelta
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, HoverTool, Range1d, Span

from collab.desk import utc_now
from collab.fairness import HALF_LIFE_H
from collab.views.board import Board
from collab.views.plot import figure
from collab.views.theme import AGENT_COLOURS, SHEET
from collab.whatif import Fairness, WhatIf
from collab.whatif.fair import MEASURES

REFRESH_S = 60.0
"""How old what is shown may be before it is read again; it fades over hours."""

MARGIN = timedelta(minutes=5)
"""Beside the first and the last time."""

POINTS = 200
"""At how many times standings are shown."""

SAID = {"jain": "Jain's index", "gini": "Gini coefficient", "max_min": "largest over smallest"}
"""What the measures are called."""

TITLE = "Leads that each agent is owed; below 0 they are ahead of their share"
"""What the plot shows."""

EMPTY = '<div class="empty">No decision is in the history yet. Route a lead to see who had their share.</div>'
"""What stands where there is nothing to show."""

RECKONING = '<p class="soft">Reckoning who had their share…</p>'
"""What stands there until it is known."""

DASHES = ("solid", "dashed", "dotted", "dotdash")
"""Lines of one colour are told apart by these; every eight agents the next."""


class FairnessView(pn.viewable.Viewer):
    """A line for each agent's deficit over time and the three measures, for a half-life that can be chosen.

    Args:
        what_if: the logged decisions; without it those of the board's office are read.
        board: the session's board; with it, new decisions join about every minute.
    """

    half_life = param.Number(
        HALF_LIFE_H, bounds=(0.5, 168), label="Half-life (h)", doc="After so long a lead counts half."
    )
    by = param.Selector(default="agent", objects=["agent", "capacity"], label="Shares by", doc="Equal, or by capacity.")
    fairness = param.ClassSelector(class_=Fairness, doc="What is shown.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, what_if: WhatIf | None = None, *, board: Board | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.what_if, self.board = what_if, board
        self._read, self._reading, self._names = utc_now(), False, {} if what_if is None else what_if.names
        self.lines = ColumnDataSource({"time": [], "deficit": [], "agent": [], "colour": [], "dash": []})
        self._times, self._leads = Range1d(0, 1), Range1d(-1, 1)  # a range of no data cannot be worked out
        self.words = pn.pane.HTML(
            EMPTY if board is None else RECKONING, stylesheets=[SHEET], sizing_mode="stretch_width"
        )
        self.plot = pn.pane.Bokeh(self._deficits(), sizing_mode="stretch_width", visible=False)
        wide = {"sizing_mode": "stretch_width"}
        knobs = pn.FlexBox(
            pmui.Select.from_param(self.param.by, min_width=160, styles={"flex": "0 1 200px"}, **wide),
            pmui.FloatSlider.from_param(
                self.param.half_life,
                step=0.5,
                throttled=True,
                tooltips=False,
                min_width=200,
                styles={"flex": "0 1 320px"},
                **wide,
            ),
            gap="24px",
            **wide,
        )
        title = pn.pane.HTML(f"<h3>{escape(TITLE)}</h3>", stylesheets=[SHEET], **wide)
        self._layout = pn.Column(title, knobs, self.words, self.plot, **wide)
        if board is not None:
            board.param.watch(lambda event: self._refresh(), "frame")
        self._refresh(force=True)

    def _deficits(self) -> Any:
        plot = figure(
            x_axis_type="datetime",
            x_range=self._times,
            y_range=self._leads,
            height=320,
            sizing_mode="stretch_width",
            y_axis_label="deficit in leads",
            toolbar_location=None,
            tools="",
        )
        lines = plot.multi_line(
            "time",
            "deficit",
            source=self.lines,
            line_color="colour",
            line_dash="dash",
            line_width=2,
            legend_field="agent",
        )
        plot.add_layout(Span(location=0, dimension="width", line_color="#8a94a3", line_dash="dashed"))
        plot.xaxis.formatter = DatetimeTickFormatter(days="%d %b", hours="%H:%M", minutes="%H:%M")
        plot.xaxis.ticker.desired_num_ticks = 4  # more would lie over each other on a phone
        plot.add_layout(plot.legend[0], "below")  # beside the lines it would take half of a phone's width
        plot.legend[0].update(border_line_color=None, background_fill_alpha=0, label_text_font_size="12px", ncols=3)
        plot.add_tools(HoverTool(renderers=[lines], tooltips=[("agent", "@agent"), ("deficit", "$y{0.0}")]))
        return plot

    @param.depends("active", "half_life", "by", watch=True)
    def _asked(self) -> None:
        self._refresh(force=True)

    def _refresh(self, force: bool = False) -> None:
        """Show what is given, or read what is new in the history, away from this thread."""
        if self.what_if is not None:
            self._show(self.what_if.fairness(self.half_life, by=self.by, points=POINTS))
            return
        due = force or (utc_now() - self._read).total_seconds() > REFRESH_S
        if self.board is None or not self.active or self._reading or not due:
            return
        self._reading, board, asked = True, self.board, (self.half_life, self.by)
        found = board.office.call(asyncio.to_thread(self._fairness, *asked))
        found.add_done_callback(lambda future: board.schedule(lambda: self._take(future, asked)))

    def _fairness(self, half_life: float, by: Any) -> Fairness:
        assert self.board is not None
        return self.board.office.what_if().fairness(half_life, by=by, points=POINTS)

    def _take(self, found: Future[Fairness], asked: tuple[float, str]) -> None:
        self._read, self._reading = utc_now(), False
        if error := found.exception():
            said = f"The history cannot be read: {escape(str(error))}"
            self.words.object = f'<div class="empty" role="alert">{said}</div>'
            return
        if self.board is not None:
            self._names = self.board.frame.names
        self._show(found.result())
        if asked != (self.half_life, self.by):  # asked again while it was read
            self._refresh(force=True)

    def _show(self, fairness: Fairness) -> None:
        frame = fairness.frame()
        lines = {self._names.get(agent, agent): own for agent, own in frame.groupby("agent", sort=True)}
        places = range(len(lines))
        with pn.io.hold():
            self.words.object = words(fairness)
            self.plot.visible = bool(lines)
            if lines:
                most = 1.1 * max(1.0, frame["deficit"].abs().max())
                self._leads.update(start=-most, end=most)
                times = frame["time"].dt.tz_localize(None)
                self._times.update(start=times.min() - MARGIN, end=times.max() + MARGIN)
            self.lines.data = {
                "time": [own["time"].dt.tz_localize(None).to_list() for own in lines.values()],
                "deficit": [own["deficit"].to_list() for own in lines.values()],
                "agent": list(lines),
                "colour": [AGENT_COLOURS[place % len(AGENT_COLOURS)] for place in places],
                "dash": [DASHES[place // len(AGENT_COLOURS) % len(DASHES)] for place in places],
            }
            self.fairness = fairness

    def __panel__(self) -> pn.Column:
        return self._layout


def words(fairness: Fairness) -> str:
    """The three measures with their definitions, and what they do not say, as HTML."""
    found = fairness.measures()
    if not found["n"]:
        return EMPTY
    cards = "".join(
        f'<div class="card kpi" title="{escape(MEASURES[name])}"><b>{_number(found[name])}</b>'
        f"<span>{said}: {escape(MEASURES[name].partition('; ')[2])}</span></div>"
        for name, said in SAID.items()
    )
    had = f"Measured is what each of {found['n']} agents had over what was due to them (x in the formulas)"
    over = f"{had}, of {fairness.n:,} leads. {fairness.caveat}"
    return f'<div class="grid">{cards}</div><p class="soft">{escape(over)}</p>'


def _number(value: float | None) -> str:
    return "–" if value is None else "∞" if value == float("inf") else f"{value:.2f}"
