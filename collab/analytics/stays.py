"""Where each agent was through a stretch of time: one stay after another, with gaps where they were not on shift."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from collab.analytics.zone import moment
from collab.history import History
from collab.records import Presence

BEFORE = """
SELECT agent,
  arg_max(coalesce(presence, 'offline'), seq) FILTER (WHERE presence IS NOT NULL OR change = 'left'),
  arg_max(coalesce(on_shift, false), seq) FILTER (WHERE on_shift IS NOT NULL OR change = 'left'),
  arg_max(coalesce(reason, ''), seq) FILTER (WHERE presence IS NOT NULL)
FROM presence WHERE change != 'calendar' AND time < ? GROUP BY agent
"""
"""How each agent was left by what came before."""

DURING = """
SELECT epoch_us(time), agent, change, presence, on_shift, coalesce(reason, '') FROM presence
WHERE change != 'calendar' AND time >= ? AND time < ? ORDER BY seq
"""


class Stay(Struct, frozen=True):
    """An agent on shift in one presence, from a moment until before another; `reason` is why it began, if said."""

    agent: str
    presence: str
    start: int
    end: int
    reason: str = ""


def stays(history: History, start: int, end: int) -> list[Stay]:
    """What is recorded of a stretch of time: every agent's stays in order; the last lasts until the newest event.

    Only what happened in the stretch is read one by one, however long the history is.
    """
    reach = history.rows(["events"], "SELECT epoch_us(max(time)) FROM events")[0][0]
    if reach is None:
        return []
    state = {agent: (*left, start) for agent, *left in history.rows(["presence"], BEFORE, moment(start))}
    found: list[Stay] = []
    for us, agent, *change in history.rows(["presence"], DURING, moment(start), moment(end)):
        now = state.get(agent, (None, None, None, us))
        us = max(us, now[3])  # the stream's order is what happened, also where clocks of several desks disagree
        following = (*_after(change, *now[:3]), us)
        if following[:3] == now[:3]:
            continue
        found += _stay(agent, now, us)
        state[agent] = following
    for agent, now in state.items():
        found += _stay(agent, now, min(max(reach, start), end))
    return sorted(found, key=lambda one: (one.agent, one.start))


def _after(
    change: list[Any], presence: str | None, on_shift: bool | None, reason: str | None
) -> tuple[str | None, bool | None, str | None]:
    """How a change leaves an agent."""
    what, new, shift, why = change
    if what == "left":
        return str(Presence.offline), False, ""
    on_shift = on_shift if shift is None else shift
    return (new, on_shift, why) if new is not None else (presence, on_shift, reason)


def _stay(agent: str, state: tuple[Any, ...], end: int) -> list[Stay]:
    presence, on_shift, reason, start = state
    if not on_shift or end <= start:
        return []
    return [Stay(agent, presence or str(Presence.offline), start, end, reason or "")]
