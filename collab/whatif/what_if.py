"""What other weights would have changed, asked of a history or of anyone's frames."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from collab.fairness import HALF_LIFE_H, By
from collab.whatif import kept, kernel, page, turns
from collab.whatif.answers import Estimates, Limits, Refused
from collab.whatif.estimate import estimates, policy_of, swept
from collab.whatif.explain import explain
from collab.whatif.explained import Explained
from collab.whatif.fair import Fairness
from collab.whatif.logged import METRICS
from collab.whatif.proposal import Proposal
from collab.whatif.propose import propose
from collab.whatif.recommend import recommend
from collab.whatif.rescore import AnyWeights, Rescored, integers
from collab.whatif.search import Search, bounds, simulated_only
from collab.whatif.simulations import Simulations
from collab.whatif.sweep import Sweep, step_of, sweep
from collab.whole import whole


class WhatIf(Simulations):
    """Questions about logged decisions: who would have got what, what it would have earned, how days would have gone.

    `WhatIf(History("data/history", tenant="demo")).rescore(Weights(expertise=0.6))` reads a history;
    `WhatIf.from_frames` takes anyone's frames.

    Args:
        history: whose decisions; they are read now, and again by `refreshed`.
        since: leaves out decisions before this aware time.
        until: leaves out decisions from this aware time on.
        days: leaves out decisions that are older than so many days at the history's end.

    Raises:
        ValueError: a time without a zone, or rows that contradict each other.
    """

    def rescore(self, weights: AnyWeights) -> Rescored:
        """Who would have got each lead under these weights: the highest score, of equal ones the lowest agent id.

        Weights are a `collab.Weights`, a version of them, or four integers that sum to 100: by factor, in order, or as
        the text "35-30-20-15".

        Raises:
            ValueError: the weights are not four whole numbers that sum to 100.
        """
        values = integers(weights)
        counts = np.zeros((len(self.agents), len(self.agents)), np.int64)
        for piece, at in zip(self._pieces, self._at, strict=True):
            counts[np.ix_(at, at)] += kernel.flows(piece, values)[1:, 1:]
        return Rescored(values, self.agents, counts, self.left_out, self._decisions, self.sticky)

    def explain(self, decision: Any, weights: AnyWeights | None = None) -> Explained:
        """A decision with what each candidate was made of, and the smallest changes that would have let each win.

        Args:
            decision: its id, a row that has it, or a `Decision` as the router gave it.
            weights: those to explain; if none are given, those that chose.

        Raises:
            ValueError: the log does not have the decision, or does not know its weights; says what to give.
        """
        there = None if self._history is None else self._history.as_of(self.last)
        return explain(decision, there, None if self._frames is None else self._frames[2], weights)

    def fairness(self, half_life: float | None = HALF_LIFE_H, *, by: By = "agent", points: int = 500) -> Fairness:
        """What each agent had of the leads and was due over time, overridden leads at whom a person gave them to.

        Args:
            half_life: hours after which a lead counts half; None for never.
            by: whether a lead is due equally ("agent") or by "capacity", to all who were there and able to take it.
            points: at how many times standings are kept, evenly among the leads.

        Raises:
            ValueError: the half-life, `by` or `points` is none, or the candidates have no times, or no capacities.
        """
        _ = Fairness([], half_life, by, points)  # tells of a wrong question, which may not be one to look up
        return self._fair(half_life, by, points)

    @cached_property
    def _fair(self) -> Callable[[float | None, By, int], Fairness]:
        """Makes what was asked for; the same question of several pages is answered once."""

        def made(half_life: float | None, by: By, points: int) -> Fairness:
            frame = None if self._frames is None else self._frames[2]
            given = self._turns if frame is None else turns.of_frame(frame, by, self.outcomes, self._roster)
            return Fairness(given, half_life, by, points)

        return lru_cache(maxsize=8)(made)

    @cached_property
    def _turns(self) -> turns.Turns:
        assert self._history is not None
        return turns.of_history(self._history.as_of(self.last), self._window)

    def estimate(
        self,
        target: Any,
        metrics: Sequence[str] | None = None,
        *,
        explore: float = 0.0,
        against: Any = None,
        limits: Limits | None = None,
        level: float = 0.95,
    ) -> Estimates:
        """What each lead would have earned under other weights, with intervals, or why the log cannot say.

        Args:
            target: weights (also a row of a sweep), or a chance for every row of the candidates.
            metrics: converted and value, if nothing else is said.
            explore: the share of leads routed by weights drawn at random, 0 to 1, as the router may.
            against: weights to compare with, paired by decision; the log as it was, if none are given.
            limits: from where on an estimate is refused.
            level: how often intervals cover the truth.

        Raises:
            ValueError: the weights are none, a metric is not known, or a share is outside 0 to 1.
        """
        if isinstance(metrics, str) or not isinstance(metrics, Iterable | None):
            metrics = (metrics,)
        metrics = METRICS if metrics is None else metrics
        if (evidence := self.evidence) is None:
            return Estimates({name: Refused(name, self._missing()) for name in metrics})
        rows = None if self._frames is None else self._frames[2].index
        policy = policy_of(evidence, target, explore, rows)
        base = None if against is None else policy_of(evidence, against, 0.0, rows)
        known = [name for name in metrics if metrics is not METRICS or name in evidence.rewards]
        return estimates(evidence, known, policy, base, limits, level)

    def sweep(
        self,
        step: float = 0.05,
        *,
        limits: Limits | None = None,
        seeds: int = 2,
        executor: Executor | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Sweep:
        """Every weights of a grid in steps of `step` (0.05 makes 1,771), over the decisions whose outcome is known.

        Metrics of the whole team are simulated once its `front` or `best` asks for them.

        Args:
            step: a share of 1 in whole hundredths that divides it.
            limits: from where on the log says too little of weights, and simulations cannot tell; see `Sweep.frame`.
            seeds: how often luck is drawn in simulations.
            executor: whose workers simulate, e.g. of processes or of Dask; this process's threads, if none is given.
            progress: hears how many decisions of how many are done; simulations have their own, see `Sweep.front`.
            cancelled: is asked now and then whether to stop.

        Raises:
            ValueError: the step does not divide 1.
            CancelledError: `cancelled` said so.
        """
        grid, limits, seeds = step_of(step), Limits.of(limits), whole(seeds, "seeds", 1)
        if self.evidence is not None:
            found = swept(self.evidence, grid, limits, progress, cancelled)
        else:
            assert self._frames is not None
            found = sweep(self._frames[0], step=grid, progress=progress, cancelled=cancelled)
        return found.simulating(lambda: Search(self._fit, grid, seeds=seeds, limits=limits, executor=executor))

    def recommend(
        self,
        metric: str = "converted",
        *,
        step: float = 0.1,
        most: int = 5,
        keep: Mapping[str, float] | None = None,
        limits: Limits | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> pd.DataFrame:
        """A short list of weights, chosen on one half of the days and reported on the other: see `recommend.recommend`.

        Raises:
            CancelledError: `cancelled` said so.
            ValueError: there are no propensities or outcomes, the metric is not known, the step does not divide 1, or
                `keep` asks for what has to be simulated and there is nothing to fit laws from.
        """
        evidence = self._known()
        if not isinstance(metric, str) or metric not in evidence.rewards:
            raise ValueError(f"metric is {metric!r}; give one that the log has: {', '.join(evidence.rewards)}")
        keep = bounds(keep)
        team = (self.course[0], self.in_force) if any(map(simulated_only, keep)) else None
        asked: dict[str, Any] = {"step": step_of(step), "most": most, "keep": keep, "limits": limits, "team": team}
        return recommend(evidence, metric, progress=progress, cancelled=cancelled, **asked)

    def propose(
        self, weights: AnyWeights, *, reason: str, by: str | None = None, created: datetime | None = None
    ) -> Proposal:
        """These weights as a proposal with the figures of this log: to be reported, saved, adopted and rolled back.

        Args:
            weights: as for `rescore`.
            reason: why they are proposed.
            by: who proposes them; else whoever adopts them.
            created: the aware time of the figures; that of the log's last event, if none is given.

        Raises:
            ValueError: a field is wrong, the weights are in force in the history, or the log has no time and none
                is given.
        """
        return propose(self, weights, self._history, reason=reason, by=by, created=created)

    def page(self, path: str | os.PathLike[str], step: float = 0.05, **given: Any) -> Path:
        """Write `page_html` to a file, whole or not at all, in a folder that is made if it is not there.

        It takes the same arguments.

        Raises:
            OSError: the folder cannot be made, which is told before the figures are.
            ValueError: as `page_html` does.
        """
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        kept.write(Path(path), self.page_html(step, **given))
        return Path(path)

    def page_html(
        self,
        step: float = 0.05,
        *,
        made: datetime | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> str:
        """All weights of a grid as one page of HTML whose sliders work without a server and without a network.

        Args:
            step: a share of 1 in whole hundredths that divides it, 0.04 or more; 0.05 makes 1,771 weights.
            made: the aware time that the page says; now, if none is given.
            progress: hears how many weights of how many are asked about.
            cancelled: is asked between weights whether to stop.

        Raises:
            ValueError: there are no decisions, the step is too small or does not divide 1, or `made` has no zone.
            CancelledError: `cancelled` said so.
        """
        return page.made(self, self._history, step, made, progress, cancelled)
