from __future__ import annotations

import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import AGENTS, LOGGED, Row, best, by_decision, logs
from strategies import hundredths

from collab import events as ev
from collab.candidates import Candidates
from collab.events import Entry
from collab.history import History
from collab.history.folder import Folder
from collab.history.writer import Writer
from collab.records import FACTORS, Decision, Lead, Presence, WeightsVersion
from collab.routing import chosen_by, decide
from collab.team import Agent, Team
from collab.weights import Weights
from collab.whatif import Rescored, WhatIf, kernel
from collab.whatif.cases import MOST_AGENTS
from collab.whatif.loading import Loading
from collab.whatif.packed import LANES
from collab.winning import simplex_grid

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def margin(rows: list[Row], weights: tuple[int, ...]) -> int | None:
    """How far the winner is ahead of the next, in plain Python."""
    scores = sorted(sum(w * row[f] for w, f in zip(weights, FACTORS, strict=True)) for row in rows if row["eligible"])
    return scores[-1] - scores[-2] if len(scores) > 1 else None


def random_log(n: int, team: int, seed: int) -> pd.DataFrame:
    """Decisions in a frame, faster than hypothesis makes them; chosen greedily under `LOGGED`."""
    chance = np.random.default_rng(seed)
    counts = chance.integers(1, team + 1, n)
    agent = np.concatenate([np.sort(chance.permutation(team)[:count]) for count in counts])
    frame = pd.DataFrame({"decision": np.repeat(np.arange(n), counts), "agent": [f"a{one:04}" for one in agent]})
    for factor in FACTORS:
        frame[factor] = chance.integers(0, 10_001, len(frame))
    score = frame[list(FACTORS)].to_numpy() @ np.array(LOGGED)
    top = pd.Series(score).groupby(frame["decision"]).idxmax()
    frame["chosen"] = False
    frame.loc[top, "chosen"] = True
    return frame


@given(logs(greedy=True))
def test_rescoring_with_the_same_weights_moves_no_greedy_lead(log: pd.DataFrame) -> None:
    rescored = WhatIf.from_frames(log).rescore(LOGGED)
    assert (rescored.moved, rescored.share_moved, len(rescored.flows())) == (0, 0.0, 0)
    assert rescored.before == rescored.after


@given(logs(), hundredths())
def test_numba_numpy_and_plain_python_agree_bit_for_bit(
    in_numba: kernel.Share, log: pd.DataFrame, weights: tuple[int, int, int, int]
) -> None:
    what_if = WhatIf.from_frames(log)
    rescored = what_if.rescore(weights)
    expected = {decision: best(rows, weights) for decision, rows in by_decision(log).items()}
    found = rescored.decisions()
    assert dict(zip(found["decision"], found["rescored"], strict=True)) == expected
    assert list(found["decision"]) == list(dict.fromkeys(log["decision"]))
    margins = [margin(rows, weights) for rows in by_decision(log).values()]
    assert [None if pd.isna(one) else one for one in found["margin"]] == margins
    assert int((found["logged"] != found["rescored"]).sum()) == rescored.moved
    logged = log[log["chosen"]].set_index("decision")["agent"].to_dict()
    matrix = rescored.matrix()
    for one in what_if.agents:
        for other in what_if.agents:
            leads = sum(logged[decision] == one and expected[decision] == other for decision in expected)
            assert matrix.loc[one, other] == leads
    for piece in what_if._pieces:
        in_both = [kernel.flows(piece, weights, share) for share in (in_numba, kernel.in_numpy)]
        np.testing.assert_array_equal(*in_both)


