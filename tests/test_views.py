"""The views without a browser: a widget's value is set, and what is shown is asserted."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.client import ClientSession
from bokeh.document.events import MessageSentEvent
from bokeh.events import DocumentReady
from bokeh.models import NoOverlap
from bokeh.server.server import Server
from desks import SOON_S, lead
from offices import QUIET, Open, do, pushed
from panel.util import edit_readonly
from ports import free_port, listens
from real_redis import RealRedis
from sliding import by_hand

from collab.floor import NotAllowed, Seat
from collab.office import Office
from collab.protocol import Role
from collab.records import FACTORS, Lead
from collab.routing import decide
from collab.team import Agent
from collab.views.alerting import AlertingView
from collab.views.assignments import AssignmentsView
from collab.views.balancing import BalancingView
from collab.views.board import Board
from collab.views.decision import DecisionView, bars, changes, frame_of, table
from collab.views.feed import feed_of
from collab.views.flows import MOST, STAYS, flows
from collab.views.later import Later
from collab.views.leadform import LeadForm
from collab.views.leading import LeadingView
from collab.views.leads import LeadView
from collab.views.page import page
from collab.views.plot import figure
from collab.views.presence import PresenceView, card, numbers
from collab.views.queue import QueueView
from collab.views.roster import PUT, RosterView, skills_of
from collab.views.shadow import ShadowView
from collab.views.sliders import WeightSliders
from collab.views.theme import BAND
from collab.views.whatif import WhatIfView, words
from collab.weights import Weights
from collab.whatif import WhatIf

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A started office with one agent who is there."""
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history"), rules=QUIET).start()
    hire(office, "ana", "Ana Ruiz")
    yield office
    office.stop()


@pytest.fixture
def board(office: Office) -> Iterator[Board]:
    """A board that shows the office's team as it is now."""
    board = Board(office)
    catch_up(board)
    yield board
    board.close()


def hire(office: Office, id: str, name: str, capacity: int = 5) -> None:
    """Put an agent on the roster who is there."""
    assert office.desk is not None
    do(office, office.desk.add_agent(id, name, capacity=capacity))
    do(office, office.desk.set_presence(id, "available"))


def catch_up(board: Board) -> None:
    """Return when the feed has made a frame of all that happened, and the board shows it unless it is paused."""
    feed, came = feed_of(board.office), threading.Event()

    async def look() -> bool:
        return feed.frame.seq == board.office.team.seq

    leave = board.office.subscribe(lambda entries: came.set())
    for _ in range(int(SOON_S / 0.02)):
        if do(board.office, look()):
            break
        came.wait(0.02)
    leave()
    assert do(board.office, look())
    pushed(board)


def press(office: Office, coroutine: Any) -> None:
    """Run what a button of a view runs."""
    do(office, coroutine)


def an_agent(utilization: float) -> Agent:
    """An agent with so many hundredths of a capacity of 1,000 in work."""
    return Agent(id="ana", name="Ana Ruiz", capacity=1000, leads=("x",) * round(1000 * utilization))


@pytest.mark.parametrize(
    "utilization, colour",
    [(0.0, "green"), (0.699, "green"), (0.70, "amber"), (0.899, "amber"), (0.90, "red"), (1.0, "red"), (1.3, "red")],
)
def test_a_card_has_the_colour_sign_and_word_of_its_band(utilization: float, colour: str) -> None:
    fill, sign, word = BAND[colour]
    shown = card(an_agent(utilization))
    assert f"background:{fill}" in shown.split('class="bar"')[1]
    if "not here" not in shown:
        assert sign in shown
        assert word in shown
    assert f"{round(100 * utilization)} %" in shown
    assert f"width:{min(round(100 * utilization), 100)}%" in shown


def test_a_board_shows_what_happens_until_it_is_paused_and_then_catches_up(office: Office, board: Board) -> None:
    assert [agent.id for agent in board.frame.agents] == ["ana"]
    board.paused = True
    hire(office, "ben", "Ben Ode")
    catch_up(board)
    assert [agent.id for agent in board.frame.agents] == ["ana"]
    board.paused = False
    assert [agent.id for agent in board.frame.agents] == ["ana", "ben"]


