"""How many leads were closed in each minute of the last day, and how many of them were sales."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

KEPT = timedelta(hours=24)
"""How far back a team counts what was closed."""


class Minute(Struct):
    """One minute's count: `begins` at its first closing, `newest` is its last one."""

    begins: datetime
    newest: datetime
    closed: int = 0
    converted: int = 0


class Day(Struct):
    """Closed leads by minute, the newest last: every one counts, however many there are."""

    minutes: list[Minute] = []

    def add(self, time: datetime, converted: bool) -> None:
        """Count a closing; minutes of more than a day before it go."""
        minutes = self.minutes
        if not minutes or time - minutes[-1].begins >= timedelta(minutes=1):
            minutes.append(Minute(time, time))
            while time - minutes[0].newest > KEPT:
                del minutes[0]
        last = minutes[-1]
        last.newest, last.closed = max(last.newest, time), last.closed + 1
        last.converted += converted

    def until(self, now: datetime) -> tuple[int, int, datetime | None]:
        """Closed and converted leads of the day before now, to the minute, and when the newest of them came."""
        found = [one for one in self.minutes if now - one.newest <= KEPT]
        newest = found[-1].newest if found else None
        return sum(one.closed for one in found), sum(one.converted for one in found), newest
