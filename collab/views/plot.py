"""Plots in the look that a page gives them anyway: it need not tell each, piece by piece, and draw it again."""

from __future__ import annotations

from typing import Any

from bokeh.models import NoOverlap
from bokeh.plotting import figure as bare

FONT = '"Roboto", "Helvetica", "Arial", sans-serif'
INK, SOFT, LINE = "rgba(0, 0, 0, 0.87)", "rgba(0, 0, 0, 0.6)", "rgba(0, 0, 0, 0.22)"

AXIS = {
    **dict.fromkeys(("axis_line_color", "major_tick_line_color", "minor_tick_line_color"), LINE),
    **dict.fromkeys(("axis_line_alpha", "major_tick_line_alpha", "minor_tick_line_alpha"), 0),
    "major_label_text_color": SOFT,
    "major_label_text_font": FONT,
    "major_label_text_font_size": "0.925em",
    "axis_label_text_color": INK,
    "axis_label_text_font": FONT,
    "axis_label_text_font_size": "1em",
    "axis_label_text_font_style": "normal",
    "axis_label_standoff": 12,
}
"""What the theme of panel-material-ui makes of axes in the light; in the dark, and in a notebook, it does so itself."""

TITLE = {"text_color": INK, "text_font": FONT, "text_font_size": "1.05em", "text_font_style": "normal"}


def figure(**given: Any) -> Any:
    """A plot, as `bokeh.plotting.figure` makes it."""
    plot = bare(outline_line_color=INK, outline_line_alpha=0, **given)
    for axis in plot.axis:
        axis.update(**AXIS)
    for axis in plot.xaxis:
        axis.major_label_policy = NoOverlap(min_distance=8)  # a phone has no room for all
    for grid in plot.grid:
        grid.grid_line_color = "rgba(0, 0, 0, 0.1)"
    plot.title.update(**TITLE)
    return plot
