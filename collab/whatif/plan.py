"""The plan of an experiment: which weights, which blocks, and how many days until a difference is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from msgspec import structs
from numpy.typing import NDArray

from collab.experiment import MOST_BLOCKS, Design, blocks_in, span
from collab.legible import several
from collab.records import aware, checked, dashed
from collab.whatif.by_blocks import METRICS, OUTCOMES, PER_LEAD_METRICS, held_in, leads, pairs_of, placed, ripens
from collab.whatif.pairs import FEWEST, Floats, Pairs, counting, found, lasting, needed, paired
from collab.whatif.simulated import SHARES
from collab.whole import number

if TYPE_CHECKING:
    from collab.history import History

FEWEST_PAIRS = 10
"""With fewer pairs of blocks in the history nobody can say how much blocks differ."""

SPANS = (7, 14, 28, 56)
"""The days of the plan's table."""

DAY_S = 86_400

HOUR = timedelta(hours=1)

AS_GOOD = 0.95
"""The first hour to come is taken for the start if its pairs of blocks weigh so much of the best hour's."""

RECENT = timedelta(days=56)
"""So much of the history says how much blocks differ."""


@dataclass(frozen=True)
class Past:
    """A history as if it had been such an experiment whose arms are alike.

    Attributes:
        pairs: those of which both blocks have leads.
        of: how many pairs there were, nights and weekends without leads included.
        shares: as how many equal pairs each pair of a week counts; of all weeks, if a week is no whole number of them.
        starts: the moment, right after the history, at which the first block would start.
        ripe_s: after so many seconds it is known what came of a lead; infinite if nobody can say yet.
    """

    pairs: Pairs
    of: int
    shares: Floats
    starts: datetime
    ripe_s: float


