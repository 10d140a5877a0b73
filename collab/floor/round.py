"""When what waits is told: at once, or a little later with whatever comes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf

REST = 2.0
"""After telling it rests so many times as long as that took: what comes meanwhile leaves together.

Where very much is said to very many, a third of the time goes into telling them.
"""

TICK_S = 0.001
"""A shorter rest is none: the loop's timers know no less, and where few hear little nothing shall wait."""


class Round:
    """Calls `tell` once for all that asked for it.

    Args:
        tell: what is called, in the loop of those who ask.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._handle: asyncio.Handle | None = None
        self._due, self._rests_until = inf, 0.0

    def within(self, seconds: float) -> None:
        """Tell in so many seconds or before; later only if a rest is not over."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        due = max(now + seconds, self._rests_until)
        if due >= self._due:
            return
        if self._handle is not None:
            self._handle.cancel()
        self._due, self._handle = due, loop.call_at(due, self.now) if due > now else loop.call_soon(self.now)

    def now(self) -> None:
        """Tell now, and rest."""
        if self._handle is not None:
            self._handle.cancel()
        self._due, self._handle = inf, None
        loop = asyncio.get_running_loop()
        start = loop.time()
        self._tell()
        end = loop.time()
        rests = REST * (end - start)
        self._rests_until = end + rests if rests >= TICK_S else 0.0
