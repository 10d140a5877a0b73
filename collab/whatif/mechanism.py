"""The laws of a team, fitted from the course of its leads, and the world that follows them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from collab.factors import TARGET_RESPONSE_S
from collab.whatif import conversion, outlasting, rules, times
from collab.whatif.conversion import Conversion, Seen
from collab.whatif.course import Course
from collab.whatif.credible import credible
from collab.whatif.times import Times
from collab.whatif.types import Types, filled, types_of
from collab.whatif.world import Leads, Mechanism, World

Floats = NDArray[np.float64]

BLOCKS = 20
"""With fewer than eight days, so many blocks of leads stand for days."""

FEWEST_DAYS = 8


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
        """The world of the fitted laws; with a seed they are fitted on as many days, drawn with replacement."""
        n = int(self._block.max(initial=0)) + 1
        draws = np.ones(n) if seed is None else np.bincount(np.random.default_rng(seed).integers(0, n, n), minlength=n)
        weight = draws[self._block].astype(np.float64)
        answer, handling = self._answer(weight), self._handling(weight)
        law, types, to = self._conversion(weight), self._types, self.to
        worth, spread = self._value(weight)
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

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.course.kinds), len(self.course.agents)

    def _answer(self, weight: Floats) -> Times:
        course = self.course
        seconds = course.response_s - (course.start_s - course.arrival_s)
        return self._times(seconds, weight)

    def _handling(self, weight: Floats) -> Times:
        course, seconds = self.course, self.course.handling_s.copy()
        law = self._times(seconds, weight)
        cut = outlasting.cut(course, self._room_s)
        for _ in range(outlasting.ROUNDS if len(cut) else 0):
            seconds[cut] = outlasting.drawn(course, law, self._room_s, cut)
            law = self._times(seconds, weight)
        return law

    def _times(self, seconds: Floats, weight: Floats) -> Times:
        course = self.course
        rows = np.flatnonzero(course.single & (course.agent >= 0) & (seconds >= 0))
        kind, agent, load = course.kind[rows], course.agent[rows], course.load[rows]
        return times.fitted(seconds[rows], kind, agent, load, self._shape, weight[rows])

    def _conversion(self, weight: Floats) -> Conversion:
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
            weight[rows],
        )
        return conversion.fitted(seen, self._shape)

    def _value(self, weight: Floats) -> tuple[Floats, Floats]:
        """The mean value of a converted lead by kind and agent, and the spread around it."""
        course, (kinds, agents) = self.course, self._shape
        rows = np.flatnonzero((course.agent >= 0) & (course.converted > 0) & (course.value >= 0))
        value, weight = course.value[rows], weight[rows]
        if not value @ weight > 0:  # nothing was converted, or it is not said what it was worth
            return np.zeros(self._shape), np.ones(1)
        kind, agent = course.kind[rows], course.agent[rows]
        level = float(value @ weight) / float(weight.sum())
        by_kind = credible(value / level, kind, kinds, weight)
        by_agent = credible(value / (level * by_kind[kind]), agent, agents, weight)
        means = level * np.outer(by_kind, by_agent)
        return means, times.spread(value / means[kind, agent], weight)


def places(response_s: Floats) -> Floats:
    """`collab.whatif.rules.place` of many response times."""
    doublings = np.log2(np.maximum(response_s, 1.0) / TARGET_RESPONSE_S)
    inside = np.clip(doublings, rules.LEAST_DOUBLINGS, rules.MOST_DOUBLINGS)
    found: Floats = (inside - rules.LEAST_DOUBLINGS) / (rules.MOST_DOUBLINGS - rules.LEAST_DOUBLINGS)
    return found


def _even(n: int) -> NDArray[np.int64]:
    return np.arange(n) * BLOCKS // max(n, 1)
