"""A view that is made when it first comes on screen, so that a page opens without waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import param

from collab.views.scheduling import scheduler
from collab.views.theme import SHEET
from collab.views.told import empty


class Later(pn.viewable.Viewer):
    """Stands for the view that `make` makes, and tells it whether it is on screen.

    The view is made on the tick after the tab was opened: plots that are drawn together with their tab are measured
    before they are there.
    """

    active = param.Boolean(default=False, doc="Is it on screen?")

    def __init__(self, make: Callable[[], Any], **params: Any) -> None:
        self._make, self._schedule = make, scheduler()
        self.view: Any = None
        opening = pn.pane.HTML('<div class="empty" role="status">Opening…</div>', stylesheets=[SHEET])
        self._layout = pn.Column(opening, sizing_mode="stretch_width")
        super().__init__(**params)

    @param.depends("active", watch=True, on_init=True)
    def _opened(self) -> None:
        if self.view is not None:
            self.view.active = self.active
        elif self.active:
            self._schedule(self._begin)

    def _begin(self) -> None:
        if self.view is None:
            try:
                self.view = self._make()
            except Exception as error:
                said = empty(
                    f"This tab cannot be opened: {error}. Load the page anew; the server's log says more.", "alert"
                )
                self._layout[:] = [pn.pane.HTML(said, stylesheets=[SHEET])]
                raise
            self._layout[:] = [self.view]
        self.view.active = self.active

    def __panel__(self) -> pn.Column:
        return self._layout
