"""When a rule in force and its change would have fired: a bar for each alert, from firing to its end."""

from __future__ import annotations

from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, FactorRange, HoverTool, Range1d

from collab.alerts.contrast import Contrast
from collab.views.plot import figure
from collab.views.rule_rows import rough
from collab.views.theme import PRIMARY, WARNING

COLUMNS = ("start", "end", "which", "fill", "when", "lasted", "said")


class RuleBars:
    """A plot with the rule in force above the changed one; `show` fills it."""

    def __init__(self) -> None:
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        self._times = Range1d(0, 1)
        self.plot = self._drawn()

    def _drawn(self) -> Any:
        plot = figure(
            x_axis_type="datetime", x_range=self._times, y_range=FactorRange(factors=["as changed", "in force"]),
            height=190, sizing_mode="stretch_width", toolbar_location=None, tools="",
            x_axis_label="when it would have fired, UTC",
        )  # fmt: skip
        # outlined, so that an alert of a minute in a month is seen
        bars = plot.hbar(
            "which", 0.6, "end", "start", source=self.source, fill_color="fill", line_color="fill", fill_alpha=0.45
        )
        plot.xaxis.formatter = DatetimeTickFormatter(days="%d %b", hours="%d %b %H:%M", minutes="%H:%M")
        tips = [("", "@said"), ("fired", "@when"), ("lasted", "@lasted")]
        plot.add_tools(HoverTool(renderers=[bars], tooltips=tips))
        return plot

    def show(self, found: Contrast) -> None:
        """Show what was found over a history that is not empty."""
        sides = ((found.before, "in force", WARNING), (found.after, "as changed", PRIMARY))
        bars = pd.concat([frame.assign(which=which, fill=fill) for frame, which, fill in sides])
        ended = bars["ended"].fillna(pd.Timestamp(found.ends))
        self.source.data = {
            "start": bars["fired"].dt.tz_localize(None).to_list(),
            "end": ended.dt.tz_localize(None).to_list(),
            "which": bars["which"].to_list(),
            "fill": bars["fill"].to_list(),
            "when": bars["fired"].dt.strftime("%d %b %H:%M:%S").to_list(),
            "lasted": [rough(one) for one in bars["lasted_s"]],
            "said": bars["summary"].to_list(),
        }
        start, end = (1000 * moment.timestamp() for moment in (found.starts, found.ends))
        self._times.update(start=start, end=max(end, start + 1))
