"""What an experiment says: the difference between its arms by blocks of time, or why its blocks cannot say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from msgspec import structs

from collab.experiment import Design, blocks, span
from collab.records import FACTORS
from collab.whatif.answers import BY_BLOCKS, Estimate, Estimates, Refused
from collab.whatif.by_blocks import (
    METRICS,
    OUTCOMES,
    PER_LEAD_METRICS,
    balances,
    held_in,
    leads,
    pairs_of,
    placed,
    ripens,
)
from collab.whatif.grounds import Blocks
from collab.whatif.pairs import FEWEST, Pairs, carried
from collab.whatif.ripening import Ripening

if TYPE_CHECKING:
    from collab.history import History

STRAY = 0.01
"""So large a share of leads may have been decided outside the plan, e.g. at the moment of the start."""

BY_HAND = 0.05
"""From this share of leads on it is said that people chose."""


UNANSWERED = 0.02
"""From this share of an arm's leads on it is said how many of each have no answer."""


class Said(NamedTuple):
    """What to know of a metric besides its figures, and what to do if there are too few."""

    warnings: tuple[str, ...]
    fix: str


class Verdict(Estimates):
    """A difference or a refusal for each metric: `value` is arm b's mean, `base` arm a's.

    Attributes:
        design: the arms and how blocks took turns.
        starts: when the first block started.
        until: when it ended or was stopped, or the last event if it runs.
        runs: whether it runs still.
        ripe: when the leads of its last block are old enough for conversion and value; None if nobody can say yet.
    """

    def __init__(
        self,
        found: dict[str, Estimate | Refused],
        run: Run,
        rows: pd.DataFrame,
        held: pd.DataFrame,
        ripe: datetime | None,
        burn_in_s: int,
    ) -> None:
        super().__init__(found)
        self.ripe, self._burn_in_s = ripe, burn_in_s
        self.design, self.starts, self.until, self.runs = run.design, run.starts, run.until, run.runs
        self._rows, self._held = rows, held

    def state(self, form: str) -> str:
        """Whether it runs, ended, or has not begun, in words; times, of UTC, in this form of `strftime`."""
        if self.until == self.starts:
            return "has not begun" if self.runs else "was stopped before it began"
        return "runs still" if self.runs else f"ended {self.until:{form}} UTC"

    def frame(self) -> pd.DataFrame:
        """A row a metric: as of `Estimates`, and how many pairs of blocks it rests on."""
        found = super().frame().drop(columns=["ess", "largest", "unsupported", "calibration_z"])
        found["pairs"] = [getattr(one.trust, "pairs", 0) for one in self.values()]
        return found

    def blocks(self) -> pd.DataFrame:
        """A row for each block: block, arm, starts, leads (past the burn-in), and the mean of each metric."""
        grouped = self._rows.groupby("at", sort=True)
        found = grouped[list(PER_LEAD_METRICS)].mean()
        found.insert(0, "leads", grouped.size())
        found["balance"] = balances(self._rows, self._held).set_index("at")["balance"]
        found = found.rename_axis("block").reset_index()
        span = timedelta(seconds=self.design.block_s)
        found.insert(1, "arm", [self.design.arm(block) for block in found["block"].tolist()])
        found.insert(2, "starts", pd.to_datetime([self.starts + span * b for b in found["block"].tolist()], utc=True))
        return found

    def carry_over(self) -> pd.DataFrame:
        """Whether blocks leave something to the next: a row for each metric that every lead has.

        `first` is the difference between the arms in the first half of what counts of each block, `rest` that in the
        second half, and `change` the one less the other, with its 95 % interval from `low` to `high`, over `pairs` of
        blocks that have leads in both. An interval without 0 says that the burn-in was too short, or that the weights
        take longer to work; empty fields, that there are too few pairs or nothing varies.
        """
        settled_s = self.design.block_s - self._burn_in_s
        since_s = self._rows["time"].to_numpy(np.float64) / 1e6 - self.starts.timestamp()
        early = since_s % self.design.block_s < self._burn_in_s + settled_s / 2
        at, in_b = self._rows["at"].to_numpy(np.int64), self._rows["in_b"].to_numpy(bool)
        found = []
        for metric in PER_LEAD_METRICS:
            pairs = carried(at, in_b, early, self._rows[metric].to_numpy(np.float64, na_value=np.nan))
            change, told = pairs.a - pairs.b, [np.nan] * 5
            if len(pairs) >= FEWEST and np.ptp(change):
                told = [pairs.mean(pairs.a)[0], pairs.mean(pairs.b)[0], *pairs.mean(change)]
            found.append((metric, *told, len(pairs)))
        return pd.DataFrame(found, columns=["metric", "first", "rest", "change", "low", "high", "pairs"])


