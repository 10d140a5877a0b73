"""The tuning page without a browser: one object for all views, work away from the page, the newest wanted first."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import CancelledError
from functools import cache
from pathlib import Path
from typing import Any

import closed_loop
import numpy as np
import pandas as pd
import panel_material_ui as pmui
import pytest
from hypothesis import given
from hypothesis import strategies as st
from proposals import four
from sliding import by_hand
from truth import LOGGED, World

from collab.office import Office
from collab.records import FACTORS
from collab.views.board import Board
from collab.views.forest import ForestView
from collab.views.hours import HoursView, hours
from collab.views.map import MapView
from collab.views.matrix import MatrixView
from collab.views.progress import ProgressView
from collab.views.study import Study, study_of
from collab.views.table import TableView
from collab.views.task import Heard, Stopped, Task
from collab.views.trust import TrustView
from collab.views.tuner import TuningView
from collab.views.tuning import Tuning
from collab.views.whatif import WhatIfView
from collab.weights import Weights
from collab.whatif import WhatIf
from collab.whatif.answers import PER_LEAD, WHOLE_TEAM
from collab.whatif.measures import four as four_of
from collab.whatif.measures import label
from collab.whatif.places import HEIGHT, places

NEAR, FAR = (30, 35, 20, 15), (0, 0, 0, 100)


@cache
def log() -> WhatIf:
    """A log of leads whose router explores."""
    world = World(1500, seed=3)
    return WhatIf.from_frames(world.candidates(), world.outcomes())


@pytest.fixture
def tuning() -> Tuning:
    """A tuning of that log, all asked questions answered."""
    tuning = Tuning(log(), weights=Weights.of(LOGGED))
    tuning.wait()
    return tuning


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A started office whose history has no decisions."""
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history")).start()
    yield office
    office.stop()


@given(st.lists(four(), min_size=1, max_size=4))
def test_weights_taken_are_the_weights_whatever_was_before(taken: list[tuple[int, int, int, int]]) -> None:
    weights = Weights(expertise=0.61)
    for values in taken:
        weights.take(values)
        assert weights.integers() == values
    weights.expertise = 0.5
    assert sum(weights.integers()) == 100


def test_a_move_is_answered_with_the_figures_that_the_log_gives_when_asked_directly(tuning: Tuning) -> None:
    tuning.take(NEAR)
    tuning.wait()
    assert tuning.answer.weights == NEAR
    assert str(tuning.answer.estimates) == str(log().estimate(NEAR))
    assert tuning.answer.rescored.moved == log().rescore(NEAR).moved
    assert len(tuning.sweep.weights) == 1771


def test_weights_that_are_left_and_come_back_to_are_those_answered(tuning: Tuning) -> None:
    tuning.take(NEAR)  # busy with these
    tuning.take(LOGGED)  # which were answered before
    tuning.wait()
    assert tuning.answer is not None
    assert tuning.answer.weights == tuning.weights.integers() == Weights.of(LOGGED).integers()


def test_all_views_of_a_tuning_show_the_same_and_a_slider_moves_them(tuning: Tuning) -> None:
    page, cell = TuningView(tuning), ForestView(tuning)
    before = cell.pane.pieces["said"]
    by_hand(page.knobs.sliders, "expertise", 0.35)
    tuning.wait()
    assert cell.pane.pieces["said"] != before
    assert f"Weights {four_of(tuning.weights.integers())}" in cell.pane.pieces["said"]
    assert tuning.weights.expertise == 0.35
    other = TuningView(tuning)
    assert other.knobs.sliders.shown["weights"] == page.knobs.sliders.shown["weights"]


def test_what_is_refused_is_grey_with_its_reason_and_every_part_names_its_question(tuning: Tuning) -> None:
    tuning.take(FAR)
    tuning.wait()
    said = ForestView(tuning).said()
    reason = tuning.answer.estimates["converted"].reason
    assert 'class="row refused"' in said
    assert reason.split(",")[0] in said
    assert PER_LEAD in said
    assert WHOLE_TEAM in said
    assert "✕ refused below 200" in TrustView(tuning).said()
    assert "refused" in TableView(tuning).said()


