"""Which alert to look at first: grave, far-reaching, new, and of a kind that somebody acted on before; explained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from collab.rules import Severity
from collab.team import Alert, State, Team

GRAVE = {Severity.info: 0.5, Severity.low: 1.0, Severity.medium: 2.0, Severity.high: 4.0, Severity.critical: 8.0}
"""What each severity counts."""


class Rank(NamedTuple):
    """An alert's place: `score` is the product of the four parts, `why` says them in words."""

    alert: Alert
    score: float
    severity: float
    impact: float
    novelty: float
    acted: float
    why: str


def rank(alert: Alert, team: Team) -> Rank:
    """The score of one alert.

    severity x impact x novelty x acted: impact is 1 + log2(1 + leads touched); novelty is 1 / (1 + alerts of the same
    rule and labels among the newest that ended); acted is the share of the rule's alerts that somebody acted on, from
    1/2 without any, (acted + 1) / (fired + 2).
    """
    before = sum(one.key == alert.key for one in team.alerts.ended)
    return _ranked(alert, team, before, _firsts([alert], team))


def ranked(alerts: Iterable[Alert], team: Team) -> list[Rank]:
    """The alerts with the one to look at first in front; a critical one is before all others whatever its score.

    Those that somebody has acknowledged come after those that nobody has, within the critical and within the others.
    """
    before: dict[str, int] = {}
    for one in team.alerts.ended:
        before[one.key] = before.get(one.key, 0) + 1
    alerts = list(alerts)
    firsts = _firsts(alerts, team)
    ranks = [_ranked(alert, team, before.get(alert.key, 0), firsts) for alert in alerts]
    return sorted(ranks, key=_order)


def _order(rank: Rank) -> tuple[bool, bool, float, str]:
    alert = rank.alert
    return alert.severity != Severity.critical, alert.state == State.acknowledged, -rank.score, alert.id


def _touched(alert: Alert, team: Team) -> int:
    """How many leads the alert is about: of the team's those that wait, are held, or all, as its rule's kind says."""
    if "lead" in alert.labels:
        return 1
    agent = alert.labels.get("agent")
    if agent is not None:
        return team.agents[agent].active if agent in team.agents else 0
    kind = next((rule.kind for rule in team.alerts.rules if rule.name == alert.rule), "")
    if kind == "queue":
        return team.waiting
    return len(team.leads) - (team.waiting if kind in ("team_overload", "unfair") else 0)


def _firsts(alerts: Iterable[Alert], team: Team) -> dict[str, str]:
    """The id of the first of all open alerts, by rule: when many fire, only one of them is the first of its rule."""
    firsts: dict[str, Alert] = {}
    for alert in sorted((*team.alerts.open.values(), *alerts), key=lambda one: (one.fired or one.began, one.id)):
        if alert.state != State.pending:
            firsts.setdefault(alert.rule, alert)
    return {rule: alert.id for rule, alert in firsts.items()}


def _ranked(alert: Alert, team: Team, before: int, firsts: dict[str, str]) -> Rank:
    touched = _touched(alert, team)
    severity, impact, novelty = GRAVE[alert.severity], 1 + math.log2(1 + touched), 1 / (1 + before)
    tally = team.alerts.tally.get(alert.rule)
    fired, done = (tally.fired, tally.acted) if tally else (0, 0)
    acted = (done + 1) / (fired + 2)
    again = {0: "new", 1: "once before"}.get(before, f"{before} times before")
    past = f"somebody acted on {done} of {fired} of this rule" if fired else "the first of this rule"
    if not fired and firsts.get(alert.rule) != alert.id:
        past = "none of this rule is over yet"
    leads = "1 lead" if touched == 1 else f"{touched} leads"
    why = f"{alert.severity}; touches {leads}; {again}; {past}"
    return Rank(alert, severity * impact * novelty * acted, severity, impact, novelty, acted, why)