class Run:
    """An experiment as a history has it.

    Args:
        row: its row of `experiments`.
        stopped: when it was stopped, or None.
        last: the time of the last event.
    """

    def __init__(self, row: Mapping[Any, Any], stopped: datetime | None, last: datetime) -> None:
        a, b = (tuple(map(int, row[arm].split("-"))) for arm in "ab")
        blocks = {name: int(row[name]) for name in ("block_s", "burn_in_s", "seed", "blocks") if pd.notna(row[name])}
        self.design = Design(a=a, b=b, **blocks)  # type: ignore[arg-type]
        self.id, self.starts = str(row["experiment"]), row["starts"].to_pydatetime().astimezone(UTC)
        ends = self.design.ends(self.starts) or datetime.max.replace(tzinfo=UTC)
        self.runs = stopped is None and last < ends
        self.until = min(ends, max(self.starts, stopped or last + timedelta(microseconds=1)))
        self.cut = stopped is not None and stopped < ends
        self.last = last

    def unbegun(self) -> str | None:
        """Why it says nothing yet, or ever, if none of its blocks has begun; None if one has."""
        if self.until > self.starts:
            return None
        if self.runs:
            return f"it begins at {self.starts:%Y-%m-%d %H:%M} UTC; ask after that"
        return f"it was stopped before it began, which was to be at {self.starts:%Y-%m-%d %H:%M} UTC; start another one"

    def ripe(self, ripens: Ripening) -> datetime | None:
        """When the leads of its last block are old enough, as planned if it runs; None if nobody can say yet."""
        if ripens.ripe == inf:
            return None
        planned = self.design.ends(self.starts) if self.runs else None
        return (planned or self.until) + timedelta(microseconds=ripens.ripe)


def runs_of(history: History) -> list[Run]:
    """The experiments of a history, the last one last."""
    found = history.sql("SELECT * FROM experiments ORDER BY seq")
    last = history.sql("SELECT max(time) AS time FROM events")["time"][0]
    rows = found.to_dict("records")
    stops = {row["experiment"]: row["time"].to_pydatetime() for row in rows if row["change"] == "stopped"}
    return [Run(row, stops.get(row["experiment"]), last) for row in rows if row["change"] == "started"]


def run_of(history: History, asked: Design | str | None) -> Run:
    """The last experiment that has this design, or this id, or the last of all.

    Raises:
        ValueError: there is none; says what there is.
    """
    runs = runs_of(history)
    matching = [run for run in runs if asked is None or asked in (run.design, run.id)]
    if not matching:
        none = "; when it was read none was started (docs/experiments.md)"
        there = f"; it has: {', '.join(run.id for run in runs)}" if runs else none
        which = "" if asked is None else f" {asked}" if isinstance(asked, str) else " of this design"
        raise ValueError(f"the history has no experiment{which}{there}")
    return matching[-1]


