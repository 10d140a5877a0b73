"""What one changed rule would have done over a history, beside what the rule in force would have done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import pandas as pd
from msgspec.structs import replace

from collab.alerts.backtest import RULES, Backtest, backtest
from collab.events import Entry
from collab.rules import Rule

CHANGED = "\u00b7changed"
"""Behind the name of a rule, the name under which its change runs beside it."""


class Contrast(NamedTuple):
    """Two rules over the same events: `before` and `after` have a row an alert that fired, as `Backtest.alerts`.

    `rules` has the rows "before" and "after", with the columns of `Backtest.rules` (zeros for a rule that is off).
    `starts` and `ends` are the first and the last event; `earlier` has for each alert of `before` that the changed
    rule told of by then, too, by how many seconds it was sooner.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    rules: pd.DataFrame
    starts: datetime | None
    ends: datetime | None
    earlier: pd.Series

    @property
    def days(self) -> float:
        """How many days the history is long."""
        return (self.ends - self.starts).total_seconds() / 86_400 if self.starts and self.ends else 0.0


def contrast(rules: Iterable[Rule], changed: Rule, entries: Iterable[Entry]) -> Contrast:
    """Backtest a changed rule beside the one of its name in `rules`, in one pass over the entries.

    The rules that hold it back run, too: without them it would fire for what follows from a fault that is known.

    Raises:
        ValueError: no rule has this name, or its values are in no history.
    """
    known = {rule.name: rule for rule in rules}
    if changed.name not in known:
        raise ValueError(f"changed is {changed.name!r}, which is no rule; the rules are {', '.join(known)}")
    own = known[changed.name]
    if "signal" in (own.of.source, changed.of.source):
        raise ValueError(
            f"rule {own.name} is of kind {changed.kind}, which comes from the processes that serve and is in no "
            "history; adopt it and watch what it does"
        )
    twin = replace(changed, name=own.name[:100] + CHANGED, inhibits=())
    span: list[datetime] = []
    found = backtest([*_beside(own, known, twin.name), twin], _noted(entries, span))
    before, after = (_of(found, name) for name in (own.name, twin.name))
    rows = pd.DataFrame([_row(found, own), _row(found, twin)], index=["before", "after"], columns=list(RULES))
    starts, ends = (min(span), max(span)) if span else (None, None)
    return Contrast(before, after, rows.assign(rule=own.name), starts, ends, _earlier(before, after))


def _beside(own: Rule, known: dict[str, Rule], twin: str) -> list[Rule]:
    """The rule and all that hold it back, or hold those back; what holds back the rule holds back its twin."""
    found, ways = {own.name: own}, [own.name]
    while ways:
        held = ways.pop()
        for rule in known.values():
            if held in rule.inhibits and rule.name not in found:
                found[rule.name] = rule
                ways.append(rule.name)
    both = {own.name: (own.name, twin)}
    return [
        replace(rule, inhibits=tuple(name for one in rule.inhibits if one in found for name in both.get(one, (one,))))
        for rule in found.values()
    ]


def _noted(entries: Iterable[Entry], span: list[datetime]) -> Iterator[Entry]:
    """The entries, the times of the first and of the last noted."""
    for entry in entries:
        time = entry.event.time
        span[:] = (min(span[0], time), max(span[1], time)) if span else (time, time)
        yield entry


def _of(found: Backtest, rule: str) -> pd.DataFrame:
    return found.alerts[found.alerts["rule"] == rule].sort_values("fired", ignore_index=True)


def _row(found: Backtest, rule: Rule) -> list[object]:
    own = found.rules[found.rules["rule"] == rule.name]
    if len(own):
        return list(own.iloc[0])
    zero = dict.fromkeys(RULES, 0) | {"rule": rule.name, "severity": str(rule.severity), "median_s": None}
    return [zero[name] for name in RULES]


def _earlier(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """Seconds from the changed rule's alert to the other one's, where the first was still open or is as late."""
    by_labels: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]] = {}
    for labels, fired, ended in after[["labels", "fired", "ended"]].itertuples(index=False):
        by_labels.setdefault(str(labels), []).append((fired, ended))
    sooner = {}
    for place, labels, fired in before[["labels", "fired"]].itertuples():
        open_then = [one for one, end in by_labels.get(str(labels), ()) if one <= fired and not end < fired]
        if open_then:
            sooner[place] = (fired - max(open_then)).total_seconds()
    return pd.Series(sooner, dtype="float64", name="earlier_s")
