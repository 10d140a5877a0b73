"""Each agent's time as spans: on shift, present, and holding leads; made from what was recorded, change by change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from collab.analytics.spans import Spans, both, where
from collab.analytics.zone import Moments
from collab.history import History
from collab.records import Presence

ABSENT = (str(Presence.offline), str(Presence.away))
"""Where one is not at work."""

TAKES, GIVES = 1, -1


class Steps(Struct, frozen=True):
    """A number that changes at moments, each value from its moment until the next; 0 before the first."""

    us: Moments
    value: NDArray[np.int64]

    def spans(self, lowest: int, end: int) -> Spans:
        """When it is at least this much, until end."""
        return where(self.us, self.value >= lowest, end)


class Timeline(Struct, frozen=True, kw_only=True):
    """An agent's time.

    Attributes:
        shift: on shift.
        presence: in each presence that was ever recorded, on shift or not.
        active: how many leads they hold.
        capacity: how many they take at once.
        staffed: on shift, and neither offline nor away.
        busy: staffed, and holding at least one lead.
    """

    shift: Spans
    presence: dict[str, Spans]
    active: Steps
    capacity: Steps
    staffed: Spans
    busy: Spans


def timelines(history: History, end: int) -> dict[str, Timeline]:
    """The time of every agent whom the history knows, until a moment."""
    active, found = held(history), {}
    for agent, changes in _changes(history).items():
        us = np.maximum.accumulate(np.array([one[0] for one in changes], np.int64))
        states, shifts, capacities = zip(*(one[1:] for one in changes), strict=True)
        places = np.array(states)
        shift = where(us, np.array(shifts, bool), end)
        presence = {state: where(us, places == state, end) for state in sorted(set(states))}
        holds = active.get(agent, Steps(np.empty(0, np.int64), np.empty(0, np.int64)))
        staffed = where(us, np.array(shifts, bool) & ~np.isin(places, ABSENT), end)
        found[agent] = Timeline(
            shift=shift,
            presence=presence,
            active=holds,
            capacity=Steps(us, np.array(capacities, np.int64)),
            staffed=staffed,
            busy=both(staffed, holds.spans(1, end)),
        )
    return found


def held(history: History) -> dict[str, Steps]:
    """How many leads each agent holds: one more with each decision, one less when it is given back, moved or ended."""
    given = history.columns("decisions", ["seq", "time", "agent"])
    ended = history.columns("closings", ["seq", "time", "agent"])
    offers = history.columns("offers", ["seq", "time", "agent", "outcome", "to_agent"])
    outcomes = list(offers["outcome.names"])
    back = np.isin(offers["outcome"], [outcomes.index(one) for one in outcomes if one != "accepted"])
    moved = offers["to_agent"] >= 0
    parts = [
        (given, given["agent"], given["agent.names"], np.ones(len(given["seq"]), bool), TAKES),
        (ended, ended["agent"], ended["agent.names"], np.ones(len(ended["seq"]), bool), GIVES),
        (offers, offers["agent"], offers["agent.names"], back, GIVES),
        (offers, offers["to_agent"], offers["to_agent.names"], moved, TAKES),
    ]
    names = sorted({str(name) for part in parts for name in part[2]})
    columns = [_steps(part, names) for part in parts]
    agent, seq, us, step = (np.concatenate(one) for one in zip(*columns, strict=True))
    order = np.argsort(seq, kind="stable")
    order = order[np.argsort(agent[order], kind="stable")]  # short integers, so by radix
    agent, us, step = agent[order], us[order], step[order]
    ends = np.searchsorted(agent, np.arange(len(names) + 1))
    slices = {name: slice(a, b) for name, a, b in zip(names, ends, ends[1:], strict=False) if b > a}
    # the stream's order is what happened; where clocks of several desks disagree, time stands still meanwhile
    return {name: Steps(np.maximum.accumulate(us[own]), np.cumsum(step[own])) for name, own in slices.items()}


def _steps(part: tuple[Any, ...], names: Sequence[str]) -> tuple[NDArray[Any], ...]:
    columns, code, own, kept, step = part
    renamed = np.array([names.index(str(name)) for name in own] or [0], np.int16)
    us = columns["time"][kept].astype("datetime64[us]").astype(np.int64)
    return renamed[code[kept]], columns["seq"][kept], us, np.full(len(us), step, np.int64)


def _changes(history: History) -> dict[str, list[tuple[int, str, bool, int]]]:
    """Each agent's changes in order: the moment, and from then on presence, whether on shift, and capacity."""
    rows = history.rows(
        ["presence"],
        "SELECT epoch_us(time), agent, change, presence, on_shift, capacity FROM presence "
        "WHERE change != 'calendar' ORDER BY seq",
    )
    found: dict[str, list[tuple[int, str, bool, int]]] = {}
    for us, agent, change, presence, on_shift, capacity in rows:
        own = found.setdefault(agent, [])
        _, place, shift, most = own[-1] if own else (0, str(Presence.offline), False, 0)
        if change == "left":
            place, shift = str(Presence.offline), False
        own.append(
            (us, presence or place, shift if on_shift is None else on_shift, most if capacity is None else capacity)
        )
    return found
