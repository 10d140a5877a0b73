"""The rows behind a figure that was clicked, with a file of all of them."""

from __future__ import annotations

import io
from html import escape
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from collab.analytics import rows
from collab.analytics.spans import Spans
from collab.views.asked import Asked
from collab.views.task import Task
from collab.views.theme import SHEET

SHOWN = 100
"""So many rows are shown; the file has all."""

COLUMNS = {"time": "time", "lead": "lead", "agent": "agent", "value": "value", "decision": "decision"}


class RowsView(pn.viewable.Viewer):
    """A table of the rows of a measure in some spans of time; it stands empty until a figure is clicked."""

    asked = param.ClassSelector(class_=Asked, doc="What is asked.")
    frame = param.DataFrame(default=None, doc="All rows behind the figure that was clicked last.")

    def __init__(self, asked: Asked, invitation: str, **params: Any) -> None:
        super().__init__(asked=asked, **params)
        self.task, self._title, self._invitation = Task(asked.schedule), "", invitation
        self._pane = pn.pane.HTML("", stylesheets=[SHEET], sizing_mode="stretch_width")
        self.file = pmui.FileDownload(callback=self._csv, filename="rows.csv", label="All rows as CSV", visible=False)
        self._layout = pn.Column(self._pane, self.file, sizing_mode="stretch_width")
        self.task.param.watch(lambda event: self._patch(), "error")
        self._patch()

    def show(self, title: str, measure: str, spans: Spans | None, agent: str | None = None) -> None:
        """Read the rows behind a figure, away from this thread, and show them."""
        book, self._title = self.asked.book, title
        self.task.start(lambda heard, stopped: rows(book.history, measure, spans, agent), self._take)

    def clear(self) -> None:
        """Show none, as what was clicked is gone."""
        self.task.cancel()
        self._take(None)

    def _take(self, found: pd.DataFrame | None) -> None:
        self.frame = found
        self._patch()

    def _patch(self) -> None:
        with pn.io.hold():
            self.file.visible = self.frame is not None and len(self.frame) > 0
            if self.task.error:
                said = f"The rows cannot be read: {escape(self.task.error)}"
                self._pane.object = f'<div class="empty" role="alert">{said}</div>'
            elif self.frame is None:
                self._pane.object = f'<p class="soft">{escape(self._invitation)}</p>'
            else:
                self._pane.object = self._table(self.frame)

    def _table(self, frame: pd.DataFrame) -> str:
        head = "".join(f'<th scope="col">{escape(title)}</th>' for title in COLUMNS.values())
        zone = self.asked.zone
        shown = frame.head(SHOWN)
        times = shown["time"].dt.tz_convert(zone).dt.strftime("%a %d %b %H:%M:%S")
        cells = shown.assign(
            time=times,
            agent=shown["agent"].fillna("–").map(self.asked.called),
            value=shown["value"].map("{:,.2f}".format),
        ).fillna("–")
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(str(one))}</td>' for one in row)}</tr>"
            for row in cells[list(COLUMNS)].itertuples(index=False)
        )
        many = f"{len(frame):,} rows" + (f", the first {SHOWN} shown" if len(frame) > SHOWN else "")
        said = f'<p role="status"><b>{escape(self._title)}</b>: {many}. Times in {escape(zone)}.</p>'
        return f'{said}<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'

    def _csv(self) -> io.StringIO:
        file = io.StringIO()
        if self.frame is not None:
            self.frame.to_csv(file, index=False)
        file.seek(0)
        return file

    def __panel__(self) -> pn.Column:
        return self._layout
