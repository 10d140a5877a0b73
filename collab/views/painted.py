"""HTML in named pieces, of which only those that changed are sent and set: what a page shows anew with each frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from collab.views.mural import Mural
from collab.views.socket import Wire, wire


class Painted(JSComponent):
    """Pieces of HTML in one element, `.pieces`, that the stylesheets lay out.

    For each change a pane of Panel works out its whole look, and Bokeh the layout of the page. Here a change is one
    message with the pieces that are new, and the browser sets these alone. Of a mural, which all pages show alike, even
    that message is made once for all of them; a notebook has messages of its own.

    Args:
        mural: what is shown here as soon as a page asks for it; what is given to `show` is its, or was a moment ago.
        sees: whether this session may, and does, look at it now.
    """

    pieces = param.Dict(default={}, doc="What is shown: safe HTML by name, in order. To change it call `show`.")
    role = param.String("", constant=True, doc='What the element is to a screen reader, "status" say; "" for nothing.')
    channel = param.String("", constant=True, doc='By which name a page hears of the mural; "" without one.')

    _esm = Path(__file__).with_name("painted.js").read_text(encoding="utf-8")

    def __init__(self, mural: Mural | None = None, sees: Callable[[], bool] = lambda: True, **params: Any) -> None:
        self.wire: Wire | None = None
        self._mural, self._sees = mural, sees
        super().__init__(channel="" if mural is None else mural.name, **params)

    @property
    def seen(self) -> bool:
        """May and does somebody look at it now?"""
        return self._sees()

    def show(self, pieces: Mapping[str, str]) -> None:
        """Show these instead of what is there."""
        before, told = self.pieces, self.wire is not None and self.seen
        fresh = {name: html for name, html in pieces.items() if before.get(name) != html}
        if fresh or list(before) != list(pieces):
            with param.discard_events(self):  # else all pieces were sent
                self.pieces = dict(pieces)
            if not told:
                if self._mural is not None:
                    self._mural.leave(self)
                self._send_msg({"order": list(pieces), "fresh": fresh if self.wire is None else dict(pieces)})
        if told and self._mural is not None:
            self._mural.level(self)

    def _handle_msg(self, data: Any) -> None:
        """A browser that has made its side asks for what changed while it did."""
        self.wire = None if self._mural is None else wire()
        if self._mural is not None and self.wire is not None:
            self._mural.hang(self)
        else:
            self._send_msg({"order": list(self.pieces), "fresh": self.pieces})
