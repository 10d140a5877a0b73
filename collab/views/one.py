"""One of something for each office of this process, whatever the number of sessions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from collab.office import Office

Made = TypeVar("Made")

KEPT = "_one"
"""The attribute of an office that holds what was made of it."""


class One(Generic[Made]):
    """Hands out the one of an office, made when it is first asked for.

    Args:
        make: from an office to what is its.
    """

    def __init__(self, make: Callable[[Office], Made]) -> None:
        self._make, self._lock = make, threading.Lock()

    def of(self, office: Office, stale: Callable[[Made], bool] = lambda made: False) -> Made:
        """That of this office; a new one in place of one that is stale."""
        with self._lock:
            kept = vars(office).setdefault(KEPT, {})  # with the office, so that both go together once nobody uses it
            if self not in kept or stale(kept[self]):
                kept[self] = self._make(office)
            found: Made = kept[self]
            return found