def test_the_trust_strip_says_what_an_estimate_rests_on(tuning: Tuning) -> None:
    trust, said = tuning.answer.estimates["converted"].trust, TrustView(tuning).said()
    assert f"<b>{trust.ess:,.0f}</b>" in said
    assert f"<b>{trust.calibration_z:.1f}</b>" in said
    assert "✕" not in said


def test_a_simulation_that_cannot_be_made_says_what_is_missing(tuning: Tuning) -> None:
    view = TuningView(tuning)
    view.simulate.button.param.trigger("clicks")
    tuning.wait()
    assert "no agents to simulate; give them to from\\_frames" in view.simulate.said.object
    assert tuning.simulated is None


def test_a_hidden_tuning_asks_nothing_until_it_is_shown() -> None:
    tuning = Tuning(log(), weights=Weights.of(LOGGED), active=False)
    view = TuningView(tuning, active=False)
    tuning.take(NEAR)
    tuning.wait()
    assert tuning.answer is None
    assert view.knobs.sliders.shown["weights"]["availability"] == 0.35
    view.active = True
    tuning.wait()
    assert tuning.answer.weights == NEAR
    assert view.knobs.sliders.shown["weights"]["availability"] == 0.30


def test_a_history_without_outcomes_says_what_to_do(office: Office) -> None:
    tuning = Tuning(office=office)
    tuning.wait()
    assert "then press Take in what is new" in ForestView(tuning).said()


def test_all_sessions_of_a_process_share_a_study_until_somebody_asks_for_what_is_new(office: Office) -> None:
    first = study_of(office)
    assert study_of(office) is first
    assert study_of(office, renew=True) is first  # nothing is new


def test_two_sessions_that_want_the_sweep_at_once_get_the_same_one() -> None:
    study = Study(log())
    tunings = [Tuning(log()) for _ in range(2)]
    found = []
    for tuning in tunings:
        tuning.sweeping.wait()
        tuning.sweeping.start(study.sweep, found.append)
    for tuning in tunings:
        tuning.sweeping.wait()
    assert found[0] is found[1]


def test_of_what_is_asked_while_a_task_is_busy_only_the_last_is_done_next() -> None:
    task, begun, go = Task(), threading.Event(), threading.Event()
    done: list[str] = []

    def first(heard: Heard, stopped: Stopped) -> str:
        begun.set()
        assert go.wait(20)
        return "first"

    task.start(first, done.append)
    assert begun.wait(20)
    for name in ("second", "third"):
        task.start(lambda heard, stopped, name=name: name, done.append)
    go.set()
    task.wait()
    assert done == ["first", "third"]
    assert not task.busy


def test_what_a_task_is_asked_by_who_takes_its_result_is_done_too() -> None:
    task, taken = Task(), list[str]()

    def again(found: str) -> None:
        taken.append(found)
        task.start(lambda heard, stopped: "second", taken.append)

    task.start(lambda heard, stopped: "first", again)
    task.wait()
    assert taken == ["first", "second"]


def test_what_was_cancelled_is_not_shown_though_it_could_not_be_stopped() -> None:
    task, taken, go = Task(), list[str](), threading.Event()
    task.start(lambda heard, stopped: "late" if go.wait(10) else "", taken.append)
    task.cancel()
    go.set()
    task.wait()
    assert taken == []
    task.start(lambda heard, stopped: "new", taken.append)
    task.wait()
    assert taken == ["new"]


def test_a_fault_in_a_task_is_told_to_who_asked_and_with_its_trace_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    task, taken = Task(), list[str]()

    def fail(error: Exception) -> str:
        raise error

    for error, traces in ((ValueError("weights are none"), 0), (KeyError("agent"), 1)):
        task.start(lambda heard, stopped, error=error: fail(error), taken.append)
        task.wait()
        assert task.error == str(error)
        found = [record.exc_info[1] for record in caplog.records if record.name == Task.__module__ and record.exc_info]
        assert found == [error][:traces]
    assert not taken


