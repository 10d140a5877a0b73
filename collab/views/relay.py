"""Sessions take turns: each shows the newest frame a little after the one before, and between is time for others."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

REST = 7.0
"""Between two turns so many times as long as one takes is left for other work."""

LIKE = 1 / 8
"""How much the newest turn counts in how long one takes."""


class Shown(Protocol):
    """A session that shows frames."""

    def push(self) -> None:
        """Show the newest frame soon; may be called from any thread."""


class Relay:
    """Lets sessions show what is new, one after the other, at most every `least_s` seconds each.

    Nothing but `spent` may be called outside of one event loop.

    Args:
        who: the sessions as they are now.
        least_s: the shortest time between two turns of a session, in seconds.
    """

    def __init__(self, who: Callable[[], Iterable[Shown]], least_s: float) -> None:
        self._who, self._least_s, self._turn_s = who, least_s, 0.0
        self._left: deque[Shown] = deque()
        self._going, self._again, self._begun = False, False, 0.0

    def go(self) -> None:
        """There is something new: let everybody show it, after those who show what was new before."""
        self._again = True
        if not self._going:
            self._going = True
            self._begin()

    def spent(self, seconds: float) -> None:
        """Hear how long a turn took; from any thread."""
        self._turn_s += LIKE * (seconds - self._turn_s)

    def _begin(self) -> None:
        self._again, self._begun = False, asyncio.get_running_loop().time()
        self._left.extend(self._who())
        self._step()

    def _step(self) -> None:
        loop, gap = asyncio.get_running_loop(), (1 + REST) * self._turn_s
        if self._left:
            self._left.popleft().push()
        if self._left:
            loop.call_later(gap, self._step)
        else:
            loop.call_at(max(self._begun + self._least_s, loop.time() + gap), self._end)

    def _end(self) -> None:
        if self._again:
            self._begin()
        else:
            self._going = False
