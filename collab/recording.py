"""Several processes that may record a shared stream: one does, by a lease, and another goes on when it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from collab import claims
from collab.history import History, HistoryInUse, Recorder, StreamBehind, Superseded
from collab.history.folder import Folder
from collab.live.stream import Stream, StreamUnreachable

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

LEASE_S = 4.0
"""How long after its last sign of life a recorder is replaced."""

RENEWALS = 4
"""How often a lease is renewed, or asked for, in the time that it lasts."""

AFTER_TROUBLE_S = 5.0
"""How long a recorder that failed lets others try before it tries again."""


def values_of(history: History) -> dict[str, str]:
    """What the guards of the stream look at, as the history knows it; leads closed lately still give their decision."""
    closed = {claims.lead_key(lead): claims.CLOSED for lead in history.closed(claims.CLOSED_FOR_S)}
    return history.team().values() | closed


class Recording:
    """Records a partition of a shared stream whenever it is this process's turn.

    Attributes:
        recorder: the recorder at work; None while another process records.

    Args:
        history: the folder or URL of the history.
        stream: the stream of any tenant on the partition.
        changed: is called with the recorder when it begins, and with None when another process has taken over.
        lasts_s: how long after its last sign of life a recorder is replaced.
        settings: further settings of the recorder.
    """

    def __init__(
        self,
        history: str,
        stream: Stream,
        *,
        changed: Callable[[Recorder | None], None] = lambda recorder: None,
        lasts_s: float = LEASE_S,
        **settings: Any,
    ) -> None:
        self.history = history
        self.recorder: Recorder | None = None
        self._stream, self._changed, self._settings = stream, changed, settings
        self._lease = stream.lease(lasts_s)
        self._every_s = lasts_s / RENEWALS
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Record if nobody else does, else wait for it; twice is as once.

        Raises:
            HistoryMismatch, NewerHistory, HistoryUnwritable: it is our turn, and it cannot be recorded.
        """
        if self._keeping is not None:
            return
        try:
            await self._turn()
        except HistoryInUse as error:
            logger.warning("this process does not record yet: %s", error)
            await self._lease.give_back()
        except BaseException:
            await self._let_go()
            raise
        self._keeping = asyncio.create_task(self._keep(), name=f"recording of partition {self._stream.partition}")

    async def stop(self) -> None:
        """Record what is on the stream and let another process go on; twice is as once."""
        keeping, self._keeping = self._keeping, None
        if keeping is None:
            return
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        try:
            if self.recorder is not None:
                await self._renewing(self.recorder.stop())
        finally:  # what could not be recorded here another process may record, and soon
            self.recorder = None
            await self._let_go()

    async def _keep(self) -> None:
        """Renew the lease, or ask for it, for ever."""
        lost = False
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._turn()
                lost = False
            except StreamUnreachable as error:
                if not lost:
                    logger.warning("the right to record cannot be renewed, trying again: %s", error)
                lost = True
            except Exception as error:  # whatever it is, another process may do better
                unknown = None if isinstance(error, OSError | RuntimeError | ValueError) else error
                logger.error("nothing is recorded into %s by this process: %s", self.history, error, exc_info=unknown)
                await self._let_go()
                await asyncio.sleep(AFTER_TROUBLE_S)

    async def _turn(self) -> None:
        """Renew the lease or ask for it; begin to record if it is newly ours, and end if it is not any more."""
        ours = await self._lease.take()
        if self.recorder is not None and (not ours or self.recorder.ended or self.recorder.fence != self._lease.fence):
            recorder, self.recorder = self.recorder, None
            self._changed(None)
            logger.info("another process records partition %s now", self._stream.partition)
            await self._renewing(recorder.stop())
        if ours and self.recorder is None:
            self.recorder = await self._begun()
            self._changed(self.recorder)

    async def _begun(self) -> Recorder:
        """A recorder that has begun; a stream that lost its end, or all, is set to the end of the history first."""
        while True:
            recorder = Recorder(self.history, self._stream, lease=self._lease, **self._settings)
            try:
                await self._renewing(recorder.start())
            except Superseded as error:
                # The server has forgotten how high the numbers were, or we are the one who was replaced.
                if not await self._lease.take(error.fence):
                    raise
            except StreamBehind as error:
                logger.error("%s; it is restored now", error)
                await self._renewing(self._restore())
            else:
                return recorder

    async def _restore(self) -> None:
        """Give the stream the place and the values of all tenants of the partition, as the history knows them."""
        for tenant in (await asyncio.to_thread(Folder(self.history).tenants)).values():
            if tenant.partition == self._stream.partition:
                history = History(self.history, tenant.name)
                values = await asyncio.to_thread(values_of, history)
                await self._stream.of(tenant.name).restore(history.own_last, values)

    async def _renewing(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What comes of work that may take longer than the lease lasts."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=self._every_s)
                if not task.done():
                    try:
                        await self._lease.take()
                    except StreamUnreachable:
                        continue  # it ends by itself, and is not written then
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        return task.result()

    async def _let_go(self) -> None:
        """Let another process record at once, if the stream can be reached."""
        held = self._lease.held
        try:
            await self._lease.give_back()
        except StreamUnreachable as error:
            if held:
                logger.warning("another process can record in %s s: %s", self._lease.lasts_s, error)
