"""Business hours: days and times of a time zone, right on the days when clocks change (pure)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import force_setattr

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS = tuple(day.capitalize() for day in DAYS)
"""The weekdays as people read them."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class Hours(Struct, frozen=True, kw_only=True, rename={"opens": "from", "closes": "to"}, forbid_unknown_fields=True):
    """From `opens` (`from` in a file) to before `closes` (`to`) by the clocks of `zone`, on these days.

    Times are like "09:00", the end of a day is "24:00"; hours that end before they begin go over midnight and belong
    to the day on which they begin. An hour that comes twice when clocks go back is in both times. A number is minutes
    after midnight, as YAML reads a time without quotes; it becomes text.

    Raises:
        ValueError: a time, the days or the zone are none.
    """

    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    opens: str | int = "09:00"
    closes: str | int = "17:00"
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.days or set(self.days) - set(DAYS):
            raise ValueError(f"days is {list(self.days)}; list at least one of {', '.join(DAYS)}")
        for name, field, value in (("from", "opens", self.opens), ("to", "closes", self.closes)):
            clock = f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else value
            if not isinstance(clock, str) or not _CLOCK.fullmatch(clock):
                raise ValueError(
                    f'{name} is {value!r}, which is no time of day; give a time in quotes, "00:00" to "24:00"'
                )
            force_setattr(self, field, clock)
        if self.opens == self.closes:
            raise ValueError(f'from and to are both {self.opens!r}; for whole days give from "00:00" to "24:00"')
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, TypeError, OSError):
            raise ValueError(
                f"zone is {self.zone!r}, which is no time zone; give one like Europe/Berlin or UTC, an IANA name"
            ) from None

    def open(self, moment: datetime) -> bool:
        """Is the moment within the hours?"""
        return self.until(moment)[0]

    def until(self, moment: datetime) -> tuple[bool, datetime]:
        """Whether the moment is within the hours, and when that changes next."""
        moment = moment.astimezone(UTC)
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        closed = moment + timedelta(days=8)
        for ahead in range(-1, 9):
            day = today + timedelta(days=ahead)
            if DAYS[day.weekday()] not in self.days:
                continue
            starts, ends = _span(self, day)
            if starts <= moment < ends:
                return True, ends
            if moment < starts:
                return False, starts
        return False, closed


@lru_cache(maxsize=4096)
def _span(hours: Hours, day: date) -> tuple[datetime, datetime]:
    """When the hours of a day begin and end, in UTC."""
    opens, closes = str(hours.opens), str(hours.closes)
    last = day if opens < closes else day + timedelta(days=1)
    return min(_moments(hours, day, opens)), max(_moments(hours, last, closes))


def _moments(hours: Hours, day: date, clock: str) -> tuple[datetime, datetime]:
    """The one or two moments at which clocks show this; two around a time that there is not."""
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    local = datetime.combine(day, time.fromisoformat(clock), ZoneInfo(hours.zone))
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
