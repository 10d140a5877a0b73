"""Gateways for tests: real sockets on free ports, offices on a stream and history of their own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from desks import SOON_S
from msgspec import Struct
from offices import QUIET
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket

from collab import protocol as p
from collab.door import Door
from collab.files import Shelf
from collab.live.access import Access
from collab.live.client import Heard, InRoom, Member, connect
from collab.office import Office


class Gate(Struct):
    """An open gateway, and who may come in."""

    door: Door
    office: Office
    access: Access

    @property
    def url(self) -> str:
        """Where members connect."""
        return f"ws://127.0.0.1:{self.door.gateway.port}"

    def member(self, agent: str, role: str = "agent", **more: Any) -> Member:
        """A member of the office's tenant, not yet connected."""
        return connect(self.url, self.access.token(self.office.tenant, agent, role), **more)


@asynccontextmanager
async def a_gate(
    folder: Path,
    stream: str = "",
    *,
    tenant: str = "acme",
    port: int = 0,
    history: str = "history",
    shelf: Shelf | None = None,
    rules: str | None = QUIET,
    **gateway: Any,
) -> AsyncIterator[Gate]:
    """An office with a gateway, both stopped in the end; the embedded stream is a new one unless it is named."""
    access = Access(folder / "keys")
    office = Office(stream or f"embedded://{uuid.uuid4().hex}", str(folder / history), tenant=tenant, rules=rules)
    await office.open()
    try:
        door = Door(access, office, port=port, gateway={"host": "127.0.0.1", **gateway}, shelf=shelf)
        await door.open()
        try:
            yield Gate(door, office, access)
        finally:
            await door.close()
    finally:
        await office.close()


@asynccontextmanager
async def raw(
    gate: Gate, agent: str = "ana", role: str = "agent", device: str = "default"
) -> AsyncIterator[ClientConnection]:
    """A bare socket that has said hello."""
    async with open_socket(gate.url, compression=None, max_size=None) as socket:
        token = gate.access.token(gate.office.tenant, agent, role)
        await socket.send(p.encode(p.Hello(id=0, token=token, device=device)), text=True)
        assert isinstance(p.frame(await socket.recv()), p.Welcome)
        yield socket


async def heard(member: Member, count: int, wanted: Callable[[Heard], bool] = lambda event: True) -> list[Any]:
    """The next so many events that are wanted."""
    found: list[Any] = []
    async with asyncio.timeout(SOON_S):
        async for event in member.events():
            if wanted(event):
                found.append(event)
            if len(found) >= count:
                return found
    raise AssertionError(f"the member ended after {len(found)} of {count} events")


async def talked(ana: Member, bo: Member) -> int:
    """Let Ana say eight messages, one of them twice, and Bo come before the last; how many events both heard."""
    await ana.join("main")
    for n in range(7):
        await ana.send_message("main", f"{n}", key=f"k{n}")
    await ana.send_message("main", "0", key="k0")
    await bo.join("main", after=0)
    await ana.send_message("main", "last")
    return len(await heard(ana, 9)) + len(await heard(bo, 11))


async def texts(member: Member, count: int) -> list[tuple[int, str]]:
    """Number and words of the next so many messages."""
    said = await heard(member, count, lambda e: isinstance(e, InRoom) and hasattr(e.event, "text"))
    return [(event.number, event.event.text) for event in said]


async def soon(condition: Callable[[], bool]) -> None:
    """Return when the condition holds."""
    async with asyncio.timeout(SOON_S):
        while not condition():  # noqa: ASYNC110 - nothing tells of what it looks at
            await asyncio.sleep(0.01)
