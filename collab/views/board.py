"""What is shown now: one feed per process makes frames of the team, one board per session shows the newest."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import deque
from contextlib import suppress
from datetime import datetime
from typing import Any

import pandas as pd
import panel as pn
import param
from msgspec import Struct
from msgspec.structs import replace

from collab.alerts import Rank, present, ranked
from collab.desk import utc_now
from collab.events import Entry, ExperimentStarted, LeadAssigned, SilenceStarted
from collab.floor import Seat
from collab.metrics import balance, band, percentiles
from collab.office import Office, SeatedOffice
from collab.protocol import Role
from collab.reasons import labels
from collab.records import Lead
from collab.rules import Rule
from collab.team import Agent, Alert, OpenLead, State
from collab.views.conversations import Conversations
from collab.views.scheduling import scheduler
from collab.views.standing import Lately, Standing, standing

FRAME_S = 0.05
"""The shortest time between two frames: changes within it arrive together."""

ENDED = 20
"""How many of the newest alerts that ended are in a frame."""

IDLE_S = 5.0
"""While somebody looks, a frame is made after so long though nothing happened: waits and ages grow by themselves."""

LATENCIES = 300
"""How many of the newest event latencies a feed keeps for boards that open later."""


READS = (
    "This page follows the history that another process records, so leads are routed and given at that process's page."
)
"""Why a page that only follows gives no commands."""


class Latency(Struct, frozen=True):
    """How long after it happened an event was in the feed: `seq`, `time` and milliseconds."""

    seq: int
    time: datetime
    ms: float


class Frame(Struct, frozen=True, kw_only=True):
    """The team at one moment, as boards show it; frozen, so that all sessions share it.

    `lost` says since when the stream does not answer. `experiment` is the one that runs. `alerts` are those that fired
    and are open, the one to look at first in front; `values` says of them what was watched when they fired and
    now, by id; `ended` are the newest that are over, the last one in front. `names` are what agents are called, by id,
    made as `collab.reasons.labels` does. `held` are the open leads that agents have. `standing` is the team in numbers,
    `lately` the same through the last hour; `rules` are in force, and `rooms` says in how many rooms each agent spoke
    lately.
    """

    seq: int = 0
    time: datetime | None = None
    lost: datetime | None = None
    agents: tuple[Agent, ...] = ()
    queue: tuple[OpenLead, ...] = ()
    held: tuple[OpenLead, ...] = ()
    recent: tuple[LeadAssigned, ...] = ()
    latencies: tuple[Latency, ...] = ()
    weights: str = ""
    experiment: ExperimentStarted | None = None
    alerts: tuple[Rank, ...] = ()
    values: dict[str, str] = {}
    ended: tuple[Alert, ...] = ()
    silences: tuple[SilenceStarted, ...] = ()
    names: dict[str, str] = {}
    standing: Standing = Standing()
    lately: tuple[Standing, ...] = ()
    rules: tuple[Rule, ...] = ()
    rooms: dict[str, int] = {}

    def of(self, agent: str) -> Frame:
        """What of it an agent sees: the team, and of the leads their own."""
        own = tuple(event for event in self.recent if event.decision.agent == agent)
        held = tuple(lead for lead in self.held if lead.holder == agent)
        return replace(self, queue=(), held=held, recent=own, alerts=(), values={}, ended=(), silences=())

    @property
    def online(self) -> list[Agent]:
        """The agents on shift who are not offline."""
        return [agent for agent in self.agents if agent.online]

    @property
    def balance(self) -> float | None:
        """Jain's index of utilization over the agents online."""
        return balance([agent.utilization for agent in self.online])


