"""Times and urgencies of leads as people read them."""

from __future__ import annotations

from datetime import datetime

from collab.metrics import lasting
from collab.records import Lead, Urgency

SIGNS = {Urgency.critical: "■", Urgency.high: "▲", Urgency.medium: "●", Urgency.low: "○"}
"""Each urgency's sign, beside its word."""


def until(due: datetime, now: datetime) -> str:
    """How long it is until then, or since."""
    seconds = (due - now).total_seconds()
    return f"due in {lasting(int(seconds))}" if seconds >= 0 else f"due {lasting(int(-seconds))} ago"


def urgency(lead: Lead) -> str:
    """How urgent a lead is, with its score."""
    return f"{SIGNS[lead.urgency]} {lead.urgency} · score {lead.score}"