def test_a_closed_board_is_shown_nothing_more(office: Office, board: Board) -> None:
    before = feed_of(office).boards
    board.close()
    assert feed_of(office).boards == before - 1


def test_the_table_of_a_board_has_a_row_an_agent(board: Board) -> None:
    table = board.table()
    assert table.loc[0, ["agent", "presence", "active", "capacity", "band"]].tolist() == [
        "ana",
        "available",
        0,
        5,
        "green",
    ]


def test_presence_cards_follow_the_board_and_keep_still_while_hidden(office: Office, board: Board) -> None:
    view = PresenceView(board)
    assert [html.count("Ana Ruiz") > 0 for html in view.cards.pieces.values()] == [True]
    view.active = False
    hire(office, "ben", "Ben Ode")
    catch_up(board)
    assert list(view.cards.pieces) == ["ana"]
    view.active = True
    assert list(view.cards.pieces) == ["ana", "ben"]
    assert "2 of 2" in numbers(board.frame)["Agents here"]
    assert "the newest event" in numbers(msgspec.structs.replace(board.frame, latencies=()))["ages"]
    assert len(view.latency.source.data["ms"]) == len(board.frame.latencies)


def test_the_times_below_a_plot_leave_each_other_room_on_a_phone() -> None:
    assert [type(axis.major_label_policy) for axis in figure(x_axis_type="datetime").xaxis] == [NoOverlap]


OF_A_BOARD = (AlertingView, BalancingView, LeadingView, PresenceView, RosterView, ShadowView)
"""Views that are made of a board, which make all others that are."""


@pytest.mark.parametrize("kind", OF_A_BOARD)
def test_a_frame_may_come_while_a_view_is_made(board: Board, kind: Callable[[Board], Any]) -> None:
    board.close()  # what comes now comes of this test alone
    begun, came = list[str](), 0

    def come(frame: FrameType, event: str, arg: object) -> None:
        nonlocal came
        made = frame.f_code.co_name == "__init__" and "views" in frame.f_code.co_filename
        if event == "return" and made and not begun:
            begun.append("a frame, which makes parts of a view, too")
            board.param.trigger("frame")
            begun.clear()
            came += 1

    sys.setprofile(come)
    try:
        kind(board)
    finally:
        sys.setprofile(None)
    assert came > 0


def seat_of(may: list[Role]) -> Seat:
    """The seat of one who may be here while there is a role."""

    def role() -> Role:
        if not may:
            raise NotAllowed("You are not among the users of this page any more")
        return may[0]

    return Seat("ana", role)


def test_who_may_not_be_here_any_more_is_shown_no_team_not_an_empty_one(office: Office, board: Board) -> None:
    may = [Role.agent]
    own = Board(office, seat_of(may))
    view = PresenceView(own)
    assert view.cards.pieces
    may.clear()
    hire(office, "ben", "Ben Ode")
    catch_up(board)
    pushed(own)
    assert view.cards.pieces == view.numbers.pieces == {}


def test_an_empty_team_says_how_to_begin(tmp_path: Path) -> None:
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history"), rules=QUIET).start()
    try:
        view = PresenceView(Board(office))
        assert not view.cards.pieces
        assert "Nobody is on the roster yet" in view.numbers.pieces["parts"]
        assert "no event yet" in view.numbers.pieces["ages"]
    finally:
        office.stop()


def test_a_lead_that_is_typed_in_is_routed_and_listed(office: Office, board: Board) -> None:
    view, newest = LeadView(board), AssignmentsView(board)
    view.customer.value, view.budget.value = "Zoe Park", "$ 450,000"
    press(office, view.route())
    decision = view.decision.decision
    assert (decision.agent, decision.lead.budget) == ("ana", 450_000.0)
    assert view.customer.value == view.budget.value == ""
    press(office, view.route())  # the second press of a double one
    assert not view.said.visible
    press(office, view.route())
    assert "name is empty" in view.said.object
    catch_up(board)
    assert [row["title"] for row in newest.listing.rows] == ["Zoe Park → Ana Ruiz"]


