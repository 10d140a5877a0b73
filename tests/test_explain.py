from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from logs import LOGGED, Row, best, by_decision, logs
from strategies import hundredths
from work import Work

from collab import Weights
from collab.events import Entry, LeadAssigned
from collab.history import History
from collab.history.folder import Folder
from collab.history.writer import Writer
from collab.records import FACTORS, SCALE
from collab.routing import chosen_by
from collab.whatif import WhatIf
from collab.whatif.nearest import nearest
from collab.winning import simplex_grid

TO = [f"to_{factor}" for factor in FACTORS]


def first_of(log: pd.DataFrame) -> tuple[str, list[Row]]:
    """A decision and its rows."""
    return next(iter(by_decision(log).items()))


def wins(rows: list[Row], agent: str, weights: tuple[int, ...], **factors: int) -> bool:
    """Would the agent win with these factors instead?"""
    return best([row | (factors if row["agent"] == agent else {}) for row in rows], weights) == agent


@settings(max_examples=60)
@given(logs(), hundredths())
def test_the_smallest_rise_wins_and_nothing_smaller_does(log: pd.DataFrame, weights: tuple[int, int, int, int]) -> None:
    decision, rows = first_of(log)
    frame = WhatIf.from_frames(log).explain(decision, weights).frame().set_index("agent")
    for row in rows:
        agent, found = row["agent"], frame.loc[row["agent"]]
        if not row["eligible"]:
            assert pd.isna(found["rise"])
            assert pd.isna(found["moved"])
            continue
        if wins(rows, agent, weights):
            assert (found["wins"], found["rise"], found["moved"]) == (True, 0, 0)
            continue
        least = None if pd.isna(found["rise"]) else int(found["rise"])
        for factor in FACTORS:
            # a score never falls as a factor rises, so the largest rise that may not win says it of all smaller ones
            most = SCALE if least is None else min(SCALE, row[factor] + least - 1)
            assert not wins(rows, agent, weights, **{factor: most})
        if least is not None:
            assert wins(rows, agent, weights, **{found["factor"]: row[found["factor"]] + least})


@settings(max_examples=20)
@given(logs(), hundredths())
def test_the_nearest_weights_win_and_no_nearer_ones_do(log: pd.DataFrame, weights: tuple[int, int, int, int]) -> None:
    decision, rows = first_of(log)
    eligible = sorted((row for row in rows if row["eligible"]), key=lambda row: row["agent"])
    frame = WhatIf.from_frames(log).explain(decision, weights).frame().set_index("agent")
    grid = simplex_grid(1)
    scores = np.stack([grid @ [row[factor] for factor in FACTORS] for row in eligible])
    moved = np.abs(grid - weights).sum(axis=1)
    for place, row in enumerate(eligible):
        # of equal scores the lowest id wins: it must beat those before it, and equal those after it
        ahead = np.all(scores[:place] < scores[place], axis=0) & np.all(scores[place:] <= scores[place], axis=0)
        found = frame.loc[row["agent"]]
        if not ahead.any():
            assert found[["moved", *TO]].isna().all()
            continue
        assert found["moved"] == moved[ahead].min()
        to = tuple(int(found[name]) for name in TO)
        assert sum(abs(a - b) for a, b in zip(to, weights, strict=True)) == found["moved"]
        assert wins(rows, row["agent"], to)


@settings(max_examples=40)
@given(logs())
def test_the_parts_sum_to_the_score_and_the_order_of_rows_changes_nothing(log: pd.DataFrame) -> None:
    decision, rows = first_of(log)
    explained = WhatIf.from_frames(log).explain(decision, LOGGED)
    frame = explained.frame()
    assert list(frame["agent"]) == sorted(row["agent"] for row in rows)
    assert (frame[[f"{factor}_points" for factor in FACTORS]].sum(axis=1) == frame["score"]).all()
    assert explained.winner == best(rows, LOGGED)
    assert list(frame.loc[frame["wins"], "agent"]) == [explained.winner]
    assert list(frame.loc[frame["chosen"], "agent"]) == [explained.chosen]
    turned = WhatIf.from_frames(log.iloc[::-1]).explain(decision, LOGGED)
    pd.testing.assert_frame_equal(frame, turned.frame())
    assert str(turned) == str(explained)