def verdict(history: History, run: Run, level: float = 0.95, burn_in: str | int | timedelta | None = None) -> Verdict:
    """The difference between the arms in every metric, or a refusal; with a burn-in in place of the plan's, if given.

    Raises:
        ValueError: the level is none, or the burn-in leaves nothing of a block.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; give how often intervals shall cover the truth, e.g. 0.95")
    ripening = ripens(history)
    design = run.design if burn_in is None else structs.replace(run.design, **blocks(run.design.block_s, burn_in))
    found = placed(leads(history, run.starts, run.until, ripening), design, run.starts)
    rows = found[found["settled"]].reset_index(drop=True)
    held = held_in(history, run.starts, run.until)
    pairs, fault = pairs_of(rows, held), run.unbegun() or broken(found, run.design)
    now = Said(
        _warnings(rows, run, design.burn_in_s), "let it run on" if run.runs else "it is over: start a longer one"
    )
    later = _outcomes(now, rows, run, ripening)
    said = {metric: later if metric in OUTCOMES else now for metric in METRICS}
    said["response_s"] = now._replace(warnings=(*now.warnings, *_unanswered(rows)))
    answers = {
        metric: judged(metric, pairs[metric], rows, len(found), said[metric], level, fault) for metric in METRICS
    }
    return Verdict(answers, run, rows, held, run.ripe(ripening), design.burn_in_s)


def broken(found: pd.DataFrame, design: Design) -> str | None:
    """How the record departs from the plan, and what would help; None if it does not."""
    if not len(found):
        return "no lead was decided on in it; route leads, or look whether the history is recorded"
    arm = found["arm"].to_numpy(object)
    planned = np.where(found["in_b"], "b", "a")
    marked = found["block"].notna().to_numpy(bool)
    same = (found["block"].to_numpy(np.float64, na_value=-1) == found["at"]) & (arm == planned)
    values = found[[f"w_{factor}" for factor in FACTORS]].to_numpy(np.int64)
    same &= (values == np.where(found["in_b"].to_numpy()[:, None], design.b, design.a)).all(axis=1)
    for wrong, what in (
        (~marked, "were decided outside it: a desk does not know of it"),
        (marked & ~same, "have another block, arm or weights: a desk follows another plan"),
    ):
        if (share := float(wrong.mean())) > STRAY:
            return (
                f"the plan is broken: {share:.1%} of the leads {what}; bring all desks to one version and start it anew"
            )
    return None


def judged(
    metric: str, pairs: Pairs, rows: pd.DataFrame, of: int, said: Said, level: float, fault: str | None
) -> Estimate | Refused:
    """The difference in one metric, or why it cannot be said."""
    known = int(rows[metric].notna().sum()) if metric in rows else len(rows)
    trust = Blocks(known, len(pairs), of - len(rows), said.warnings)
    if fault is None and len(pairs) < FEWEST:
        fault = (
            f"pairs of blocks with leads whose outcome is known in both: {len(pairs)}, at least {FEWEST} are needed; "
            f"{said.fix}"
        )
    if fault is None and not np.ptp(np.concatenate([pairs.a, pairs.b])):
        fault = f"it is {pairs.a[0]:g} in every block, so nothing says how much it varies; {said.fix}"
    if fault is None and not (pairs.b - pairs.a).any():
        fault = f"it is the same in both blocks of every pair, so nothing says how much they differ by luck; {said.fix}"
    if fault is not None:
        return Refused(metric, fault, None, trust, BY_BLOCKS)
    base, after, apart = (pairs.mean(values, level) for values in (pairs.a, pairs.b, pairs.b - pairs.a))
    return Estimate(metric, *after, base[0], *apart, None, {}, trust, BY_BLOCKS)


def _outcomes(now: Said, rows: pd.DataFrame, run: Run, ripens: Ripening) -> Said:
    """What to know of metrics that need old leads: how many are too new, until when, and how long sales take."""
    ripe, known = run.ripe(ripens), rows["converted"].notna()
    age = run.last.timestamp() * 1e6 - rows["time"].to_numpy(np.float64)[known]
    slow = None if ripens.young else ripens.said(age)
    warnings = (*now.warnings, slow) if slow else now.warnings
    if not len(rows) or (ripe is not None and ripe <= run.last):
        return now._replace(warnings=warnings)
    many = int((~known).sum())
    new = f"{many:,} of {len(rows):,} leads are too new to count; " if many else ""
    if ripe is None:
        why = ripens.young or "wait: sales take too long for the age of the log to say when leads are old enough"
        return Said((*warnings, new.rstrip("; ") if ripens.young else f"{new}{why}"), why)
    when = f"{ripe:%Y-%m-%d %H:%M} UTC"
    decide = f"{new}what came of its last ones is known from {when} on: decide by what it says then"
    return Said(
        (*warnings, decide), now.fix if run.runs else f"ask again from {when} on, when its leads are old enough"
    )


def _unanswered(rows: pd.DataFrame) -> tuple[str, ...]:
    """How many leads of each arm say nothing of how long an answer takes, if they are many in one."""
    a, b = (float(rows.loc[rows["in_b"] == arm, "response_s"].isna().mean()) for arm in (False, True))
    if not max(a, b) >= UNANSWERED:
        return ()
    return (
        f"no answer yet, and so left out: {a:.1%} of a's leads, {b:.1%} of b's; who leaves slow ones out looks fast",
    )


def _warnings(rows: pd.DataFrame, run: Run, burn_in_s: int) -> tuple[str, ...]:
    said = []
    if burn_in_s != (planned := run.design.burn_in_s):
        said.append(f"with a burn-in of {span(burn_in_s)}; the plan's, by which to decide, is {span(planned)}")
    if len(rows) and (by_hand := float(rows["overridden"].astype(bool).mean())) > BY_HAND:
        said.append(f"people chose for {by_hand:.1%} of the leads, in both arms")
    if run.runs and run.design.blocks is None:
        said.append("it has no planned end: fix one before you look, for who stops once it looks good finds too much")
    elif run.runs:
        said.append(f"it runs until {run.design.ends(run.starts):%Y-%m-%d %H:%M} UTC: decide by what it says then")
    elif run.cut and not run.unbegun():
        said.append("it was stopped by hand: who stops because it looks good finds too much")
    return tuple(said)
