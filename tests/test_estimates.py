"""Estimates of other weights: right in worlds whose truth is known, refused where the log cannot say."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from truth import AGENTS, EXPLORE, LOGGED, World

from collab.history import History
from collab.office import seeded_history
from collab.records import FACTORS
from collab.weights import Weights
from collab.whatif import Estimate, Limits, Refused, WhatIf
from collab.whatif.answers import PER_LEAD
from collab.whatif.units import in_cents

NEAR, FAR = (30, 32, 23, 15), (0, 0, 100, 0)
LOGS = 50


def asked(world: World, propensity: Any = None) -> WhatIf:
    return WhatIf.from_frames(world.candidates(propensity), world.outcomes())


@pytest.fixture(scope="module")
def found() -> list[tuple[Estimate, float, float]]:
    """For each of many logs: the estimate against the weights in force, and what is true there of both."""
    every = []
    for seed in range(LOGS):
        one = asked(World(1800, seed)).estimate(NEAR, against=LOGGED).converted
        if isinstance(one, Estimate) and one.trust.ess >= 450:
            every.append((one, *truths()))
    assert len(every) >= 0.9 * LOGS
    return every


@functools.cache
def truths() -> tuple[float, float]:
    """What all leads of such a world earn on average under the weights in question, and under those in force."""
    world = World(200_000, 10**6, explore=0.0)
    return world.truth(NEAR), world.truth(LOGGED)


def test_intervals_cover_the_truth_as_often_as_they_say(found: list[tuple[Estimate, float, float]]) -> None:
    covers = [one.low <= near <= one.high for one, near, _ in found]
    paired = [one.difference_low <= near - logged <= one.difference_high for one, near, logged in found]
    always = [one.always is not None and one.always[0] <= near <= one.always[1] for one, near, _ in found]
    assert np.mean(covers) >= 0.9
    assert np.mean(paired) >= 0.9
    assert np.mean(always) >= 0.95


def test_estimates_are_not_biased(found: list[tuple[Estimate, float, float]]) -> None:
    for name in ("ips", "snips", "dr", "sndr"):
        errors = np.array([one.others[name] - near for one, near, _ in found])
        assert abs(errors.mean()) < 3.5 * errors.std() / np.sqrt(len(errors)), name


def test_values_of_which_half_are_in_cents_are_told_of() -> None:
    world = World(4000, 5)
    outcomes = world.outcomes()
    mixed = outcomes.assign(value=outcomes["value"].where(outcomes.index % 2 == 0, 100 * outcomes["value"]))
    plain, found = (WhatIf.from_frames(world.candidates(), one).estimate(NEAR) for one in (outcomes, mixed))
    said = "a hundred times that: are "
    assert said in str(found.value.trust)
    assert said not in str(found.converted.trust)
    assert said not in str(plain.value.trust)


@pytest.mark.parametrize("sigma", [0.0, 0.5, 1.5, 3.0, 3.5])
@pytest.mark.parametrize("n", [60, 2000])
def test_values_of_one_law_are_not_taken_for_cents(sigma: float, n: int) -> None:
    chance = np.random.default_rng(2)
    assert not any(in_cents(np.exp(chance.normal(6, sigma, n))) for _ in range(300))


def test_a_paired_difference_is_narrower_than_two_estimates() -> None:
    what_if = asked(World(1800, 0))
    one, base = what_if.estimate(NEAR, against=LOGGED).converted, what_if.estimate(LOGGED).converted
    assert isinstance(one, Estimate)
    assert isinstance(base, Estimate)
    assert one.base == pytest.approx(base.value)
    apart = np.hypot(one.high - one.low, base.high - base.low)
    assert one.difference_high - one.difference_low < apart


def test_the_log_itself_is_estimated_without_any_error() -> None:
    world = World(800, 1)
    frame = world.candidates()
    what_if = WhatIf.from_frames(frame, world.outcomes())
    same = what_if.estimate(frame["propensity"])
    for metric in ("converted", "value"):
        one = same[metric]
        assert isinstance(one, Estimate)
        assert one.others["ips"] == pytest.approx(getattr(world, metric).mean(), rel=1e-9)
        assert (one.difference, one.difference_low, one.difference_high) == (0, 0, 0)
        assert one.base == getattr(world, metric).mean()
        assert one.trust.ess == pytest.approx(world.n)
    sure = frame["propensity"] > 0.8
    for chances in (frame["propensity"].round(4), frame["propensity"].where(~sure, frame["propensity"] + 7e-16)):
        frame["propensity"] = chances  # as others write them: rounded, or summed up
        again = WhatIf.from_frames(frame, world.outcomes()).estimate(frame["propensity"]).converted
        assert isinstance(again, Estimate)
        assert again.value == pytest.approx(same["converted"].value, rel=1e-3)  # type: ignore[union-attr]
        assert again.difference == pytest.approx(0, abs=1e-4)


def test_weights_that_explore_have_the_chances_that_the_router_logged() -> None:
    world = World(300, 2)
    what_if = asked(world)
    assert what_if.evidence is not None
    chances = what_if.evidence.chances(LOGGED, EXPLORE)
    assert chances == pytest.approx(world.chance.reshape(-1), abs=1e-12)
    one = what_if.estimate(LOGGED, explore=EXPLORE).converted
    assert isinstance(one, Estimate)
    assert one.difference == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 2**32), st.permutations((50, 30, 15, 5)))
@settings(max_examples=20, deadline=None)
def test_weights_are_asked_of_the_log_as_the_chances_that_they_give(seed: int, weights: list[int]) -> None:
    what_if = asked(World(400, seed))
    evidence = what_if.evidence
    assert evidence is not None
    availability, expertise, performance, responsiveness = weights
    won = evidence.winners((availability, expertise, performance, responsiveness))
    score = evidence.cases.factors.astype(np.int64).T @ np.array(weights)
    best = np.maximum.reduceat(score, evidence.first)[evidence.decision]
    firsts = pd.Series(np.arange(len(score)))[score == best].groupby(evidence.decision[score == best]).first()
    assert won.tolist() == firsts.tolist()
    chances = np.zeros(len(score))
    chances[won] = 1
    assert repr(what_if.estimate(weights)) == repr(what_if.estimate(chances))


def test_shuffled_rows_give_the_same_estimate() -> None:
    world = World(1500, 3)
    mixed = WhatIf.from_frames(
        world.candidates().sample(frac=1, random_state=4), world.outcomes().sample(frac=1, random_state=5)
    )
    one, other = asked(world).estimate(NEAR).converted, mixed.estimate(NEAR).converted
    assert isinstance(one, Estimate)
    assert isinstance(other, Estimate)
    for name in ("ips", "snips", "dr", "sndr"):
        assert other.others[name] == pytest.approx(one.others[name], rel=1e-9)


def overridden(world: World) -> Any:
    hit = np.random.default_rng(world.n).random(world.n) < 0.15
    world.chosen = np.where(hit, 0, world.chosen)


def uniform(world: World) -> Any:
    return np.full((world.n, AGENTS), 1 / AGENTS)


def greedy(world: World) -> Any:
    return world.greedy(LOGGED)


def scaled(world: World) -> Any:
    return world.chance * 0.9


def never_the_last(world: World) -> Any:
    """Nobody ever tries the last agent, who would get much under other weights."""
    world.chance[:, 0] += world.chance[:, -1]
    world.chance[:, -1] = 0
    draw = np.random.default_rng(7).random((world.n, 1))
    world.chosen = (world.chance.cumsum(axis=1) < draw - 1e-12).sum(axis=1).clip(max=AGENTS - 2)


@pytest.mark.parametrize("spoil", [overridden, uniform, greedy, scaled, never_the_last])
def test_a_log_that_cannot_say_is_refused_with_the_reason(spoil: Callable[[World], Any]) -> None:
    for seed in range(10):
        world = World(1500, 100 + seed, explore=0.5)
        answer = asked(world, spoil(world)).estimate(NEAR)
        for one in answer.values():
            assert isinstance(one, Refused), (spoil.__name__, seed)
            assert one.reason in repr(answer)
        bounds = answer["converted"].bounds  # type: ignore[union-attr]
        assert bounds is not None
        assert 0 <= bounds[0] <= world.truth(NEAR) <= bounds[1] <= 1


def test_missing_support_and_few_decisions_are_refused_by_name() -> None:
    lone = asked(World(1500, 8, explore=0.0)).estimate(NEAR).converted
    assert isinstance(lone, Refused)
    assert "whom the log never tries" in lone.reason
    far = asked(World(1500, 9)).estimate(FAR).converted
    assert isinstance(far, Refused)
    assert "at least 200" in far.reason
    assert isinstance(asked(World(1500, 9)).estimate(FAR, limits=Limits(ess=20, largest=0.2)).converted, Estimate)
    against = asked(World(1500, 9)).estimate(NEAR, against=FAR).converted
    assert isinstance(against, Refused)
    assert against.reason.startswith("of what it is compared with")
    assert "whom the log never tries" in asked(World(1500, 8, explore=0.0)).estimate(NEAR)._repr_html_()


@pytest.mark.parametrize("metric", ["response_s", "balance", "overload"])
def test_what_all_leads_do_together_is_refused_and_sent_to_simulate(metric: str) -> None:
    one = asked(World(300, 10)).estimate(NEAR, [metric])[metric]
    assert isinstance(one, Refused)
    assert one.question == PER_LEAD
    assert "ask `simulate` for it" in one.reason


def test_a_sweep_says_of_each_weights_what_rescoring_and_the_estimate_say() -> None:
    what_if = asked(World(1500, 15))
    heard: list[tuple[int, int]] = []
    swept = what_if.sweep(0.1, progress=lambda done, of: heard.append((done, of)))
    frame = swept.frame().set_index(list(FACTORS))
    assert len(frame) == 286
    assert heard[-1] == (1500, 1500)
    for weights in ((40, 30, 20, 10), (30, 30, 30, 10), (10, 70, 10, 10)):
        row = frame.loc[weights]
        assert row["moved"] == what_if.rescore(weights).moved
        one = what_if.estimate(weights, limits=Limits(ess=1, largest=1)).converted
        assert isinstance(one, Estimate)
        assert row["ess"] == pytest.approx(one.trust.ess)
        assert row["snips_converted"] == pytest.approx(one.others["snips"])
    best = swept.best("converted")
    assert best["ess"] >= 200
    assert best["snips_converted"] == frame["snips_converted"][~frame["refused"]].max()
    for step in (0.3, "0.1", None, True, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"step is {step!r}; give a share of 1"):
            what_if.sweep(step)  # type: ignore[arg-type]


def test_a_lead_without_a_sale_needs_no_value_and_an_open_one_is_left_out() -> None:
    world = World(1500, 20)
    outcomes = world.outcomes()
    blank = outcomes.assign(value=outcomes["value"].where(outcomes["converted"]))
    assert repr(WhatIf.from_frames(world.candidates(), blank).estimate(NEAR)) == repr(asked(world).estimate(NEAR))
    open_ = outcomes.assign(converted=outcomes["converted"].astype("boolean").mask(outcomes.index < 100))
    assert WhatIf.from_frames(world.candidates(), open_).estimate(NEAR).value.trust.n == 1400  # type: ignore[union-attr]
    unknown = outcomes.assign(converted=outcomes["converted"].astype("boolean").mask(~outcomes["converted"]))
    with pytest.raises(ValueError, match=r"converted is empty in row .* nowhere false; make it false"):
        WhatIf.from_frames(world.candidates(), unknown)
    lost = outcomes.assign(value=np.nan)
    with pytest.raises(ValueError, match=r"value is empty in row .* whose lead converted"):
        WhatIf.from_frames(world.candidates(), lost)


@pytest.mark.parametrize("spoil", [overridden, uniform, scaled])
def test_a_sweep_gives_no_estimates_of_a_log_that_cannot_be_believed(spoil: Callable[[World], Any]) -> None:
    world = World(1500, 21, explore=0.5)
    swept = asked(world, spoil(world)).sweep(0.25)
    assert swept.refused in repr(swept)
    assert set(swept.frame()) == {*FACTORS, "moved", "share_moved"}
    with pytest.raises(ValueError, match=r"there is no column 'converted': "):
        swept.best("converted")


def test_a_sweep_leaves_out_weights_of_which_the_log_says_too_little() -> None:
    nothing = asked(World(1500, 22, explore=0.0)).sweep(0.1)
    assert nothing.frame()["refused"].mean() > 0.9  # those that stay choose nearly as the weights in force
    world = World(3000, 23)
    never_the_last(world)
    what_if = asked(world)
    frame = what_if.sweep(0.1).frame()
    assert frame["refused"].sum() > 0
    for row in frame[~frame["refused"]].itertuples(index=False):
        one = what_if.estimate(tuple(int(getattr(row, factor)) for factor in FACTORS)).converted
        assert one.trust is not None
        assert one.trust.unsupported < 0.25  # three standard errors, where few decisions speak
    tried = asked(World(1500, 15))
    best = tried.sweep(0.1).best("value")
    assert not best["refused"]
    assert isinstance(tried.estimate(best).value, Estimate)


def test_luck_is_not_recommended_as_gain() -> None:
    promised, reported, covered = [], [], []
    for seed in range(20):
        what_if = asked(World(2400, 300 + seed, explore=0.6, alike=True))
        swept = what_if.sweep(0.1).best("converted", keep={"ess": 200})
        promised.append(swept["snips_converted"] - 0.3)
        for row in what_if.recommend(limits=Limits(ess=100)).itertuples():
            if not row.refused:
                reported.append(row.difference)
                covered.append(row.difference_low <= 0 <= row.difference_high)
    assert len(reported) > 40
    assert np.mean(promised) > 0.02  # what the best of 286 reads
    assert abs(np.mean(reported)) < 0.01
    assert np.mean(covered) >= 0.9


def test_weights_that_choose_alike_are_recommended_once() -> None:
    world = World(4000, 19, explore=0.6)
    frame = world.candidates().assign(performance=0.5, responsiveness=0.5)  # only the first two decide
    found = WhatIf.from_frames(frame, world.outcomes()).recommend(limits=Limits(ess=50))
    assert len(found) > 1
    assert not found.duplicated(["value", "low", "high", "ess"]).any()


def test_better_weights_are_found_where_there_are_some() -> None:
    world = World(12_000, 17, explore=0.6)
    found = asked(world).recommend(most=3)
    assert not found.empty
    truths = []
    for row in found.itertuples(index=False):
        weights = tuple(int(getattr(row, factor)) for factor in FACTORS)
        assert sum(weights) == 100
        truths.append(world.truth(weights))
        assert row.low <= truths[-1] <= row.high
    assert truths[0] > world.truth(LOGGED)
    assert max(truths) > world.truth(LOGGED) + 0.008  # the best of the grid has 0.015 more
    assert asked(World(300, 18)).recommend(keep={"ess": 5000}).empty
    with pytest.raises(ValueError, match="there is no column 'speed'"):
        asked(World(1500, 18)).recommend(keep={"speed": 1})
    with pytest.raises(ValueError, match="metric is 'speed'"):
        asked(World(20, 18)).recommend("speed")


def test_without_propensities_or_outcomes_it_is_said_what_is_missing() -> None:
    world = World(50, 11)
    bare = WhatIf.from_frames(world.candidates().drop(columns="propensity"), world.outcomes())
    assert "no propensity" in str(bare.estimate(NEAR).converted)
    assert "there are no outcomes; give them" in str(WhatIf.from_frames(world.candidates()).estimate(NEAR).value)
    assert bare.sweep(0.5).frame()["moved"].max() > 0  # of which leads move, anybody's candidates tell
    with pytest.raises(ValueError, match=r"no propensity in candidates, .* ask simulate, or sweep\(\).best"):
        bare.recommend()
    with pytest.raises(ValueError, match="there are no outcomes; give them"):
        _ = WhatIf.from_frames(world.candidates()).calibration


def test_an_estimate_shows_what_it_rests_on_as_text_html_and_a_frame() -> None:
    answer = asked(World(1500, 12)).estimate(Weights(expertise=0.35))
    frame = answer.frame()
    assert frame["metric"].tolist() == ["converted", "value"]
    assert (frame["ess"] > 200).all()
    assert not frame["refused"].any()
    for shown in (repr(answer), answer._repr_html_()):
        assert "per lead, at the loads of the log" in shown
        assert "converted" in shown
        assert "ESS" in shown
        assert "calibration" in shown
    assert repr(pickle.loads(pickle.dumps(answer))) == repr(answer)
    with pytest.raises(AttributeError, match="no estimate of 'speed'; there are converted, value"):
        _ = answer.speed


WRONG: dict[str, tuple[Callable[[pd.DataFrame, pd.DataFrame], Any], str]] = {
    "above 1": (
        lambda c, o: c.__setitem__("propensity", c["propensity"] * 40),
        r"propensity is \d.* in row \d+ \(decision \d+\); .*0 to 1",
    ),
    "negative": (lambda c, o: c.__setitem__("propensity", -c["propensity"]), "propensity is -"),
    "empty": (
        lambda c, o: c.__setitem__("propensity", c["propensity"].mask(c.index == 3)),
        "propensity is empty .* row 3",
    ),
    "chosen 0": (
        lambda c, o: c.__setitem__("propensity", c["propensity"].mask(c.index == c.index[c["chosen"]][2], 0.0)),
        "propensity is 0.0 in row .*; its agent was chosen",
    ),
    "shut": (
        lambda c, o: c.__setitem__("eligible", c["propensity"].lt(0.5) & (c["propensity"] == 0) | c["chosen"]),
        "propensity is .* its agent was not eligible",
    ),
    "text": (lambda c, o: c.__setitem__("propensity", "high"), "propensity is of dtype"),
    "stranger": (lambda c, o: o.__setitem__("decision", o["decision"] + 1), "decision is 50 in row 49 of outcomes"),
    "twice": (lambda c, o: o.__setitem__("decision", o["decision"] // 2), "decision is 0 again in row 1 of outcomes"),
    "converted": (
        lambda c, o: o.__setitem__("converted", 2),
        r"converted is 2 in row 0 of outcomes \(decision 0\); it is true or false",
    ),
    "value": (lambda c, o: o.__setitem__("value", np.inf), "value is inf in row 0 of outcomes"),
    "naive": (lambda c, o: o.__setitem__("time", o["time"].dt.tz_localize(None)), "time of outcomes is .* row 0"),
}


@pytest.mark.parametrize("spoil", WRONG)
def test_wrong_frames_are_refused_by_column_row_and_fix(spoil: str) -> None:
    world = World(50, 13)
    candidates, outcomes = world.candidates(), world.outcomes()
    change, message = WRONG[spoil]
    change(candidates, outcomes)
    with pytest.raises(ValueError, match=message):
        WhatIf.from_frames(candidates, outcomes)


@pytest.mark.parametrize(
    "question, message",
    [
        ({"target": np.full(250, 0.5)}, "sum to 2.5 over its eligible agents"),
        ({"target": np.full(20, 0.2)}, "give one for each row"),
        ({"target": np.full(250, -0.2)}, "give chances of 0 to 1"),
        (
            {"target": [0.2] * 8 + [np.nan] + [0.2] * 241},
            r"a probability is nan \(row number 8 of the candidates, from 0\)",
        ),
        ({"target": [0.2] * 249 + [0.5]}, r"sum to 1\.3 over its eligible agents \(that of row number 245 of"),
        ({"target": NEAR, "explore": 2}, "explore is 2"),
        ({"target": [0.2] * 250, "explore": 0.2}, "has its exploration in it"),
        ({"target": [0.5] * 250}, "sum to 2.5"),
        ({"target": NEAR, "level": 95}, "level is 95"),
        ({"target": NEAR, "level": "95"}, "level is '95'; give the share"),
        ({"target": NEAR, "metrics": 5}, "metric is 5; the log has"),
        ({"target": NEAR, "metrics": ["speed"]}, "metric is 'speed'; the log has converted, value"),
        ({"target": (1, 2, 3, 4)}, "sum to 100"),
    ],
)
def test_wrong_questions_are_refused(question: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        asked(World(50, 14)).estimate(**question)


def test_limits_that_are_none_are_refused() -> None:
    with pytest.raises(TypeError, match=r"give collab\.whatif\.Limits"):
        asked(World(50, 14)).estimate(NEAR, limits={"ess": 10})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="candidates are str; give a pandas frame"):
        WhatIf.from_frames("candidates.csv")  # type: ignore[arg-type]


def test_a_frame_of_another_library_is_refused_with_how_to_convert_it() -> None:
    frame = type("DataFrame", (), {"__module__": "polars.dataframe.frame", "to_pandas": lambda self: None})()
    with pytest.raises(TypeError, match=r"candidates are a polars DataFrame; give candidates.to_pandas\(\)"):
        WhatIf.from_frames(frame)


@pytest.fixture(scope="module")
def exploring(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Some days of the seeded team, a fifth of whose leads was routed by drawn weights."""
    return seeded_history(str(tmp_path_factory.mktemp("history")), days=9, explore=0.2)


