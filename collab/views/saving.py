"""Saving all weights as a page that works without a server: a button, how far it is, and the file."""

from __future__ import annotations

from io import BytesIO

import panel as pn
import panel_material_ui as pmui
import param

from collab.views.progress import ProgressView
from collab.views.task import Task
from collab.views.tuning import Tuning


class SavingView(pn.viewable.Viewer):
    """The page of a tuning's log, made when asked for, to be taken along until another log is asked."""

    tuning = param.ClassSelector(class_=Tuning, doc="What is tuned.")
    step = param.Number(0.05, doc="The step of the grid, a share of 1.")

    def __init__(self, tuning: Tuning, **params: object) -> None:
        super().__init__(tuning=tuning, **params)
        wide = {"sizing_mode": "stretch_width"}
        self.task = Task()
        self._page = b""
        self.make = ProgressView(self.task, "Save as a page", self._make, icon="save", doing="Asking about weights")
        self.download = pmui.FileDownload(
            callback=lambda: BytesIO(self._page),
            filename="weights.html",
            label="Download the page",
            visible=False,
            **wide,
        )
        self._layout = pn.Column(self.make, self.download, **wide)
        tuning.param.watch(lambda event: self._take(b""), "study")

    def _make(self) -> None:
        step = self.step
        if (study := self.tuning.study) is not None:
            self.task.start(
                lambda heard, stopped: (study, study.page(step, heard, stopped)), lambda found: self._made(*found)
            )

    def _made(self, study: object, page: bytes) -> None:
        if study is self.tuning.study:
            self._take(page)

    def _take(self, page: bytes) -> None:
        self._page, self.download.visible = page, bool(page)

    def __panel__(self) -> pn.Column:
        return self._layout
