"""Which alerts hold others back: what follows from a fault that is known pages nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collab.claims import alert_key
from collab.rules import Rule
from collab.team import Alert, State

ACTIVE = (State.firing, State.acknowledged)
"""The states in which an alert holds others back."""


class Inhibition:
    """The active alerts by rule, and who holds back whom."""

    def __init__(self, rules: Iterable[Rule], alerts: Iterable[Alert] = ()) -> None:
        rules = tuple(rules)
        self.of: dict[str, tuple[str, ...]] = {rule.name: rule.inhibits for rule in rules}
        self._by: dict[str, list[str]] = {}
        for rule in rules:
            for other in rule.inhibits:
                self._by.setdefault(other, []).append(rule.name)
        self._active: dict[str, dict[str, Alert]] = {}
        for alert in alerts:
            self.put(alert)

    def put(self, alert: Alert) -> bool:
        """Take in how an alert stands now; True if it held others back and does not any more."""
        if not self.of.get(alert.rule):
            return False
        active = self._active.setdefault(alert.rule, {})
        if alert.state in ACTIVE:
            active[alert.key] = alert
            return False
        return active.pop(alert.key, None) is not None

    def holds(self, rule: str, labels: Mapping[str, str]) -> Alert | None:
        """The alert that holds this one back: every label that both have is equal."""
        for other in self._by.get(rule, ()):
            active = self._active.get(other)
            if not active:
                continue
            first = next(iter(active.values()))  # all alerts of a rule have labels of the same names
            common = {name: labels[name] for name in first.labels if name in labels}
            found = active.get(alert_key(other, common)) if common else first
            if found is not None:
                return found
        return None
