"""The status timeline of the day: a row for each agent, a span for each stay, gaps where nobody was on shift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, FactorRange, FixedTicker, HoverTool, Range1d

from collab.analytics.stays import Stay
from collab.analytics.zone import HOUR, SECOND, Zone, microseconds, moment
from collab.metrics import lasting
from collab.records import Presence
from collab.team import Agent
from collab.views.asked import ZONES
from collab.views.board import Board
from collab.views.frame import Frame
from collab.views.pace import Pace
from collab.views.plot import figure
from collab.views.task import Task
from collab.views.theme import PRESENCE, SHEET
from collab.views.today import Today, today_of, zone_of
from collab.views.told import empty, title
from collab.views.trend import MS, TICKS, WALL

HEIGHT = {
    Presence.available: 0.84, Presence.in_call: 0.66, Presence.busy: 0.5, Presence.away: 0.34, Presence.offline: 0.18,
}  # fmt: skip
"""How much of its row a span is high in each presence: colour is never alone, and a hatch is a canvas for each span."""

COLUMNS = ("agent", "left", "right", "fill", "height", "said")

ROW, AROUND, HIGH = 26, 70, 18
"""The height of a row, of all that is around them, and in the legend of a span that were as high as its row."""

EVERY_S = 1.0
"""The shortest time between two changes of the plot: a browser draws all of it again for each."""

STEP = 10 * SECOND
"""How often the spans that last grow."""

WIDE = {"sizing_mode": "stretch_width"}
QUESTION = "Who was where when? A span is a time on shift in one status; where there is none, one was not on shift."


class DayView(pn.viewable.Viewer):
    """The day of the office's zone from the history, going on live; what lasts grows, what changes begins a span."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it reads nothing.")
    zone = param.Selector(default="UTC", objects=ZONES, check_on_set=False, label="Time zone", doc="Whose day.")
    today = param.ClassSelector(class_=Today, doc="What is recorded of the day.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **({"zone": zone_of(board.frame.rules)} | params))
        self.task, self._pace = Task(board.schedule), Pace(EVERY_S, board.schedule, self._show, board.among)
        self._shown: Any = None
        self._every: list[Stay] = []
        self.past, self.now = (ColumnDataSource({name: [] for name in COLUMNS}) for _ in range(2))
        self._said = pn.pane.HTML(empty("Reading the day…"), stylesheets=[SHEET, LEGEND], **WIDE)
        self._words = pn.pane.HTML("", stylesheets=[SHEET, LEGEND], **WIDE)
        same = ("The same in hours and minutes", self._words)
        self.words = pmui.Accordion(same, active=[], visible=False, title_variant="subtitle1", **WIDE)
        # in a column, as a Bokeh pane that was hidden again takes the hidden figure's word and stays hidden
        self.plot = pn.Column(pn.pane.Bokeh(self._drawn(), **WIDE), visible=False, scroll="y", max_height=560, **WIDE)
        self._layout = pn.Column(
            pn.pane.HTML(title("The day") + f'<p class="soft">{QUESTION}</p>', stylesheets=[SHEET], **WIDE),
            pmui.Select.from_param(self.param.zone, width=220),
            self._said,
            self.plot,
            self.words,
            **WIDE,
        )
        self.words.param.watch(lambda event: self._say(), "active")
        self.task.param.watch(lambda event: self._fail(), "error")
        board.param.watch(lambda event: self._patch(), "frame")
        self._patch()

    @param.depends("active", "zone", watch=True)
    def _asked(self) -> None:
        self._show()

    def _patch(self) -> None:
        if self.active:
            self._pace.go()

    def _show(self) -> None:
        frame, today = self.board.frame, self.today
        if not self.active or frame.time is None:
            return
        if (today is None or today.zone != self.zone or not today.good(frame.time)) and not self.task.busy:
            office, zone, now = self.board.shared, self.zone, frame.time
            self.task.start(lambda heard, stopped: today_of(office, zone, now), self._take)
        if today is not None and today.zone == self.zone:
            with pn.io.hold():
                self._grow(frame, today)

    def _take(self, today: Today) -> None:
        if self.board.frame.time is None:  # who looks may not be here any more
            return
        if today.zone != self.zone:  # another was chosen meanwhile
            self.task.start(
                lambda heard, stopped: today_of(self.board.shared, self.zone, _time(self.board)), self._take
            )
            return
        self.today, self._shown = today, None
        with pn.io.hold():
            self._grow(self.board.frame, today)

    def _grow(self, frame: Frame, today: Today) -> None:
        """Show what lasts now; the recorded part is sent again only when it was read again."""
        assert frame.time is not None
        at = min(microseconds(frame.time), today.end)
        state = tuple((agent.id, agent.presence, agent.on_shift, agent.since) for agent in frame.agents)
        key = (today.read, at // STEP, state, frame.names)
        if self._shown == key:
            return
        fresh, self._shown = self._shown is None or self._shown[0] != today.read, key
        past = [one for one in today.stays if one.agent in frame.names]
        going = going_on(frame.agents, past, today.start, at)
        every = [*past, *going]
        clock = Zone(self.zone)
        if fresh:
            self.past.data = columns(past, frame.names, clock)
        self.now.data = columns(going, frame.names, clock)
        self._fit(every, frame, today.start, at)
        self.plot.visible = self.words.visible = bool(every)
        self._said.object = legend(clock, today.start) if every else empty(NOBODY)
        self._every = every
        self._say()

    def _say(self) -> None:
        """Tell the stays in words while somebody reads them."""
        if self.words.active:
            self._words.object = in_words(self._every, self.board.frame.names)

    def _fit(self, every: Sequence[Stay], frame: Frame, start: int, at: int) -> None:
        """Fit the rows and the hours to what there is."""
        there = {one.agent for one in every}
        rows = [frame.names[agent.id] for agent in reversed(frame.agents) if agent.id in there]
        if rows != self._rows.factors:
            self._rows.factors = rows
            self._figure.height = AROUND + ROW * len(rows)
        first, end = min((one.start for one in every), default=at), at + HOUR
        hours = [start + HOUR * n for n in range((end - start) // HOUR + 1)]  # from the zone's midnight on
        hours = [hour for hour in hours if hour + HOUR > first]
        self._hours.update(start=min(hours) / MS, end=end / MS)
        self._ticker.ticks = [hour / MS for hour in hours[:: -(-len(hours) // TICKS)]]
        self._figure.xaxis.formatter.args = {"zone": self.zone, "days": False}

    def _fail(self) -> None:
        if self.task.error:
            self.plot.visible = self.words.visible = False
            self._shown = None
            self._said.object = empty(f"The day cannot be shown: {self.task.error}", "alert")

    def _drawn(self) -> Any:
        self._rows, self._hours = FactorRange(), Range1d(0, 1)
        self._figure = plot = figure(
            height=AROUND, sizing_mode="stretch_width", y_range=self._rows, x_range=self._hours, tools="",
            toolbar_location=None,
        )  # fmt: skip
        for source in (self.past, self.now):
            spans = {"left": "left", "right": "right", "height": "height", "source": source}
            plot.hbar("agent", **spans, fill_color="fill", line_color=None)
        plot.add_tools(HoverTool(tooltips=[("", "@said")]))
        plot.xaxis.formatter = CustomJSTickFormatter(code=WALL, args={"zone": self.zone, "days": False})
        plot.xaxis.ticker = plot.xgrid.ticker = self._ticker = FixedTicker(ticks=[])
        plot.ygrid.visible = False
        return plot

    def __panel__(self) -> pn.Column:
        return self._layout


NOBODY = "Nobody was on shift today yet. Put somebody on the roster and set where they are; their day is drawn here."
"""What stands where there is no span."""

LEGEND = """
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0; padding: 0; list-style: none; font-size: 13px; }
.legend i { display: inline-block; width: 14px; border-radius: 3px; margin-right: 6px; vertical-align: middle; }
"""
"""The style of what is said around the spans, beside `SHEET`."""


def going_on(agents: Sequence[Agent], past: Sequence[Stay], start: int, at: int) -> list[Stay]:
    """What lasts now and is not recorded yet: from where the recorded stays end, through the last change, until now."""
    last = {one.agent: one for one in past}
    found = []
    for agent in agents:
        since = start if agent.since is None else max(start, microseconds(agent.since))
        known = last.get(agent.id)
        if known is not None and known.end < since:  # what it was until the change is known
            found.append(Stay(agent.id, known.presence, known.end, min(since, at), known.reason))
        begins = since if known is None else max(since, known.end)
        if agent.on_shift and begins < at:
            found.append(Stay(agent.id, str(agent.presence), begins, at, agent.reason))
    return found


def columns(every: Sequence[Stay], names: dict[str, str], clock: Zone) -> dict[str, list[Any]]:
    """Stays as columns of the plot."""
    rows = [
        (
            names[one.agent],
            one.start / MS,
            one.end / MS,
            PRESENCE[Presence(one.presence)][1],
            HEIGHT[Presence(one.presence)],
            said(one, names[one.agent], clock),
        )
        for one in every
    ]
    return {name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)}


def said(one: Stay, name: str, clock: Zone) -> str:
    """A stay in words."""
    begin, end = (moment(us).astimezone(clock.info) for us in (one.start, one.end))
    why = f": {one.reason}" if one.reason else ""
    lasted = lasting((one.end - one.start) / SECOND)
    return f"{name}, {PRESENCE[Presence(one.presence)][0]} {begin:%H:%M} – {end:%H:%M} ({lasted}){why}"


def legend(clock: Zone, start: int) -> str:
    """Which day of which zone, and what the fills mean."""
    fills = "".join(
        f'<li><i style="background:{fill};height:{HIGH * HEIGHT[presence]:.0f}px"></i>{escape(word)}</li>'
        for presence, (word, fill) in PRESENCE.items()
    )
    day = f"{moment(start).astimezone(clock.info):%A %d %B}, clocks of {clock.name}"
    return f'<p class="soft">{escape(day)}</p><ul class="legend">{fills}</ul>'


def in_words(every: Sequence[Stay], names: dict[str, str]) -> str:
    """How long each agent was where, as a table."""
    lengths: dict[str, dict[str, int]] = {}
    for one in every:
        own = lengths.setdefault(one.agent, {})
        own[one.presence] = own.get(one.presence, 0) + one.end - one.start
    head = "".join(f'<th scope="col">{word}</th>' for word, _ in PRESENCE.values())
    body = "".join(
        f'<tr><th scope="row">{escape(names[agent])}</th>'
        + "".join(f"<td>{lasting(own[p] / SECOND) if p in own else '–'}</td>" for p in map(str, PRESENCE))
        + "</tr>"
        for agent, own in sorted(lengths.items())
    )
    return f'<div class="scroll"><table><tr><th scope="col">Agent</th>{head}</tr>{body}</table></div>'


def _time(board: Board) -> datetime:
    assert board.frame.time is not None
    return board.frame.time
