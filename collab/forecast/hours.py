"""When a team takes leads: one span a weekday on the clock of its zone, as given or as leads came.

`collab.rules.Hours` says of one moment whether a rule counts then, `collab.analytics.Hours` measures times in hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.analytics.hours import parts
from collab.analytics.zone import Zone
from collab.forecast.shape import WEEKS
from collab.rules.hours import WEEKDAYS

DAY = 24 * 60

SELDOM = 0.1
"""A slot of a weekday in which leads came on fewer of its days than this is outside the hours that are worked out."""


@dataclass(frozen=True)
class OpenHours:
    """When leads are taken.

    Attributes:
        zone: the name of the time zone whose clock counts, e.g. Europe/Berlin.
        days: minutes after midnight from and until which, by weekday (0 is Monday); one that is missing is closed.
    """

    zone: str
    days: Mapping[int, tuple[int, int]]

    @classmethod
    def of(cls, text: str, zone: str = "UTC") -> OpenHours:
        """The hours that a text like `Mon-Fri 07:00-21:00, Sat 10:00-14:00` says.

        A part that does not end after it begins ends on the next day. A weekday with several parts is open from the
        first to the last: which of its slots bring no leads is seen in the counts.

        Raises:
            ValueError: names the part, its value and the fix.
        """
        found: dict[int, tuple[int, int]] = {}
        for days, begin, end in parts(text, "hours"):
            spans = [(0, begin, min(end, DAY)), *([(1, 0, end - DAY)] if end > DAY else [])]
            for day, (later, first, last) in product(days, spans):
                at = (day + later) % 7
                known = found.get(at, (first, last))
                found[at] = min(known[0], first), max(known[1], last)
        return cls(Zone(zone).name, dict(sorted(found.items())))

    @classmethod
    def worked_out(cls, counts: pd.Series, zone: str, minutes: int) -> OpenHours:
        """The hours in which leads came, from counts by interval: from the first slot of each weekday to its last.

        A slot counts in which something came on at least a tenth of that weekday's days, in the newest 20 weeks.
        """
        counts = counts[counts.index >= counts.index[-1] - pd.DateOffset(weeks=WEEKS)] if len(counts) else counts
        local = pd.DatetimeIndex(counts.index).tz_convert(zone)
        came = pd.DataFrame({"day": local.day_of_week, "slot": local.hour * 60 + local.minute, "came": counts > 0})
        often = came.groupby(["day", "slot"])["came"].mean().loc[lambda share: share >= SELDOM].reset_index()
        spans = often.groupby("day")["slot"].agg(["min", "max"])
        ends = (spans["max"] + minutes).clip(upper=DAY)
        return cls(zone, {int(day): (int(spans["min"][day]), int(ends[day])) for day in spans.index})

    def open(self, starts: pd.DatetimeIndex) -> NDArray[np.bool_]:
        """Whether each interval that begins then lies in the hours."""
        local = starts.tz_convert(self.zone)
        begin, end = np.zeros(7), np.zeros(7)
        for weekday, (first, last) in self.days.items():
            begin[weekday], end[weekday] = first, last
        minute, day = np.asarray(local.hour * 60 + local.minute), np.asarray(local.day_of_week)
        return np.asarray((begin[day] <= minute) & (minute < end[day]), bool)

    def __str__(self) -> str:
        spans: dict[str, list[str]] = {}
        for day, (begin, end) in self.days.items():
            spans.setdefault(f"{clock(begin)}-{clock(end)}", []).append(WEEKDAYS[day])
        said = (
            f"{days[0]}-{days[-1]} {span}" if _run(days) else f"{'/'.join(days)} {span}" for span, days in spans.items()
        )
        return f"{', '.join(said) or 'never open'} ({self.zone})"


def clock(minutes: int) -> str:
    """Minutes after midnight as a clock shows them."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _run(days: list[str]) -> bool:
    """Whether these are more than two weekdays in a row."""
    first = WEEKDAYS.index(days[0])
    return len(days) > 2 and list(WEEKDAYS[first : first + len(days)]) == days
