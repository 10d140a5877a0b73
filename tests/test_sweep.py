from __future__ import annotations

import logging
import subprocess
import sys
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from collab.records import FACTORS
from collab.whatif import Limits, frames, grid
from collab.whatif.cases import Cases
from collab.whatif.compiled_bounds import LANES
from collab.whatif.sweep import Sweep, front, sweep
from collab.winning import simplex_grid

LOGGED = (35, 30, 20, 15)
AGENTS = ("ana", "bo", "Bo", "cy", "é", "a10", "a9")
Float = NDArray[np.float64]
Rows = list[dict[Any, Any]]


@st.composite
def logs(draw: st.DrawFn) -> pd.DataFrame:
    """Decisions with ragged candidates and many ties, logged with propensities and rewards."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = draw(st.sampled_from([[0, 10_000], [0, 1, 4999, 5000, 10_000], [5000, 5001], range(10_001)]))
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 16))):
        agents = chance.permutation(AGENTS)[: chance.integers(1, len(AGENTS) + 1)].tolist()
        share = 1.0 if len(agents) == 1 else chance.choice([0.5, 1 / 3, 0.01])
        for place, agent in enumerate(agents):
            factors = dict(zip(FACTORS, chance.choice(levels, len(FACTORS)).tolist(), strict=True))
            given = share if place == 0 else (1 - share) / (len(agents) - 1)
            rows.append({"decision": f"d{number}", "agent": agent, "chosen": place == 0, "propensity": given} | factors)
    log = pd.DataFrame(rows)
    log["converted"] = chance.integers(0, 2, len(log)).astype(float)
    log["value"] = chance.gamma(1.0, 300.0, len(log))
    return log


def read(log: pd.DataFrame) -> tuple[Cases, pd.DataFrame]:
    """The cases, and the rows of the logged agents in their order."""
    cases, names = frames.read(log)
    return cases, log[log["chosen"]].set_index("decision").loc[names["decision"]]


def wins(rows: Rows, weights: list[int]) -> dict[str, bool]:
    """Whether the logged agent of each decision wins, in plain Python."""
    found: dict[str, tuple[int, str, bool]] = {}
    for row in rows:
        score = sum(w * row[factor] for w, factor in zip(weights, FACTORS, strict=True))
        best = found.get(row["decision"])
        if best is None or (-score, row["agent"]) < (-best[0], best[1]):
            found[row["decision"]] = (score, row["agent"], row["chosen"])
    return {decision: chosen for decision, (_, _, chosen) in found.items()}


def random_cases(n: int, team: int, seed: int) -> Cases:
    """Decisions of ragged candidates, faster than hypothesis makes them; chosen greedily under `LOGGED`."""
    chance = np.random.default_rng(seed)
    counts = chance.integers(1, team + 1, n)
    agent = np.concatenate([np.sort(chance.permutation(team)[:count]) for count in counts]) + 1
    factors = chance.integers(0, 10_001, (4, len(agent)), dtype=np.int16)
    score = np.array(LOGGED) @ factors.astype(np.int64)
    starts = np.cumsum(counts) - counts
    chosen = [agent[low + np.argmax(score[low : low + count])] for low, count in zip(starts, counts, strict=True)]
    names = tuple(f"a{number:04}" for number in range(team))
    return Cases(names, np.arange(n), np.array(chosen, np.uint16), counts, agent.astype(np.uint16), factors)


@pytest.fixture(scope="module")
def in_numba() -> grid.Share:
    share = grid.in_numba()
    assert share is not None
    return share


@given(logs(), st.sampled_from([10, 20, 25, 50, 100]))
def test_numba_and_numpy_count_as_plain_python_at_every_weights_of_the_grid(
    in_numba: grid.Share, log: pd.DataFrame, step: int
) -> None:
    cases, logged = read(log)
    columns = np.stack([np.ones(len(logged)), logged["value"], logged["value"] ** 2, 1 / logged["propensity"]])
    rows = log.to_dict("records")
    by_weights = [wins(rows, weights) for weights in simplex_grid(step).tolist()]
    won = np.array([[found[decision] for decision in logged.index] for found in by_weights], float)
    for share in (in_numba, grid.in_numpy):
        found = grid.sums(cases, columns, step, share)
        np.testing.assert_array_equal(found[:, 0], won.sum(axis=1))
        np.testing.assert_allclose(found, won @ columns.T, rtol=1e-9)


def scored(cases: Cases, step: int) -> NDArray[np.bool_]:
    """Whether each logged agent wins (weights, decisions), from the scores themselves."""
    found = []
    starts = np.cumsum(cases.counts) - cases.counts
    for low, count, chosen in zip(starts, cases.counts, cases.chosen, strict=True):
        scores = simplex_grid(step) @ cases.factors[:, low : low + count].astype(np.int64)
        found.append(cases.agent[low + np.argmax(scores, axis=1)] == chosen)
    return np.stack(found, axis=1)


@pytest.mark.parametrize("n, team, step", [(3000, 9, 5), (600, 5, 2), (8, 6, 1), (5, 300, 5), (LANES, 4, 10)])
def test_every_way_to_compute_is_exact_on_many_blocks_at_fine_steps(
    in_numba: grid.Share, n: int, team: int, step: int
) -> None:
    cases = random_cases(n, team, seed=n)
    columns = np.concatenate([np.ones((1, n)), np.random.default_rng(1).gamma(1, 5, (5, n))])
    expected = scored(cases, step)
    for share in (in_numba, grid.in_numpy):
        found = grid.sums(cases, columns, step, share)
        np.testing.assert_array_equal(found[:, 0], expected.sum(axis=1))
        np.testing.assert_allclose(found, expected @ columns.T, rtol=1e-9)


@pytest.mark.parametrize("step", [1, 2, 5])
def test_scores_that_differ_by_one_unit_at_the_ends_of_their_range_are_told_apart(
    in_numba: grid.Share, step: int
) -> None:
    chance = np.random.default_rng(step)
    n = 20 if step == 1 else 300
    ends = chance.choice([0, 1, 2, 9998, 9999, 10_000], (4, n, 2))
    ends[:, :, 1] = np.clip(ends[:, :, 0] + chance.integers(-1, 2, (4, n)), 0, 10_000)
    factors = ends.reshape(4, -1).astype(np.int16)
    agent = np.tile(np.array([1, 2], np.uint16), n)
    chosen = chance.integers(1, 3, n).astype(np.uint16)
    cases = Cases(("a", "b"), np.arange(n), chosen, np.full(n, 2), agent, factors)
    expected = scored(cases, step).sum(axis=1)
    for share in (in_numba, grid.in_numpy):
        np.testing.assert_array_equal(grid.sums(cases, np.ones((1, n)), step, share)[:, 0], expected)


def test_the_logged_weights_move_no_lead_of_a_greedy_log() -> None:
    cases = random_cases(500, 7, seed=4)
    found = grid.sums(cases, np.ones((1, 500)), 5)[:, 0]
    here = (simplex_grid() == LOGGED).all(axis=1)
    assert found[here].tolist() == [500]
    assert found.min() < 500


def test_decisions_without_a_logged_agent_count_nowhere() -> None:
    cases = random_cases(600, 5, seed=6)
    columns = np.random.default_rng(2).random((2, 600))
    out = np.arange(600) % 3 == 0
    some = cases._replace(chosen=np.where(out, np.uint16(0), cases.chosen))
    columns_of_others = np.where(out, 0.0, columns)
    np.testing.assert_allclose(
        grid.sums(some, columns, 20), grid.sums(cases, columns_of_others, 20), rtol=1e-12, atol=1e-12
    )
    nobody = cases._replace(chosen=np.zeros(600, np.uint16))
    assert not grid.sums(nobody, columns, 20).any()


@pytest.mark.parametrize("step", [0, -5, 3, 101, 2.5, None])
def test_a_step_that_does_not_divide_100_is_refused_with_the_fix(step: Any) -> None:
    with pytest.raises(ValueError, match=rf"step is {step!r}; give a whole number that divides 100"):
        grid.sums(random_cases(3, 2, seed=1), np.ones((1, 3)), step)


@pytest.mark.parametrize("step", [1, 2, 4, 5, 10, 20, 25, 50, 100])
def test_the_grid_has_as_many_weights_as_are_counted(step: int) -> None:
    assert grid.count(step) == len(simplex_grid(step))


def test_progress_is_heard_part_by_part_and_cancelling_stops_between_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "PART", 100)
    cases, columns = random_cases(350, 4, seed=3), np.ones((1, 350))
    heard: list[tuple[int, int]] = []
    whole = grid.sums(cases, columns, 10, progress=lambda *place: heard.append(place))
    assert heard == [(100, 350), (200, 350), (300, 350), (350, 350)]
    heard.clear()
    with pytest.raises(CancelledError, match="after 200 of 350 decisions"):
        grid.sums(cases, columns, 10, progress=lambda *place: heard.append(place), cancelled=lambda: len(heard) == 2)
    assert heard == [(100, 350), (200, 350)]
    monkeypatch.undo()
    np.testing.assert_array_equal(grid.sums(cases, columns, 10), whole)


def test_an_error_in_a_part_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "PART", 10)

    def broken(*_: Any) -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        grid.sums(random_cases(50, 4, seed=3), np.ones((1, 50)), 10, broken)


def test_many_threads_may_sweep_at_once_and_get_the_same_bits(in_numba: grid.Share) -> None:
    n = 2 * grid.PART + 5
    cases, columns = random_cases(n, 4, seed=5), np.random.default_rng(3).gamma(1, 5, (3, n))
    expected = grid.sums(cases, columns, 20, in_numba)
    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(lambda _: grid.sums(cases, columns, 20, in_numba), range(12)):
            np.testing.assert_array_equal(found, expected)


def test_without_numba_numpy_sweeps_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "collab.whatif.compiled_grid", None)  # as if numba were missing
    monkeypatch.setattr(grid, "WORTH_NUMBA", 0)
    monkeypatch.setattr(grid, "in_numba", grid.cache(grid.in_numba.__wrapped__))
    cases = random_cases(40, 4, seed=3)
    with caplog.at_level(logging.WARNING, logger="collab.whatif.grid"):
        found = [grid.sums(cases, np.ones((1, 40)), 20) for _ in range(2)]
    assert sum("the sweep uses numpy" in record.message for record in caplog.records) == 1
    np.testing.assert_array_equal(found[0], grid.sums(cases, np.ones((1, 40)), 20, grid.in_numpy))


def test_importing_the_grid_loads_no_numba() -> None:
    code = "import sys, collab.whatif.sweep; print(*{'numba', 'duckdb'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr


def by_definition(rows: Rows, logged: pd.DataFrame, weights: list[int]) -> dict[str, float]:
    """A row of the frame in plain Python."""
    won = wins(rows, weights)
    n = len(logged)
    u = [won[decision] / p for decision, p in logged["propensity"].items()]
    found: dict[str, float] = {"moved": n - sum(won.values()), "share_moved": 1 - sum(won.values()) / n}
    found["ess"] = sum(u) ** 2 / sum(one**2 for one in u) if sum(u) else 0.0
    for metric in ("converted", "value"):
        v = [one * reward for one, reward in zip(u, logged[metric], strict=True)]
        found[f"ips_{metric}"] = sum(v) / n
        found[f"snips_{metric}"] = sum(v) / sum(u) if sum(u) else np.nan
    return found


def swept(log: pd.DataFrame, step: int = 20, **how: Any) -> Sweep:
    cases, logged = read(log)
    rewards = {metric: logged[metric].to_numpy() for metric in ("converted", "value")}
    return sweep(cases, logged["propensity"].to_numpy(), rewards, step=step, **how)


@given(logs(), st.sampled_from([20, 50]), st.booleans())
def test_each_row_of_the_frame_is_what_its_formulas_say(
    in_numba: grid.Share, log: pd.DataFrame, step: int, compiled: bool
) -> None:
    found = swept(log, step, share=in_numba if compiled else grid.in_numpy)
    frame = found.frame()
    np.testing.assert_array_equal(frame[list(FACTORS)], found.weights)
    rows, (_, logged) = log.to_dict("records"), read(log)
    expected = pd.DataFrame([by_definition(rows, logged, weights) for weights in found.weights.tolist()])
    pd.testing.assert_frame_equal(frame[list(expected.columns)], expected, rtol=1e-9, atol=1e-12)


@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_count_and_no_estimate(log: pd.DataFrame, chance: Any) -> None:
    order = list(range(len(log)))
    chance.shuffle(order)
    one, other = swept(log).frame(), swept(log.iloc[order]).frame()
    np.testing.assert_array_equal(one["moved"], other["moved"])
    pd.testing.assert_frame_equal(one, other, rtol=1e-9, atol=1e-12)


def test_the_grid_point_of_the_logged_weights_moves_no_lead_and_has_all_of_the_sample() -> None:
    cases = random_cases(400, 6, seed=8)
    found = sweep(cases, np.ones(400), {"value": np.arange(400.0)})
    (here,) = np.flatnonzero((found.weights == LOGGED).all(axis=1))
    row = found.frame().loc[here]
    assert (row["moved"], row["share_moved"], row["ess"]) == (0, 0.0, 400.0)
    assert row["ips_value"] == row["snips_value"] == pytest.approx(199.5)
    assert found.best("-moved").to_dict() == row.to_dict()


def test_of_a_log_that_drew_nothing_each_weights_that_move_more_than_the_limit_are_refused() -> None:
    """Such a log tries nobody else: the share that moves is what it never tried, with no luck in it."""
    chance = np.random.default_rng(2)
    log = pd.DataFrame({"decision": np.repeat(np.arange(300), 3), "agent": list("abc") * 300})
    log = log.assign(**{factor: chance.integers(0, 10_001, 900) for factor in FACTORS})
    scores = log[list(FACTORS)].to_numpy() @ np.array(LOGGED)
    log["chosen"] = (scores.reshape(300, 3) == scores.reshape(300, 3).max(axis=1, keepdims=True)).reshape(-1)
    log["propensity"] = log["chosen"].astype(float)
    found = sweep(read(log)[0], np.ones(300), {}, step=5, limits=Limits(ess=10)).frame()
    assert (found["refused"] == (found["share_moved"] > 0.05)).all()
    assert found["refused"].any()
    assert not found["refused"].all()


def test_without_propensities_a_sweep_counts_only() -> None:
    found = sweep(random_cases(50, 4, seed=8), step=25)
    assert list(found.frame().columns) == [*FACTORS, "moved", "share_moved"]
    assert "35 weights in steps of 25, 50 decisions" in repr(found)
    with pytest.raises(ValueError, match="there is no column 'ess'; there are availability"):
        found.best("moved", keep={"ess": 1})
    with pytest.raises(
        ValueError, match=r"there is no column 'converted'; there are availability, .*, team_converted,"
    ):
        found.best("converted")


def test_a_sweep_hears_of_progress_and_of_cancelling() -> None:
    heard: list[tuple[int, int]] = []
    cases = random_cases(50, 4, seed=8)
    sweep(cases, step=50, progress=lambda *place: heard.append(place))
    assert heard == [(50, 50)]
    with pytest.raises(CancelledError):
        sweep(cases, step=50, cancelled=lambda: True)


@pytest.mark.parametrize(
    "propensity, rewards, message",
    [
        ([0.5, 0.0, 1.0], None, r"propensity is 0.0 in decision 1; make it in \(0, 1\]"),
        ([0.5, 0.5, np.nan], None, "propensity is nan in decision 2"),
        ([0.5, 0.5], None, r"propensity has shape \(2,\); give one value for each of 3 decisions"),
        ([1, 1, 1], {"value": [1.0, np.inf, 0.0]}, "value is inf in decision 1; make it a finite number"),
        (None, {"value": [1, 1, 1]}, "rewards are value, but propensity is None; give both"),
    ],
)
def test_wrong_propensities_and_rewards_are_refused_with_the_fix(propensity: Any, rewards: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sweep(random_cases(3, 3, seed=2), propensity, rewards, step=50)


def test_what_is_unknown_of_a_decision_without_a_logged_agent_does_not_matter() -> None:
    cases = random_cases(3, 3, seed=2)
    some = cases._replace(chosen=cases.chosen * np.array([1, 0, 1], np.uint16))
    found = sweep(some, np.array([1, np.nan, 0.5]), {"value": np.array([2, np.nan, 4])}, step=50)
    assert found.n == 2
    assert found.frame()["ips_value"].notna().all()


@given(
    st.integers(1, 3).flatmap(
        lambda width: st.tuples(
            st.lists(st.lists(st.integers(0, 4), min_size=width, max_size=width), max_size=30),
            st.lists(st.booleans(), min_size=width, max_size=width),
        )
    )
)
def test_the_front_holds_exactly_the_rows_that_none_dominates(drawn: tuple[list[list[int]], list[bool]]) -> None:
    rows, maximise = drawn
    good = [[value if more else -value for value, more in zip(row, maximise, strict=True)] for row in rows]
    expected = [
        not any(all(a >= b for a, b in zip(other, row, strict=True)) and other != row for other in good) for row in good
    ]
    assert front(np.array(rows, float).reshape(-1, len(maximise)), maximise).tolist() == expected


def test_a_row_with_a_nan_is_not_on_the_front_and_keeps_none_from_it() -> None:
    values = np.array([[np.nan, 9.0], [1.0, 1.0], [9.0, np.nan], [0.0, 2.0], [0.0, 1.0]])
    assert front(values).tolist() == [False, True, False, True, False]
    with pytest.raises(ValueError, match="maximise has 1 values; give one for each of the 2 columns"):
        front(values, [True])


def table() -> Sweep:
    """A sweep of four weights whose frame is known: 10 decisions, u of 1, rewards that fall as leads move."""
    stayed = np.array([10.0, 8, 8, 0])
    sums = np.stack([stayed, stayed, stayed, np.array([1.0, 4, 2, 0])], axis=1)
    return Sweep(100, 10, sums, ["converted"])


def test_front_and_best_weigh_up_columns_within_what_is_kept() -> None:
    found = table()
    assert found.front("converted", "-moved")["moved"].tolist() == [2, 0]
    assert found.front("snips_converted")["snips_converted"].tolist() == [0.5]
    assert found.best("converted")["ess"] == 8
    assert found.best("converted", keep={"ess": 9})["snips_converted"] == 0.1
    assert found.best("ess", keep={"-moved": 2, "converted": 0.2})["ips_converted"] == 0.4
    assert found.best("moved")["moved"] == 10


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda found: found.best("won"), "there is no column 'won'; there are converted, availability"),
        (lambda found: found.front(), "no column is named; name those to weigh up"),
        (
            lambda found: found.front("converted", keep={"ess": 450}),
            "keep asks for ess of at least 450; the nearest is 10",
        ),
        (lambda found: found.best("ess", keep={"-moved": -1}), "keep asks for moved of at most -1; the nearest is 0"),
        (lambda found: found.best("converted", keep={"moved": 9}), "converted is empty for all weights that are left"),
    ],
)
def test_a_question_without_an_answer_is_refused_with_the_fix(ask: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask(table())


def test_the_caveats_stand_beside_a_sweep_and_an_empty_one_says_so() -> None:
    found = table()
    for shown in (repr(found), found._repr_html_()):
        assert "loads themselves would have changed" in shown
        assert "chooses on some days and reports on others" in shown
        assert "10 decisions; 0 to 10 leads move, ESS 0 to 10" in shown
    nobody = random_cases(3, 3, seed=2)._replace(chosen=np.zeros(3, np.uint16))
    empty = sweep(nobody, np.ones(3), {"value": np.ones(3)}, step=100)
    assert "there are no logged decisions" in repr(empty)
    assert empty.frame()["share_moved"].tolist() == [0.0] * 4
