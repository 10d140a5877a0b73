"""Hours of some days on the clocks of a place: when a route is open, and when it is quiet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from collab.rules import DAYS, Day, Hours

LONGEST = timedelta(days=15)
"""Quiet hours that still hold after so long are taken to have no end."""


class Window(Hours, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours of every day, unless it says of which, on the clocks of a zone that is named."""

    opens: str | int
    closes: str | int
    zone: str
    days: tuple[Day, ...] = DAYS


def over(windows: Sequence[Window], time: datetime) -> datetime:
    """The first moment from `time` on that none of the windows covers.

    Raises:
        ValueError: together they have no end.
    """
    now = time
    while now - time <= LONGEST:
        held = [window for window in windows if window.open(now)]
        if not held:
            return now
        now = max(window.until(now)[1] for window in held)
    raise ValueError("quiet covers the whole week, so nothing would ever be sent; leave some hours out")
