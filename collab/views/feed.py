"""One feed per process makes frames of a team, and hands them to all sessions."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from collab.alerts import present, ranked
from collab.desk import utc_now
from collab.events import Entry
from collab.office import Office
from collab.reasons import labels
from collab.team import State
from collab.views.conversations import Conversations
from collab.views.frame import Frame, Latency
from collab.views.inbox import Inboxes
from collab.views.mural import Murals
from collab.views.one import One
from collab.views.relay import Relay
from collab.views.standing import Lately, standing

if TYPE_CHECKING:
    from collab.views.board import Board

FRAME_S = 1 / 60
"""The shortest time between two frames, a screen's: changes within it arrive together."""

UNSEEN_S = 1.0
"""The shortest time between two frames that nobody looks at: trends go on, and who opens a page sees one at once."""

REST = 1.0
"""A frame begins so many times as long after the one before as that took to make and to paint: the rest is for work."""

ENDED = 20
"""How many of the newest alerts that ended are in a frame."""

IDLE_S = 5.0
"""While somebody looks, a frame is made after so long though nothing happened: waits and ages grow by themselves."""

LATENCIES = 300
"""How many of the newest event latencies a feed keeps for boards that open later."""


class Feed:
    """Makes frames of an office's team, at most one for each of a screen's.

    What all pages show alike, its murals, is written to all of them at once; the boards, each with the views of its
    session, take their turns after that.
    """

    def __init__(self, office: Office) -> None:
        self.office = office
        self.frame = Frame()
        self._boards: weakref.WeakSet[Board] = weakref.WeakSet()
        self._latencies: deque[Latency] = deque(maxlen=LATENCIES)
        self.murals = Murals(self._painted)
        self._relay = Relay(lambda: tuple(self._boards), FRAME_S)
        self._due, self._spent_s, self._made = False, 0.0, 0.0
        self._idle: asyncio.TimerHandle | None = None
        self._lately = Lately()
        self._begin()
        office.subscribe(self._entries)
        office.call(self._first()).result()

    @property
    def boards(self) -> int:
        """How many boards are shown now."""
        return len(self._boards)

    def join(self, board: Board) -> None:
        """Hand frames to this board from now on, with what its member has not read."""
        missing = not self._boards or board.member not in {"", *self.frame.unread}
        self._boards.add(board)
        if missing:  # without boards nothing was made that time alone would have changed
            with suppress(RuntimeError):  # an office that stopped has nothing new
                self.office.call(self._first())

    def leave(self, board: Board) -> None:
        """Hand no more frames to this board."""
        self._boards.discard(board)

    def _painted(self, seconds: float) -> None:
        self._spent_s += seconds

    def _begin(self) -> None:
        """Forget what was counted by numbers that come again once the team begins anew."""
        self._times = self.office.anew.times
        self._latencies.clear()
        self._conversations, self._inboxes = Conversations(), Inboxes()

    async def _first(self) -> None:
        self._make()

    def _entries(self, entries: list[Entry]) -> None:
        now = utc_now()
        if self._times != self.office.anew.times:
            self._begin()
        for entry in entries:
            ms = (now - entry.event.time).total_seconds() * 1000
            self._latencies.append(Latency(entry.seq, entry.event.time, max(0.0, ms)))
        if not self._due:
            self._due = True
            rest = max(FRAME_S if self._boards else UNSEEN_S, REST * self._spent_s)
            asyncio.get_running_loop().call_at(self._made + rest, self._make)

    def spent(self, seconds: float) -> None:
        """Hear how long a board took to show a frame."""
        self._relay.spent(seconds)

    def _make(self) -> None:
        begun, self._due = monotonic(), False
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._make) if self._boards else None
        team, now, boards = self.office.team, utc_now(), tuple(self._boards)
        agents, alerts, stands = tuple(team.members()), team.alerts, standing(team, self.office.lost or now)
        fired = [alert for alert in alerts.open.values() if alert.state != State.pending]
        self.frame = Frame(
            seq=team.seq,
            time=now,
            newest=team.time,
            lost=self.office.lost,
            agents=agents,
            queue=tuple(team.queue()),
            held=tuple(lead for lead in team.leads.values() if lead.holder is not None),
            recent=tuple(reversed(team.recent)),
            given_on=team.given_on,
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
            unread=self._inboxes.count(team.rooms.values(), {board.member for board in boards} - {""}),
        )
        self.murals.push(self.frame)
        self._relay.go()
        self._spent_s = monotonic() - begun
        self._made = asyncio.get_running_loop().time()


_feeds = One(Feed)


def feed_of(office: Office) -> Feed:
    """The one feed of an office in this process."""
    return _feeds.of(office)