@pytest.mark.parametrize("n, team", [(20_000, 9), (3, 300), (LANES, 4), (LANES + 1, 1)])
def test_numba_and_numpy_agree_on_many_blocks_threads_and_candidates(in_numba: kernel.Share, n: int, team: int) -> None:
    log = random_log(n, team, seed=n)
    what_if = WhatIf.from_frames(log)
    assert what_if.rescore(LOGGED).moved == 0
    (piece,) = what_if._pieces
    for weights in ((0, 0, 0, 100), (1, 97, 1, 1), (25, 25, 25, 25)):
        np.testing.assert_array_equal(
            kernel.flows(piece, weights, in_numba), kernel.flows(piece, weights, kernel.in_numpy)
        )
        score = log[list(FACTORS)].to_numpy() @ np.array(weights)
        top = pd.Series(score).groupby(log["decision"]).idxmax()  # the first of equal ones, and they stand by agent
        assert list(what_if.rescore(weights).decisions()["rescored"]) == list(log.loc[top, "agent"])


def test_the_most_agents_at_the_highest_score_fit_in_the_bits(in_numba: kernel.Share) -> None:
    agents = [f"a{number:04}" for number in range(MOST_AGENTS)]
    log = pd.DataFrame({"decision": "d", "agent": agents, **dict.fromkeys(FACTORS, 10_000), "chosen": False})
    log.loc[MOST_AGENTS - 1, "chosen"] = True
    what_if = WhatIf.from_frames(log)
    for share in (in_numba, kernel.in_numpy):
        assert kernel.flows(what_if._pieces[0], (100, 0, 0, 0), share)[MOST_AGENTS, 1] == 1
    assert list(what_if.rescore((0, 0, 100, 0)).decisions()["margin"]) == [0]
    more = pd.concat([log, log.tail(1).assign(agent="z", chosen=False)])
    with pytest.raises(ValueError, match=r"2,048 different agents and rescoring holds 2,047"):
        WhatIf.from_frames(more)


