"""A rule in words: what fires it and what clears it."""

from __future__ import annotations

from collab.rules.rule import Rule


def duration(seconds: float) -> str:
    """A time as people read it, exact: 90 s, 10 min, 2 h."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.6g} s"


def words(rule: Rule) -> str:
    """What fires and what clears the rule."""
    kind = rule.of
    more, less = ("or less", "or more") if kind.falls else ("or more", "or less")
    lasts = f" for {duration(rule.for_s)}" if rule.for_s else ""
    stays = f" for {duration(rule.keep_s)}" if rule.keep_s else ""
    fires, clears = (_value(rule, value) for value in (rule.fire, rule.clear))
    said = f"Fires at {fires} {more}{lasts}; ends at {clears} {less}{stays}. The value: {kind.meaning}"
    if rule.window_s:
        said += f", in a window of {duration(rule.window_s)}"
    if rule.least > 1:
        said += f"; with {rule.least} {kind.counts} at least"
    if rule.hours is not None:
        hours = rule.hours
        said += f"; {', '.join(hours.days)} {hours.opens} to {hours.closes} {hours.zone}"
    return said + (f". It holds back {', '.join(rule.inhibits)}." if rule.inhibits else ".")


def _value(rule: Rule, value: float) -> str:
    """A threshold; a share is exact, as a threshold is not rounded."""
    if rule.of.unit == "share":
        return f"{100 * value:.6g}%"
    return f"{value:,.6g}" if rule.of.unit == "index" else rule.of.counted(f"{value:,.6g}")
