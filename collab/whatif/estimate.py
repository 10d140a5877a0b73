"""What leads would have earned under other weights, per lead and at the loads of the log, or that nobody can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from collab.records import FACTORS
from collab.whatif import estimators
from collab.whatif.answers import PER_LEAD, TEAM, Estimate, Estimates, Limits, Refused
from collab.whatif.estimators import Estimated
from collab.whatif.evidence import Evidence, Values
from collab.whatif.grounds import Trust
from collab.whatif.leaning import leaning
from collab.whatif.logged import METRICS
from collab.whatif.overrides import by_hand
from collab.whatif.policy import Chances, Policy, of_weights
from collab.whatif.rescore import integers
from collab.whatif.sweep import Sweep, sweep

OF_ALL = (*(name for name in TEAM if name not in METRICS), "occupancy")
"""What follows from all assignments together, so that no estimate per lead can tell it."""

LEVEL = 0.95
"""How often intervals cover the truth, unless something else is asked for."""


@dataclass(frozen=True)
class Asked:
    """One question: what would be done, and what it is compared with (None: the log).

    Without `betting` answers have no `always` and refusals no `bounds`.
    """

    target: Weighed
    against: Weighed | None
    limits: Limits
    level: float
    betting: bool = True


@dataclass(frozen=True)
class Weighed:
    """A policy with the importance weight of each decision under it, and what these are worth."""

    policy: Policy
    weights: NDArray[np.float64]
    trust: Trust


def policy_of(evidence: Evidence, target: Any, explore: float, rows: pd.Index | None) -> Policy:
    """What is done under weights, or by a column with a chance for each of the candidates' rows.

    Raises:
        ValueError: they are neither, or a share is outside 0 to 1.
    """
    if not isinstance(explore, Real) or not 0 <= explore <= 1:
        raise ValueError(f"explore is {explore!r}; give a share of leads from 0 to 1")
    column = isinstance(target, pd.Series | np.ndarray | list) and len(target) != len(FACTORS)
    if not column or (isinstance(target, pd.Series) and set(FACTORS) <= set(target.index)):
        return of_weights(evidence, integers(target), explore)
    if explore:
        raise ValueError(f"explore is {explore}, but a column of probabilities has its exploration in it; leave it out")
    if isinstance(target, pd.Series) and rows is not None and rows.is_unique and set(target.index) == set(rows):
        target = target.loc[rows]
    try:
        chances = np.asarray(target, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("the column of probabilities has something else in it; give numbers of 0 to 1") from error
    return Chances(evidence.given(chances))


def swept(
    evidence: Evidence,
    step: int,
    limits: Limits,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Sweep:
    """Every weights of the grid; counts only, with the reason, where the log's propensities cannot be believed."""
    if (fault := wrong(evidence, limits)) is not None:
        return sweep(evidence.cases, step=step, refused=fault, progress=progress, cancelled=cancelled)
    known = evidence.propensity[evidence.logged], evidence.rewards
    return sweep(evidence.cases, *known, step=step, limits=limits, progress=progress, cancelled=cancelled)


def estimates(
    evidence: Evidence,
    metrics: Sequence[str],
    target: Policy,
    against: Policy | None = None,
    limits: Limits | None = None,
    level: float = LEVEL,
) -> Estimates:
    """An estimate or a refusal of every metric, given what would be done.

    Raises:
        ValueError: a metric is not known, or the level is none.
    """
    limits = Limits.of(limits)
    if not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level is {level!r}; give the share of logs that intervals shall cover, e.g. 0.95")
    for metric in metrics:
        if metric not in evidence.rewards and metric not in OF_ALL:
            raise ValueError(f"metric is {metric!r}; the log has {', '.join(evidence.rewards) or 'none'}")
    base = None if against is None else _weighed(evidence, against, limits)
    asked = Asked(_weighed(evidence, target, limits), base, limits, level)
    return Estimates({metric: estimate(evidence, metric, asked) for metric in metrics})


def of_many(evidence: Evidence, many: Iterable[Values]) -> Iterator[Estimates]:
    """The estimates of all metrics under each of many weights, one after the other, without `betting`."""
    limits = Limits()
    for weights in many:
        target = _weighed(evidence, of_weights(evidence, weights), limits)
        asked = Asked(target, None, limits, LEVEL, betting=False)
        yield Estimates({metric: estimate(evidence, metric, asked) for metric in evidence.rewards})


