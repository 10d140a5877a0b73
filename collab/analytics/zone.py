"""A time zone over many moments at once: local hours and days, and the buckets that clocks on the wall make.

Moments are whole microseconds since 1970 in UTC, as the history has them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from collab.history.moments import microseconds as microseconds
from collab.history.moments import moment as moment
from collab.records import aware

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
WEEK = 7 * DAY
"""In microseconds."""

QUARTER = 900 * SECOND
"""No zone's clock differs from UTC by anything but whole quarters of an hour, since 1972."""

MONDAY = 4 * DAY
"""The first Monday after the first moment of 1970, which was a Thursday."""

Moments = NDArray[np.int64]


EARLY = 10**14
"""A moment before this, in 1973, was meant in seconds or milliseconds: there were no leads then."""


def moment_of(time: int | datetime | None, name: str) -> int | None:
    """A moment that is given as one, or as an aware time; None stays None.

    Raises:
        ValueError: it is neither, the time has no zone, or it was meant in seconds; names the argument.
    """
    if isinstance(time, datetime):
        return microseconds(aware(time, name))
    if time is None:
        return None
    if isinstance(time, int | np.integer) and not isinstance(time, bool):
        if 0 < time < EARLY:
            raise ValueError(
                f"{name} is {time}, microseconds of {moment(int(time)):%Y}; seconds are to be times 1,000,000"
            )
        return int(time)
    raise ValueError(
        f"{name} is {time!r}; give an aware time, e.g. datetime(2026, 11, 24, tzinfo=UTC), or microseconds since 1970"
    )


class Zone:
    """A time zone of the IANA database.

    Raises:
        ValueError: there is none of this name.
    """

    def __init__(self, name: str = "UTC") -> None:
        try:
            self.info = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):  # of folders of zones, of "../x", of no text
            raise ValueError(f"zone is {name!r}; give a name of the IANA database, e.g. Europe/Berlin") from None
        self.name = name

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"

    def local(self, us: Moments) -> Moments:
        """What a clock on the wall shows, as if it were in UTC."""
        us = np.asarray(us, np.int64)
        return us + self.offset(us)

    def offset(self, us: Moments) -> Moments:
        """By how much the clock on the wall is ahead of UTC at each moment."""
        us = np.asarray(us, np.int64)
        if not us.size:
            return us
        times, offsets = _offsets(self.name, int(us.min()) // DAY, int(us.max()) // DAY + 1)
        return offsets[0] if len(offsets) == 1 else offsets[np.searchsorted(times, us, side="right") - 1]

    def weekday(self, us: Moments) -> Moments:
        """The weekday on the wall, 0 for Monday."""
        return (self.local(us) - MONDAY) // DAY % 7

    def hour(self, us: Moments) -> Moments:
        """The hour on the wall, 0 to 23."""
        return self.local(us) // HOUR % 24

    def midnight(self, day: date) -> int:
        """The first moment of a day."""
        return microseconds(datetime(day.year, day.month, day.day, tzinfo=self.info).astimezone(UTC))

    def day(self, us: int) -> date:
        """The day on the wall at a moment."""
        return moment(us).astimezone(self.info).date()

    def days(self, start: int, end: int) -> Iterator[tuple[date, int, int]]:
        """Every day that has a moment from start until before end, with its first moment and that of the next."""
        day = self.day(start)
        while (first := self.midnight(day)) < end:
            following = day + timedelta(days=1)
            yield day, first, self.midnight(following)
            day = following

    def floor(self, us: int, every: int) -> int:
        """The moment at which the bucket of a moment begins; see `edges`."""
        return int(self.edges(us - _bucket(every) - 2 * HOUR, us + 1, every)[-2])

    def edges(self, start: int, end: int, every: int) -> Moments:
        """Where buckets of the wall clock begin, from start to end, both with them.

        Hours that a clock shows twice are two buckets and an hour that it skips is none, so a day has 23 or 25 hours
        when the clock changes; a day is one bucket however long it is, and a week begins on Monday.

        Raises:
            ValueError: `every` is not a part of a day in whole quarters, a day or a week; or end is before start.
        """
        every = _bucket(every)
        if end < start:
            raise ValueError(f"end is {moment(end)}, which is before start, {moment(start)}; swap them")
        quarters = np.arange(-(-start // QUARTER) * QUARTER, end, QUARTER, dtype=np.int64)
        around = np.concatenate((quarters[:1] - QUARTER, quarters))
        offset = self.offset(around)
        bucket = (around + offset - (MONDAY if every == WEEK else 0)) // every
        turned = np.diff(bucket) != 0
        if every <= HOUR:
            turned |= np.diff(np.broadcast_to(offset, around.shape)) != 0
        return np.unique(np.concatenate(([start], quarters[turned], [end]))).astype(np.int64)


def _bucket(every: int) -> int:
    """How long a bucket is, if that is allowed."""
    whole = isinstance(every, int | np.integer) and every > 0
    if not whole or (every not in (DAY, WEEK) and (every % QUARTER or DAY % every)):
        said = f"{every} µs" if isinstance(every, int | np.integer) else repr(every)
        raise ValueError(
            f"every is {said}; give a week, a day, or a part of one in whole quarters of an hour, in microseconds, "
            "as collab.analytics.zone.DAY"
        )
    return int(every)


@lru_cache(maxsize=64)
def _offsets(name: str, first: int, last: int) -> tuple[Moments, Moments]:
    """From when on which offset holds, from one day since 1970 to another."""
    zone = ZoneInfo(name)

    def at(us: int) -> int:
        offset = moment(us).astimezone(zone).utcoffset()
        assert offset is not None
        return offset // timedelta(microseconds=1)

    times, offsets = [first * DAY], [at(first * DAY)]
    for day in range(first, last + 1):
        start, before, after = day * DAY, offsets[-1], at((day + 1) * DAY)
        if after != before:
            seconds = range(start, start + DAY + 1, SECOND)
            times.append(seconds[bisect_right(seconds, False, key=lambda us: at(us) != before)])
            offsets.append(after)
    return np.array(times, np.int64), np.array(offsets, np.int64)
