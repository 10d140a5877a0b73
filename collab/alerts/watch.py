"""Rules watched over a team as its events come in: which events of alerts should be appended now."""

from __future__ import annotations

from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from typing import Any

from msgspec.structs import replace

from collab import events
from collab.alerts.due import Due, Place
from collab.alerts.inhibition import Inhibition
from collab.alerts.measure import SILENT_S, Heard, Measures, Reading
from collab.events import AlertEvent, Entry, Event, Watched, alert_id
from collab.rules import Rule
from collab.team import Alert, Alerts, State, Team

SOONEST_S = 0.1
"""The least time between two looks at the rules."""

_SILENCES = ""
"""Stands for a rule's name where a silence ends."""


class Watch:
    """Watches the rules in force over one team.

    Whoever holds the team applies each entry to it, gives the entry to `take`, and appends what `at` returns. What was
    returned counts as done; if an append is refused, another one was first: make a new Watch of the team. All of its
    state is the team's, so a Watch made anew goes on where the one before stopped. What one entry costs does not
    depend on how long the history is.
    """

    def __init__(self, team: Team) -> None:
        self.team = team
        self._events: list[Event] = []
        self._touched: dict[Place, str] = {}
        self._started: datetime | None = None
        self._begin_anew()

    def take(self, entry: Entry) -> None:
        """Take in an entry that the team has applied."""
        event = entry.event
        if isinstance(event, Watched):
            if event.id in self._told:
                self._told.discard(event.id)
            elif entry.seq <= self._began_at:
                return  # the team had it when this watch began
            elif isinstance(event, events.RulesAdopted):
                self._begin_anew()
            else:
                self._apply(event)
            return
        for kind, subject in self._measures.touched(event):
            self._touch(kind, subject, event.id)

    def signal(self, kind: str, value: float, time: datetime, *, n: int = 1, cause: str = "") -> None:
        """Take in a value that is in no event: one of the kinds whose source is "signal"; repeat it every minute.

        Watches that are told of one thing by the same `cause` make the same alert of it.
        """
        self._measures.signals[kind] = Heard(value, n, time)
        self._touch(kind, "", cause or f"{kind} {time.isoformat()}")

    @property
    def due(self) -> datetime | None:
        """When `at` should be called though nothing happened; None if time alone changes nothing."""
        return self._due.next

    def at(self, now: datetime) -> list[Event]:
        """The events to append now, in order."""
        if self._started is None:
            self._started = now
        self._events = []
        for place in self._due.until(now):
            self._touched.setdefault(place, f"at {now.isoformat()}")
        while self._touched:
            touched, self._touched = sorted(self._touched.items(), key=self._turn), {}
            for (rule, subject), cause in touched:
                if rule == _SILENCES:
                    self._end_silence(subject, now)
                else:
                    self._look(rule, subject, cause, now)
        return self._events

    def _begin_anew(self) -> None:
        """Begin with what the team says."""
        self._began_at = self.team.seq
        alerts = self.team.alerts
        self.alerts = Alerts(open=dict(alerts.open), silences=dict(alerts.silences), tally=dict(alerts.tally))
        self._rules = {rule.name: rule for rule in alerts.rules if rule.on}
        self._of_kind: dict[str, list[str]] = {}
        for rule in self._rules.values():
            self._of_kind.setdefault(rule.kind, []).append(rule.name)
        held_by = TopologicalSorter[str]()
        for rule in self._rules.values():
            held_by.add(rule.name)
            for held in rule.inhibits:
                held_by.add(held, rule.name)
        self._turns = {name: turn for turn, name in enumerate(held_by.static_order())}
        self._measures = Measures(self.team, self._rules.values())
        self._inhibition = Inhibition(self._rules.values(), alerts.open.values())
        self._open = {_place(alert): alert.id for alert in alerts.open.values()}
        self._hours: dict[str, tuple[bool, datetime]] = {}
        self._due = Due()
        self._told: set[str] = set()
        self._started = None
        self._touched = dict.fromkeys(self._open, "")
        for kind, subject in self._measures.everything():
            self._touch(kind, subject, "")
        for silence in alerts.silences.values():
            self._due.ask(silence.until, (_SILENCES, silence.id))

    def _turn(self, touched: tuple[Place, str]) -> int:
        """When a rule is looked at among others: after those that hold it back, which may fire at the same look."""
        return self._turns.get(touched[0][0], -1)

    def _touch(self, kind: str, subject: str, cause: str) -> None:
        for rule in self._of_kind.get(kind, ()):
            self._touched[rule, subject] = cause

    def _look(self, name: str, subject: str, cause: str, now: datetime) -> None:
        """Read the value for one subject of a rule, and do what follows."""
        rule, id = self._rules.get(name), self._open.get((name, subject))
        alert = None if id is None else self.alerts.open[id]
        if rule is None or (alert is not None and tuple(alert.labels) != rule.of.labels):
            if alert is not None:
                self._end(alert, now, "the rule is not in force any more")
            return
        if rule.of.source == "signal" and self._not_heard_yet(rule, subject, now):
            return
        reading = self._measures.read(rule, subject, now)
        if reading is not None and reading.moves is not None:
            self._due.ask(reading.moves, (name, subject))
        if alert is None:
            alert = self._begin(rule, subject, reading, cause, now)
        if alert is not None and alert.state == State.pending:
            self._wait(rule, alert, reading, now)
        elif alert is not None:
            self._hold(rule, alert, reading, now)

    def _not_heard_yet(self, rule: Rule, subject: str, now: datetime) -> bool:
        """Is it too early to say that a signal is not there?"""
        first = (self._started or now) + timedelta(seconds=SILENT_S)
        if rule.kind in self._measures.signals or now >= first:
            return False
        self._due.ask(first, (rule.name, subject))
        return True

    def _begin(self, rule: Rule, subject: str, reading: Reading | None, cause: str, now: datetime) -> Alert | None:
        if reading is None or reading.n < rule.least or not rule.fires(reading.value):
            return None
        if not self._within_hours(rule, subject, now):
            return None
        labels = dict.fromkeys(rule.of.labels, subject)
        cause = cause or f"at {now.isoformat()}"
        id = alert_id(rule.name, labels, cause)
        head: dict[str, Any] = {"severity": rule.severity, "value": reading.value, "cause": cause}
        self._tell(events.AlertBegan(id=id, time=now, alert=id, rule=rule.name, labels=labels, **head))
        return self.alerts.open[id]

    def _wait(self, rule: Rule, alert: Alert, reading: Reading | None, now: datetime) -> None:
        """A pending alert fires when its time is over, is dropped when its condition is."""
        place = _place(alert)
        if reading is None or rule.clears(reading.value) or reading.n < rule.least:
            self._end(alert, now, "the condition ended")
        elif not self._within_hours(rule, place[1], now):
            self._end(alert, now, "the rule's hours ended")
        elif now < (fires := alert.began + timedelta(seconds=rule.for_s)):
            self._due.ask(fires, place)
        elif rule.fires(reading.value) and self._inhibition.holds(rule.name, alert.labels) is None:
            said = {"severity": rule.severity, "value": reading.value}
            summary = rule.words(reading.value, alert.labels)
            self._tell(self._step(events.AlertFired, alert, now, "fired", summary=summary, **said))
            self._hold(rule, self.alerts.open[alert.id], reading, now)

    def _hold(self, rule: Rule, alert: Alert, reading: Reading | None, now: datetime) -> None:
        """An alert that fired ends `keep_s` after its condition; one that was acknowledged comes back in time."""
        ends = None if alert.eased is None else alert.eased + timedelta(seconds=rule.keep_s)
        true = reading is not None and rule.fires(reading.value)
        moment = now.isoformat()
        if ends is not None and true:
            self._tell(self._step(events.AlertEased, alert, now, f"resumed.{moment}", on=False))
        elif ends is not None and now >= ends:
            self._end(alert, now, "the condition ended")
            return
        elif ends is not None:
            self._due.ask(ends, _place(alert))
        elif reading is None or rule.clears(reading.value):
            if not rule.keep_s:
                self._end(alert, now, "the condition ended")
                return
            value = None if reading is None else reading.value
            self._tell(self._step(events.AlertEased, alert, now, f"eased.{moment}", value=value))
            self._due.ask(now + timedelta(seconds=rule.keep_s), _place(alert))
        if alert.until is not None and now >= alert.until:
            self._tell(self._step(events.AlertReturned, alert, now, f"returned.{alert.acknowledged}"))
        elif alert.until is not None:
            self._due.ask(alert.until, _place(alert))

    def _end(self, alert: Alert, now: datetime, why: str) -> None:
        if alert.state == State.pending:
            self._tell(self._step(events.AlertDropped, alert, now, "dropped", why=why))
        else:
            self._tell(self._step(events.AlertResolved, alert, now, "resolved", why=why))

    def _end_silence(self, id: str, now: datetime) -> None:
        silence = self.alerts.silences.get(id)
        if silence is not None and silence.until <= now:
            self._tell(events.SilenceEnded(id=f"{id}.ended", time=now, silence=id))

    def _within_hours(self, rule: Rule, subject: str, now: datetime) -> bool:
        if rule.hours is None:
            return True
        within, until = self._hours.get(rule.name, (False, now))
        if now >= until:
            within, until = self._hours[rule.name] = rule.hours.until(now)
        self._due.ask(until, (rule.name, subject))
        return within

    def _step(self, kind: type[Any], alert: Alert, now: datetime, name: str, **said: Any) -> AlertEvent:
        head = {"alert": alert.id, "rule": alert.rule, "labels": alert.labels}
        event: AlertEvent = kind(id=f"{alert.id}.{name}", time=now, **head, **said)
        return event

    def _tell(self, event: Watched) -> None:
        self._events.append(event)
        self._told.add(event.id)
        self._apply(event)

    def _apply(self, event: Watched) -> None:
        """Keep the own view of the alerts, and look again at what the event is about."""
        before = self.alerts.open.get(event.alert) if isinstance(event, AlertEvent) else None
        self.alerts.apply(event)
        if isinstance(event, events.SilenceStarted):
            self._due.ask(event.until, (_SILENCES, event.id))
        if not isinstance(event, AlertEvent):
            return
        alert = self.alerts.open.get(event.alert)
        if alert is not None:
            self._open[_place(alert)] = alert.id
            self._inhibition.put(alert)
            if event.id not in self._told:
                self._touched.setdefault(_place(alert), event.id)
        elif before is not None:
            self._open.pop(_place(before), None)
            self._touched.setdefault(_place(before), event.id)
            if self._inhibition.put(replace(before, state=State.resolved)):
                self._release(before)

    def _release(self, ended: Alert) -> None:
        """Look again at what the alert held back."""
        freed = self._inhibition.of[ended.rule]
        for alert in self.alerts.open.values():
            if alert.state == State.pending and alert.rule in freed:
                self._touched.setdefault(_place(alert), "")


def _place(alert: Alert) -> Place:
    return alert.rule, next(iter(alert.labels.values()), "")
