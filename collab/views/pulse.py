"""The pulse: once a second, one for all sessions of a process, for what changes with time alone."""

from __future__ import annotations

import asyncio
import threading
import weakref
from contextlib import suppress
from typing import Protocol

from collab.office import Office
from collab.reasons import reasoning
from collab.views.board import Board
from collab.views.feed import feed_of
from collab.views.one import One

EVERY_S = 1.0

EXPLAINED = 10
"""For how many of the waiting leads it is said why nobody has them: looking costs a decision each."""


class Beaten(Protocol):
    """A view that shows how time goes by."""

    board: Board

    def beat(self) -> None:
        """A second has passed; called in the office's loop."""


class Pulse:
    """Beats for the views of an office that joined, while there are any; `reasons` say why leads wait, by lead."""

    def __init__(self, office: Office) -> None:
        self.reasons: dict[str, str] = {}
        self._office, self._views, self._lock, self._going = office, weakref.WeakSet[Beaten](), threading.Lock(), False

    def join(self, view: Beaten) -> None:
        """Beat for this view from now on; twice is as once."""
        with self._lock:
            self._views.add(view)
            begin, self._going = not self._going, True
        if begin:
            with suppress(RuntimeError):  # an office that stopped has nothing to tell
                self._office.call(self._begin())

    def leave(self, view: Beaten) -> None:
        """Beat for this view no more."""
        with self._lock:
            self._views.discard(view)

    async def _begin(self) -> None:
        self._beat()

    def _beat(self) -> None:
        with self._lock:
            views = [view for view in self._views if not view.board.closed]
            self._going = bool(views)
        if views:
            asyncio.get_running_loop().call_later(EVERY_S, self._beat)
            self.look()
            for view in views:
                view.beat()

    def look(self) -> None:
        """Ask why leads wait; call it in the office's loop."""
        desk = self._office.desk
        if desk is None:
            return
        team = desk.team
        first = [state.lead for state in team.queue()[:EXPLAINED]]
        names = feed_of(self._office).frame.names
        found = {}
        for lead in first:
            decision = desk.preview(lead)
            agent = decision.agent
            found[lead.id] = reasoning(decision) if agent is None else f"{names.get(agent, agent)} can take it now."
        self.reasons = found


_pulses = One(Pulse)


def pulse_of(office: Office) -> Pulse:
    """The one pulse of an office in this process."""
    return _pulses.of(office)
