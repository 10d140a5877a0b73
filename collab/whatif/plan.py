"""The plan of an experiment: which weights, which blocks, and how many days until a difference is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from math import ceil
from typing import TYPE_CHECKING

import pandas as pd
from msgspec import structs

from collab.experiment import MOST_BLOCKS, Design, span
from collab.records import checked, number
from collab.whatif.by_blocks import METRICS, held_in, leads, pairs_of, placed
from collab.whatif.pairs import FEWEST, Pairs, found, needed

if TYPE_CHECKING:
    from collab.history import History

FEWEST_PAIRS = 10
"""With fewer pairs of blocks in the history nobody can say how much blocks differ."""

SPANS = (7, 14, 28, 56)
"""The days of the plan's table."""

DAY_S = 86_400

ROUNDING = 1e-9

RECENT = timedelta(days=56)
"""So much of the history says how much blocks differ."""


@dataclass(frozen=True)
class Plan:
    """Two sets of weights that shall take turns, and what that takes.

    Attributes:
        design: what to start: `desk.start_experiment(plan.design, by="ana")`.
        metric: what is looked for first.
        difference: the size that shall be found, in the metric's unit.
        mean: the metric in the history; None if it is not known.
        pairs: so many pairs of blocks of the history say how much blocks differ.
        spread: the standard error of one pair of blocks; None if there are fewer than 10.
        level: how often intervals shall cover.
    """

    design: Design
    metric: str
    difference: float
    mean: float | None
    pairs: int
    spread: float | None
    level: float = 0.95

    @property
    def days(self) -> float | None:
        """Days that find the difference with a chance of .8; None: cannot say yet."""
        if self.spread is None:
            return None
        return needed(self.spread, self.difference, self.level) * 2 * self.design.block_s / DAY_S

    def frame(self) -> pd.DataFrame:
        """A row a span: days, blocks (of each arm), difference: the least one found with a chance of .8."""
        blocks = [max(2, round(days * DAY_S / (2 * self.design.block_s))) for days in SPANS]
        least = [float("nan") if self.spread is None else found(self.spread, n, self.level) for n in blocks]
        return pd.DataFrame({"days": SPANS, "blocks": blocks, "difference": least})

    def __str__(self) -> str:
        return "\n  ".join([f"Experiment {self._arms()}", *self._said()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(line)}</p>" for line in self._said())
        table = "" if self.spread is None else self.frame().to_html(index=False, float_format=lambda x: f"{x:.3g}")
        return f"<div><p><b>Experiment, {escape(self._arms())}</b></p>{said}{table}</div>"

    def _arms(self) -> str:
        a, b = ("-".join(map(str, values)) for values in (self.design.a, self.design.b))
        return f"a {a}, b {b}"

    def _said(self) -> list[str]:
        design = self.design
        first = f"blocks of {span(design.block_s)} in pairs, the order within a pair by chance (seed {design.seed}); "
        return [
            first + f"the first {span(design.burn_in_s)} of each do not count",
            self._needs(),
            self._ends(),
            "nothing is on until somebody starts it; see docs/experiments.md first, patents included",
        ]

    def _needs(self) -> str:
        what = f"a difference of {self.difference:g} in {self.metric}"
        if self.days is None:
            return (
                f"{what}: cannot say yet how long it takes; the history has {self.pairs} pairs of such blocks "
                f"(at least {FEWEST_PAIRS})"
            )
        return f"{what} (mean {self.mean:.4g}) is found with a chance of .8 in {self.days:.1f} days"

    def _ends(self) -> str:
        if self.design.blocks is None:
            return "it has no planned end: give days, so that nobody stops it because it looks good"
        days = self.design.blocks * self.design.block_s / DAY_S
        return f"it ends by itself after {self.design.blocks} blocks, {days:.3g} days"


def plan(
    history: History,
    design: Design,
    metric: str,
    difference: float,
    *,
    days: float | None = None,
    level: float = 0.95,
) -> Plan:
    """The plan, with how much blocks of the history differed in the metric.

    It ends after `days`, in whole pairs of blocks; without them after those that find the difference, if the history
    can say how many.

    Raises:
        ValueError: the metric is not known, or the difference or the days are not above 0.
    """
    fix = "give how long it runs, above 0, or none"
    if days is not None and not number(days, "days", fix) > 0:
        raise ValueError(f"days is {days}; {fix}")
    if metric not in METRICS:
        raise ValueError(f"metric is {metric!r}; blocks are compared by {', '.join(METRICS)}")
    fix = "give the least one that matters, above 0"
    if not number(difference, "difference", fix) > 0:
        raise ValueError(f"difference is {difference}; {fix}")
    pairs = _past(history, design, metric)
    if pairs is None or not len(pairs):
        return ended(Plan(design, metric, difference, None, 0, None, level), days)
    mean = pairs.mean((pairs.a + pairs.b) / 2)[0] if len(pairs) > 1 else None
    spread = pairs.spread if len(pairs) >= FEWEST_PAIRS and pairs.spread > 0 else None
    return ended(Plan(design, metric, difference, mean, len(pairs), spread, level), days)


def ended(plan: Plan, days: float | None) -> Plan:
    """The plan with its end: after `days`, or those that it needs, or as it is if neither is known."""
    known = plan.days if days is None else days
    if known is None:
        return plan
    pairs = max(FEWEST, ceil(known * DAY_S / (2 * plan.design.block_s) - ROUNDING))
    if days is None and 2 * pairs > MOST_BLOCKS:
        return plan
    return replace(plan, design=checked(structs.replace(plan.design, blocks=2 * pairs)))


def _past(history: History, design: Design, metric: str) -> Pairs | None:
    """The history as if it had been such an experiment whose arms are alike; None without a decision."""
    bounds = history.sql("SELECT min(time) AS first, max(time) AS last FROM decisions").iloc[0]
    if pd.isna(bounds["first"]):
        return None
    first, last = (bounds[name].to_pydatetime().astimezone(UTC) for name in ("first", "last"))
    since: datetime = max(first, last - RECENT)
    until = last + timedelta(microseconds=1)
    rows = placed(leads(history, since, until), design, since)
    return pairs_of(rows[rows["settled"]].reset_index(drop=True), held_in(history, since, until))[metric]
