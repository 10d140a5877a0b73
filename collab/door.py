"""The door: a gateway to one office, or to as many tenants as share a Redis."""

from __future__ import annotations

import asyncio
from typing import Any

from collab.desk import Desk
from collab.floor import Floor
from collab.live.access import Access, AccessDenied
from collab.live.gateway import Gateway
from collab.office import Office


class Door:
    """Opens a gateway and, for each tenant whose member comes, the floor.

    Args:
        access: checks tokens.
        office: the started office whose tenant is served, in its own loop; or None, and `settings` are those of the
            offices that are opened as members come, in the loop that `open` is called in.
        port: the gateway's port; 0 takes a free one.
        gateway: further settings of the gateway.
        settings: `stream` and `history` of the offices.
    """

    def __init__(
        self,
        access: Access,
        office: Office | None = None,
        *,
        port: int = 8765,
        gateway: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.office, self.settings = office, settings
        self.gateway = Gateway(access, self.floor, port=port, **(gateway or {}))
        self._floors: dict[str, Floor] = {}
        self._offices: list[Office] = []
        self._opening = asyncio.Lock()

    async def open(self) -> Door:
        """Let members in; call it in the office's loop."""
        await self.gateway.start()
        return self

    async def close(self) -> None:
        """Send all members away and close what was opened."""
        await self.gateway.stop()
        for floor in self._floors.values():
            floor.close()
        for office in self._offices:
            await office.close()
        self._floors.clear()
        self._offices.clear()

    async def floor(self, tenant: str) -> Floor:
        """The tenant's floor, opened for its first member.

        Raises:
            AccessDenied: the tenant is not served here.
        """
        async with self._opening:
            if tenant not in self._floors:
                office = await self._office(tenant)
                floor = Floor(_desk(office), lambda: office.history, office.status, lease_s=self.gateway.lease_s)
                await floor.open()
                self._floors[tenant] = floor
        return self._floors[tenant]

    async def _office(self, tenant: str) -> Office:
        if self.office is not None:
            if tenant != self.office.tenant:
                raise AccessDenied("the token is for a team that is not served here; connect where it is")
            return self.office
        office = Office(tenant=tenant, **self.settings)
        await office.open()
        self._offices.append(office)
        return office


def _desk(office: Office) -> Desk:
    if office.desk is None:
        raise AccessDenied("this process only reads the history; connect to the one that has the team")
    return office.desk
