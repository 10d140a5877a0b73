"""One session's place on the office's floor: it asks there as a member, and is told what happens in its rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from collab import protocol as p
from collab.events import Entry, RoomEvent
from collab.floor import Floor
from collab.floor.insider import Insider
from collab.office import Office
from collab.office.floors import floor_of
from collab.views.feed import FRAME_S
from collab.views.uploads import Uploads


class Member:
    """Who looks at the rooms on a page, while they do.

    Args:
        office: whose rooms they are.
        schedule: reaches the session's thread from any other.
        told: is called there with all that was heard since the last time, and with the rooms if anything of them
            changed, at most every `FRAME_S`.

    Attributes:
        again: is called there once the team began anew: who was here has to come in again.
    """

    def __init__(
        self,
        office: Office,
        schedule: Callable[[Callable[[], None]], Any],
        told: Callable[[list[p.AnyFrame], list[dict[str, Any]] | None], None],
    ) -> None:
        self.office, self._schedule, self._told = office, schedule, told
        self._line: Insider | None = None
        self._floor: Floor | None = None
        self._uploads = Uploads(office)
        self._heard: list[p.AnyFrame] = []
        self._stale = self._due = False
        self.again: Callable[[], None] = lambda: None
        self._times = 0
        self._leave: Callable[[], None] = lambda: None

    @property
    def inside(self) -> bool:
        """Is somebody here, who hears what happens?"""
        return self._line is not None

    @property
    def rooms(self) -> set[str]:
        """The rooms of which they hear everything now."""
        return set() if self._line is None else set(self._line.rooms)

    async def enter(self, me: str, role: p.Role) -> None:
        """Come in as this member, in place of who was here before."""
        await self.leave()
        await self.office.ask(self._open(me, role))

    async def _open(self, me: str, role: p.Role) -> None:
        self._floor, self._times = await floor_of(self.office), self.office.anew.times
        self._line = Insider(self.office.tenant, me, role, self._hear)
        self._leave = self.office.subscribe(self._happened)

    async def leave(self) -> None:
        """Hear nothing any more."""
        if self._line is not None:
            await self.office.ask(self._close())

    def forget(self) -> None:
        """The session is over."""
        if self._line is not None:
            with suppress(RuntimeError):  # the office may have stopped
                self.office.call(self._close())

    def _close(self) -> Coroutine[Any, Any, None]:
        line, self._line = self._line, None  # from here on nothing is asked any more
        return self._left(line)

    async def _left(self, line: Any) -> None:
        self._leave()
        self._uploads.clear()
        if self._floor is not None:
            self._floor.hall.leave(line)

    async def ask(self, command: Any) -> Any:
        """What the floor answers to a command of this member.

        Raises:
            PermissionError, ValueError, RuntimeError: it was refused; says why.
        """
        return await self.at(lambda floor, line: floor.do(line, command))

    async def upload(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Take in a piece of a file; returns the patch that answers it."""
        return await self.at(lambda floor, line: self._uploads.take(floor, line.entry.agent, line.entry.role, asked))

    async def drop(self, key: str) -> None:
        """A file that is on its way is not wanted any more."""
        self._uploads.drop(key)

    async def at(self, work: Callable[[Floor, Any], Coroutine[Any, Any, Any]]) -> Any:
        """Do this on the floor in the office's loop, given the floor and this member's line.

        Raises:
            RuntimeError: nobody is here.
        """
        line, floor = self._line, self._floor
        if line is None or floor is None:
            raise RuntimeError("nobody is here; say who you are above the rooms, e.g. kim")
        return await self.office.ask(work(floor, line))

    def _hear(self, frame: p.AnyFrame) -> None:
        """A frame came, in the office's loop."""
        self._heard.append(frame)
        self._soon()

    def _happened(self, entries: list[Entry]) -> None:
        if self._times != self.office.anew.times:
            self._leave()
            self._schedule(self.again)
            return
        if any(isinstance(entry.event, RoomEvent) for entry in entries):
            self._stale = True
            self._soon()

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(FRAME_S, self._tell)

    def _tell(self) -> None:
        """Take all that was heard to the session's thread, with the rooms as they are by now."""
        self._due = False
        frames, self._heard = self._heard, []
        stale, self._stale = self._stale, False
        line, floor = self._line, self._floor
        rooms = floor.rooms_of(line.entry.agent) if stale and floor is not None and line is not None else None
        self._schedule(lambda: self._told(frames, rooms))
