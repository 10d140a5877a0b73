"""What a whole team would come to under other weights: figures with intervals, and who gets what, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.legible import several
from collab.whatif.answers import TEAM, WHOLE_TEAM, Estimate, Estimates, Limits, Refused
from collab.whatif.backtest import Backtest, far, frame, said
from collab.whatif.course import Course
from collab.whatif.estimators import student
from collab.whatif.grounds import Backing
from collab.whatif.mechanism import Fit
from collab.whatif.rescore import Values
from collab.whatif.twins import Twin, twins
from collab.whole import share_of_leads, whole

Floats = NDArray[np.float64]


SHARES = ("converted", "utilization", "overload", "balance", "unserved")
"""What is between 0 and 1."""

EARNED = {"converted": "was converted", "value": "has a value"}
"""What may be missing from a log altogether, and how that is said."""


class Asked(NamedTuple):
    """What is asked of a simulation.

    Attributes:
        weights: the weights in question.
        base: those to compare with.
        seeds: how often luck and days are drawn.
        explore: the share of leads routed by drawn weights, under both.
        limits: from where on it cannot tell.
        level: how often intervals cover the truth.
    """

    weights: Values
    base: Values
    seeds: int
    explore: float
    limits: Limits
    level: float

    def checked(self) -> Asked:
        """The same.

        Raises:
            ValueError: a number is outside its range.
        """
        whole(self.seeds, "seeds", 2)
        share_of_leads(self.explore, "explore")
        if not isinstance(self.level, Real) or not 0 < self.level < 1:
            raise ValueError(f"level is {self.level!r}; give how often intervals shall cover, e.g. 0.95")
        return self


class Simulated(Estimates):
    """A figure or a refusal for each metric of a team, by name, and what lies behind them.

    Attributes:
        weights: the weights in question.
        base: those in force, which they are compared with.
        seeds: how often luck and days were drawn.
    """

    def __init__(
        self,
        found: dict[str, Estimate | Refused],
        asked: Asked,
        course: Course,
        before: tuple[Floats, Floats],
        after: tuple[Floats, Floats],
        tests: Sequence[Backtest],
    ) -> None:
        super().__init__(found)
        self.weights, self.base, self.seeds = asked.weights, asked.base, asked.seeds
        self._limits = asked.limits
        self._agents, self._kinds = course.agents, course.kinds
        self._given, self._hours, self._tests = (before[0], after[0]), (before[1], after[1]), tuple(tests)

    def frame(self) -> pd.DataFrame:
        """A row a metric: as of `Estimates`, and `off`, by how much back-tests were wrong in it."""
        found = super().frame().drop(columns=["ess", "largest", "unsupported", "calibration_z"])
        found["off"] = [getattr(one.trust, "off", np.nan) for one in self.values()]
        return found

    def shares(self) -> pd.DataFrame:
        """A row an agent: agent, leads_before, leads_after (means over the seeds), share_before, share_after."""
        before, after = (given.sum(axis=0) for given in self._given)
        found = pd.DataFrame({"agent": self._agents, "leads_before": before, "leads_after": after})
        for when, leads in (("before", before), ("after", after)):
            found[f"share_{when}"] = leads / max(float(leads.sum()), 1.0)
        return found

    def matrix(self) -> pd.DataFrame:
        """A row for each agent and kind of lead: agent, lead_type, before, after: leads, means over the seeds."""
        index = pd.MultiIndex.from_product([self._kinds, self._agents], names=["lead_type", "agent"])
        before, after = (given.reshape(-1) for given in self._given)
        return pd.DataFrame({"before": before, "after": after}, index=index).reset_index()

    def hours(self) -> pd.DataFrame:
        """A row for each agent and hour of the day in UTC: agent, hour, before, after: mean utilization on shift."""
        index = pd.MultiIndex.from_product([range(len(self._hours[0])), self._agents], names=["hour", "agent"])
        before, after = (hours.reshape(-1) for hours in self._hours)
        return pd.DataFrame({"before": before, "after": after}, index=index).dropna().reset_index()

    def _trust(self) -> list[str]:
        offs = {name: getattr(one.trust, "off", np.nan) for name, one in self.items()}
        off = ", ".join(f"{name} {said(name, value)}" for name, value in offs.items() if not np.isnan(value))
        wrong = ", ".join(name for name, value in offs.items() if far(name, value, self._limits))
        lines = [f"back-tests were off by at most: {off}"] if off else []
        lines += [f"decide nothing on these: {wrong}"] if wrong else []
        return [*super()._trust(), *lines]

    def backtests(self) -> pd.DataFrame:
        """A row for each stretch of the log that was simulated from what was before: see `collab.whatif.backtest`."""
        return frame(self._tests)


def simulated(
    fit: Fit,
    asked: Asked,
    tests: Sequence[Backtest],
    warnings: tuple[str, ...] = (),
    *,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Simulated:
    """Simulate the team under both weights, with the same luck, and say how sure it is.

    A figure is the mean over the seeds with the laws as fitted; its interval is that of Student's t from the spread
    over seeds with laws fitted on days drawn with replacement, so it is for leads and luck like the log's.

    Raises:
        CancelledError: `cancelled` said so.
    """
    course = fit.to
    n = known(course)
    if n < asked.limits.leads:
        reason = too_few(n, asked.limits)
        none: dict[str, Estimate | Refused] = {name: Refused(name, reason, question=WHOLE_TEAM) for name in TEAM}
        nothing = np.zeros((len(course.kinds), len(course.agents))), np.full((24, len(course.agents)), np.nan)
        return Simulated(none, asked, course, nothing, nothing, tests)
    found = twins(
        fit,
        (asked.base, asked.weights),
        asked.seeds,
        explore=asked.explore,
        executor=executor,
        progress=progress,
        cancelled=cancelled,
    )
    before, after = (_together(found, which) for which in (0, 1))
    figures = {name: _figure(name, place, found, asked, tests, n, warnings) for place, name in enumerate(TEAM)}
    return Simulated(figures, asked, course, before, after, tests)


def _together(found: Sequence[Twin], which: int) -> tuple[Floats, Floats]:
    """What was given to whom and how loaded the hours were, as means over the seeds."""
    passes = [one.fitted[which] for one in found]
    return np.mean([one.given for one in passes], axis=0), np.mean([one.hours for one in passes], axis=0)


def _figure(
    name: str,
    place: int,
    found: Sequence[Twin],
    asked: Asked,
    tests: Sequence[Backtest],
    n: int,
    warnings: tuple[str, ...],
) -> Estimate | Refused:
    fitted = np.array([[one.figures[place] for one in twin.fitted] for twin in found])
    refitted = np.array([[one[place] for one in twin.refitted] for twin in found])
    load = TEAM.index("utilization")
    utilization = float(np.mean([[one.figures[load] for one in twin.fitted] for twin in found], axis=0).max())
    off = max((abs(test.off[name]) for test in tests), default=np.nan)
    changes = sum(test.changed for test in tests)
    backing = Backing(n, utilization, off, len(tests), changes, (*warnings, *_said(changes)))
    if utilization > asked.limits.utilization or np.isnan(fitted).any():
        return Refused(name, cannot_tell(utilization, asked.limits), trust=backing, question=WHOLE_TEAM)
    if name in EARNED and not fitted.any():
        reason = f"no lead of the log {EARNED[name]}; where nothing differs, nothing says what would"
        return Refused(name, reason, trust=backing, question=WHOLE_TEAM)
    base, value = fitted.mean(axis=0).tolist()
    wide = student(0.5 + asked.level / 2, asked.seeds - 1)
    around = wide * float(refitted[:, 1].std(ddof=1))
    apart = wide * float((refitted[:, 1] - refitted[:, 0]).std(ddof=1))
    gap = value - base
    return Estimate(
        metric=name,
        value=value,
        low=max(value - around, 0.0),
        high=min(value + around, 1.0) if name in SHARES else value + around,
        base=base,
        difference=gap,
        difference_low=gap - apart,
        difference_high=gap + apart,
        always=None,
        others={},
        trust=backing,
        question=WHOLE_TEAM,
    )


def known(course: Course) -> int:
    """How many leads have times that laws can be fitted from."""
    return int(np.count_nonzero(course.single & ~np.isnan(course.response_s) & ~np.isnan(course.handling_s)))


def too_few(n: int, limits: Limits) -> str:
    """Why a simulation says nothing of so few leads."""
    have = f"{several(n, 'lead')} {'has' if n == 1 else 'have'}"
    return f"{have} a known answer and end (at least {limits.leads:,}); wait until more are closed"


def cannot_tell(utilization: float, limits: Limits) -> str:
    """Why a simulation says nothing: above the limit of load, or because there was nothing to fit it from."""
    if utilization <= limits.utilization:
        return "there is nothing in the log to fit it from"
    return (
        f"cannot tell: the team would be loaded to {utilization:.2f} (at most {limits.utilization:.2f}), and "
        "near saturation small errors grow without bound; add capacity, or ask of fewer leads"
    )


def _said(changes: int) -> tuple[str, ...]:
    if changes:
        return ()
    return ("no change of weights in the log shows whether the laws hold under other weights",)
