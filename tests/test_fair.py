"""Fairness of a log, from a history and from frames."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from logs import logs
from strategies import NOON
from work import Work

from collab.events import Entry, Event, LeadAssigned, LeadOverridden
from collab.fairness import Ledger, evenness
from collab.history import History
from collab.history.folder import Folder
from collab.history.writer import Writer
from collab.records import FACTORS
from collab.whatif import Fairness, WhatIf


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, list[Event]]:
    """A history of a seeded team, with leads that were given back and overridden, and its events."""
    made = Work(seed=4).events(80)
    writer = Writer(Folder(Path(tmp_path_factory.mktemp("fair")) / "history"), 0)
    writer.open()
    writer.write([Entry(seq, "acme", event) for seq, event in enumerate(made, 1)])
    writer.close()
    return History(writer.folder.url, "acme"), made


@pytest.mark.parametrize("half_life", [None, 0.1, 8.0])
@pytest.mark.parametrize("by", ["agent", "capacity"])
def test_the_record_gives_the_ledger_that_hears_the_stream(
    worked: tuple[History, list[Event]], half_life: float | None, by: Any
) -> None:
    history, made = worked
    ledger = Ledger(half_life, by)
    for event in made:
        ledger.hear(event)
    fairness = WhatIf(history).fairness(half_life, by=by)
    assert any(isinstance(event, LeadOverridden) for event in made)
    assert fairness.ledger.standings() == ledger.standings()
    assert fairness.n == sum(isinstance(event, LeadAssigned) for event in made)
    assert fairness.measures() == evenness(ledger.standings().values())
    frame = fairness.frame()
    last = frame[frame["time"] == frame["time"].max()].set_index("agent")
    for agent, standing in ledger.standings().items():
        assert (last.loc[agent, "due"], last.loc[agent, "had"]) == standing
        assert last.loc[agent, "deficit"] == standing.deficit
    assert list(fairness.standings()["deficit"]) == sorted(last["deficit"], reverse=True)


def test_who_is_off_shift_or_gone_is_due_nothing(worked: tuple[History, list[Event]]) -> None:
    frame = WhatIf(worked[0]).fairness().frame()
    off = frame[frame["agent"] == "agent-1"]
    assert set(off["due"]) <= {0.0}
    assert "gone" not in set(frame["agent"])
    assert (frame.groupby("time")["deficit"].sum().abs() < 1e-9).all()


def test_the_candidates_of_a_history_as_a_frame_give_the_same(worked: tuple[History, list[Event]]) -> None:
    history, _ = worked
    candidates = history.candidates()
    overridden = history.assignments().query("overridden")["decision"]
    kept = candidates[~candidates["decision"].isin(overridden)].sample(frac=1, random_state=1)
    found = WhatIf.from_frames(kept).fairness(None, by="capacity").ledger.standings()
    ledger = Ledger(None, "capacity")
    for event in worked[1]:
        if isinstance(event, LeadAssigned) and event.id not in set(overridden):
            ledger.hear(event)
    assert found.keys() == ledger.standings().keys()
    for agent, standing in ledger.standings().items():
        assert found[agent] == pytest.approx(standing)


def test_a_window_counts_its_own_leads_only(worked: tuple[History, list[Event]]) -> None:
    history, made = worked
    times = [event.time for event in made if isinstance(event, LeadAssigned)]
    since, until = times[20], times[60]
    assert WhatIf(history, since=since, until=until).fairness().n == sum(since <= time < until for time in times)


def test_kept_times_are_few_and_hold_the_last(worked: tuple[History, list[Event]]) -> None:
    whole, few = (WhatIf(worked[0]).fairness(points=points) for points in (10_000, 7))
    assert few.frame()["time"].nunique() <= 7
    assert few.frame()["time"].max() == whole.frame()["time"].max()
    assert few.ledger.standings() == whole.ledger.standings()
    with pytest.raises(ValueError, match="points is 0; give how many times are kept, 1 or more"):
        WhatIf(worked[0]).fairness(points=0)
    with pytest.raises(ValueError, match="points is '7'; give how many times are kept, 1 or more"):
        WhatIf(worked[0]).fairness(points="7")  # type: ignore[arg-type]


@given(logs())
def test_all_leads_of_frames_are_credited_once(log: pd.DataFrame) -> None:
    place = pd.factorize(log["decision"])[0]
    timed = log.assign(time=[NOON + timedelta(minutes=int(one)) for one in place])
    found = WhatIf.from_frames(timed).fairness(None).standings().set_index("agent")
    counts = log[log["chosen"]].groupby("agent").size()
    assert found.loc[found["had"] > 0, "had"].to_dict() == counts.to_dict()
    assert found["deficit"].sum() == pytest.approx(0, abs=1e-9)


def test_a_lead_of_frames_counts_for_whom_a_person_gave_it_to() -> None:
    leads = pd.concat([simple(decision=n, time=NOON + timedelta(minutes=n)) for n in range(4)], ignore_index=True)
    outcomes = pd.DataFrame({"decision": [3, 2, 1], "agent": ["bo", None, "<ana>"], "converted": True})
    standings = WhatIf.from_frames(leads, outcomes).fairness(None).standings().set_index("agent")
    assert standings["had"].to_dict() == {"<ana>": 3, "bo": 1}
    assert standings["due"].to_dict() == {"<ana>": 2, "bo": 2}


def simple(**changes: Any) -> pd.DataFrame:
    """A decision among two."""
    columns = {"decision": 1, "agent": ["<ana>", "bo"], **dict.fromkeys(FACTORS, 5000), "chosen": [True, False]}
    return pd.DataFrame(columns | {"time": NOON} | changes)


def test_capacities_of_the_agents_count_where_the_candidates_have_none() -> None:
    known = {"decision": 1, "time": NOON, "agent": "<ana>", "response_s": 5.0, "handling_s": 60.0, "converted": True}
    agents = pd.DataFrame({"agent": ["bo", "<ana>"], "capacity": [3, 1]})
    for candidates, due in ((simple(), 0.25), (simple(capacity=[1, 1]), 0.5)):
        what_if = WhatIf.from_frames(candidates, pd.DataFrame([known]), agents)
        assert what_if.fairness(None, by="capacity").standings().set_index("agent").loc["<ana>", "due"] == due


def test_what_is_missing_in_frames_is_said() -> None:
    with pytest.raises(ValueError, match="candidates has no column 'time'; it has decision, agent"):
        WhatIf.from_frames(simple().drop(columns="time")).fairness()
    with pytest.raises(
        ValueError, match=r"candidates has no column 'capacity'; .* or give agents with theirs to from_frames"
    ):
        WhatIf.from_frames(simple()).fairness(by="capacity")
    with pytest.raises(
        ValueError, match=r"capacity is empty \(NaN\) in row 1 of candidates \(decision .*\); give it a value"
    ):
        WhatIf.from_frames(simple(capacity=[1.0, None])).fairness(by="capacity")
    with pytest.raises(ValueError, match="half_life is 0; give hours above 0"):
        WhatIf.from_frames(simple()).fairness(0)
    with pytest.raises(ValueError, match=r"half_life is \[8\]; give hours above 0"):
        WhatIf.from_frames(simple()).fairness([8])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"by is \['agent'\]; give 'agent'"):
        WhatIf.from_frames(simple()).fairness(by=["agent"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"points is \[9\]; give how many"):
        WhatIf.from_frames(simple()).fairness(points=[9])  # type: ignore[arg-type]


def test_a_fairness_says_its_measures_and_what_it_does_not_say() -> None:
    fairness = WhatIf.from_frames(simple()).fairness()
    assert fairness.said() == (
        "jain 0.500, gini 0.500, max_min infinite over 2 agents and 1 lead (a lead counts half after 8 h; "
        "shares by agent)"
    )
    for shown in (str(fairness), fairness._repr_html_()):
        assert fairness.caveat in shown
        assert fairness.said() in shown
    assert "<td>&lt;ana&gt;</td>" in fairness._repr_html_()


def test_no_decisions_make_an_empty_fairness_that_says_so() -> None:
    fairness = WhatIf.from_frames(simple().head(0)).fairness()
    assert isinstance(fairness, Fairness)
    assert (len(fairness.frame()), len(fairness.standings()), fairness.n) == (0, 0, 0)
    assert "there are no logged decisions" in str(fairness)
    assert "there are no logged decisions" in fairness._repr_html_()


def test_the_same_question_of_several_pages_is_answered_once(worked: tuple[History, list[Event]]) -> None:
    what_if = WhatIf(worked[0])
    assert what_if.fairness(8.0) is what_if.fairness(8.0)
    assert what_if.fairness(8.0, by="capacity") is not what_if.fairness(8.0)