@dataclass(frozen=True)
class Plan:
    """Two sets of weights that shall take turns, and what that takes.

    Attributes:
        design: what to start: `desk.start_experiment(plan.design, by="ana")`.
        metric: what is looked for first.
        difference: the size that shall be found, in the metric's unit.
        mean: the metric in the history; None if it is not known.
        pairs: so many pairs of blocks of the history say how much blocks differ, as both have leads.
        spread: the standard error of one pair of blocks; None if there are fewer than 10.
        level: how often intervals shall cover.
        of: so many pairs of blocks the history would have had, nights and weekends without leads included.
        shares: as how many equal pairs each pair of blocks of a week counts.
        starts: when the first block starts, or at that hour of a later day; None without a history.
        ripe_s: the metric of its last leads is known so many seconds after its end; infinite if nobody can say yet.
        effective: as how many equal pairs those of the history count, which say what the spread is.
    """

    design: Design
    metric: str
    difference: float
    mean: float | None
    pairs: int
    spread: float | None
    level: float = 0.95
    of: int = 0
    shares: tuple[float, ...] = (1.0,)
    starts: datetime | None = None
    ripe_s: float = 0.0
    effective: float = inf

    @property
    def days(self) -> float | None:
        """Days that find the difference with a chance of .8, on whatever weekday it starts; None: cannot say yet."""
        if self.spread is None:
            return None
        wanted = needed(self.spread, self.difference, self.level, self.effective)
        pairs = lasting(np.array(self.shares), wanted)
        return pairs * 2 * self.design.block_s / DAY_S

    def frame(self) -> pd.DataFrame:
        """A row a span: days, blocks (of each arm), difference: the least one found with a chance of .8.

        It is NaN where too few pairs of blocks would have leads.
        """
        blocks = [max(2, round(days * DAY_S / (2 * self.design.block_s))) for days in SPANS]
        return pd.DataFrame({"days": SPANS, "blocks": blocks, "difference": list(map(self._least, blocks))})

    def _least(self, pairs: int) -> float:
        counted = counting(np.array(self.shares), pairs)
        if self.spread is None or counted < 2:
            return float("nan")
        return found(self.spread, counted, self.level, self.effective)

    def __str__(self) -> str:
        return "\n  ".join([f"Experiment {self._arms()}", *self._said()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(line)}</p>" for line in self._said())
        table = "" if self.spread is None else self.frame().to_html(index=False, float_format=lambda x: f"{x:.3g}")
        return f"<div><p><b>Experiment, {escape(self._arms())}</b></p>{said}{table}</div>"

    def _arms(self) -> str:
        return f"a {dashed(self.design.a)}, b {dashed(self.design.b)}"

    def _said(self) -> list[str]:
        design = self.design
        first = f"blocks of {span(design.block_s)} in pairs, the order within a pair by chance (seed {design.seed}); "
        burn_in = f"the first {span(design.burn_in_s)} of each do not count"
        return [
            first + (burn_in if design.burn_in_s else "all of each counts"),
            self._needs(),
            *self._usable(),
            self._ends(),
            *self._ripe(),
            "nothing is on until somebody starts it; see docs/experiments.md first, patents included",
        ]

    def _needs(self) -> str:
        what = f"a difference of {self.difference:g} in {self.metric}"
        if self.days is None:
            return (
                f"{what}: cannot say yet how long it takes; the history has "
                f"{several(self.pairs, 'pair')} of such blocks (at least {FEWEST_PAIRS})"
            )
        return f"{what} (mean {self.mean:.4g}) is found with a chance of .8 in {self.days:.1f} days"

    def _usable(self) -> list[str]:
        if self.spread is None or self.starts is None:
            return []
        first = f"start it at {self.starts:%H:%M} UTC, on whatever day: "
        return [first + f"then {self.pairs:,} of {self.of:,} pairs of blocks of the past are usable (leads in both)"]

    def _ends(self) -> str:
        if self.design.blocks is None:
            return "it has no planned end: give days, so that nobody stops it because it looks good"
        days = self.design.blocks * self.design.block_s / DAY_S
        ends = f"it ends by itself after {self.design.blocks} blocks, {days:.3g} days"
        usable = counting(np.array(self.shares), self.design.blocks // 2)
        if self.spread is None or round(usable, 6) >= FEWEST:
            return ends
        return f"{ends}: too early, as only {usable:.1f} pairs of blocks may be usable then, of {FEWEST} needed"

    def _ripe(self) -> list[str]:
        if self.ripe_s == inf:
            return [
                f"nobody can say yet when {self.metric} of its last leads is known: sales take too long for the log"
            ]
        if self.ripe_s < self.design.block_s:
            return []  # as soon as anybody looks
        return [f"{self.metric} of its last leads is known {self.ripe_s / DAY_S:.2g} days after its end: decide then"]


def plan(
    history: History,
    design: Design,
    metric: str,
    difference: float,
    *,
    days: float | None = None,
    level: float = 0.95,
    starts: datetime | None = None,
) -> Plan:
    """The plan, with how much blocks of the history differed in the metric.

    It ends after `days`, in whole pairs of blocks; without them after those that find the difference, if the history
    can say how many. Blocks of the history are laid as if the first one started at `starts`, or at the first whole
    hour after the history that is as good as any.

    Raises:
        ValueError: the metric is not known, the difference or the days are not above 0, a share is to differ by 1 or
            more, or `starts` has no zone.
    """
    fix = "give how long it runs, above 0, or none"
    if days is not None and not number(days, "days", fix) > 0:
        raise ValueError(f"days is {days}; {fix}")
    if metric not in METRICS:
        raise ValueError(f"metric is {metric!r}; blocks are compared by {', '.join(METRICS)}")
    fix = "give the least one that matters, above 0"
    if not number(difference, "difference", fix) > 0:
        raise ValueError(f"difference is {difference}; {fix}")
    if metric in SHARES and difference >= 1:
        raise ValueError(f"difference is {difference}, but {metric} is a share of 0 to 1; give e.g. 0.05 for 5 points")
    past = _past(history, design, metric, None if starts is None else aware(starts, "starts"))
    if past is None:
        return ended(Plan(design, metric, difference, None, 0, None, level, starts=starts), days)
    pairs = past.pairs
    mean = pairs.mean((pairs.a + pairs.b) / 2)[0] if len(pairs) > 1 else None
    spread = pairs.spread if len(pairs) >= FEWEST_PAIRS and pairs.spread > 0 else None
    laid = (past.of, tuple(past.shares.tolist()), past.starts, past.ripe_s, pairs.effective)
    return ended(Plan(design, metric, difference, mean, len(pairs), spread, level, *laid), days)


def ended(plan: Plan, days: float | None) -> Plan:
    """The plan with its end: after `days`, or those that it needs, or as it is if neither is known."""
    block_s, known = plan.design.block_s, plan.days if days is None else days
    if known is None or (days is None and known * DAY_S > MOST_BLOCKS * block_s):
        return plan
    return replace(plan, design=checked(structs.replace(plan.design, blocks=blocks_in(known, block_s, FEWEST))))


def _past(history: History, design: Design, metric: str, starts: datetime | None) -> Past | None:
    """The history as if it had been such an experiment whose arms are alike; None without a known outcome."""
    bounds = history.sql("SELECT min(time) AS first, max(time) AS last FROM decisions").iloc[0]
    if pd.isna(bounds["first"]):
        return None
    first, last = (bounds[name].to_pydatetime().astimezone(UTC) for name in ("first", "last"))
    since: datetime = max(first, last - RECENT)
    until = last + timedelta(microseconds=1)
    ripening = ripens(history)
    found = leads(history, since, until, ripening)
    if metric in PER_LEAD_METRICS:
        found = found[found[metric].notna()].reset_index(drop=True)
    if not len(found):
        return None
    pair = timedelta(seconds=2 * design.block_s)
    starts = _best(found, design, metric, since, until) if starts is None else starts.astimezone(UTC)
    origin = starts - pair * -((since - starts) // pair)
    rows = placed(found, design, origin)
    settled = rows[rows["settled"]].reset_index(drop=True)
    pairs = pairs_of(settled, held_in(history, since, until))[metric]
    at = settled["at"].to_numpy(np.int64)
    used = np.intersect1d(at[at % 2 == 0] // 2, at[at % 2 == 1] // 2)
    reach = int(rows["at"].min()) // 2, int(rows["at"].max()) // 2 + 1
    return Past(
        pairs,
        reach[1] - reach[0],
        _shares(used, reach, design, pairs),
        starts,
        ripening.ripe / 1e6 if metric in OUTCOMES else 0.0,
    )


def _best(found: pd.DataFrame, design: Design, metric: str, since: datetime, until: datetime) -> datetime:
    """The first whole hour from `until` on whose pairs of blocks weigh as much as those of any other hour."""
    pair = timedelta(seconds=2 * design.block_s)
    hour = until.replace(minute=0, second=0, microsecond=0) + HOUR
    hours = [hour + HOUR * later for later in range(max(1, min(pair, 24 * HOUR) // HOUR))]
    weights = []
    for one in hours:
        rows = placed(found, design, one - pair * -((since - one) // pair))
        rows = rows[rows["settled"]]
        at = rows["at"].to_numpy(np.int64)
        weights.append(paired(at, at % 2 == 1, np.zeros(len(at)), each=metric in PER_LEAD_METRICS).weight.sum())
    return hours[int(np.argmax(np.array(weights) >= AS_GOOD * max(weights)))]


def _shares(used: NDArray[np.int64], reach: tuple[int, int], design: Design, pairs: Pairs) -> Floats:
    """As how many equal pairs each pair of a week counts on average, by its place from the start on."""
    week, odd = divmod(7 * DAY_S, 2 * design.block_s)
    week = 1 if odd else week
    there = np.bincount(np.arange(*reach) % week, minlength=week).astype(np.float64)
    counts = np.bincount(used % week, minlength=week) * np.float64(pairs.effective / max(1, len(pairs)))
    counts[there > 0] /= there[there > 0]
    counts[there == 0] = counts[there > 0].mean()  # nothing is known of that part of the week
    return np.asarray(counts, np.float64)
