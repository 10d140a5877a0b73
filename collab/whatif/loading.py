"""What numba compiles, loaded beside the work that it will make faster."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Piece = TypeVar("Piece")


class Loading(Generic[Piece]):
    """Something of numba's, which is loaded once a process, in a thread of its own.

    Attributes:
        piece: what was loaded; None until then, and where it cannot be.

    Args:
        what: whose work numpy does meanwhile, in a word.
        load: imports it, tries it and returns it.
    """

    def __init__(self, what: str, load: Callable[[], Piece]) -> None:
        self.piece: Piece | None = None
        self._what, self._load, self._lock = what, load, threading.Lock()
        self._thread: threading.Thread | None = None

    def warm(self) -> threading.Thread:
        """Begin to load it, once; `join` the thread to wait (1 s, some more the first time)."""
        with self._lock:
            if self._thread is None:
                # no daemon: the end of a process in the middle of a compilation may crash it
                self._thread = threading.Thread(target=self._run, name=f"collab-numba-{self._what}")
                self._thread.start()
            return self._thread

    def _run(self) -> None:
        try:
            self.piece = self._load()
        except Exception as error:  # missing, or it does not fit this numpy or this machine: whatever it is, numpy does
            said = "%s uses numpy, with the same results but slower: numba failed (%s)"
            logger.warning(said, self._what, error)
