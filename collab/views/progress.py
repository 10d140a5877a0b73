"""A task on the page: the button that begins it, how far it is, a way to stop it, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.views.notice import Notice
from collab.views.painted import Painted
from collab.views.task import Task
from collab.views.theme import HEARD, plain


class ProgressView(pn.viewable.Viewer):
    """The button of a task; while it is busy a bar with a Cancel button, and an alert where it failed.

    That it begins and how it ends is told to a screen reader, too.
    Meanwhile a press does nothing. The button is not disabled for that: it would lose the keyboard's focus, and Panel's
    React components write back what they drew before if it changes again sooner than a busy browser has drawn it.
    """

    task = param.ClassSelector(class_=Task, doc="What is worked on.")

    def __init__(
        self, task: Task, label: str, begin: Callable[[], None], *, icon: str, doing: str, **params: Any
    ) -> None:
        wide = {"sizing_mode": "stretch_width"}
        self._doing = doing
        self.button = pmui.Button(label=label, variant="outlined", icon=icon, **wide)
        self.cancel = pmui.Button(label="Cancel", variant="text", icon="close", visible=False)
        self.bar = pmui.LinearProgress(value=0, variant="determinate", visible=False, **wide)
        self.words = pn.pane.Markdown("", visible=False, margin=(0, 10))
        self.said = Notice({"margin": (5, 10)})
        self.heard = Painted(role="status", stylesheets=[f":host {{ {HEARD} }}"])
        super().__init__(task=task, **params)  # from here on the task, which may be under way, is told of
        self.button.on_click(lambda event: None if self.task.busy else begin())
        self.cancel.on_click(lambda event: self.task.cancel())
        running = pn.FlexBox(self.words, self.cancel, justify_content="space-between", align_items="center", **wide)
        self._layout = pn.Column(self.button, self.bar, running, self.said, self.heard, **wide)
        self._patch()

    @param.depends("task.busy", "task.done", "task.of", "task.error", watch=True)
    def _patch(self) -> None:
        task = self.task
        with pn.io.hold():
            self.bar.visible = self.cancel.visible = self.words.visible = task.busy
            if task.busy:
                self.words.object = f"{self._doing}: {task.done:,} of {task.of:,}" if task.of else f"{self._doing}…"
                self.bar.value = round(100 * task.done / task.of) if task.of else 0
            self.said.param.update(object=plain(task.error), visible=bool(task.error))

    @param.depends("task.busy", watch=True)
    def _tell(self) -> None:
        task = self.task
        ended = "" if task.error else "cancelled" if task.cancelled else "done"  # an error is told by its alert
        said = "begun" if task.busy else ended
        self.heard.show({"said": said and f"{escape(self.button.label)}: {said}."})

    def __panel__(self) -> pn.Column:
        return self._layout
