"""How many messages who looks has not read, beside the name of the tab where they are."""

from __future__ import annotations

from typing import Any

from collab.chat import Unread
from collab.views.board import Board
from collab.views.theme import HEARD

MOST = 99
"""A badge counts no further."""

LOOK = "border:1px solid currentColor;border-radius:999px;padding:0 8px;margin-left:6px;font-size:13px;font-weight:700"


class Badge:
    """Keeps the name of a tab in line with what the board says is unread.

    Args:
        tabs: the tabs, whose names it writes.
        place: which of them it is.
        board: the session's board.
    """

    def __init__(self, tabs: Any, place: int, board: Board) -> None:
        self._tabs, self._place, self._board = tabs, place, board
        self._name = tabs._names[place]
        self._shown = Unread()
        board.param.watch(lambda event: self._show(), "frame")
        self._show()

    def _show(self) -> None:
        unread = self._board.frame.unread.get(self._board.member, Unread())
        if unread != self._shown:
            self._shown = unread
            names = [*self._tabs._names]
            names[self._place] = self._name + badge(unread)
            self._tabs._names = names  # the library's own way sets the contents anew, too, and all is drawn again


def badge(unread: Unread) -> str:
    """The badge as HTML: a number, with @ if somebody names one; "" with nothing unread."""
    if unread == Unread():
        return ""
    seen = [f"@{_most(unread.mentions)}"] if unread.mentions else []
    said = [f"{unread.messages} unread"]
    if unread.messages:
        seen.append(_most(unread.messages))
    if unread.mentions:
        said.append(f"{unread.mentions} {'names' if unread.mentions == 1 else 'name'} you")
    shown = f'<span aria-hidden="true" style="{LOOK}">{" · ".join(seen)}</span>'
    return f'{shown}<span style="{HEARD}"> {", ".join(said)}</span>'


def _most(number: int) -> str:
    return f"{MOST}+" if number > MOST else str(number)
