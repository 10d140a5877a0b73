"""What became of a lead, step by step, as it is recorded."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from html import escape
from time import monotonic
from typing import Any

import panel as pn
import param

from collab.events import AnyEvent, Event
from collab.history import History
from collab.history.leads import story
from collab.story import told
from collab.team import OpenLead
from collab.views.board import Board
from collab.views.feed import feed_of
from collab.views.painted import Painted
from collab.views.theme import SHEET
from collab.views.told import empty, title

REFRESH_S = 2.0
"""The shortest time between two readings of a story, as what a frame shows is recorded a moment later."""

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
        self._state: OpenLead | None = None
        self._wanted, self._reached = 0, 0  # up to which place there is something new, and which was read
        self.pane = Painted(stylesheets=[SHEET, STEPS], margin=(5, 10), visible=False, sizing_mode="stretch_width")
        board.param.watch(lambda event: self._refresh(), "frame")

    @param.depends("lead", watch=True)
    def _turn(self) -> None:
        self.steps, self.pane.visible = [], bool(self.lead)
        self._say(READING)
        self._refresh(force=True)

    def _refresh(self, force: bool = False) -> None:
        """Read the story, away from this thread: of another lead at once, else till what came of it is recorded."""
        if not self.lead or self._reading or not (self.active or force):
            return
        frame = feed_of(self.board.shared).frame  # an agent's own has not what others do with the lead
        state = next((one for one in (*frame.held, *frame.queue) if one.lead.id == self.lead), None)
        if force or state is not self._state:
            self._state, self._wanted = state, frame.seq
        if force or (self._reached < self._wanted and monotonic() - self._read > REFRESH_S):
            self._reading, lead, board = True, self.lead, self.board
            reading = board.office.call(asyncio.to_thread(_read, board.office.history, lead))
            reading.add_done_callback(lambda future: board.schedule(lambda: self._take(lead, future)))

    def _take(self, lead: str, reading: Future[tuple[int, list[AnyEvent]]]) -> None:
        self._read, self._reading = monotonic(), False
        if lead != self.lead:  # another one was chosen meanwhile
            self._refresh(force=True)
            return
        if error := reading.exception():
            self._say(empty(f"The history cannot be read: {error}", "alert"))
        else:
            self._reached, steps = reading.result()
            self._say(self._words(steps) or NONE_YET)
            self.steps = steps

    def _say(self, html: str) -> None:
        self.pane.show({"story": title("What became of it") + html})

    def _words(self, events: list[AnyEvent]) -> str:
        names = self.board.frame.names
        steps = [(f"{event.time:%Y-%m-%d %H:%M:%S} UTC", told(event, names)) for event in events]
        items = [f'<li><span class="soft">{when}</span>{escape(said)}</li>' for when, said in steps]
        return f"<ol>{''.join(items)}</ol>" if items else ""

    def __panel__(self) -> Painted:
        return self.pane


def _read(history: History, lead: str) -> tuple[int, list[AnyEvent]]:
    """The lead's story, which has all that is recorded up to a place, and that place."""
    return history.own_last, story(history, lead)
