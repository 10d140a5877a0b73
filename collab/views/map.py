"""The map of all weights: a triangle for each share of availability, coloured by a column of the sweep."""

from __future__ import annotations

from typing import Any

import panel as pn
import param
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    HoverTool,
    LinearColorMapper,
    NumeralTickFormatter,
    Range1d,
    TapTool,
)

from collab.views.plot import figure
from collab.views.points import Points
from collab.views.theme import WARNING
from collab.whatif.measures import label, unit
from collab.whatif.places import CHOSEN, HEIGHT, PALETTE, TODAY

TIPS = [
    ("weights", "@availability · @expertise · @performance · @responsiveness"),
    ("leads that move", "@share_moved{0.0 %}"),
]


class MapView(pn.viewable.Viewer):
    """The simplex as slices of triangles; a click takes the weights of a point, which the scatter shows, too."""

    points = param.ClassSelector(class_=Points, doc="The points that are shown.")

    def __init__(self, points: Points, **params: Any) -> None:
        super().__init__(points=points, **params)
        self.colours = LinearColorMapper(palette=PALETTE, low=0.0, high=1.0, nan_color="#9aa3ae")
        self.marks = ColumnDataSource({"x": [], "y": []})
        self._tiles: Any = None
        self._scale = ColorBar(
            color_mapper=self.colours, formatter=ticks(""), height=8, padding=4, background_fill_alpha=0
        )
        self._plot = self._drawn()
        self._layout = pn.Column(pn.pane.Bokeh(self._plot, sizing_mode="stretch_width"), sizing_mode="stretch_width")
        points.tuning.param.watch(lambda event: self._patch(), "sweep")
        points.param.watch(lambda event: self._patch(), "metric")
        self._patch()

    def _drawn(self) -> Any:
        sides = {"min_border_left": 16, "min_border_right": 16}  # the last labels of the scale stand half beyond it
        bare = {"toolbar_location": None, "tools": "", "min_border": 4, **sides}
        plot = figure(height=430, sizing_mode="stretch_width", x_range=Range1d(0, 1), y_range=Range1d(0, 1), **bare)
        tile = {"x": "x", "y": "y", "width": 1.0, "height": HEIGHT, "source": self.points.source}
        self._tiles = plot.rect(**tile, fill_color=self._colour(), line_color=None, alpha="alpha")
        self._tiles.nonselection_glyph = self._tiles.glyph  # nothing fades because something is chosen
        chosen = self._tiles.glyph.clone()
        chosen.update(line_color=CHOSEN, line_width=3, fill_alpha=1.0, line_alpha=1.0)
        self._tiles.selection_glyph = chosen
        front = plot.rect(**tile, view=self.points.front, fill_color=None, line_color=WARNING, line_width=2)
        front.nonselection_glyph = front.selection_glyph = front.glyph
        plot.scatter("x", "y", source=self.marks, marker="star", size=16, fill_color=TODAY, line_color="#111820")
        plot.add_tools(HoverTool(tooltips=TIPS, renderers=[self._tiles]), TapTool(renderers=[self._tiles]))
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_color = None
        plot.add_layout(self._scale, "below")
        return plot

    def _colour(self) -> Any:
        return {"field": self.points.metric or "x", "transform": self.colours}

    def _patch(self) -> None:
        points = self.points
        row, data = points.place(points.tuning.today), points.source.data
        if row is None or not len(data["x"]):  # the points may come a moment after their sweep, from its thread
            self.marks.data = {"x": [], "y": []}
            return
        low, high = points.reach(points.metric, margin=0.0)
        self.colours.update(low=low, high=high)
        self._scale.title = label(points.metric)
        self._scale.formatter.format = ticks(points.metric).format  # a bar that is drawn keeps its formatter
        for glyph in (self._tiles.glyph, self._tiles.selection_glyph):
            glyph.fill_color = self._colour()
        for axis, name in ((self._plot.x_range, "x"), (self._plot.y_range, "y")):
            axis.update(start=float(data[name].min()) - 1, end=float(data[name].max()) + 1)
        self.marks.data = {"x": [float(data["x"][row])], "y": [float(data["y"][row])]}

    def __panel__(self) -> pn.Column:
        return self._layout


def ticks(column: str) -> NumeralTickFormatter:
    """How an axis writes the numbers of a column of the sweep."""
    return NumeralTickFormatter(format="0.[0] %" if unit(column) == "share" else "0,0.[00]")
