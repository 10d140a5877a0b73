"""The team of an office whose stream another process has: read from the history, a second or two behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from collab.desk import utc_now
from collab.events import Entry
from collab.history import History, is_recorded
from collab.live.trouble import told_once
from collab.team import Team

logger = logging.getLogger(__name__)

READ_EVERY_S = 0.5
"""How often it is looked for new rows in the history."""


LOOK_EVERY = 10
"""After so many times without new rows it is looked whether anybody is there who records."""


class Reading:
    """Follows a history.

    Args:
        history: gives it as far as it is recorded.
        tell: is called with new entries; with none when who records went, or is back.

    Attributes:
        trouble: why nothing new is taken in; "" while it is.
        left: since when nobody records what is followed; None while somebody does.
    """

    def __init__(self, history: Callable[[], History], tell: Callable[[list[Entry]], None]) -> None:
        self.team = Team()
        self._history, self._tell, self.trouble = history, tell, ""
        self.left: datetime | None = None
        self._partition, self._still = 0, 0  # whose recorder is looked for, and how often nothing came

    async def start(self, partition: int) -> None:
        """Take in what is recorded of a partition."""
        self._partition = partition
        self.team = await asyncio.to_thread(lambda: self._history().team())

    async def run(self) -> None:
        """Take in what is recorded from then on, for ever."""
        while True:
            try:
                entries = await asyncio.to_thread(lambda: list(self._history().events(after=self.team.seq)))
                fresh = [entry for entry in entries if self.team.apply(entry)]
                changed = await self._looked(came=bool(fresh))
            except Exception as error:
                self.trouble = told_once(logger, self.trouble, error, "the history cannot be read, trying again")
            else:
                self.trouble = ""
                if fresh or changed:
                    self._tell(fresh)
            await asyncio.sleep(READ_EVERY_S)

    async def _looked(self, *, came: bool) -> bool:
        """Look whether who records is there, unless it shows; returns whether that changed."""
        self._still = 0 if came else self._still + 1
        before, away = self.left, self.left is not None
        if came:
            away = False
        elif self._still % LOOK_EVERY == 0:
            away = not await asyncio.to_thread(is_recorded, self._history().url, self._partition)
        self.left = (before or utc_now()) if away else None
        return self.left != before