def test_a_task_tells_its_progress_and_stops_when_it_is_told_to() -> None:
    task, told, begun = Task(), threading.Event(), list[int]()
    view = ProgressView(task, "Begin", lambda: begun.append(1), icon="refresh", doing="Counting")

    def count(heard: Heard, stopped: Stopped) -> None:
        heard(3, 8)
        told.set()
        while not stopped():
            threading.Event().wait(0.01)
        raise CancelledError

    results: list[None] = []
    task.start(count, results.append)
    assert told.wait(20)
    view.button.param.trigger("clicks")
    said = view.heard.pieces["said"]
    view.cancel.param.trigger("clicks")
    task.wait()
    assert begun == []
    assert said == "Begin: begun."
    assert (task.done, task.of, task.error, results) == (3, 8, "", [])
    assert view.heard.pieces["said"] == "Begin: cancelled."
    view.button.param.trigger("clicks")
    assert begun == [1]


def test_what_goes_wrong_in_a_task_is_said_and_forgotten_with_the_next() -> None:
    task = Task()
    view = ProgressView(task, "Count", lambda: None, icon="refresh", doing="Counting")

    def fail(heard: Heard, stopped: Stopped) -> None:
        raise ValueError("there are no leads; route one")

    task.start(fail, lambda found: None)
    task.wait()
    assert task.error == "there are no leads; route one"
    assert (view.said.visible, view.heard.pieces["said"]) == (True, "")  # said once, by the alert
    task.start(lambda heard, stopped: 1, lambda found: None)
    task.wait()
    assert task.error == ""
    assert view.heard.pieces["said"] == "Count: done."


def test_a_point_of_the_map_takes_the_sliders_there_and_the_sliders_choose_a_point(tuning: Tuning) -> None:
    view = TuningView(tuning)
    points = view.choice.points
    assert points.weights(points.source.selected.indices[0]) == LOGGED
    points.source.selected.indices = [points.place((20, 60, 10, 10))]
    tuning.wait()
    assert tuning.answer.weights == (20, 60, 10, 10)
    assert list(view.knobs.sliders.shown["weights"].values()) == [0.2, 0.6, 0.1, 0.1]
    tuning.take((21, 59, 10, 10))
    tuning.wait()
    assert points.weights(points.source.selected.indices[0]) == (20, 60, 10, 10)
    assert tuning.weights.integers() == (21, 59, 10, 10)
    points.source.selected.indices = []  # a click beside all points
    assert tuning.weights.integers() == (21, 59, 10, 10)
    assert points.source.selected.indices


def test_the_colours_of_the_map_go_from_the_least_to_the_most_that_the_log_can_say(tuning: Tuning) -> None:
    points = TuningView(tuning).choice.points
    colours, rows = MapView(points).colours, tuning.sweep.frame()
    known = rows.loc[~rows["refused"], points.metric]
    assert (colours.low, colours.high) == (known.min(), known.max())


def test_no_two_weights_lie_on_one_place_of_the_map(tuning: Tuning) -> None:
    x, y = places(tuning.sweep)
    spots = np.stack([x, y], axis=1)
    apart = np.abs(spots[:, None] - spots[None])
    beside = (apart[..., 0] > 0.99) | (apart[..., 1] > HEIGHT - 0.01)
    assert (beside | np.eye(len(x), dtype=bool)).all()


def test_the_front_that_is_outlined_is_that_of_the_sweep_and_can_be_chosen_from_a_list(tuning: Tuning) -> None:
    view = TuningView(tuning)
    points, rows = view.choice.points, tuning.sweep.front("converted", "-share_moved")
    outlined = [points.weights(row) for row in points.filter.indices]
    assert outlined == [tuple(row) for row in rows[list(FACTORS)].to_numpy().tolist()]
    view.choice.front.value = "-".join(map(str, outlined[0]))
    tuning.wait()
    assert tuning.weights.integers() == outlined[0]
    view.choice.metric.value = "ess"
    assert [points.weights(row) for row in points.filter.indices] == [
        tuple(row) for row in tuning.sweep.front("ess", "-share_moved")[list(FACTORS)].to_numpy().tolist()
    ]


