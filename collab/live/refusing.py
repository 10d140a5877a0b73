"""A server that answers but takes no writes just now: how it says so, and what to do about it."""

from __future__ import annotations

from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError

_FIXES = {
    "OOM": "raise its maxmemory, or set it to 0",
    "READONLY": "give the URL of its master, or redis+sentinel:// and the Sentinels that know it",
    "MISCONF": "see its log, whether its disk is full or its folder may not be written",
    "NOREPLICAS": "start its replicas again, or lower min-replicas-to-write",
}

_WITHOUT_KIND: dict[type[Exception], str] = {OutOfMemoryError: "OOM", ReadOnlyError: "READONLY"}


def fix_of(failure: Exception) -> str:
    """What to do about a server that refused to write; "" if the failure is another one."""
    if not isinstance(failure, ResponseError):
        return ""
    return _FIXES.get(_WITHOUT_KIND.get(type(failure)) or str(failure).partition(" ")[0], "")


def refused(error: Exception) -> bool:
    """Does an error, of a stream that is out of reach, come of a server that refused to write?"""
    return isinstance(error.__cause__, Exception) and bool(fix_of(error.__cause__))
