"""Weights of a grid with the whole team simulated, from coarse to fine, and recommendations that keep what is asked."""

from __future__ import annotations

from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import cache
from typing import Any

import closed_loop
import numpy as np
import pandas as pd
import pytest

from collab.records import FACTORS
from collab.whatif import WhatIf
from collab.whatif.answers import TEAM, Limits
from collab.whatif.search import Search, column
from collab.whatif.sweep import NothingLeft, front
from collab.winning import simplex_grid

LOGGED, LEADS = (35, 30, 20, 15), 1200


@cache
def log(load: float = 0.55, agents: bool = True) -> WhatIf:
    """The log of a closed loop at this load, whose router explores with a fifth of the leads."""
    ways = closed_loop.Ways(load=load)
    given = closed_loop.frames(ways, closed_loop.run(ways, LOGGED, LEADS, 0, 0.2))
    return WhatIf.from_frames(*given[: 3 if agents else 2])


@cache
def whole() -> Search:
    """The whole grid in steps of a tenth, simulated."""
    found = Search(log()._fit, 10)
    found.simulate(np.arange(len(found.weights)))
    return found


def test_what_is_simulated_of_a_weights_is_what_simulate_says() -> None:
    asked = (10, 80, 5, 5)
    found = Search(log()._fit, 5)
    (row,) = np.flatnonzero((found.weights == asked).all(axis=1))
    found.simulate(np.array([row]))
    simulated = log().simulate(asked, seeds=2)
    np.testing.assert_allclose(found.figures[row], [simulated[name].value for name in TEAM])
    assert found.known.sum() == 1


@pytest.mark.parametrize("step", [1, 5, 10, 20])
def test_what_lies_beside_a_row_is_one_move_of_a_share_away(step: int) -> None:
    found, chance = Search(log()._fit, step), np.random.default_rng(step)
    for row in chance.integers(0, len(found.weights), 5):
        beside = found._beside(np.array([row]), step)
        apart = np.abs(simplex_grid(step) - found.weights[row])
        np.testing.assert_array_equal(
            beside, np.flatnonzero((apart.sum(axis=1) == 2 * step) & (apart.max(axis=1) == step))
        )


@pytest.mark.parametrize("step, first", [(5, 286), (10, 286), (20, 56), (50, 10)])
def test_a_search_begins_with_a_coarse_grid_and_ends_where_nothing_new_is_near(step: int, first: int) -> None:
    found = Search(log()._fit, step, seeds=1)
    counts: list[int] = []
    one = TEAM.index("converted")

    def best() -> Any:
        counts.append(int(found.known.sum()))
        return np.array([np.nanargmax(found.figures[:, one])])

    found.along(best)
    assert counts[0] == first
    assert len(found._beside(best(), step)) == 0
    assert counts[-1] <= len(found.weights)


def test_the_front_of_a_search_is_that_of_the_whole_grid() -> None:
    swept = log().sweep(0.1)
    found = swept.front("team_converted", "response_s")
    better = whole().figures[:, [TEAM.index("converted"), TEAM.index("response_s")]] * [1, -1]
    expected = whole().weights[front(better)]
    assert {*map(tuple, found[list(FACTORS)].to_numpy())} == {*map(tuple, expected)}
    assert swept.best("balance")["team_balance"] == whole().figures[:, TEAM.index("balance")].max()
    assert "286 of the weights simulated (whole team, simulated)" in repr(swept)


def test_the_best_that_is_found_is_as_good_in_truth_as_the_best_of_all() -> None:
    ways = closed_loop.Ways(load=0.55)
    best = log().sweep(0.2).best("team_converted", keep={"balance": 0.5, "response_s": 1000})
    mine = tuple(int(best[factor]) for factor in FACTORS)
    once = {tuple(one): closed_loop.truth(ways, tuple(one), LEADS, 1)["converted"] for one in simplex_grid(25).tolist()}
    first = sorted(once, key=lambda one: -once[one])[:3]  # which one run may have made the first
    true = {one: closed_loop.truth(ways, one, LEADS, 4)["converted"] for one in (mine, *first)}
    assert true[mine] >= max(true.values()) - 0.02
    assert max(once.values()) - min(once.values()) > 0.1


def test_what_is_kept_is_kept_by_every_row() -> None:
    kept = log().sweep(0.1).front("converted", keep={"balance": 0.95, "overload": 0.4})
    assert (kept["team_balance"] >= 0.95).all()
    assert (kept["team_overload"] <= 0.4).all()


