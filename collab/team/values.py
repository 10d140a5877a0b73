"""What a team's agents, leads and weights are among the small values of the stream."""

from __future__ import annotations

from collections.abc import Mapping

from collab import claims
from collab.events import ExperimentStarted
from collab.records import Presence, WeightsVersion
from collab.team.agent import Agent
from collab.team.lead import OpenLead


def values(
    agents: Mapping[str, Agent],
    leads: Mapping[str, OpenLead],
    weights: WeightsVersion,
    experiment: ExperimentStarted | None,
) -> dict[str, str]:
    """What the claims must hold for these, by key."""
    values = {claims.load_key(agent.id): str(agent.active) for agent in agents.values()}
    for agent in (agent for agent in agents.values() if not agent.left):
        values[claims.member_key(agent.id)] = "1"
        values[claims.capacity_key(agent.id)] = str(agent.capacity)
        if agent.on_shift:
            values[claims.shift_key(agent.id)] = "1"
        if agent.presence != Presence.offline:
            values[claims.present_key(agent.id)] = "1"
    for lead, state in leads.items():
        values[claims.lead_key(lead)] = state.decision if state.holder and state.decision else claims.QUEUED
        if state.holder:
            values[claims.holder_key(lead)] = state.holder
            values[claims.place_key(lead)] = str(state.place)
    if weights.version:
        values[claims.WEIGHTS_KEY] = str(weights.version)
    if experiment is not None:
        values[claims.EXPERIMENT_KEY] = experiment.id
    return values
