"""HTML in named pieces, of which only those that changed are sent and set: what a page shows anew with each frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent


class Painted(JSComponent):
    """Pieces of HTML in one element, `.pieces`, that the stylesheets lay out.

    For each change a pane of Panel works out its whole look, and Bokeh the layout of the page. Here a change is one
    message with the pieces that are new, and the browser sets these alone.
    """

    pieces = param.Dict(default={}, doc="What is shown: safe HTML by name, in order. To change it call `show`.")

    _esm = Path(__file__).with_name("painted.js").read_text(encoding="utf-8")

    def show(self, pieces: Mapping[str, str]) -> None:
        """Show these instead of what is there."""
        before = self.pieces
        fresh = {name: html for name, html in pieces.items() if before.get(name) != html}
        if fresh or list(before) != list(pieces):
            with param.discard_events(self):  # else all pieces were sent
                self.pieces = dict(pieces)
            self._send_msg({"order": list(pieces), "fresh": fresh})

    def _handle_msg(self, data: Any) -> None:
        """A browser that has made its side asks for what changed while it did."""
        self._send_msg({"order": list(self.pieces), "fresh": self.pieces})
