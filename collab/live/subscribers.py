"""Who is called with what happened."""

from __future__ import annotations

import logging
from collections.abc import Callable

from collab.events import Entry

logger = logging.getLogger(__name__)


class Subscribers:
    """Callbacks that take entries; one that raises is logged and keeps none from the others."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[list[Entry]], None]] = []

    def add(self, callback: Callable[[list[Entry]], None]) -> Callable[[], None]:
        """Call `callback` from now on; returns the way out."""
        self._callbacks.append(callback)

        def remove() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return remove

    def tell(self, entries: list[Entry]) -> None:
        """Call all with these entries."""
        for callback in tuple(self._callbacks):
            try:
                callback(entries)
            except Exception:
                logger.exception("what happened could not be told to %r", callback)
