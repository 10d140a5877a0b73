"""A run told as events, so that whatever watches the events of a team can watch a simulated one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from collab import events
from collab.candidates import NOBODY
from collab.events import AnyEvent, Entry, decode
from collab.records import Decision, Lead, Presence, WeightsVersion
from collab.whatif.course import Course
from collab.whatif.simulation import Run

if TYPE_CHECKING:
    from collab.history import History

ROSTER = "SELECT data FROM events WHERE event IN ('agent_joined', 'agent_left', 'presence_changed', 'shift_changed')"
"""What is recorded of who is there; no weights change it."""

Told = tuple[datetime, int, AnyEvent]
"""An event with its time, and what comes first of what is at one time."""


def roster_of_history(history: History, course: Course) -> list[AnyEvent]:
    """Who was there as it was recorded, with the capacities that a simulation knows: the last ones."""
    capacity = dict(zip(course.agents, course.team.capacity.tolist(), strict=True))
    found: list[AnyEvent] = [decode(data) for (data,) in history.rows(["events"], f"{ROSTER} ORDER BY seq")]
    return [
        replace(one, capacity=capacity[one.agent])
        if isinstance(one, events.AgentJoined) and one.agent in capacity
        else one
        for one in found
    ]


def roster_of_shifts(course: Course) -> list[AnyEvent]:
    """The agents of a course, offline but for their shifts."""
    first = min([0.0, *course.shifts.start_s[np.isfinite(course.shifts.start_s)].tolist()])
    found: list[AnyEvent] = []
    for agent, capacity in zip(course.agents, course.team.capacity.tolist(), strict=True):
        time = moment(course, first)
        found.append(events.AgentJoined(id=f"{agent}-joined", time=time, agent=agent, name=agent, capacity=capacity))
    shifts = course.shifts
    for row, (agent, *ends) in enumerate(zip(shifts.agent.tolist(), shifts.start_s, shifts.end_s, strict=True)):
        for presence, at_s in zip((Presence.available, Presence.offline), ends, strict=True):
            if at_s != np.inf:
                known = {"time": moment(course, max(float(at_s), first)), "agent": course.agents[agent]}
                found.append(events.PresenceChanged(id=f"shift-{row}-{presence}", presence=presence, **known))
    ends_first = sorted(found, key=lambda one: getattr(one, "presence", None) == Presence.available)
    return sorted(ends_first, key=lambda one: one.time)


def entries_of(course: Course, run: Run, roster: Iterable[AnyEvent], since_s: float = -np.inf) -> list[Entry]:
    """The events of a run in order: the roster, and each lead's arrival, assignment, first response and end.

    Args:
        course: whose leads ran.
        run: what became of them.
        roster: who was there, in order.
        since_s: leaves out leads that ended before.
    """
    told: list[Told] = [(one.time, 0, one) for one in roster]
    for row in np.flatnonzero(~(run.closed_s < since_s)).tolist():
        told += _lead(course, run, row)
    told.sort(key=lambda one: one[:2])
    return [Entry(seq, "", event) for seq, (_, _, event) in enumerate(told, 1)]


def moment(course: Course, at_s: float) -> datetime:
    """The time of so many seconds in a course."""
    return datetime.fromtimestamp(course.origin, UTC) + timedelta(seconds=at_s)


def _lead(course: Course, run: Run, row: int) -> Iterator[Told]:
    """What happens to one lead; at one time ends come before what they make room for, if they are not of that."""
    lead, arrived = Lead(id=f"lead-{row}", name="Lead"), moment(course, float(course.arrival_s[row]))
    yield arrived, 3, events.LeadArrived(id=f"arrived-{row}", time=arrived, lead=lead)
    if run.agent[row] < 0:
        return
    agent, time = course.agents[run.agent[row]], moment(course, float(run.assigned_s[row]))
    weights = WeightsVersion(version=0, values=run.weights if sum(run.weights) else (25, 25, 25, 25))
    choice = Decision(lead=lead, time=time, agent=agent, candidates=NOBODY, weights=weights, seed=0)
    yield time, 4, events.LeadAssigned(id=f"decision-{row}", time=time, decision=choice)
    held = {"lead": lead.id, "decision": f"decision-{row}", "agent": agent}
    response_s = float(run.response_s[row])
    if not np.isnan(response_s):
        answered = max(time, moment(course, float(course.arrival_s[row]) + response_s))
        order = 5 if answered == time else 1
        yield answered, order, events.FirstResponded(id=f"answer-{row}", time=answered, **held, response_s=response_s)
    if not np.isnan(run.closed_s[row]):
        closed = max(time, moment(course, float(run.closed_s[row])))
        won = bool(run.converted[row] == 1)
        yield closed, 6 if closed == time else 2, events.LeadClosed(id=f"end-{row}", time=closed, **held, converted=won)