def test_a_lead_that_nobody_can_take_is_shown_as_waiting(office: Office, board: Board) -> None:
    hire_none = office.desk
    assert hire_none is not None
    do(office, hire_none.set_presence("ana", "offline"))
    view, queue = LeadView(board), QueueView(board)
    view.customer.value = "Zoe Park"
    press(office, view.route())
    catch_up(board)
    assert "Zoe Park waits" in view.decision.words.object
    assert [row["title"] for row in queue.listing.rows] == ["Zoe Park"]
    do(office, hire_none.set_presence("ana", "available"))
    wait_until(lambda: office.team.agents["ana"].active == 1)
    catch_up(board)
    assert "Zoe Park goes to Ana Ruiz" in view.decision.words.object


@pytest.mark.parametrize(
    "typed, said",
    [
        ({"customer": "  "}, "name is empty; say who asks"),
        ({"customer": "Zoe", "budget": "a lot"}, "budget is 'a lot'; give a number"),
        ({"customer": "Zoe", "budget": "-1"}, "budget is '-1'; give a number from 0"),
        ({"customer": "Zoe", "budget": "nan"}, "budget is 'nan'; give a number, e.g. 450000"),
        ({"customer": "Zoe", "budget": "10 000 000 000 000"}, "budget is '10 000 000 000 000'; give a number from 0"),
    ],
)
def test_what_cannot_be_routed_is_said_and_nothing_happens(
    office: Office, board: Board, typed: dict[str, str], said: str
) -> None:
    view, before = LeadView(board), office.team.seq
    for name, text in typed.items():
        getattr(view, name).value = text
    press(office, view.route())
    assert view.said.visible
    assert said in view.said.object
    assert not view.send.disabled
    assert office.team.seq == before


@pytest.mark.parametrize(
    "text, budget",
    [
        ("", None),
        (" ", None),
        ("450000", 450_000.0),
        ("450,000", 450_000.0),
        ("€ 1 000.50", 1000.5),
        ("0", 0.0),
        ("1,000,000,000,000", 1e12),
    ],
)
def test_budgets_are_read_as_people_type_them(office: Office, board: Board, text: str, budget: float | None) -> None:
    view = LeadView(board)
    view.customer.value, view.budget.value = "Zoe", text
    press(office, view.route())
    assert view.decision.decision.lead.budget == budget