class Feed:
    """Makes frames of an office's team, at most one every 50 ms, and hands them to the boards."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.frame = Frame()
        self._boards: weakref.WeakSet[Board] = weakref.WeakSet()
        self._latencies: deque[Latency] = deque(maxlen=LATENCIES)
        self._due = False
        self._idle: asyncio.TimerHandle | None = None
        self._lately, self._conversations = Lately(), Conversations()
        office.subscribe(self._entries)
        office.call(self._first()).result()

    @property
    def boards(self) -> int:
        """How many boards are shown now."""
        return len(self._boards)

    def join(self, board: Board) -> None:
        """Hand frames to this board from now on."""
        alone = not self._boards
        self._boards.add(board)
        if alone:  # without boards nothing was made that time alone would have changed
            with suppress(RuntimeError):  # an office that stopped has nothing new
                self.office.call(self._first())

    def leave(self, board: Board) -> None:
        """Hand no more frames to this board."""
        self._boards.discard(board)

    async def _first(self) -> None:
        self._make()

    def _entries(self, entries: list[Entry]) -> None:
        now = utc_now()
        for entry in entries:
            ms = (now - entry.event.time).total_seconds() * 1000
            self._latencies.append(Latency(entry.seq, entry.event.time, max(0.0, ms)))
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(FRAME_S, self._make)

    def _make(self) -> None:
        self._due = False
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._make) if self._boards else None
        team, now = self.office.team, utc_now()
        agents, alerts, stands = tuple(team.members()), team.alerts, standing(team, now)
        fired = [alert for alert in alerts.open.values() if alert.state != State.pending]
        self.frame = Frame(
            seq=team.seq,
            time=now,
            lost=self.office.lost,
            agents=agents,
            queue=tuple(team.queue()),
            held=tuple(lead for lead in team.leads.values() if lead.holder is not None),
            recent=tuple(reversed(team.recent)),
            latencies=tuple(self._latencies),
            weights=team.weights.id,
            experiment=team.experiment,
            alerts=tuple(ranked(fired, team)),
            values=present(fired, team, now),
            ended=tuple(reversed(alerts.ended[-ENDED:])),
            silences=tuple(alerts.silences.values()),
            names=labels({agent.id: agent.name for agent in agents}),
            standing=stands,
            lately=self._lately.take(stands),
            rules=alerts.rules,
            rooms=self._conversations.count(team.rooms.values()),
        )
        for board in tuple(self._boards):
            board.push(self.frame)


_feeds: weakref.WeakKeyDictionary[Office, Feed] = weakref.WeakKeyDictionary()
_feeds_lock = threading.Lock()


def feed_of(office: Office) -> Feed:
    """The one feed of an office in this process."""
    with _feeds_lock:
        if office not in _feeds:
            _feeds[office] = Feed(office)
        return _feeds[office]


class Board(param.Parameterized):
    """The reactive state of one session: the newest frame, until it is paused or closed.

    Views depend on `frame` and send commands through `office`.

    Args:
        office: whose team it is; `shared`, too, by which what all sessions share is found.
        seat: who signed in; None where nobody has to, and everybody may do everything.
    """

    frame = param.ClassSelector(class_=Frame, default=Frame(), doc="The team as it is shown now.")
    paused = param.Boolean(default=False, doc="Hold the frame still; on going on, the newest is shown at once.")
    person = param.String("", doc="What who acts here calls themselves, where nobody has to sign in.")

    def __init__(self, office: Office, seat: Seat | None = None, **params: Any) -> None:
        self.office: Any = office if seat is None else SeatedOffice(office, seat)
        self.shared, self.seat, self._feed = office, seat, feed_of(office)
        self.schedule = scheduler()
        self._waiting, self.closed, self._whole = False, False, self._feed.frame
        super().__init__(frame=self._own(self._whole), **params)
        self._feed.join(self)
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            pn.state.on_session_destroyed(lambda context: self.close())

    def push(self, frame: Frame) -> None:
        """Show the frame on this session's next tick; may be called from any thread."""
        if not self._waiting:
            self._waiting = True
            self.schedule(self._show)

    def close(self) -> None:
        """Take no more frames."""
        self.closed = True
        self._feed.leave(self)

    @param.depends("paused", watch=True)
    def _show(self) -> None:
        self._waiting = False
        if not self.paused and self._whole is not self._feed.frame:
            self._whole = self._feed.frame
            with pn.io.hold():
                self.frame = self._own(self._whole)

    def _own(self, frame: Frame) -> Frame:
        """What of a frame this session may see."""
        if self.seat is not None and self.seat.gone:
            self.close()
            return Frame()
        return frame.of(self.by) if self.of_agent else frame

    @property
    def of_agent(self) -> bool:
        """Whether an agent signed in, who sees the team and their own leads."""
        return self.seat is not None and self.seat.role == Role.agent

    @property
    def by(self) -> str:
        """Who signed in, in whose name all is done here; "" where nobody has to."""
        return "" if self.seat is None else self.seat.id

    def refusal(self, command: str) -> str:
        """Why nobody here may give this command of the desk, "override" say; "" if they may."""
        if self.office.desk is None:
            return READS
        return "" if self.seat is None else self.seat.refusal(command)

    def sign(self, field: Any) -> None:
        """Let a field for a person's name show who signed in, so that nothing else is typed there."""
        if self.by:
            field.param.update(value=self.by, disabled=True)

    def table(self) -> pd.DataFrame:
        """The agents that are shown: agent, name, presence, active leads, capacity, utilization (1 is full), band."""
        columns = ["agent", "name", "presence", "active", "capacity", "utilization", "band"]
        rows = [
            (a.id, a.name, str(a.presence), a.active, a.capacity, a.utilization, band(a.utilization))
            for a in self.frame.agents
        ]
        return pd.DataFrame(rows, columns=columns)

    def latency(self) -> dict[str, float | None]:
        """Percentiles of the newest event latencies in milliseconds, with `n`."""
        return percentiles([point.ms for point in self._feed.frame.latencies])

    async def route(self, lead: Lead) -> Any:
        """Route a lead at the desk; returns the decision.

        Raises:
            RuntimeError: this office only reads.
        """
        desk = self.office.desk
        if desk is None:
            raise RuntimeError(
                "This page follows the history that another process records, so it cannot route leads; "
                "use that process's page, or give both the same Redis (COLLAB_REDIS)."
            )
        return await self.office.ask(desk.route_lead(lead))
