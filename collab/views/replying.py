"""A view that replies in words to what somebody does in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

import panel as pn
import panel_material_ui as pmui

from collab.views.notice import Notice
from collab.views.theme import TOUCH, plain


class Replying(pn.viewable.Viewer):
    """Has `said` for its replies, unseen until there is one; what is below lays it out with the rest in `_layout`."""

    _layout: pn.Column

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.said = Notice()

    def _say(self, text: str, severity: str = "error") -> None:
        self.said.param.update(object=plain(text), severity=severity, visible=True)

    def __panel__(self) -> pn.Column:
        return self._layout


def failed(error: Exception) -> str:
    """What to say of a command that failed; where the stream is out of reach it may have been done all the same."""
    said = str(error)
    if not isinstance(error, ConnectionError):
        return said
    said = re.sub(r"\[Errno -?\d+\] ", "", said).rstrip(".")
    return f"{said[:1].upper()}{said[1:]}. It may not have been done: look once Redis answers, then press again."


def pressed(label: str, icon: str, act: Callable[[], Coroutine[Any, Any, None]]) -> pmui.Button:
    """A button that does this."""

    async def press(event: object) -> None:
        await act()

    button = pmui.Button(label=label, icon=icon, variant="outlined", sx=TOUCH)
    button.on_click(press)
    return button
