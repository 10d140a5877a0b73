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
from collab.office import Office
from collab.office.floors import floor_of

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class Door:
    """Opens a gateway and, for each tenant whose member comes, the floor.

    Args:
        access: checks tokens.
        office: the started office whose tenant is served, in its own loop; or None, and `settings` are those of the
            offices that are opened as members come, in the loop that `open` is called in.
        port: the gateway's port; 0 takes a free one.
        gateway: further settings of the gateway.
        shelf: where the files of all tenants lie; None keeps none.
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
        **settings: Any,
    ) -> None:
        self.office, self.shelf, self.settings = office, shelf, settings
        self.gateway = Gateway(access, self.floor, port=port, **(gateway or {}))
        self._offices: dict[str, Office] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> Door:
        """Let members in; call it in the office's loop."""
        self._loop = asyncio.get_running_loop()
        if self.office is not None:
            self.office.shelf = self.shelf
        await self.gateway.start()
        return self

    async def close(self) -> None:
        """Send all members away and close what was opened; an office that cannot end well keeps none from ending."""
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
        office = await self._office(tenant)
        if office.desk is None:
            raise AccessDenied("this process only reads the history; connect to the one that has the team")
        return await floor_of(office, self.gateway.lease_s)

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


async def _closed(office: Office) -> None:
    """Close an office; what keeps it from ending well is logged."""
    try:
        await office.close()
    except Exception:
        logger.exception("the office of %s did not end well", office.tenant)
