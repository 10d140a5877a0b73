"""A week of 168 cells in a time zone: empty is not zero, and a click shows the rows of a cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import param
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LinearColorMapper, Range1d, TapTool

from collab.analytics import Book, Heat, heat
from collab.rules.hours import WEEKDAYS
from collab.views.asked import number, what
from collab.views.figures import FiguresView, labels
from collab.views.plot import figure
from collab.whatif.places import CHOSEN

INK = "#2f80d0"
"""The colour of a full cell, which stands out from a light and from a dark page."""

SHADES = [f"{INK}{round(255 * share):02x}" for share in np.linspace(0.15, 1, 9)]
"""From little to much: the more, the less of the page shows through. Much is dark on a light page, bright on a dark."""


class HeatView(FiguresView):
    """A measure by weekday and hour, over all that is recorded."""

    measure = param.Selector(
        default="response_s", objects=labels(("time", "share", "mean", "count")), label="Measure", doc="What is shown."
    )

    title = "Through the week"
    question = "At which hours of which days does it go well, and when badly?"
    invitation = "Click a cell to see its rows."
    knobs = ("measure",)

    def drawn(self) -> Any:
        """The cells, Monday on top; one that cannot be said is an outline."""
        weekday, hour = np.divmod(np.arange(168), 24)
        blank = {"value": np.full(168, np.nan), "n": np.zeros(168, int), "said": [""] * 168, "seen": [""] * 168}
        when = [f"{WEEKDAYS[day]} {at:02}:00–{at + 1:02}:00" for day, at in zip(weekday, hour, strict=True)]
        self.source = ColumnDataSource({"x": hour + 0.5, "y": 6 - weekday, "when": when, **blank})
        self.colours = LinearColorMapper(palette=SHADES, low=0.0, high=1.0, nan_color="rgba(0, 0, 0, 0)")
        plot = figure(
            height=280, sizing_mode="stretch_width", x_range=Range1d(0, 24), y_range=Range1d(-0.5, 6.5), tools="",
            toolbar_location=None, min_border=4, min_border_right=12,
        )  # fmt: skip
        fill = {"field": "value", "transform": self.colours}
        cells = plot.rect(
            "x", "y", 0.94, 0.9, source=self.source, fill_color=fill, line_color="#8a94a3", line_alpha=0.4
        )
        cells.nonselection_glyph = cells.glyph
        chosen = cells.glyph.clone()
        chosen.update(line_color=CHOSEN, line_width=3, line_alpha=1.0)
        cells.selection_glyph = chosen
        tips = [("", "@when"), ("value", "@said"), ("rows", "@n{0,0}"), ("looked at", "@seen")]
        plot.add_tools(HoverTool(renderers=[cells], tooltips=tips), TapTool(renderers=[cells]))
        plot.yaxis.ticker = FixedTicker(ticks=list(range(7)))
        plot.yaxis.major_label_overrides = {6 - day: name for day, name in enumerate(WEEKDAYS)}
        plot.xaxis.ticker = FixedTicker(ticks=[0, 3, 6, 9, 12, 15, 18, 21, 24])
        plot.grid.visible = False
        plot.outline_line_color = None
        self.source.selected.on_change("indices", self._clicked)
        return plot

    def asking(self, book: Book) -> Callable[[], Any]:
        """The week of all that is recorded."""
        return partial(heat, book, self.measure, self.asked.zone)

    def show(self, found: Heat) -> str:
        """Fill the cells; what is said is the scale and what is empty."""
        value, unit = found.value.ravel(), found.measure.unit
        ends = zip(value, found.low.ravel(), found.high.ravel(), strict=True)
        known = value[~np.isnan(value)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        if found.measure.kind in ("time", "count"):
            low = 0.0
        # one odd hour must not make all others look alike
        high = min(high, float(np.percentile(known, 95))) if len(known) else high
        self.colours.update(low=low, high=high if high > low else low + 1)
        self.source.selected.indices = []
        self.source.data = {
            **self.source.data,
            "value": value,
            "n": found.n.ravel(),
            "said": [
                "–" if v != v else f"{number(v, unit)} ({number(a, unit)} to {number(b, unit)})" for v, a, b in ends
            ],
            "seen": [f"{hours:.1f} h" for hours in found.seen_h.ravel()],
        }
        steps = "".join(f'<i style="background:{colour}"></i>' for colour in SHADES)
        empty = int(np.isnan(value).sum())
        scale = (
            f'<div class="row soft" style="justify-content:flex-start;align-items:center">{number(low, unit)}'
            f'<span class="scale" aria-hidden="true">{steps}</span>{number(high, unit)} or more</div>'
            "<style>.scale { display: inline-flex; } .scale i { width: 22px; height: 12px; }</style>"
        )
        said = f'<p class="soft">{found.n.sum():,} rows; {empty} of 168 hours are empty (outlines), which is not 0.</p>'
        return f"{scale}{said}{what(found.definition)}"

    def _clicked(self, name: str, before: list[int], now: list[int]) -> None:
        if now and self.found is not None:
            title = f"{self.found.measure.label}, {self.source.data['when'][now[0]]}"
            self.rows.show(title, self.found.measure.name, self.found.cell(*divmod(now[0], 24)))
