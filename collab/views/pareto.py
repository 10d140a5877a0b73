"""The scatter of two columns of the sweep: what one costs in the other, with the front that no weights beat."""

from __future__ import annotations

from typing import Any

import panel as pn
import param
from bokeh.models import HoverTool, Range1d, TapTool

from collab.views.map import TIPS, ticks
from collab.views.plot import figure
from collab.views.points import Points
from collab.views.theme import PRIMARY, WARNING
from collab.whatif.measures import label
from collab.whatif.places import CHOSEN


class ParetoView(pn.viewable.Viewer):
    """All weights by two columns; what is chosen here is chosen on the map, and the other way round."""

    points = param.ClassSelector(class_=Points, doc="The points that are shown.")

    def __init__(self, points: Points, **params: Any) -> None:
        super().__init__(points=points, **params)
        ranges = {"x_range": Range1d(0, 1), "y_range": Range1d(0, 1)}
        plot = figure(height=430, sizing_mode="stretch_width", toolbar_location=None, tools="", **ranges)
        source = points.source
        self._all = plot.scatter("x", "y", source=source, size=6, color=PRIMARY, alpha="alpha", line_color=None)
        self._all.nonselection_glyph = self._all.glyph
        chosen = self._all.glyph.clone()
        chosen.update(size=13, line_color=CHOSEN, line_width=3, fill_alpha=1.0)
        self._all.selection_glyph = chosen
        self._front = plot.scatter(
            "x", "y", source=source, view=points.front, size=9, fill_color=None, line_color=WARNING, line_width=2
        )
        self._front.nonselection_glyph = self._front.selection_glyph = self._front.glyph
        plot.add_tools(HoverTool(tooltips=TIPS, renderers=[self._all]), TapTool(renderers=[self._all]))
        self._plot = plot
        self._layout = pn.Column(pn.pane.Bokeh(plot, sizing_mode="stretch_width"), sizing_mode="stretch_width")
        points.param.watch(lambda *events: self._patch(), ["metric", "across"])
        points.tuning.param.watch(lambda event: self._patch(), "sweep")
        self._patch()

    def _patch(self) -> None:
        points = self.points
        across, up = points.across, points.metric
        if up and across in points.source.data:
            for glyph in (self._all.glyph, self._all.selection_glyph, self._front.glyph):
                glyph.update(x=across, y=up)
            for axis, name in ((self._plot.x_range, across), (self._plot.y_range, up)):
                start, end = points.reach(name)
                axis.update(start=start, end=end)
            for side, name in ((self._plot.xaxis, across), (self._plot.yaxis, up)):
                side.axis_label, side.formatter = label(name), ticks(name)

    def __panel__(self) -> pn.Column:
        return self._layout
