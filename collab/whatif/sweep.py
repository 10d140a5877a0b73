"""All weights of a grid, each with what the log says of it per lead: a table, its best rows, and its front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from threading import Lock
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS
from collab.weights import apportion
from collab.whatif import grid
from collab.whatif.answers import TEAM, WHOLE_TEAM, Limits
from collab.whatif.cases import Cases
from collab.whatif.front import front
from collab.whatif.rescore import CAVEAT
from collab.whatif.search import PREFIX, Search, bounds, column
from collab.whole import number
from collab.winning import simplex_grid

WINNER = (
    "The best of many weights reads better than it is, at a small ESS most of all: `recommend` chooses on some days "
    "and reports on others. Ask `estimate` of what you choose: it knows exactly which leads the log never tried."
)
"""What stands beside every result, after the caveat of rescoring."""


class NothingLeft(ValueError):
    """No weights of the grid have what `keep` asks for; ask for less."""


class Sweep:
    """What the log says of every weights of a grid, per lead, at the loads of the log.

    Args:
        step: the weights are multiples of it, in hundredths.
        n: decisions.
        sums: for each weights, sums over the decisions whose logged agent still wins: of 1, of the importance weight u
            (1 / propensity), of u^2, and of u x reward for each metric; only the first if nothing else is known.
        metrics: the names of the rewards.
        limits: from where on the log says too little of weights to choose them; none, if it is left out.
        refused: why there are no estimates at all.

    Attributes:
        weights: (weights, 4) integers that sum to 100, in the order of `FACTORS`.
        caveat: what cannot be read from this.
    """

    caveat = f"{CAVEAT} {WINNER}"

    def __init__(
        self,
        step: int,
        n: int,
        sums: NDArray[np.float64],
        metrics: Sequence[str] = (),
        limits: Limits | None = None,
        refused: str = "",
    ) -> None:
        self.step, self.n, self.metrics, self.limits, self.refused = step, n, tuple(metrics), limits, refused
        self.weights = simplex_grid(step)
        self._sums = sums
        self._team: Callable[[], Search] | None = None
        self._search: Search | None = None
        self._begins = Lock()

    def simulating(self, team: Callable[[], Search]) -> Self:
        """The same, able to say of its weights what the whole team would come to; `team` is called once, if asked."""
        self._team = team
        return self

    def frame(self) -> pd.DataFrame:
        """A row for each weights: the four integers, moved, share_moved; with propensities ess, with rewards estimates.

        `moved` leads would have gone to somebody else, `share_moved` is of all. `ess`, the effective sample size, is
        (sum u)^2 / sum u^2 (Kish 1965). `ips_<metric>` is the sum of u x reward over n (Horvitz & Thompson 1952),
        `snips_<metric>` the same over the sum of u (Swaminathan & Joachims 2015), empty where no logged agent wins.
        `support` is the mean of u: about 1, and less by the share of leads that would go where the log never went.
        `refused` says that `ess` or `support`, beyond three standard errors, is short of the limits.
        `team_<metric>` of each of `collab.whatif.answers.TEAM` answers another question, that of the whole team,
        simulated; they are there once `front` or `best` asked for one, and empty where it did not lead.
        """
        stayed, *others = self._sums.T
        found = pd.DataFrame(self.weights, columns=list(FACTORS))
        found["moved"] = self.n - np.rint(stayed).astype(np.int64)
        found["share_moved"] = found["moved"] / max(self.n, 1)
        if others:
            total, squares, *rewards = others
            found["ess"] = _over(total**2, squares, 0.0)
            found["support"] = total / max(self.n, 1)
            if self.limits is not None:
                spread = np.sqrt(np.maximum(squares - total, 0)) / max(self.n, 1)  # by the luck of the draws alone
                missing = 1 - found["support"] - 3 * spread > self.limits.unsupported
                found["refused"] = missing | (found["ess"] < self.limits.ess)
            for metric, reward in zip(self.metrics, rewards, strict=True):
                found[f"ips_{metric}"] = reward / max(self.n, 1)
                found[f"snips_{metric}"] = _over(reward, total, np.nan)
        if self._search is not None:
            found = pd.concat([found, self._search.columns()], axis=1)
        return found

    def nearest(self, weights: Sequence[int]) -> int:
        """The row of the grid's weights that are nearest to these."""
        near = [self.step * part for part in apportion(100 // self.step, list(weights))]
        return int(np.flatnonzero((self.weights == near).all(axis=1))[0])

    def front(
        self,
        *columns: str,
        keep: Mapping[str, float] | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> pd.DataFrame:
        """The rows that no other row beats in all these columns, those first that are best in the first column.

        More is better, in a column with a minus before its name less is: `front("converted", "-share_moved")`. The name
        of a metric is its snips. `keep` leaves only rows that have at least so much in a column, or with a minus at
        most so much, e.g. `{"ess": 450, "-share_moved": 0.2}`. Metrics of the team (response_s, wait_s, utilization,
        overload, balance, unserved, also team_converted and team_value) are simulated, from a coarse grid to what is
        next to its best; of times, overload and unserved less is better without a minus: `{"response_s": 60}`.
        `progress` hears how many weights of how many are simulated, `cancelled` is asked now and then whether to stop.

        Raises:
            ValueError: there is no such column, or (NothingLeft) no row is left.
            CancelledError: `cancelled` said so.
        """
        if not columns:
            raise ValueError(f"no column is named; name those to weigh up, of {', '.join(self.frame().columns)}")
        rows = self._kept(keep, columns, progress, cancelled)
        rows = rows[front(self._values(rows, columns))]
        return rows.iloc[np.argsort(-self._signed(rows, columns[0]), kind="stable")].reset_index(drop=True)

    def best(
        self,
        by: str,
        keep: Mapping[str, float] | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> pd.Series:
        """The row with the most in a column, the first of equal ones; all else is as in `front`.

        Raises:
            ValueError: there is no such column, or (NothingLeft) no row is left.
        """
        rows = self._kept(keep, (by,), progress, cancelled)
        values = self._signed(rows, by)
        if np.isnan(values).all():
            raise ValueError(f"{by} is empty for all weights that are left; nothing is known of them")
        return rows.iloc[int(np.nanargmax(values))]

    def _kept(self, keep: Mapping[str, float] | None, columns: Sequence[str], *ways: Any) -> pd.DataFrame:
        """The rows of the frame that have what is asked for; of estimates, those that are not refused."""
        keep = bounds(keep)
        wanted = (*columns, *keep)
        if any(column(name, self.metrics)[0].startswith(PREFIX) for name in wanted):
            self._simulate(tuple(dict.fromkeys(wanted)), *ways)
        rows = self.frame()
        if "refused" in rows and any(_metric(name) in self.metrics for name in columns):
            rows = rows[~rows["refused"]]
            if not len(rows):
                raise NothingLeft("the log says too little of all these weights; log more, explore more")
        for name, least in keep.items():
            values, more = self._signed(rows, name), column(name, self.metrics)[1]
            left = rows[values >= (least if more else -least)]
            if not len(left):
                side = "at least" if more else "at most"
                has = f"the nearest is {abs(np.nanmax(values)):,.6g}" if np.isfinite(values).any() else "all are empty"
                raise NothingLeft(f"keep asks for {name.lstrip('-')} of {side} {least:,g}; {has}: ask for that")
            rows = left
        return rows

    def _simulate(self, wanted: Sequence[str], *ways: Any) -> None:
        """Simulate where the front of all that is wanted leads."""
        with self._begins:  # two threads ask one search
            if self._search is None and self._team is not None:
                self._search = self._team()
        if self._search is not None:
            self._search.along(lambda: np.flatnonzero(front(self._values(self.frame(), wanted))), *ways)

    def _values(self, rows: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
        """Columns side by side, so that more is better."""
        return np.stack([self._signed(rows, name) for name in columns], axis=1)

    def _signed(self, rows: pd.DataFrame, asked: str) -> NDArray[np.float64]:
        """A column so that more is better."""
        name, more = column(asked, self.metrics)
        if name not in rows and self.refused:
            raise ValueError(f"there is no column {asked!r}: {self.refused}")
        if name not in rows:
            there = dict.fromkeys((*self.metrics, *rows.columns, *(f"{PREFIX}{metric}" for metric in TEAM)))
            raise ValueError(f"there is no column {asked!r}; there are {', '.join(there)}")
        values = rows[name].to_numpy(np.float64)
        return values if more else -values

    def __repr__(self) -> str:
        return f"{self._words()}\n  {self.caveat}"

    def _repr_html_(self) -> str:
        return f"<div><p><b>{escape(self._words())}</b></p><p><small>{escape(self.caveat)}</small></p></div>"

    def _words(self) -> str:
        head = f"Sweep (per lead, at the loads of the log): {len(self.weights):,} weights in steps of {self.step}"
        if not self.n:
            return f"{head}; there are no logged decisions"
        if self.refused:
            return f"{head}, without estimates: {self.refused}"
        rows = self.frame()
        words = f"{head}, {self.n:,} decisions; {rows['moved'].min():,} to {rows['moved'].max():,} leads move"
        words += f", ESS {rows['ess'].min():,.0f} to {rows['ess'].max():,.0f}" if "ess" in rows else ""
        known = 0 if self._search is None else int(self._search.known.sum())
        return words + (f"; {known:,} of the weights simulated ({WHOLE_TEAM})" if known else "")


def sweep(
    cases: Cases,
    propensity: NDArray[np.float64] | None = None,
    rewards: Mapping[str, NDArray[np.float64]] | None = None,
    *,
    step: int = 5,
    limits: Limits | None = None,
    refused: str = "",
    share: grid.Share | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Sweep:
    """Every weights of the grid on all decisions that have a logged agent.

    Args:
        cases, rewards: the decisions, and what came of each, by metric.
        propensity: the chance that each decision's logged agent had; without it there are counts only.
        step: divides 100; 5 makes 1,771 weights.
        limits, refused: as of a `Sweep`.
        share: the way to compute it; without it, the fastest that pays.
        progress: hears how many decisions of how many are done.
        cancelled: is asked between parts whether to stop.

    Raises:
        ValueError: names what is wrong, the decision, the value and the fix.
        CancelledError: `cancelled` said so.
    """
    rewards = rewards or {}
    taken = cases.chosen > 0
    columns = [np.ones(len(cases.counts))]
    if propensity is not None:
        propensity = _checked("propensity", propensity, cases, lambda values: (values > 0) & (values <= 1), "in (0, 1]")
        u = 1 / np.where(taken, propensity, 1.0)
        columns += [u, u**2]
        for metric, reward in rewards.items():
            columns.append(u * _checked(metric, reward, cases, np.isfinite, "a finite number"))
    elif rewards:
        raise ValueError(f"rewards are {', '.join(rewards)}, but propensity is None; give both")
    sums = grid.sums(cases, np.stack(columns), step, share, progress, cancelled)
    return Sweep(step, int(np.count_nonzero(taken)), sums, tuple(rewards), limits, refused)


def step_of(step: float) -> int:
    """A step that is a share of 1, in hundredths.

    Raises:
        ValueError: it does not divide 1.
    """
    fix = "give a share of 1 in whole hundredths that divides it, e.g. 0.05 or 0.1"
    found = round(step * 100) if np.isfinite(number(step, "step", fix)) else 0
    if found < 1 or abs(found - step * 100) > 1e-9 or 100 % found:
        raise ValueError(f"step is {step}; {fix}")
    return found


def _metric(column: str) -> str:
    return column.lstrip("-").removeprefix("snips_").removeprefix("ips_")


def _over(value: NDArray[np.float64], by: NDArray[np.float64], otherwise: float) -> NDArray[np.float64]:
    found = np.full(len(value), otherwise)
    np.divide(value, by, out=found, where=by > 0)
    return found


def _checked(
    name: str,
    values: NDArray[np.float64],
    cases: Cases,
    right: Callable[[NDArray[np.float64]], NDArray[np.bool_]],
    what: str,
) -> NDArray[np.float64]:
    """The values, 0 where a decision has no logged agent; refuses a wrong one."""
    values = np.asarray(values, np.float64)
    if values.shape != cases.chosen.shape:
        raise ValueError(f"{name} has shape {values.shape}; give one value for each of {len(cases.chosen):,} decisions")
    values = np.where(cases.chosen > 0, values, 0.0)
    wrong = np.flatnonzero((cases.chosen > 0) & ~right(values))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(f"{name} is {values[row]} in decision {cases.keys[row]}; make it {what}, or leave it out")
    return values
