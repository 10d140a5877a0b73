"""What is watched of an alert, in words: as it was when it fired, and as it is now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from collab.alerts.measure import Measures
from collab.rules import Rule
from collab.team import Alert, Team


def present(alerts: Iterable[Alert], team: Team, now: datetime) -> dict[str, str]:
    """What the rules of these alerts look at, by the alert's id: "was 100% when it fired, is 60% now".

    What comes from the processes that serve is not in a team, so only its value at firing is said; nothing is said
    where there is only one value, nor of an alert whose rule is not in force any more.
    """
    rules = {rule.name: rule for rule in team.alerts.rules}
    about = [(alert, rules[alert.rule]) for alert in alerts if alert.rule in rules]
    told = [(alert, rule) for alert, rule in about if rule.of.least < rule.of.most]
    if not told:
        return {}  # the sums over all agents below are not for nothing
    measures = Measures(team, {rule.name: rule for _, rule in told}.values())
    return {alert.id: _said(alert, rule, measures, now) for alert, rule in told}


def _said(alert: Alert, rule: Rule, measures: Measures, now: datetime) -> str:
    was = rule.of.text(alert.value)
    reading = measures.read(rule, next(iter(alert.labels.values()), ""), now)
    if reading is None:
        return f"was {was} when it fired"
    value = rule.of.text(reading.value)
    return f"was {was} when it fired, {'and still is' if value == was else f'is {value} now'}"