def test_of_times_less_is_better_with_and_without_a_minus() -> None:
    assert column("response_s") == column("-response_s") == column("team_response_s") == ("team_response_s", False)
    assert column("balance") == ("team_balance", True)
    assert column("-balance") == ("team_balance", False)
    assert column("converted") == ("snips_converted", True)
    assert column("team_converted") == ("team_converted", True)
    assert column("-share_moved") == ("share_moved", False)


def test_where_the_team_would_be_loaded_too_much_there_are_no_figures() -> None:
    swept = log().sweep(0.2, limits=Limits(utilization=0.1))
    with pytest.raises(NothingLeft, match=r"keep asks for balance of at least 0\.5; all are empty"):
        swept.front("converted", keep={"balance": 0.5})


def test_what_cannot_be_kept_says_how_near_one_comes() -> None:
    with pytest.raises(NothingLeft, match=r"keep asks for response_s of at most 1; the nearest is \d+\.?\d*: ask for"):
        log().sweep(0.2).front("converted", keep={"response_s": 1})


def test_what_is_no_number_is_not_kept() -> None:
    with pytest.raises(ValueError, match=r"keep\['balance'\] is 'high'; give a finite number"):
        log().sweep(0.2).front("converted", keep={"balance": "high"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "keep, message",
    [
        ({"converted": float("nan")}, r"keep\['converted'\] is nan; give a finite number"),
        ([("ess", 400)], r"keep is \[\('ess', 400\)\]; give a bound for each column, e.g. \{'balance': 0.85\}"),
        ({0: 1}, "column is 0; name one as text"),
    ],
)
def test_what_is_no_bound_of_a_column_is_refused(keep: Any, message: str) -> None:
    for ask in (log().sweep(0.2).best, log().recommend):
        with pytest.raises(ValueError, match=message):
            ask("converted", keep=keep)
    with pytest.raises(ValueError, match=r"metric is \['converted'\]; give one that the log has: converted"):
        log().recommend(["converted"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"column is \['converted', 'ess'\]; name one as text"):
        log().sweep(0.2).front(["converted", "ess"])  # type: ignore[arg-type]


def test_without_agents_a_team_s_metric_says_what_it_needs() -> None:
    with pytest.raises(ValueError, match="there are no agents to simulate; give them to from_frames"):
        log(agents=False).sweep(0.2).front("converted", keep={"balance": 0.5})


def test_a_search_is_heard_of_and_can_be_stopped() -> None:
    heard: list[tuple[int, int]] = []
    first: list[tuple[int, int]] = []
    swept = log().sweep(0.2, progress=lambda done, of: first.append((done, of)))
    decisions = list(first)
    with pytest.raises(CancelledError):
        swept.front("balance", cancelled=lambda: True)
    swept.best("balance", progress=lambda done, of: heard.append((done, of)))
    assert heard[-1] == (56, 56)
    assert first == decisions  # who swept first need not be there any more


def test_many_threads_may_ask_one_sweep_at_once() -> None:
    alone = log().sweep(0.2)
    swept, asked = log().sweep(0.2), [("team_converted", "response_s"), ("balance", "wait_s"), ("overload",)] * 2
    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(lambda columns: swept.front(*columns), asked))
    for columns, front_ in zip(asked, found, strict=True):
        pd.testing.assert_frame_equal(front_[list(FACTORS)], alone.front(*columns)[list(FACTORS)])


def test_recommendations_keep_what_is_asked_on_both_halves() -> None:
    found = log().recommend(keep={"balance": 0.8, "response_s": 1000}, step=0.2, limits=Limits(ess=50))
    assert len(found) >= 1
    for name in ("balance", "response_s"):
        low, value, high = (found[f"team_{name}{end}"] for end in ("_low", "", "_high"))
        assert (low <= value).all()
        assert (value <= high).all()
    assert (found["kept"] == "yes").all()
    none = log().recommend(keep={"balance": 0.9999}, step=0.2)
    assert none.empty
    assert "keep asks for balance of at least 0.9999; the nearest is 0.9" in none.attrs["none"]


def test_what_lies_on_both_sides_of_what_is_asked_is_kept_perhaps() -> None:
    settings: dict[str, Any] = {"step": 0.2, "limits": Limits(ess=50)}
    bound = float(log().recommend(keep={"response_s": 1000}, **settings)["team_response_s"].max())
    found = log().recommend(keep={"response_s": bound, "unserved": 0.5}, **settings)
    assert len(found) >= 1
    sides = np.where(found["team_response_s_low"] > bound, "no", "perhaps")
    sides = np.where(found["team_response_s_high"] <= bound, "yes", sides)
    np.testing.assert_array_equal(found["kept"], sides)
    assert "perhaps" in set(sides)
