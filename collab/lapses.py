"""Which leads do not stay where they are: nobody took them up, nobody answered, or their agent is gone (pure).

A lead that a person gave to somebody stays with them, whatever happens; one that went to even out loads does not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from collab.records import Presence, Seconds, seconds_between
from collab.team import Agent, OpenLead, Team

UNACCEPTED = "not accepted in time"
UNANSWERED = "not answered in time"
GONE = "the agent is offline"


class Terms(Struct, frozen=True, kw_only=True):
    """How long a lead stays with its agent: unaccepted, without a first answer, and with an agent who is offline."""

    accept_s: Seconds = 300.0
    answer_s: Seconds = 1800.0
    offline_s: Seconds = 60.0


class Lapse(Struct, frozen=True):
    """A lead goes back to the queue, from this agent and for this reason."""

    lead: str
    agent: str
    reason: str


def lapses(team: Team, now: datetime, terms: Terms) -> list[Lapse]:
    """The leads that go back now, the one that was given away first in front."""
    held = [state for state in team.leads.values() if state.holder is not None and state.assigned is not None]
    found = []
    for state in sorted(held, key=lambda state: (state.assigned, state.lead.id)):
        agent = team.agents.get(state.holder or "")
        reason = _why(state, agent, now, terms) if agent is not None else ""
        if reason:
            found.append(Lapse(state.lead.id, state.holder or "", reason))
    return found


def holds(team: Team, lapse: Lapse, now: datetime, terms: Terms) -> bool:
    """Does a lead still go back, after all that happened since that was found?"""
    state, agent = team.leads.get(lapse.lead), team.agents.get(lapse.agent)
    if state is None or agent is None or state.holder != agent.id:
        return False
    return _why(state, agent, now, terms) == lapse.reason


def until(state: OpenLead, agent: Agent, terms: Terms) -> datetime | None:
    """When a lead goes back to the queue if nothing happens to it until then; None if it stays."""
    if state.overridden or state.responded or state.assigned is None:
        return None
    ends = [state.assigned + timedelta(seconds=terms.answer_s)]
    if not state.accepted:
        ends.append(state.assigned + timedelta(seconds=terms.accept_s))
    if agent.presence == Presence.offline and agent.since is not None:
        ends.append(max(state.assigned, agent.since) + timedelta(seconds=terms.offline_s))
    return min(ends)


def _why(state: OpenLead, agent: Agent, now: datetime, terms: Terms) -> str:
    if state.overridden or state.responded or state.assigned is None:
        return ""
    held_s = seconds_between(state.assigned, now)
    if agent.presence == Presence.offline and agent.since is not None:
        gone_s = min(held_s, seconds_between(agent.since, now))
        if gone_s >= terms.offline_s:
            return GONE
    if not state.accepted and held_s >= terms.accept_s:
        return UNACCEPTED
    return UNANSWERED if held_s >= terms.answer_s else ""
