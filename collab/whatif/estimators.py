"""What a policy would have earned, from decisions that another one made: plain functions on arrays, with intervals.

Every function takes one value a decision: `rewards` as observed; `weights`, the chance of the logged choice under the
policy in question over its chance when it was made; and for the doubly robust ones the values that a model of the
reward gives, `logged` to the logged choice and `target` to the policy's (the mean over its choices). They return an
`Estimated`, whose influences are each decision's part in the error; an interval follows from their variance.

Sources: Horvitz & Thompson 1952 (ips), Swaminathan & Joachims 2015 (snips), Dudik, Langford & Li 2011 (dr),
Thomas & Brunskill 2016 (sndr), Waudby-Smith & Ramdas 2024 and Karampatziakis, Mineiro & Ramdas 2021 (betting).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collab.whatif.wealth import Wealth

FEWEST_BLOCKS = 8
"""With fewer blocks of time their variance says too little, and decisions count one by one."""


@dataclass(frozen=True)
class Estimated:
    """A mean with what each decision has to do with its error.

    Attributes:
        value: the estimate.
        influences: one a decision, of mean 0; the estimate's error is about their mean.
        weights: how much each decision's reward counts in it, of mean 1 (of differences, 0).
        missed: what was not foreseen of each reward.
    """

    value: float
    influences: NDArray[np.float64]
    weights: NDArray[np.float64]
    missed: NDArray[np.float64]

    def __sub__(self, other: Estimated) -> Estimated:
        """The difference of two estimates of the same decisions, paired."""
        influences, weights = self.influences - other.influences, self.weights - other.weights
        return Estimated(self.value - other.value, influences, weights, self.missed)

    def error(self, blocks: NDArray[Any] | None = None) -> float:
        """The standard error; with `blocks`, one label a decision, decisions of one block may depend on each other.

        The largest of three variances counts: of single decisions; of blocks, if there are 8 or more; and what it would
        be if the rewards of the decisions that count were as hard to foresee as those of all. The last one is what is
        left where few of many decisions count, and by luck none of them was converted.
        """
        return self._judged(blocks)[0]

    def interval(self, level: float = 0.95, blocks: NDArray[Any] | None = None) -> tuple[float, float]:
        """The interval that covers the truth in a share `level` of logs, by Student's t with `degrees` of freedom."""
        error, degrees = self._judged(blocks)
        half = student(0.5 + level / 2, degrees) * error
        return self.value - half, self.value + half

    def degrees(self, blocks: NDArray[Any] | None = None) -> float:
        """How well the standard error is known: of how many normal decisions a variance would be as uncertain.

        With blocks, their number less 1. Where few decisions make most of the variance it is less: twice their number
        over the kurtosis less 1 (Box 1953).
        """
        return self._judged(blocks)[1]

    def _judged(self, blocks: NDArray[Any] | None) -> tuple[float, float]:
        """The error and its degrees of freedom."""
        n = count = len(self.influences)
        own = _variance(self.influences)
        if blocks is not None:
            sums = _summed(blocks, self.influences)
            if len(sums) >= FEWEST_BLOCKS:
                count = len(sums)
                own = max(own, float(np.sum(sums**2)) / n**2 * count / (count - 1))
        pooled = _dot(self.weights, self.weights) * _dot(self.missed, self.missed) / n**3 if n else 0.0
        squares = (self.influences if own >= pooled else self.missed) ** 2
        fourth, second = _dot(squares, squares), float(squares.sum()) ** 2
        excess = n * fourth - second  # over second: the kurtosis less 1
        return sqrt(max(own, pooled)), min(count - 1, 2 * n * second / excess) if excess > 0 else count - 1


def ips(rewards: ArrayLike, weights: ArrayLike) -> Estimated:
    """Inverse propensity scores: the mean of weight x reward; unbiased, and noisy."""
    rewards, weights = _floats(rewards), _floats(weights)
    return _centred(weights * rewards, weights, rewards)


def snips(rewards: ArrayLike, weights: ArrayLike) -> Estimated:
    """Self-normalised: the sum of weight x reward over the sum of weights; less noisy, its bias goes with 1 / n."""
    rewards, weights = _floats(rewards), _floats(weights)
    total = float(weights.sum())
    if total <= 0:
        return Estimated(float("nan"), np.full(len(rewards), np.nan), weights, rewards)
    value, weights = _dot(weights, rewards) / total, weights / (total / len(rewards))
    return Estimated(value, weights * (rewards - value), weights, rewards - rewards.mean())


def dr(rewards: ArrayLike, weights: ArrayLike, logged: ArrayLike, target: ArrayLike) -> Estimated:
    """Doubly robust: the model's mean for the policy, corrected by weight x what it missed at the logged choices."""
    residuals, weights = _floats(rewards) - _floats(logged), _floats(weights)
    return _centred(_floats(target) + weights * residuals, weights, residuals)


def sndr(rewards: ArrayLike, weights: ArrayLike, logged: ArrayLike, target: ArrayLike) -> Estimated:
    """Doubly robust with the correction self-normalised."""
    correction = snips(_floats(rewards) - _floats(logged), weights)
    model = _floats(target)
    value = float(model.mean()) if len(model) else float("nan")
    influences = model - value + correction.influences
    return Estimated(value + correction.value, influences, correction.weights, correction.missed)


