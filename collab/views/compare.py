"""Agents compared: a dot and an interval each, as it was beside it, and bars that join whom nobody can tell apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, Range1d, Span, TapTool

from collab.analytics import Book, Comparison, compare
from collab.views.asked import number, what
from collab.views.figures import WIDE, FiguresView, labels
from collab.views.plot import figure, measured
from collab.views.theme import PRIMARY, WARNING

ROW = 34
"""The height of an agent's row in pixels."""


class CompareView(FiguresView):
    """Agents by a measure, for the same mix of leads."""

    measure = param.Selector(
        default="converted", objects=labels(("share", "time", "mean")), label="Measure", doc="What is compared."
    )
    seen_by = param.String(
        default="", doc="An agent's id: then the others have no names. Empty for whoever may see all."
    )

    title = "Agents compared"
    question = "Who does better with the same leads, as far as anybody can tell?"
    invitation = "Click an agent to see their rows."
    knobs = ("measure", "seen_by")

    def widgets(self) -> list[Any]:
        """The measure."""
        return [pmui.Select.from_param(self.param.measure, min_width=140, styles={"flex": "0 1 260px"}, **WIDE)]

    def drawn(self) -> Any:
        """A row for each agent."""
        names = ("y", "value", "low", "high", "raw", "said", "agent", "n", "apart")
        self.source = ColumnDataSource({name: [] for name in names})
        self.groups = ColumnDataSource({"x": [], "top": [], "bottom": []})
        self._values, self._agents = Range1d(0, 1), Range1d(-0.6, 0.6)
        plot = figure(
            height=120, sizing_mode="stretch_width", x_range=self._values, y_range=self._agents, tools="",
            toolbar_location=None,
        )  # fmt: skip
        lines = plot.segment("low", "y", "high", "y", source=self.source, line_color=PRIMARY, line_width=3)
        dots = plot.scatter("value", "y", source=self.source, size=11, color=PRIMARY)
        raw = plot.scatter("raw", "y", source=self.source, size=9, marker="x", line_color="#8a94a3", line_width=2)
        for glyph in (lines, dots, raw):
            glyph.nonselection_glyph = glyph.glyph
        plot.segment("x", "bottom", "x", "top", source=self.groups, line_color=WARNING, line_width=4)
        self._mean = Span(location=0, dimension="height", line_color="#8a94a3", line_dash="dashed")
        plot.add_layout(self._mean)
        tips = [("", "@agent"), ("adjusted", "@said"), ("rows", "@n{0,0}"), ("differs from", "@apart")]
        plot.add_tools(HoverTool(renderers=[dots, lines], tooltips=tips), TapTool(renderers=[dots, lines]))
        plot.ygrid.visible = False
        self._figure = plot
        self.source.selected.on_change("indices", self._clicked)
        return plot

    def asking(self, book: Book) -> Callable[[], Any]:
        """The comparison of all that is recorded."""
        return partial(_asked, book, self.measure)

    def show(self, found: Comparison) -> str:
        """Fill the plot, the best on top; what is said is the verdict."""
        rows = found.agents.sort_values("value").reset_index(drop=True)
        unit, called = found.measure.unit, self._called(list(rows["agent"]))
        k, bars = len(rows), bands(found, list(rows["agent"]))
        least, most = rows[["low", "raw"]].min().min(), rows[["high", "raw"]].max().max()
        wide = (most - least) or 1.0
        self.source.selected.indices = []
        ends = zip(rows["value"], rows["low"], rows["high"], strict=True)
        self.source.data = {
            **{name: rows[name].to_numpy() for name in ("value", "low", "high", "raw", "n")},
            "y": list(range(k)),
            "said": [f"{number(v, unit)} ({number(a, unit)} to {number(b, unit)})" for v, a, b in ends],
            "agent": [called[agent] for agent in rows["agent"]],
            "apart": [", ".join(called[one] for one in apart) or "nobody" for apart in rows["apart"]],
        }
        self.groups.data = {
            "x": [most + wide * (0.06 + 0.03 * place) for place in range(len(bars))],
            "bottom": [first - 0.25 for first, _ in bars],
            "top": [last + 0.25 for _, last in bars],
        }
        self._values.update(start=least - 0.05 * wide, end=most + wide * (0.09 + 0.03 * len(bars)))
        self._agents.update(start=-0.6, end=k - 0.4)
        self._figure.height = 80 + ROW * k
        self._figure.yaxis.ticker = FixedTicker(ticks=list(range(k)))
        self._figure.yaxis.major_label_overrides = {place: called[agent] for place, agent in enumerate(rows["agent"])}
        measured(self._figure.xaxis[0], found.measure.label, unit)
        self._mean.location = found.mean
        return _words(found, called)

    def _called(self, agents: list[str]) -> dict[str, str]:
        """What agents are called before whoever looks; letters by the order of ids, not of figures."""
        others = sorted({*agents} - {self.seen_by})
        if not self.seen_by:
            return {agent: self.asked.called(agent) for agent in agents}
        hidden = {agent: f"Agent {place + 1}" for place, agent in enumerate(others)}
        return {**hidden, self.seen_by: self.asked.called(self.seen_by)}

    def _clicked(self, name: str, before: list[int], now: list[int]) -> None:
        if now and self.found is not None:
            agent = sorted(zip(self.found.agents["value"], self.found.agents["agent"], strict=True))[now[0]][1]
            if self.seen_by in ("", agent):  # what is of others has their names in it
                self.rows.show(
                    f"{self.found.measure.label}, {self.asked.called(agent)}", self.found.measure.name, None, agent
                )


def bands(found: Comparison, agents: list[str]) -> list[tuple[int, int]]:
    """The longest runs of agents in this order of whom no two can be told apart: first and last place."""
    apart = {frozenset(pair) for pair in found.pairs.loc[found.pairs["apart"], ["one", "other"]].to_numpy().tolist()}
    runs: list[tuple[int, int]] = []
    for first in range(len(agents)):
        last = first
        while last + 1 < len(agents) and all(
            frozenset((agents[last + 1], one)) not in apart for one in agents[first : last + 1]
        ):
            last += 1
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    return runs


def _asked(book: Book, measure: str) -> Comparison | None:
    return compare(book, measure) if book.last else None


def _words(found: Comparison, called: dict[str, str]) -> str:
    left = ", ".join(called.get(one, "an agent") for one in found.left_out)
    few = f" Left out with too few rows: {escape(left)}." if left else ""
    legend = (
        "Dot and line: adjusted and shrunk, with its interval. Cross: as it was. Dashed: the team. An orange bar joins "
        "agents who cannot be told apart."
    )
    return (
        f'<p role="status"><b>{escape(found.verdict)}</b>{few}</p><p class="soft">{legend}</p>{what(found.definition)}'
    )
