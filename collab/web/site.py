"""What the pages of one process have in common: who may come in, how much they may ask, and what was answered."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tornado.web import HTTPError

from collab.claims import TooLate
from collab.door import Door
from collab.files import Full, NoPicture, Shelf, Unwanted
from collab.floor import Floor
from collab.live.access import Access, AccessDenied, Pass
from collab.live.gateway import RATE
from collab.live.line import Allowance
from collab.live.stream import StreamUnreachable
from collab.live.tally import UNREACHABLE, Durations
from collab.office import Office

Result = TypeVar("Result")

MOST_HOLDERS = 10_000
"""Of so many token holders it is remembered how much they asked lately."""


DRAWN_AT_ONCE = 2
"""So many thumbnails are made at the same time, as each may need a lot of memory."""


class Refusal(HTTPError):
    """A request that is not carried out: its status, and the code and message of the answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status)
        self.code, self.message = code, message


class Site:
    """The HTTP side of a process.

    Attributes:
        answered: how many requests were answered, by page and status.
        drawing: lets a few thumbnails be made at a time.
        under_way: how many requests wait for a floor, or for what it does for them.

    Args:
        access: checks tokens; None if nobody can come in here.
        door: has the floors; None if this process only reads.
        office: the office of the dashboard that the pages are beside, if they are.
        more: what else `/healthz` tells.
        pressed: how long the dashboard's pages took to answer keys and presses, if there is a dashboard.
        rate: requests a second of one token holder.
    """

    def __init__(
        self,
        access: Access | None = None,
        door: Door | None = None,
        office: Office | None = None,
        *,
        more: Callable[[], dict[str, Any]] = dict,
        pressed: Durations | None = None,
        rate: float = RATE,
    ) -> None:
        self.access, self.door, self.office, self.more, self.rate = access, door, office, more, rate
        self.pressed = pressed
        self.answered: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.drawing = asyncio.Semaphore(DRAWN_AT_ONCE)
        self.under_way = 0
        self._allowances: OrderedDict[tuple[str, str], Allowance] = OrderedDict()

    @property
    def shelf(self) -> Shelf:
        """Where files lie.

        Raises:
            Refusal: this process has no place for files.
        """
        if self.door is None or self.door.shelf is None:
            raise Refusal(503, "unreachable", "no files are kept here; name a folder for them with COLLAB_FILES")
        return self.door.shelf

    @property
    def offices(self) -> list[Office]:
        """The offices that are open in this process."""
        if self.office is not None:
            return [self.office]
        return self.door.offices if self.door is not None else []

    def let_in(self, authorization: str) -> Pass:
        """Whose token an `Authorization: Bearer …` holds.

        Raises:
            Refusal: 401 without a good token, 429 if its holder asked too much.
        """
        kind, _, token = authorization.partition(" ")
        if self.access is None:
            raise Refusal(503, "unreachable", "this process only reads the history; ask the one that has the team")
        if kind.lower() != "bearer":
            raise Refusal(401, "denied", "there is no token; send it as `Authorization: Bearer TOKEN`")
        try:
            entry = self.access.check(token.strip())
        except AccessDenied as error:
            raise Refusal(401, "denied", str(error)) from error
        if not self._allowance(entry).take():
            raise Refusal(429, "too_many", f"more than {self.rate:g} requests a second; wait a moment")
        return entry

    async def on_floor(self, entry: Pass, work: Callable[[Floor], Coroutine[Any, Any, Result]]) -> Result:
        """Do this on the floor of the token's tenant, in the loop that it works in.

        Raises:
            Refusal: it was refused; says why.
        """
        if self.door is None:
            raise Refusal(503, "unreachable", "this process only reads the history; ask the one that has the team")
        door = self.door

        async def done() -> Result:
            return await work(await door.floor(entry.tenant))

        self.under_way += 1
        try:
            return await self.told(door.ask(done()))
        finally:
            self.under_way -= 1

    async def told(self, work: Awaitable[Result]) -> Result:
        """Await this, and tell what it refuses as a status.

        Raises:
            Refusal: it was refused; says why.
        """
        try:
            return await work
        except Refusal:
            raise
        except Full as error:
            raise Refusal(413, "refused", str(error)) from error
        except (Unwanted, NoPicture) as error:
            raise Refusal(415, "refused", str(error)) from error
        except StreamUnreachable as error:
            raise Refusal(503, "unreachable", self._unreachable(error)) from error
        except PermissionError as error:
            raise Refusal(403, "forbidden", str(error)) from error
        except ValueError as error:
            raise Refusal(400, "refused", str(error)) from error
        except OSError as error:
            raise Refusal(503, "unreachable", self._unreachable(error)) from error
        except TooLate as error:
            raise Refusal(409, "too_late", str(error)) from error

    def _unreachable(self, error: Exception) -> str:
        return self.door.gateway.tally.unreachable(error) if self.door is not None else UNREACHABLE

    def _allowance(self, entry: Pass) -> Allowance:
        """How much the holder may ask; who asked longest ago is forgotten when there are too many."""
        holder = entry.tenant, entry.agent
        found = self._allowances.setdefault(holder, Allowance(self.rate))
        self._allowances.move_to_end(holder)
        if len(self._allowances) > MOST_HOLDERS:
            self._allowances.popitem(last=False)
        return found
