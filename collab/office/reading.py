"""The team of an office whose stream another process has: read from the history, a second or two behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from collab.events import Entry
from collab.history import History
from collab.live.trouble import told_once
from collab.team import Team

logger = logging.getLogger(__name__)

READ_EVERY_S = 0.5
"""How often it is looked for new rows in the history."""


class Reading:
    """Follows a history.

    Args:
        history: gives it as far as it is recorded.
        tell: is called with new entries.

    Attributes:
        trouble: why nothing new is taken in; "" while it is.
    """

    def __init__(self, history: Callable[[], History], tell: Callable[[list[Entry]], None]) -> None:
        self.team = Team()
        self._history, self._tell, self.trouble = history, tell, ""

    async def start(self) -> None:
        """Take in what is recorded."""
        self.team = await asyncio.to_thread(lambda: self._history().team())

    async def run(self) -> None:
        """Take in what is recorded from then on, for ever."""
        while True:
            try:
                entries = await asyncio.to_thread(lambda: list(self._history().events(after=self.team.seq)))
                fresh = [entry for entry in entries if self.team.apply(entry)]
            except Exception as error:
                self.trouble = told_once(logger, self.trouble, error, "the history cannot be read, trying again")
            else:
                self.trouble = ""
                if fresh:
                    self._tell(fresh)
            await asyncio.sleep(READ_EVERY_S)
