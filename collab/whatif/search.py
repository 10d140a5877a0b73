"""The whole team simulated under the weights of a grid, from coarse to fine: where the best are, all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.whatif.answers import TEAM, Limits
from collab.whatif.logged import METRICS
from collab.whatif.mechanism import Fit
from collab.whatif.rescore import Values
from collab.whatif.simulation import Simulation
from collab.whatif.twins import figured
from collab.whatif.workers import shared_out
from collab.whole import number
from collab.winning import simplex_grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PREFIX = "team_"
"""A column with this before its name is simulated; of metrics that are no column per lead, it may be left out."""

LESS = ("response_s", "wait_s", "overload", "unserved")
"""What is the better the less there is of it, also without a minus before its name."""

STRIDES = (10, 5, 2, 1)
"""How far from a good row others are looked for, in hundredths; the first is the coarse grid's step."""

CHUNK = 16
"""So many weights are one worker's call."""


class Search:
    """Simulations of a team under weights of a grid, each made once, when a question leads there.

    Args:
        fit: the laws and the leads.
        step: of the grid, in hundredths.
        seeds: how often luck is drawn; the same luck under all weights.
        limits: where the team is loaded to more than `limits.utilization` there are no figures.
        executor: whose workers simulate; this process's threads, if none is given.

    Attributes:
        weights: (weights, 4), the grid.
        figures: a row for each, a column for each of `TEAM`: means over the seeds; NaN if not simulated, or refused.
        known: which were simulated.
    """

    def __init__(
        self,
        fit: Fit,
        step: int,
        *,
        seeds: int = 2,
        limits: Limits | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.step, self.weights = step, simplex_grid(step)
        self.figures = np.full((len(self.weights), len(TEAM)), np.nan)
        self.known = np.zeros(len(self.weights), bool)
        self._fit, self._seeds, self._limits = fit, seeds, Limits.of(limits)
        self._executor = executor
        self._strides = [stride for stride in STRIDES if stride >= step and stride % step == 0] or [step]

    def along(self, good: Callable[[], Ints], *ways: Any) -> None:
        """Simulate a coarse grid, then what is next to the good rows as long as there is something new next to them.

        `ways` are `progress` and `cancelled` of `simulate`.
        """
        coarse = np.flatnonzero(np.all(self.weights % self._strides[0] == 0, axis=1))
        self.simulate(coarse, *ways)
        for stride in self._strides:
            while len(new := self._beside(good(), stride)):
                self.simulate(new, *ways)

    def simulate(
        self,
        rows: Ints,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Simulate these rows, unless they are known.

        Args:
            rows: of the grid.
            progress: hears how many weights of how many that are wanted so far are done.
            cancelled: is asked now and then whether to stop.

        Raises:
            CancelledError: `cancelled` said so.
        """
        rows = rows[~self.known[rows]]
        if not len(rows):
            return
        _ = self._fit.whole  # once, not in every worker
        parts = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
        calls = [(self._fit, self.weights[part].tolist(), self._seeds) for part in parts]
        before = int(self.known.sum())
        heard = progress and (lambda done, of: progress(before + len(rows) * done // of, before + len(rows)))
        found = shared_out(simulate_each, calls, executor=self._executor, progress=heard, cancelled=cancelled)
        figures = np.concatenate(found)
        figures[figures[:, TEAM.index("utilization")] > self._limits.utilization] = np.nan
        self.figures[rows], self.known[rows] = figures, True

    def columns(self) -> pd.DataFrame:
        """The figures, a column for each of `TEAM` with `team_` before its name."""
        return pd.DataFrame(self.figures, columns=[f"{PREFIX}{name}" for name in TEAM])

    def _beside(self, rows: Ints, stride: int) -> Ints:
        """What is not known and one move of `stride` hundredths, from a factor to another, away from these rows."""
        moves = [(i, j) for i in range(4) for j in range(4) if i != j]
        steps = np.zeros((len(moves), 4), np.int64)
        for step, (gains, loses) in zip(steps, moves, strict=True):
            step[gains], step[loses] = stride, -stride
        near = (self.weights[rows][:, None] + steps).reshape(-1, 4)
        found = self._rows(np.unique(near[(near >= 0).all(axis=1)], axis=0))
        new: Ints = found[~self.known[found]]
        return new

    def _rows(self, weights: Ints) -> Ints:
        """The rows of these weights; `simplex_grid` is in rising order."""
        digits = np.array([101**3, 101**2, 101, 1])
        found: Ints = np.searchsorted(self.weights @ digits, weights @ digits)
        return found


def simulate_each(fit: Fit, weights: Sequence[Values], seeds: int) -> Floats:
    """A row for each weights, a column for each of `TEAM`: means over the seeds."""
    worlds = [Simulation(fit.whole, seed, compiled=True) for seed in range(seeds)]
    found = [[figured(one.run(values)) for values in weights] for one in worlds]
    figures: Floats = np.mean(np.array(found), axis=0).reshape(-1, len(TEAM))
    return figures


def bounds(keep: Mapping[str, float] | None) -> dict[str, float]:
    """What is to be kept, by the name of a column; nothing if nothing is named.

    Raises:
        ValueError: it is no mapping, or a bound is no finite number; says what to give.
    """
    if keep is None:
        return {}
    if not isinstance(keep, Mapping):
        raise ValueError(f"keep is {keep!r}; give a bound for each column, e.g. {{'balance': 0.85}}")
    fix = "give a finite number"
    for name, bound in keep.items():
        if not np.isfinite(number(bound, f"keep[{name!r}]", fix)):
            raise ValueError(f"keep[{name!r}] is {bound}; {fix}")
    return dict(keep)


def column(name: str, per_lead: Sequence[str] = ()) -> tuple[str, bool]:
    """What a question calls a column, less its minus: the column of a table, and whether more of it is better.

    The name of a metric per lead is its snips.

    Raises:
        ValueError: the name is no text.
    """
    if not isinstance(name, str):
        raise ValueError(f"column is {name!r}; name one as text, e.g. 'converted'")
    less, name = name.startswith("-"), name.removeprefix("-")
    if name in per_lead or name in METRICS:
        return f"snips_{name}", not less
    if name in TEAM:
        name = f"{PREFIX}{name}"
    return name, not (less or (name.removeprefix(PREFIX) in LESS and name.startswith(PREFIX)))


def simulated_only(name: str) -> bool:
    """Whether a question's name of a column means one that only a simulation has."""
    return column(name)[0].startswith(PREFIX)
