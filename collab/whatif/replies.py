"""By which law responsiveness follows from first responses: found by what fits a log."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collab.factors import PRIOR_RESPONSES
from collab.records import SCALE
from collab.team import RESPONSE_HALF_LIFE_S
from collab.whatif.world import Replies

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALF_LIVES_S = (RESPONSE_HALF_LIFE_S, 1800.0, 3600.0, 2 * 3600.0, 8 * 3600.0, 24 * 3600.0, 1e12)
KEPT = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
PRIORS = (PRIOR_RESPONSES, 1e-9, 1.0, 10.0, 20.0)
"""What is tried, the router's own first; a law later in the line must fit better."""

MOST_LEADS = 4_000
"""The law is looked for in so many of the first leads."""

EVEN = 20.0
"""Ten-thousandths; a factor that moves less around an agent's mean does not move."""

CLEARLY = 0.7
"""A law must leave less than this share of the deviations that no law leaves."""


EXACT = 1.0
"""Ten-thousandths, about what rounding leaves."""


class Law(NamedTuple):
    """How a factor moves.

    Attributes:
        replies: how responsiveness follows from responses; None if it stays.
        level: agents, ten-thousandths, where it stays.
        deviation: what the log deviates from it on average, in ten-thousandths.
    """

    replies: Replies | None
    level: Ints
    deviation: float


def law_of(logged: Floats, time_s: Floats, agent: Ints, answered_s: Floats, response_s: Floats) -> Law:
    """The law that fits responsiveness best.

    Args:
        logged: (leads, agents), ten-thousandths, NaN where it is not known.
        time_s: when each lead was given, ascending.
        agent: who got it.
        answered_s, response_s: when it was answered, and how long that took from its arrival; may be NaN.
    """
    level, rest = resting(logged)
    stays = Law(None, level, rest)
    if rest <= EVEN:
        return stays
    few = slice(0, MOST_LEADS)
    columns = (logged[few], time_s[few], agent[few], answered_s[few], response_s[few])
    best = Law(None, level, CLEARLY * rest)
    for half_life_s, kept in product(HALF_LIVES_S, KEPT):
        heard = _heard(columns, half_life_s, kept)
        for prior in PRIORS:
            prior_s, target_s = _numbers(heard, prior)
            found = Replies(half_life_s, kept, prior, prior_s, target_s)
            deviation = float(np.abs(_said(found, heard) - heard.logged).mean())
            if deviation < 0.9 * best.deviation:
                best = Law(found, level, deviation)
            if deviation < EXACT:
                return best
    return best if best.replies is not None else stays


def resting(logged: Floats) -> tuple[Ints, float]:
    """Each agent's mean, and the mean deviation from it, in ten-thousandths."""
    known = ~np.isnan(logged)
    often = known.sum(axis=0)
    every = float(np.nanmean(logged)) if known.any() else SCALE / 2
    level = np.divide(np.nansum(logged, axis=0), often, out=np.full(logged.shape[1], every), where=often > 0)
    apart = np.abs(logged - level)[known]
    return np.rint(level).astype(np.int64), float(apart.mean()) if len(apart) else 0.0


class Heard(NamedTuple):
    """A value for each agent and lead: what was logged, and the faded number and sum of the agent's responses."""

    logged: Floats
    weight: Floats
    total_s: Floats


def _heard(columns: tuple[Floats, Floats, Ints, Floats, Floats], half_life_s: float, kept: float) -> Heard:
    logged, time_s, agent, answered_s, response_s = columns
    parts = []
    for row in range(logged.shape[1]):
        at = np.flatnonzero(~np.isnan(logged[:, row]))
        own = np.flatnonzero((agent == row) & ~np.isnan(answered_s))
        own = own[np.argsort(answered_s[own], kind="stable")]
        weight, total = np.zeros(len(own) + 1), np.zeros(len(own) + 1)
        fades = 0.5 ** (np.diff(answered_s[own], prepend=answered_s[own][:1]) / half_life_s) * kept
        for place, (fade, response) in enumerate(zip(fades.tolist(), response_s[own].tolist(), strict=True)):
            weight[place + 1], total[place + 1] = weight[place] * fade + 1, total[place] * fade + response
        last = np.searchsorted(answered_s[own], time_s[at], side="right")
        since = time_s[at] - np.concatenate([[0.0], answered_s[own]])[last]
        fade = np.where(last > 0, 0.5 ** (since / half_life_s), 1.0)
        parts.append(np.stack([logged[at, row], weight[last] * fade, total[last] * fade]))
    return Heard(*np.concatenate(parts, axis=1))


def _numbers(heard: Heard, prior: float) -> tuple[float, float]:
    """The prior's seconds and the target that fit best: the law is linear in both once it is turned around."""
    known = (heard.logged > 0) & (heard.logged < SCALE) & (heard.weight > 0)
    odds = SCALE / heard.logged[known] - 1
    share = heard.weight[known] + prior
    sides = np.stack([odds, -prior / share], axis=1)
    target_s, prior_s = np.linalg.lstsq(sides, heard.total_s[known] / share, rcond=None)[0].tolist()
    return max(prior_s, 0.0), max(target_s, 1e-6)


def _said(law: Replies, heard: Heard) -> Floats:
    """What a law makes of the responses, in ten-thousandths."""
    mean_s = (heard.total_s + law.prior_responses * law.prior_s) / (heard.weight + law.prior_responses)
    return np.asarray(law.target_s / (law.target_s + mean_s) * SCALE, np.float64)
