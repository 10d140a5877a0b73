"""A team of which the stream lost something begins anew with what is recorded, in the same office."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from collab.live.stream import StreamUnreachable
from collab.live.trouble import told_once

logger = logging.getLogger(__name__)

LOST = "the stream lost its end, and the team begins anew; connect again"
"""What members are told."""

AGAIN_S = 1.0
"""The pause before rooms that could not be opened are opened again."""

MOST_S = 10.0
"""So long it is waited for them; who needs them later may ask again."""


class Anew:
    """Closes an office's rooms and opens them again, until they work.

    Attributes:
        times: how often it did so.

    Args:
        tenant: whose rooms they are.
        close: closes them, whichever are open.
        begin: opens them.
        told: is called when they work again.
    """

    def __init__(
        self,
        tenant: str,
        close: Callable[[], Awaitable[None]],
        begin: Callable[[], Awaitable[None]],
        told: Callable[[], None],
    ) -> None:
        self._tenant, self._close, self._begin, self._told = tenant, close, begin, told
        self.times = 0
        self._task: asyncio.Task[None] | None = None

    def start(self, why: str) -> None:
        """Begin anew, in the loop that runs; if that is under way it goes on."""
        if self._task is None or self._task.done():
            logger.error("%s; it begins anew with what is recorded", why)
            self._task = asyncio.create_task(self._run(), name=f"begin {self._tenant} anew")

    async def over(self) -> None:
        """Return when the rooms work.

        Raises:
            StreamUnreachable: they still do not.
        """
        if self._task is not None:
            await asyncio.wait((self._task,), timeout=MOST_S)
            if not self._task.done():
                raise StreamUnreachable(f"the team of {self._tenant} begins anew just now; ask again in a moment")

    async def stop(self) -> None:
        """Leave the rooms as they are; twice is as once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        said = ""
        while True:
            try:
                await self._close()
            except Exception:
                logger.exception("the office of %s did not end well", self._tenant)
            try:
                await self._begin()
                break
            except Exception as error:
                said = told_once(logger, said, error, "the team of %s cannot begin anew, trying again", self._tenant)
            await asyncio.sleep(AGAIN_S)
        logger.info("the team of %s began anew", self._tenant)
        self.times += 1
        self._told()
