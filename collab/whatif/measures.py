"""What metrics are called where people read them, and how figures of them are written, unit included."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Unit = Literal["share", "seconds", "money", "count", "index"]


class Measure(NamedTuple):
    """A metric: what it is called, what its numbers are, and what it says."""

    label: str
    unit: Unit
    says: str


MEASURES = {
    "converted": Measure("Conversion rate", "share", "the share of leads that convert"),
    "value": Measure("Value per lead", "money", "money a lead, 0 for one that does not convert"),
    "response_s": Measure("Time to first answer", "seconds", "from a lead's arrival to its first answer, the mean"),
    "wait_s": Measure("Time in the queue", "seconds", "from a lead's arrival to its agent, the mean"),
    "waited_s": Measure("Time in the queue", "seconds", "before the decision, the mean"),
    "utilization": Measure("Utilization", "share", "leads held over capacity, the mean of who is there"),
    "overload": Measure("Time in the red", "share", "the share of time on shift at or above the limit of full"),
    "balance": Measure("Balance of load", "index", "Jain's index of the agents' utilizations; 1 is even"),
    "unserved": Measure("Leads nobody got", "share", "the share of leads that no agent ever got"),
    "ess": Measure("Effective sample (ESS)", "count", "how many decisions under these weights would say as much"),
    "share_moved": Measure("Leads that move", "share", "the share of leads that would go to somebody else"),
    "moved": Measure("Leads that move", "count", "leads that would go to somebody else"),
}
"""The metrics by name."""

COLUMNS = {"snips_": "{} (SNIPS)", "ips_": "{} (IPS)", "team_": "{} (whole team, simulated)"}
"""What columns of a sweep begin with, and what they are called then."""


def label(name: str) -> str:
    """What a metric, or a column of a sweep, is called; the name itself where nobody gave it another."""
    for prefix, form in COLUMNS.items():
        if name.startswith(prefix):
            return form.format(label(name.removeprefix(prefix)))
    return MEASURES[name].label if name in MEASURES else name


def unit(name: str) -> Unit:
    """What the numbers of a metric, or of a column of a sweep, are."""
    for prefix in COLUMNS:
        name = name.removeprefix(prefix)
    return MEASURES[name].unit if name in MEASURES else "index"


def figure(name: str, value: float | None) -> str:
    """A value of a metric with its unit, or a dash."""
    if value is None or math.isnan(value):
        return "–"
    if unit(name) == "share":
        return f"{100 * value:.1f} %".replace("-", "−")
    return _with_unit(name, value)


def change(name: str, difference: float | None) -> str:
    """A difference in a metric with its sign; shares differ by points, which are hundredths."""
    if difference is None or math.isnan(difference):
        return "–"
    return ("−" if difference < 0 else "+") + size(name, difference)


def size(name: str, difference: float) -> str:
    """A difference in a metric without its sign."""
    if unit(name) == "share":
        points = 100 * abs(difference)
        return f"{points:.{1 if points >= 10 else 2}f} points"
    return _with_unit(name, abs(difference))


def between(low: str, high: str) -> str:
    """From one written figure to another; a unit that both have stands once."""
    number, space, of = low.rpartition(" ")
    return f"{number if space and high.endswith(f' {of}') else low} to {high}"


def number(value: float | None) -> str:
    """A number without unit, with four digits, or a dash."""
    if value is None or math.isnan(value):
        return "–"
    return digits(value).replace("-", "−")


def digits(value: float, sign: str = "") -> str:
    """A number with four digits, or all of a large one's, as text of a shell has it; with `sign` "+" always signed."""
    return f"{value:{sign},.4g}" if not abs(value) >= 1e4 else f"{value:{sign},.0f}"


def four(weights: tuple[int, ...]) -> str:
    """Four weights as people read them: 35 · 30 · 20 · 15."""
    return " · ".join(map(str, weights))


def _with_unit(name: str, value: float) -> str:
    kind = unit(name)
    if kind == "count":
        return f"{value:,.0f}".replace("-", "−")
    return f"{number(value)} s" if kind == "seconds" else number(value)
