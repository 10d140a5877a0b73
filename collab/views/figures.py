"""What the views of analytics have in common: they ask away from the page, and say so when there is nothing to show."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from html import escape
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param

from collab.analytics import Book
from collab.analytics.measure import MEASURES
from collab.history import History
from collab.views.asked import EMPTY, Asked
from collab.views.rows import RowsView
from collab.views.task import Task
from collab.views.theme import SHEET
from collab.views.told import empty

WHAT = """
details p { margin: 4px 0; max-width: 70em; }
p { margin: 4px 0; } .question { font-weight: 600; }
"""

WIDE = {"sizing_mode": "stretch_width"}


class FiguresView(pn.viewable.Viewer, param.ParameterizedABC):
    """Asks when the book, the zone or a knob changes, and shows the answer; a class below it says what and how.

    Args:
        asked: what is asked, shared with other views; or a history, for a view that stands alone.
    """

    asked = param.ClassSelector(class_=Asked, doc="What is asked.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it asks nothing.")
    found = param.Parameter(doc="The answer that is shown.")

    title: ClassVar[str] = ""
    question: ClassVar[str] = ""
    invitation: ClassVar[str] = ""
    knobs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, asked: Asked | History, **params: Any) -> None:
        super().__init__(asked=asked if isinstance(asked, Asked) else Asked(asked), **params)
        self.task = Task(self.asked.schedule)
        self.rows = RowsView(self.asked, self.invitation)
        head = f'<h3>{escape(self.title)}</h3><p class="soft">{escape(self.question)}</p>'
        sheets = [SHEET, WHAT]
        self.words = pn.pane.HTML("", stylesheets=sheets, **WIDE)
        # in a column, as a Bokeh pane that was hidden again takes the hidden figure's word and stays hidden
        self.plot = pn.Column(pn.pane.Bokeh(self.drawn(), **WIDE), visible=False, **WIDE)
        self._layout = pn.Column(
            pn.pane.HTML(head, stylesheets=sheets, **WIDE),
            pn.FlexBox(*self.widgets(), gap="16px", **WIDE),
            self.words,
            self.plot,
            self.rows,
            **WIDE,
        )
        self.asked.param.watch(lambda *events: self.ask(), ["book", "zone"])
        self.asked.opening.param.watch(lambda *events: self._say(), "error")
        self.task.param.watch(lambda *events: self._say(), "error")
        self.param.watch(lambda *events: self.ask(), [*self.knobs, "active"])
        self._say()
        self.ask()

    def widgets(self) -> list[Any]:
        """The knobs above the plot, and the time zone."""
        look = {"min_width": 140, "styles": {"flex": "1 1 160px"}, **WIDE}
        knobs = (*(self.param[name] for name in self.knobs), self.asked.param.zone)
        return [pmui.Select.from_param(one, **look) for one in knobs]

    @abstractmethod
    def drawn(self) -> Any:
        """The plot, once; `show` fills it."""

    @abstractmethod
    def show(self, found: Any) -> str:
        """Fill the plot with an answer; what is said above it as HTML."""

    def wait(self, timeout_s: float = 120.0) -> None:
        """Block until all that was asked is answered: for scripts, notebooks and tests."""
        for task in (self.asked.opening, self.task, self.rows.task):
            task.wait(timeout_s)

    def ask(self) -> None:
        """Ask again, away from this thread."""
        book = self.asked.book
        if book is not None and self.active:
            ask = self.asking(book)
            self.task.start(lambda heard, stopped: ask(), self._take)

    @abstractmethod
    def asking(self, book: Book) -> Callable[[], Any]:
        """What to call in another thread, with the knobs as they are now; it returns None if there is nothing."""

    def _take(self, found: Any) -> None:
        with pn.io.hold():
            self.plot.visible = found is not None
            self.words.object = empty(EMPTY) if found is None else self.show(found)
            self.found = found
            self.rows.clear()

    def _say(self) -> None:
        if error := self.task.error or self.asked.opening.error:
            self.plot.visible = False
            self.words.object = empty(f"This cannot be shown: {error}", "alert")
        elif self.asked.book is None:
            self.words.object = empty("Reading the history…")

    def __panel__(self) -> pn.Column:
        return self._layout


def labels(kinds: tuple[str, ...]) -> dict[str, str]:
    """The measures of these kinds, by what people call them."""
    return {one.label: one.name for one in MEASURES.values() if one.kind in kinds}
