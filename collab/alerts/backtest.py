"""How often rules would have fired over a history, for how long, and how many pages that had been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import pandas as pd

from collab import events
from collab.alerts.groups import GroupKey, group_key
from collab.alerts.watch import SOONEST_S, Watch
from collab.events import Entry, Event
from collab.records import checked
from collab.rules import Rule, Severity
from collab.team import Team

ALERTS = ("rule", "labels", "severity", "began", "fired", "ended", "lasted_s", "paged", "summary")
RULES = ("rule", "severity", "fired", "pages", "pending_only", "lasted_s", "median_s", "still_open", "fired_a_day")


class Backtest(NamedTuple):
    """What rules would have done.

    `alerts` has one row an alert that fired: `lasted_s` is seconds from firing to its end (to the end of the history
    if it was open then, `ended` being empty), `paged` whether a notice was sent of it: one for all of a group that fire
    at one look, none for info. `rules` has one row a rule: how many alerts fired, pages, conditions that ended before
    they fired, seconds in all and in the median, alerts open at the end, alerts a day. `left_out` names rules whose
    values are in no history.

    Nobody acknowledges and nothing is silenced: it is what the rules alone would have done.
    """

    alerts: pd.DataFrame
    rules: pd.DataFrame
    left_out: tuple[str, ...]


class _Run:
    """What has happened so far."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self.rows: dict[str, dict[str, object]] = {}
        self.dropped = dict.fromkeys(self.rules, 0)
        self._loud: set[GroupKey] = set()

    def take(self, told: Iterable[Event]) -> None:
        """Note what the watch told at one look."""
        self._loud.clear()
        for event in told:
            if not isinstance(event, events.AlertEvent):
                continue
            if isinstance(event, events.AlertBegan):
                self.rows[event.alert] = {"rule": event.rule, "labels": event.labels, "began": event.time}
            elif isinstance(event, events.AlertDropped):
                self.dropped[event.rule] += 1
                del self.rows[event.alert]
            elif isinstance(event, events.AlertResolved):
                self.rows[event.alert]["ended"] = event.time
            elif isinstance(event, events.AlertFired):
                self._fired(event)

    def _fired(self, event: events.AlertFired) -> None:
        of = group_key(self.rules[event.rule], event)
        pages = event.severity != Severity.info and of not in self._loud
        if event.severity != Severity.info:
            self._loud.add(of)
        said = {"severity": str(event.severity), "fired": event.time, "paged": pages, "summary": event.summary}
        self.rows[event.alert] |= said


def backtest(rules: Iterable[Rule], entries: Iterable[Entry], until: datetime | None = None) -> Backtest:
    """Watch rules over recorded entries (`History.each_event()`), as if they had been in force from the first on.

    They are watched until the last entry; or until a time that is given, which leaves out later entries. What begins
    and ends within `SOONEST_S` is not seen, as nobody sees it who watches while it happens.

    Raises:
        ValueError: a rule holds what its fields do not allow; names the field, the value and what is allowed.
    """
    known = tuple(checked(rule) for rule in rules if rule.on)
    team = Team()
    team.alerts.rules = tuple(rule for rule in known if rule.of.source != "signal")
    watch, run = Watch(team), _Run(team.alerts.rules)
    first = now = None
    for entries_seen in _looks(entries, until):
        for time, entry in entries_seen:
            while watch.due is not None and watch.due < time:
                run.take(watch.at(watch.due))
            team.apply(entry)
            watch.take(entry)
            first, now = first or time, time
        assert now is not None
        run.take(watch.at(now))
    if now is not None and until is not None:
        while watch.due is not None and watch.due <= until:
            run.take(watch.at(watch.due))
        now = until
    days = (now - first).total_seconds() / 86_400 if now and first else 0.0
    alerts = _alerts(run, now)
    silent = tuple(rule.name for rule in known if rule.of.source == "signal")
    return Backtest(alerts, _rules(alerts, run, days), silent)


def _looks(entries: Iterable[Entry], until: datetime | None) -> Iterator[list[tuple[datetime, Entry]]]:
    """The entries up to a time, but those of alerts, with times that never go back: those of a look together."""
    seen: list[tuple[datetime, Entry]] = []
    for entry in entries:
        if isinstance(entry.event, events.Watched) or (until is not None and entry.event.time > until):
            continue  # what other rules did then, or what came later
        time = max(seen[-1][0], entry.event.time) if seen else entry.event.time
        if seen and time - seen[0][0] >= timedelta(seconds=SOONEST_S):
            yield seen
            seen = []
        seen.append((time, entry))
    if seen:
        yield seen


def _alerts(run: _Run, end: datetime | None) -> pd.DataFrame:
    rows = [row for row in run.rows.values() if "fired" in row]
    frame = pd.DataFrame(rows, columns=[name for name in ALERTS if name != "lasted_s"])
    for name in ("began", "fired", "ended"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us")
    last = frame["ended"] if end is None else frame["ended"].fillna(pd.Timestamp(end))
    frame["lasted_s"] = (last - frame["fired"]).dt.total_seconds()
    return frame[list(ALERTS)]


def _rules(alerts: pd.DataFrame, run: _Run, days: float) -> pd.DataFrame:
    rows = []
    for rule in run.rules.values():
        own = alerts[alerts["rule"] == rule.name]
        n = len(own)
        lasted = float(own["lasted_s"].sum()), float(own["lasted_s"].median()) if n else None
        open_now = int(own["ended"].isna().sum())
        counts = (n, int(own["paged"].sum()), run.dropped[rule.name])
        rows.append((rule.name, str(rule.severity), *counts, *lasted, open_now, n / days if days else None))
    return pd.DataFrame(rows, columns=list(RULES))
