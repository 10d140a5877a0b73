"""The view of an experiment, without a browser: the sign, the verdict and the blocks."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from blocks import hours, recorded, routed, staffed
from desks import SOON_S, Clock
from msgspec.structs import replace
from offices import Open, at, do
from strategies import NOON

from collab import events as ev
from collab.desk import Desk
from collab.experiment import Design
from collab.views.board import Board
from collab.views.experiment import NONE, ExperimentView, turn
from collab.views.sign import Sign, experimenting
from collab.whatif import WhatIf

DESIGN = Design(a=(100, 0, 0, 0), b=(0, 100, 0, 0), block_s=3600, burn_in_s=600, seed=5)


def running(**changes: object) -> ev.ExperimentStarted:
    """An experiment that began at noon."""
    design = replace(DESIGN, **changes)
    return ev.ExperimentStarted(id="x", time=NOON, design=design, starts=NOON, by="Kim", reason="<why>")


def test_the_sign_says_whose_turn_it_is_and_when_it_ends() -> None:
    run, hour = running(blocks=4), timedelta(hours=1)
    said = turn(run, NOON + 1.5 * hour)
    arm = DESIGN.arm(1)
    four = " · ".join(map(str, DESIGN.weights(arm)))
    assert f"until 05 Jan 16:00 UTC: block 2 of 4, arm {arm} ({four}) has its turn" in said
    assert "started by Kim: <why>" in said
    assert "begins 05 Jan 12:00 UTC" in turn(run, NOON - hour)
    assert turn(run, NOON + 4 * hour) == ""
    assert "until somebody stops it: block 6, arm" in turn(running(), NOON + 5.5 * hour)


def test_the_verdict_stands_as_a_forest_over_a_dot_for_each_block(tmp_path: Path) -> None:
    async def planned(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(replace(DESIGN, blocks=10), by="Kim")
        await hours(desk, clock, 11)

    view = ExperimentView(WhatIf(recorded(tmp_path, planned)))
    view.wait(SOON_S)
    verdict = view.verdict
    assert "it ended 05 Jan 22:00 UTC" in view.words.object
    assert "Time to first answer" in view.words.object
    view.metric = "response_s"
    blocks = verdict.blocks()
    assert view.dots.data["mean"] == blocks["response_s"].tolist()
    assert [fill[4] for fill in view.dots.data["arm"]] == blocks["arm"].tolist()
    assert len(set(zip(view.dots.data["fill"], view.dots.data["shape"], strict=True))) == 2
    assert view._blocks.visible


def test_an_office_without_an_experiment_says_how_to_begin_and_follows_one_that_begins(open_office: Open) -> None:
    office = open_office()
    do(office, staffed(at(office)))
    board = Board(office)
    view, shown = ExperimentView(board=board), Sign(board, experimenting)
    view.wait(SOON_S)
    assert NONE in view.words.object
    assert not shown.alert.visible
    came = threading.Event()
    board.param.watch(lambda event: came.set() if event.new.experiment is not None else None, "frame")
    do(office, at(office).start_experiment(DESIGN, by="Kim"))
    do(office, routed(at(office), "l1"))
    assert office.recorder is not None
    do(office, office.recorder.flush())
    assert came.wait(SOON_S)
    assert shown.alert.visible
    assert "arm a" in shown.alert.object or "arm b" in shown.alert.object
    view.wait(SOON_S)
    board.close()
