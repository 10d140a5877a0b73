"""The table of alerts, silences and rules, and its rows (pure)."""

from __future__ import annotations

from typing import Any

import msgspec

from collab import events
from collab.events import Event
from collab.history.columns import SEQ, TIME, Column, Table, number, text, word
from collab.history.moments import microseconds

ALERTS = Table(
    "alerts",
    "What happened to alerts, silences and rules, a row for each step.",
    (
        SEQ,
        TIME,
        text("alert", "the alert's id; that of a silence; empty for rules", null=True),
        word(
            "change",
            "began (pending), fired, acknowledged, returned, eased (its condition ended), resumed, resolved or dropped "
            "(ended before it fired); silenced, unsilenced; adopted (rules)",
        ),
        word("rule", "the alert's rule; else empty", null=True),
        text("labels", "whose alert it is, or what is silenced, as JSON; else empty", null=True),
        word("severity", "info, low, medium, high or critical, when it began or fired; else empty", null=True),
        number("value", "the value that the rule looked at, in the unit of its kind; else empty", null=True),
        Column("until", "timestamp", "when an acknowledgement or a silence ends, UTC; else empty", null=True),
        word("person", "who did it; empty if time or the condition did", null=True),
        text("text", "the alert's summary, a note, a reason, or the rules adopted as JSON; else empty", null=True),
    ),
)

ALERT_CHANGES: dict[type[Event], str] = {
    events.AlertBegan: "began",
    events.AlertFired: "fired",
    events.AlertAcknowledged: "acknowledged",
    events.AlertReturned: "returned",
    events.AlertEased: "eased",
    events.AlertResolved: "resolved",
    events.AlertDropped: "dropped",
    events.SilenceStarted: "silenced",
    events.SilenceEnded: "unsilenced",
    events.RulesAdopted: "adopted",
}
"""The word in `change` for every kind of event."""

_ABOUT: dict[type[Event], str] = {events.SilenceStarted: "id", events.SilenceEnded: "silence"}
_WORDS = ("summary", "note", "why", "reason")


def alert_row(time: int, event: Any) -> tuple[Any, ...]:
    """The row of an event after its place on the stream."""
    change = ALERT_CHANGES[type(event)]
    if isinstance(event, events.AlertEased) and not event.on:
        change = "resumed"
    labels, until = getattr(event, "labels", None), getattr(event, "until", None)
    words = next((getattr(event, name) for name in _WORDS if hasattr(event, name)), None)
    if isinstance(event, events.RulesAdopted):
        words = msgspec.json.encode(event.rules).decode()
    return (
        time,
        getattr(event, _ABOUT.get(type(event), "alert"), None),
        change,
        getattr(event, "rule", None),
        None if labels is None else msgspec.json.encode(labels, order="deterministic").decode(),
        None if (severity := getattr(event, "severity", None)) is None else str(severity),
        getattr(event, "value", None),
        None if until is None else microseconds(until),
        getattr(event, "by", None) or None,
        words or None,
    )
