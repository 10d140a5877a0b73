"""A list of leads for which somebody waits: how long goes on by itself, and one can be chosen."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Any, ClassVar

import panel as pn
import param

from collab.desk import utc_now
from collab.team import OpenLead
from collab.views.board import Board
from collab.views.listing import Listing
from collab.views.pulse import pulse_of
from collab.views.theme import SHEET
from collab.views.told import empty, title

MOST = 20
"""How many leads are listed."""

WIDE = {"sizing_mode": "stretch_width"}


class Waits(pn.viewable.Viewer, param.ParameterizedABC):
    """Lists what `states` finds, each as `row` tells it; a class below it says what the list is called."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")
    called: ClassVar[str]
    nothing: ClassVar[str]

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self.pulse = pulse_of(board.shared)
        self._head, self._empty = (pn.pane.HTML("", stylesheets=[SHEET], **WIDE) for _ in range(2))
        self._empty.object = empty(self.nothing)
        self.listing = Listing(label=self.called, margin=(5, 10), **WIDE)
        self._layout = pn.Column(self._head, self._empty, self.listing, **WIDE)
        board.param.watch(lambda event: self._patch(), "frame")
        self._patch()

    @abstractmethod
    def states(self) -> list[OpenLead]:
        """The leads of the board's frame that belong here, the first on top."""

    @abstractmethod
    def row(self, state: OpenLead, now: datetime) -> dict[str, str]:
        """What is told of one of them."""

    def beat(self) -> None:
        """Let the times go on; called once a second in the office's loop."""
        self.board.schedule(self._tick)

    def _tick(self) -> None:
        if not self.board.paused:
            self._patch()

    @param.depends("active", watch=True)
    def _patch(self) -> None:
        states = self.states() if self.active else []
        if states:
            self.pulse.join(self)
        else:
            self.pulse.leave(self)
        if not self.active:
            return
        now, count = utc_now(), f" ({len(states):,})" if states else ""
        more = f'<p class="soft">The first {MOST} are listed.</p>' if len(states) > MOST else ""
        head = title(f"{self.called}{count}") + more
        with pn.io.hold():
            if self._head.object != head:
                self._head.object = head
            self._empty.visible, self.listing.visible = not states, bool(states)
            self.listing.show([self.row(state, now) for state in states[:MOST]])

    def __panel__(self) -> pn.Column:
        return self._layout
