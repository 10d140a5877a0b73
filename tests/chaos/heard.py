"""What a receiver of webhooks was told, compared with the alerts of the stream."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from notices import Sink

from collab.events import AlertAcknowledged, AlertFired, AlertReturned, Entry

Step = tuple[str, int]
"""An alert that fires: at first (0), or again after it was acknowledged so often."""


class Heard:
    """What the receiver was told, each message once by its `webhook-id`, and of which steps of alerts."""

    def __init__(self, receiver: Sink) -> None:
        self._receiver, self._read = receiver, 0
        self.bodies: dict[str, set[bytes]] = defaultdict(set)
        self.told = Counter[Step]()
        self.about: set[str] = set()
        self._unplaced: list[str] = []
        self._steps: dict[str, Step] = {}
        self._acknowledged = Counter[str]()

    def hear(self, entries: list[Entry]) -> None:
        """Keep which event is which step."""
        for event in (entry.event for entry in entries):
            if isinstance(event, AlertAcknowledged):
                self._acknowledged[event.alert] += 1
            elif isinstance(event, AlertFired):
                self._steps[event.id] = (event.alert, 0)
            elif isinstance(event, AlertReturned):
                # by a person it has an id of its own, and that of the watch if a process makes up for it
                step = (event.alert, self._acknowledged[event.alert])
                self._steps[event.id] = self._steps[f"{event.alert}.returned.{step[1]}"] = step

    def read(self) -> None:
        """Count what has come since: how many notices there were of each step, and which alerts they were about."""
        for got in self._receiver.got[self._read :]:
            self._read += 1
            known = self.bodies[got.headers["webhook-id"]]
            for notice in () if known else json.loads(got.body)["data"]["notices"]:
                self._unplaced.append(notice["id"])
                self.about |= {alert["id"] for alert in notice["alerts"]}
            known.add(got.body)
        self.told.update(self._steps[id] for id in self._unplaced if id in self._steps)
        self._unplaced = [id for id in self._unplaced if id not in self._steps]

    @property
    def unknown(self) -> list[str]:
        """The notices of which the stream has no event."""
        return self._unplaced
