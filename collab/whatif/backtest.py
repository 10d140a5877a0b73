"""Simulations of stretches of the log that are known: fitted from what was before, compared with what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.legible import several
from collab.records import dashed
from collab.whatif.answers import TEAM, Limits
from collab.whatif.course import Course
from collab.whatif.measures import size
from collab.whatif.mechanism import Fit
from collab.whatif.observed import observed
from collab.whatif.rescore import Values
from collab.whatif.simulation import Simulation
from collab.whatif.twins import figured
from collab.whatif.world import Agents

FEWEST = 200
"""Leads that a stretch must have, and that must be before it."""

SEEDS = 4

RELATIVE = ("response_s", "wait_s", "converted", "value")
"""What is wrong by a share of what came; the others are shares themselves."""

LEAST_WAIT_S = 60.0
"""Waits are wrong by a share of so many seconds at least: that 2 s were simulated in place of 1 s says nothing."""


@dataclass(frozen=True)
class Backtest:
    """One stretch that was simulated and is known.

    Attributes:
        begins: when it began.
        changed: whether the weights changed then: agreement under the same weights proves little.
        weights: in force in it.
        n: its leads.
        simulated, observed: one value for each of `TEAM`.
    """

    begins: datetime
    changed: bool
    weights: Values
    n: int
    simulated: NDArray[np.float64]
    observed: NDArray[np.float64]

    @property
    def off(self) -> dict[str, float]:
        """By how much the simulation was wrong in each metric."""
        apart = self.simulated - self.observed
        least = [LEAST_WAIT_S if name == "wait_s" else 1e-12 for name in TEAM]
        shares = np.where([name in RELATIVE for name in TEAM], np.maximum(np.abs(self.observed), least), 1.0)
        return dict(zip(TEAM, (apart / shares).tolist(), strict=True))


def backtests(course: Course, base: Values | None) -> list[Backtest]:
    """One for each change of weights in the log, and one for the later half of what is in force longest.

    Args:
        course: the log.
        base: the weights of the leads for which none are recorded.
    """
    weights = _in_force(course, base)
    if not len(course) or (weights < 0).any():
        return []
    edges = [0, *(np.flatnonzero(np.any(np.diff(weights, axis=0) != 0, axis=1)) + 1).tolist(), len(course)]
    found = []
    for begin, end in pairwise(edges[1:]):
        if end - begin >= FEWEST and begin >= FEWEST:
            found.append(_backtest(course, 0, begin, end, weights[begin], True))
    longest = int(np.argmax(np.diff(edges)))
    low, high = edges[longest], edges[longest + 1]
    if high - low >= 2 * FEWEST:
        found.append(_backtest(course, low, (low + high) // 2, high, weights[low], False))
    return found


def untried(course: Course, base: Values | None) -> str:
    """Why nothing of a log could be tried, and what to add; the arguments are those of `backtests`."""
    unknown = int(np.count_nonzero((_in_force(course, base) < 0).any(axis=1)))
    if unknown:
        return (
            f"it needs the weights in force, which are not known of {several(unknown, 'lead')}; "
            "give them as a column weights of candidates, e.g. v1-35-30-20-15"
        )
    return (
        f"it needs {2 * FEWEST} leads under the same weights, or {FEWEST} before and {FEWEST} after they changed; "
        f"there are {len(course):,} in all"
    )


def _in_force(course: Course, base: Values | None) -> NDArray[np.int64]:
    return np.where(course.weights < 0, base if base is not None else -1, course.weights)


def said(metric: str, off: float) -> str:
    """By how much back-tests were wrong in a metric, in words."""
    return f"{100 * off:.1f} %" if metric in RELATIVE else size(metric, off)


def far(metric: str, off: float, limits: Limits) -> bool:
    """Whether back-tests were wrong by more in a metric than one can decide on; not, if there were none."""
    return off > (limits.off if metric in RELATIVE else limits.off_share)


def frame(tests: Sequence[Backtest]) -> pd.DataFrame:
    """A row a back-test: begins, changed, weights, leads, and of each metric simulated, observed and off."""
    rows: list[dict[str, Any]] = []
    for one in tests:
        row: dict[str, Any] = {"begins": one.begins, "changed": one.changed, "leads": one.n}
        row["weights"] = dashed(one.weights)
        for name, simulated, seen in zip(TEAM, one.simulated.tolist(), one.observed.tolist(), strict=True):
            row |= {name: simulated, f"{name}_observed": seen, f"{name}_off": one.off[name]}
        rows.append(row)
    return pd.DataFrame(rows)


def _backtest(course: Course, first: int, begin: int, end: int, weights: NDArray[np.int64], changed: bool) -> Backtest:
    """Fit from the leads of `first` to `begin`, simulate those from there to `end`.

    What is simulated begins a little earlier, with as many leads as the team can hold twice, so that it is at work.
    """
    warm = max(first, begin - 2 * int(course.team.capacity.sum()))
    to = course.some(np.arange(warm, end), team_at(course, float(course.arrival_s[warm])))
    fit = Fit(course.some(np.arange(first, begin)), to)
    a, e, p, r = (int(one) for one in weights)
    explored = course.explore[begin:end]
    explore = float(np.nanmean(explored)) if np.isfinite(explored).any() else 0.0
    runs = [Simulation(fit.whole, seed, explore=explore, compiled=True).run((a, e, p, r)) for seed in range(SEEDS)]
    simulated = np.mean([figured(run) for run in runs], axis=0)
    begins = datetime.fromtimestamp(course.origin + float(course.arrival_s[begin]), UTC)
    return Backtest(begins, changed, (a, e, p, r), end - begin, simulated, figured(observed(to)))


def team_at(course: Course, time_s: float) -> Agents:
    """The agents as the leads before a time left them."""
    start, closed_s = course.team, course.closed_s
    done = (course.agent >= 0) & (closed_s <= time_s)
    n = len(start)
    closed = start.closed + np.bincount(course.agent[done], minlength=n)
    converted = np.bincount(course.agent[done], np.nan_to_num(course.converted[done]), minlength=n)
    answered_s = course.arrival_s + course.response_s
    heard = np.flatnonzero((course.agent >= 0) & (answered_s <= time_s))
    agent, half = course.agent[heard], course.replies.half_life_s
    last = np.where(start.response_weight > 0, start.responded_s, -np.inf)
    np.maximum.at(last, agent, answered_s[heard])
    last = np.where(np.isfinite(last), last, 0.0)
    kept = np.where(start.response_weight > 0, 0.5 ** (np.maximum(last - start.responded_s, 0) / half), 0.0)
    fade = 0.5 ** ((last[agent] - answered_s[heard]) / half)
    return replace(
        start,
        closed=closed,
        converted=np.minimum(start.converted + converted.astype(np.int64), closed),
        response_weight=start.response_weight * kept + np.bincount(agent, fade, minlength=n),
        response_total_s=start.response_total_s * kept
        + np.bincount(agent, fade * course.response_s[heard], minlength=n),
        responded_s=last,
    )