def values(rewards: ArrayLike, weights: ArrayLike, logged: ArrayLike, target: ArrayLike) -> dict[str, float]:
    """What ips, snips and dr say, by name, without what their errors would take."""
    rewards, weights = _floats(rewards), _floats(weights)
    earned, missed = _dot(weights, rewards), _dot(weights, rewards - _floats(logged))
    by_n, by_weight = (1 / by if by > 0 else float("nan") for by in (len(rewards), float(weights.sum())))
    return {"ips": earned * by_n, "snips": earned * by_weight, "dr": (float(_floats(target).sum()) + missed) * by_n}


def on_log(rewards: ArrayLike) -> Estimated:
    """What the decisions earned as they were made: the mean reward."""
    rewards = _floats(rewards)
    return _centred(rewards, np.ones(len(rewards)), rewards)


def effective(weights: ArrayLike) -> float:
    """Effective sample size: (sum of weights)^2 over the sum of their squares (Kish 1965); 0 if all are 0."""
    weights = _floats(weights)
    squares = _dot(weights, weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def betting(
    rewards: ArrayLike,
    weights: ArrayLike,
    level: float = 0.95,
    low: float = 0.0,
    high: float = 1.0,
    blocks: NDArray[Any] | None = None,
) -> tuple[float, float]:
    """An interval for the mean that holds for every sample size and however often it is looked at.

    Rewards lie in `low` to `high`, weights may be as large as they like: whoever bets against too small a mean of
    weight x reward becomes rich only if it is too small, and the upper end is the same for high - reward, because
    weights have the mean 1. It is wider than the others, and it holds too where the log never tried some choices: there
    weights have a smaller mean, and both ends only move apart.

    That is so if decisions are independent. With `blocks`, as of `Estimated.error`, a fortune counts less by what the
    variance of blocks is above that of single decisions, so that it holds about as well as if they were.
    """
    gains = (_floats(rewards) - low) / (high - low)
    weights = _floats(weights)
    wanted = log(2 / (1 - level))
    ends = [_least(part, wanted * _alike(part, level, blocks)) for part in (weights * gains, weights * (1 - gains))]
    bottom, top = ends[0], 1 - ends[1]
    return low + (high - low) * bottom, low + (high - low) * max(bottom, top)


def student(share: float, degrees: float) -> float:
    """The quantile of Student's t, by its expansion around the normal one (Abramowitz & Stegun 26.7.5)."""
    z, v = NormalDist().inv_cdf(share), max(degrees, 1)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / v + second / v**2 + third / v**3


def _alike(values: NDArray[np.float64], level: float, blocks: NDArray[Any] | None) -> float:
    """How many decisions that hang together say as much as a single one (the design effect, Kish 1965).

    The variance of a few blocks may be too low by luck, for which it is raised as an interval is by Student's t.
    """
    if blocks is None or len(values) < 2:
        return 1.0
    apart = values - values.mean()
    sums, single = _summed(blocks, apart), _variance(apart)
    count = len(sums)
    if count < FEWEST_BLOCKS or not single > 0:
        return 1.0
    between = _dot(sums, sums) / len(values) ** 2 * count / (count - 1)
    wider = student(0.5 + level / 2, count - 1) / NormalDist().inv_cdf(0.5 + level / 2)
    return max(1.0, between / single * wider**2)


def _least(values: NDArray[np.float64], wanted: float) -> float:
    """The smallest mean of values of 0 or more against which no bettor has won e^wanted times their stake."""
    if not len(values) or not values.any():
        return 0.0
    low, high = 0.0, min(1.0, float(values.mean()))
    wealth = Wealth(values)
    for _ in range(30):
        middle = (low + high) / 2
        if wealth.logarithm(middle) >= wanted:
            low = middle
        else:
            high = middle
    return low


def _summed(blocks: NDArray[Any], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums of the values of each block, by label."""
    blocks = np.asarray(blocks)
    if blocks.dtype.kind == "i" and len(blocks) and int(blocks.max()) - int(blocks.min()) < len(blocks):
        places = blocks - blocks.min()  # as they are, which spares the sorting
        sums = np.bincount(places, values)[np.bincount(places) > 0]
    else:
        sums = np.bincount(np.unique(blocks, return_inverse=True)[1], values)
    return np.asarray(sums, np.float64)


def _centred(terms: NDArray[np.float64], weights: NDArray[np.float64], rewards: NDArray[np.float64]) -> Estimated:
    value = float(terms.mean()) if len(terms) else float("nan")
    return Estimated(value, terms - value, weights, rewards - rewards.mean() if len(rewards) else rewards)


def _variance(influences: NDArray[np.float64]) -> float:
    n = len(influences)
    return _dot(influences, influences) / (n * (n - 1)) if n > 1 else float("inf")


def _dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    # not by `@`, whose threads wait for each other where other work has the cores
    return float((one * other).sum())


def _floats(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
