"""Where everybody was today, as recorded: read once per process and minute, whoever looks."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from collab.analytics.stays import Stay, stays
from collab.analytics.zone import DAY, HOUR, Zone, microseconds
from collab.office import Office
from collab.rules import Rule

FRESH_S = 60.0
"""What was read is good for so long; what happened since is known from the frames."""


class Today(Struct, frozen=True, kw_only=True):
    """The recorded stays of the day of a zone that began at `start`, and up to when they are known."""

    zone: str
    start: int
    end: int
    stays: tuple[Stay, ...] = ()
    read: float = 0.0

    def good(self, now: datetime) -> bool:
        """Is it still this day, and was it read just now?"""
        return self.start <= microseconds(now) < self.end and time.monotonic() - self.read < FRESH_S


def zone_of(rules: Sequence[Rule]) -> str:
    """The zone of the office's clocks: that of the first rule in force that has hours; else UTC."""
    return next((rule.hours.zone for rule in rules if rule.on and rule.hours is not None), "UTC")


_todays: weakref.WeakKeyDictionary[Office, dict[str, Today]] = weakref.WeakKeyDictionary()
_todays_lock = threading.Lock()


def today_of(office: Office, zone: str, now: datetime) -> Today:
    """The day of an office that all sessions of this process share; it reads the history, so call it in a thread.

    Raises:
        ValueError: there is no such zone.
    """
    with _todays_lock:
        known = _todays.setdefault(office, {})
        if zone not in known or not known[zone].good(now):
            known[zone] = _read(office, Zone(zone), now)
        return known[zone]


def _read(office: Office, zone: Zone, now: datetime) -> Today:
    at = microseconds(now)
    start = zone.midnight(zone.day(at))
    end = zone.midnight(zone.day(start + DAY + 2 * HOUR))  # a day may have 25 hours
    history = office.history
    found = tuple(stays(history, start, end)) if history.own_last else ()
    return Today(zone=zone.name, start=start, end=end, stays=found, read=time.monotonic())
