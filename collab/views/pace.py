"""Lets something happen at most so often, and what was asked for in between happen together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

SHARE = 0.1
"""What happens in all sessions together may take so much of their thread; with many of them it happens less often."""

MOST_S = 2.0
"""It is not put off longer than that: the first time may have taken long, and says nothing of the next."""


class Pace:
    """Calls `act` at once, or as soon as `every_s` seconds are over since the last time.

    Args:
        every_s: seconds.
        schedule: how to reach the session's thread (`collab.views.scheduling`).
        act: what happens, in the session's thread.
        among: how many sessions do the same.
    """

    def __init__(
        self,
        every_s: float,
        schedule: Callable[[Callable[[], None]], Any],
        act: Callable[[], None],
        among: Callable[[], int] = lambda: 1,
    ) -> None:
        self._every_s, self._schedule, self._act, self._among = every_s, schedule, act, among
        self._last, self._due, self._took_s = float("-inf"), False, 0.0

    def go(self, now: bool = False) -> None:
        """Let it happen, now or in a moment; in a script, where no loop runs, always now."""
        if self._due and not now:
            return
        every_s = max(self._every_s, min(MOST_S, self._took_s * self._among() / SHARE))
        rest = self._last + every_s - time.monotonic()
        if rest > 0 and not now:
            try:
                asyncio.get_running_loop().call_later(rest, self._schedule, self._happen)
                self._due = True
                return
            except RuntimeError:
                pass
        self._happen()

    def _happen(self) -> None:
        self._due, self._last = False, time.monotonic()
        self._act()
        self._took_s = time.monotonic() - self._last
