"""What commands cause as events: checked, each with an id of its own and the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from collab.events import Event
from collab.live.follower import Follower
from collab.records import checked


class Stamping:
    """Holds the tenant's team and makes the events that commands cause.

    Args:
        follower: the team and its stream.
        clock: tells the time of events; aware.
        new_id: makes the ids of events.
    """

    def __init__(self, follower: Follower, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._follower, self._clock, self._new_id = follower, clock, new_id

    def _event(self, kind: type[Event], **fields: Any) -> Any:
        return checked(kind(id=self._new_id(), time=self._clock(), **fields))
