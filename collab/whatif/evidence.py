"""What the log can say of other choices: each decision's candidates with their propensities, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import SCALE
from collab.whatif.calibration import calibration, far_off, odd_sum, slack
from collab.whatif.cases import Cases
from collab.whatif.packed import SHIFT, TIE
from collab.whatif.splits import Split
from collab.whatif.units import in_cents
from collab.winning import simplex_grid

Values = tuple[int, int, int, int]

ROUNDING = 1e-9
"""By so much a chance may be above 1: chances are sums of others."""

CHUNK = 16_384
"""Decisions that are scored at a time, so that what is written stays in the cache."""

FOLDS = 5
"""The model of a decision's reward is fitted on the other four fifths."""

RIDGE, AGENT_LEADS = 1.0, 20.0
"""How strongly the model is held back: its coefficients, and an agent's own part, which is worth so many leads."""


@dataclass(frozen=True)
class Evidence:
    """Decisions with an outcome, one after the other, each with its eligible candidates by agent id.

    Attributes:
        cases: the candidates as integers, with their propensities.
        rewards: what came of each decision, by metric; one a decision.
        leads: what the model may know of each lead besides, one row a decision.
        blocks: a label a decision for decisions that may depend on each other, e.g. of a day; None if nothing is known.
        rank: the place of each decision in an order that does not depend on the rows'; as they stand, if it is None.
        overridden: decisions in whose place a person chose, which are not among them.
        splits: how leads may be told apart, which those who choose beside the router may do, too.
        slow: that some conversions are not known yet, or that no lead is old enough; None if nearly all are known.
    """

    cases: Cases
    rewards: Mapping[str, NDArray[np.float64]]
    leads: NDArray[np.float64]
    blocks: NDArray[Any] | None = None
    rank: NDArray[np.int64] | None = None
    overridden: int = 0
    splits: tuple[Split, ...] = ()
    slow: str | None = None

    @property
    def n(self) -> int:
        """How many decisions there are."""
        return len(self.cases.counts)

    @property
    def propensity(self) -> NDArray[np.float64]:
        """The chance that each candidate had."""
        assert self.cases.propensity is not None
        return self.cases.propensity

    @cached_property
    def mixed(self) -> str | None:
        """That values look as if some were in cents; None if they do not."""
        return in_cents(self.rewards["value"]) if "value" in self.rewards else None

    @property
    def ranked(self) -> NDArray[np.int64]:
        """The rank of each decision."""
        return np.arange(self.n) if self.rank is None else self.rank

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """The row of each decision's first candidate."""
        return np.cumsum(self.cases.counts) - self.cases.counts

    @cached_property
    def decision(self) -> NDArray[np.int64]:
        """The decision of each candidate."""
        return np.repeat(np.arange(self.n), self.cases.counts)

    @cached_property
    def logged(self) -> NDArray[np.int64]:
        """The row of the candidate who got each lead."""
        return np.flatnonzero(self.cases.agent == self.cases.chosen[self.decision])

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Whether the propensities describe who got the leads; see `collab.whatif.calibration`."""
        return calibration(self.cases, self.first, self.logged, self.splits)

    @cached_property
    def calibration_z(self) -> float:
        """The largest |z| of it; 0 without decisions."""
        return float(self.calibration["z"].abs().max()) if self.n else 0.0

    def far_off(self, most: float) -> str | None:
        """In what choices differ from the propensities by more standard deviations; None if in nothing."""
        return far_off(self.calibration, most) if self.calibration_z > most else None

    @cached_property
    def odd_sum(self) -> str | None:
        """Whose propensities do not sum to 1; None if those of all decisions do."""
        return odd_sum(self.cases, self.first)

    def winners(self, weights: Values) -> NDArray[np.int64]:
        """The row of each decision's highest score, of equal ones that of the lowest agent id."""
        found = [np.empty(0, np.int64)]
        for low in range(0, self.n, CHUNK):
            counts, start = self.cases.counts[low : low + CHUNK], int(self.first[low])
            rows = slice(start, start + int(counts.sum()))
            line = np.int32(TIE) - self.cases.agent[rows]  # below the score, as in `collab.whatif.packed`
            for weight, factor in zip(weights, self.cases.factors, strict=True):
                line += np.multiply(factor[rows], np.int32(weight << SHIFT), dtype=np.int32)
            best = np.maximum.reduceat(line, self.first[low : low + CHUNK] - start)
            found.append(np.flatnonzero(line == np.repeat(best, counts)) + start)
        return np.concatenate(found)

    def chances(self, weights: Values, explore: float = 0.0) -> NDArray[np.float64]:
        """The chance of each candidate under weights of which a share `explore` is drawn from the grid, as the router.

        With a share above 0 all the grid is scored, which takes about 20 microseconds a decision.
        """
        chance = np.zeros(len(self.propensity))
        if explore > 0:
            grid = simplex_grid()
            for a, e, p, r in grid.tolist():
                chance[self.winners((a, e, p, r))] += explore / len(grid)
        chance[self.winners(weights)] += 1 - explore
        return chance

    def given(self, chances: NDArray[np.float64]) -> NDArray[np.float64]:
        """The chance of each candidate from those of all rows of the source, which sum to 1 in a decision.

        Rounded ones are taken as a log's are, and made to sum to 1.

        Raises:
            ValueError: there are too few or too many, one is outside 0 to 1, or they do not sum to 1.
        """
        source = self.cases.source
        if source is None or chances.ndim != 1 or (len(source) and len(chances) <= source.max()):
            raise ValueError(f"there are {chances.shape} probabilities; give one for each row of the candidates")
        found = chances[source]
        sums = np.add.reduceat(found, self.first) if self.n else np.empty(0)
        wrong = ~((found >= 0) & (found <= 1 + ROUNDING))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"a probability is {found[row]} (row number {source[row]} of the candidates, from 0); "
                "give chances of 0 to 1"
            )
        apart = np.abs(sums - 1)
        if len(over := apart - slack(found, self.cases.counts)) and over.max() > 0:
            worst = int(np.argmax(over))
            raise ValueError(
                f"probabilities of a decision sum to {sums[worst]:.6g} over its eligible agents (that of row number "
                f"{source[self.first[worst]]} of the candidates, from 0); make it 1"
            )
        rounded = np.where(apart > ROUNDING, sums, 1.0)  # the log's own column stays to the digit
        return np.asarray(np.minimum(found / rounded[self.decision], 1.0), np.float64)

    @cached_property
    def models(self) -> dict[str, NDArray[np.float64]]:
        """The `model` of every metric, which is the same whatever weights are asked about."""
        return {metric: self.model(rewards) for metric, rewards in self.rewards.items()}

    @cached_property
    def foreseen(self) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """What the models of each metric expect of every logged choice, and of every decision as it was made."""
        found = {}
        for metric, model in self.models.items():
            mean = np.add.reduceat(self.propensity * model, self.first) if self.n else np.empty(0)
            found[metric] = model[self.logged], mean
        return found

    def model(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """The expected reward of every candidate, each decision's from the other folds' decisions (cross-fitted).

        Ridge regression on the four factors and what is known of the lead, and on each agent's own mean beside it.
        """
        fold = self.ranked % FOLDS
        found = np.empty(len(self.propensity))
        for number in range(FOLDS):
            inside = fold != number
            rows = np.flatnonzero(fold[self.decision] == number)
            if len(rows):
                found[rows] = self._fitted(rewards, np.flatnonzero(inside), rows)
        return found

    def _fitted(
        self, rewards: NDArray[np.float64], decisions: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The model of some decisions, at some candidates."""
        if not len(decisions):
            return np.zeros(len(rows))
        known, targets = self._features(self.logged[decisions]), rewards[decisions]
        penalty = np.full(known.shape[1], RIDGE)
        penalty[0] = 1e-9  # the mean is free
        slopes = np.linalg.solve(known.T @ known + np.diag(penalty), known.T @ targets)
        agents = self.cases.agent[self.logged[decisions]]
        size = len(self.cases.agents) + 1
        missed = np.bincount(agents, targets - known @ slopes, minlength=size)
        own = missed / (np.bincount(agents, minlength=size) + AGENT_LEADS)
        return self._features(rows) @ slopes + own[self.cases.agent[rows]]

    def _features(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        factors = self.cases.factors[:, rows].T / SCALE
        return np.column_stack([np.ones(len(rows)), factors, self.leads[self.decision[rows]]])

    def some(self, decisions: NDArray[np.int64]) -> Evidence:
        """The evidence of some decisions, given by their places."""
        keep = np.zeros(self.n, bool)
        keep[decisions] = True
        rows, cases = keep[self.decision], self.cases
        kept = Cases(
            cases.agents,
            cases.keys[keep],
            cases.chosen[keep],
            cases.counts[keep],
            cases.agent[rows],
            cases.factors[:, rows],
            self.propensity[rows],
            None if cases.source is None else cases.source[rows],
        )
        rewards = {metric: values[keep] for metric, values in self.rewards.items()}
        blocks = None if self.blocks is None else self.blocks[keep]
        splits = tuple(split.of(keep) for split in self.splits)
        return Evidence(kept, rewards, self.leads[keep], blocks, self.ranked[keep], splits=splits, slow=self.slow)
