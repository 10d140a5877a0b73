"""A bell: wakes those who wait for more of a stream that lives in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """Rings in every event loop where somebody listens, from any thread."""

    def __init__(self) -> None:
        self._heard: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._last: dict[str, int] = {}
        self._ringing = threading.Lock()

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that is set when it rings."""
        listener = asyncio.get_running_loop(), asyncio.Event()
        self._heard.add(listener)
        try:
            yield listener[1]
        finally:
            self._heard.discard(listener)

    def rang(self, key: str, after: int) -> bool:
        """May there be something on the stream `key` after this place?"""
        return self._last.get(key, after + 1) > after

    def ring(self, key: str, seq: int) -> None:
        """Wake all who listen, as the stream `key` goes up to `seq`; those whose loop was closed are forgotten."""
        with self._ringing:
            self._last[key] = max(self._last.get(key, 0), seq)
        for listener in tuple(self._heard):
            loop, event = listener
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:
                self._heard.discard(listener)
