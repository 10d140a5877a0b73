"""The panel of alerts that other weights would have prevented, without a browser."""

from __future__ import annotations

from concurrent.futures import CancelledError
from functools import cache

import closed_loop
import pytest
from test_prevented import AVAILABILITY, EXPERTISE, LOGGED, OVERLOAD, RULES
from test_tuning import log

from collab.views.prevented import MOVED, PreventedView
from collab.views.study import Study
from collab.views.tuner import TuningView
from collab.views.tuning import Tuning
from collab.weights import Weights
from collab.whatif import Prevented, WhatIf
from collab.whatif.answers import WHOLE_TEAM

FEW = closed_loop.Ways(load=0.4, agents=3)


@cache
def found() -> Prevented:
    """Two rules that a simulation knows and one that it does not, under weights by availability."""
    what_if = WhatIf.from_frames(*closed_loop.frames(FEW, closed_loop.run(FEW, LOGGED, 210, 3)))
    rules = [RULES["agent_unreachable"], OVERLOAD, RULES["unfair_distribution"]]
    return what_if.alerts(AVAILABILITY, rules, seeds=2, against=LOGGED)


@pytest.fixture
def view() -> PreventedView:
    """The panel of a tuning of a few leads that is not on screen, so that it asks nothing by itself."""
    frames = closed_loop.frames(FEW, closed_loop.run(FEW, LOGGED, 30, 3))
    return PreventedView(Tuning(WhatIf.from_frames(*frames), weights=Weights.of(AVAILABILITY), active=False))


def test_before_it_is_asked_it_says_what_to_press(view: PreventedView) -> None:
    assert "press Watch the alert rules" in view.spared.pane.pieces["said"]
    assert view.watch.button.label == "Watch the alert rules"


def test_each_rule_has_its_bars_with_an_interval_and_the_refused_say_why(view: PreventedView) -> None:
    tuning = view.spared.tuning
    tuning.spared = found()
    said, frame = view.spared.pane.pieces["said"], found().frame().set_index("rule")
    assert f"{WHOLE_TEAM}. Alerts of" in said
    told = frame[~frame["refused"]]
    assert "agent_overload" in told.index
    assert frame.loc["agent_unreachable", "refused"]
    assert said.count('class="line"') == 3 * len(told)
    assert said.count('class="ends"') == len(told)
    for reason in frame.loc[frame["refused"], "reason"]:
        assert reason in said
    assert said.rindex('class="line"') < said.index('class="refused"')
    assert said.count('class="refused"') == frame["refused"].sum()
    row = frame.loc["agent_overload"]
    low, high = (max(0.0, row.before + end) for end in (row.difference_low, row.difference_high))
    most = max(row.recorded, row.before, row.after, high)
    assert f'x1="{100 * low / most:.2f}" x2="{100 * high / most:.2f}"' in said
    assert f'width="{100 * row.after / most:.2f}"' in said


def test_figures_of_other_weights_than_the_sliders_say_so(view: PreventedView) -> None:
    tuning = view.spared.tuning
    tuning.spared = found()
    assert MOVED not in view.spared.pane.pieces["said"]
    tuning.take(EXPERTISE)
    assert MOVED in view.spared.pane.pieces["said"]
    assert 'class="stale"' in view.spared.pane.pieces["said"]
    tuning.take(AVAILABILITY)
    assert MOVED not in view.spared.pane.pieces["said"]


def test_too_few_leads_are_refused_with_how_many_there_are(view: PreventedView) -> None:
    view.watch.button.param.trigger("clicks")
    view.spared.tuning.sparing.wait()
    assert "30 leads have a known answer and end" in view.spared.pane.pieces["said"]
    assert "No rule has a difference that can be told" in view.spared.pane.pieces["said"]
    assert view.watch.task.error == ""


def test_what_cannot_be_simulated_says_what_is_missing() -> None:
    page = TuningView(Tuning(log(), weights=Weights.of(LOGGED), active=False), active=False)
    page.prevented.watch.button.param.trigger("clicks")
    page.tuning.sparing.wait()
    assert "no agents to simulate" in page.prevented.watch.said.object
    assert page.tuning.spared is None


def test_weights_are_watched_once_for_all_pages(view: PreventedView) -> None:
    study = view.spared.tuning.study
    assert study.alerts(EXPERTISE) is study.alerts(EXPERTISE)


def test_who_waits_for_a_simulation_may_stop(view: PreventedView) -> None:
    study: Study = view.spared.tuning.study
    with study._alone(None), pytest.raises(CancelledError):
        study.alerts(EXPERTISE, cancelled=lambda: True)
