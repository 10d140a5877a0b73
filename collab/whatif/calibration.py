"""Do the logged propensities describe who really got the leads? Choices that nobody wrote down show here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log, prod, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collab.records import FACTORS, SCALE
from collab.whatif.cases import Cases
from collab.whatif.splits import Split

SUMS = 1e-3
"""How far a decision's chances may sum from 1; they may be rounded."""

DIGIT, MOST_SUMS = 1e-3, 5e-3
"""The last digit of chances that are rounded to three, and how far those of a decision may sum from 1 even then."""

COLUMNS = ("about", "observed", "expected", "z")

NEVER = 1e-12
"""A variance that stands for none: what cannot differ and does, is far off."""


RARE = 0.001
"""Chances below it count as it in the rareness of the chosen, so that the last digits of rounded ones do not decide."""

BESIDE = (0.01, 0.05, 0.2)
"""The shares of decisions that somebody may have made beside the router, among those with a chance."""


def calibration(
    cases: Cases, first: NDArray[np.int64], logged: NDArray[np.int64], splits: Sequence[Split] = ()
) -> pd.DataFrame:
    """What was chosen against what the propensities say: columns about, observed, expected, z; the largest |z| first.

    For each agent the leads they got, of all and of every part of each split; for each factor, and for the propensity
    itself, the sum of the chosen candidates'; and how rare they were. If the propensities are right, z is about a
    standard normal, choices being independent; of the parts of a split it is lowered, as there are so many of them.

    Args:
        cases: the candidates, with their propensities.
        first: the row of each decision's first candidate.
        logged: the row of the candidate who got each lead.
        splits: how leads may be told apart.
    """
    p = _evened(_propensity(cases), first, cases.counts)
    frames = _by_agent(cases, p, logged, splits)
    found = [
        (f"{factor} of the chosen", *_factor(p, cases.factors[number] / SCALE, first, logged))
        for number, factor in enumerate(FACTORS)
    ]
    found.append(("propensity of the chosen", *_factor(p, p, first, logged)))
    found.append(("rareness of the chosen", *_rareness(p, first, logged)))
    frame = pd.concat([*frames, pd.DataFrame(found, columns=COLUMNS)])
    return frame.sort_values("z", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def far_off(found: pd.DataFrame, most: float) -> str:
    """In what choices differ most from the propensities, of a frame of `calibration`, and why that may be."""
    about = str(found["about"][0])
    observed, expected, z = (float(found[name][0]) for name in COLUMNS[1:])
    than = f"{'more' if z > 0 else 'less'} than recorded ({observed:,.0f} instead of {expected:,.0f})"
    return (
        f"choices differ from the logged propensities by {abs(z):.1f} standard deviations (at most {most:g}): {about}, "
        f"{than}; somebody chose beside the router, or they are wrong; see calibration"
    )


def slack(p: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far the chances of each decision, with so many candidates, may sum from 1.

    Three digits leave half of the last one a candidate, which of five is more than `SUMS`.
    """
    digits = p / DIGIT
    three = bool((np.abs(digits - np.rint(digits)) <= 1e-6).all())
    return np.clip(DIGIT / 2 * counts * three + 1e-9, SUMS, MOST_SUMS)


def odd_sum(cases: Cases, first: NDArray[np.int64]) -> str | None:
    """Of how many decisions the propensities do not sum to 1, and of which the worst; None if all do."""
    sums = np.add.reduceat(_propensity(cases), first) if len(first) else np.empty(0)
    apart = np.abs(sums - 1)
    over = apart - slack(_propensity(cases), cases.counts)
    if not (over > 0).any():
        return None
    worst, source = int(np.argmax(over)), cases.source
    row = "" if source is None else f" (that of row number {source[first[worst]]} of the candidates, from 0)"
    many = f"{np.mean(over > 0):.1%}"
    return f"the propensities of {many} of the decisions do not sum to 1, one{row} to {sums[worst]:.6g}"


def _propensity(cases: Cases) -> NDArray[np.float64]:
    assert cases.propensity is not None
    return cases.propensity


def _evened(p: NDArray[np.float64], first: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chances made to sum to 1 in each decision, which rounded ones may not, all to the same side."""
    total = np.add.reduceat(p, first) if len(first) else np.empty(0)
    if (np.abs(total - 1) <= 1e-9).all():
        return p
    return np.asarray(p / np.repeat(np.where(total > 0, total, 1.0), counts), np.float64)


def _by_agent(
    cases: Cases, p: NDArray[np.float64], logged: NDArray[np.int64], splits: Sequence[Split]
) -> Iterator[pd.DataFrame]:
    """The leads of each agent, then those of each part of every split, all from one table of cells."""
    shape = (len(cases.agents), *(len(split.names) for split in splits))
    code = np.zeros(len(cases.counts), np.int64)
    for split in splits:
        code = code * len(split.names) + split.part
    cell = np.repeat(code, cases.counts)
    cell += (cases.agent.astype(np.int64) - 1) * prod(shape[1:])
    sums = (np.bincount(cell[logged]), np.bincount(cell, p), np.bincount(cell, p * (1 - p)))
    table = np.array([np.pad(one.astype(np.float64), (0, prod(shape) - len(one))) for one in sums])
    table = table.reshape(3, *shape)
    yield _frame([f"leads of {agent}" for agent in cases.agents], table.sum(axis=tuple(range(2, table.ndim))))
    for axis, split in enumerate(splits, 2):
        others = tuple(one for one in range(2, table.ndim) if one != axis)
        about = [f"{name} that went to {agent}" for agent in cases.agents for name in split.names]
        yield _frame(about, table.sum(axis=others).reshape(3, -1), len(np.unique(split.part)))


def _frame(about: list[str], sums: NDArray[np.float64], parts: int = 1) -> pd.DataFrame:
    """Rows of what was observed, expected, and of what variance, of so many parts."""
    observed, expected, variance = sums
    z = _z(observed, expected, variance)
    lowered = np.sign(z) * np.sqrt(np.maximum(z**2 - 2 * log(max(parts, 1)), 0))  # the chance of any is so many times
    return pd.DataFrame(dict(zip(COLUMNS, (about, observed, expected, lowered), strict=True)))


def _factor(
    p: NDArray[np.float64], values: NDArray[np.float64], first: NDArray[np.int64], logged: NDArray[np.int64]
) -> tuple[float, float, float]:
    means = np.add.reduceat(p * values, first) if len(first) else np.empty(0)
    squares = np.add.reduceat(p * values**2, first) if len(first) else np.empty(0)
    spread = float(np.maximum(squares - means**2, 0).sum())
    observed, expected = float(values[logged].sum()), float(means.sum())
    return observed, expected, float(_z(np.array(observed), np.array(expected), np.array(spread)))


def _rareness(
    p: NDArray[np.float64], first: NDArray[np.int64], logged: NDArray[np.int64]
) -> tuple[float, float, float]:
    """The chance of each choice if somebody chose at random, over its propensity: 1 on average if nobody did.

    z is what a bet on such choices would have won, whose chance is at most 1 / gain (betting; Ville 1939).
    """
    if not len(first):
        return 0.0, 0.0, 0.0
    even = np.add.reduceat(np.minimum(p, RARE), first)
    rare = np.divide(RARE, np.maximum(p[logged], RARE) * even, out=np.ones(len(first)), where=even > 0)
    won = np.array([np.log1p(share * (rare - 1)).sum() for share in BESIDE])
    gain = float(np.logaddexp.reduce(won)) - log(len(BESIDE))
    return float(rare.sum()), float(len(first)), sqrt(2 * max(gain, 0.0))


def _z(
    observed: NDArray[np.float64], expected: NDArray[np.float64], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The z whose normal tail bounds the chance of so large a difference (Bennett 1962).

    Of many choices it is the difference in standard deviations. Of a few it is less: whoever is due 0.02 leads has one
    in two logs of a hundred, and that is not 5 standard deviations.
    """
    apart, known = observed - expected, np.maximum(variance, NEVER)
    u = np.abs(apart) / known
    z = np.sqrt(2 * known * ((1 + u) * np.log1p(u) - u))
    return np.asarray(np.where(np.abs(apart) <= 1e-6, 0.0, np.copysign(z, apart)), np.float64)
