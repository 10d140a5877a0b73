"""The rhythm of a working day: when leads arrive and how its hours lie on the desk's clock (pure but for one file).

Leads arrive as a Poisson process whose rate follows the weekday and the five-minute slot of a real call centre. In
each slot the rate is drawn from a gamma distribution, so that the counts spread as much beyond Poisson as the real
ones did: with mean m and variance v of the calls, the rate varies by (v - m) / m^2 of its square.
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import inf, isfinite
from pathlib import Path
from random import Random

from msgspec import Struct

from collab.rules.hours import WEEKDAYS

SLOT_S = 300
"""The length of a slot in seconds."""

COLUMNS = ("weekday", "slot", "calls_mean", "calls_sd", "days")


class Slot(Struct, frozen=True):
    """Five minutes of a weekday: seconds after midnight, and the mean and standard deviation of its calls."""

    start: int
    mean: float
    sd: float

    @property
    def shape(self) -> float:
        """The shape of the gamma distribution of the rate; infinite when calls spread no more than Poisson."""
        beyond = self.sd**2 - self.mean
        return self.mean**2 / beyond if beyond > 0 else inf


class Profile(Struct, frozen=True):
    """The slots of a week, by weekday (0 is Monday); a weekday without slots has no work."""

    slots: dict[int, tuple[Slot, ...]]

    @property
    def calls_per_day(self) -> float:
        """The mean calls of a working day."""
        return sum(slot.mean for slots in self.slots.values() for slot in slots) / len(self.slots)

    @property
    def opens(self) -> int:
        """The start of the first slot of any day, in seconds after midnight."""
        return min(slots[0].start for slots in self.slots.values())

    @property
    def closes(self) -> int:
        """The end of the last slot of any day, in seconds after midnight."""
        return max(slots[-1].start for slots in self.slots.values()) + SLOT_S

    def works_on(self, day: date) -> bool:
        """Is there work on this day?"""
        return day.weekday() in self.slots

    def next_day(self, day: date) -> date:
        """The first working day after `day`."""
        following = (day + timedelta(days=n) for n in range(1, 8))
        return next(one for one in following if self.works_on(one))

    def arrivals(self, day: date, per_day: float, chance: Random) -> list[float]:
        """When leads arrive on this day, in seconds after midnight, in order.

        Args:
            day: the date; its weekday counts.
            per_day: the mean number of leads on a working day.
            chance: the source of chance.
        """
        share = per_day / self.calls_per_day
        times = []
        for slot in self.slots.get(day.weekday(), ()):
            rate = slot.mean * share
            if isfinite(slot.shape):
                rate *= chance.gammavariate(slot.shape, 1 / slot.shape)
            after = chance.expovariate(rate) if rate > 0 else inf
            while after < 1:
                times.append(slot.start + after * SLOT_S)
                after += chance.expovariate(rate)
        return times


class Day(Struct, frozen=True):
    """A working day on the desk's clock: its midnight there, and how many of its seconds pass in one of the desk's."""

    date: date
    midnight: datetime
    tempo: float = 1.0

    def at(self, second: float) -> datetime:
        """The desk's time at this second after midnight."""
        return self.midnight + timedelta(seconds=second / self.tempo)

    def second(self, now: datetime) -> float:
        """The second after midnight at this time of the desk's."""
        return (now - self.midnight).total_seconds() * self.tempo


def real_day(day: date, zone: tzinfo) -> Day:
    """The day as the calendar has it in `zone`."""
    # counted back from noon, when no zone changes its clocks
    noon = datetime.combine(day, time(12), zone).astimezone(UTC)
    return Day(day, noon - timedelta(hours=12))


def quick_day(day: date, second: float, now: datetime, tempo: float) -> Day:
    """The day that is at this second after midnight now and passes `tempo` times as fast."""
    return Day(day, now - timedelta(seconds=second / tempo), tempo)


def read_profile(file: Path) -> Profile:
    """The profile of an `arrivals.csv`.

    Raises:
        ValueError: names the file, the line, the column, its value and the fix.
    """
    with file.open(encoding="utf-8", newline="") as text:
        rows = csv.DictReader(text)
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"{file}: column {missing[0]} is missing; make the file with `python data/arrivals.py`")
        slots: dict[int, list[Slot]] = {}
        for row in rows:
            where = f"{file}, line {rows.line_num}"
            weekday = _weekday(row["weekday"], where)
            mean, sd = (_number(row[column], f"{where}: {column}") for column in ("calls_mean", "calls_sd"))
            slots.setdefault(weekday, []).append(Slot(_start(row["slot"], where), mean, sd))
    if not sum(slot.mean for day in slots.values() for slot in day) > 0:
        raise ValueError(f"{file} has no calls; make the file with `python data/arrivals.py`")
    return Profile({day: tuple(sorted(of_day, key=lambda slot: slot.start)) for day, of_day in sorted(slots.items())})


def _weekday(value: str, where: str) -> int:
    if value not in WEEKDAYS:
        raise ValueError(f"{where}: weekday is {value!r}; it is one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(value)


def _start(value: str, where: str) -> int:
    hour, _, minute = (value or "").partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60 and int(minute) % 5 == 0):
        raise ValueError(f"{where}: slot is {value!r}; give the start of five minutes, like 07:05")
    return int(hour) * 3600 + int(minute) * 60


def _number(value: str, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not (isfinite(number) and number >= 0):
        raise ValueError(f"{where} is {value!r}; give a number, 0 or above")
    return number
