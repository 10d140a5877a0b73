"""What became of a lead, step by step, as it is recorded."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from html import escape
from time import monotonic
from typing import Any

import panel as pn
import param

from collab.events import AnyEvent, Event, LeadClosed
from collab.history.leads import story
from collab.story import told
from collab.views.board import Board
from collab.views.painted import Painted
from collab.views.theme import SHEET
from collab.views.told import empty, title

REFRESH_S = 2.0
"""How often what is new joins the story of a lead that is open."""

STEPS = """ol { list-style: none; margin: 4px 0; padding: 0; }
li { border-left: 3px solid var(--line); margin-left: 6px; padding: 4px 0 4px 14px; overflow-wrap: anywhere; }
li > span { display: block; }"""

READING = empty("Reading the history…")
NONE_YET = empty("Nothing of this lead is recorded yet.")


class StoryView(pn.viewable.Viewer):
    """The steps of one lead: that it came in, who was given it, what they did, and how it ended.

    Args:
        board: the session's board, whose office has the history.
    """

    lead = param.String("", doc="The lead's id; of none nothing is shown.")
    steps = param.List([], item_type=Event, doc="What is shown, in order.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(**params)
        self.board, self._reading, self._read = board, False, 0.0
        self.pane = Painted(stylesheets=[SHEET, STEPS], margin=(5, 10), visible=False, sizing_mode="stretch_width")
        board.param.watch(lambda event: self._refresh(), "frame")

    @param.depends("lead", watch=True)
    def _turn(self) -> None:
        self.steps, self.pane.visible = [], bool(self.lead)
        self._say(READING)
        self._refresh(force=True)

    def _refresh(self, force: bool = False) -> None:
        """Read the story, away from this thread: that of another lead at once, else now and then while it goes on."""
        if not self.lead or self._reading or not (self.active or force):
            return
        over = bool(self.steps) and isinstance(self.steps[-1], LeadClosed)
        if force or (not over and monotonic() - self._read > REFRESH_S):
            self._reading, lead, board = True, self.lead, self.board
            reading = board.office.call(asyncio.to_thread(story, board.office.history, lead))
            reading.add_done_callback(lambda future: board.schedule(lambda: self._take(lead, future)))

    def _take(self, lead: str, reading: Future[list[AnyEvent]]) -> None:
        self._read, self._reading = monotonic(), False
        if lead != self.lead:  # another one was chosen meanwhile
            self._refresh(force=True)
            return
        if error := reading.exception():
            self._say(empty(f"The history cannot be read: {error}", "alert"))
        else:
            self._say(self._words(reading.result()) or NONE_YET)
            self.steps = reading.result()

    def _say(self, html: str) -> None:
        self.pane.show({"story": title("What became of it") + html})

    def _words(self, events: list[AnyEvent]) -> str:
        names = self.board.frame.names
        steps = [(f"{event.time:%Y-%m-%d %H:%M:%S} UTC", told(event, names)) for event in events]
        items = [f'<li><span class="soft">{when}</span>{escape(said)}</li>' for when, said in steps]
        return f"<ol>{''.join(items)}</ol>" if items else ""

    def __panel__(self) -> Painted:
        return self.pane
