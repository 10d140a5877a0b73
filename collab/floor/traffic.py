"""How much is said in a team's rooms, how soon a gateway hears of it, and whom that was too much for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from collab.desk import utc_now
from collab.events import MessageSent
from collab.metrics import percentiles
from collab.records import seconds_between

LATEST = timedelta(minutes=1)
"""So far back go the messages that are looked at."""


class Traffic:
    """Counts the messages that a gateway heard of, and the members that it cut off.

    Attributes:
        dropped: how many members were cut off because they read too slowly.
    """

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.dropped, self._clock = 0, clock
        self._heard: deque[tuple[datetime, float]] = deque()

    def hear(self, message: MessageSent) -> None:
        """Count a message, said at whichever gateway."""
        now = self._clock()
        self._forget(now)
        self._heard.append((now, 1000 * seconds_between(message.time, now)))

    def figures(self) -> dict[str, Any]:
        """Members `dropped`, `messages_a_minute`, and how long these took from saying to hearing as `heard_ms`."""
        self._forget(self._clock())
        heard_ms = percentiles([ms for _, ms in self._heard])
        return {"dropped": self.dropped, "messages_a_minute": len(self._heard), "heard_ms": heard_ms}

    def _forget(self, now: datetime) -> None:
        while self._heard and self._heard[0][0] < now - LATEST:
            self._heard.popleft()
