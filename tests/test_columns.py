"""Anyone's frames: whatever is wrong with one is said once, by column, row, decision and fix."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from collab import WhatIf
from collab.records import FACTORS
from collab.whatif import Estimate, Limits
from collab.whatif.queueing import waits

N = 600
"""Decisions, of two agents each; labels of rows are text."""

Frames = dict[str, pd.DataFrame]


def frames() -> Frames:
    """Three frames that fit together."""
    draw = np.random.default_rng(3)
    chosen = draw.random(N) < 0.3
    both = {name: draw.random(2 * N) for name in FACTORS}
    times = pd.Timestamp("2026-03-02 08:00", tz="Europe/Berlin") + pd.to_timedelta(np.arange(N) * 600, unit="s")
    candidates = pd.DataFrame(
        {
            "decision": np.repeat(np.arange(N) + 70, 2),
            "agent": np.tile([11, 12], N),
            **both,
            "eligible": True,
            "propensity": np.tile([0.3, 0.7], N),
            "chosen": np.stack([chosen, ~chosen], axis=1).reshape(-1),
            "lead": np.repeat(np.arange(N), 2),
            "time": np.repeat(times, 2),
        },
        index=[f"c{row}" for row in range(2 * N)],
    )
    outcomes = pd.DataFrame(
        {
            "decision": np.arange(N) + 70,
            "time": times,
            "lead_type": "house",
            "lead_score": 50.0,
            "agent": np.where(chosen, 11, 12),
            "response_s": 30.0,
            "handling_s": 900.0,
            "converted": draw.random(N) < 0.4,
            "value": 1.0,
        },
        index=[f"o{row}" for row in range(N)],
    )
    return {"candidates": candidates, "outcomes": outcomes, "agents": pd.DataFrame({"agent": [11, 12], "capacity": 9})}


def named(title: str, old: str, new: str) -> Callable[[Frames], Frames]:
    return lambda given: given | {title: given[title].rename(columns={old: new})}


def put(title: str, name: str, value: Any, row: int = 6) -> Callable[[Frames], Frames]:
    """One field is something else."""

    def change(given: Frames) -> Frames:
        column = given[title][name].astype(object)
        column.iloc[row] = value
        if not isinstance(value, str):
            column = column.astype(float if isinstance(value, float) else given[title][name].dtype)
        return given | {title: given[title].assign(**{name: column})}

    return change


def column(title: str, name: str, values: Any) -> Callable[[Frames], Frames]:
    return lambda given: given | {title: given[title].assign(**{name: values})}


def twice(title: str, rows: slice) -> Callable[[Frames], Frames]:
    return lambda given: given | {title: pd.concat([given[title], given[title].iloc[rows]])}


def whole(name: str) -> Callable[[Frames], Frames]:
    def change(given: Frames) -> Frames:
        return column("candidates", name, (given["candidates"][name] > 0.5).astype(int))(given)

    return change


WRONG: list[tuple[Callable[[Frames], Frames], str]] = [
    (
        named("candidates", "propensity", "propensty"),
        r"candidates has no column 'propensity', but one 'propensty'; did",
    ),
    (named("candidates", "propensity", "Propensity"), r"did you mean 'propensity'\? rename it"),
    (named("candidates", "eligible", "eligibles"), r"did you mean 'eligible'\?"),
    (named("candidates", "expertise", "expertize"), r"candidates has no column 'expertise', but one 'expertize'"),
    (named("outcomes", "converted", "convertd"), r"outcomes has no column 'converted', but one 'convertd'"),
    (named("outcomes", "value", "avlue"), r"outcomes has no column 'value', but one 'avlue'; did you mean 'value'\?"),
    (named("outcomes", "lead_type", "leadtype"), r"did you mean 'lead_type'\?"),
    (named("agents", "capacity", "Capacity"), r"agents has no column 'capacity', but one 'Capacity'"),
    (
        lambda given: (
            given | {"candidates": pd.concat([given["candidates"], given["candidates"][["expertise"]]], axis=1)}
        ),
        r"candidates has more than one column 'expertise'; keep one",
    ),
    (
        lambda given: given | {"candidates": given["candidates"].set_index(["decision", "agent"])},
        r"candidates has decision, agent in its index, not as a column; give candidates.reset_index\(\)",
    ),
    (
        lambda given: given | {"outcomes": given["outcomes"].set_index("time")},
        r"outcomes has time in its index, not as a column; give outcomes.reset_index\(\)",
    ),
    (put("candidates", "time", pd.NaT), r"time is empty \(NaN\) in row c6 of candidates \(decision 73\); give"),
    (put("outcomes", "time", pd.NaT), r"time is empty \(NaN\) in row o6 of outcomes \(decision 76\); give"),
    (put("outcomes", "decision", nan), r"decision is empty \(NaN\) in row o6 of outcomes; .* drop the row"),
    (put("candidates", "lead", nan), r"lead is empty \(NaN\) in row c6 \(decision 73\)"),
    (put("outcomes", "lead_score", nan), r"lead_score is empty \(NaN\) in row o6 of outcomes \(decision 76\)"),
    (
        put("outcomes", "value", "9"),
        r"value is '9' in row o6 .* of dtype object; it is .* pd\.to_numeric\(outcomes\['value'\]\)",
    ),
    (put("outcomes", "response_s", -1.0), r"response_s is -1\.0 in row o6 of outcomes \(decision 76\); give a number"),
    (put("outcomes", "agent", 13.0), r"agent is 13\.0 in row o6 of outcomes, who is not in agents; .* capacity$"),
    (put("outcomes", "agent", "12 "), r"agent is '12 ' in row o6 of outcomes, who .*; or write '12', which differs in"),
    (
        put("candidates", "agent", "１２"),
        r"agent '１２' is in candidates and not in agents; .*; or write '12', which diff",
    ),
    (
        column("outcomes", "converted", "no"),
        r"converted is 'no' in row o0 .* make words that, .* outcomes\['converted'\]\.map\(\{'yes': True, 'no'",
    ),
    (
        put("candidates", "propensity", 0.5),
        r"propensity sums to 1\.2 .* begins in row c6 \(decision 73\); give the chance",
    ),
    (
        put("candidates", "lead", 7.0, 7),
        r"lead is 7\.0 in row c7 \(decision 73\) and 3\.0 in row c6; give all candidates",
    ),
    (put("outcomes", "lead_score", -3.0), r"lead_score is -3\.0 in row o6 .* 0 or more, or leave the column out"),
    (
        put("outcomes", "response_s", 1e18),
        r"response_s is 1e\+18 in row o6 of outcomes \(decision 76\); give seconds, at",
    ),
    (put("outcomes", "handling_s", 1e300), r"handling_s is 1e\+300 in row o6 .* give seconds, at most 1e9"),
    (put("outcomes", "value", 1e300), r"value is 1e\+300 in row o6 of outcomes .* give a number of -1e15 to 1e15"),
    (put("outcomes", "value", -2e15), r"value is -2000000000000000\.0 in row o6 .* give a number of -1e15 to 1e15"),
    (put("outcomes", "lead_score", 1e300), r"lead_score is 1e\+300 in row o6 .* give a number of -1e15 to 1e15"),
    (
        put("candidates", "propensity", "high"),
        r"propensity is of dtype object \(it is 'high' in row c6 \(decision 73\)",
    ),
    (column("outcomes", "time", 1_772_000_000), r"is 1772000000 in row o0 .*to_datetime\(\.\.\., unit='s', utc=True\)"),
    (column("outcomes", "time", 1.772e12), r"no time with a zone; .*to_datetime\(\.\.\., unit='ms', utc=True\)"),
    (
        column("outcomes", "closed", True),
        r"closed of outcomes is True in row o0 .* no time with a zone; give the time at which it was, or leave",
    ),
    (column("outcomes", "time", "2026-03-02"), r"no time with a zone; .*to_datetime\(\.\.\., utc=True\)"),
    (column("outcomes", "response_s", pd.Timestamp("2026-03-02", tz="UTC")), r"response_s is .* give a number of 0"),
    (column("candidates", "weights", "v1"), r"weights is 'v1' in row c0 .* sum to 100, e\.g\. 'v1-35-30-20-15', or"),
    (column("candidates", "weights", "v1-35-30-20-14"), r"weights is 'v1-35-30-20-14' in row c0"),
    (
        column("candidates", "weights", ["v1-35-30-20-15", "v2-25-25-25-25"] * N),
        r"weights is 'v2-25-25-25-25' in row c1 .* and 'v1-35-30-20-15' in row c0; give all candidates",
    ),
    (
        column("outcomes", "lead_type", [["house"]] * N),
        r"lead_type is \['house'\] in row o0 of outcomes; give a text or",
    ),
    (column("candidates", "decision", [{}] * 2 * N), r"decision is \{\} in row c0 of candidates; give a text or"),
    (
        column(
            "outcomes",
            "time",
            pd.Series([datetime(3000, 1, 1, tzinfo=UTC)] * N, [f"o{row}" for row in range(N)], object),
        ),
        r"time of outcomes is 3000-01-01 .* in row o0 .* give a time of the years 1678 to 2261",
    ),
    (column("agents", "capacity", inf), r"capacity is inf in row 0 of agents; .* a whole number of 1 to 1,000,000"),
    (column("agents", "capacity", 1e30), r"capacity is 1e\+30 in row 0 of agents"),
    (whole("expertise"), r"expertise is 1 in row c\d+ .* in whole numbers, which count ten-thousandths"),
    (
        twice("candidates", slice(5, 6)),
        r"agent is '12' twice in decision 72: row c5 \(number 5 .* and row c5 \(number 1200",
    ),
    (
        lambda given: given | {"candidates": given["candidates"].astype({"decision": str})},
        r"decision is 70 in row o0 of outcomes, which the candidates have as str, not int64",
    ),
    (
        lambda given: given | {"candidates": given["candidates"].iloc[:0]},
        r"the candidates do not have, as they have no rows",
    ),
]


@pytest.mark.parametrize("change, message", WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_is_said_by_column_row_decision_and_fix(change: Callable[[Frames], Frames], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WhatIf.from_frames(**change(frames()))


@pytest.mark.parametrize(
    "change, message",
    [
        (twice("outcomes", slice(4, 5)), r"decision is 74 again in row o4 of outcomes \(number 600 from 0\); keep one"),
        (
            lambda given: given | {"candidates": given["candidates"].iloc[:-2]},
            r"decision is 669 in row o599 of outcomes, which the candidates do not have; give its candidates",
        ),
        (put("outcomes", "lead_type", None), r"lead_type is empty \(NaN\) in row o6 of outcomes \(decision 76\)"),
        (column("agents", "performance", [4000, None]), r"performance is nan for agent '12' in agents; .* every agent"),
    ],
)
def test_frames_of_a_router_that_drew_nothing_are_checked_alike(
    change: Callable[[Frames], Frames], message: str
) -> None:
    given = change(frames())
    with pytest.raises(ValueError, match=message):
        WhatIf.from_frames(**(given | {"candidates": given["candidates"].drop(columns="propensity")}))


def test_numbers_that_were_read_in_too_small_a_unit_are_told_of() -> None:
    given = frames()
    seconds = (given["outcomes"]["time"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1s")
    WhatIf.from_frames(given["candidates"], given["outcomes"].assign(time=pd.to_datetime(seconds, unit="s", utc=True)))
    for number, unit in ((1, "ns"), (1000, "ns"), (10**6, "ns"), (1, "ms")):
        wrong = given["outcomes"].assign(time=pd.to_datetime(seconds * number, unit=unit, utc=True))
        with pytest.warns(UserWarning, match="time of outcomes is 1970-01-.* all lie in the first weeks of 1970"):
            WhatIf.from_frames(given["candidates"], wrong)


def test_frames_that_are_none_are_named() -> None:
    for title in frames():
        with pytest.raises(TypeError, match=f"{title} are dict; give a pandas frame with one row a"):
            WhatIf.from_frames(**(frames() | {title: {}}))
    with pytest.raises(TypeError, match=r"history is a DataFrame; .* WhatIf\.from_frames"):
        WhatIf(frames()["candidates"])  # type: ignore[arg-type]


def test_other_columns_and_other_kinds_of_numbers_are_welcome() -> None:
    given = frames()
    plain = WhatIf.from_frames(**given).estimate((25, 25, 25, 25))
    given["candidates"] = given["candidates"].assign(region="north", load=3, lead_source="web")
    agents = given["outcomes"]["agent"].astype(float).where(np.arange(N) > 0)  # of integers with an empty field
    given["outcomes"] = given["outcomes"].assign(note="-", value=[Decimal(1)] * N, agent=agents)
    assert repr(WhatIf.from_frames(**given).estimate((25, 25, 25, 25))) == repr(plain)


def test_durations_empty_leads_empty_weights_and_categories_are_read_as_what_they_mean() -> None:
    given = frames()
    plain = WhatIf.from_frames(**given)
    some = np.repeat(np.arange(N) % 5 > 0, 2)
    told = given["outcomes"]
    given["outcomes"] = told.assign(
        response_s=pd.to_timedelta(told["response_s"], unit="s"),
        handling_s=[timedelta(seconds=one) for one in told["handling_s"]],
        lead=None,
    )
    given["candidates"] = given["candidates"].assign(
        weights=np.where(some, "v1-35-30-20-15", None), chosen=given["candidates"]["chosen"].astype("category")
    )
    other = WhatIf.from_frames(**given)
    for name in ("response_s", "handling_s", "single"):
        np.testing.assert_array_equal(getattr(other.course[0], name), getattr(plain.course[0], name))
    assert other.course[0].single.all()
    known = np.array([35, 30, 20, 15])
    np.testing.assert_array_equal(other.course[0].weights, np.where(some[::2, None], known, -1))


def test_a_factor_in_hundredths_beside_others_in_ten_thousandths_is_told_of() -> None:
    given = frames()["candidates"]
    whole_ones = given.assign(**{name: np.rint(given[name] * 10_000).astype(int) for name in FACTORS})
    WhatIf.from_frames(whole_ones)
    with pytest.warns(UserWarning, match="expertise is 100 at most, in ten-thousandths .* multiply it by 100"):
        WhatIf.from_frames(whole_ones.assign(expertise=whole_ones["expertise"].to_numpy() // 100 + 1))


def test_numbers_that_are_texts_or_too_few_are_refused() -> None:
    what_if = WhatIf.from_frames(frames()["candidates"], frames()["outcomes"])
    with pytest.raises(ValueError, match="the column of probabilities has something else in it"):
        what_if.estimate(pd.Series(["a"] * 2 * N))
    with pytest.raises(ValueError, match=r"services_s is \['a'\]; give numbers"):
        waits([1], ["a"], 1)
    for most in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match=f"most is {most!r}; give a whole number of 1 or more"):
            what_if.recommend(most=most)  # type: ignore[arg-type]
    for ask in (what_if.sweep, what_if.recommend):
        with pytest.raises(TypeError, match=r"limits are 5; give collab.whatif.Limits"):
            ask(limits=5)  # type: ignore[operator]
    with pytest.raises(ValueError, match="seeds is 0; give a whole number of 1 or more"):
        what_if.sweep(seeds=0)


def test_propensities_that_are_rounded_are_believed_and_many_wrong_ones_are_refused_with_a_row() -> None:
    given = frames()
    rounded = given["candidates"].assign(propensity=np.tile([0.3001, 0.7003], N))
    assert isinstance(WhatIf.from_frames(rounded, given["outcomes"]).estimate((25, 25, 25, 25)).converted, Estimate)
    wrong = given["candidates"].assign(propensity=given["candidates"]["propensity"].to_numpy() * 0.8)
    one = WhatIf.from_frames(wrong, given["outcomes"]).estimate((25, 25, 25, 25))["converted"]
    assert "100.0% of the decisions do not sum to 1, one (that of row number 0 of the candidates" in str(one)


@pytest.mark.parametrize("of", [6, 9])
def test_chances_rounded_to_three_digits_are_believed_however_many_there_are(of: int) -> None:
    outcomes, draw = frames()["outcomes"].drop(columns="agent"), np.random.default_rng(5)
    candidates = pd.DataFrame(
        {
            "decision": np.repeat(np.arange(N) + 70, of),
            "agent": np.tile(np.arange(of), N),
            **{name: draw.random(of * N) for name in FACTORS},
            "chosen": (np.arange(of) == draw.integers(0, of, N)[:, None]).reshape(-1),
        }
    )
    rounded = candidates.assign(propensity=round(1 / of, 3))  # 0.167 sums to 1.002, 0.111 to 0.999
    equal = np.full(len(candidates), round(1 / of, 3))
    assert isinstance(WhatIf.from_frames(rounded, outcomes).estimate(equal).converted, Estimate)
    for off in (0.98, 1.006):  # a factor is no rounding, and neither is a candidate who is missing
        wrong = WhatIf.from_frames(candidates.assign(propensity=off / of), outcomes).estimate(equal)
        assert "of the decisions do not sum to 1" in str(wrong["converted"])
    some = rounded[rounded["chosen"] | (rounded["agent"] > 0)]
    assert "of the decisions do not sum to 1" in str(
        WhatIf.from_frames(some, outcomes).estimate((25, 25, 25, 25))["converted"]
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"ess": -1},
        {"ess": nan},
        {"largest": 5},
        {"unsupported": -0.1},
        {"calibration_z": "5"},
        {"utilization": 90},
        {"leads": None},
        {"off": True},
    ],
)
def test_limits_that_no_log_can_keep_are_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(
        ValueError, match=rf"{name} of Limits is .*; give a (share of 0 to 1|number of 0 or more), e\.g\. "
    ):
        Limits(**wrong)
    assert Limits(ess=450, calibration_z=inf).ess == 450
