"""What other weights would have changed, asked of a history or of anyone's frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import aware
from collab.whatif import card, frames, kernel
from collab.whatif.answers import Estimates, Limits, Refused
from collab.whatif.calibration import calibration
from collab.whatif.cases import Cases
from collab.whatif.estimate import chances_of, estimates, swept
from collab.whatif.evidence import Evidence
from collab.whatif.ledger import Ledger, grown
from collab.whatif.logged import METRICS, Counts, of_frames, of_history
from collab.whatif.reading import Window, before, overridden, read_all, read_new, sticky
from collab.whatif.recommend import recommend
from collab.whatif.rescore import AnyWeights, Rescored, Values, integers
from collab.whatif.sweep import Sweep, hundredths, sweep

if TYPE_CHECKING:
    from collab.history import History


class WhatIf:
    """Logged decisions, held as integers, to be scored again under other weights.

    Args:
        history: whose decisions; they are read now, and again by `refreshed`.
        since: leaves out decisions before this aware time.
        until: leaves out decisions from this aware time on.
        days: leaves out decisions that are older than so many days at the history's end.

    Attributes:
        last: the place on the stream up to which the history was read; 0 for frames.
        outcomes: the frame of outcomes that came with the candidates, or None.
        n: decisions that are rescored.
        left_out: those that a person took or overrode.
        sticky: how many of `n` went to the agent who knew the customer; no weights move them.

    Raises:
        ValueError: a time without a zone, or rows that contradict each other.
    """

    def __init__(
        self,
        history: History,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        days: float | None = None,
    ) -> None:
        if not hasattr(history, "as_of"):
            raise TypeError(f"history is {history!r}; give a collab.History, e.g. WhatIf(History('data/history'))")
        if days is not None:
            since = before(history, days, since)
        self._window = Window(aware(since, "since") if since else None, aware(until, "until") if until else None)
        self._history: History | None = history
        self._frames: tuple[Cases, pd.DataFrame, pd.DataFrame] | None = None
        self._names: pd.DataFrame | None = None
        self.outcomes: pd.DataFrame | None = None
        self.last = history.last
        there = history.as_of(self.last)
        self._hold(grown([], read_all(there, self._window)), overridden(there), sticky(there))

    @classmethod
    def from_frames(cls, candidates: pd.DataFrame, outcomes: pd.DataFrame | None = None) -> Self:
        """The decisions of a frame with one row a candidate.

        It needs decision, agent, the four factors and chosen; `eligible` is true unless it is there. Whole-number
        factors are ten-thousandths, floats are shares of 0 to 1 and are rounded to ten-thousandths. `estimate` needs
        propensity too, and outcomes: decision, converted or value, and perhaps time, lead_type and lead_score.

        Raises:
            ValueError: names the column, the row, the value and the fix.
        """
        if outcomes is not None:
            if "decision" not in outcomes:
                raise ValueError(f"outcomes has no column 'decision'; it has {', '.join(map(str, outcomes.columns))}")
            for name in ("time", "closed"):
                frames.aware_times(outcomes, "outcomes", name)
        found, names = frames.read(candidates)
        self = object.__new__(cls)
        self._window, self._history, self._names = Window(None, None), None, names
        self._frames = (found, names, candidates)
        self.outcomes, self.last = outcomes, 0
        self._hold(grown([], found), np.empty(0, np.int64), np.empty(0, np.int64))
        _ = self.evidence  # what is wrong with the outcomes is said now
        return self

    def _hold(self, pieces: list[Ledger], overridden: NDArray[np.int64], sticky: NDArray[np.int64]) -> None:
        self._pieces = [piece.without(overridden) for piece in pieces] if len(overridden) else pieces
        self.agents: tuple[str, ...] = tuple(sorted({agent for piece in pieces for agent in piece.agents}))
        self._at = [np.searchsorted(self.agents, piece.agents) for piece in pieces]
        held = sum(piece.n for piece in pieces)
        self.n = sum(int(np.count_nonzero(piece.chosen)) for piece in self._pieces)
        self.left_out = held - self.n
        self.sticky = sum(int(np.isin(piece.keys[piece.chosen > 0], sticky).sum()) for piece in self._pieces)

    def rescore(self, weights: AnyWeights) -> Rescored:
        """Who would have got each lead under these weights: the highest score, of equal ones the lowest agent id.

        Weights are a `collab.Weights`, a version of them, or four integers that sum to 100, by factor or in order.

        Raises:
            ValueError: the weights are not four whole numbers that sum to 100.
        """
        values = integers(weights)
        counts = np.zeros((len(self.agents), len(self.agents)), np.int64)
        for piece, at in zip(self._pieces, self._at, strict=True):
            counts[np.ix_(at, at)] += kernel.flows(piece, values)[1:, 1:]
        return Rescored(values, self.agents, counts, self.left_out, self._decisions, self.sticky)

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
        metrics = METRICS if metrics is None else (metrics,) if isinstance(metrics, str) else metrics
        if (evidence := self.evidence) is None:
            needed = "no propensity in candidates" if self.outcomes is not None else "no outcomes"
            return Estimates({name: Refused(name, f"there is {needed}; give it to from_frames") for name in metrics})
        rows = None if self._frames is None else self._frames[2].index
        chances = chances_of(evidence, target, explore, rows)
        base = None if against is None else chances_of(evidence, against, 0.0, rows)
        known = [name for name in metrics if metrics is not METRICS or name in evidence.rewards]
        return estimates(evidence, known, chances, base, limits, level)

    def sweep(
        self,
        step: float = 0.05,
        *,
        limits: Limits | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Sweep:
        """Every weights of a grid in steps of `step` (0.05 makes 1,771), over the decisions whose outcome is known.

        Args:
            step: a share of 1 in whole hundredths that divides it.
            limits: from where on the log says too little of weights; see `Sweep.frame`.
            progress: hears how many decisions of how many are done.
            cancelled: is asked now and then whether to stop.

        Raises:
            ValueError: the step does not divide 1.
            CancelledError: `cancelled` said so.
        """
        if self.evidence is not None:
            return swept(self.evidence, hundredths(step), limits or Limits(), progress, cancelled)
        assert self._frames is not None
        return sweep(self._frames[0], step=hundredths(step), progress=progress, cancelled=cancelled)

    def recommend(
        self,
        metric: str = "converted",
        *,
        step: float = 0.1,
        most: int = 5,
        keep: Mapping[str, float] | None = None,
        limits: Limits | None = None,
    ) -> pd.DataFrame:
        """A short list of weights, chosen on one half of the days and reported on the other: see `recommend.recommend`.

        Raises:
            ValueError: there are no propensities or outcomes, the metric is not known, or the step does not divide 1.
        """
        evidence = self._known()
        if metric not in evidence.rewards:
            raise ValueError(f"metric is {metric!r}; the log has {', '.join(evidence.rewards)}")
        return recommend(evidence, metric, step=hundredths(step), most=most, keep=keep, limits=limits)

    @cached_property
    def evidence(self) -> Evidence | None:
        """What the log can say of other choices; None for frames without propensity or outcomes. It is read once."""
        return self._logged[0] if self._logged else None

    @property
    def counts(self) -> Counts | None:
        """How many decisions have a known outcome, are open, or were overridden; None where `evidence` is."""
        return self._logged[1] if self._logged else None

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """What was chosen against what the logged propensities say; see `collab.whatif.calibration`."""
        return calibration(self._known())

    def _known(self) -> Evidence:
        if self.evidence is None:
            raise ValueError("there are no propensities or no outcomes; give both to from_frames")
        return self.evidence

    @cached_property
    def _logged(self) -> tuple[Evidence, Counts] | None:
        if self._history is not None:
            there = self._history.as_of(self.last)
            return of_history(there, read_all(there, self._window, propensity=True))
        assert self._frames is not None
        found, names, candidates = self._frames
        if found.propensity is None or self.outcomes is None:
            return None
        return of_frames(found, names, self.outcomes, candidates)

    @cached_property
    def names(self) -> dict[str, str]:
        """What the agents are called, by id; none for frames."""
        return {} if self._history is None else self._history.names()

    def refreshed(self) -> WhatIf:
        """The same with the decisions that were recorded since, which alone are read; itself if there are none."""
        if self._history is None or (last := self._history.last) <= self.last:
            return self
        there = self._history.as_of(last)
        new = object.__new__(type(self))
        new._window, new._history, new._names, new.outcomes, new.last = self._window, self._history, None, None, last
        new._frames = None
        found = read_new(there, self._window, self.last)
        new._hold(grown(self._pieces, found), overridden(there), sticky(there))
        return new

    def __repr__(self) -> str:
        if not self.n:
            return "WhatIf: there are no logged decisions"
        left = f", {self.left_out:,} overridden left out" if self.left_out else ""
        return f"WhatIf: {self.n:,} decisions among {len(self.agents):,} agents{left}"

    def _repr_html_(self) -> str:
        return card.html(self)

    def _decisions(self, values: Values) -> pd.DataFrame:
        names = self._named()
        found = [np.empty((4, 0), np.int64)]
        for piece, at in zip(self._pieces, self._at, strict=True):
            for keys, logged, rescored, margin in kernel.winners(piece, values):
                found.append(np.stack([keys, at[logged - 1], at[rescored - 1], margin]))
        keys, logged, rescored, margin = np.concatenate(found, axis=1)
        order = np.argsort(keys, kind="stable")
        agents = np.array(self.agents, dtype=object)
        chosen = names.take(np.searchsorted(names.index, keys[order]))
        return pd.DataFrame(
            {
                "decision": chosen["decision"].array,
                "lead": chosen["lead"].array,
                "logged": pd.array(agents[logged[order]], dtype="str"),
                "rescored": pd.array(agents[rescored[order]], dtype="str"),
                "margin": pd.arrays.IntegerArray(margin[order], margin[order] < 0),
            }
        )

    def _named(self) -> pd.DataFrame:
        """The id and lead of every decision, by key."""
        if self._names is None:
            assert self._history is not None
            columns = self._history.as_of(self.last).columns("decisions", ["seq", "decision", "lead"])
            texts = {name: pd.array(columns[name], dtype="str") for name in ("decision", "lead")}
            self._names = pd.DataFrame(texts, index=pd.Index(columns["seq"]))
        return self._names
