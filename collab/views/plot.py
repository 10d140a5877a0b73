"""Plots in the look that a page gives them anyway: it need not tell each, piece by piece, and draw it again."""

from __future__ import annotations

from typing import Any

from bokeh.models import (
    AdaptiveTicker,
    BasicTicker,
    BasicTickFormatter,
    CustomJSTickFormatter,
    NoOverlap,
    NumeralTickFormatter,
)
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

LASTING = """
const length = Math.abs(tick), sign = tick < 0 ? "-" : ""
if (length < 60) return `${sign}${+length.toFixed(2)} s`
const [unit, each, part, least] = [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]]
  .find((one) => length >= one[1])
const less = Math.floor(length % each / least)
return `${sign}${Math.floor(length / each)} ${unit}${less ? ` ${less} ${part}` : ""}`
"""
"""A tick of seconds as `collab.metrics.lasting` says it."""


def measured(axis: Any, label: str, unit: str) -> None:
    """Let an axis say what it shows and in which unit: seconds and shares as people do, others beside the label."""
    axis.ticker = AdaptiveTicker(base=60, mantissas=[1, 2, 5, 10, 15, 30]) if unit == "s" else BasicTicker()
    if unit in ("s", "share"):
        axis.axis_label = label
        axis.formatter = CustomJSTickFormatter(code=LASTING) if unit == "s" else NumeralTickFormatter(format="0[.]0 %")
    else:
        axis.axis_label, axis.formatter = f"{label} ({unit})", BasicTickFormatter()


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
