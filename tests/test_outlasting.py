"""Work that was cut short by the end of a shift does not pass for quick work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from collab.whatif.course import DAY_S, Course
from collab.whatif.mechanism import Fit
from collab.whatif.outlasting import room_s, stays
from collab.whatif.world import Agents, Shifts

AGENTS, DAYS, EACH_DAY, SHIFT_S, MEAN_S = 3, 40, 25, 8 * 3600.0, 5400.0


def course(hurried: bool) -> Course:
    """Leads begun at any time of a shift, which take an hour and a half, or what of it there is in the shift."""
    chance, n = np.random.default_rng(5), AGENTS * DAYS * EACH_DAY
    day, within_s = np.arange(n) // (AGENTS * EACH_DAY), chance.uniform(0, SHIFT_S, n)
    arrival_s = day * DAY_S + within_s
    handling_s = MEAN_S * chance.gamma(2.5, 1 / 2.5, n)
    left_s = SHIFT_S - within_s
    if hurried:
        handling_s = np.where(handling_s > left_s, left_s + 60.0, handling_s)
    order = np.argsort(arrival_s, kind="stable")
    starts = np.tile(np.arange(DAYS) * DAY_S, AGENTS)
    lunch = starts + SHIFT_S / 2  # two rows a shift, without a gap between them
    rows = np.tile(np.repeat(np.arange(AGENTS), DAYS), 2)
    none = np.zeros(n)
    return Course(
        agents=("a", "b", "c"),
        kinds=("",),
        origin=0.0,
        arrival_s=arrival_s[order],
        due_s=arrival_s[order],
        kind=np.zeros(n, np.int64),
        score=none,
        agent=np.arange(n) % AGENTS,
        start_s=arrival_s[order],
        response_s=none,
        handling_s=handling_s[order],
        converted=none,
        value=none,
        active=np.ones(n, np.int64),
        single=np.ones(n, bool),
        weights=np.full((n, 4), 25),
        explore=none,
        expertise=np.full((n, AGENTS), 5000, np.int16),
        able=np.ones((n, AGENTS), bool),
        team=Agents.new(np.full(AGENTS, 4)),
        shifts=Shifts(rows, np.concatenate([starts, lunch]), np.concatenate([lunch, starts + SHIFT_S])),
    )


@pytest.mark.parametrize("hurried", [False, True])
def test_how_long_work_takes_is_found_whether_or_not_it_is_hurried_at_the_end_of_a_shift(hurried: bool) -> None:
    mechanism = Fit(course(hurried)).whole.mechanism
    factors = np.asarray(mechanism.handling_spread)
    mean_s = mechanism.handling_s.mean() * np.interp(0.25, np.linspace(0, 1, 9), mechanism.handling_by_load)
    assert mean_s == pytest.approx(MEAN_S, rel=0.03)
    assert factors.std() == pytest.approx(2.5**-0.5, rel=0.06)
    if hurried:
        assert course(True).handling_s.mean() < 0.9 * MEAN_S  # what the times themselves would say


def test_leads_that_are_open_when_the_log_ends_do_not_pass_for_quick_ones_by_their_absence() -> None:
    whole = course(False)
    once = np.argsort(whole.arrival_s % DAY_S, kind="stable")  # all leads within one shift, at whose end the log stops
    arrival_s, handling_s = (whole.arrival_s % DAY_S)[once], whole.handling_s[once]
    open_ = arrival_s + handling_s > SHIFT_S
    found = replace(
        whole,
        arrival_s=arrival_s,
        start_s=arrival_s,
        handling_s=np.where(open_, np.nan, handling_s),
        converted=np.where(open_, np.nan, 0.0),
        shifts=Shifts(np.arange(AGENTS), np.zeros(AGENTS), np.full(AGENTS, np.inf)),
    )
    assert 0.1 < open_.mean() < 0.3
    assert np.isfinite(room_s(found)).tolist() == open_.tolist()
    for log, mean_s in ((found, MEAN_S), (replace(found, converted=whole.converted), 0.915 * MEAN_S)):
        mechanism = Fit(log).whole.mechanism  # of leads that have an outcome nobody knows how long they took
        mean = mechanism.handling_s.mean() * np.interp(0.25, np.linspace(0, 1, 9), mechanism.handling_by_load)
        assert mean == pytest.approx(mean_s, rel=0.03)


def test_there_is_room_until_the_shift_ends_whatever_the_agent_did_in_it() -> None:
    agent, start_s, end_s = stays(course(False).shifts)
    assert len(agent) == AGENTS * DAYS
    np.testing.assert_array_equal(end_s - start_s, SHIFT_S)
    one, room = course(False), room_s(course(False))
    inside = np.isfinite(room)
    np.testing.assert_allclose(room[inside], (SHIFT_S - one.arrival_s % DAY_S)[inside])
    assert (one.arrival_s[~inside] >= (DAYS - 1) * DAY_S).all()  # when the log ends, nobody goes home
