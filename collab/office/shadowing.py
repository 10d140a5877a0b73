"""Lets a shadow see an office's decisions, once they are on the stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collab.events import Entry, LeadAssigned
from collab.shadow import Shadow

Subscribe = Callable[[Callable[[list[Entry]], None]], Callable[[], None]]


def shadowing(weights: str | Sequence[int] | None, subscribe: Subscribe) -> Shadow | None:
    """A shadow that hears of all decisions from now on; None without weights."""
    if weights is None:
        return None
    shadow = Shadow(weights)

    def see(entries: list[Entry]) -> None:
        for entry in entries:
            if isinstance(entry.event, LeadAssigned):
                shadow.take(entry.event.decision)

    subscribe(see)
    return shadow
