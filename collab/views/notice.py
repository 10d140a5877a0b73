"""What is said above or below something, when there is something to say."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.views.theme import BRIEF
from collab.views.unfolding import Unfolding


class Alert(pmui.Alert):
    """An alert that says what it is told here, whatever a browser says.

    React writes back what it drew before if the words change again sooner than a busy browser has drawn them. The
    library would take that for Markdown, and show its tags.
    """

    def _process_property_change(self, props: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in props.items() if name not in ("object", "severity")}
        if len(kept) < len(props):
            self.param.trigger("object", "severity")  # else the browser would go on showing what it drew before
        return super()._process_property_change(kept)


class Notice(pn.viewable.Viewer):
    """An alert that is made when it is seen first: a page has many that never say anything."""

    object = param.String(default="", doc="What it says, as Markdown.")
    severity = param.Selector(default="error", objects=["error", "warning", "info", "success"], doc="How grave it is.")
    visible = param.Boolean(default=False, doc="Is it there?")
    brief = param.Boolean(default=False, doc="Is it one line on a phone, until it is unfolded?")

    def __init__(self, look: dict[str, Any] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.look = look or {}
        self._layout = pn.Column(visible=False, sizing_mode="stretch_width")
        self._show()

    @param.depends("object", "severity", "visible", watch=True)
    def _show(self) -> None:
        told = {"object": self.object, "severity": self.severity}
        if self._layout.objects:
            self._layout[0].param.update(**told)
        elif self.visible:
            parts, look = ([Unfolding()], {"sx": BRIEF}) if self.brief else ([], {})
            look = told | {"closeable": False, "sizing_mode": "stretch_width"} | look | self.look
            self._layout.append(Alert(*parts, **look))
        self._layout.visible = self.visible

    def __panel__(self) -> pn.Column:
        return self._layout
