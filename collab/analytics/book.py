"""A history as of one moment, with what was once read of it: the first question reads, all others reckon in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from collab.history import History

Result = TypeVar("Result")


class Book:
    """What was read of a history, for many questions about the same moment; they may come from any thread.

    Args:
        history: what is asked.
        new: may its tenant be one of whom nothing is recorded yet, beside others? Else that is taken for a mistake.

    Every function of this room takes a history, or a book of one. At a million leads a first question takes seconds,
    the next ones, of whatever window, a fraction of one.

    Attributes:
        history: the history as it was when the book was opened.
        opened: when that was, in UTC.

    Raises:
        TypeError: it is no history.
        ValueError: there is no such folder, or no such tenant in it.
    """

    def __init__(self, history: History, *, new: bool = False) -> None:
        if not isinstance(history, History):
            raise TypeError(f"history is of {type(history).__name__}; give a collab.History, or a Book of one")
        if not new:
            history.refuse_a_stranger()
        self.opened, self.last = datetime.now(UTC), history.own_last
        self.history = history.as_of(self.last)
        self._lock, self._locks = threading.Lock(), dict[str, threading.Lock]()
        self._kept: dict[str, Any] = {}

    def once(self, name: str, read: Callable[[History], Result]) -> Result:
        """What `read` makes of the history; it is called for the first who asks, the others wait for it."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._kept:
                self._kept[name] = read(self.history)
            found: Result = self._kept[name]
            return found


def opened(source: History | Book) -> Book:
    """The book itself, or a new one of a history."""
    return source if isinstance(source, Book) else Book(source)
