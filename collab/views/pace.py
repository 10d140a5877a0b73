"""Lets something happen at most so often, and what was asked for in between happen together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any


class Pace:
    """Calls `act` at once, or as soon as `every_s` seconds are over since the last time.

    Args:
        every_s: seconds.
        schedule: how to reach the session's thread (`collab.views.scheduling`).
        act: what happens, in the session's thread.
    """

    def __init__(self, every_s: float, schedule: Callable[[Callable[[], None]], Any], act: Callable[[], None]) -> None:
        self._every_s, self._schedule, self._act = every_s, schedule, act
        self._last, self._due = float("-inf"), False

    def go(self, now: bool = False) -> None:
        """Let it happen, now or in a moment; in a script, where no loop runs, always now."""
        if self._due and not now:
            return
        rest = self._last + self._every_s - time.monotonic()
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
