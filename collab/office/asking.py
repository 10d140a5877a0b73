"""The what-if of a process: one over its history, for all sessions, as new as its page needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from collab.desk import utc_now
from collab.history import History
from collab.whatif import WhatIf

REFRESH_EVERY_S = 5.0
"""How old the what-if of the page may be before new decisions are added to it."""


class Asking:
    """Holds the what-if over a history; new decisions join it every few seconds, when somebody asks."""

    def __init__(self, history: Callable[[], History]) -> None:
        self._history, self._lock = history, threading.Lock()
        self._what_if: WhatIf | None = None
        self._time = utc_now()

    def what_if(self) -> WhatIf:
        """The what-if; may be called from any thread."""
        with self._lock:
            if self._what_if is None:
                self._what_if, self._time = WhatIf(self._history()), utc_now()
            elif (utc_now() - self._time).total_seconds() > REFRESH_EVERY_S:
                self._what_if, self._time = self._what_if.refreshed(), utc_now()
            return self._what_if