def test_a_history_that_explored_is_estimated_and_its_propensities_are_right(exploring: History) -> None:
    what_if = WhatIf(exploring)
    evidence = what_if.evidence
    assert evidence is not None
    assert evidence.n > 700
    logged = what_if.evidence.chances(LOGGED, 0.2)  # type: ignore[union-attr]
    assert logged == pytest.approx(evidence.propensity, abs=1e-9)
    answer = what_if.estimate(NEAR)
    for one in answer.values():
        assert isinstance(one, Estimate), one
        assert one.low < one.value < one.high
        assert one.trust.calibration_z < 5
    assert what_if.calibration["about"].str.startswith("leads of").sum() == 8


def test_only_first_decisions_with_a_known_end_count(exploring: History) -> None:
    newest = exploring.sql("SELECT max(seq) AS seq FROM assignments")["seq"][0]
    there = exploring.as_of(int(newest))  # whatever the hour, one lead is open then
    what_if = WhatIf(there)
    assert what_if.evidence is not None
    found = there.sql("SELECT count(DISTINCT lead) AS leads, max(time) AS last FROM assignments")
    assert what_if.evidence.n < found["leads"][0]
    outcomes = there.outcomes().set_index("lead")
    firsts = there.sql("SELECT lead, min(seq) AS seq FROM assignments GROUP BY lead").set_index("seq")
    leads = firsts.loc[what_if.evidence.cases.keys, "lead"]
    converted = outcomes["converted"].reindex(leads).fillna(False).astype(float).to_numpy()
    assert converted == pytest.approx(what_if.evidence.rewards["converted"])


