"""Who is there: the team's tiles, a card for each agent, and a live stream of latency."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from msgspec.structs import replace

from collab.views.arriving import LatencyStream
from collab.views.board import Board
from collab.views.cards import CARDS, card
from collab.views.day import DayView
from collab.views.distribution import BARS
from collab.views.distribution import as_html as distribution
from collab.views.feed import feed_of
from collab.views.frame import Frame
from collab.views.kpis import TILES, ages, as_html, stood, tiles
from collab.views.painted import Painted
from collab.views.seen import Seen
from collab.views.theme import SHEET
from collab.views.workload import WorkloadView

FIRST = 30
"""So many cards are made at once; with more agents a button makes the rest."""

WIDE = {"sizing_mode": "stretch_width"}


EMPTY = """<div class="empty">Nobody is on the roster yet. Put somebody on it under
"Change the team" below, or see a seeded team with <code>collab serve --team-at-work</code>.</div>"""
"""What the grid says without agents."""

GRID = """
.pieces > * { contain: content; }
.pieces { display: grid; gap: 12px; grid-template-columns: repeat(3, minmax(0, 1fr)); }
@media (max-width: 1000px) { .pieces { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 560px) { .pieces { grid-template-columns: minmax(0, 1fr); } }
"""
"""Cards in three, two or one columns."""


def numbers(frame: Frame, paused: bool = False) -> dict[str, str]:
    """The team's tiles as HTML by name, how old they are, or were when all stood still, and the team's distribution."""
    made, old = tiles(frame.standing, frame.lately, frame.rules), ages(frame.lately, frame.seq, frame.newest)
    if paused or frame.lost is not None:
        when = "at the pause" if frame.lost is None else f"at {frame.lost:%H:%M:%S} UTC"
        made, old = [replace(tile, age=stood(tile.age, when)) for tile in made], stood(old, when)
    parts = distribution(frame.agents) if frame.agents else EMPTY
    return {tile.name: as_html(tile) for tile in made} | {"ages": old, "parts": parts}


class Cards:
    """A card for each agent from a place on to another, as HTML by agent; made anew if it changed."""

    def __init__(self, first: int, end: int | None) -> None:
        self._first, self._end = first, end
        self._made: dict[str, tuple[Any, str]] = {}

    def __call__(self, frame: Frame) -> dict[str, str]:
        """The cards at a frame."""
        day, made = None if frame.time is None else frame.time.date(), {}
        for place, agent in enumerate(frame.agents[self._first : self._end], self._first):
            state = agent, place, frame.rooms.get(agent.id, 0), day
            before = self._made.get(agent.id)
            same = before is not None and before[0][0] is agent and before[0][1:] == state[1:]
            made[agent.id] = before if same else (state, card(agent, *state[1:3], frame.time))
        self._made = made
        return {agent: html for agent, (_, html) in made.items()}


class PresenceView(pn.viewable.Viewer):
    """The team's tiles, a card for each agent in three, two or one columns, and the latency of its events."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")
    every = param.Boolean(default=False, doc="Is there a card for every agent, however many there are?")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        murals = feed_of(board.shared).murals
        self._murals = (
            murals.mural("cards", Cards(0, FIRST)),
            murals.mural("numbers", numbers),
            murals.mural("others", Cards(FIRST, None)),
        )
        sheets = [[SHEET, CARDS, GRID], [SHEET, TILES, BARS], [SHEET, CARDS, GRID]]
        margins, looks = [(10, 10), (5, 10), (2, 10)], [self._sees, self._sees, lambda: self.every and self._sees()]
        self.cards, self.numbers, self.others = (
            Painted(mural, sees, stylesheets=sheet, margin=margin, **WIDE)
            for mural, sees, sheet, margin in zip(self._murals, looks, sheets, margins, strict=True)
        )
        self.more = pmui.Button(variant="outlined", icon="expand_more", visible=False, height=44)
        self.more.on_click(lambda event: self.param.update(every=not self.every))
        self.workload, self.day = (kind(board, active=self.active) for kind in (WorkloadView, DayView))
        self.latency = LatencyStream(board, active=self.active)
        self._below = [(view, Seen()) for view in (self.workload, self.day, self.latency)]
        for _, seen in self._below:
            seen.param.watch(lambda event: self._look(), "seen")
        self._layout = pn.Column(
            self.numbers,
            self.cards,
            self.others,
            self.more,
            *(pn.Column(seen, view, **WIDE) for view, seen in self._below),
            **WIDE,
        )
        board.param.watch(lambda *events: self._patch(), ["frame", "paused"])
        self._patch()

    @param.depends("active", "every", watch=True)
    def _patch(self) -> None:
        self._look()
        if not self.active:
            return
        frame = self.board.frame
        self.others.visible = self.every
        for mural, painted in zip(self._murals, (self.cards, self.numbers, self.others), strict=True):
            if self.board.gone:
                painted.show({})  # the banner says why; an empty team's words would be false
            elif painted is self.numbers and self.board.paused:
                painted.show(numbers(frame, paused=True))
            elif painted is not self.others or self.every:
                painted.show(mural.of(frame))
        self.more.visible = len(frame.agents) > FIRST
        self.more.label = f"Show the first {FIRST} only" if self.every else f"Show all {len(frame.agents)} cards"

    def _sees(self) -> bool:
        """Does this session look at the team?"""
        return self.active and self.board.sees

    def _look(self) -> None:
        """Let what is in the window go on, and nothing else."""
        for view, seen in self._below:
            view.active = self.active and seen.seen

    def __panel__(self) -> pn.Column:
        return self._layout
