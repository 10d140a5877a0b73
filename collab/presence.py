"""Where an agent is, as it follows from what they chose, their devices, their calls and their calendar (pure).

Nothing that a device or a calendar says makes an agent readier than they chose. Of all rows that hold the least ready
counts, in the order of `Presence` (available, busy, in_call, away, offline); of two alike the upper gives the reason.

| what holds                                                       | presence         | reason                    |
|------------------------------------------------------------------|------------------|---------------------------|
| they, or a team lead, chose (at first: available)                | what they chose  | what was said with it     |
| they were connected, and no device was heard of within its lease | offline          | connection lost           |
| a device of theirs says that it is in a call                     | in_call          | in a call                 |
| their calendar has them off                                      | away             | calendar                  |
| their calendar has them busy                                     | busy             | calendar                  |
| all their devices are idle, and none is in a call                | away             | idle                      |

So a call shows over available and busy, and not over away and offline, which people choose in order not to be asked.
Offline holds whatever devices do, until the agent or a team lead chooses again. What was chosen after a time of the
calendar began, and was known, holds against that time: the meeting ended early. Agents who never connect are where they
are put, and their calendar counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from collab.records import Presence
from collab.team import Agent

LOST = "connection lost"
CONNECTED = "connected"
CALL = "in a call"
CALENDAR = "calendar"
IDLE = "idle"

ENDED = {IDLE: "no longer idle", CALL: "the call ended", CALENDAR: "free again by the calendar"}
"""What is said when a reason passed, by reason."""

_LEAST_READY = {presence: place for place, presence in enumerate(Presence)}


class Device(Struct, frozen=True):
    """A device that was heard of within its lease: nobody touches it (`idle`), it is in a call (`call`)."""

    idle: bool = False
    call: bool = False


class Change(Struct, frozen=True):
    """An agent's presence must change, for this reason; `connected` says whether a device of theirs is there."""

    agent: str
    presence: Presence
    reason: str
    connected: bool


def busy_now(agent: Agent, now: datetime) -> Presence | None:
    """What the calendar makes of the agent: away while they are off, busy while they are busy, None else."""
    if not agent.calendar:
        return None
    chosen, known = agent.chosen, dict(zip(agent.calendar, agent.known, strict=False))
    found = [
        Presence.away if one.off else Presence.busy
        for one in agent.calendar
        if one.starts <= now < one.ends
        and (chosen is None or chosen.time < max(one.starts, known.get(one, one.starts)))
    ]
    return max(found, key=_LEAST_READY.__getitem__, default=None)


def settled(agent: Agent, devices: Sequence[Device], now: datetime) -> tuple[Presence, str]:
    """Where an agent with these live devices is, and why: "" if it is what they chose."""
    chosen = agent.chosen.presence if agent.chosen is not None else Presence.available
    found = [(chosen, "")]
    if not devices and (agent.connected or agent.lost):
        found.append((Presence.offline, LOST))
    in_call = any(device.call for device in devices)
    if in_call:
        found.append((Presence.in_call, CALL))
    if by_calendar := busy_now(agent, now):
        found.append((by_calendar, CALENDAR))
    if devices and all(device.idle for device in devices) and not in_call and chosen != Presence.in_call:
        found.append((Presence.away, IDLE))
    return max(found, key=lambda one: _LEAST_READY[one[0]])


def due(agent: Agent, devices: Sequence[Device], now: datetime) -> Change | None:
    """What must change of an agent whose live devices are these; None if nothing does."""
    put = not devices and not agent.connected and not agent.lost
    if agent.left or (put and agent.chosen is None):
        return None
    connected = bool(devices)
    presence, reason = settled(agent, devices, now)
    said = agent.chosen.reason if agent.chosen is not None else ""
    right = agent.reason == reason if reason else agent.reason == said or agent.reason not in ENDED
    if agent.connected == connected and agent.presence == presence and right:
        return None
    came = CONNECTED if connected and not agent.connected else ""
    return Change(agent.id, presence, reason or said or ENDED.get(agent.reason) or came, connected)


def changes(agents: Mapping[str, Agent], devices: Mapping[str, Sequence[Device]], now: datetime) -> list[Change]:
    """What must change of these agents, in the order of their ids."""
    found = (due(agents[name], devices.get(name, ()), now) for name in sorted(agents))
    return [change for change in found if change is not None]
