"""Lets a shadow see an office's decisions, once they are on the stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from collab.events import Entry, LeadAssigned
from collab.shadow import Shadow

Subscribe = Callable[[Callable[[list[Entry]], None]], Callable[[], None]]


def shadowing(weights: str | Sequence[int] | None, subscribe: Subscribe, since: datetime) -> Shadow | None:
    """A shadow that hears of all decisions made from then on, not of a past that is made; None without weights."""
    if weights is None:
        return None
    shadow = Shadow(weights)

    def see(entries: list[Entry]) -> None:
        for entry in entries:
            if isinstance(entry.event, LeadAssigned) and entry.event.decision.time >= since:
                shadow.take(entry.event.decision)

    subscribe(see)
    return shadow
