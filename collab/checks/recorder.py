"""The check of the recorder: who records, and how far behind the stream it is."""

from __future__ import annotations

from msgspec import Struct

from collab.checks.check import Check, State, told
from collab.metrics import lasting

LATE_S, STUCK_S = 5.0, 30.0
"""A recorder commits each half second; so late it is busy, and so late something is wrong."""

MANY = 1_000
"""So many events not recorded are no moment's rest, where the time is not known."""


class Recorded(Struct, frozen=True, kw_only=True):
    """What is known of a recorder, in this process or another.

    `here` says that this process records, `held` that some process has the right to (None: cannot be told). `last` is
    the stream's last place and `recorded` the history's. `fault` is why nothing is recorded now.
    """

    last: int
    recorded: int
    here: bool = False
    held: bool | None = None
    behind_s: float | None = None
    fault: str = ""

    @property
    def behind(self) -> int:
        """Events that are on the stream and not in the history."""
        return max(0, self.last - self.recorded)


def of_recorder(found: Recorded) -> Check:
    """The check of what is known."""
    name, value = "Recorder", f"{_who(found)}; {_lag(found)}"
    facts = (f"stream at {found.last:,}, history at {found.recorded:,}",)
    if found.fault:
        what, fix = told(found.fault, "Give the history room and write permission; it goes on by itself then.")
        return Check(name=name, state=State.bad, value=f"cannot record: {what}", fix=fix, facts=facts)
    if found.recorded > found.last:
        lost, state = ("lost its end", State.bad) if found.last else ("is new or lost all", State.warn)
        fix = "Start `collab serve` or `collab recorder`: what records first restores the stream from the history."
        value = f"the history is ahead of the stream, which {lost}"
        return Check(name=name, state=state, value=value, fix=fix, facts=facts)
    if not found.here and found.held is False:
        state = State.bad if found.behind else State.warn
        fix = "Start one: `collab recorder`, or `collab serve` on this Redis. The stream keeps what waits meanwhile."
        return Check(name=name, state=state, value=value, fix=fix, facts=facts)
    late = found.behind_s is not None and found.behind and found.behind_s > LATE_S
    if late or (found.behind_s is None and found.behind > MANY):
        stuck = found.behind_s is not None and found.behind_s > STUCK_S
        fix = "See its log and whether the disk of the history is slow or full; what waits stays on the stream."
        return Check(name=name, state=State.bad if stuck else State.warn, value=value, fix=fix, facts=facts)
    return Check(name=name, state=State.ok, value=value, facts=facts)


def _who(found: Recorded) -> str:
    if found.here:
        return "this process records"
    if found.held is None:
        return "who records cannot be told from here"
    return "another process records" if found.held else "nobody records"


def _lag(found: Recorded) -> str:
    if not found.behind:
        return "all is recorded"
    waits = f"{found.behind:,} event{'s' if found.behind > 1 else ''} not recorded yet"
    return waits if found.behind_s is None else f"{waits}, all were {lasting(found.behind_s)} ago"