def test_many_candidates_are_taken_in_chunks_with_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    factors = np.random.default_rng(3).integers(0, SCALE + 1, (4, 30))
    eligible = np.arange(30) % 3 > 0
    whole = nearest(factors, eligible, LOGGED)
    monkeypatch.setattr("collab.whatif.nearest.CHUNK", 20 * 1000)
    for one, other in zip(whole, nearest(factors, eligible, LOGGED), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (whole.moved[~eligible] == -1).all()
    assert np.count_nonzero(whole.moved == 0) == 1


def simple(**changes: Any) -> pd.DataFrame:
    """A decision among three, of whom cy was full."""
    columns = {
        "decision": 7,
        "lead": "l7",
        "agent": ["bo", "ana", "cy"],
        "availability": [1000, 9000, SCALE],
        "expertise": [9000, 1000, SCALE],
        "performance": [0, 0, 0],
        "responsiveness": [0, 0, 0],
        "eligible": [True, True, False],
        "gate": ["", "", "at capacity"],
        "chosen": [False, True, False],
    }
    return pd.DataFrame(columns | changes)


def test_every_candidate_is_told_why_not_and_what_would_have_won() -> None:
    explained = WhatIf.from_frames(simple()).explain(7, LOGGED)
    assert explained.why_not("ana") == ("ana got the lead: ana has the highest score of who could be asked, 0.345.")
    assert explained.why_not("bo") == (
        "bo scores 0.305, behind the 0.345 of ana, and would have won with availability 0.2143 instead of 0.1000, or "
        "under the weights availability 32, expertise 33, performance 20, responsiveness 15 (6 hundredths moved)."
    )
    assert explained.why_not("cy") == (
        "cy could not be asked: at capacity; with the gate open, their 0.650 would have won."
    )
    with pytest.raises(ValueError, match="agent is 'dan', who was no candidate; those were ana, bo, cy"):
        explained.why_not("dan")
    for shown in (str(explained), explained._repr_html_()):
        assert all(explained.why_not(agent) in shown for agent in explained.agents)
    assert "lead l7 went to ana" in str(explained)


def test_a_tie_goes_to_the_lowest_id_and_the_other_needs_one_step_more() -> None:
    same = simple(availability=5000, expertise=5000, chosen=[False, True, False])
    explained = WhatIf.from_frames(same).explain(7, LOGGED)
    assert explained.winner == "ana"
    frame = explained.frame().set_index("agent")
    assert (frame.loc["bo", "rise"], frame.loc["bo", "factor"]) == (1, "availability")
    assert pd.isna(frame.loc["bo", "moved"])
    assert explained.why_not("bo") == (
        "bo scores 0.325, in a tie, which the lowest id wins, and would have won with availability 0.5001 instead of "
        "0.5000."
    )


def test_who_is_worse_in_everything_is_told_so() -> None:
    worse = simple(availability=[0, SCALE, 0], expertise=[0, SCALE, 0], performance=[0, SCALE, 0])
    said = WhatIf.from_frames(worse).explain(7, LOGGED).why_not("bo")
    assert said.endswith("would have won with no single factor and under no weights.")


def test_names_in_the_page_are_text() -> None:
    explained = WhatIf.from_frames(simple(agent=["bo", "<b>", "cy"])).explain(7, LOGGED)
    assert "<td>&lt;b&gt;</td>" in explained._repr_html_()


def test_frames_say_which_weights_chose_or_are_asked_for_them() -> None:
    what_if = WhatIf.from_frames(simple())
    with pytest.raises(ValueError, match=r"weights that chose are not known.*give them as weights="):
        what_if.explain(7)
    known = WhatIf.from_frames(simple(weights="v3-10-60-20-10"))
    assert known.explain(7).weights == (10, 60, 20, 10)
    assert known.explain(7).winner == "bo"
    assert "the lead went to ana, not by these weights" in known.explain(7).why_not("bo")
    assert known.explain(7, Weights()).weights == LOGGED
    assert known.explain(simple().iloc[0]).decision == 7


def test_agents_may_be_numbers_and_leads_unnamed() -> None:
    frame = simple(weights="v3-10-60-20-10")
    numbered = frame.assign(agent=frame["agent"].rank(method="dense").astype(int))
    explained = WhatIf.from_frames(numbered).explain(7)
    chosen = numbered["agent"][numbered["chosen"]].iloc[0]
    assert explained.why_not(chosen) == explained.why_not(str(chosen))
    unnamed = WhatIf.from_frames(numbered.drop(columns="lead", errors="ignore")).explain(7)
    assert str(unnamed).startswith(f"Decision 7: its lead went to {chosen} (")


@pytest.mark.parametrize("wrong", ["7", 8, None, "d'1"])
def test_an_unknown_decision_is_refused_with_one_that_there_is(wrong: Any) -> None:
    with pytest.raises(
        ValueError, match=r"which the log does not have; give an id of the column decision .*, e\.g\. 7"
    ):
        WhatIf.from_frames(simple()).explain(wrong, LOGGED)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, list[LeadAssigned]]:
    """A history of a seeded team, routed by the real router, exploring, and its decisions."""
    made = Work(seed=5).events(40)
    writer = Writer(Folder(Path(tmp_path_factory.mktemp("worked")) / "history"), 0)
    writer.open()
    writer.write([Entry(seq, "acme", event) for seq, event in enumerate(made, 1)])
    writer.close()
    return History(writer.folder.url, "acme"), [event for event in made if isinstance(event, LeadAssigned)]


