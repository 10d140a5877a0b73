"""One of something for each office of this process, whatever the number of sessions."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from collab.office import Office

Made = TypeVar("Made")


class One(Generic[Made]):
    """Hands out the one of an office, made when it is first asked for.

    Args:
        make: from an office to what is its.
    """

    def __init__(self, make: Callable[[Office], Made]) -> None:
        self._make = make
        self._made: weakref.WeakKeyDictionary[Office, Made] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, office: Office, stale: Callable[[Made], bool] = lambda made: False) -> Made:
        """That of this office; a new one in place of one that is stale."""
        with self._lock:
            made = self._made.get(office)
            if made is None or stale(made):
                made = self._made[office] = self._make(office)
            return made
