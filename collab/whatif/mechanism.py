"""The laws of a team, fitted from the course of its leads, and the world that follows them."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collab.factors import TARGET_RESPONSE_S
from collab.whatif import conversion, outlasting, rules, times
from collab.whatif.cells import Cells
from collab.whatif.conversion import Conversion, Seen
from collab.whatif.course import Course
from collab.whatif.times import Times
from collab.whatif.types import Types, filled, types_of
from collab.whatif.world import Leads, Mechanism, World

Floats = NDArray[np.float64]

BLOCKS = 20
"""With fewer than eight days, so many blocks of leads stand for days."""

FEWEST_DAYS = 8


class Days(NamedTuple):
    """The days that laws are fitted on.

    Attributes:
        weight: how often each lead counts.
        chance: what laws are drawn with, as far as these leads leave them open (see `collab.whatif.crossed`); None for
            the likeliest.
    """

    weight: Floats
    chance: np.random.Generator | None


class Fit:
    """What is fitted from a course, as often as wanted on other weights of its leads.

    Args:
        course: what the laws are fitted from.
        to: whose leads are simulated by them; the same ones, if it is left out.
    """

    def __init__(self, course: Course, to: Course | None = None) -> None:
        self.course, self.to = course, to or course
        self._types: Types = types_of(self.to)
        self._expertise = filled(course)
        self._room_s = outlasting.room_s(course)
        self._block = course.day if course.day.max(initial=0) >= FEWEST_DAYS - 1 else _even(len(course))

    @cached_property
    def whole(self) -> World:
        """The world of the laws as fitted on all days."""
        return self.world()

    def world(self, seed: int | None = None) -> World:
        """The world of the fitted laws; with a seed they are drawn, fitted on days drawn with replacement."""
        days = self._days(seed)
        answer, handling = self._answer(days), self._handling(days)
        law, types, to = self._conversion(days), self._types, self.to
        worth, spread = self._value(days)
        laws = Mechanism(
            answer_s=answer.mean_s[types.kind],
            answer_by_load=answer.by_load,
            answer_spread=answer.spread,
            handling_s=handling.mean_s[types.kind],
            handling_by_load=handling.by_load,
            handling_spread=handling.spread,
            odds=law.odds[types.kind] + law.by_expertise * types.expertise / 10_000,
            odds_by_response=law.by_response,
            value=worth[types.kind],
            value_spread=spread,
            at_once=to.at_once,
            replies=to.replies,
            free_by_load=to.free_by_load,
        )
        leads = Leads(to.arrival_s, types.of, to.due_s, law.of_score(to.score))
        return World(leads, to.team, to.shifts, laws, types.expertise, types.able)

    def _days(self, seed: int | None) -> Days:
        n = int(self._block.max(initial=0)) + 1
        if seed is None:
            return Days(np.ones(len(self._block)), None)
        chance = np.random.default_rng(seed)
        draws = np.bincount(chance.integers(0, n, n), minlength=n)
        return Days(draws[self._block].astype(np.float64), chance)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.course.kinds), len(self.course.agents)

    def _answer(self, days: Days) -> Times:
        course = self.course
        seconds = course.response_s - (course.start_s - course.arrival_s)
        return self._times(seconds, days)

    def _handling(self, days: Days) -> Times:
        course, seconds = self.course, self.course.handling_s.copy()
        cut = outlasting.cut(course, self._room_s)
        for _ in range(outlasting.ROUNDS if len(cut) else 0):
            law = self._times(seconds, Days(days.weight, None))
            seconds[cut] = outlasting.drawn(course, law, self._room_s, cut)
        return self._times(seconds, days)

    def _times(self, seconds: Floats, days: Days) -> Times:
        course = self.course
        rows = np.flatnonzero(course.single & (course.agent >= 0) & (seconds >= 0))
        kind, agent, load = course.kind[rows], course.agent[rows], course.load[rows]
        return times.fitted(seconds[rows], kind, agent, load, self._shape, days.weight[rows], days.chance)

    def _conversion(self, days: Days) -> Conversion:
        course = self.course
        known = course.single & (course.agent >= 0) & ~np.isnan(course.converted) & ~np.isnan(course.response_s)
        rows = np.flatnonzero(known)
        seen = Seen(
            course.converted[rows],
            course.kind[rows],
            course.agent[rows],
            self._expertise[rows, course.agent[rows]].astype(np.float64),
            course.score[rows],
            places(course.response_s[rows]),
            days.weight[rows],
        )
        return conversion.fitted(seen, self._shape, days.chance)

    def _value(self, days: Days) -> tuple[Floats, Floats]:
        """The mean value of a converted lead by kind and agent, and the spread around it."""
        course = self.course
        rows = np.flatnonzero((course.agent >= 0) & (course.converted > 0) & (course.value >= 0))
        value, weight = course.value[rows], days.weight[rows]
        if not value @ weight > 0:  # nothing was converted, or it is not said what it was worth
            return np.zeros(self._shape), np.ones(1)
        cells, level = (
            Cells(course.kind[rows], course.agent[rows], weight, self._shape),
            float(value @ weight) / float(weight.sum()),
        )
        means = level * np.exp(cells.table(value / level, days.chance))
        ratio = value / means[course.kind[rows], course.agent[rows]]
        return means * float(ratio @ weight) / float(weight.sum()), times.spread(ratio, weight)


def places(response_s: Floats) -> Floats:
    """`collab.whatif.rules.place` of many response times."""
    doublings = np.log2(np.maximum(response_s, 1.0) / TARGET_RESPONSE_S)
    inside = np.clip(doublings, rules.LEAST_DOUBLINGS, rules.MOST_DOUBLINGS)
    found: Floats = (inside - rules.LEAST_DOUBLINGS) / (rules.MOST_DOUBLINGS - rules.LEAST_DOUBLINGS)
    return found


def _even(n: int) -> NDArray[np.int64]:
    return np.arange(n) * BLOCKS // max(n, 1)