def test_every_decision_of_a_history_is_explained_by_the_weights_that_chose(
    worked: tuple[History, list[LeadAssigned]],
) -> None:
    history, events = worked
    what_if = WhatIf(history)
    drawn = 0
    for event in events:
        explained = what_if.explain(event.id)
        decision = event.decision
        assert explained.weights == (decision.drawn or decision.weights.values)
        assert explained.winner == explained.chosen == decision.agent
        frame = explained.frame()
        assert list(frame["gate"]) == decision.candidates.gate
        assert list(frame["propensity"]) == decision.candidates.propensity
        if decision.drawn is None:
            assert list(frame["score"]) == decision.candidates.score
        else:
            drawn += 1
    assert drawn
    row = history.assignments().iloc[3]
    assert str(what_if.explain(row)) == str(what_if.explain(row["decision"]))
    assert what_if.explain(events[0].decision).frame().equals(what_if.explain(events[0].id).frame())


def test_an_unknown_decision_of_a_history_is_refused(
    worked: tuple[History, list[LeadAssigned]], tmp_path: Path
) -> None:
    history, events = worked
    with pytest.raises(ValueError, match=rf"decision is 'x\"'.*history.assignments\(\), e\.g\. '{events[0].id}'"):
        WhatIf(history).explain('x"')
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="decision is 'x', which the log does not have; there are no decisions yet"):
        WhatIf(History(tmp_path / "none", "acme")).explain("x")


def test_a_person_s_choice_is_said_to_be_one(worked: tuple[History, list[LeadAssigned]]) -> None:
    history, events = worked
    decision = next(event.decision for event in events if len({*event.decision.candidates.gate}) > 1)
    other = next(a for a, gate in zip(decision.candidates.agent, decision.candidates.gate, strict=True) if gate)
    explained = WhatIf(history).explain(chosen_by(decision, other, by="Kim"))
    assert explained.winner is not None
    assert f"Kim gave the lead to {other}." in explained.why_not(explained.winner)
