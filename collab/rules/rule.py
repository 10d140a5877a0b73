"""A rule: what it watches, from where to where, for how long, how grave it is and who is told."""

from __future__ import annotations

import math
from enum import StrEnum
from string import Formatter
from typing import Annotated

from msgspec import Meta

from collab.records import Count, Fact, Key, Seconds
from collab.rules.hours import Hours
from collab.rules.kind import KINDS, Kind

RULE = "rule"
"""Stands for the rule's name among the labels to group by and those of a silence."""


class Severity(StrEnum):
    """How grave an alert is; info never pages anybody."""

    info = "info"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"

    @property
    def grade(self) -> int:
        """0 for info to 4 for critical."""
        return list(Severity).index(self)


class Rule(Fact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition that somebody should be told of.

    Its value (see `KINDS`) must reach `fire` and not pass `clear` for `for_s` seconds, with `least` things counted
    and within `hours`; the alert ends when it was at `clear` or beyond for `keep_s` seconds. What lies between the two
    changes nothing. Alerts with equal values of the labels in `group` are told together; an alert of this rule holds
    back those of the rules in `inhibits` whose common labels are equal.

    Raises:
        ValueError: names the field, the value and the fix.
    """

    name: Key
    kind: str
    fire: float
    clear: float
    for_s: Seconds = 0.0
    keep_s: Seconds = 0.0
    window_s: Seconds = 0.0
    least: Count = 1
    severity: Severity = Severity.medium
    hours: Hours | None = None
    group: tuple[str, ...] = (RULE,)
    inhibits: tuple[Key, ...] = ()
    summary: Annotated[str, Meta(max_length=500)] = ""
    on: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; give one of {', '.join(KINDS)}")
        of = self.of
        for name, value in (("fire", self.fire), ("clear", self.clear)):
            low = min(of.least, 0.0) if name == "clear" else of.least  # a thing that is counted is over at 0
            if not (math.isfinite(value) and low <= value <= of.most):
                raise ValueError(f"{name} is {value:g}; give {low:g} to {of.most:g} ({of.unit}: {of.meaning})")
        if self.clear == self.fire or of.passed(self.clear, self.fire):
            side = "above" if of.falls else "below"
            raise ValueError(f"clear is {self.clear:g}; give a value {side} fire, which is {self.fire:g}")
        if of.source == "window" and not self.window_s:
            raise ValueError(f"window_s is 0; give the seconds that {of.name} looks back, e.g. 3600")
        if of.source != "window" and self.window_s:
            raise ValueError(f"window_s is {self.window_s:g}; leave it out, as {of.name} has no window")
        self._refuse_wrong_words()

    def _refuse_wrong_words(self) -> None:
        known = (RULE, "severity", *self.of.labels)
        for label in self.group:
            if label not in known:
                raise ValueError(f"group is {list(self.group)}; use only {', '.join(known)}")
        if self.name in self.inhibits:
            raise ValueError(f"inhibits is {list(self.inhibits)}; leave out {self.name}, which is this rule itself")
        try:
            fields = {field for _, field, _, _ in Formatter().parse(self.summary) if field is not None}
        except ValueError:
            fields = {self.summary}
        if wrong := fields - {"value", *self.of.labels}:
            allowed = ", ".join(f"{{{name}}}" for name in ("value", *self.of.labels))
            raise ValueError(f"summary has {sorted(wrong)[0]!r} in braces; use only {allowed}")

    @property
    def of(self) -> Kind:
        """The kind of this rule."""
        return KINDS[self.kind]

    def fires(self, value: float) -> bool:
        """Has the value reached the threshold?"""
        return self.of.passed(value, self.fire)

    def clears(self, value: float) -> bool:
        """Is the value back at the lower threshold (the upper one, if the kind falls)?"""
        return value >= self.clear if self.of.falls else value <= self.clear

    def words(self, value: float, labels: dict[str, str]) -> str:
        """The text of an alert."""
        return (self.summary or self.of.summary).format(value=self.of.text(value), **labels)
