"""Times as the tables hold them, and back (pure)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collab.records import aware

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """Microseconds since 1970 of an aware time.

    Raises:
        ValueError: it has no zone.
    """
    return (aware(time, "moment") - _EPOCH) // _MICROSECOND


def moment(us: int) -> datetime:
    """The time of microseconds since 1970, in UTC."""
    return _EPOCH + int(us) * _MICROSECOND
