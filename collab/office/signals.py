"""What alert rules ask that is in no event: how far the recorder is behind, how long messages take, who was dropped."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from collab.alerts import Watch
from collab.events import Entry, MessageSent
from collab.floor.traffic import LATEST, Traffic
from collab.records import seconds_between

logger = logging.getLogger(__name__)

RECORDED_EVERY_S = 2.0
"""How often it is asked how far the history goes."""

MOST_UNRECORDED = 10_000
"""Of more entries that are not recorded every second one is kept, so that hours without a recorder cost little."""


class Lost(NamedTuple):
    """Since when the stream does not answer, and up to which place the team had come by then."""

    since: datetime
    seq: int


class Signals:
    """Hears a team's entries and gives a watch what they say by when they came.

    Args:
        recorded: up to which place of the stream the history goes; may take a while, and is asked in a thread.
    """

    def __init__(self, recorded: Callable[[], int]) -> None:
        self._recorded = recorded
        self._asked_s = float("-inf")
        self._unrecorded: deque[tuple[int, datetime, int]] = deque()  # place, time, and how many were heard by then
        self._heard = 0
        self._sent = Traffic()
        self._drops: deque[datetime] = deque()

    def __len__(self) -> int:
        """How many entries are kept."""
        return len(self._unrecorded) + len(self._sent)

    def clear(self) -> None:
        """Begin anew with what is heard from now on."""
        self._unrecorded.clear()
        self._sent.clear()

    def hear(self, entry: Entry, now: datetime) -> None:
        """Take in what the team has applied just now."""
        self._heard += 1
        self._unrecorded.append((entry.seq, entry.event.time, self._heard))
        if len(self._unrecorded) > MOST_UNRECORDED:
            self._unrecorded = deque(islice(self._unrecorded, 0, None, 2))
        if isinstance(entry.event, MessageSent):
            self._sent.hear(entry.event, now)

    def drop(self, now: datetime) -> None:
        """A member of this process's gateway was dropped, because it read too slowly."""
        self._drops.append(now)
        self._forget(self._drops, now)  # here, too, as a process that does not watch never gives

    @staticmethod
    def _forget(times: deque[datetime], now: datetime) -> None:
        while times and times[0] < now - LATEST:
            times.popleft()

    async def give(self, watch: Watch, now: datetime, lost: Lost | None) -> None:
        """Let a watch know what is so now."""
        if (heard := self._sent.heard_ms(now))["p95"]:
            watch.signal("latency", heard["p95"], now, n=heard["n"])
        self._forget(self._drops, now)
        watch.signal("dropped", len(self._drops), now)
        give_lost(watch, now, lost)
        if time.monotonic() - self._asked_s >= RECORDED_EVERY_S:
            self._asked_s = time.monotonic()
            try:
                recorded = await asyncio.to_thread(self._recorded)
            except Exception:  # what cannot be read is behind, and the other rules are looked at all the same
                logger.exception("it cannot be said how far the history goes")
                recorded = 0
            while self._unrecorded and self._unrecorded[0][0] <= recorded:
                self._unrecorded.popleft()
            _, since, first = self._unrecorded[0] if self._unrecorded else (0, now, self._heard)
            watch.signal("recorder_lag", seconds_between(since, now), now, n=self._heard - first + 1)


def give_lost(watch: Watch, now: datetime, lost: Lost | None) -> None:
    """Let a watch know since when Redis does not answer; all processes that lost it at one place make one alert."""
    if lost is None:
        watch.signal("redis_lost", 0.0, now)
    else:
        watch.signal("redis_lost", seconds_between(lost.since, now), now, cause=f"redis_lost after {lost.seq}")
