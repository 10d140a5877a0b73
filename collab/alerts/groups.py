"""Alerts told together: one notice a group, the gravest on top; what is held back, silenced or info pages nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from collab.alerts.inhibition import Inhibition
from collab.alerts.rank import Rank, ranked
from collab.events import AlertFired
from collab.rules import Rule, Severity
from collab.team import Alert, State, Team

GroupKey = tuple[tuple[str, str], ...]
"""What the alerts of a group have in common: names and values of labels."""


class Group(NamedTuple):
    """Alerts of one key, in the order in which to look at them; never empty."""

    key: GroupKey
    ranks: list[Rank]

    @property
    def top(self) -> Alert:
        """The alert to look at first."""
        return self.ranks[0].alert

    @property
    def severity(self) -> Severity:
        """The gravest of all."""
        return max((rank.alert.severity for rank in self.ranks), key=lambda severity: severity.grade)

    @property
    def summary(self) -> str:
        """The group in one line."""
        more = len(self.ranks) - 1
        return self.top.summary + (f" (and {more} more)" if more else "")


def group_key(rule: Rule | None, alert: Alert | AlertFired) -> GroupKey:
    """The group that an alert belongs to, by `Rule.group`; by its rule if that is not in force any more."""
    own = {"rule": alert.rule, "severity": str(alert.severity)} | alert.labels
    names = ("rule",) if rule is None else rule.group
    return tuple((name, own[name]) for name in names if name in own)


def quiet(team: Team, alert: Alert, inhibition: Inhibition) -> bool:
    """Does the alert page nobody: pending, acknowledged, info, silenced, or held back by another one?

    A silence counts until `SilenceEnded`, which a Watch returns at its time.
    """
    if alert.state != State.firing or alert.severity == Severity.info:
        return True
    if team.alerts.silenced(alert) is not None:
        return True
    return inhibition.holds(alert.rule, alert.labels) is not None


def groups(team: Team, open: Mapping[str, Alert] | None = None) -> list[Group]:
    """The groups of which somebody should have a notice now, the one to look at first in front.

    Args:
        team: whose rules and silences count.
        open: the open alerts by id, if they are not those of the team.
    """
    rules = {rule.name: rule for rule in team.alerts.rules}
    alerts = (team.alerts.open if open is None else open).values()
    inhibition = Inhibition(rules.values(), alerts)
    loud = [alert for alert in alerts if not quiet(team, alert, inhibition)]
    found: dict[GroupKey, list[Rank]] = {}
    for one in ranked(loud, team):
        found.setdefault(group_key(rules.get(one.alert.rule), one.alert), []).append(one)
    return [Group(key, ranks) for key, ranks in found.items()]
