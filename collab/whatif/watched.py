"""Alert rules watched over simulated runs: which of them a simulation can know, and what fires in a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from msgspec.structs import replace
from numpy.typing import NDArray

from collab.alerts import backtest
from collab.events import AnyEvent, Entry
from collab.rules import Book, Rule
from collab.whatif.course import DAY_S, Course
from collab.whatif.mechanism import Fit
from collab.whatif.rescore import Values
from collab.whatif.retold import entries_of, moment
from collab.whatif.simulation import Run, Simulation

Floats = NDArray[np.float64]

MOST_LEADS = 2_000
"""The newest whole days with at most so many leads are looked at: watching rules is the slow part."""

UNKNOWN = {
    "unreachable": "who goes offline with leads in hand, and what becomes of these, is not simulated",
    "conversion_drift": "simulated leads convert by the same laws on every day, so nothing drifts",
    "news": "it tells that weights came into force, whoever gets the leads",
}
"""The kinds of rule that events could tell of and a simulation cannot, with the reason."""


class Span(NamedTuple):
    """The part of a course in which alerts count, in its seconds; `days` of its `of` days."""

    begin_s: float
    end_s: float
    days: int
    of: int


class Judged(NamedTuple):
    """Rules that a simulation can know, holding back only each other; and for each of the others the reason."""

    rules: tuple[Rule, ...]
    unknown: tuple[tuple[Rule, str], ...]
    notes: tuple[str, ...]


def judged(rules: Iterable[Rule]) -> Judged:
    """Which of these rules a simulation can know.

    Raises:
        TypeError: one is no rule.
        ValueError: two have one name, or a rule inhibits one that is not there.
    """
    given = tuple(rules)
    for one in given:
        if not isinstance(one, Rule):
            raise TypeError(
                f"rules has {one!r}, which is no rule; give collab.rules.Rule, e.g. those of a Book's rules"
            )
    if not given:
        raise ValueError("rules is empty; give one or more, e.g. those of collab.rules.reading.default().rules")
    Book(given)
    unknown = tuple((one, why) for one in given if (why := _unknown(one)))
    names = {one.name for one in given} - {one.name for one, _ in unknown}
    kept = (replace(one, inhibits=tuple(o for o in one.inhibits if o in names)) for one in given if one.name in names)
    notes = (
        f"{one.name} is not simulated, so here it holds back nothing of {', '.join(held)}, in the record neither"
        for one, _ in unknown
        if one.on and one.of.source != "signal" and (held := [other for other in one.inhibits if other in names])
    )
    return Judged(tuple(kept), unknown, tuple(notes))


def _unknown(rule: Rule) -> str:
    if not rule.on:
        return "it is off"
    if rule.of.source == "signal":
        return "its value comes from the processes that serve, which are not simulated"
    return UNKNOWN.get(rule.kind, "")


def span_of(course: Course, most: int = MOST_LEADS) -> Span:
    """The newest whole days (UTC) of a course with at most so many leads, one at least, up to the last arrival."""
    days = course.day
    counts = np.bincount(days)
    taken = max(int(np.count_nonzero(np.cumsum(counts[::-1]) <= most)), 1)
    first_s = float(course.arrival_s[int(np.argmax(days >= len(counts) - taken))])
    whole_s = first_s if taken == len(counts) else first_s - (course.origin + first_s) % DAY_S
    return Span(whole_s, float(course.arrival_s[-1]), taken, len(counts))


def mixed(course: Course, span: Span, base: Values) -> tuple[str, ...]:
    """What to know if leads of the span were routed by other weights than those that a simulation is checked under."""
    weights = course.weights[course.arrival_s >= span.begin_s]
    others = int(np.count_nonzero((weights[:, 0] >= 0) & (weights != np.array(base)).any(axis=1)))
    said = f"{others:,} of {len(weights):,} leads came while other weights than those compared with were in force, so "
    return (f"{said}what was recorded is not what these would have led to",) if others else ()


def fired(rules: tuple[Rule, ...], entries: Iterable[Entry], course: Course, span: Span) -> Floats:
    """How many alerts of each rule fired in a span, and for how many minutes in it: (rules, 2)."""
    begin, end = (moment(course, one) for one in span[:2])
    alerts = backtest(rules, entries, until=end).alerts
    own = alerts[alerts["fired"] >= pd.Timestamp(begin)]
    names = [one.name for one in rules]
    count = own.groupby("rule")["lasted_s"].agg(["size", "sum"]).reindex(names, fill_value=0)
    return np.stack([count["size"], count["sum"] / 60], axis=1).astype(np.float64)


def fired_in(rules: tuple[Rule, ...], run: Run, roster: Iterable[AnyEvent], course: Course, span: Span) -> Floats:
    """The same of a run."""
    before_s = max([DAY_S, *(one.window_s + one.for_s for one in rules)])
    return fired(rules, entries_of(course, run, roster, span.begin_s - before_s), course, span)


class Watched(NamedTuple):
    """One seed under the base and under the weights: alerts and minutes (2, rules, 2), with laws as of `Twin`.

    `utilization` is the higher of both.
    """

    fitted: Floats
    refitted: Floats
    utilization: float


def watched(
    fit: Fit,
    weights: tuple[Values, Values],
    rules: tuple[Rule, ...],
    roster: list[AnyEvent],
    span: Span,
    explore: float,
    seed: int,
) -> Watched:
    """What fires with one seed; the same luck under both weights."""
    found, most = [], 0.0
    for world in (fit.whole, fit.world(seed)):
        simulation = Simulation(world, seed, explore=explore, compiled=True)
        runs = [simulation.run(values) for values in weights]
        if world is fit.whole:
            most = max(run.figures.utilization for run in runs)
        found.append(np.stack([fired_in(rules, run, roster, fit.to, span) for run in runs]))
    return Watched(found[0], found[1], most)