def test_a_what_if_shows_in_a_notebook_what_it_rests_on(exploring: History) -> None:
    what_if = WhatIf(exploring)
    shown = what_if._repr_html_()
    assert what_if.evidence is not None
    for words in (f"{what_if.n:,} among 8 agents", f"{what_if.evidence.n:,};", "exploration", "overlap", "calibration"):
        assert words in shown
    bare = WhatIf.from_frames(World(20, 16).candidates())
    assert "they need propensities and outcomes" in bare._repr_html_()


def test_a_history_and_its_frames_say_the_same_of_the_same_leads(exploring: History) -> None:
    what_if = WhatIf(exploring)
    framed = WhatIf.from_frames(exploring.candidates(), exploring.outcomes())
    assert what_if.counts is not None
    assert framed.counts is not None
    assert framed.counts.again == what_if.counts.again > 0
    assert what_if.evidence is not None
    assert framed.evidence is not None
    decisions = exploring.sql("SELECT seq FROM decisions ORDER BY seq")["seq"].to_numpy()
    of_frames = dict(zip(framed.evidence.cases.keys, framed.evidence.rewards["converted"], strict=True))
    both = [
        (of_frames[place], reward)
        for key, reward in zip(what_if.evidence.cases.keys, what_if.evidence.rewards["converted"], strict=True)
        if (place := int(np.searchsorted(decisions, key))) in of_frames
    ]
    assert len(both) > 0.95 * what_if.evidence.n
    assert all(one == other for one, other in both)


