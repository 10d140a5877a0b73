"""A field for a number that may be empty."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui
from bokeh.models import CustomJSTickFormatter


class NumberField(pmui.FloatInput):
    """A field for a number that shows what it holds: nothing while it is empty, where Panel's own shows 0.0."""

    def _get_properties(self, doc: Any) -> dict[str, Any]:
        """What is drawn; each drawing has a format of its own, because it is of one document only."""
        properties: dict[str, Any] = super()._get_properties(doc)
        properties["data"].format = CustomJSTickFormatter(code='return tick == null ? "" : String(tick)')
        return properties
