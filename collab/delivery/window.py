"""Hours of some days on the clocks of a place: when a route is open, and when it is quiet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_M = 1440
LONGEST = timedelta(days=15)
"""Quiet hours that still hold after so long are taken to have no end."""


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"zone is {name!r}, which is no IANA time zone; give one, e.g. Europe/Madrid") from None


def minute(text: str | int, name: str) -> int:
    """A minute of the day, 0 to 1440, from "22:30"; YAML makes a number of minutes of it when it has no quotes.

    Raises:
        ValueError: it is none.
    """
    hours, colon, minutes = str(text).partition(":")
    given = text if isinstance(text, int) else -1
    if colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(minutes) < 60:
        given = int(hours) * 60 + int(minutes)
    if not 0 <= given <= DAY_M:
        raise ValueError(f'{name} is {text!r}, which is no time of day; give one from "00:00" to "24:00"')
    return given


class Window(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """From one time of day to before another, on the clocks of a zone; past midnight it belongs to the day it began.

    It follows the wall clock: where the clocks are changed, it is an hour longer or shorter. An end that the clocks
    skip comes up to an hour late.
    """

    start: str | int
    end: str | int
    zone: str
    days: tuple[Day, ...] = WEEK

    def __post_init__(self) -> None:
        zone_of(self.zone)
        start, end = minute(self.start, "from"), minute(self.end, "to")
        if start == end:
            raise ValueError(f'from and to are both {self.start!r}; for a whole day give from "00:00" to "24:00"')
        if not self.days:
            raise ValueError("days is empty; name one of mon to sun, or leave days out for all of them")
        msgspec.structs.force_setattr(self, "start", start)
        msgspec.structs.force_setattr(self, "end", end)

    def covers(self, time: datetime) -> bool:
        """Is this moment in it?"""
        return self._begun(time) is not None

    def ends(self, time: datetime) -> datetime:
        """The end, in UTC, of the hours that cover this moment; the moment itself if none do."""
        day = self._begun(time)
        if day is None:
            return time
        start, end = int(self.start), int(self.end)
        days, at = divmod(end, DAY_M)
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone_of(self.zone))
        last = midnight.replace(hour=at // 60, minute=at % 60) + timedelta(days=days + (end < start))
        ends = [last.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
        return min(one for one in ends if one > time)

    def _begun(self, time: datetime) -> date | None:
        """The day on which the hours that cover this moment began."""
        here = time.astimezone(zone_of(self.zone))
        now, start, end = here.hour * 60 + here.minute, int(self.start), int(self.end)
        today, yesterday = here.date(), here.date() - timedelta(days=1)
        if self._on(today) and (start <= now < end if start < end else now >= start):
            return today
        if end < start and now < end and self._on(yesterday):
            return yesterday
        return None

    def _on(self, day: date) -> bool:
        return WEEK[day.weekday()] in self.days


def over(windows: Sequence[Window], time: datetime) -> datetime:
    """The first moment from `time` on that none of the windows covers.

    Raises:
        ValueError: together they have no end.
    """
    now = time
    while now - time <= LONGEST:
        held = [window for window in windows if window.covers(now)]
        if not held:
            return now
        now = max(window.ends(now) for window in held)
    raise ValueError("quiet covers the whole week, so nothing would ever be sent; leave some hours out")
