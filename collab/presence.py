"""Where an agent is, as it follows from what they chose and from their devices (pure).

In order: without a device that was heard of lately, an agent who was connected is offline ("connection lost"); what
they, or a team lead, chose holds as long as it is in a call, away or offline; if all their devices are idle they are
away ("idle"); else what they chose, at first available. Agents who never connect are where they are put.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from collab.records import Presence
from collab.team import Agent

LOST = "connection lost"
CONNECTED = "connected"
IDLE = "idle"
BACK = "no longer idle"

LENDS_ITSELF = (Presence.available, Presence.busy)
"""What idle devices turn into away."""


class Change(Struct, frozen=True):
    """An agent's presence must change, for this reason; `connected` says whether a device of theirs is there."""

    agent: str
    presence: Presence
    reason: str
    connected: bool


def due(agent: Agent, devices: Sequence[bool]) -> Change | None:
    """What must change of an agent whose live devices are these, each idle or not; None if nothing does."""
    if agent.left:
        return None
    if not devices:
        return Change(agent.id, Presence.offline, LOST, False) if agent.connected else None
    wanted, reason = agent.chosen or Presence.available, CONNECTED
    if all(devices) and wanted in LENDS_ITSELF:
        wanted, reason = Presence.away, IDLE
    if agent.connected and agent.presence == wanted:
        return None
    if agent.connected and reason == CONNECTED:
        reason = BACK if agent.reason == IDLE else reason
    return Change(agent.id, wanted, reason, True)


def changes(agents: Mapping[str, Agent], devices: Mapping[str, Sequence[bool]]) -> list[Change]:
    """What must change of these agents, in the order of their ids."""
    found = (due(agents[name], devices.get(name, ())) for name in sorted(agents))
    return [change for change in found if change is not None]