def test_the_frames_of_a_history_are_estimated_as_it_is_to_the_bit(exploring: History) -> None:
    what_if = WhatIf(exploring)
    assert what_if.evidence is not None
    firsts = exploring.sql(
        "SELECT seq, decision, property_type AS lead_type, lead_score FROM assignments "
        "QUALIFY row_number() OVER (PARTITION BY lead ORDER BY seq) = 1 ORDER BY seq"
    )
    earned = pd.DataFrame(what_if.evidence.rewards, index=what_if.evidence.cases.keys).reindex(firsts.pop("seq"))
    outcomes = firsts.assign(**{name: earned[name].to_numpy() for name in earned})
    for rows in (outcomes, outcomes.sample(frac=1, random_state=1)):
        framed = WhatIf.from_frames(exploring.candidates(), rows)
        assert framed.evidence is not None
        np.testing.assert_array_equal(framed.evidence.ranked, what_if.evidence.ranked)
    limits = Limits(ess=20)
    framed = WhatIf.from_frames(exploring.candidates(), outcomes)
    assert framed.estimate(NEAR, limits=limits).frame().equals(what_if.estimate(NEAR, limits=limits).frame())


def test_other_names_of_decisions_with_times_change_no_estimate() -> None:
    world, limits = World(900, 4), Limits(ess=20)
    found = []
    for name in (lambda one: one, lambda one: f"d{7919 * one % 10_007}"):
        frames = [
            frame.assign(decision=frame["decision"].map(name)) for frame in (world.candidates(), world.outcomes())
        ]
        times = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(np.arange(len(frames[1])), unit="min")
        found.append(repr(WhatIf.from_frames(frames[0], frames[1].assign(time=times)).estimate(NEAR, limits=limits)))
    assert found[0] == found[1]


