"""Round trips of words: two members at a gateway, one says something, the other hears it, and each way is timed."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

from msgspec import Struct

from collab.door import Door
from collab.live.access import Access
from collab.live.client import InRoom, Member, connect
from collab.office import Office
from collab.whole import number, whole

ROOM = "round-trips"
"""The room that is measured in."""

KEPT = 5_000
"""So many of the newest trips are at hand."""

HEARD_S = 30.0
"""How long a word may take to the other member."""


class Trip(Struct, frozen=True):
    """One word: when it was said, and after how many milliseconds it was kept, and heard by the other member.

    Kept is from me to the gateway, onto the stream and back to me; heard is from me over the same way to the other.
    """

    number: int
    time: datetime
    kept_ms: float
    heard_ms: float


class RoundTrips:
    """Two members who talk to each other, in a loop in a thread of their own, and how long each word took.

    Both ends are in this process, so that one clock tells both times.

    Args:
        stream: the URL of the stream that a gateway is opened on here; by default one in this process.
        url: a gateway that is there already, to be measured instead; then `tokens` are those of two agents of one team.

    Raises:
        ValueError: there is a url without both tokens.
    """

    def __init__(
        self, stream: str = "embedded://round-trips", *, url: str = "", tokens: tuple[str, str] = ("", "")
    ) -> None:
        if url and not all(tokens):
            raise ValueError(f"url is {url!r}, and tokens are missing; give two, made by `collab token`")
        self.stream, self.url, self._tokens = stream, url, tokens
        self.trips: deque[Trip] = deque(maxlen=KEPT)
        self.count = 0
        self._subscribers: list[Callable[[Trip], None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="round trips", daemon=True)
        self._stack = AsyncExitStack()
        self._waits: dict[str, asyncio.Future[float]] = {}
        self._turn = asyncio.Lock()

    def start(self) -> RoundTrips:
        """Open what is needed and return when both members are in the room.

        Raises:
            StreamUnreachable, Denied: no Redis answers, or the gateway does not let a token in.
        """
        self._thread.start()
        try:
            self._call(self._open()).result()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close all of it; twice is as once."""
        if self._thread.is_alive():
            self._call(self._stack.aclose()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def measure(self, count: int = 200, *, every_s: float = 0.0) -> Future[None]:
        """Let so many words be said, one after the other, with a pause after each; done when the last was heard.

        Raises:
            ValueError: `count` is no whole number of 1 or more, or `every_s` no number of seconds, 0 or more.
        """
        fix = "give seconds of 0 or more, e.g. 0.02"
        if not 0 <= number(every_s, "every_s", fix) < inf:
            raise ValueError(f"every_s is {every_s!r}; {fix}")
        return self._call(self._measure(whole(count, "count", 1), every_s))

    def subscribe(self, callback: Callable[[Trip], None]) -> Callable[[], None]:
        """Call `callback` with each trip, in the loop's thread; returns the way out."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def _call(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _open(self) -> None:
        url, tokens = self.url, self._tokens
        if not url:
            url, tokens = await self._gateway()
        self._one = await self._stack.enter_async_context(connect(url, tokens[0], device=ROOM))
        self._other = await self._stack.enter_async_context(connect(url, tokens[1], device=ROOM))
        await self._one.create_room(ROOM, "Round trips")
        for member in (self._one, self._other):
            await member.join(ROOM)
        hears = [asyncio.create_task(self._hear()), asyncio.create_task(_let_pass(self._one))]
        self._stack.callback(lambda: [task.cancel() for task in hears])

    async def _gateway(self) -> tuple[str, tuple[str, str]]:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="collab-round-trips-")))
        access, office = Access(folder / "keys"), Office(self.stream, str(folder / "history"), tenant=ROOM)
        await office.open()
        self._stack.push_async_callback(office.close)
        door = await Door(access, office, port=0, gateway={"host": "127.0.0.1", "rate": 1e6}).open()
        self._stack.push_async_callback(door.close)
        tokens = access.token(ROOM, "one", lasts_s=30 * 86_400), access.token(ROOM, "other", lasts_s=30 * 86_400)
        return f"ws://127.0.0.1:{door.gateway.port}", tokens

    async def _measure(self, count: int, every_s: float) -> None:
        for _ in range(count):
            async with self._turn:
                await self._trip()
            await asyncio.sleep(every_s)

    async def _trip(self) -> None:
        text, heard = uuid.uuid4().hex, asyncio.get_running_loop().create_future()
        self._waits[text] = heard
        time, start = datetime.now(UTC), perf_counter()
        try:
            await self._one.send_message(ROOM, text)
            kept = perf_counter()
            async with asyncio.timeout(HEARD_S):
                at = await heard
        finally:
            del self._waits[text]
        self.count += 1
        trip = Trip(self.count, time, (kept - start) * 1000, (at - start) * 1000)
        self.trips.append(trip)
        for subscriber in tuple(self._subscribers):
            subscriber(trip)

    async def _hear(self) -> None:
        async for event in self._other.events():
            text = getattr(event.event, "text", None) if isinstance(event, InRoom) else None
            if text in self._waits and not self._waits[text].done():
                self._waits[text].set_result(perf_counter())


async def _let_pass(member: Member) -> None:
    async for _ in member.events():
        pass


_shared: dict[str, RoundTrips] = {}
_shared_lock = threading.Lock()


def round_trips(stream: str = "embedded://round-trips") -> RoundTrips:
    """This process's started round trips on a stream: every page and cell that asks shows the same."""
    with _shared_lock:
        if stream not in _shared:
            _shared[stream] = RoundTrips(stream).start()
        return _shared[stream]
