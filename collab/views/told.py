"""A part of the tuning page that is told as HTML, anew when what it tells of changes."""

from __future__ import annotations

from abc import abstractmethod
from html import escape
from typing import Any, ClassVar

import panel as pn
import param

from collab.views.painted import Painted
from collab.views.theme import SHEET
from collab.views.tuning import Tuning

TUNING = """
h3 { margin-bottom: 4px; } h4 { margin: 14px 0 2px; font-size: 14px; }
p { margin: 4px 0; } .question { font-weight: 600; } .quiet { color: var(--soft); font-size: 13px; }
.stale { opacity: .55; }
"""
"""What the parts of the page have in common beside `SHEET`."""


class Told(pn.viewable.Viewer, param.ParameterizedABC):
    """Shows what `said` returns; a class below it names in `of` the parameters of the tuning that it depends on."""

    tuning = param.ClassSelector(class_=Tuning, doc="What is tuned.")
    of: ClassVar[tuple[str, ...]] = ()
    sheet: ClassVar[str] = ""

    def __init__(self, tuning: Tuning, **params: Any) -> None:
        super().__init__(tuning=tuning, **params)
        sheets = [SHEET, TUNING, *([self.sheet] if self.sheet else [])]
        self.pane = Painted(stylesheets=sheets, margin=(5, 10), sizing_mode="stretch_width")
        self._patch()
        tuning.param.watch(self._patch, list(self.of))

    @abstractmethod
    def said(self) -> str:
        """The HTML of what is known now."""

    def _patch(self, *events: Any) -> None:
        self.pane.show({"said": self.said()})

    def __panel__(self) -> Painted:
        return self.pane


def title(text: str, question: str = "") -> str:
    """The heading of a part, with the question that its figures answer."""
    asked = f'<p class="question">The question: {escape(question)}.</p>' if question else ""
    return f"<h3>{escape(text)}</h3>{asked}"


def empty(text: str, role: str = "status") -> str:
    """What stands where nothing is known yet: it says what to do; with the role `alert`, what went wrong."""
    return f'<div class="empty" role="{role}">{escape(text)}</div>'