def test_where_the_log_says_too_little_of_all_weights_there_is_no_front_and_it_is_said() -> None:
    world = World(150, seed=3)
    tuning = Tuning(WhatIf.from_frames(world.candidates(), world.outcomes()), weights=Weights.of(LOGGED))
    tuning.wait()
    choice = TuningView(tuning).choice
    assert "the log says too little of all these weights; log more, explore more" in choice.words.object
    assert choice.points.filter.indices == []


@cache
def simulated() -> Tuning:
    """A tuning whose team was simulated under other weights."""
    ways = closed_loop.Ways(load=0.55)
    frames = closed_loop.frames(ways, closed_loop.run(ways, LOGGED, 1200, 0, 0.2))
    tuning = Tuning(WhatIf.from_frames(*frames), weights=Weights.of(LOGGED))
    tuning.take((10, 80, 5, 5))
    tuning.simulate()
    tuning.wait()
    return tuning


def test_a_simulation_fills_the_forest_the_strip_the_matrix_and_the_hours() -> None:
    tuning = simulated()
    assert tuning.simulating.error == ""
    forest = ForestView(tuning).said().split("How the days would have gone")[1]
    assert "Weights 10 · 80 · 5 · 5, compared with 35 · 30 · 20 · 15" in forest
    assert all(f">{label(metric)}<" in forest for metric in tuning.simulated)
    assert "simulations refused above 0.9" in TrustView(tuning).said()
    leads, said = tuning.simulated.matrix(), MatrixView(tuning).said()
    row = leads.iloc[(leads["after"] - leads["before"]).abs().argmax()]
    assert f"{row['after'] - row['before']:+.1f}<small>".replace("-", "−") in said
    assert "--shade: 55%" in said
    drawn = HoursView(tuning).said()
    assert drawn.count("<svg") == len(set(leads["agent"]))
    assert drawn.count('class="at"') == 2 * drawn.count("<svg")


def test_a_simulation_names_its_weights_still_when_the_sliders_are_elsewhere() -> None:
    tuning = simulated()
    tuning.take(NEAR)
    tuning.wait()
    said = ForestView(tuning).said()
    assert "Weights 30 · 35 · 20 · 15, compared with the log" in said
    assert "Weights 10 · 80 · 5 · 5, compared with" in said


def test_hours_off_shift_are_a_gap_and_names_are_escaped() -> None:
    frame = pd.DataFrame({"agent": "a", "hour": [3, 4, 9], "before": [0.1, 0.2, 0.3], "after": [0.2, 0.95, 0.1]})
    drawn = hours(frame, {"a": "<i>Ana</i>"})
    path = drawn.split('class="after" d="')[1].split('"')[0]
    assert path.count("M") == 2
    assert path.count("L") == 1
    assert "&lt;i&gt;Ana" in drawn
    assert "30% → 95%" in drawn


def test_the_weights_in_force_are_those_of_the_team_wherever_the_sliders_begin(office: Office) -> None:
    asked = Weights.of(office.team.weights)
    asked.take((20, 60, 11, 9))
    view, what_if = TuningView(Tuning(office=office, weights=asked)), WhatIfView(board=Board(office), weights=asked)
    assert view.tuning.today == (35, 30, 20, 15)
    for back in (view.knobs.back, what_if.back):
        asked.take((22, 58, 11, 9))
        back.param.trigger("clicks")
        assert asked.integers() == (35, 30, 20, 15)
    assert office.desk is not None
    office.call(office.desk.adopt_weights((40, 30, 20, 10), by="ana", reason="a test")).result(60)
    view.knobs.back.param.trigger("clicks")
    assert view.tuning.today == asked.integers() == (40, 30, 20, 10)


def test_a_task_may_go_on_while_its_button_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    task, made = Task(), pmui.Button

    def making(**params: Any) -> pmui.Button:
        task.param.update(done=task.done + 1, of=9)
        return made(**params)

    monkeypatch.setattr(pmui, "Button", making)
    view = ProgressView(task, "Go", lambda: None, icon="search", doing="Going")
    assert (task.done, view.bar.visible) == (2, False)