@given(logs(), hundredths(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(log: pd.DataFrame, weights: tuple[int, int, int, int], chance: Any) -> None:
    order = list(range(len(log)))
    chance.shuffle(order)
    one, other = (WhatIf.from_frames(frame).rescore(weights) for frame in (log, log.iloc[order]))
    np.testing.assert_array_equal(one.counts, other.counts)
    sort = ["decision"]
    pd.testing.assert_frame_equal(
        one.decisions().sort_values(sort, ignore_index=True), other.decisions().sort_values(sort, ignore_index=True)
    )


@given(logs(), hundredths(), st.sampled_from([2, 5, 10]))
def test_a_common_scale_of_the_factors_changes_nothing(
    log: pd.DataFrame, weights: tuple[int, int, int, int], scale: int
) -> None:
    small = log.assign(**{factor: log[factor] // scale for factor in FACTORS})
    large = small.assign(**{factor: small[factor] * scale for factor in FACTORS})
    one, other = (WhatIf.from_frames(frame).rescore(weights) for frame in (small, large))
    np.testing.assert_array_equal(one.counts, other.counts)


@given(logs())
def test_all_weight_on_availability_picks_the_most_available(log: pd.DataFrame) -> None:
    found = WhatIf.from_frames(log).rescore((100, 0, 0, 0)).decisions()
    for (_, rows), rescored in zip(by_decision(log).items(), found["rescored"], strict=True):
        eligible = {row["agent"]: row["availability"] for row in rows if row["eligible"]}
        assert eligible[rescored] == max(eligible.values())


@given(logs(), hundredths(), st.sampled_from(FACTORS), st.integers(1, 10_000), st.data())
def test_raising_a_factor_of_an_agent_loses_them_no_lead(
    log: pd.DataFrame, weights: tuple[int, int, int, int], factor: str, by: int, data: st.DataObject
) -> None:
    agent = data.draw(st.sampled_from(AGENTS))
    raised = log.copy()
    theirs = raised["agent"] == agent
    raised.loc[theirs, factor] = np.minimum(raised.loc[theirs, factor] + by, 10_000)
    had, has = (WhatIf.from_frames(frame).rescore(weights).decisions()["rescored"] == agent for frame in (log, raised))
    assert not (had & ~has).any()


@given(logs(), hundredths())
def test_shares_sum_to_one_and_agree_with_the_flows(log: pd.DataFrame, weights: tuple[int, int, int, int]) -> None:
    rescored = WhatIf.from_frames(log).rescore(weights)
    shares, flows = rescored.shares().set_index("agent"), rescored.flows()
    assert shares["share_before"].sum() == pytest.approx(1)
    assert shares["share_after"].sum() == pytest.approx(1)
    assert list(shares.index) == sorted(set(log.loc[log["agent"].isin(shares.index), "agent"]))
    came, went = flows.groupby("to")["leads"].sum(), flows.groupby("from")["leads"].sum()
    change = came.reindex(shares.index, fill_value=0) - went.reindex(shares.index, fill_value=0)
    assert (shares["leads_after"] - shares["leads_before"] == change).all()
    assert flows["leads"].sum() == rescored.moved
    assert (flows["from"] != flows["to"]).all()
    assert rescored.after == shares["share_after"].to_dict()


def simple(**changes: Any) -> pd.DataFrame:
    """Two decisions among ana and bo; `changes` are whole columns."""
    columns = {
        "decision": ["d1", "d1", "d2", "d2"],
        "agent": ["ana", "bo", "ana", "bo"],
        "availability": [9000, 1000, 9000, 1000],
        "expertise": [1000, 9000, 9000, 1000],
        "performance": [0, 0, 0, 0],
        "responsiveness": [0, 0, 0, 0],
        "chosen": [True, False, True, False],
    }
    return pd.DataFrame(columns | changes)


def test_what_moves_is_counted_with_margin_and_direction() -> None:
    rescored = WhatIf.from_frames(simple()).rescore(
        {"expertise": 90, "availability": 10} | dict.fromkeys(FACTORS[2:], 0)
    )
    assert (rescored.n, rescored.moved, rescored.share_moved) == (2, 1, 0.5)
    assert rescored.flows().to_dict("list") == {"from": ["ana"], "to": ["bo"], "leads": [1]}
    assert list(rescored.decisions()["margin"]) == [640_000, 800_000]
    assert rescored.before == {"ana": 1.0, "bo": 0.0}
    assert rescored.after == {"ana": 0.5, "bo": 0.5}


def test_numbers_in_a_column_of_objects_are_numbers() -> None:
    plain = WhatIf.from_frames(simple()).rescore(EXPERTISE)
    assert plain.decisions().equals(WhatIf.from_frames(simple().astype(object)).rescore(EXPERTISE).decisions())


def test_shares_of_zero_to_one_are_rounded_to_ten_thousandths() -> None:
    shares = simple(**{factor: simple()[factor] / 10_000 for factor in FACTORS})
    for weights in (LOGGED, (0, 100, 0, 0)):
        one, other = (WhatIf.from_frames(frame).rescore(weights) for frame in (simple(), shares))
        pd.testing.assert_frame_equal(one.decisions(), other.decisions())


def test_a_margin_is_empty_where_nobody_else_was_eligible() -> None:
    decisions = WhatIf.from_frames(simple(eligible=[True, False, True, True])).rescore(LOGGED).decisions()
    assert list(decisions["margin"].isna()) == [True, False]


@pytest.mark.parametrize(
    "log, message",
    [
        (simple().drop(columns=["expertise", "chosen"]), r"no column 'expertise', 'chosen'; it needs decision, agent"),
        (simple(expertise=[0, 10_001, 0, 0]), r"expertise is 10001 in row 1; .* 0 to 10,000"),
        (simple(expertise=[0, 0, -1, 0]), r"expertise is -1 in row 2"),
        (
            simple(expertise=[0.5, 0.5, 1.5, 0.5]),
            r"expertise is 1\.5 in row 2 \(decision 'd2'\); .* share of 0 to 1 \(make the column whole",
        ),
        (simple(expertise=[0.5, np.nan, 0.5, 0.5]), r"expertise is empty \(NaN\) in row 1"),
        (simple(expertise=["high"] * 4), r"expertise is 'high' in row 0 \(decision 'd1'\), of dtype"),
        (simple(chosen=[True, False, False, False]), r"chosen is false in every row of decision 'd2' \(row 2"),
        (simple(chosen=[True, True, True, False]), r"chosen is true 2 times in decision 'd1': row 0 and row 1"),
        (
            simple(chosen=["yes", "no", "yes", "no"]),
            r"chosen is 'yes' in row 0 \(decision 'd1'\); it is true or false; .* candidates\['chosen'\]\.map\(",
        ),
        (simple(eligible=[False, True, True, True]), r"eligible is false in row 0, but its agent 'ana' was chosen in"),
        (simple(agent=["ana", "ana", "ana", "bo"]), r"agent is 'ana' twice in decision 'd1': row 0 and row 1"),
        (
            simple(agent=["ana", b"bo", "ana", "bo"]),
            r"agent is b'bo' in row 1 of candidates; give a text or a number, as candidates\['agent'\]\.str\.decode",
        ),
        (simple(agent=pd.Categorical([b"ana", b"bo", b"ana", b"bo"])), r"agent is b'ana' in row 0 of candidates"),
        (simple(agent=["ana", None, "ana", "bo"]), r"agent is empty \(NaN\) in row 1"),
        (
            simple(time=pd.Timestamp("2026-01-05 12:00")),
            r"time of candidates is 2026-01-05 12:00:00 in row 0 \(decision 'd1'\), .* utc=True",
        ),
        (simple(time="2026-01-05"), r"time of candidates is 2026-01-05 in row 0"),
    ],
)
def test_wrong_frames_are_refused_with_column_row_value_and_fix(log: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WhatIf.from_frames(log)


def test_outcomes_come_along_if_they_can_be_joined() -> None:
    outcomes = pd.DataFrame({"lead": ["l1"], "decision": ["d1"], "closed": [NOON]})
    assert WhatIf.from_frames(simple(), outcomes).outcomes is outcomes
    with pytest.raises(ValueError, match="outcomes has no column 'decision'; it needs decision, and has lead"):
        WhatIf.from_frames(simple(), outcomes[["lead"]])
    with pytest.raises(ValueError, match="closed of outcomes is 2026-01-05 12:00:00 in row 0"):
        WhatIf.from_frames(simple(), outcomes.assign(closed=pd.Timestamp(2026, 1, 5, 12)))


@pytest.mark.parametrize(
    "weights",
    [(50, 50), (50, 50, 0, 1), (120, -20, 0, 0), (0.35, 0.3, 0.2, 0.15), (0, 0, 0, 0), (True, 99, 0, 0), 0.6, None],
)
def test_wrong_weights_are_refused_with_the_fix(weights: Any) -> None:
    with pytest.raises(ValueError, match=r"weights are \[.* four whole numbers of 0 or more that sum to 100"):
        WhatIf.from_frames(simple()).rescore(weights)


def test_a_mapping_must_name_the_four_factors() -> None:
    with pytest.raises(ValueError, match="weights name skill; name availability, expertise"):
        WhatIf.from_frames(simple()).rescore({"skill": 100})


def test_weights_come_in_any_of_their_forms() -> None:
    what_if = WhatIf.from_frames(simple())
    forms: list[Any] = [
        Weights(),
        WeightsVersion(version=3, values=LOGGED),
        LOGGED,
        "-".join(map(str, LOGGED)),
        list(np.array(LOGGED)),
    ]
    forms.append(dict(zip(FACTORS, LOGGED, strict=True)))
    assert {what_if.rescore(form).weights for form in forms} == {LOGGED}


def test_no_decisions_make_an_empty_what_if_that_says_so() -> None:
    what_if = WhatIf.from_frames(simple().head(0))
    rescored = what_if.rescore(LOGGED)
    assert "no logged decisions" in repr(what_if)
    assert "no logged decisions" in repr(rescored)
    assert "no logged decisions" in rescored._repr_html_()
    assert (what_if.n, what_if.agents, rescored.moved, rescored.share_moved) == (0, (), 0, 0.0)
    assert (len(rescored.shares()), len(rescored.flows()), len(rescored.decisions())) == (0, 0, 0)


def test_the_caveat_stands_beside_every_result() -> None:
    rescored = WhatIf.from_frames(simple(agent=["<b>", "bo"] * 2)).rescore(LOGGED)
    assert "loads themselves would have changed" in rescored.caveat
    for shown in (repr(rescored), rescored._repr_html_()):
        assert rescored.caveat in shown
        assert "of 2 leads" in shown
    assert "<td>&lt;b&gt;</td>" in rescored._repr_html_()


def test_many_threads_may_rescore_at_once(in_numba: kernel.Share) -> None:
    (piece,) = WhatIf.from_frames(random_log(40_000, 8, seed=5))._pieces
    expected = kernel.flows(piece, (5, 5, 5, 85), kernel.in_numpy)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: kernel.flows(piece, (5, 5, 5, 85), in_numba), range(64)):
            np.testing.assert_array_equal(found, expected)


def test_importing_the_what_if_loads_neither_numba_nor_a_database() -> None:
    code = "import sys, collab.whatif; print(*{'numba', 'duckdb', 'deltalake'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr


def test_without_numba_numpy_rescores_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(
        sys.modules, "collab.whatif.compiled", None
    )  # what an import of it raises where numba is missing
    monkeypatch.setattr(kernel, "_numba", Loading("rescoring", kernel._load))
    with caplog.at_level(logging.WARNING, logger="collab.whatif.loading"):
        kernel.warm().join()
        kernel.warm().join()
    assert sum("rescoring uses numpy" in record.message for record in caplog.records) == 1
    assert kernel.in_numba() is None
    assert WhatIf.from_frames(simple()).rescore(LOGGED).n == 2


def assigned(seq: int, chosen: str, agents: dict[str, tuple[int, int, int, int]], shut: str = "") -> list[Entry]:
    """A lead that arrives at `seq`, and its decision at the next place."""
    lead = Lead(id=f"l{seq}", name="A customer")
    factors = {name: [values[place] for values in agents.values()] for place, name in enumerate(FACTORS)}
    n = len(agents)
    columns = {name: [0] * n for name in ("active", "capacity", "closed", "responses", "score")}
    candidates = Candidates(
        agent=list(agents),
        presence=["available"] * n,
        gate=["offline" if agent == shut else "" for agent in agents],
        propensity=[float(agent == chosen) for agent in agents],
        **factors,
        **columns,
    )
    weights = WeightsVersion(version=1, values=LOGGED)
    time = NOON + timedelta(hours=seq)
    decision = Decision(lead=lead, time=time, agent=chosen, candidates=candidates, weights=weights, seed=seq)
    arrived = ev.LeadArrived(id=f"a{seq}", time=time, lead=lead)
    return [
        Entry(seq, "acme", arrived),
        Entry(seq + 1, "acme", ev.LeadAssigned(id=f"d{seq}", time=time, decision=decision)),
    ]


ANA_BO = {"ana": (9000, 1000, 0, 0), "bo": (1000, 9000, 0, 0)}
EXPERTISE = (0, 100, 0, 0)


@pytest.fixture
def writer(tmp_path: Path) -> Any:
    writer = Writer(Folder(tmp_path / "history"), 0)
    writer.open()
    joined = [ev.AgentJoined(id=f"j-{agent}", time=NOON, agent=agent, name=agent) for agent in ("ana", "bo")]
    writer.write([Entry(seq, "acme", event) for seq, event in enumerate(joined, 1)])
    yield writer
    writer.close()


def history_of(writer: Writer) -> History:
    return History(writer.folder.url, "acme")


def test_a_history_is_rescored_and_grows_without_being_read_again(writer: Writer) -> None:
    writer.write(assigned(3, "ana", ANA_BO))
    writer.write(assigned(5, "ana", ANA_BO, shut="bo"))
    what_if = WhatIf(history_of(writer))
    assert (what_if.n, what_if.agents, what_if.last) == (2, ("ana", "bo"), 6)
    assert what_if.refreshed() is what_if
    rescored = what_if.rescore(EXPERTISE)
    assert rescored.flows().to_dict("list") == {"from": ["ana"], "to": ["bo"], "leads": [1]}
    assert rescored.decisions().drop(columns="margin").to_dict("list") == {
        "decision": ["d3", "d5"],
        "lead": ["l3", "l5"],
        "logged": ["ana", "ana"],
        "rescored": ["bo", "ana"],
    }
    writer.write(assigned(7, "bo", {"abe": (0, 9500, 0, 0), **ANA_BO}))
    grown = what_if.refreshed()
    assert (grown.n, grown.agents, grown.last, what_if.n) == (3, ("abe", "ana", "bo"), 8, 2)
    again = WhatIf(history_of(writer))
    np.testing.assert_array_equal(grown.rescore(EXPERTISE).counts, again.rescore(EXPERTISE).counts)
    pd.testing.assert_frame_equal(grown.rescore(EXPERTISE).decisions(), again.rescore(EXPERTISE).decisions())
    assert list(grown.rescore(EXPERTISE).decisions()["rescored"]) == ["bo", "ana", "abe"]


def test_an_overridden_decision_is_left_out_and_counted(writer: Writer) -> None:
    writer.write([*assigned(3, "ana", ANA_BO), *assigned(5, "ana", ANA_BO)])
    before = WhatIf(history_of(writer))
    time = NOON + timedelta(hours=9)
    override = ev.LeadOverridden(id="o7", time=time, lead="l3", decision="d3", agent="ana", to="bo", by="a supervisor")
    writer.write([Entry(7, "acme", override)])
    for what_if in (before.refreshed(), WhatIf(history_of(writer))):
        rescored = what_if.rescore(EXPERTISE)
        assert (what_if.n, what_if.left_out, rescored.n, rescored.left_out, rescored.moved) == (1, 1, 1, 1, 1)
        assert list(rescored.decisions()["decision"]) == ["d5"]
        assert "1 overridden left out" in repr(rescored)
        assert repr(what_if).startswith("WhatIf: 1 decision among 2 agents, ")
        assert "1 decision that a person took is left out." in what_if.page_html(0.5)
    assert before.rescore(EXPERTISE).n == 2


def routed(seq: int, lead: Lead, team: Team, by: str = "", to: str = "", known: str | None = None) -> list[Entry]:
    """A lead and the router's decision on it, or a person's."""
    time = NOON + timedelta(hours=seq)
    decision = decide(lead, team, time, known=known)
    decision = chosen_by(decision, to, by) if by else decision
    arrived = ev.LeadArrived(id=f"a{seq}", time=time, lead=lead)
    return [
        Entry(seq, "acme", arrived),
        Entry(seq + 1, "acme", ev.LeadAssigned(id=f"d{seq}", time=time, decision=decision)),
    ]


def test_sticky_leads_stay_whatever_the_weights_and_a_person_s_are_left_out(writer: Writer) -> None:
    able = {"capacity": 5, "presence": Presence.available}
    team = Team(
        agents={
            "ana": Agent(id="ana", name="Ana", skills={"property:condo": 1.0}, **able),
            "bo": Agent(id="bo", name="Bo", closed=50, converted=50, **able),
            "cy": Agent(id="cy", name="Cy", **able),
        }
    )
    condo = Lead(id="l", name="A customer", property_type="condo", customer="c")
    french = Lead(id="m", name="A customer", requires=("language:fr",))
    writer.write([*routed(3, condo, team), *routed(5, condo, team, known="cy")])
    first = WhatIf(history_of(writer))
    writer.write([*routed(7, french, team, by="Kim", to="bo"), *routed(9, condo, team, known="bo")])
    for what_if, sticky in ((first, 1), (first.refreshed(), 2), (WhatIf(history_of(writer)), 2)):
        assert (what_if.sticky, what_if.n, what_if.left_out) == (sticky, 1 + sticky, sticky - 1)
        assert what_if.rescore(LOGGED).moved == 0
        for weights in simplex_grid()[::60].tolist():
            rescored = what_if.rescore(weights)
            stayed = rescored.decisions().set_index("decision")["rescored"]
            assert stayed["d5"] == "cy"
            assert sticky == 1 or stayed["d9"] == "bo"
            assert "d7" not in stayed
            assert f"{sticky} sticky stay" in repr(rescored)
    assert len({what_if.rescore(weights).decisions()["rescored"][0] for weights in simplex_grid()[::60].tolist()}) > 1


def test_since_and_until_bound_the_decisions(writer: Writer) -> None:
    writer.write([*assigned(3, "ana", ANA_BO), *assigned(5, "ana", ANA_BO), *assigned(7, "ana", ANA_BO)])
    since, until = NOON + timedelta(hours=5), NOON + timedelta(hours=9)
    bounded = WhatIf(history_of(writer), since=since, until=until)
    assert list(bounded.rescore(LOGGED).decisions()["decision"]) == ["d5", "d7"]
    writer.write([*assigned(9, "ana", ANA_BO)])
    assert bounded.refreshed().n == 2
    assert WhatIf(history_of(writer), since=since).n == 3
    with pytest.raises(ValueError, match="since is 2026-01-05T12:00:00, which has no time zone"):
        WhatIf(history_of(writer), since=datetime(2026, 1, 5, 12))  # noqa: DTZ001
    for wrong in ("2026-01-05", "", date(2026, 1, 5), pd.NaT):
        with pytest.raises(ValueError, match=r"since is .*; give an aware time, e.g. datetime\("):
            WhatIf(history_of(writer), since=wrong)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"until is .*; give an aware time, e.g. datetime\("):
            WhatIf(history_of(writer), until=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"since is 2026-01-05T21:00.* is not before until, 2026-01-05T17:00.*earlier"):
        WhatIf(history_of(writer), since=until, until=since)
    for days, said in ((1e9, "days is 1e[+]09, which is before the year 1; give fewer"), ("7", "days is '7'; give a")):
        with pytest.raises(ValueError, match=said):
            WhatIf(history_of(writer), days=days)


@pytest.mark.parametrize("wrong", ["data/history", None, 5])
def test_another_thing_in_the_place_of_a_history_is_refused_with_the_fix(wrong: Any) -> None:
    with pytest.raises(TypeError, match=rf"history is {wrong!r}; give a collab.History, e.g. WhatIf\(History"):
        WhatIf(wrong)


def test_a_what_if_knows_what_agents_are_called_if_it_comes_from_a_history(writer: Writer) -> None:
    assert WhatIf(history_of(writer)).names == {"ana": "ana", "bo": "bo"}


def test_a_history_with_nothing_in_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    what_if = WhatIf(History(tmp_path / "none", "acme"))
    assert (what_if.n, repr(what_if)) == (0, "WhatIf: there are no logged decisions")
    assert isinstance(what_if.rescore(Weights()), Rescored)


def test_many_refreshes_keep_few_pieces_and_every_decision(writer: Writer) -> None:
    what_if = WhatIf(history_of(writer))
    for seq in range(3, 23, 2):
        writer.write(assigned(seq, "ana", ANA_BO))
        what_if = what_if.refreshed()
    assert len(what_if._pieces) <= 3
    assert (what_if.n, what_if.rescore(EXPERTISE).moved) == (10, 10)
    assert list(what_if.rescore(LOGGED).decisions()["lead"]) == [f"l{seq}" for seq in range(3, 23, 2)]


def test_loading_numba_happens_beside_and_once_a_process() -> None:
    threads = {kernel.warm() for _ in range(3)}
    assert len(threads) == 1
    assert threading.current_thread() not in threads
