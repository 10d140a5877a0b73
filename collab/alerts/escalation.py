"""Who should know by now of an alert that nobody has acknowledged."""

from __future__ import annotations

from datetime import datetime

from collab.records import seconds_between
from collab.rules import Rule, Step
from collab.team import Alert, State


def escalated(rule: Rule, alert: Alert, now: datetime) -> tuple[Step, ...]:
    """The steps of the rule whose time is over; none once somebody has the alert."""
    if alert.state != State.firing or alert.fired is None:
        return ()
    age_s = seconds_between(alert.fired, now)
    return tuple(step for step in rule.escalate if step.after_s <= age_s)
