"""Checks of what a process serves: members at its gateway, and people who look at its pages."""

from __future__ import annotations

from collab.checks.check import Check, State, told
from collab.door import Door


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


def of_viewers(boards: int) -> Check:
    """How many look on."""
    what = "page or cell" if boards == 1 else "pages or cells"
    return Check(name="Viewers", state=State.ok, value=f"{boards} {what} open now")
