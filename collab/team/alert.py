"""Alerts that are open, silences and the rules in force, as the events left them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from collab import claims, events
from collab.events import Event
from collab.rules import Rule, Severity

ENDED = 200
"""How many of the newest alerts that ended a team remembers."""

SAMPLES = 1_000
"""How many of the newest first responses, and of the newest closed leads, a team remembers for its rules."""

Sample = tuple[datetime, float]
"""When something was, and its value."""


class Samples(Struct):
    """The newest samples, and the number and the sum of all there were."""

    newest: list[Sample] = []
    count: int = 0
    total: float = 0.0

    def add(self, time: datetime, value: float) -> None:
        """Add one; the oldest beyond `SAMPLES` goes."""
        self.newest.append((time, value))
        self.count += 1
        self.total += value
        if len(self.newest) > SAMPLES:
            del self.newest[0]


class State(StrEnum):
    """Where an alert is: pending before it fired; the last two are ends."""

    pending = "pending"
    firing = "firing"
    acknowledged = "acknowledged"
    resolved = "resolved"
    dropped = "dropped"

    @property
    def ended(self) -> bool:
        """Is it over?"""
        return self in (State.resolved, State.dropped)


NEXT: dict[tuple[State, type[Event]], State] = {
    (State.pending, events.AlertFired): State.firing,
    (State.pending, events.AlertDropped): State.dropped,
    (State.pending, events.AlertEased): State.pending,
    (State.pending, events.AlertResolved): State.dropped,
    (State.firing, events.AlertAcknowledged): State.acknowledged,
    (State.firing, events.AlertEased): State.firing,
    (State.firing, events.AlertResolved): State.resolved,
    (State.acknowledged, events.AlertReturned): State.firing,
    (State.acknowledged, events.AlertEased): State.acknowledged,
    (State.acknowledged, events.AlertResolved): State.resolved,
}
"""Every transition of an alert that began; an event without a place here changes nothing."""


class Alert(Struct, frozen=True, kw_only=True):
    """An alert: `began` when its condition came true, `fired` when it fired, `eased` since when the condition is over.

    `owner` acknowledged it and has it until `until`; `acknowledged` counts how often somebody did.
    """

    id: str
    rule: str
    labels: dict[str, str]
    severity: Severity
    state: State = State.pending
    value: float = 0.0
    summary: str = ""
    began: datetime
    fired: datetime | None = None
    eased: datetime | None = None
    owner: str = ""
    note: str = ""
    until: datetime | None = None
    acknowledged: int = 0
    ended: datetime | None = None
    by: str = ""
    why: str = ""

    @property
    def key(self) -> str:
        """The rule and the labels; no two open alerts have the same."""
        return claims.alert_key(self.rule, self.labels)

    def has(self, labels: Mapping[str, str]) -> bool:
        """Has it all these labels, `rule` and `severity` among them?"""
        own = {"rule": self.rule, "severity": str(self.severity)} | self.labels
        return all(own.get(name) == value for name, value in labels.items())


class Tally(Struct, frozen=True):
    """How many alerts of a rule fired and ended, and how many of them somebody acted on."""

    fired: int = 0
    acted: int = 0


class Alerts(Struct, kw_only=True):
    """All of a team's alerts, and what its rules look back on.

    `open` are by id, `ended` the newest that fired and are over. `tally` counts by rule. `responses` (seconds) and
    `closings` (1 for a sale, else 0) are the newest ones.
    """

    open: dict[str, Alert] = {}
    ended: list[Alert] = []
    silences: dict[str, events.SilenceStarted] = {}
    rules: tuple[Rule, ...] = ()
    version: int = 0
    tally: dict[str, Tally] = {}
    responses: Samples = field(default_factory=Samples)
    closings: Samples = field(default_factory=Samples)

    def apply(self, event: events.Watched) -> None:
        """Take one event in; one that comes too late for its alert changes nothing."""
        if isinstance(event, events.AlertEvent):
            self._change(event)
        elif isinstance(event, events.SilenceStarted):
            self.silences[event.id] = event
        elif isinstance(event, events.SilenceEnded):
            self.silences.pop(event.silence, None)
        else:
            self.rules, self.version = event.rules, event.version

    def silenced(self, alert: Alert) -> events.SilenceStarted | None:
        """The silence that keeps this alert from paging anybody, if one does."""
        return next((one for one in self.silences.values() if alert.has(one.labels)), None)

    def find(self, alert: str) -> Alert | None:
        """The alert of this id, open or ended not long ago."""
        return self.open.get(alert) or next((one for one in reversed(self.ended) if one.id == alert), None)

    def values(self) -> dict[str, str]:
        """What the stream's claims must hold, by key."""
        values = {claims.silence_key(silence): "1" for silence in self.silences}
        for alert in self.open.values():
            values[alert.key] = alert.id
            values[claims.alert_state_key(alert.id)] = str(alert.state)
            if alert.eased is not None:
                values[claims.eased_key(alert.id)] = "1"
        return values | ({claims.RULES_KEY: str(self.version)} if self.version else {})

    def _change(self, event: events.AlertEvent) -> None:
        if isinstance(event, events.AlertBegan):
            head = {name: getattr(event, name) for name in ("rule", "labels", "severity", "value")}
            self.open.setdefault(event.alert, Alert(id=event.alert, began=event.time, **head))
            return
        alert = self.open.get(event.alert)
        state = None if alert is None else NEXT.get((alert.state, type(event)))
        if alert is None or state is None:
            return
        after = replace(alert, state=state, **_CHANGES[type(event)](event))
        if isinstance(event, events.AlertAcknowledged):
            after = replace(after, acknowledged=alert.acknowledged + 1)
        if not state.ended:
            self.open[alert.id] = after
            return
        del self.open[alert.id]
        if state == State.resolved:
            self._count(after)

    def _count(self, alert: Alert) -> None:
        self.ended = [*self.ended[1 - ENDED :], alert]
        before = self.tally.get(alert.rule, Tally())
        acted = bool(alert.acknowledged or alert.by)
        self.tally[alert.rule] = Tally(before.fired + 1, before.acted + acted)


_CHANGES: dict[type[Event], Any] = {
    events.AlertFired: lambda e: {"fired": e.time, "value": e.value, "summary": e.summary, "severity": e.severity},
    events.AlertAcknowledged: lambda e: {"owner": e.by, "note": e.note, "until": e.until},
    events.AlertReturned: lambda e: {"owner": "", "note": e.note, "until": None},
    events.AlertEased: lambda e: {"eased": e.time if e.on else None},
    events.AlertResolved: lambda e: {"ended": e.time, "by": e.by, "why": e.why},
    events.AlertDropped: lambda e: {"ended": e.time, "why": e.why},
}