def test_days_leave_out_what_is_older(exploring: History) -> None:
    last = exploring.sql("SELECT max(time) AS time FROM events")["time"][0].to_pydatetime()
    short = WhatIf(exploring, days=4)
    assert short.n == WhatIf(exploring, since=last - timedelta(days=4)).n
    assert 0 < short.n < WhatIf(exploring).n
    assert WhatIf(exploring, since=datetime(2000, 1, 1, tzinfo=UTC), days=4).n == short.n
    with pytest.raises(ValueError, match="days is -1"):
        WhatIf(exploring, days=-1)


def test_an_empty_history_is_refused_and_says_what_to_wait_for(tmp_path: Path) -> None:
    from collab.office import Office

    Office("embedded://empty-estimates", str(tmp_path), tenant="main").start().stop()
    history = History(tmp_path, "main")
    answer = WhatIf(history, days=30).estimate(NEAR)
    assert "no decision has a known outcome yet" in str(answer.converted)


@pytest.mark.parametrize("explore", ["a", None, -0.1, 1.5])
def test_a_share_that_is_none_is_refused_with_its_value(explore: object) -> None:
    with pytest.raises(ValueError, match=rf"explore is {explore!r}; give a share of leads from 0 to 1"):
        asked(World(50, 13)).estimate(LOGGED, explore=explore)
