"""The devices at one gateway: they are heard of, and presence follows from what they say."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from collab.desk import Desk
from collab.floor.hall import Hall
from collab.live.line import Line
from collab.live.stream import Said, StreamUnreachable

logger = logging.getLogger(__name__)

TEND_S = 2.0
"""How often devices are renewed, and those that were not are looked for."""

TOGETHER_S = 0.05
"""How long is waited for further members when one came."""

Device = tuple[str, str]
"""An agent and the name of their device."""

SHARE = 0.1
"""So much of the time goes into seeing to those who come; of many, more are seen to together."""


class Devices:
    """Renews the devices that are here until it is closed, and brings presence in line.

    Args:
        desk: the tenant's started desk.
        hall: who is connected.
        lease_s: a member that is not heard of for so long is gone.
    """

    def __init__(self, desk: Desk, hall: Hall, lease_s: float) -> None:
        self._desk, self._hall, self._lease_s = desk, hall, lease_s
        self._came, self._now, self._next = (asyncio.Event() for _ in range(3))  # the ends of this round and the next
        self._now.set()
        self._telling: set[Line] = set()
        self._gone: dict[Line, float] = {}
        self._tending = asyncio.get_running_loop().create_task(self._tend(), name=f"devices of {desk.tenant}")

    def came(self) -> None:
        """Somebody came: their presence follows in a moment."""
        self._came.set()

    async def level(self) -> None:
        """Wait that moment, if somebody just came: who was thought to be here is not taken for gone meanwhile."""
        await (self._next if self._came.is_set() else self._now).wait()

    async def follow(self) -> None:
        """Bring the presence of agents in line with their devices, here and at other gateways."""
        said: dict[Device, Said] = {}
        for line in self._hall.lines:
            device = _device(line)
            idle, call = said.get(device, (line.idle, line.call))
            said[device] = _either(idle, line.idle, False), _either(call, line.call, True)
        over = self._over()
        for line in over:
            idle, call = said[_device(line)]
            said[_device(line)] = _ended(idle, line.idle), _ended(call, line.call)
        await self._desk.attendance.follow(said, self._lease_s / 2)
        for line in over:
            self._gone.pop(line, None)

    def _over(self) -> list[Line]:
        """Connections that ended a lease ago, of devices that others keep here: what only they said is over."""
        now, here = asyncio.get_running_loop().time(), self._hall.lines
        self._gone |= dict.fromkeys(self._telling - here, now + self._lease_s)
        self._telling = {line for line in here if line.idle or line.call}
        over = []
        for line, due in [*self._gone.items()]:
            others = [other for other in here if _device(other) == _device(line)]
            if not others or any(other.since > line.connection.heard for other in others):
                del self._gone[line]  # the device is gone as a whole, or came back and is as it was
            elif due <= now:
                over.append(line)
        return over

    def close(self) -> None:
        """Renew nothing any more."""
        self._tending.cancel()
        for seen in (self._now, self._next):
            seen.set()

    async def _tend(self) -> None:
        loop, took_s = asyncio.get_running_loop(), 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(TEND_S, self._lease_s / 8)):
                    await self._came.wait()
            # Of many who come at once, all are seen to together, and never so late that a device is forgotten.
            await asyncio.sleep(min(max(TOGETHER_S, took_s / SHARE), max(TOGETHER_S, self._lease_s / 16)))
            self._came.clear()
            self._now, self._next = self._next, asyncio.Event()
            start = loop.time()
            try:
                await self.follow()
            except StreamUnreachable as error:
                logger.warning("the devices of %s cannot be renewed, trying again: %s", self._desk.tenant, error)
            except Exception:  # or everybody at this gateway would be gone in a moment
                logger.exception("the devices of %s cannot be renewed, trying again", self._desk.tenant)
            self._now.set()
            took_s = loop.time() - start


def _device(line: Line) -> Device:
    return line.entry.agent, line.device


def _ended(now: bool | None, was: bool | None) -> bool | None:
    """What a device says of itself once a connection ended that said `was`."""
    return False if now is None and was else now


def _either(one: bool | None, other: bool | None, first: bool) -> bool | None:
    """What two connections of one device say together: `first` if either does, else nothing if one says nothing."""
    if first in (one, other):
        return first
    return None if None in (one, other) else not first
