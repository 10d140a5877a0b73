"""How well it went: functions of numbers and frames, each with its definition (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from collab.fairness import jain_of
from collab.records import Presence, seconds_between
from collab.team import Team

GREEN, AMBER, RED = "green", "amber", "red"
"""The bands of utilization."""

AMBER_FROM, RED_FROM = 0.70, 0.90
"""Lower edges of the bands: [0, .70) is green, [.70, .90) amber, .90 and above red."""

TARGET_S = 60.0
"""The goal of a first answer, in seconds."""


def band(utilization: float) -> str:
    """The band of a utilization; above 1 is red too."""
    if utilization >= RED_FROM:
        return RED
    return AMBER if utilization >= AMBER_FROM else GREEN


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """The median, the 95th and the 99th percentile (`p50`, `p95`, `p99`), each None without values, and `n`."""
    n = len(values)
    cuts = np.percentile(np.asarray(values, float), [50, 95, 99]).tolist() if n else [None, None, None]
    return dict(zip(("p50", "p95", "p99"), cuts, strict=True)) | {"n": n}


def coordination(team: Team, now: datetime, decided_ms: Iterable[float], waited_s: Iterable[float]) -> dict[str, Any]:
    """How a team stands: queue, waits, presence, load, balance.

    `active` counts leads of agents who were taken off the roster, too. `decided_ms` and `waited_s` are percentiles;
    they are never added. `balance` is Jain's index of utilization over the agents on shift who are not offline.
    `occupancy` is the share of staffed agents (on shift, neither offline nor away) who hold a lead now; that of a time
    is `analytics.occupancy`.
    """
    queue, members = team.queue(), team.members()
    on = [agent for agent in members if agent.online]
    staffed = [agent for agent in on if agent.presence != Presence.away]
    return {
        "agents": len(members),
        "online": len(on),
        "presence": {str(p): sum(agent.presence == p for agent in members) for p in Presence},
        "active": len(team.leads) - len(queue),
        "capacity": sum(agent.capacity for agent in on),
        "queue": len(queue),
        "oldest_wait_s": max((seconds_between(lead.queued, now) for lead in queue), default=0.0),
        "utilization": sum(agent.utilization for agent in on) / len(on) if on else None,
        "occupancy": sum(bool(agent.leads) for agent in staffed) / len(staffed) if staffed else None,
        "balance": jain_of(members),
        "service_level": service_level(team, now),
        "decided_ms": percentiles(list(decided_ms)),
        "waited_s": percentiles(list(waited_s)),
        "weights": team.weights.id,
    }


def service_level(team: Team, now: datetime, target_s: float = TARGET_S) -> dict[str, float | None]:
    """The `share` of leads first answered within `target_s` seconds, None without one, and of how many (`n`).

    These are the newest 1,000 first answers, and the open leads whose time passed without one. A lead that was closed
    unanswered is in `analytics.service_level`, which asks the history, and not here.
    """
    answered = [response_s <= target_s for _, response_s in team.alerts.responses.newest]
    late = [one for one in team.leads.values() if not one.responded and seconds_between(one.arrived, now) > target_s]
    n = len(answered) + len(late)
    return {"share": sum(answered) / n if n else None, "n": n, "target_s": target_s}


def lasting(seconds: float | None) -> str:
    """A time as people read it, in one or two units: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h; a dash for none."""
    if seconds is None:
        return "–"
    if (seconds := max(0, seconds)) < 60:
        return f"{seconds:.1f} s" if seconds < 10 and seconds != int(seconds) else f"{seconds:.0f} s"
    whole = int(seconds)
    units = (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))
    unit, length, part, least = next(one for one in units if whole >= one[1])
    less = whole % length // least
    return f"{whole // length} {unit}" + (f" {less} {part}" if less else "")
