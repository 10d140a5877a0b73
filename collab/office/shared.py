"""The offices of this process, and the seeded team's history."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from collab.history import History
from collab.office.office import DEMO, Office

HISTORY = str(Path(__file__).resolve().parents[2] / "data" / "history")
"""The folder of the history that `make serve` records."""

_offices: dict[tuple[str, str, str], Office] = {}
_offices_lock = threading.Lock()


def shared(
    stream: str = "embedded://", history: str = "data/history", *, tenant: str = "main", **settings: Any
) -> Office:
    """The started office of this process for a stream, history and tenant; the first call's other settings hold."""
    with _offices_lock:
        key = (stream, history, tenant)
        if key not in _offices:
            _offices[key] = Office(stream, history, tenant=tenant, **settings).start()
        return _offices[key]


def seeded_office(**settings: Any) -> Office:
    """The seeded team at work: the one that this process serves, else one of its own that records into `HISTORY`."""
    return _seeded() or shared(history=HISTORY, tenant=DEMO, team_at_work=True, **settings)


def seeded_history(
    folder: str | None = None,
    *,
    days: int = 5,
    explore: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> History:
    """The seeded team's history: what is recorded in the folder, or, with nothing there yet, `days` made now.

    Of those, a share `explore` of the leads is routed by drawn weights. Without a folder it is the history of the
    seeded team that this process serves, else `HISTORY`.
    """
    if folder is None:
        served = _seeded()
        folder = HISTORY if served is None else served.history_url
    history = History(folder, DEMO)
    if not history.last:
        settings: dict[str, Any] = {
            "tenant": DEMO,
            "team_at_work": True,
            "days": days,
            "explore": explore,
            "progress": progress,
        }
        # a name of its own: a second folder of this process would go on with the stream of the first
        Office(f"embedded://{uuid.uuid4().hex}", folder, **settings).start().stop()
        history = History(folder, DEMO)
    return history


def _seeded() -> Office | None:
    with _offices_lock:
        return next((office for (_, _, tenant), office in _offices.items() if tenant == DEMO), None)
