"""The what-if: four linked sliders; the history is rescored as one moves."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import Future
from html import escape
from typing import Any

import panel as pn
import param
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, NumeralTickFormatter, Range1d
from bokeh.transform import dodge

from collab.desk import utc_now
from collab.records import FACTORS
from collab.views.board import Board
from collab.views.flows import LOOK, flows
from collab.views.painted import Painted
from collab.views.period import PeriodView, decisions
from collab.views.plot import figure
from collab.views.sliders import WeightSliders
from collab.views.theme import PRIMARY, SHEET
from collab.views.told import empty
from collab.weights import Weights
from collab.whatif import Rescored, WhatIf
from collab.whatif.reading import Window

REFRESH_S = 10.0
"""How often new decisions join the what-if that is shown."""

GREY = "#8a94a3"
"""The fill of what was, beside what would have been."""

SHARES = "Each agent's share of the leads, before (grey) and after (blue)"
MOVES = "Leads that would have moved, from (rows) to (columns)"
"""What the plot and the table show."""

TOP = 6
"""How many of the largest moves are listed in words."""

ROOM = ".pieces > [data-piece=moves] { min-height: 250px; }"
"""The list of moves takes as much room however long it is, so that the plots below stay where they are."""

READING = empty("Reading the history…")
NONE_THEN = empty("No lead was given away then. Look at more hours, or at all decisions.")


class WhatIfView(pn.viewable.Viewer):
    """Sliders over logged decisions: how many leads would have gone elsewhere, to whom, and each agent's share.

    `period` may narrow them to the hours before an alert.

    Args:
        what_if: the logged decisions; without it those of the board's office are read.
        board: the session's board; with it, new decisions join as they are recorded.
        weights: the sliders' start.
        period: the time that is looked at, if others choose it, too.
    """

    weights = param.ClassSelector(class_=Weights, doc="The weights that the sliders move.")
    rescored = param.ClassSelector(class_=Rescored, doc="The history under these weights.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(
        self,
        what_if: WhatIf | None = None,
        *,
        board: Board | None = None,
        weights: Weights | None = None,
        period: PeriodView | None = None,
        **params: Any,
    ) -> None:
        super().__init__(weights=weights or Weights(), **params)
        self.what_if, self.board = what_if, board
        self._read, self._reading, self.period = utc_now(), False, period or PeriodView()
        self._names: dict[str, str] = {}
        in_force = None if board is None else lambda: board.shared.team.weights.values
        self._knobs = WeightSliders(self.weights, in_force, active=self.active)
        self.sliders, self.back = self._knobs.sliders, self._knobs.back
        self.told = Painted(stylesheets=[SHEET, ROOM], margin=(5, 10), sizing_mode="stretch_width")
        self.shares = ColumnDataSource({"agent": [], "before": [], "after": [], "leads_before": [], "leads_after": []})
        self.flows = Painted(stylesheets=[SHEET, LOOK], margin=(5, 10), sizing_mode="stretch_width")
        self._agents = FactorRange(factors=[""])
        self._until = Range1d(0, 1)
        self._layout = self._build()
        self.weights.param.watch(lambda *events: self._rescore(), list(FACTORS))
        if board is not None:
            board.param.watch(lambda event: self._refresh(), "frame")
            self.period.param.watch(lambda *events: self._turn(), ["around", "hours"])
        if what_if is not None:
            self._names = what_if.names
            self._rescore(force=True)
        else:
            self._say(READING)
            self._refresh(force=True)

    def _build(self) -> pn.Column:
        sliders = pn.FlexBox(
            pn.Column(self._knobs, min_width=240, styles={"flex": "1 1 280px"}),
            pn.Column(self.told, min_width=240, styles={"flex": "2 1 380px"}),
            gap="24px",
            sizing_mode="stretch_width",
        )
        half = {"min_width": 240, "styles": {"flex": "1 1 380px"}}
        shares = pn.Column(_title(SHARES), pn.pane.Bokeh(self._share_plot(), sizing_mode="stretch_width"), **half)
        moves = pn.Column(_title(MOVES), self.flows, **half)
        plots = pn.FlexBox(shares, moves, gap="24px", sizing_mode="stretch_width")
        return pn.Column(self.period, sliders, plots, sizing_mode="stretch_width")

    def _share_plot(self) -> Any:
        plot = figure(
            x_range=self._until,
            y_range=self._agents,
            height=320,
            sizing_mode="stretch_width",
            x_axis_label="share of the leads",
            toolbar_location=None,
            tools="",
        )
        plot.hbar(
            y=dodge("agent", 0.18, range=plot.y_range), right="before", height=0.32, color=GREY, source=self.shares
        )
        plot.hbar(
            y=dodge("agent", -0.18, range=plot.y_range), right="after", height=0.32, color=PRIMARY, source=self.shares
        )
        plot.xaxis.formatter = NumeralTickFormatter(format="0 %")
        tips = [
            ("agent", "@agent"),
            ("before", "@leads_before (@before{0.0 %})"),
            ("after", "@leads_after (@after{0.0 %})"),
        ]
        plot.add_tools(HoverTool(tooltips=tips))
        return plot

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        self._knobs.active = self.active
        self._rescore()
        self._refresh(force=self.what_if is None)

    def _turn(self) -> None:
        """Another time is looked at."""
        self._say(READING)
        self._refresh(force=True)

    def _refresh(self, force: bool = False) -> None:
        """Read decisions that are new in the history, away from this thread, then rescore."""
        if self.board is None or self._reading:
            return
        board, window = self.board, self.period.window
        old = window is None and (utc_now() - self._read).total_seconds() > REFRESH_S  # what is past does not change
        if force or (self.active and old):
            self._reading = True
            found = board.office.call(asyncio.to_thread(decisions, board.office, window))
            found.add_done_callback(lambda future: board.schedule(lambda: self._take(future, window)))

    def _take(self, found: Future[WhatIf], window: Window | None) -> None:
        self._read, self._reading = utc_now(), False
        if window != self.period.window:  # somebody looks at another time by now
            self._refresh(force=True)
            return
        if error := found.exception():
            self._say(empty(f"The history cannot be read: {error}", "alert"))
            return
        self.what_if = found.result()
        if self.board is not None:
            self._names = self.board.frame.names
        self._rescore(force=True)

    def _rescore(self, force: bool = False) -> None:
        if self.what_if is None or not (self.active or force):
            return
        values = self.weights.integers()
        if not force and self.rescored is not None and self.rescored.weights == values:
            return
        rescored = self.what_if.rescore(self.weights)
        with pn.io.hold():
            self._show(rescored)
            self.rescored = rescored

    def _show(self, rescored: Rescored) -> None:
        names = {agent: self._names.get(agent, agent) for agent in rescored.agents}
        agents = list(names.values())
        moved = rescored.moves()
        said = words(rescored) if rescored.n or self.period.window is None else NONE_THEN
        self._say(said, moves([(names[one], names[other], leads) for one, other, leads in moved]) if rescored.n else "")
        self.flows.show({"flows": flows(moved, names) if rescored.n else ""})
        before, after = (list(shares.values()) for shares in (rescored.before, rescored.after))
        if self._agents.factors != agents[::-1]:
            self._agents.factors = agents[::-1]
        # Lists, because a small array would travel in two frames of its own.
        self.shares.data = {
            "agent": agents,
            "before": before,
            "after": after,
            "leads_before": rescored.counts.sum(axis=1).tolist(),
            "leads_after": rescored.counts.sum(axis=0).tolist(),
        }
        self._until.end = min(1.0, math.ceil(10 * max([*before, *after], default=1.0) + 0.2) / 10)

    def _say(self, words: str, moves: str = "") -> None:
        self.told.show({"words": words, "moves": moves})

    def __panel__(self) -> pn.Column:
        return self._layout


def _title(text: str) -> pn.pane.HTML:
    return pn.pane.HTML(f"<h3>{escape(text)}</h3>", stylesheets=[SHEET], sizing_mode="stretch_width")


def words(rescored: Rescored) -> str:
    """What moved, in words, with what rescoring cannot say, as HTML."""
    if not rescored.n:
        return '<div class="empty">No decision is in the history yet. Route a lead, then move a weight.</div>'
    out = rescored.left_out
    left = f" {out:,} overridden {'one is' if out == 1 else 'ones are'} left out." if out else ""
    return (
        f'<div class="card kpi" role="status" aria-live="polite"><b>{rescored.moved:,} of {rescored.n:,}</b>'
        f"<span>logged leads ({100 * rescored.share_moved:.1f} %) would have gone to somebody else.{left}</span></div>"
        f'<p class="soft">{escape(rescored.caveat)}</p>'
    )


def moves(flows: Sequence[tuple[str, str, int]]) -> str:
    """The largest moves from one agent to another, as HTML."""
    largest = sorted(flows, key=lambda move: -move[2])[:TOP]
    if not largest:
        return '<div class="empty">Move a weight to see who would have got what.</div>'
    rows = "".join(
        f"<tr><td>{escape(source)} → {escape(target)}</td><td>{leads:,}</td></tr>" for source, target, leads in largest
    )
    return f"<table><tr><th>largest moves</th><th>leads</th></tr>{rows}</table>"