def estimate(evidence: Evidence, metric: str, asked: Asked) -> Estimate | Refused:
    """What the leads would have earned of a metric on average."""
    if metric in OF_ALL:
        reason = "it depends on what all leads do to each other's waiting, so ask `simulate` for it"
        return Refused(metric, reason, question=PER_LEAD)
    rewards, weights, trust = evidence.rewards[metric], asked.target.weights, asked.target.trust
    if metric == "value" and evidence.mixed is not None:
        trust = replace(trust, warnings=(*trust.warnings, evidence.mixed))
    if (fault := wrong(evidence, asked.limits)) is not None:
        return Refused(metric, fault, (0.0, 1.0) if metric == "converted" else None, trust)
    if (short := _short(trust, asked.limits) or _flat(rewards, metric)) is not None:
        bounds = _bounds(rewards, weights, asked.level, metric, evidence.blocks) if asked.betting else None
        return Refused(metric, short, bounds, trust)
    model, (logged, own) = evidence.models[metric], evidence.foreseen[metric]
    if (against := asked.against) is not None:
        if (short := _short(against.trust, asked.limits)) is not None:
            return Refused(metric, f"of what it is compared with: {short}", None, against.trust)
        base = estimators.sndr(rewards, against.weights, logged, against.policy.expected(evidence, model))
        mean = base.value
    else:
        # the log by the same model: what it happened to draw is in both, and falls out of the difference
        base, mean = estimators.sndr(rewards, np.ones(evidence.n), logged, own), float(rewards.mean())
    found = _doubly(rewards, weights, logged, asked.target.policy.expected(evidence, model))
    sure = asked.betting and metric == "converted"
    always = _bounds(rewards, weights, asked.level, metric, evidence.blocks) if sure else None
    return _answer(metric, found, (mean, base), always, trust, asked.level, evidence.blocks)


def from_arrays(
    rewards: ArrayLike,
    weights: ArrayLike,
    logged: ArrayLike | None = None,
    target: ArrayLike | None = None,
    *,
    metric: str = "converted",
    limits: Limits | None = None,
    level: float = LEVEL,
    blocks: NDArray[Any] | None = None,
) -> Estimate | Refused:
    """The estimate, or the refusal, of anybody's log: one reward and one importance weight a decision.

    Args:
        rewards: what came of each decision; 0 to 1 if the metric is converted.
        weights: the chance of the logged choice in question over its chance when it was made.
        logged: what a model expected of the logged choice; 0 without a model.
        target: what it expects of the choices in question; 0 without a model.
        metric: what the rewards are.
        limits: from where on it is refused.
        level: how often intervals cover the truth.
        blocks: a label for decisions that may depend on each other.
    """
    earned, given = np.asarray(rewards, np.float64), np.asarray(weights, np.float64)
    zeros = np.zeros(len(earned))
    limits = Limits.of(limits)
    trust = _trust(given, 0.0, 0.0, limits)
    if (short := _short(trust, limits)) is not None:
        return Refused(metric, short, _bounds(earned, given, level, metric, blocks) if len(earned) else None, trust)
    if (flat := _flat(earned, metric)) is not None:
        return Refused(metric, flat, _bounds(earned, given, level, metric, blocks), trust)
    found = _doubly(earned, given, zeros if logged is None else logged, zeros if target is None else target)
    always = _bounds(earned, given, level, metric, blocks) if metric == "converted" else None
    base = estimators.on_log(earned)
    return _answer(metric, found, (base.value, base), always, trust, level, blocks)


def _answer(
    metric: str,
    found: tuple[Estimated, dict[str, float]],
    base: tuple[float, Estimated],
    always: tuple[float, float] | None,
    trust: Trust,
    level: float,
    blocks: NDArray[Any] | None,
) -> Estimate:
    best, others = found
    apart = best - base[1]
    within, between = best.interval(level, blocks), apart.interval(level, blocks)
    if metric == "converted":  # a share, however wide its interval
        within = min(max(within[0], 0.0), best.value), max(min(within[1], 1.0), best.value)
    # below this a difference is the rounding of sums
    least = 1e-9 * max(1.0, abs(best.value))
    difference, low, high = (0.0 if abs(one) < least else one for one in (apart.value, *between))
    return Estimate(metric, best.value, *within, base[0], difference, low, high, always, others, trust)


def _doubly(
    rewards: NDArray[np.float64], weights: NDArray[np.float64], logged: ArrayLike, target: ArrayLike
) -> tuple[Estimated, dict[str, float]]:
    """The answer for one policy, and what every estimator says."""
    best = estimators.sndr(rewards, weights, logged, target)
    return best, estimators.values(rewards, weights, logged, target) | {"sndr": best.value}


