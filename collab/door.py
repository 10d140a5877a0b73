"""The door: a gateway to one office, or to as many tenants as share a Redis."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any, TypeVar

from collab.files import Shelf
from collab.floor import Floor
from collab.live.access import Access, AccessDenied
from collab.live.gateway import Gateway
from collab.live.tally import Durations
from collab.office import Office
from collab.office.floors import floor_of
from collab.office.resting import rests

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


IDLE_S = 600.0
"""So long after its last use a team that may rest is closed; with the next use it is opened again."""

LOOKS = 10
"""So often in that time it is looked for such teams."""


class Past:
    """What was counted at offices that are closed: `said`, `told` and `told_bytes` of their floors, and `deciding`."""

    def __init__(self) -> None:
        self.said = self.told = self.told_bytes = 0
        self.deciding = Durations()

    def add(self, office: Office) -> None:
        """Count what an office did, which is to be closed."""
        if office.desk is not None:
            self.deciding.join(office.desk.deciding)
        if office.floor is not None:
            self.said += office.floor.said
            self.told += office.floor.hall.told
            self.told_bytes += office.floor.hall.told_bytes


class Door:
    """Opens a gateway and, for each tenant whose member comes, the floor.

    Attributes:
        past: what was counted at offices that are closed.

    Args:
        access: checks tokens.
        office: the started office whose tenant is served, in its own loop; or None, and `settings` are those of the
            offices that are opened as members come, in the loop that `open` is called in.
        port: the gateway's port; 0 takes a free one.
        gateway: further settings of the gateway.
        shelf: where the files of all tenants lie; None keeps none.
        idle_s: so long after its last use an office that was opened here, and may rest, is closed again.
        settings: `stream`, `history`, `weights` and `pacing` of the offices.
    """

    def __init__(
        self,
        access: Access,
        office: Office | None = None,
        *,
        port: int = 8765,
        gateway: dict[str, Any] | None = None,
        shelf: Shelf | None = None,
        idle_s: float = IDLE_S,
        **settings: Any,
    ) -> None:
        self.office, self.shelf, self.idle_s, self.settings = office, shelf, idle_s, settings
        self.gateway = Gateway(access, self.floor, port=port, **(gateway or {}))
        self._offices: dict[str, Office] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.past = Past()
        self._wanted: list[str] = []
        self._used: dict[str, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._resting: asyncio.Task[None] | None = None

    async def open(self) -> Door:
        """Let members in; call it in the office's loop."""
        self._loop = asyncio.get_running_loop()
        if self.office is not None:
            self.office.shelf = self.shelf
        elif not self.settings.get("stream", "embedded").startswith("embedded"):  # that would be gone with its office
            self._resting = asyncio.create_task(self._rest(), name="rest")
        await self.gateway.start()
        return self

    async def close(self) -> None:
        """Send all members away and close what was opened; an office that cannot end well keeps none from ending."""
        if self._resting is not None:
            self._resting.cancel()
            await asyncio.gather(self._resting, return_exceptions=True)
        offices = [*self._offices.values()]
        for office in offices:
            office.hasten()
        await self.gateway.stop()
        await asyncio.gather(*map(_closed, offices))
        self._offices.clear()

    @property
    def offices(self) -> list[Office]:
        """The offices that are open now."""
        return [self.office] if self.office is not None else [*self._offices.values()]

    @property
    def floors(self) -> list[Floor]:
        """The floors that are open now."""
        return [office.floor for office in self.offices if office.floor is not None]

    async def ask(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine in the door's loop and await it in another one, or in the same."""
        if self._loop is None:
            work.close()
            raise RuntimeError("the door is not open; call open() first")
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def floor(self, tenant: str) -> Floor:
        """The tenant's floor, opened for its first member.

        Raises:
            AccessDenied: the tenant is not served here.
        """
        self._wanted.append(tenant)
        try:
            office = await self._office(tenant)
            if office.desk is None:
                raise AccessDenied("this process only reads the history; connect to the one that has the team")
            return await floor_of(office, self.gateway.lease_s)
        finally:
            self._wanted.remove(tenant)
            if tenant in self._offices:
                self._used[tenant] = asyncio.get_running_loop().time()

    async def _office(self, tenant: str) -> Office:
        if self.office is not None:
            if tenant != self.office.tenant:
                raise AccessDenied("the token is for a team that is not served here; connect where it is")
            return self.office
        if tenant not in self._offices:
            async with self._opening[tenant]:  # a team that takes long to open holds up no other
                if tenant not in self._offices:
                    office = Office(tenant=tenant, **self.settings)
                    office.shelf = self.shelf
                    await office.open()
                    self._offices[tenant] = office
        return self._offices[tenant]

    async def _rest(self) -> None:
        """Close the offices that nobody used for long and that may rest, for ever."""
        while True:
            await asyncio.sleep(self.idle_s / LOOKS)
            now, here = asyncio.get_running_loop().time(), {line.entry.tenant for line in self.gateway.lines}
            for tenant, office in [*self._offices.items()]:
                if tenant in here or not rests(office):
                    self._used[tenant] = now
                elif tenant not in self._wanted and now - self._used[tenant] >= self.idle_s:
                    await self._put_to_rest(tenant)

    async def _put_to_rest(self, tenant: str) -> None:
        async with self._opening[tenant]:
            office = self._offices.pop(tenant)
            self._used.pop(tenant)
            self.past.add(office)
            logger.info("the office of %s is closed until somebody comes", tenant)
            try:
                await _closed(office)
            except asyncio.CancelledError:
                self._offices[tenant] = office  # to be closed with the others
                raise


async def _closed(office: Office) -> None:
    """Close an office; what keeps it from ending well is logged."""
    try:
        await office.close()
    except Exception:
        logger.exception("the office of %s did not end well", office.tenant)
