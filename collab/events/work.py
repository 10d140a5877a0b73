"""What happens to agents, leads and weights."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from collab.events.base import Event
from collab.experiment import Design
from collab.records import Calendar, Decision, Key, Lead, Name, Presence, Seconds, Share, WeightsVersion


class AgentJoined(Event, frozen=True, tag="agent_joined"):
    """An agent joined the roster, or their name or skills changed.

    `skills` are levels of 0 to 1 by `kind:value`, the kinds being property, location, budget and language.
    """

    agent: Key
    name: Name
    skills: dict[Key, Share] = {}
    capacity: Annotated[int, Meta(ge=0, le=1000)] = 5
    on_shift: bool = True


class AgentLeft(Event, frozen=True, tag="agent_left"):
    """An agent left the roster. Leads they hold stay with them until they are closed, declined or overridden."""

    agent: Key


class PresenceChanged(Event, frozen=True, tag="presence_changed"):
    """An agent's presence changed: somebody chose, or (`connected` is set) it follows from devices and calendar.

    `chosen` is the choice and `said` the words with it, if something else outweighs them; `by` is who chose for the
    agent.
    """

    agent: Key
    presence: Presence
    reason: str = ""
    connected: bool | None = None
    chosen: Presence | None = None
    said: str = ""
    by: Key | None = None


class CalendarChanged(Event, frozen=True, tag="calendar_changed"):
    """An agent's calendar is this from now on; `by` is who brought it, if not the agent."""

    agent: Key
    busy: Calendar
    by: Key | None = None


class CapacityChanged(Event, frozen=True, tag="capacity_changed"):
    """The most leads that an agent takes at once changed."""

    agent: Key
    capacity: Annotated[int, Meta(ge=0, le=1000)]


class ShiftChanged(Event, frozen=True, tag="shift_changed"):
    """An agent's shift began or ended."""

    agent: Key
    on_shift: bool


class LeadArrived(Event, frozen=True, tag="lead_arrived"):
    """A lead came in and waits in the queue. `key` is its sender's own name for the request, if they gave one."""

    lead: Lead
    key: Key | None = None


class LeadAssigned(Event, frozen=True, tag="lead_assigned"):
    """A lead was given to an agent. The event's id is the decision's."""

    decision: Decision

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decision.agent is None:
            raise ValueError("decision.agent is None; a lead that nobody can take stays in the queue instead")


class OfferAccepted(Event, frozen=True, tag="offer_accepted"):
    """The agent took the lead up; `by` is who said so, if not the agent."""

    lead: Key
    decision: Key
    agent: Key
    by: Key | None = None


class OfferDeclined(Event, frozen=True, tag="offer_declined"):
    """The agent gave the lead back; it waits again, and they are not asked for it again."""

    lead: Key
    decision: Key
    agent: Key
    reason: str = ""


class OfferExpired(Event, frozen=True, tag="offer_expired"):
    """The agent did not take the lead up, or did not answer it, in time, or is gone; it waits again."""

    lead: Key
    decision: Key
    agent: Key
    reason: str = ""


class LeadOverridden(Event, frozen=True, tag="lead_overridden"):
    """The lead went to another agent by a person's choice. The decision before it has no propensity any more.

    `balanced` says that it went so that loads are even and nobody chose the agent for it: it goes back to the queue as
    leads of the router do.
    """

    lead: Key
    decision: Key
    agent: Key
    to: Key
    by: Name
    reason: str = ""
    balanced: bool = False


class FirstResponded(Event, frozen=True, tag="first_responded"):
    """The customer had the first answer, `response_s` seconds after the lead came in.

    `by` is who said so, if not the agent.
    """

    lead: Key
    decision: Key
    agent: Key
    response_s: Seconds
    by: Key | None = None


class LeadClosed(Event, frozen=True, tag="lead_closed"):
    """The work on a lead ended. `value` is money, `satisfaction` 1 to 5 or None when nobody asked.

    `by` is who said so, if not the agent.
    """

    lead: Key
    decision: Key
    agent: Key
    converted: bool
    value: Annotated[float, Meta(ge=0, le=1e12)] = 0.0
    satisfaction: Annotated[float, Meta(ge=1, le=5)] | None = None
    by: Key | None = None


class WeightsAdopted(Event, frozen=True, tag="weights_adopted"):
    """A version of the weights came into force; `entry` is that of the journal of weights, if it came from there."""

    weights: WeightsVersion
    by: Name
    reason: str = ""
    entry: str = ""


class ExperimentStarted(Event, frozen=True, tag="experiment_started"):
    """Two sets of weights take turns from `starts` on, by blocks of time, to its end or a stop; its id names it."""

    design: Design
    starts: datetime
    by: Name
    reason: str = ""


class ExperimentStopped(Event, frozen=True, tag="experiment_stopped"):
    """The experiment ended: the weights in force count for all leads again; at its planned end `by` is who began it."""

    experiment: Key
    by: Name
    reason: str = ""
