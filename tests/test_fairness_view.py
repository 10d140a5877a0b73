"""The view of who had their share, without a browser."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from desks import SOON_S, lead
from strategies import NOON

from collab.office import Office
from collab.records import FACTORS
from collab.views.board import Board
from collab.views.fairness import EMPTY, FairnessView
from collab.whatif import WhatIf

EVIL = "<b>bo</b>"


def log(n: int = 4) -> WhatIf:
    """Leads that all go to ana, an hour apart."""
    rows = [
        {"decision": number, "agent": agent, "chosen": agent == "ana", "time": NOON + timedelta(hours=number)}
        | {"capacity": 3 if agent == "ana" else 1}
        for number in range(n)
        for agent in ("ana", EVIL)
    ]
    columns = ["decision", "agent", "chosen", "time", "capacity"]
    return WhatIf.from_frames(pd.DataFrame(rows, columns=columns).assign(**dict.fromkeys(FACTORS, 5000)))


def test_each_agent_has_a_line_of_their_deficit_and_the_measures_stand_above() -> None:
    what_if = log()
    view = FairnessView(what_if)
    frame = what_if.fairness(8.0).frame()
    assert view.lines.data["agent"] == [EVIL, "ana"]
    for agent, deficits in zip(view.lines.data["agent"], view.lines.data["deficit"], strict=True):
        assert deficits == frame.loc[frame["agent"] == agent, "deficit"].to_list()
    assert [len(times) for times in view.lines.data["time"]] == [4, 4]
    assert view.plot.visible
    assert "<b>0.50</b>" in view.words.object  # all for one of two, Jain and Gini
    assert "∞" in view.words.object
    assert what_if.fairness().caveat in view.words.object
    assert "what each of 2 agents had over what was due to them (x in the formulas)" in view.words.object


def test_the_half_life_and_the_sharing_change_what_is_shown() -> None:
    what_if = log()
    view = FairnessView(what_if)
    before = view.lines.data["deficit"]
    view.half_life = 1.0
    assert view.lines.data["deficit"] != before
    assert view.fairness.ledger.standings() == what_if.fairness(1.0).ledger.standings()
    view.by = "capacity"
    assert view.fairness.ledger.standings() == what_if.fairness(1.0, by="capacity").ledger.standings()


def test_without_decisions_it_says_how_to_begin() -> None:
    for view in (FairnessView(log(0)), FairnessView()):
        assert view.words.object == EMPTY
        assert not view.plot.visible
        assert view.lines.data["agent"] == []


def test_it_reads_the_history_of_an_office_when_it_is_opened_and_calls_agents_by_name(tmp_path: Path) -> None:
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history")).start()

    def do(work: Any) -> None:
        office.call(work).result(SOON_S)

    try:
        for agent, name in (("ana", "Ana Ruiz"), ("ben", "Ben Ode")):
            do(office.desk.add_agent(agent, name, capacity=5))
            do(office.desk.set_presence(agent, "available"))
        do(office.desk.route_lead(lead()))
        do(office.recorder.flush())
        board = Board(office)
        view, shown = FairnessView(board=board, active=False), threading.Event()
        assert view.fairness is None
        view.param.watch(lambda event: shown.set(), "fairness")
        view.active = True
        assert shown.wait(SOON_S)
        assert view.fairness.n == 1
        assert view.lines.data["agent"] == ["Ana Ruiz", "Ben Ode"]
        board.close()
    finally:
        office.stop()
