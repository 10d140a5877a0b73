from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import closed_loop
import numpy as np
import pandas as pd
import pytest
from strategies import NOON

from collab.records import FACTORS
from collab.whatif import Estimate, Refused, WhatIf
from collab.whatif.answers import TEAM, WHOLE_TEAM, Estimates, Limits
from collab.whatif.backtest import Backtest, backtests, far
from collab.whatif.course_of_history import _notes, shifts_of
from collab.whatif.reported import judged_of

LOGGED, ASKED, LEADS, LOGS = (35, 30, 20, 15), (10, 80, 5, 5), 4000, 4


@cache
def logged(load: float, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The log of a team at this load, whose router explores with a fifth of the leads."""
    ways = closed_loop.Ways(load=load)
    return closed_loop.frames(ways, closed_loop.run(ways, LOGGED, LEADS, seed, 0.2))


@pytest.mark.parametrize("load", [0.55, 0.72])  # utilizations of about .64 and .83
def test_other_weights_in_a_closed_loop_come_to_what_was_simulated(load: float) -> None:
    logs = [WhatIf.from_frames(*logged(load, seed)) for seed in range(LOGS)]  # one alone is 2 % uncertain
    frames = [log.simulate(ASKED, seeds=4).frame().set_index("metric")["value"] for log in logs]
    found = pd.concat(frames, axis=1).mean(axis=1)
    truth = closed_loop.truth(closed_loop.Ways(load=load), ASKED, LEADS, 6)
    assert found["converted"] == pytest.approx(truth["converted"], rel=0.04)
    assert found["response_s"] == pytest.approx(truth["response_s"], rel=0.06)
    assert found["overload"] == pytest.approx(truth["overload"], abs=0.05)
    assert found["balance"] == pytest.approx(truth["balance"], abs=0.02)


def test_every_figure_names_its_question_and_lies_within_its_interval() -> None:
    found = WhatIf.from_frames(*logged(0.55)).simulate(ASKED, seeds=4)
    assert {one.question for one in found.values()} == {WHOLE_TEAM}
    assert all(isinstance(one, Estimate) and one.low <= one.value <= one.high for one in found.values())


def test_near_saturation_it_cannot_tell() -> None:
    found = WhatIf.from_frames(*logged(0.95)).simulate(ASKED, seeds=2)
    assert {type(one) for one in found.values()} == {Refused}
    assert all("cannot tell" in one.reason for one in found.values())


def test_the_same_seeds_give_the_same_figures_and_the_same_weights_no_difference() -> None:
    what_if = WhatIf.from_frames(*logged(0.55))
    assert what_if.in_force == LOGGED
    same = what_if.simulate(LOGGED, seeds=2)
    assert all(one.difference == 0 for one in same.values())
    pd.testing.assert_frame_equal(same.frame(), what_if.simulate(LOGGED, seeds=2).frame())
    assert same.shares()["leads_before"].sum() == LEADS
    np.testing.assert_array_equal(same.matrix()["before"], same.matrix()["after"])
    assert same.hours()["before"].between(0, 1).all()


@pytest.mark.parametrize(
    "change,message",
    [
        (lambda c, o, a: (c, o, a.drop(columns="capacity")), "agents has no column 'capacity'"),
        (lambda c, o, a: (c, o, a.assign(capacity=0)), "capacity is 0 in row 0 of agents; give how many leads"),
        (lambda c, o, a: (c, o, a.iloc[1:]), "agent 'agent-00' is in candidates and not in agents"),
        (lambda c, o, a: (c, o, pd.concat([a, a.iloc[:1]])), "agent is 'agent-00' again in row 0 of agents"),
        (lambda c, o, a: (c, o.drop(columns="handling_s"), a), "outcomes has no column 'handling_s'"),
        (
            lambda c, o, a: (c, o.assign(response_s=-1.0), a),
            r"response_s is -1\.0 in row 0 of outcomes \(decision 0\); give a number",
        ),
    ],
)
def test_wrong_frames_are_refused_with_the_column_the_value_and_the_fix(change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WhatIf.from_frames(*change(*logged(0.55)))


def test_without_agents_a_simulation_says_what_it_needs() -> None:
    candidates, outcomes, _ = logged(0.55)
    with pytest.raises(
        ValueError, match="no agents to simulate; give them to from_frames, one row an agent with agent"
    ):
        WhatIf.from_frames(candidates, outcomes).simulate(ASKED)


@pytest.mark.parametrize(
    "wrong,message",
    [
        ({"seeds": 1}, "seeds is 1"),
        ({"explore": 2}, "explore is 2"),
        ({"level": 1}, "level is 1"),
        ({"level": "1"}, "level is '1'"),
    ],
)
def test_wrong_numbers_are_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WhatIf.from_frames(*logged(0.55)).simulate(ASKED, **wrong)


@pytest.mark.parametrize(
    "simulated, seen, off, said",
    [(31.3, 66.9, 35.6 / 66.9, True), (2.0, 8.0, 0.1, False), (500.0, 550.0, 1 / 11, False)],
)
def test_waits_are_judged_by_a_minute_at_least(simulated: float, seen: float, off: float, said: bool) -> None:
    waits = [np.where(np.array(TEAM) == "wait_s", one, 1.0) for one in (simulated, seen)]
    test = Backtest(NOON, False, ASKED, 300, *waits)
    assert abs(test.off["wait_s"]) == pytest.approx(off)
    assert far("wait_s", abs(test.off["wait_s"]), Limits()) == said


def test_what_back_tests_got_wrong_is_said_to_be_nothing_to_decide_on() -> None:
    what_if = WhatIf.from_frames(*logged(0.55))
    strict = what_if.simulate(ASKED, seeds=2, limits=Limits(off=1e-6, off_share=1e-6))
    (line,) = [line for line in repr(strict).splitlines() if "decide nothing on these" in line]
    assert "response_s" in line
    assert "wait_s" in line
    assert "decide nothing" not in repr(what_if.simulate(ASKED, seeds=2, limits=Limits(off=9, off_share=1)))


@pytest.mark.parametrize(
    "metric, off, said", [("response_s", 0.151, True), ("balance", 0.049, False), ("value", 0.15, False)]
)
def test_a_report_says_of_each_metric_whether_back_tests_let_one_decide_on_it(
    metric: str, off: float, said: bool
) -> None:
    found = WhatIf.from_frames(*logged(0.55)).simulate(ASKED, seeds=2)[metric]
    assert isinstance(found, Estimate)
    (told,) = judged_of(Estimates({metric: replace(found, trust=replace(found.trust, off=off))}))
    assert (f"decide nothing on {metric}" in told.warnings) == said


def test_where_nothing_could_be_tried_it_is_said_why_and_what_to_add() -> None:
    candidates, outcomes, agents = logged(0.55)
    few = candidates[candidates["decision"] < 300], outcomes[outcomes["decision"] < 300], agents
    told = repr(WhatIf.from_frames(*few).simulate(ASKED, seeds=2))
    assert "no back-test was possible; it needs 400 leads under the same weights, or 200 before and 200" in told
    chance = np.random.default_rng(0)
    without = candidates.assign(**{name: chance.integers(0, 9_999, len(candidates)) for name in FACTORS})
    told = repr(WhatIf.from_frames(without, outcomes, agents).simulate(ASKED, against=LOGGED, seeds=2))
    assert "needs the weights in force, which are not known of 4,000 leads; give them as a column weights" in told


@pytest.mark.parametrize("changed, tried", [(199, 0), (200, 1)])
def test_a_change_of_weights_is_tried_if_enough_leads_were_before_it(changed: int, tried: int) -> None:
    candidates, outcomes, agents = logged(0.55)
    few = candidates[candidates["decision"] < changed + 200], outcomes[outcomes["decision"] < changed + 200], agents
    course, _ = WhatIf.from_frames(*few).course
    weights = np.where((np.arange(len(course)) < changed)[:, None], LOGGED, ASKED)
    assert [one.changed for one in backtests(replace(course, weights=weights), None)] == [True] * tried


def test_a_lost_lead_whose_value_is_empty_was_worth_nothing() -> None:
    candidates, outcomes, agents = logged(0.55)
    empty = outcomes.assign(value=outcomes["value"].where(outcomes["converted"]))
    found, other = (WhatIf.from_frames(candidates, one, agents).course[0] for one in (outcomes, empty))
    np.testing.assert_array_equal(other.value, found.value)


def test_outcomes_without_rows_are_too_few_and_no_more_is_said(recwarn: pytest.WarningsRecorder) -> None:
    candidates, outcomes, agents = logged(0.55)
    none = outcomes.assign(waited_s=0.0).iloc[:0]
    assert "0 leads have a known" in repr(WhatIf.from_frames(candidates, none, agents).simulate(ASKED, against=LOGGED))
    assert not recwarn.list


def test_who_is_on_shift_at_the_end_of_a_history_goes_on_with_what_waits() -> None:
    told = pd.DataFrame(
        {
            "time": [0, 0, 3600 * 10**6],
            "agent": ["ana", "ben", "ben"],
            "change": ["presence"] * 3,
            "presence": ["available", "busy", "offline"],
            "on_shift": pd.array([None, None, None], "boolean"),
        }
    )
    shifts = shifts_of(("ana", "ben"), told, 0.0)
    assert shifts.agent.tolist() == [0, 1]
    assert shifts.end_s.tolist() == [np.inf, 3600]


def test_what_a_simulation_leaves_out_is_told_of_one_as_of_one() -> None:
    told = pd.DataFrame({"times": [1, 2], "overridden": pd.array([True, None], "boolean")})
    again, chosen, silent = _notes(told, np.array([[0.0, 1800.0]]))
    assert again == "1 lead was given back and given again, which is not simulated"
    assert chosen.startswith("1 lead was given by a person")
    assert silent.startswith("1 time, 0.5 h in all, nothing was recorded")
    assert _notes(told[:1].assign(overridden=False), np.empty((0, 2))) == ()
