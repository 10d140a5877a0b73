"""Who hears what of agents, leads and alerts: whose alert it is, and what people say of it, is not for everybody."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import replace

from collab.events import AlertEvent, Watched
from collab.protocol.role import TUNING, Role
from collab.records import Decision, Lead
from collab.team import Alert, OpenLead

Words = TypeVar("Words", Alert, AlertEvent)


def heard_as(role: Role, events: list[Any]) -> list[Any]:
    """What a role that is told of everybody hears: of alerts, silences and rules nothing unless it leads or tunes."""
    return events if role in TUNING else [event for event in events if not isinstance(event, Watched)]


def heard_by(agent: str, events: list[Any]) -> list[Any]:
    """What an agent hears: what concerns themselves, without others' words."""
    own = (event for event in events if _concerns(event, agent))
    return [without_words(event, agent) if isinstance(event, AlertEvent) else event for event in own]


def may_see(agent: str, decision: Decision, sent: Lead, now: OpenLead | None) -> bool:
    """May an agent see a decision: it is on the very lead that they sent, gave it to them, or they hold it now?"""
    return decision.lead == sent or agent in (decision.agent, now and now.holder)


def is_of(alert: Alert | AlertEvent, agent: str) -> bool:
    """Do the labels of the alert name the agent?"""
    return alert.labels.get("agent") == agent


def without_words(of: Words, agent: str) -> Words:
    """An alert, or what happened to it, without the note and the reason that others than this agent gave."""
    by = getattr(of, "by", "")
    said = {"note": of.owner if isinstance(of, Alert) else by, "why": by}
    theirs = {name: "" for name, who in said.items() if getattr(of, name, "") and who != agent}
    return replace(of, **theirs) if theirs else of


def _concerns(event: Any, agent: str) -> bool:
    if isinstance(event, Watched):
        return isinstance(event, AlertEvent) and is_of(event, agent)
    decision = getattr(event, "decision", None)
    named = (getattr(event, "agent", None), getattr(event, "to", None), getattr(decision, "agent", None))
    return agent in named
