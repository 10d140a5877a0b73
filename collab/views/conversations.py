"""In how many rooms each agent spoke lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from collab.chat import Room

NEWEST = 50
"""Lately is: among so many of a room's newest messages."""


class Conversations:
    """Counts rooms by who spoke there lately; a room is read again only when something happened in it."""

    def __init__(self) -> None:
        self._spoke: dict[str, tuple[int, frozenset[str]]] = {}
        self._counted: dict[str, int] = {}

    def count(self, rooms: Iterable[Room]) -> dict[str, int]:
        """How many open rooms have a message of each agent, not taken back, among their newest 50."""
        changed = False
        for room in rooms:
            if self._spoke.get(room.id, (-1,))[0] != room.number:
                self._spoke[room.id] = (room.number, speakers(room))
                changed = True
        if changed:
            self._counted = dict(Counter(agent for _, agents in self._spoke.values() for agent in agents))
        return self._counted


def speakers(room: Room) -> frozenset[str]:
    """Who spoke in a room lately; nobody in one that is archived."""
    if room.archived:
        return frozenset()
    return frozenset(message.agent for message in room.messages[-NEWEST:] if not message.deleted)
