"""How alerts were handled, by rule: when somebody took them on and when they were over, and how many came back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, HoverTool
from bokeh.transform import dodge

from collab.analytics import Book, handling
from collab.views.asked import number, what
from collab.views.figures import FiguresView
from collab.views.plot import figure
from collab.views.theme import PRIMARY, WARNING
from collab.views.told import empty

ROW = 46
"""The height of a rule's row in pixels."""

LINES = {"taken": (0.16, PRIMARY, "taken on (MTTA)"), "over": (-0.16, WARNING, "over (MTTR)")}
"""Each time's place in its row, its colour, and what it is called."""

NONE = "No alert has fired yet. The rules in force stand on the Alerts tab."


class HandlingView(FiguresView):
    """A row for each rule, the one that fired most on top: mean times with their intervals."""

    title = "Alerts handled"
    question = "How soon does somebody take an alert on, how soon is it over, and which ones come back?"
    invitation = ""

    def widgets(self) -> list[Any]:
        """None: it is about all alerts."""
        return []

    def drawn(self) -> Any:
        """A row for each rule, with a dot and an interval for each of the two times."""
        self.sources = {
            name: ColumnDataSource({key: [] for key in ("y", "x", "low", "high", "said")}) for name in LINES
        }
        self._rules = FactorRange(factors=[])
        plot = figure(height=120, sizing_mode="stretch_width", y_range=self._rules, tools="", toolbar_location=None)
        dots = []
        for name, (place, colour, called) in LINES.items():
            y, source = dodge("y", place, range=self._rules), self.sources[name]
            plot.segment("low", y, "high", y, source=source, line_color=colour, line_width=3)
            dots.append(plot.scatter("x", y, source=source, size=11, color=colour, legend_label=called))
        plot.add_tools(HoverTool(renderers=dots, tooltips=[("", "@y"), ("", "@said")]))
        plot.xaxis.axis_label, plot.ygrid.visible, plot.x_range.start = "seconds from firing", False, 0
        plot.add_layout(plot.legend[0], "above")
        plot.legend.orientation = "horizontal"
        self._figure = plot
        return plot

    def asking(self, book: Book) -> Callable[[], Any]:
        """The alerts of all that is recorded."""
        return partial(_asked, book)

    def show(self, found: pd.DataFrame) -> str:
        """Fill the plot; in words stands how often each rule fired and came back."""
        self._figure.visible = not found.empty
        if found.empty:
            return empty(NONE)
        self._rules.factors = [str(rule) for rule in found["rule"]][::-1]
        self._figure.height = 90 + ROW * len(found)
        for name, source in self.sources.items():
            rows = found[found[name].notna()]
            source.data = {
                "y": [str(rule) for rule in rows["rule"]],
                "x": rows[name].to_numpy(),
                "low": rows[f"{name}_low"].clip(lower=0).fillna(rows[name]).to_numpy(),
                "high": rows[f"{name}_high"].fillna(rows[name]).to_numpy(),
                "said": [_time(row, name) for row in rows.to_dict("records")],
            }
        lines = "".join(f"<li>{_said(row)}</li>" for row in found.to_dict("records"))
        return f'<ul class="list">{lines}</ul>{what(" ".join(found.attrs["definitions"].values()))}'


def _asked(book: Book) -> pd.DataFrame | None:
    return handling(book) if book.last else None


def _time(row: dict[str, Any], name: str) -> str:
    n, low, high = row[f"{name}_n"], max(row[f"{name}_low"], 0.0), row[f"{name}_high"]
    between = f" ({number(low, 's')} to {number(high, 's')})" if n > 1 else ""
    return f"{number(row[name], 's')}{between}, n {n:,}"


def _said(row: dict[str, Any]) -> str:
    open_ = f", {row['open']:,} open" if row["open"] else ""
    often = "once" if row["fired"] == 1 else f"{row['fired']:,} times"
    parts = [f"<b>{escape(str(row['rule']))}</b> ({row['severity']}): fired {often}{open_}"]
    for name, called in (("taken", "taken on after"), ("over", "over after")):
        parts.append(f"{called} {_time(row, name)}" if row[f"{name}_n"] else f"none {called.split()[0]}")
    if row["back_n"]:
        parts.append(f"{row['back']:.0%} of {row['back_n']:,} were back within half an hour")
    return " · ".join(parts)
