"""The messages of the last minute, said at whichever gateway: how many, and how soon one heard of them."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from collab.events import MessageSent
from collab.metrics import percentiles
from collab.records import seconds_between

LATEST = timedelta(minutes=1)
"""So far back goes what is a minute's."""


class Traffic:
    """Hears of messages, and keeps those of the last minute."""

    def __init__(self) -> None:
        self._heard: deque[tuple[datetime, float]] = deque()

    def __len__(self) -> int:
        """How many messages are kept."""
        return len(self._heard)

    def hear(self, message: MessageSent, now: datetime) -> None:
        """Take in a message that was heard of now."""
        self._forget(now)
        self._heard.append((now, 1000 * seconds_between(message.time, now)))

    def heard_ms(self, now: datetime) -> dict[str, Any]:
        """How long these messages took from saying to hearing, in milliseconds, as `percentiles` has it."""
        self._forget(now)
        return percentiles([ms for _, ms in self._heard])

    def clear(self) -> None:
        """Forget all that was heard."""
        self._heard.clear()

    def _forget(self, now: datetime) -> None:
        while self._heard and self._heard[0][0] < now - LATEST:
            self._heard.popleft()
