"""The theme of a page that keeps none: the dashboard's in this browser, else the system's."""

from __future__ import annotations

from typing import Any

import panel as pn
import param
from panel.custom import JSComponent


class System(JSComponent):
    """Shows nothing; says whether this person likes it dark."""

    dark = param.Boolean(default=None, allow_None=True, doc="Is it dark, once the browser has said so?")

    _esm = """
    export function render({ model }) {
      let kept
      try { kept = JSON.parse(localStorage.getItem("collab"))?.dark } catch {}
      model.dark = kept ?? matchMedia("(prefers-color-scheme: dark)").matches
    }
    """


def following(shown: Any) -> System:
    """Gives a page that theme."""
    system = System(width=0, height=0, margin=0)
    # before a page has said that it is ready, Panel drops what it is told
    system.param.watch(lambda event: pn.state.onload(lambda: setattr(shown, "dark_theme", event.new)), "dark")
    return system
