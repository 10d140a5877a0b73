"""What became of a lead, in words, made from its events only (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from collab.events import (
    AnyEvent,
    FirstResponded,
    LeadArrived,
    LeadAssigned,
    LeadClosed,
    LeadOverridden,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
)
from collab.legible import isolated
from collab.metrics import lasting
from collab.reasons import NOBODY


def told(event: AnyEvent, names: Mapping[str, str] = NOBODY) -> str:
    """What this event did to its lead; agents by name where one is given, else by id; "" of what is no lead's."""

    def name(agent: str | None) -> str:
        return names.get(agent or "", agent or "")

    def holder(done: OfferAccepted | FirstResponded | LeadClosed) -> str:
        said = f" (said by {names.get(done.by, isolated(done.by))})" if done.by else ""
        return name(done.agent) + said

    match event:
        case LeadArrived():
            return "came in"
        case LeadAssigned(decision=decision) if decision.by:
            return _why(f"given to {name(decision.agent)} by {isolated(decision.by)}", decision.reason)
        case LeadAssigned(decision=decision):
            return f"given to {name(decision.agent)}"
        case OfferAccepted():
            return f"taken up by {holder(event)}"
        case OfferDeclined():
            return _why(f"declined by {name(event.agent)}", event.reason)
        case OfferExpired():
            return _why(f"taken back from {name(event.agent)}", event.reason)
        case LeadOverridden(balanced=True):
            return f"moved from {name(event.agent)} to {name(event.to)} to even the loads"
        case LeadOverridden():
            by = names.get(event.by, isolated(event.by))
            return _why(f"given to {name(event.to)} in place of {name(event.agent)} by {by}", event.reason)
        case FirstResponded():
            after = lasting(int(event.response_s))
            return f"first answered by {holder(event)}, {after} after it came in"
        case LeadClosed():
            return _ended(event, holder(event))
    return ""


def _why(said: str, reason: str) -> str:
    return f"{said}: {isolated(reason)}" if reason else said


def _ended(event: LeadClosed, agent: str) -> str:
    how = f"sold for {event.value:,.0f}" if event.converted else "not sold"
    liked = "" if event.satisfaction is None else f", satisfaction {event.satisfaction:g} of 5"
    return f"closed by {agent}: {how}{liked}"
