"""The questions about experiments: how long one takes, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from collab.experiment import Design, arms, blocks, compared
from collab.whatif.log import Log
from collab.whatif.plan import Plan, plan
from collab.whatif.rescore import AnyWeights, integers
from collab.whatif.verdict import Verdict, run_of, runs_of, verdict

if TYPE_CHECKING:
    from collab.history import History

JUDGED = 8
"""So many verdicts are kept."""


class Experiments(Log):
    """Plans experiments from a history and judges them by it."""

    def experiment(
        self,
        a: AnyWeights,
        b: AnyWeights,
        *,
        block: str | int | timedelta = "4h",
        burn_in: str | int | timedelta = "30min",
        metric: str = "converted",
        difference: float = 0.02,
        days: float | None = None,
        starts: datetime | None = None,
        seed: int | None = None,
    ) -> Plan:
        """Two sets of weights that take turns by blocks of time: the design, and the days that it needs.

        Nothing begins by it; `desk.start_experiment(plan.design, by=...)` does.

        Args:
            a: the weights to compare with, in any of the forms of `rescore`.
            b: those in question.
            block: how long a block lasts.
            burn_in: how much of its start does not count.
            metric: what is looked for first: converted, value, response_s, waited_s, utilization or balance.
            difference: the least one that matters, in the metric's unit.
            days: how long it runs, made whole pairs of blocks; as long as the difference takes, if none is given.
            starts: when it shall start, aware; only its hour matters, and the best one is taken, if none is given.
            seed: what the order of the arms follows from; the history's length, if none is given.

        Raises:
            ValueError: an argument is out of range, b is the same as a, or the decisions came in frames.
        """
        history = self._recorded()
        seed = self.last if seed is None else seed
        one, other = arms(a, b, integers)
        design = Design(a=one, b=other, seed=seed, **blocks(block, burn_in))
        return plan(history, compared(design), metric, difference, days=days, starts=starts)

    def experiments(self) -> list[str]:
        """The ids of the experiments of the history, the last one last.

        Raises:
            ValueError: the decisions came in frames.
        """
        return [run.id for run in runs_of(self._recorded())]

    def verdict(
        self,
        experiment: Plan | Design | str | None = None,
        *,
        level: float = 0.95,
        burn_in: str | int | timedelta | None = None,
    ) -> Verdict:
        """The difference between the arms of an experiment in each metric, with intervals, or why it cannot be said.

        A block is the unit: leads of one block share its load. It answers for the whole team, and for the days in
        which it ran.

        Args:
            experiment: its plan, its design or its id; the last one, if none is given.
            level: how often intervals cover the truth.
            burn_in: how much of each block's start does not count, to see whether the plan's is long enough.

        Raises:
            ValueError: there is no such experiment, the burn-in leaves nothing of a block, or the decisions came in
                frames.
        """
        asked = experiment.design if isinstance(experiment, Plan) else experiment
        return self._judged(run_of(self._recorded(), asked).id, level, burn_in)

    @cached_property
    def _judged(self) -> Callable[[str, float, str | int | timedelta | None], Verdict]:
        """The verdict of a run by its id: the log does not change, so every page's question is answered once."""
        history = self._recorded()
        return lru_cache(maxsize=JUDGED)(lambda id, *how: verdict(history, run_of(history, id), *how))

    def _recorded(self) -> History:
        if self._history is None:
            raise ValueError("experiments are read from a history; give WhatIf a collab.History, not frames")
        return self._history.as_of(self.last)