def test_the_form_has_the_bounds_of_a_lead() -> None:
    for wrong in ({"score": 101}, {"score": -1}, {"customer": "x" * 201}, {"location": "x" * 61}, {"budget": -1.0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            LeadForm(**wrong)
    form = LeadForm(customer="x" * 200, location="y" * 60, budget=1e12, score=100)
    assert form.lead().name == "x" * 200
    assert form.lead().id != form.lead().id


def test_what_people_type_is_escaped_wherever_it_is_shown(office: Office, board: Board) -> None:
    hire(office, "eve", EVIL)
    catch_up(board)
    view, newest, presence = LeadView(board), AssignmentsView(board), PresenceView(board)
    view.customer.value = EVIL
    press(office, view.route())
    catch_up(board)
    shown = [view.decision.words.object, *presence.cards.pieces.values()]
    assert all(EVIL not in html for html in shown)
    assert sum("&lt;img src=x" in html for html in shown) == 2
    assert EVIL in newest.listing.rows[0]["title"]  # the list sets texts, which the browser's test looks at


def test_the_roster_form_hires_and_sets_presence(office: Office, board: Board) -> None:
    view = RosterView(board)
    view.agent.value, view.full_name.value, view.skills.value = "ben", "Ben Ode", "language:es 0.5"
    press(office, view._add(None))
    assert view.said.object.startswith("Ben Ode is on the roster")
    catch_up(board)
    assert view.who.options == {"Ana Ruiz": "ana", "Ben Ode": "ben"}
    view.who.value, view.presence.value = "ben", "busy"
    press(office, view._set(None))
    assert office.team.agents["ben"].presence == "busy"
    view.agent.value = "two words"
    press(office, view._add(None))
    assert view.said.severity == "error"
    assert "id is 'two words'; give one word without spaces" in view.said.object
    view.agent.value = ""
    press(office, view._add(None))
    assert "id is empty" in view.said.object


def test_the_roster_form_says_that_redis_does_not_answer(own_redis: RealRedis, open_office: Open) -> None:
    office = open_office(own_redis.url)
    hire(office, "ana", "Ana Ruiz")
    board = Board(office)
    catch_up(board)
    view = RosterView(board)
    own_redis.kill()
    press(office, view._set(None))
    assert (view.said.severity, view.said.visible) == ("error", True)
    said = view.said.object.replace("\\", "")
    assert said.startswith("No Redis answers at ")
    assert "Errno" not in said
    assert said.endswith("It may not have been done: look once Redis answers, then press again.")
    board.close()


def test_the_roster_form_shows_who_is_known_before_it_changes_them(office: Office, board: Board) -> None:
    do(office, office.desk.add_agent("ana", "Ana Ruiz", skills={"language:es": 0.5}, capacity=9))
    catch_up(board)
    view = RosterView(board)
    view.agent.value_input = "ana"  # and Enter: nobody has seen yet what is known
    press(office, view._add(None))
    assert "press again" in view.said.object
    assert (view.full_name.value, view.skills.value, view.capacity.value) == ("Ana Ruiz", "language:es 0.5", 9)
    assert view.add.label == "Change ana"
    view.skills.value_input = ""  # and Enter, which a browser tells before the text itself
    press(office, view._add(None))
    assert view.said.object == "Ana Ruiz has capacity 9 and no skills now."
    assert office.team.agents["ana"].skills == {}
    view.agent.value = "bo"
    assert (view.full_name.value, view.capacity.value, view.add.label) == ("", 5, PUT)
    press(office, view._add(None))
    view.capacity.value = 2
    press(office, view._add(None))  # the frame has not heard of bo yet
    assert office.team.agents["bo"].capacity == 2


def test_an_agent_off_shift_is_shown_so_and_not_counted_with_those_who_are_here(office: Office, board: Board) -> None:
    hire(office, "ben", "Ben Ode")
    hire(office, "cem", "Cem Dal")
    do(office, office.desk.set_presence("ben", "away"))
    do(office, office.desk.update_agent_workload("cem", on_shift=False))
    catch_up(board)
    shown = {agent.id: card(agent) for agent in board.frame.agents}
    assert "off shift" in shown["cem"]
    assert "off shift" not in shown["ana"]
    assert "0 % used" in shown["ana"]
    assert "1 of 3" in numbers(board.frame)["Agents here"]
    assert "0 of 5" in numbers(board.frame)["Load"]


def test_skills_are_read_as_people_type_them() -> None:
    assert skills_of("property:condo 0.9, language:es") == {"property:condo": 0.9, "language:es": 1.0}
    assert skills_of("") == {}
    for wrong in ("condo", "property:condo high"):
        with pytest.raises(ValueError, match="skills has"):
            skills_of(wrong)


def candidates() -> pd.DataFrame:
    """Two decisions: `ana` was best under the default weights, `ben` is the expert."""
    factors = {
        "availability": (0.9, 0.2),
        "expertise": (0.3, 0.9),
        "performance": (0.5, 0.5),
        "responsiveness": (0.5, 0.5),
    }
    rows = pd.DataFrame({"agent": ["ana", "ben"], "chosen": [True, False], **{f: list(v) for f, v in factors.items()}})
    return pd.concat([rows.assign(decision="d1"), rows.assign(decision="d2")], ignore_index=True)


@pytest.fixture
def what_if() -> WhatIfView:
    """The what-if over two decisions of a frame."""
    return WhatIfView(WhatIf.from_frames(candidates()))


def test_under_the_weights_of_the_log_no_lead_moves(what_if: WhatIfView) -> None:
    assert what_if.rescored.moved == 0
    assert "0 of 2" in what_if.told.pieces["words"]
    assert "left out" not in what_if.told.pieces["words"]
    for what_if.rescored.left_out, said in ((1, "1 overridden one is left out"), (2, "2 overridden ones are left out")):
        assert said in words(what_if.rescored)
    assert STAYS in what_if.flows.pieces["flows"]
    assert dict(zip(what_if.shares.data["agent"], what_if.shares.data["after"], strict=True)) == {"ana": 1, "ben": 0}


def test_a_slider_moves_the_others_the_words_and_the_plots(what_if: WhatIfView) -> None:
    by_hand(what_if.sliders, "expertise", 0.8)
    assert sum(what_if.sliders.shown["weights"].values()) == pytest.approx(1)
    assert sum(what_if.weights.integers()) == 100
    assert "2 of 2" in what_if.told.pieces["words"]
    assert "ana → ben" in what_if.told.pieces["moves"]
    assert what_if.shares.data["after"] == [0.0, 1.0]
    assert what_if.flows.pieces["flows"].count("<td style=") == 1
    assert '<td style="--shade: 55%">2</td>' in what_if.flows.pieces["flows"]


def test_a_table_of_a_large_team_has_those_with_the_most_leads_that_move() -> None:
    names = {f"a{n:02}": f"Agent <{n}>" for n in range(MOST + 2)}
    ring = [(f"a{n:02}", f"a{(n + 1) % len(names):02}", n + 1) for n in range(len(names))]
    said = flows(ring, names)
    assert "<p" not in flows(ring[:3], dict(list(names.items())[:MOST]))
    assert f"The {MOST} agents" in said
    assert said.count("scope") == 2 * MOST + 1
    assert "Agent &lt;25&gt;" in said
    assert "Agent &lt;1&gt;" not in said


def test_the_button_takes_the_sliders_back_to_the_start(what_if: WhatIfView) -> None:
    by_hand(what_if.sliders, "availability", 0.05)
    what_if.back.param.trigger("clicks")
    assert what_if.weights.integers() == Weights().integers()
    assert list(what_if.sliders.shown["weights"].values()) == [0.35, 0.30, 0.20, 0.15]
    assert what_if.rescored.moved == 0


def test_a_slider_pushed_to_an_end_keeps_the_sum(what_if: WhatIfView) -> None:
    for end in (1.0, 0.0):
        by_hand(what_if.sliders, "availability", end)
        assert sum(what_if.weights.integers()) == 100
        assert sum(what_if.sliders.shown["weights"].values()) == pytest.approx(1)


def test_every_move_of_a_slider_is_answered_also_one_that_changes_nothing_or_is_refused() -> None:
    sliders = WeightSliders(Weights())
    by_hand(sliders.sliders, "expertise", 0.5, ["a", 1])
    by_hand(sliders.sliders, "expertise", 0.5, ["a", 2])
    assert sliders.sliders.shown == {
        "weights": dict(zip(FACTORS, (0.25, 0.5, 0.14, 0.11), strict=True)),
        "move": ["a", 2],
    }
    with pytest.raises(ValueError, match="expertise"):
        by_hand(sliders.sliders, "expertise", 2, ["a", 3])
    assert sliders.sliders.shown["move"] == ["a", 3]
    by_hand(sliders.sliders, "active", 0, ["a", 4])
    assert sliders.active
    assert sliders.weights.integers() == (25, 50, 14, 11)


def test_the_what_if_of_a_history_without_decisions_says_so(office: Office) -> None:
    view = WhatIfView(WhatIf(office.history))
    assert "No decision is in the history yet" in view.told.pieces["words"]
    assert view.shares.data["agent"] == []


def test_a_decision_taken_apart_agrees_with_itself(office: Office) -> None:
    hire(office, "ben", "Ben Ode")
    decision = decide(lead(location="north"), office.team, office.started)
    frame = frame_of(decision)
    assert frame.loc[frame["chosen"], "agent"].tolist() == [decision.agent]
    assert table(decision).count('<tr class="chosen">') == 1
    assert "would have won with" in changes(decision) or "no single factor" in changes(decision)
    stacked = bars(decision).dframe().groupby("agent")["weighted score"].sum()
    assert stacked.to_dict() == pytest.approx(dict(zip(frame["agent"], frame["score"], strict=True)))
    assert f"goes to {decision.agent}" in DecisionView(decision).words.object


def test_a_decision_that_explored_says_both_scores(office: Office) -> None:
    hire(office, "ben", "Ben Ode")
    decision = decide(lead(location="north"), office.team, office.started, explore=1.0)
    row, own = decision.candidates.agent.index(decision.agent), decision.weights.values
    factors = [getattr(decision.candidates, factor)[row] for factor in FACTORS]
    by = {
        kind: sum(w * f for w, f in zip(of, factors, strict=True))
        for kind, of in zip("od", (own, decision.drawn), strict=True)
    }
    said = DecisionView(decision).words.object
    assert f"match score {by['o'] / 1e6:.3f} by the weights in force, {by['d'] / 1e6:.3f} by those drawn" in said


def test_a_decision_calls_agents_by_name_everywhere(office: Office) -> None:
    hire(office, "ben", "Ben Ode")
    names, decision = {"ana": "Ana Ruiz", "ben": "Ben Ode"}, decide(lead(location="north"), office.team, office.started)
    chosen, other = names[decision.agent], next(name for id_, name in names.items() if id_ != decision.agent)
    view = DecisionView(decision, names=names)
    said = view.words.object
    assert f"goes to {chosen}" in said
    assert f"{chosen} scores" in said
    assert f"Next is {other} with" in said
    assert f"<td>{chosen}</td>" in said
    assert f"<b>{other}</b>" in said
    assert not any(f">{agent}<" in said or f" {agent} " in said for agent in names)
    assert set(bars(decision, names).dimension_values("agent")) == set(names.values())


def test_a_page_can_be_made_of_every_office(office: Office) -> None:
    made = page(office)
    assert made.title == "collab · main"
    tabs = made.main[0][-1]
    assert list(tabs._names) == ["Team", "Alerts", "Leads", "Chat", "What-if", "Tuning", "Analytics", "Diagnostics"]
    alert = made.main[0][0]
    assert isinstance(alert, pn.viewable.Viewable)
    assert not alert.visible


@pytest.mark.parametrize("paused", [False, True])
def test_who_may_not_be_here_any_more_can_ask_no_tab_for_anything(office: Office, paused: bool) -> None:
    may = [Role.analyst]
    made = page(office, seat_of(may))
    main, pause = made.main[0], made.header[0][-1]
    assert isinstance(main, pn.Column)
    tabs = main[-1]
    assert isinstance(tabs, pmui.Tabs)
    pause.value = paused
    may.clear()
    hire(office, "ben", "Ben Ode")
    feed = feed_of(office)
    for board in [*feed._boards]:
        pushed(board)
    assert tabs not in [*main]
    assert "not among the users" in "".join(str(getattr(one, "object", "")) for one in main.select(pmui.Alert))


def test_the_tab_of_alerts_has_them_over_their_rules_and_one_name_for_both(office: Office) -> None:
    made = AlertingView(Board(office), active=False)
    alerts, rules = made._views
    made.active = True
    assert alerts.active
    assert rules.active
    alerts.by = "Kim"
    assert rules.by == "Kim"
    rules.by = "Ida"
    assert alerts.by == "Ida"


def test_a_tab_that_cannot_be_opened_says_so() -> None:
    def fail() -> Any:
        raise RuntimeError("the disk is full")

    later = Later(fail)
    with pytest.raises(RuntimeError):
        later._begin()
    assert "This tab cannot be opened: the disk is full." in later._layout[0].object


def test_a_move_of_a_slider_does_not_walk_the_page(office: Office) -> None:
    made = page(office)
    with edit_readonly(pn.state):
        pn.state.busy = True
        assert made.busy is False
        pn.state.busy = False


def test_a_lead_s_features_come_from_the_form() -> None:
    made = LeadForm(
        customer=" Zoe ", property_type="house", location=" downtown ", language="es", urgency="high"
    ).lead()
    assert made == Lead(
        id=made.id,
        name="Zoe",
        property_type="house",
        location="downtown",
        language="es",
        urgency="high",
        score=50,
        source="form",
    )


@pytest.fixture
def served(office: Office) -> Iterator[str]:
    """The address of the office's page, whose sessions are forgotten soon after they are closed."""
    port, soon = free_port(), {"unused_session_lifetime_milliseconds": 100, "check_unused_sessions_milliseconds": 100}
    server: Server = pn.serve(lambda: page(office), port=port, show=False, threaded=True, verbose=False, **soon)
    wait_until(lambda: listens(port))
    yield f"ws://localhost:{port}/ws"
    server.stop()


def visit(url: str) -> ClientSession:
    """A session as a browser opens one, which makes its views then."""
    session = ClientSession(websocket_url=url)
    session.connect()
    assert session.connected
    return session


def ready(session: ClientSession) -> None:
    """Say that all views are made, as a browser does."""
    session.pull()
    session.document.callbacks.trigger_on_change(MessageSentEvent(session.document, "bokeh_event", DocumentReady()))
    session.force_roundtrip()


def test_a_page_that_was_closed_meanwhile_is_told_nothing(office: Office, served: str) -> None:
    session = visit(served)
    (board,) = feed_of(office)._boards
    loop, *_, document = board.schedule.args
    session.close()
    wait_until(lambda: not hasattr(document.callbacks, "_change_callbacks"))
    told: list[int] = []
    board.schedule(lambda: told.append(1))
    turn = threading.Event()
    loop.call_soon_threadsafe(turn.set)
    assert turn.wait(SOON_S)
    assert told == []


def test_a_page_is_touched_in_its_own_thread_only(office: Office, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = visit(served)
    ready(session)
    (board,) = feed_of(office)._boards
    loop, *_, document = board.schedule.args
    touched: list[int] = []
    plan = document.add_next_tick_callback
    monkeypatch.setattr(
        document, "add_next_tick_callback", lambda callback: touched.append(threading.get_ident()) or plan(callback)
    )
    hire(office, "ben", "Ben Okafor")
    wait_until(lambda: "ben" in {agent.id for agent in board.frame.agents})
    own: Future[int] = Future()
    loop.call_soon_threadsafe(lambda: own.set_result(threading.get_ident()))
    assert set(touched) == {own.result(SOON_S)}
    session.close()
    wait_until(lambda: feed_of(office).boards == 0)


def test_what_changes_while_a_browser_makes_its_views_is_shown_when_it_has_them(office: Office, served: str) -> None:
    session = visit(served)
    feed = feed_of(office)
    (board,) = feed._boards
    loop = board.schedule.args[0]
    hire(office, "ben", "Ben Okafor")
    wait_until(lambda: "ben" in {agent.id for agent in feed.frame.agents})
    for _ in range(3):  # the page's own turns, in which it would be changed
        turn = threading.Event()
        loop.call_soon_threadsafe(turn.set)
        assert turn.wait(SOON_S)
    session.force_roundtrip()
    assert "ben" not in {agent.id for agent in board.frame.agents}  # Panel would drop it on the way
    ready(session)
    wait_until(lambda: board.frame is feed.frame)
    assert "ben" in {agent.id for agent in board.frame.agents}
    session.close()
    wait_until(lambda: feed.boards == 0)


def test_closed_sessions_leave_no_board_and_no_thread_behind(office: Office, served: str) -> None:
    visit(served).close()
    threads = {thread.name for thread in threading.enumerate()}
    feed = feed_of(office)
    for _ in range(4):
        visit(served).close()
    kept = [visit(served) for _ in range(2)]
    wait_until(lambda: feed.boards == len(kept))
    for session in kept:
        session.close()
    wait_until(lambda: feed.boards == 0)
    new = {thread.name for thread in threading.enumerate()} - threads
    pools = ("asyncio_", "bokeh-response_")  # of the process, of a few each
    assert [name for name in new if not name.startswith(pools)] == []


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds."""
    waited, pause = 0.0, threading.Event()
    while not condition():
        assert waited < SOON_S
        pause.wait(0.05)
        waited += 0.05
