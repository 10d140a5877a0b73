"""Times and urgencies of leads as people read them."""

from __future__ import annotations

from datetime import datetime

from collab.records import Lead, Urgency

SIGNS = {Urgency.critical: "■", Urgency.high: "▲", Urgency.medium: "●", Urgency.low: "○"}
"""Each urgency's sign, beside its word."""


def span(seconds: float) -> str:
    """How long something lasts: 9 s, 3 min 05 s, 2 h 07 min, 3 d 4 h."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def until(due: datetime, now: datetime) -> str:
    """How long it is until then, or since."""
    seconds = (due - now).total_seconds()
    return f"due in {span(seconds)}" if seconds >= 0 else f"due {span(-seconds)} ago"


def urgency(lead: Lead) -> str:
    """How urgent a lead is, with its score."""
    return f"{SIGNS[lead.urgency]} {lead.urgency} · score {lead.score}"
