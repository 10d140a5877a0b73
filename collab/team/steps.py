"""What each event of agents, leads and weights changes in a team."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from collab import events
from collab.events import Event, LeadAssigned
from collab.records import Presence, seconds_between
from collab.team.agent import ABSENCE_S, Choice

if TYPE_CHECKING:
    from collab.team.team import Team

RECENT = 50
"""How many of the newest assignments a team remembers."""

MOVED_FOR = timedelta(hours=1)
"""For how long a team remembers that a lead went from one agent to another."""

RESPONSE_HALF_LIFE_S = 4 * 3600.0
"""After so many seconds a first response counts half."""


def _agent_joined(team: Team, event: events.AgentJoined, seq: int) -> None:
    team._agent(
        event.agent,
        name=event.name,
        skills=event.skills,
        capacity=event.capacity,
        on_shift=event.on_shift,
        left=False,
        since=event.time if event.agent not in team.agents else team.agents[event.agent].since,
    )


def _agent_left(team: Team, event: events.AgentLeft, seq: int) -> None:
    gone = {
        "presence": Presence.offline,
        "reason": "",
        "chosen": None,
        "connected": False,
        "lost": False,
        "calendar": (),
        "known": (),
    }
    team._agent(event.agent, left=True, on_shift=False, since=event.time, turn=seq, **gone)


def _presence_changed(team: Team, event: events.PresenceChanged, seq: int) -> None:
    before = team.agents.get(event.agent)
    gone = before.since if before is not None and before.presence == Presence.offline != event.presence else None
    if gone is not None and seconds_between(gone, event.time) >= ABSENCE_S:
        team._agent(event.agent, back=event.time, taken=0)
    stays = before is not None and before.since is not None and before.presence == event.presence
    since = before.since if before is not None and stays else event.time
    team._agent(event.agent, presence=event.presence, since=since, reason=event.reason, turn=seq)
    if event.connected is not None:
        lost = not event.connected and event.presence == Presence.offline
        team._agent(event.agent, connected=event.connected, lost=lost)
        return
    presence = event.chosen or event.presence
    said = event.reason if presence == event.presence else event.said
    team._agent(event.agent, chosen=Choice(presence=presence, reason=said, by=event.by, time=event.time), lost=False)


def _calendar_changed(team: Team, event: events.CalendarChanged, seq: int) -> None:
    before = team.agents.get(event.agent)
    known = {} if before is None else dict(zip(before.calendar, before.known, strict=True))
    since = tuple(known.get(one, event.time) for one in event.busy)
    team._agent(event.agent, calendar=event.busy, known=since)


def _capacity_changed(team: Team, event: events.CapacityChanged, seq: int) -> None:
    team._agent(event.agent, capacity=event.capacity)


def _shift_changed(team: Team, event: events.ShiftChanged, seq: int) -> None:
    team._agent(event.agent, on_shift=event.on_shift)


def _lead_arrived(team: Team, event: events.LeadArrived, seq: int) -> None:
    team._arrive(event.lead, event.time)


def _lead_assigned(team: Team, event: LeadAssigned, seq: int) -> None:
    lead, agent = event.decision.lead, event.decision.agent or ""
    team._arrive(lead, event.time)
    team._give_back(lead.id)
    team._lead(
        lead.id,
        decision=event.id,
        place=seq,
        assigned=event.time,
        holder=agent,
        accepted=False,
        responded=False,
        overridden=event.decision.mode == "manual",
        sticky=event.decision.mode == "sticky",
        balanced=False,
    )
    team._take(agent, lead.id)
    if len(team.recent) == RECENT and (gone := team.recent[0].id) in team.given_on:
        team.given_on = {id: to for id, to in team.given_on.items() if id != gone}
    team.recent = [*team.recent[1 - RECENT :], event]


def _offer_accepted(team: Team, event: events.OfferAccepted, seq: int) -> None:
    if _in_force(team, event):
        team._lead(event.lead, accepted=True)


def _offer_returned(team: Team, event: events.OfferDeclined | events.OfferExpired, seq: int) -> None:
    if _in_force(team, event):
        team._give_back(event.lead)
        before = team.leads[event.lead]
        declined = before.declined | {event.agent: event.time}
        refusals = before.refusals | {event.agent: before.times_refused(event.agent) + 1}
        team._lead(event.lead, holder=None, decision=None, place=0, assigned=None, accepted=False)
        team._lead(event.lead, declined=declined, refusals=refusals)


def _lead_overridden(team: Team, event: events.LeadOverridden, seq: int) -> None:
    if _in_force(team, event):
        team._give_back(event.lead)
        team._lead(event.lead, holder=event.to, overridden=not event.balanced, sticky=False, accepted=False)
        if event.balanced:  # who has it now has as long for it as anybody
            team._lead(event.lead, balanced=True, assigned=event.time)
        team._take(event.to, event.lead)
        if event.to != event.agent:
            team.moved = [time for time in team.moved if event.time - time < MOVED_FOR] + [event.time]
            if any(one.id == event.decision for one in team.recent):
                given = (*team.given_on.get(event.decision, ()), event.to)
                team.given_on = team.given_on | {event.decision: given}  # a team on trial has the same one


def _first_responded(team: Team, event: events.FirstResponded, seq: int) -> None:
    if not _in_force(team, event) or team.leads[event.lead].responded:
        return
    team._lead(event.lead, accepted=True, responded=True)
    team.alerts.responses.add(event.time, event.response_s)
    agent = team.agents[event.agent]
    age_s = seconds_between(agent.responded, event.time) if agent.responded else 0.0
    kept = 0.5 ** (age_s / RESPONSE_HALF_LIFE_S)
    team._agent(
        event.agent,
        responses=agent.responses + 1,
        response_weight=agent.response_weight * kept + 1,
        response_total_s=agent.response_total_s * kept + event.response_s,
        responded=max(event.time, agent.responded or event.time),
    )


def _lead_closed(team: Team, event: events.LeadClosed, seq: int) -> None:
    if not _in_force(team, event):
        return
    team._give_back(event.lead)
    team._put(event.lead, None)
    team.alerts.closings.add(event.time, float(event.converted))
    team.day.add(event.time, event.converted)
    agent = team.agents[event.agent]
    rated = event.satisfaction is not None
    team._agent(
        event.agent,
        closed=agent.closed + 1,
        converted=agent.converted + event.converted,
        rated=agent.rated + rated,
        satisfaction=agent.satisfaction + (event.satisfaction or 0.0),
    )


def _weights_adopted(team: Team, event: events.WeightsAdopted, seq: int) -> None:
    team.weights, team.adopted = event.weights, event
    team.entry = event.entry or team.entry


def _experiment(team: Team, event: events.ExperimentStarted | events.ExperimentStopped, seq: int) -> None:
    if isinstance(event, events.ExperimentStarted):
        team.experiment = event
    elif team.experiment is not None and team.experiment.id == event.experiment:
        team.experiment = None


def _in_force(team: Team, event: Any) -> bool:
    """Does the event speak of the decision in force and of the agent who holds the lead?"""
    state = team.leads.get(event.lead)
    return state is not None and state.decision == event.decision and state.holder == event.agent


APPLY: dict[type[Event], Callable[[Team, Any, int], None]] = {
    events.AgentJoined: _agent_joined,
    events.AgentLeft: _agent_left,
    events.PresenceChanged: _presence_changed,
    events.CalendarChanged: _calendar_changed,
    events.CapacityChanged: _capacity_changed,
    events.ShiftChanged: _shift_changed,
    events.LeadArrived: _lead_arrived,
    events.LeadAssigned: _lead_assigned,
    events.OfferAccepted: _offer_accepted,
    events.OfferDeclined: _offer_returned,
    events.OfferExpired: _offer_returned,
    events.LeadOverridden: _lead_overridden,
    events.FirstResponded: _first_responded,
    events.LeadClosed: _lead_closed,
    events.WeightsAdopted: _weights_adopted,
    events.ExperimentStarted: _experiment,
    events.ExperimentStopped: _experiment,
}
"""Takes an event in, with its place on the stream, by its type."""
