"""The guards and effects of alerts: one open alert a rule and labels, and each step from the state that it needs."""

from __future__ import annotations

from collab.claims.guards import Absent, Effect, Equals, Guard, Put, Remove
from collab.claims.keys import RULES_KEY, alert_key, alert_state_key, eased_key, silence_key
from collab.claims.rules import Rules, rules
from collab.events import (
    AlertAcknowledged,
    AlertBegan,
    AlertDropped,
    AlertEased,
    AlertEvent,
    AlertFired,
    AlertResolved,
    AlertReturned,
    RulesAdopted,
    SilenceEnded,
    SilenceStarted,
)


def _open(event: AlertEvent) -> Guard:
    return Equals(alert_key(event.rule, event.labels), event.alert)


def _from(event: AlertEvent, state: str) -> list[Guard]:
    return [_open(event), Equals(alert_state_key(event.alert), state)]


def _over(event: AlertEvent) -> list[Effect]:
    return [Remove(alert_key(event.rule, event.labels)), Remove(alert_state_key(event.alert))]


@rules.register
def _(event: AlertBegan) -> Rules:
    key = alert_key(event.rule, event.labels)
    return [Absent(key)], [Put(key, event.alert), Put(alert_state_key(event.alert), "pending")]


@rules.register
def _(event: AlertFired) -> Rules:
    return _from(event, "pending"), [Put(alert_state_key(event.alert), "firing")]


@rules.register
def _(event: AlertDropped) -> Rules:
    return _from(event, "pending"), _over(event)


@rules.register
def _(event: AlertAcknowledged) -> Rules:
    return _from(event, "firing"), [Put(alert_state_key(event.alert), "acknowledged")]


@rules.register
def _(event: AlertReturned) -> Rules:
    return _from(event, "acknowledged"), [Put(alert_state_key(event.alert), "firing")]


@rules.register
def _(event: AlertEased) -> Rules:
    key = eased_key(event.alert)
    return [_open(event), Absent(key) if event.on else Equals(key, "1")], [Put(key, "1") if event.on else Remove(key)]


@rules.register
def _(event: AlertResolved) -> Rules:
    # While the condition holds only its end resolves the alert, and no person does.
    ended: list[Guard] = [Equals(eased_key(event.alert), "1")] if event.by else []
    return [_open(event), *ended], [*_over(event), Remove(eased_key(event.alert))]


@rules.register
def _(event: SilenceStarted) -> Rules:
    return [], [Put(silence_key(event.id), "1")]


@rules.register
def _(event: SilenceEnded) -> Rules:
    key = silence_key(event.silence)
    return [Equals(key, "1")], [Remove(key)]


@rules.register
def _(event: RulesAdopted) -> Rules:
    before = Equals(RULES_KEY, str(event.version - 1)) if event.version > 1 else Absent(RULES_KEY)
    return [before], [Put(RULES_KEY, str(event.version))]
