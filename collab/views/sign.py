"""The sign above all tabs that alerts ask for somebody."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.alerts import Rank
from collab.rules import Severity
from collab.team import State
from collab.views.alert_rows import summary
from collab.views.board import Board
from collab.views.theme import plain


class AlertSign(pn.viewable.Viewer):
    """Names the alert to look at first, and says how many more nobody has taken on; nothing while there is none."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self.alert = pmui.Alert(object="", severity="warning", closeable=False, sizing_mode="stretch_width")
        self._show()

    @param.depends("board.frame", watch=True)
    def _show(self) -> None:
        frame = self.board.frame
        asking = [rank for rank in frame.alerts if asks(rank)]
        said = words(asking, frame.names)
        grave = bool(asking) and asking[0].alert.severity == Severity.critical
        wanted = {"object": said, "visible": bool(said), "severity": "error" if grave else "warning"}
        if any(getattr(self.alert, name) != value for name, value in wanted.items()):
            self.alert.param.update(**wanted)

    def __panel__(self) -> pmui.Alert:
        return self.alert


def asks(rank: Rank) -> bool:
    """Does this alert ask for somebody: it fires, and is more than news?"""
    return rank.alert.state == State.firing and rank.alert.severity.grade >= Severity.medium.grade


def words(asking: list[Rank], names: dict[str, str]) -> str:
    """The first alert, and how many more there are, as Markdown."""
    if not asking:
        return ""
    more = f" And {len(asking) - 1} more." if len(asking) > 1 else ""
    return f"**{plain(summary(asking[0].alert, names))}.**{more} The Alerts tab has what can be done."
