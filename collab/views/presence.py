"""Who is there: a card for each agent, the numbers of the team, and a live stream of latency."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import Any

import panel as pn
import param
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, Range1d
from bokeh.plotting import figure

from collab.desk import utc_now
from collab.metrics import band, percentiles
from collab.records import Presence
from collab.team import Agent
from collab.views.board import Board, Frame
from collab.views.theme import AGENT_COLOURS, BAND, OFF_SHIFT, PRESENCE, PRIMARY, SHEET

SHOWN = 300
"""How many points the latency stream shows at most."""


SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
"""Beside the points of the latency stream, and its width without any."""


def card(agent: Agent, place: int = 0) -> str:
    """An agent's card as HTML: who, presence, active leads, utilization with its band."""
    word, fill = PRESENCE[agent.presence]
    bar_fill, sign, state = BAND[band(agent.utilization)]
    if not agent.on_shift:
        word, fill = OFF_SHIFT
        sign, state = "○", word.lower()
    elif agent.presence == Presence.offline:
        sign, state = "○", "not here"
    initials = "".join(part[0] for part in agent.name.split()[:2]).upper()
    percent = round(100 * agent.utilization)
    closed = f"{agent.converted} of {agent.closed} converted" if agent.closed else "no closed leads yet"
    return (
        f'<div class="card" role="group" aria-label="{escape(agent.name)}"><div class="head">'
        f'<div class="face" style="background:{AGENT_COLOURS[place % len(AGENT_COLOURS)]}">{escape(initials)}</div>'
        f'<div class="name">{escape(agent.name)}</div>'
        f'<span class="chip"><i style="background:{fill}"></i>{word}</span></div>'
        f'<div class="bar" role="progressbar" aria-label="utilization" aria-valuenow="{percent}" aria-valuemin="0" '
        f'aria-valuemax="100"><i style="width:{min(percent, 100)}%;background:{bar_fill}"></i></div>'
        f'<div class="row"><span>{sign} {percent} % used · {state}</span>'
        f"<span>{agent.active} of {agent.capacity} leads</span>"
        f'</div><div class="soft">{escape(closed)}</div></div>'
    )


def numbers(frame: Frame) -> str:
    """The team's numbers as HTML: who is here, leads in work, waiting, balance."""
    here = [agent for agent in frame.online if agent.presence != Presence.away]
    active = sum(agent.active for agent in here)
    capacity = sum(agent.capacity for agent in here)
    others = sum(agent.active for agent in frame.agents) - active
    balance = "–" if frame.balance is None else f"{100 * frame.balance:.0f} %"
    oldest = (
        max((int((frame.time - lead.arrived).total_seconds()) for lead in frame.queue), default=0) if frame.time else 0
    )
    tiles = [
        (f"{len(here)} of {len(frame.agents)}", "agents here: on shift, not away and not offline"),
        (
            f"{active} of {capacity}",
            "leads in work, of what the agents here can hold" + (f"; {others} more with others" if others else ""),
        ),
        (
            str(len(frame.queue)),
            f"leads waiting, the oldest for {max(oldest, 0)} s" if frame.queue else "leads waiting",
        ),
        (balance, "balance (Jain's index of utilization, all on shift and not offline)"),
    ]
    return (
        '<div class="kpis">'
        + "".join(
            f'<div class="card kpi"><b>{escape(value)}</b><span>{escape(label)}</span></div>' for value, label in tiles
        )
        + "</div>"
    )


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
    """The team's numbers, a card for each agent in three, two or one columns, and the latency of its events."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self._numbers = pn.pane.HTML("", stylesheets=[SHEET], sizing_mode="stretch_width")
        self._empty = pn.pane.HTML(EMPTY, stylesheets=[SHEET], sizing_mode="stretch_width")
        self._grid = pn.Column(stylesheets=[GRID], sizing_mode="stretch_width", margin=(10, 10))
        self._cards: dict[str, tuple[Agent, pn.pane.HTML]] = {}
        self.latency = LatencyStream(board)
        self._layout = pn.Column(self._numbers, self._empty, self._grid, self.latency, sizing_mode="stretch_width")
        self._patch()

    @param.depends("board.frame", "active", watch=True)
    def _patch(self) -> None:
        self.latency.active = self.active
        if not self.active:
            return
        frame = self.board.frame
        self._numbers.object = numbers(frame)
        for place, agent in enumerate(frame.agents):
            shown, pane = self._cards.get(agent.id, (None, None))
            if pane is None:
                pane = pn.pane.HTML(stylesheets=[SHEET], sizing_mode="stretch_width", margin=0)
            if shown is not agent:
                pane.object = card(agent, place)
                self._cards[agent.id] = (agent, pane)
        order = [agent.id for agent in frame.agents]
        if list(self._cards) != order or len(self._grid) != len(order):
            self._cards = {agent: self._cards[agent] for agent in order}
            self._grid.objects = [pane for _, pane in self._cards.values()]
        self._empty.visible = not order

    def __panel__(self) -> pn.Column:
        return self._layout


class LatencyStream(pn.viewable.Viewer):
    """A Bokeh stream: how many milliseconds after it happened each event reached the board."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self._shown = 0
        self.source = ColumnDataSource({"time": [], "ms": []})
        now = utc_now()
        self._times, self._highest = Range1d(now - MINUTE, now), Range1d(0, 10)
        plot = figure(
            height=220,
            sizing_mode="stretch_width",
            x_axis_type="datetime",
            x_range=self._times,
            y_range=self._highest,
            y_axis_label="latency (ms)",
            x_axis_label="time of the event (UTC)",
            toolbar_location=None,
            tools="",
        )
        plot.scatter("time", "ms", source=self.source, size=6, color=PRIMARY, alpha=0.8)
        plot.xaxis.formatter = DatetimeTickFormatter(seconds="%H:%M:%S", minsec="%H:%M:%S", minutes="%H:%M")
        self._plot = pn.pane.Bokeh(plot, sizing_mode="stretch_width")
        self._title = pn.pane.HTML("", stylesheets=[SHEET], sizing_mode="stretch_width")
        self._layout = pn.Column(self._title, self._plot, sizing_mode="stretch_width")
        self._stream()

    @param.depends("board.frame", "active", watch=True)
    def _stream(self) -> None:
        if not self.active:
            return
        frame = self.board.frame
        fresh = [point for point in frame.latencies if point.seq > self._shown]
        if fresh:
            self._shown = fresh[-1].seq
            columns = {"time": [point.time for point in fresh], "ms": [point.ms for point in fresh]}
            self.source.stream(columns, rollover=SHOWN)
            every = frame.latencies
            self._times.update(start=every[0].time - SECOND, end=every[-1].time + SECOND)
            self._highest.end = max(10.0, 1.1 * max(point.ms for point in every))
        cuts = percentiles([point.ms for point in frame.latencies])
        said = "no event yet" if not cuts["n"] else f"p50 {cuts['p50']:.1f} ms, p95 {cuts['p95']:.1f} ms, n {cuts['n']}"
        self._title.object = f"<h3>Latency of the newest events</h3><div class='soft'>Event to board: {said}</div>"

    def __panel__(self) -> pn.Column:
        return self._layout
