"""What a whole team would have come to under other weights, asked of a log: figures and alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collab.events import AnyEvent
from collab.records import FACTORS
from collab.rules import Rule
from collab.rules.reading import default
from collab.whatif.answers import Limits
from collab.whatif.backtest import Backtest, backtests, untried
from collab.whatif.experiments import Experiments
from collab.whatif.mechanism import Fit
from collab.whatif.observed import observed
from collab.whatif.prevented import Prevented, prevented
from collab.whatif.rescore import AnyWeights, Values, integers
from collab.whatif.retold import roster_of_history, roster_of_shifts
from collab.whatif.simulated import Asked, Simulated, simulated
from collab.whatif.sweep import sweep
from collab.whatif.watched import Span, fired, fired_in, judged, mixed, span_of

Floats = NDArray[np.float64]


class Simulations(Experiments):
    """Plays the leads of a log under other weights."""

    def simulate(
        self,
        weights: AnyWeights,
        *,
        seeds: int = 8,
        against: AnyWeights | None = None,
        explore: float = 0.0,
        limits: Limits | None = None,
        level: float = 0.95,
        executor: Executor | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Simulated:
        """What the whole team would have come to: a lead that goes to somebody else loads them, too.

        Args:
            weights: the weights in question, in any of the forms of `rescore`.
            seeds: how often luck and days are drawn, 2 or more.
            against: weights to compare with; those in force last, if none are given.
            explore: the share of leads routed by weights drawn at random, under both, 0 to 1.
            limits: from where on a simulation cannot tell.
            level: how often intervals cover.
            executor: whose workers simulate, e.g. of processes or of Dask; this process's threads, if none is given.
            progress: hears how many seeds of how many are done.
            cancelled: is asked now and then whether to stop.

        Raises:
            ValueError: there is nothing to fit laws from, or the weights are none, or those in force are not known.
            CancelledError: `cancelled` said so.
        """
        course, notes = self.course
        asked = self._asked(weights, against, seeds, explore, limits, level)
        notes = notes if self._backtests else (untried(course, self.in_force), *notes)
        return simulated(
            self._fit, asked, self._backtests, notes, executor=executor, progress=progress, cancelled=cancelled
        )

    def alerts(
        self,
        weights: AnyWeights,
        rules: Iterable[Rule] | None = None,
        *,
        seeds: int = 8,
        against: AnyWeights | None = None,
        explore: float = 0.0,
        limits: Limits | None = None,
        level: float = 0.95,
        executor: Executor | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Prevented:
        """Which alerts these weights would have prevented: rules watched over simulated days, beside the log's own.

        The newest whole days with at most 2,000 leads are looked at. The other arguments are those of `simulate`.

        Args:
            weights: the weights in question, in any of the forms of `rescore`.
            rules: those to watch; if none are given, those in force in the end, or those that come with collab.

        Raises:
            ValueError: as of `simulate`, or there are no rules, or they contradict each other.
            CancelledError: `cancelled` said so.
        """
        course, notes = self.course
        asked = self._asked(weights, against, seeds, explore, limits, level)
        if not len(course):
            raise ValueError("there are no leads to simulate; wait for some, or give more days")
        watched = judged(self._rules if rules is None else rules)
        span, roster = span_of(course), self._roster_told
        recorded = partial(self._recorded_alerts, watched.rules, span)
        work: dict[str, Any] = {"executor": executor, "progress": progress, "cancelled": cancelled}
        notes = (*mixed(course, span, asked.base), *notes)
        return prevented(self._fit, asked, watched, roster, span, recorded, notes=notes, **work)

    def _recorded_alerts(self, rules: tuple[Rule, ...], span: Span) -> Floats:
        """What fired in what happened; of frames, as far as they tell."""
        course = self.course[0]
        if self._history is None:
            return fired_in(rules, observed(course), self._roster_told, course, span)
        return fired(rules, self._history.as_of(self.last).each_event(), course, span)

    def _asked(
        self,
        weights: AnyWeights,
        against: AnyWeights | None,
        seeds: int,
        explore: float,
        limits: Limits | None,
        level: float,
    ) -> Asked:
        values, base = integers(weights), integers(against) if against is not None else self.in_force
        if base is None:
            raise ValueError("the weights in force are not known; give those to compare with as against=")
        return Asked(values, base, seeds, explore, Limits.of(limits), level).checked()

    @property
    def _rules(self) -> tuple[Rule, ...]:
        """The alert rules in force in the end."""
        in_force = () if self._history is None else self._history.as_of(self.last).team().alerts.rules
        return in_force or default().rules

    @property
    def _roster_told(self) -> list[AnyEvent]:
        """Who was there, as events."""
        course = self.course[0]
        if self._history is None:
            return roster_of_shifts(course)
        return roster_of_history(self._history.as_of(self.last), course)

    @cached_property
    def in_force(self) -> Values | None:
        """The weights in force in the end; of frames without them, those of a grid that most decisions agree with.

        None for frames if fewer than half of them do, or if there are no agents to simulate.
        """
        if self._history is not None:
            return self._history.as_of(self.last).team().weights.values
        if self._roster is None or self._frames is None:
            return None
        course = self.course[0]
        if len(course) and course.weights[-1].min() >= 0:
            a, e, p, r = course.weights[-1].tolist()
            return a, e, p, r
        best = sweep(self._frames[0]).best("-share_moved")
        a, e, p, r = (int(best[factor]) for factor in FACTORS)
        return (a, e, p, r) if best["share_moved"] < 0.5 else None

    @cached_property
    def _fit(self) -> Fit:
        return Fit(self.course[0])

    @cached_property
    def _backtests(self) -> list[Backtest]:
        return backtests(self.course[0], self.in_force)