def _weighed(evidence: Evidence, policy: Policy, limits: Limits) -> Weighed:
    n, p = evidence.n, evidence.propensity[evidence.logged]
    weights = np.divide(policy.of_logged(evidence), p, out=np.zeros(n), where=p > 0)
    unsupported = policy.unsupported(evidence) / n if n else 1.0
    trust = _trust(weights, unsupported, evidence.calibration_z, limits, evidence.overridden)
    # of what a log hardly ever tries it is silent by luck, and the weights of all else do not show it
    if trust.ess >= limits.ess and (rarely := policy.rarely(evidence, n * limits.rarely)):
        trust = replace(trust, unsupported=rarely / n)
    if evidence.slow and n:
        trust = replace(trust, warnings=(*trust.warnings, evidence.slow))
    return Weighed(policy, weights, trust)


def _trust(
    weights: NDArray[np.float64], unsupported: float, calibration_z: float, limits: Limits, overridden: int = 0
) -> Trust:
    total = float(weights.sum())
    largest = float(weights.max()) / total if total > 0 else 1.0
    warnings = [f"{by_hand(overridden)} left out"] if overridden else []
    if unsupported > limits.warn_unsupported:
        warnings.append(f"{unsupported:.1%} of the leads would go where the log never went")
    if limits.largest < largest <= limits.heaviest:
        warnings.append(f"one decision has {largest:.1%} of all weight, and intervals are wider for it")
    ess = estimators.effective(weights)
    return Trust(len(weights), ess, largest, unsupported, calibration_z, tuple(warnings), leaning(weights))


def wrong(evidence: Evidence, limits: Limits) -> str | None:
    """What is wrong with the log, and what would help; None if its propensities can be believed."""
    if not evidence.n:
        return evidence.slow or "no decision has a known outcome yet; wait until leads are closed"
    if (never := float(np.mean(evidence.propensity[evidence.logged] <= 0))) > 0:
        return f"{never:.1%} of the leads went to agents who had no chance by the log; leave out what people chose"
    if (odd := evidence.odd_sum) is not None:
        return f"{odd}; log the chance of every candidate, which sum to 1"
    if (far := evidence.far_off(limits.calibration_z)) is not None:
        return far + (f" ({by_hand(evidence.overridden)} left out, which may be why)" if evidence.overridden else "")
    return None


def _short(trust: Trust, limits: Limits) -> str | None:
    """Why the log says too little of these weights, and what would help; None if it says enough."""
    if trust.unsupported > limits.unsupported:
        return (
            f"{trust.unsupported:.1%} of the leads would go to agents whom the log never tries for them, or hardly "
            f"ever (at most {limits.unsupported:.1%}); route a share of leads by drawn weights (explore) to learn more"
        )
    if trust.ess < limits.ess:
        return (
            f"the log says as much as {trust.ess:,.0f} decisions under these weights (at least {limits.ess:,.0f}); "
            "log more, explore more, or ask for weights nearer to those in force"
        )
    if trust.largest > limits.heaviest:
        return (
            f"one decision has {trust.largest:.1%} of all weight (at most {limits.heaviest:.1%}); log or explore more"
        )
    return None


def _flat(rewards: NDArray[np.float64], metric: str) -> str | None:
    """Why a log says nothing in which all came to the same; None if something differs."""
    came = np.sign(rewards) if metric == "converted" else rewards
    if len(came) and float(np.ptp(came)) > 0:
        return None
    same = float(came[0])
    what = {("converted", 0.0): "none was converted", ("converted", 1.0): "all were converted"}.get((metric, same))
    what = what or (f"none has a {metric}" if same == 0 else f"each has the {metric} {same:g}")
    return f"of {len(rewards):,} leads with a known outcome {what}; where nothing differs, nothing says what would"


def _bounds(
    rewards: NDArray[np.float64], weights: NDArray[np.float64], level: float, metric: str, blocks: NDArray[Any] | None
) -> tuple[float, float] | None:
    """Where the mean lies whatever was never tried; of a value, if no lead is worth more than the dearest yet."""
    share, low = metric == "converted", min(0.0, float(rewards.min()))
    high = max(float(rewards.max()), float(share))  # conversions of young leads count more than 1
    found = estimators.betting(rewards, weights, level, low, high, blocks) if high > low else None
    return (min(found[0], 1.0), min(found[1], 1.0)) if found and share else found
