"""Knobs that narrow a list, in a row; on a phone they are folded away until somebody asks for them."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

ON_PHONES = "@media (min-width: 601px) { :host { display: none !important; } }"
FOLDED = "@media (max-width: 600px) { :host(:not(.shown)) { display: none !important; } }"

WIDE = {"sizing_mode": "stretch_width"}


class Filters(pn.viewable.Viewer):
    """A row of knobs, each without a value at first; while one has a value, a phone shows them, too."""

    shown = param.Boolean(default=False, label="Filters", doc="Are they to be seen on a phone? Else they always are.")

    def __init__(self, *knobs: Any, **params: Any) -> None:
        super().__init__(**params)
        toggle = pmui.Toggle.from_param(
            self.param.shown, icon="filter_list", description="Filters", stylesheets=[ON_PHONES]
        )
        self._row = pn.FlexBox(*knobs, gap="8px", stylesheets=[FOLDED], **WIDE)
        self._layout = pn.Column(toggle, self._row, margin=0, **WIDE)
        for knob in knobs:
            knob.param.watch(self._set, "value")
        self.shown = any(knob.value for knob in knobs)

    def _set(self, event: Any) -> None:
        self.shown |= bool(event.new)

    @param.depends("shown", watch=True)
    def _fold(self) -> None:
        self._row.css_classes = ["shown"] if self.shown else []

    def __panel__(self) -> pn.Column:
        return self._layout
