"""Checks of what a process serves: members at its gateway, and people who look at its pages."""

from __future__ import annotations

from collections.abc import Sequence

from collab.checks.check import Check, State, told
from collab.door import Door
from collab.metrics import percentiles

TARGET_MS = 100.0
"""Within so long a page shows an answer to a key or a press, 95 times of 100."""

LEAST_MS = 16.0
"""What took less is counted as this: browsers do not tell how much less, as it is a frame of a screen."""

ENOUGH = 20
"""Of so many keys and presses it can be said whether the pages keep to it."""


def of_gateway(door: Door | None) -> Check:
    """Is the gateway open, and does it keep its members?"""
    name = "Gateway"
    if door is None:
        value = "none in this process; `collab serve` and `collab gateway` open one"
        return Check(name=name, state=State.unknown, value=value)
    gateway = door.gateway
    if not gateway.open:
        fix = "Start `collab serve` or `collab gateway` again; its log says why it closed."
        return Check(name=name, state=State.bad, value="closed: nobody can connect", fix=fix)
    if gateway.access.trouble:
        what, fix = told(gateway.access.trouble)
        return Check(name=name, state=State.bad, value=f"{what}: the keys stay as they were", fix=fix)
    count, cut = len(gateway.lines), gateway.tally.cut
    value = f"open on port {gateway.port}, {count} connection{'s' if count != 1 else ''}"
    facts = tuple(f"{number:,} ended by the gateway: {code}" for code, number in sorted(cut.items()))
    return Check(name=name, state=State.ok, value=value, facts=(f"{gateway.tally.entered:,} let in so far", *facts))


def of_viewers(boards: int, pressed_ms: Sequence[float] = ()) -> Check:
    """How many look on, and how long their pages take from a key or press to the next paint, in ms."""
    what = "page or cell" if boards == 1 else "pages or cells"
    value, cuts = f"{boards} {what} open now", percentiles(pressed_ms)
    if not pressed_ms:
        return Check(name="Viewers", state=State.ok, value=value, facts=("no page has told of a key or press yet",))
    told = ", ".join(f"{name} {_ms(cuts[name] or 0.0)}" for name in ("p50", "p95", "p99"))
    facts = (f"key or press to next paint: {told} (n {cuts['n']}); target: p95 {TARGET_MS:.0f} ms",)
    if len(pressed_ms) < ENOUGH or (cuts["p95"] or 0.0) <= TARGET_MS:
        return Check(name="Viewers", state=State.ok, value=value, facts=facts)
    fix = "Reload the page that is slow, and see what else its machine is at; close tabs and programs there."
    return Check(name="Viewers", state=State.warn, value=f"{value}, slow to answer", fix=fix, facts=facts)


def _ms(value: float) -> str:
    return f"under {LEAST_MS:.0f} ms" if value <= LEAST_MS else f"{value:.0f} ms"
