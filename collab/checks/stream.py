"""Checks of the stream: does Redis answer, does it keep what it is given, and does its clock go right?"""

from __future__ import annotations

from collab.checks.check import Check, State, size, told
from collab.live.about import About, about
from collab.live.lease import RIGHT_TO_RECORD, right_to_watch
from collab.live.redis import hidden
from collab.live.stream import StreamUnreachable

SLOW_MS = 50.0
"""A decision is a few round trips; from here on people notice."""

AWRY_S, WRONG_S = 2.0, 30.0
"""By so much clocks may differ until waiting times mislead, and until tokens are refused and devices forgotten."""

SAME_S = 0.05
"""Less than this cannot be told from the way there and back."""

FULL = 0.9
"""The share of its limit of memory from which on a Redis is nearly full."""


async def of_stream(url: str, tenant: str, after: int | None = None) -> tuple[list[Check], About | None]:
    """The checks of the stream at a URL, and what its server said if it did, of the entry after a place, too."""
    try:
        found = await about(url, tenant, (RIGHT_TO_RECORD, right_to_watch(tenant)), after)
    except StreamUnreachable as error:
        value, fix = told(error, "Start redis-server there, or correct the URL.")
        return [Check(name="Redis", state=State.bad, value=value, fix=fix)], None
    except ValueError as error:
        fix = "Correct COLLAB_REDIS or --stream; README.md names the kinds of addresses."
        return [Check(name="Redis", state=State.bad, value=str(error), fix=fix)], None
    if url.startswith("embedded"):
        value = "no Redis: the stream lives in the process that serves"
        facts = ("a killed process may lose its last second; the history has the rest",)
        return [Check(name="Redis", state=State.ok, value=value, facts=facts)], found
    return [reached(url, found), persistence(found), memory(found), clock(found)], found


def reached(url: str, found: About) -> Check:
    """It answers; how soon."""
    slow = found.ms > SLOW_MS
    return Check(
        name="Redis",
        state=State.warn if slow else State.ok,
        value=f"answers in {found.ms:.1f} ms",
        fix="Bring it nearer to this machine, or see what it is busy with (redis-cli --latency, SLOWLOG GET)."
        if slow
        else "",
        facts=(f"version {found.version} at {hidden(url)}", f"{found.last:,} events on the partition so far"),
    )


def persistence(found: About) -> Check:
    """Does it keep what it answered, if it is killed?"""
    name = "Redis keeps"
    if found.failing:
        fix = "See its log: is its disk full, or its folder not writable? Until then a restart loses what came since."
        return Check(name=name, state=State.bad, value=f"it cannot write {' and '.join(found.failing)}", fix=fix)
    if found.kept is None:
        return Check(name=name, state=State.unknown, value="this server does not say whether it writes to a disk")
    if not found.kept:
        fix = "Set `appendonly yes` (and `appendfsync always` to lose nothing), or accept that a crash loses events."
        return Check(name=name, state=State.warn, value="appendonly is no: a crash loses what it did not save", fix=fix)
    lost = {"always": "a crash loses nothing", "everysec": "a crash of the machine may lose two seconds"}
    facts = (lost.get(found.fsync, "the system decides when its disk has it"),)
    return Check(
        name=name, state=State.ok, value=f"appendonly yes, appendfsync {found.fsync or 'not told'}", facts=facts
    )


def memory(found: About) -> Check:
    """Is there room, and does it throw nothing away?"""
    name, used = "Redis memory", size(found.used_bytes)
    if not found.most_bytes:
        return Check(name=name, state=State.ok, value=f"{used} used, no limit set")
    value = f"{used} of {size(found.most_bytes)} used, maxmemory-policy {found.policy}"
    if found.policy != "noeviction":
        fix = "Set `maxmemory-policy noeviction`: any other lets Redis throw away events and who has which lead."
        return Check(name=name, state=State.bad, value=value, fix=fix)
    if found.used_bytes > FULL * found.most_bytes:
        fix = "Raise `maxmemory`; a full Redis refuses every event. What is recorded is trimmed by itself."
        return Check(name=name, state=State.warn, value=value, fix=fix)
    return Check(name=name, state=State.ok, value=value)


def clock(found: About) -> Check:
    """Do this machine's clock and the server's agree?"""
    off = abs(found.ahead_s)
    which = "ahead of" if found.ahead_s > 0 else "behind"
    value = f"Redis is {off:.2f} s {which} this machine" if off >= SAME_S else f"they agree within {SAME_S:g} s"
    state = State.bad if off > WRONG_S else State.warn if off > AWRY_S else State.ok
    fix = "Let both machines follow a time server (chrony, systemd-timesyncd)." if state != State.ok else ""
    return Check(name="Clocks", state=state, value=value, fix=fix)
