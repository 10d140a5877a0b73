"""Who is there: the team's tiles, a card for each agent, and a live stream of latency."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.views.arriving import LatencyStream
from collab.views.board import Board, Frame
from collab.views.cards import CARDS, card
from collab.views.day import DayView
from collab.views.distribution import BARS
from collab.views.distribution import as_html as distribution
from collab.views.kpis import TILES, ages, as_html, tiles
from collab.views.standing import Standing
from collab.views.theme import SHEET
from collab.views.workload import WorkloadView

FIRST = 30
"""So many cards are made at once; with more agents a button makes the rest."""

WIDE = {"sizing_mode": "stretch_width"}


class Numbers:
    """The team's tiles as HTML, and how old they are: made once for all sessions of a process that show a frame."""

    def __init__(self) -> None:
        self._made: tuple[tuple[Standing, str], ...] = ()

    def of(self, frame: Frame) -> str:
        """The tiles of a frame, which has its standing alone."""
        for standing, made in self._made:
            if standing is frame.standing and standing.time is not None:
                return made
        newest = frame.latencies[-1].time if frame.latencies else None
        made = as_html(tiles(frame.standing, frame.lately, frame.rules), ages(frame.lately, newest))
        self._made = ((frame.standing, made), *self._made[: NEWEST - 1])
        return made


NEWEST = 8
"""So many frames' tiles are kept, as a process may show several teams."""

_numbers = Numbers()


def numbers(frame: Frame) -> str:
    """The team's tiles as HTML, and how old they are."""
    return _numbers.of(frame)


EMPTY = """<div class="empty">Nobody is on the roster yet. Put somebody on it under
"Change the team" below, or see a seeded team with <code>collab serve --team-at-work</code>.</div>"""
"""What the grid says without agents."""

GRID = """
:host { display: grid !important; gap: 12px; grid-template-columns: repeat(3, minmax(0, 1fr)); }
@media (max-width: 1000px) { :host { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 560px) { :host { grid-template-columns: minmax(0, 1fr); } }
.scroll-button { display: none !important; }
"""
"""Cards in three, two or one columns; the hidden button of a Panel column would take a cell of its own."""


class PresenceView(pn.viewable.Viewer):
    """The team's tiles, a card for each agent in three, two or one columns, and the latency of its events."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")
    every = param.Boolean(default=False, doc="Is there a card for every agent, however many there are?")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self._numbers = pn.pane.HTML("", stylesheets=[SHEET, TILES], **WIDE)
        self._empty = pn.pane.HTML(EMPTY, stylesheets=[SHEET], **WIDE)
        self._grid = pn.Column(stylesheets=[GRID], margin=(10, 10), **WIDE)
        self._cards: dict[str, tuple[Any, pn.pane.HTML]] = {}
        self.more = pmui.Button(variant="outlined", icon="expand_more", visible=False, height=44)
        self.more.on_click(lambda event: self.param.update(every=not self.every))
        self._distribution = pn.pane.HTML("", stylesheets=[SHEET, BARS], **WIDE)
        self.workload, self.day = (kind(board, active=self.active) for kind in (WorkloadView, DayView))
        self.latency = LatencyStream(board)
        self._layout = pn.Column(
            self._numbers,
            self._empty,
            self._distribution,
            self._grid,
            self.more,
            self.workload,
            self.day,
            self.latency,
            **WIDE,
        )
        self._patch()

    @param.depends("board.frame", "active", "every", watch=True)
    def _patch(self) -> None:
        self.workload.active = self.day.active = self.latency.active = self.active
        if not self.active:
            return
        frame = self.board.frame
        self._numbers.object = numbers(frame)
        self._distribution.object = distribution(frame.agents)
        self._empty.visible = not frame.agents
        self._show_cards(frame)

    def _show_cards(self, frame: Frame) -> None:
        """Make anew only the cards that changed: what is not touched is not sent."""
        shown = frame.agents if self.every else frame.agents[:FIRST]
        day = None if frame.time is None else frame.time.date()
        for place, agent in enumerate(shown):
            rooms = frame.rooms.get(agent.id, 0)
            told, pane = self._cards.get(agent.id, (None, None))
            if pane is None:
                pane = pn.pane.HTML(stylesheets=[SHEET, CARDS], margin=0, **WIDE)
            if told is None or told[0] is not agent or told[1:] != (place, rooms, day):
                pane.object = card(agent, place, rooms, frame.time)
                self._cards[agent.id] = ((agent, place, rooms, day), pane)
        order = [agent.id for agent in shown]
        if list(self._cards) != order or len(self._grid) != len(order):
            self._cards = {agent: self._cards[agent] for agent in order}
            self._grid.objects = [pane for _, pane in self._cards.values()]
        self.more.visible = len(frame.agents) > FIRST
        self.more.label = f"Show the first {FIRST} only" if self.every else f"Show all {len(frame.agents)} cards"

    def __panel__(self) -> pn.Column:
        return self._layout
