"""A lead that is not closed: who has it, since when, and when it is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from collab.records import Lead, Urgency

PICK_UP_S = {Urgency.critical: 60.0, Urgency.high: 300.0, Urgency.medium: 900.0, Urgency.low: 3600.0}
"""Seconds in which a lead of score 0 is due, by urgency."""


class OpenLead(Struct, frozen=True, kw_only=True):
    """A lead that is not closed: waiting (no holder), or with the agent who holds it.

    `decision` and `place` are the id and the stream place of the decision in force; `overridden` says that a person
    chose the holder, `balanced` that it went to them so that loads are even, and `sticky` that the router gave it to
    who knows the customer. `declined` says who gave the lead
    back, and when last; `refusals`, how often each did.
    """

    lead: Lead
    arrived: datetime
    decision: str | None = None
    place: int = 0
    assigned: datetime | None = None
    holder: str | None = None
    accepted: bool = False
    responded: bool = False
    overridden: bool = False
    balanced: bool = False
    sticky: bool = False
    declined: dict[str, datetime] = {}
    refusals: dict[str, int] = {}

    @property
    def queued(self) -> datetime:
        """When it came into the queue last: new, or given back."""
        return max(self.declined.values(), default=self.arrived)

    @property
    def returns(self) -> int:
        """How often it came back to the queue."""
        return sum(self.times_refused(agent) for agent in self.declined)

    def times_refused(self, agent: str) -> int:
        """How often this agent gave it back."""
        return self.refusals.get(agent, int(agent in self.declined))

    @property
    def due(self) -> datetime:
        """When it should be picked up: sooner with urgency and score; waiting brings every lead to the front."""
        return self.arrived + timedelta(seconds=PICK_UP_S[self.lead.urgency] * (1 - self.lead.score / 200))
