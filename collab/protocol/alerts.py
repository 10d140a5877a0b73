"""What may be asked of alerts, silences and rules, one record a command, and what the list of alerts holds."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from collab.events import SilenceStarted
from collab.events.alerts import Labels, Note
from collab.protocol.base import Command
from collab.records import Count, Key, Moment
from collab.rules import Rule
from collab.team import Alert


class ListAlerts(Command, frozen=True, tag="alerts"):
    """Which alerts are open, pending ones among them, the one to look at first in front. Not for services.

    Each comes with `score`, `why` it has its place, and the id of the `silence` that keeps it from paging anybody, if
    one does; with them come how many are `open` in all, the `silences` that count and the `version` of the rules.
    Agents get the alerts of which `labels` name them as `agent`, without others' words, and no silences. Of alerts and
    of silences there are no more than 256 KiB hold.
    """

    count: Annotated[int, Meta(ge=1, le=500)] = 100


class AcknowledgeAlert(Command, frozen=True, tag="acknowledge_alert"):
    """Take on an alert that fired, for half an hour or until a moment within 7 days; answered with the alert as it is.

    If its condition holds then, it comes back. Of one that is over nothing changes: its `state` says so. For team
    leads.
    """

    alert: Key
    until: Moment | None = None
    note: Note = ""


class ReturnAlert(Command, frozen=True, tag="return_alert"):
    """Give an acknowledged alert back, so that it asks for somebody again; answered with it. For team leads."""

    alert: Key
    note: Note = ""


class ResolveAlert(Command, frozen=True, tag="resolve_alert"):
    """Say that an alert is over, once its condition is; answered with it. For team leads."""

    alert: Key
    why: Note = ""


class SilenceAlerts(Command, frozen=True, tag="silence_alerts"):
    """Let alerts with all these labels page nobody until a moment; answered with the silence's id. For team leads.

    `rule` and `severity` count as labels.
    """

    labels: Labels
    until: Moment
    why: Note = ""


class EndSilence(Command, frozen=True, tag="end_silence"):
    """Let a silence be over before its time. For team leads."""

    silence: Key


class ListRules(Command, frozen=True, tag="rules"):
    """Which alert rules are in force, and their `version`; 0 if there never were any. For team leads and analysts."""


class AdoptRules(Command, frozen=True, tag="adopt_rules"):
    """Bring alert rules into force in place of all before; answered with their version. For team leads and analysts.

    If they do not agree with each other, those before stay in force.
    """

    rules: tuple[Rule, ...]
    reason: Note = ""


AlertCommand = (
    ListAlerts | AcknowledgeAlert | ReturnAlert | ResolveAlert | SilenceAlerts | EndSilence | ListRules | AdoptRules
)


class RankedAlert(Struct, frozen=True, kw_only=True):
    """An open alert at its place: `why` says in words what its `score` is made of.

    `silence` is the id of the silence that keeps it from paging anybody.
    """

    alert: Alert
    score: float
    why: str
    silence: Key | None = None


class AlertList(Struct, frozen=True, kw_only=True):
    """The alerts to look at first, of `open` in all; the silences that count, and the version of the rules in force."""

    alerts: list[RankedAlert]
    open: Count
    silences: list[SilenceStarted]
    version: Count


class RulesInForce(Struct, frozen=True, kw_only=True):
    """The alert rules in force, and their version."""

    version: Count
    rules: tuple[Rule, ...]
