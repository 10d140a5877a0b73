"""Asking how the team is until it is answered, for a member who watches it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable


class Looking:
    """Asks how the team is, in a task of its own.

    Args:
        look: asks; it is repeated while the gateway cannot answer just now.
    """

    def __init__(self, look: Callable[[], Awaitable[object]]) -> None:
        self._look = look
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Ask, in place of what is asked already."""
        self.end()
        self._task = asyncio.create_task(self._until_answered(), name="how the team is")

    def end(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()

    async def _until_answered(self) -> None:
        while True:
            try:
                await self._look()
            except (RuntimeError, TimeoutError):  # too much is asked, or the stream is away
                await asyncio.sleep(random.uniform(1, 2))
            except (OSError, ValueError):  # the member left, or the gateway does not know the command
                return
            else:
                return
