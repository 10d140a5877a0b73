"""What happens to alerts: they begin, fire, are acknowledged and end; silences and rules come and go."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from collab.events.base import Event
from collab.records import Key, Name
from collab.rules.rule import Rule, Severity

Labels = dict[Annotated[str, Meta(min_length=1, max_length=60)], Annotated[str, Meta(min_length=1, max_length=200)]]
"""Whose alert it is, e.g. {"agent": "ana"}; empty for the team's."""

Note = Annotated[str, Meta(max_length=2000)]


def alert_id(rule: str, labels: dict[str, str], cause: str) -> str:
    """The id of the alert of a rule and labels that began with `cause`: the same whoever works it out."""
    said = "\n".join([rule, *(f"{name}={labels[name]}" for name in sorted(labels)), cause])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


class AlertEvent(Event, frozen=True, kw_only=True):
    """The base of what happens to one alert, of a rule and labels."""

    alert: Key
    rule: Key
    labels: Labels = {}


class AlertBegan(AlertEvent, frozen=True, tag="alert_began"):
    """The condition of a rule is true: the alert is pending, and fires if it stays so for `Rule.for_s`.

    `cause` is the id of the event after which it was true, or the moment at which time alone made it so.
    """

    severity: Severity
    value: float
    cause: Annotated[str, Meta(max_length=200)]


class AlertFired(AlertEvent, frozen=True, tag="alert_fired"):
    """The condition stayed true: somebody should look, for what `summary` says."""

    severity: Severity
    value: float
    summary: Annotated[str, Meta(max_length=1000)]


class AlertAcknowledged(AlertEvent, frozen=True, tag="alert_acknowledged"):
    """A person took the alert on, and has it until `until`; if the condition holds then, it comes back."""

    by: Name
    until: datetime
    note: Note = ""


class AlertReturned(AlertEvent, frozen=True, tag="alert_returned"):
    """An acknowledged alert fires again: its time was over, or `by` gave it back."""

    by: Annotated[str, Meta(max_length=200)] = ""
    note: Note = ""


class AlertEased(AlertEvent, frozen=True, tag="alert_eased"):
    """The condition of an open alert ended; unless it comes true again (`on` is false then) the alert ends soon."""

    value: float | None = None
    on: bool = True


class AlertResolved(AlertEvent, frozen=True, tag="alert_resolved"):
    """An alert that had fired ended: the condition did, or `by` said so after it; `why` in words."""

    by: Annotated[str, Meta(max_length=200)] = ""
    why: Note = ""


class AlertDropped(AlertEvent, frozen=True, tag="alert_dropped"):
    """A pending alert ended before it fired."""

    why: Note = ""


class SilenceStarted(Event, frozen=True, tag="silence_started"):
    """Alerts whose labels have all these values (`rule` and `severity` count as labels) page nobody until `until`.

    Its id is the silence's.
    """

    labels: Labels
    until: datetime
    by: Name
    why: Note = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.labels:
            raise ValueError("labels is {}; name what is silenced, e.g. {'rule': 'agent_overload'}")
        if self.until <= self.time:
            raise ValueError(f"until is {self.until.isoformat()}, which is not after time, {self.time.isoformat()}")


class SilenceEnded(Event, frozen=True, tag="silence_ended"):
    """A silence ended: its time was over, or `by` ended it."""

    silence: Key
    by: Annotated[str, Meta(max_length=200)] = ""


class RulesAdopted(Event, frozen=True, tag="rules_adopted"):
    """These rules are in force from now on; versions count from 1."""

    version: Annotated[int, Meta(ge=1)]
    rules: tuple[Rule, ...]
    by: Name
    reason: Note = ""


Watched = AlertEvent | SilenceStarted | SilenceEnded | RulesAdopted
"""What alerts are folded from."""
