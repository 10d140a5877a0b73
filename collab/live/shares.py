"""Who is ahead of their share of the leads, by what the stream holds and what comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from collab.events import Entry
from collab.fairness import Ledger
from collab.live.follower import Follower

NOBODY: frozenset[str] = frozenset()
"""Nobody is ahead."""


class Shares:
    """A ledger that follows a team's stream, from as far back as it goes; what is older has mostly faded.

    Args:
        follower: the team and its stream.
        most: who had more than so many leads above what they were due is ahead; with 0 nobody is, and nothing is read.

    Raises:
        ValueError: `most` is below 0.
    """

    def __init__(self, follower: Follower, most: float) -> None:
        if not most >= 0:
            raise ValueError(f"ahead_most is {most}; give leads of 0 or more, 0 to do without")
        self._follower, self._most = follower, most
        self._ledger, self._seq = Ledger(), 0
        self._leave: Callable[[], None] | None = None

    async def start(self) -> None:
        """Take in what the stream holds and follow it from there; twice is as once."""
        while self._most and self._leave is None:
            reached = self._follower.team.seq
            entries = await self._follower.stream.read(self._seq)
            self._hear(entries)
            if not entries and self._follower.team.seq == reached:  # nothing came to the team while it was read
                self._leave = self._follower.subscribe(self._hear)

    def stop(self) -> None:
        """Stop following; twice is as once."""
        if self._leave is not None:
            self._leave()
            self._leave = None

    def ahead(self, time: datetime) -> frozenset[str]:
        """Who is ahead at a time."""
        return self._ledger.ahead(time.timestamp(), self._most) if self._most else NOBODY

    def _hear(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.seq > self._seq:
                self._seq = entry.seq
                if entry.tenant == self._follower.stream.tenant:
                    self._ledger.hear(entry.event)
