"""Leads that came at once: let in and given away in one step, each decided as if those before it had gone (pure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from collab.claims import Claim, in_turn
from collab.events import Entry, LeadArrived, LeadAssigned
from collab.gates import Pacing, eased_load
from collab.records import Decision, Lead
from collab.team import OpenLead, Team

MOST = 8
"""So many leads go in one step: while they are decided, nobody else is heard."""


class Coming:
    """A lead on its way in.

    Attributes:
        lead: the lead.
        key: its sender's key for it, if any.
        decision: who gets it; None until that is claimed.
        alone: it could not go with others.
    """

    __slots__ = ("alone", "decision", "key", "lead")

    def __init__(self, lead: Lead, key: str | None) -> None:
        self.lead, self.key = lead, key
        self.decision: Decision | None = None
        self.alone = False


def together(
    coming: Sequence[Coming],
    team: Team,
    time: datetime,
    decide: Callable[[OpenLead, Team], Decision],
    new_id: Callable[[], str],
    pacing: Pacing,
) -> tuple[list[Claim], list[Decision]]:
    """The claims and the decisions of the first leads, up to one that is known or for which there is nobody.

    Args:
        coming: the leads, in the order in which they came.
        team: the team as it is, in which nobody waits; it stays as it is.
        time: when they came; aware.
        decide: decides on a lead in a team.
        new_id: makes the ids of events.
        pacing: how soon agents are asked again.
    """
    ahead = replace(team, agents=dict(team.agents), leads=dict(team.leads), known=dict(team.known))
    claims: list[Claim] = []
    decisions: list[Decision] = []
    for one in coming:
        if one.lead.id in ahead.leads:
            break
        decision = decide(OpenLead(lead=one.lead, arrived=time), ahead)
        if decision.agent is None:
            break
        arrived = LeadArrived(id=new_id(), time=time, lead=one.lead, key=one.key)
        assigned = LeadAssigned(id=new_id(), time=decision.time, decision=decision)
        load = eased_load(ahead, decision, pacing)
        for event in (arrived, assigned):
            ahead.apply(Entry(ahead.seq + 1, "", event))
        claims += in_turn(assigned, team.seq, arrived, load)
        decisions.append(decision)
    return claims, decisions
