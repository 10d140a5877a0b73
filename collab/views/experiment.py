"""The experiment: whose turn it is, what its blocks say so far, and each of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, HoverTool, Range1d

from collab.desk import utc_now
from collab.events import ExperimentStarted
from collab.experiment import span
from collab.views.board import Board
from collab.views.forest import ForestView
from collab.views.plot import figure
from collab.views.task import Task
from collab.views.theme import PRIMARY, SHEET, WARNING
from collab.views.told import TUNING, empty, title
from collab.whatif import Verdict, WhatIf
from collab.whatif.answers import BY_BLOCKS
from collab.whatif.by_blocks import METRICS
from collab.whatif.measures import between, change, four, label
from collab.whatif.pairs import FEWEST
from collab.whatif.report import judgements
from collab.whatif.reported import judged_of

ARMS = {"a": (WARNING, "square"), "b": (PRIMARY, "circle")}
"""The fill and the shape of each arm's blocks: colour is never alone."""

REFRESH_S = 30.0
"""How often a running experiment is judged anew while it is on screen."""

NONE = (
    "No experiment has run. One shows what two sets of weights do to the whole team: "
    "WhatIf.experiment plans it, and collab experiment start begins it."
)
READING = "Reading what the blocks say…"


class ExperimentView(pn.viewable.Viewer):
    """The last experiment's differences with their intervals or refusals, and the mean of a metric in each block.

    Args:
        what_if: the log; without it that of the board's office is read, anew as the experiment goes on.
        board: the session's board.
    """

    metric = param.Selector(
        default="converted", objects={label(name): name for name in METRICS}, label="Blocks by", doc="What dots show."
    )
    verdict = param.ClassSelector(class_=Verdict, doc="What is shown; None if no experiment has run.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, what_if: WhatIf | None = None, *, board: Board | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.what_if, self.board = what_if, board
        self.task = Task(None if board is None else board.schedule)
        self._read: datetime | None = None
        self._run = None if board is None else board.frame.experiment
        self.dots = ColumnDataSource(
            {name: [] for name in ("starts", "mean", "arm", "block", "leads", "fill", "shape")}
        )
        self._times, self._means = Range1d(0, 1), Range1d(0, 1)  # a range of no data cannot be worked out
        wide = {"sizing_mode": "stretch_width"}
        self.words = pn.pane.HTML("", stylesheets=[SHEET, TUNING, ForestView.sheet], **wide)
        knob = pmui.Select.from_param(self.param.metric, min_width=200, styles={"flex": "0 1 260px"}, **wide)
        self._blocks = pn.Column(pn.FlexBox(knob, **wide), pn.pane.Bokeh(self._drawn(), **wide), visible=False, **wide)
        self._layout = pn.Column(self.words, self._blocks, **wide)
        self.task.param.watch(lambda event: self._say(), "error")
        if board is not None:
            board.param.watch(lambda event: self._refresh(), "frame")
        self._say()
        self._refresh()

    def _drawn(self) -> Any:
        plot = figure(
            x_axis_type="datetime",
            x_range=self._times,
            y_range=self._means,
            height=260,
            sizing_mode="stretch_width",
            x_axis_label="start of the block, UTC",
            toolbar_location=None,
            tools="",
        )
        dots = plot.scatter(
            "starts", "mean", source=self.dots, marker="shape", color="fill", size=10, legend_field="arm"
        )
        plot.xaxis.formatter = DatetimeTickFormatter(
            days="%d %b", hours="%d %b %H:%M", minutes="%H:%M", seconds="%H:%M:%S"
        )
        plot.add_layout(plot.legend[0], "right")
        plot.legend[0].update(border_line_color=None, background_fill_alpha=0)
        tips = [("block", "@block, @arm"), ("mean", "@mean{0.000}"), ("leads", "@leads")]
        plot.add_tools(HoverTool(renderers=[dots], tooltips=tips))
        return plot

    @param.depends("active", watch=True)
    def _refresh(self) -> None:
        """Judge anew, away from this thread, when an experiment begins or ends and every half minute meanwhile."""
        if not self.active or self.task.busy:
            return
        run = None if self.board is None else self.board.frame.experiment
        old = self._read is None or (utc_now() - self._read).total_seconds() > REFRESH_S
        if self._read is None or run != self._run or (run is not None and old):
            self._read, self._run = utc_now(), run
            self.task.start(lambda heard, stopped: self._judged(), self._take)

    def _judged(self) -> tuple[Verdict | None, str]:
        """The verdict and its words."""
        what_if = self.what_if
        if what_if is None and self.board is not None:
            what_if = self.board.office.what_if()
        if what_if is None or not what_if.experiments():
            return None, f"{title(TITLE)}{empty(NONE)}"
        verdict = what_if.verdict()
        return verdict, words(verdict)

    def _take(self, found: tuple[Verdict | None, str]) -> None:
        verdict, said = found
        with pn.io.hold():
            self._blocks.visible = verdict is not None
            self.words.object = said
            self.verdict = verdict

    @param.depends("verdict", "metric", watch=True)
    def _dots(self) -> None:
        if self.verdict is None:
            return
        found = self.verdict.blocks()
        found = found[found[self.metric].notna()]
        if not len(found):
            self.dots.data = {name: [] for name in self.dots.data}
            return
        starts, means = found["starts"].dt.tz_localize(None), found[self.metric]
        block, around = timedelta(seconds=self.verdict.design.block_s), 0.1 * float(np.ptp(means)) or 0.1
        self._times.update(start=starts.min() - block, end=starts.max() + block)
        self._means.update(start=means.min() - around, end=means.max() + around)
        arms = found["arm"].tolist()
        design = self.verdict.design
        self.dots.data = {
            "starts": starts.to_list(),
            "mean": means.to_list(),
            "arm": [f"arm {arm}: {four(design.weights(arm))}" for arm in arms],
            "block": found["block"].to_list(),
            "leads": found["leads"].to_list(),
            "fill": [ARMS[arm][0] for arm in arms],
            "shape": [ARMS[arm][1] for arm in arms],
        }

    def _say(self) -> None:
        if error := self.task.error:
            self._blocks.visible = False
            self.words.object = f"{title(TITLE)}{empty(f'The blocks cannot be read: {error}', 'alert')}"
        elif self.verdict is None:
            self.words.object = f"{title(TITLE)}{empty(READING)}"

    def wait(self, timeout_s: float = 120.0) -> None:
        """Block until what is shown is read: for scripts, notebooks and tests."""
        self.task.wait(timeout_s)

    def __panel__(self) -> pn.Column:
        return self._layout


TITLE = "What the experiment says"


def turn(run: ExperimentStarted, now: datetime) -> str:
    """Whose turn it is at a moment, and until when, in words; nothing once the experiment is over."""
    design, ends = run.design, run.design.ends(run.starts)
    until = "until somebody stops it" if ends is None else f"until {ends:%d %b %H:%M} UTC"
    who = f"started by {run.by}" + (f": {run.reason}" if run.reason else "")
    place = design.place(run.starts, now)
    if place is None:
        begins = f"An experiment begins {run.starts:%d %b %H:%M} UTC and runs {until}; {who}"
        return begins if now < run.starts else ""
    of = "" if design.blocks is None else f" of {design.blocks}"
    return (
        f"An experiment runs {until}: block {place.block + 1}{of}, arm {place.arm} "
        f"({four(design.weights(place.arm))}) has its turn. Weights are not adopted meanwhile; {who}"
    )


def words(verdict: Verdict) -> str:
    """The arms, the days and the differences, as HTML."""
    design, form = verdict.design, "%d %b %H:%M"
    said = (
        f"Arm b ({four(design.b)}) less arm a ({four(design.a)}), in blocks of {span(design.block_s)} from "
        f"{verdict.starts:{form}} UTC on; it {verdict.state(form)}."
    )
    left = f'<p class="quiet">{escape(leftover(verdict.carry_over()))}</p>'
    return f'{title(TITLE, BY_BLOCKS)}<p class="quiet">{escape(said)}</p>{judgements(judged_of(verdict))}{left}'


def leftover(halves: pd.DataFrame) -> str:
    """Whether blocks leave something to the next, in words, by `Verdict.carry_over`."""
    told = halves[halves["change"].notna()]
    if not len(told):
        few = f"fewer than {FEWEST} pairs of blocks have leads in both halves, or nothing varies"
        return f"Whether the burn-in is long enough cannot be told: {few}."
    odd = told[(told["low"] > 0) | (told["high"] < 0)]
    if not len(odd):
        pairs = int(told["pairs"].max())
        return f"Nothing says that the burn-in is too short, as far as the halves of blocks of {pairs:,} pairs tell."
    found = (
        f"{label(row.metric)} {change(row.metric, row.change)} "
        f"({between(change(row.metric, row.low), change(row.metric, row.high))})"
        for row in odd.itertuples()
    )
    return (
        "The burn-in may be too short: in the first half of what counts of each block the arms differ otherwise than "
        f"in the second, in {'; '.join(found)}. By luck one metric does in up to a quarter of experiments."
    )
