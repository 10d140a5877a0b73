"""The table of the workload: patches of cells, new rows streamed, what is chosen stays, and a file of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pandas as pd
import pytest
from offices import QUIET, Open

from collab.office import Office
from collab.records import Presence
from collab.team import Agent
from collab.views.board import Board
from collab.views.cards import card
from collab.views.frame import Frame
from collab.views.workload import HAIR, SAID, TITLES, Table, WorkloadView, inert, row, shown

NAMES = ("Ana", "=Ben", "Cem")


@pytest.fixture
def view(open_office: Open) -> WorkloadView:
    """A table of three agents; the test makes the frames."""
    board = Board(open_office())
    board.close()
    show(board, [Agent(id=name.lower()[-3:], name=name, capacity=4) for name in NAMES])
    return WorkloadView(board)


def show(board: Board, agents: list[Agent], rooms: dict[str, int] | None = None) -> None:
    board.frame = Frame(seq=board.frame.seq + 1, agents=tuple(agents), rooms=rooms or {})


def watched(view: WorkloadView, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """What the table is told from now on."""
    told: dict[str, list[Any]] = {"patch": [], "stream": []}
    for name, kept in told.items():
        own: Callable[..., None] = getattr(view.table, name)
        monkeypatch.setattr(
            view.table, name, lambda what, own=own, kept=kept, **more: (kept.append(what), own(what, **more))
        )
    return told  # fmt: skip


def test_a_change_patches_its_cells_only_and_keeps_what_is_chosen(
    view: WorkloadView, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, agents, value = watched(view, monkeypatch), list(view.board.frame.agents), view.table.value
    view.table.selection, view.order = [2], "used"
    agents[1] = msgspec.structs.replace(agents[1], presence=Presence.busy, leads=("x", "y", "z"))
    show(view.board, agents, {"cem": 2})
    assert told == {
        "patch": [
            {
                "status": [(1, "Busy")],
                "leads": [(1, 3)],
                "used": [(1, pytest.approx(75, abs=HAIR))],
                "load": [(1, "▲ busy")],
                "rooms": [(2, 2)],
            }
        ],
        "stream": [],
    }
    assert view.table.value is value
    assert view.table.selection == [2]
    assert view.table.sorters == [{"field": "used", "dir": "asc"}]
    show(view.board, agents, {"cem": 2})
    assert len(told["patch"]) == 1  # nothing changed


def test_who_is_new_is_streamed_and_who_left_goes_while_the_chosen_stay(
    view: WorkloadView, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, agents = watched(view, monkeypatch), list(view.board.frame.agents)
    view.table.selection = [2]
    show(view.board, [Agent(id="abe", name="Abe"), *agents])
    assert (len(told["stream"]), told["patch"]) == (1, [])
    assert view.table.value["agent"].tolist() == ["ana", "ben", "cem", "abe"]
    show(view.board, agents[1:])
    assert view.table.value["agent"].tolist() == ["ben", "cem"]
    assert view.table.selection == [1]
    show(view.board, [agents[1], msgspec.structs.replace(agents[2], leads=("x",))])
    assert view.table.value["leads"].tolist() == [0, 1]


def test_hidden_it_takes_nothing_in_and_shows_the_newest_when_it_is_back(view: WorkloadView) -> None:
    (ana, *others) = view.board.frame.agents
    view.active = False
    show(view.board, [msgspec.structs.replace(ana, leads=("x",)), *others])
    assert view.table.value["leads"].tolist() == [0, 0, 0]
    view.active = True
    assert view.table.value["leads"].tolist() == [1, 0, 0]


def test_the_file_has_what_is_shown_or_chosen_and_no_formula(view: WorkloadView) -> None:
    written = pd.read_csv(view._csv())
    assert written.columns.tolist() == ["agent", *TITLES]
    assert written["name"].tolist() == ["Ana", "'=Ben", "Cem"]
    view.table.selection = [2]
    assert pd.read_csv(view._csv())["agent"].tolist() == ["cem"]
    since = row(Agent(id="ana", name="Ana", since=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)))["since"]
    assert (since, shown("since", since), shown("since", "")) == ("2026-01-02 03:04", "01-02 03:04", "")
    assert [inert(text) for text in ("-1", "@x", "+1", "ana", "")] == ["'-1", "'@x", "'+1", "ana", ""]


@pytest.mark.parametrize(
    "name, typed, stay",
    [
        ("used", "40", ["ana", "cem"]),  # 40 % and 100 %
        ("conversion", "33", ["ana", "cem"]),  # 1 and 2 of 3; 0 of 3 of Ben
        ("satisfaction", "4.4", ["ana", "cem"]),  # 4.383 is shown as 4.4
        ("response_s", "75", ["ana", "cem"]),  # 74.7 is shown as 75
    ],
)
def test_what_is_typed_under_a_heading_is_compared_with_what_the_cells_show(
    view: WorkloadView, name: str, typed: str, stay: list[str]
) -> None:
    show(view.board, worked())
    view.table.filters = [{"field": name, "type": ">=", "value": typed}]
    assert pd.read_csv(view._csv())["agent"].tolist() == stay


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # Panel's own, where it sorts
def test_cells_that_show_the_same_are_sorted_by_what_is_behind_and_the_file_has_that(view: WorkloadView) -> None:
    ana, ben, cem = worked()
    show(view.board, [ana, ben, msgspec.structs.replace(cem, satisfaction=4.41 * 60, rated=60)])
    assert view.table.value["satisfaction"].round(1).tolist() == [4.4, 3.0, 4.4]
    view.param.update(order="satisfaction", falling=True)
    file = pd.read_csv(view._csv())
    assert file["agent"].tolist() == ["cem", "ana", "ben"]
    assert file["satisfaction"].tolist() == pytest.approx([4.41, 263 / 60, 3.0])
    assert file["used"].tolist() == [1.0, 0.4, 0.2]
    assert file["conversion"].tolist() == pytest.approx([2 / 3, 1 / 3, 0.0])


def worked() -> list[Agent]:
    """The three after some work."""
    of_each: dict[str, tuple[Any, ...]] = {
        "leads": (("a", "b"), ("c",), ("d", "e", "f", "g", "h")),
        "converted": (1, 0, 2),
        "satisfaction": (263, 180, 300),
        "response_total_s": (74.7, 20.0, 90.0),
    }
    common = {"capacity": 5, "closed": 3, "rated": 60, "responses": 9, "response_weight": 1.0}
    return [
        Agent(id=name.lower()[-3:], name=name, **common, **{field: of[place] for field, of in of_each.items()})
        for place, name in enumerate(NAMES)
    ]


def test_a_table_is_drawn_as_it_was_patched_and_streamed() -> None:
    table = Table(pd.DataFrame({"a": [1, 2]}))
    table.patch({"a": [(1, 7)]})
    table.stream(pd.DataFrame({"a": [9]}))
    assert list(table.get_root().source.data["a"]) == [1, 7, 9]


def test_what_is_not_known_of_an_agent_is_no_number() -> None:
    fresh = row(Agent(id="ana", name="Ana"))
    assert [name for name, value in fresh.items() if value != value] == ["response_s", "conversion", "satisfaction"]
    told = row(Agent(id="ana", name="Ana", closed=4, converted=1, rated=2, satisfaction=9), rooms=3)
    assert (told["conversion"], told["satisfaction"], told["rooms"]) == (0.25, 4.5, 3)


def test_a_recent_response_has_the_n_that_is_behind_it_and_not_all_that_ever_were() -> None:
    ana = Agent(id="ana", name="Ana", responses=120, response_weight=2.9, response_total_s=2.9 * 45)
    told = row(ana)
    assert (told["response_s"], told["recent"], told["responses"]) == (pytest.approx(45), 3, 120)
    assert "<dt>Recent first response</dt><dd>45 s<small>n ≈ 3 of 120</small>" in card(ana)
    assert "<dt>Recent first response</dt><dd>–<small>none yet</small>" in card(Agent(id="bo", name="Bo"))
    assert "half for every 4 h" in SAID


def test_without_agents_there_is_no_table(open_office: Open) -> None:
    office: Office = open_office(rules=QUIET)
    view = WorkloadView(Board(office))
    assert not view._layout.visible
