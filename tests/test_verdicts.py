"""Verdicts of experiments: the blocks of a closed loop give its truth back, and what cannot be said is refused."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from blocks import hours, recorded, routed
from desks import Clock, lead
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import NOON

from collab.desk import Desk
from collab.experiment import Design
from collab.views.experiment import leftover, words
from collab.whatif import WhatIf
from collab.whatif.answers import BY_BLOCKS, Estimate, Refused
from collab.whatif.pairs import FEWEST, Pairs, carried, counting, found, lasting, needed, paired
from collab.whatif.verdict import Said, judged

A, B = (90, 10, 0, 0), (10, 90, 0, 0)
MINUTES, BURN_IN, BLOCKS, WORLDS = 240, 30, 20, 300
"""Minutes of a block and of its burn-in, blocks of an experiment, and how many are watched side by side."""


@dataclass(frozen=True)
class Watched:
    """A value a minute and world; NaN where no lead came."""

    response_s: np.ndarray
    converted: np.ndarray


@cache
def watched(arms: str, seed: int) -> Watched:
    """Teams of four in a closed loop, minute by minute: who is loaded answers late, and late answers convert less.

    `arms` is "a" or "b" for all blocks, or "ab": each world takes turns by a seed of its own; "aa" is an experiment
    whose arms are alike.
    """
    chance = np.random.default_rng(seed)
    expertise = np.array([[0.9, 0.6, 0.3, 0.2], [0.3, 0.2, 0.8, 0.5]])
    base_s, capacity, held = np.array([50.0, 80, 60, 40]), 6, np.zeros((WORLDS, 4))
    turns = in_b() if arms == "ab" else np.full((BLOCKS, WORLDS), arms == "b")
    response_s, converted = np.full((2, BLOCKS * MINUTES, WORLDS), np.nan)
    busy = np.exp(chance.normal(0, 0.25, (BLOCKS, WORLDS)))  # blocks differ by more than luck with leads
    for minute in range(BLOCKS * MINUTES):
        block = minute // MINUTES
        held -= chance.binomial(held.astype(int), 1 / 25)
        day = 0.45 * (1 + 0.5 * np.sin(2 * np.pi * minute / 1440)) * busy[block]
        kind = chance.integers(0, 2, WORLDS)
        free, match = 1 - held / capacity, expertise[kind]
        score = np.where(turns[block][:, None], 0.1 * free + 0.9 * match, 0.9 * free + 0.1 * match)
        agent = np.where(held < capacity, score, -1).argmax(axis=1)
        comes = (chance.random(WORLDS) < day) & (held.min(axis=1) < capacity)
        rows = np.flatnonzero(comes)
        held[rows, agent[rows]] += 1
        load = held[rows, agent[rows]] / capacity
        took_s = base_s[agent[rows]] * (1 + 1.5 * load**2) * chance.gamma(3, 1 / 3, len(rows))
        response_s[minute, rows] = took_s
        odds = 0.2 + 0.4 * match[rows, agent[rows]] - 0.05 * np.log2(1 + took_s / 60)
        converted[minute, rows] = chance.random(len(rows)) < odds
    return Watched(response_s, converted)


@cache
def in_b() -> np.ndarray:
    """Whether a block is b's, by block and world."""
    designs = [Design(a=A, b=B, seed=seed) for seed in range(WORLDS)]
    return np.array([[design.arm(block) == "b" for design in designs] for block in range(BLOCKS)])


def settled(values: np.ndarray) -> np.ndarray:
    """The values past the burn-in of their block."""
    return np.where((np.arange(len(values)) % MINUTES >= BURN_IN)[:, None], values, np.nan)


def truth(metric: str) -> float:
    """What all leads under b have more than all under a, in the same days."""
    means = [float(np.nanmean(settled(getattr(watched(arm, seed), metric)))) for arm, seed in (("b", 1), ("a", 2))]
    return means[0] - means[1]


def intervals(arms: str, metric: str) -> np.ndarray:
    """Worlds x (difference, low, high)."""
    values = settled(getattr(watched(arms, 3), metric))
    block = np.arange(len(values)) // MINUTES
    given = [paired(block, in_b()[block, world], values[:, world]) for world in range(WORLDS)]
    return np.array([pairs.mean(pairs.b - pairs.a, 0.95) for pairs in given])


@pytest.mark.parametrize("metric", ["response_s", "converted"])
def test_the_interval_of_the_blocks_covers_the_truth_of_a_closed_loop(metric: str) -> None:
    known, seen = truth(metric), intervals("ab", metric)
    covered = (seen[:, 1] <= known) & (known <= seen[:, 2])
    assert 0.88 <= covered.mean() <= 0.985
    assert abs(seen[:, 0].mean() - known) < 3 * seen[:, 0].std() / WORLDS**0.5 + 0.03 * abs(known)


@pytest.mark.parametrize("metric", ["response_s", "converted"])
def test_arms_that_are_alike_show_no_difference(metric: str) -> None:
    seen = intervals("aa", metric)
    assert ((seen[:, 1] <= 0) & (seen[:, 2] >= 0)).mean() >= 0.9


def test_a_difference_that_matters_is_seen_and_without_the_burn_in_it_is_smaller() -> None:
    seen = intervals("ab", "response_s")
    assert (seen[:, 1] > 0).mean() > 0.5
    values = watched("ab", 3).response_s
    first = np.where((np.arange(len(values)) % MINUTES < BURN_IN)[:, None], values, np.nan)
    turns = in_b()[np.arange(len(values)) // MINUTES]
    early = float(np.nanmean(first[turns]) - np.nanmean(first[~turns]))
    assert 0 < early < seen[:, 0].mean()


@given(st.integers(0, 2**32 - 1))
def test_equal_blocks_give_the_paired_t_interval(seed: int) -> None:
    chance = np.random.default_rng(seed)
    values = chance.normal(size=(12, 5))
    block, in_b = np.repeat(np.arange(12), 5), np.repeat(np.arange(12) % 2 == 1, 5)
    pairs = paired(block, in_b, values.reshape(-1))
    means = values.mean(axis=1)
    apart = means[1::2] - means[0::2]
    value, low, high = pairs.mean(pairs.b - pairs.a, 0.95)
    assert value == pytest.approx(apart.mean())
    assert high - value == pytest.approx(2.570582 * apart.std(ddof=1) / 6**0.5, rel=0.002)
    assert value - low == pytest.approx(high - value)


def test_pairs_that_weigh_next_to_nothing_do_not_make_the_interval_narrower() -> None:
    chance = np.random.default_rng(6)
    weight, values = np.tile([50.0, 1, 1], 7), chance.normal(size=(4000, 21))
    out = 0
    for one in values / np.sqrt(weight):
        _, low, high = Pairs(np.zeros(21), one, weight).mean(one, 0.95)
        out += not low <= 0 <= high
    assert 0.04 <= out / len(values) <= 0.056
    big, small = values[0, ::3][:7], np.concatenate([values[0, ::3][:7], np.zeros(14)])
    alone = Pairs(big, big, np.ones(7)).mean(big)
    assert Pairs(small, small, np.array([1.0] * 7 + [1e-9] * 14)).mean(small) == pytest.approx(alone)


@given(st.floats(0.01, 10), st.floats(0.01, 10))
def test_what_so_many_pairs_find_is_what_needs_so_many(spread: float, difference: float) -> None:
    pairs = needed(spread, difference)
    assert pairs >= FEWEST
    assert found(spread, pairs) <= difference * 1.0001 or pairs == FEWEST
    if pairs > FEWEST + 1:
        assert found(spread, pairs - 1) > difference * 0.9999
    with pytest.raises(ValueError, match="difference is 0; give one above 0"):
        needed(spread, 0)


@pytest.mark.parametrize("past", [10, 20])
def test_a_plan_from_a_few_pairs_of_the_past_finds_the_difference_as_often_as_it_says(past: int) -> None:
    chance, seen = np.random.default_rng(past), 0
    for known in chance.normal(size=(2000, past)):
        pairs = Pairs(np.zeros(past), known, np.ones(past))
        later = 0.5 + chance.normal(size=needed(pairs.spread, 0.5, known=pairs.effective))
        seen += Pairs(np.zeros(len(later)), later, np.ones(len(later))).mean(later)[1] > 0
    assert 0.78 <= seen / 2000 <= 0.84


def test_pairs_without_a_lead_in_one_block_are_left_out() -> None:
    block, values = np.array([0, 1, 2, 4, 5, 5]), np.array([1.0, 2, 3, 4, np.nan, 6])
    pairs = paired(block, block % 2 == 1, values)
    assert isinstance(pairs, Pairs)
    assert (pairs.a.tolist(), pairs.b.tolist(), pairs.weight.tolist()) == ([1.0, 4.0], [2.0, 6.0], [0.5, 0.5])


DESIGN = Design(a=(100, 0, 0, 0), b=(0, 100, 0, 0), block_s=3600, burn_in_s=600, seed=5)


async def ten_hours(desk: Desk, clock: Clock) -> None:
    """Ten blocks of an experiment, which is then stopped; then two hours without one."""
    await desk.start_experiment(DESIGN, by="Kim")
    await hours(desk, clock, 10)
    await desk.stop_experiment(by="Kim")
    await hours(desk, clock, 2, 10)


def test_the_verdict_of_a_history_is_the_difference_of_its_blocks(tmp_path: Path) -> None:
    what_if = WhatIf(recorded(tmp_path, ten_hours))
    verdict = what_if.verdict(DESIGN)
    assert set(verdict) == {"converted", "value", "response_s", "waited_s", "utilization", "balance"}
    response = verdict["response_s"]
    assert isinstance(response, Estimate)
    assert response.question == BY_BLOCKS
    blocks = verdict.blocks()
    assert blocks["arm"].tolist() == [DESIGN.arm(block) for block in range(10)]
    # at 30 and 390 s of ten: the first two of each hour come in the burn-in, and nothing after the stop counts
    assert blocks["leads"].tolist() == [8] * 10
    assert (response.trust.n, response.trust.pairs, response.trust.burnt_in) == (80, 5, 20)  # type: ignore[union-attr]
    means = blocks.groupby("arm")["response_s"].mean()
    assert response.base == pytest.approx(means["a"])
    assert response.value == pytest.approx(means["b"])
    assert response.difference == pytest.approx(means["b"] - means["a"])
    assert -270 < response.difference_low < response.difference < response.difference_high < -240
    waited = verdict["waited_s"]
    assert isinstance(waited, Refused)
    assert "it is 0 in every block, so nothing says how much it varies; it is over: start a longer one" in waited.reason
    assert (verdict.runs, str(verdict).count(BY_BLOCKS)) == (False, 1)
    assert what_if.verdict().frame().equals(verdict.frame())
    assert "it was stopped by hand: who stops because it looks good" in str(verdict)


def test_a_longer_burn_in_leaves_more_of_each_block_out_and_says_so(tmp_path: Path) -> None:
    what_if = WhatIf(recorded(tmp_path, ten_hours))
    longer = what_if.verdict(DESIGN, burn_in="30min")
    assert longer.blocks()["leads"].tolist() == [5] * 10
    assert longer["response_s"].trust.burnt_in == 50  # type: ignore[union-attr]
    said = "with a burn-in of 30min; the plan's, by which to decide, is 10min"
    assert said in str(longer)
    assert what_if.verdict(DESIGN).blocks()["leads"].tolist() == [8] * 10
    assert "burn-in of" not in str(what_if.verdict(DESIGN, burn_in="10min"))
    with pytest.raises(ValueError, match="burn_in is 2h, as long as block, which is 3600, or longer; give less"):
        what_if.verdict(DESIGN, burn_in="2h")
    with pytest.raises(ValueError, match="burn_in is 'long'; give a time such as '4h'"):
        what_if.verdict(DESIGN, burn_in="long")


def test_leads_of_the_block_before_leak_into_a_short_burn_in_and_not_into_a_long_one() -> None:
    """Half of the other arm's effect lasts for an hour of each block."""
    chance, effect = np.random.default_rng(8), 0.1
    before = np.where(np.arange(BLOCKS)[:, None] > 0, np.roll(in_b(), 1, axis=0), in_b())
    minute = np.arange(BLOCKS * MINUTES)
    leaks = np.where((minute % MINUTES < 60)[:, None], 0.5, 0.0)
    arm, other = in_b()[minute // MINUTES], before[minute // MINUTES]
    values = chance.normal(effect * ((1 - leaks) * arm + leaks * other), 0.3)
    covered = {}
    for burn_in in (0, 60):
        known = np.where((minute % MINUTES >= burn_in)[:, None], values, np.nan)
        given = [paired(minute // MINUTES, arm[:, world], known[:, world]) for world in range(WORLDS)]
        seen = np.array([pairs.mean(pairs.b - pairs.a, 0.95) for pairs in given])
        covered[burn_in] = float(((seen[:, 1] <= effect) & (effect <= seen[:, 2])).mean())
    assert covered[0] < 0.7
    assert covered[60] > 0.9


@pytest.mark.parametrize("leak, least, most", [(0.0, 0.0, 0.1), (0.5, 0.4, 1.0)])
def test_what_blocks_leave_to_the_next_is_seen_as_a_change_within_them(leak: float, least: float, most: float) -> None:
    """A share of the other arm's effect lasts for an hour of each block of four, or nothing does."""
    chance, effect = np.random.default_rng(9), 0.1
    before = np.where(np.arange(BLOCKS)[:, None] > 0, np.roll(in_b(), 1, axis=0), in_b())
    minute = np.arange(BLOCKS * MINUTES)
    within, block = minute % MINUTES, minute // MINUTES
    leaks = np.where((within < 60)[:, None], leak, 0.0)
    day = 0.2 * np.sin(within / MINUTES)[:, None]  # what changes within every block alike is no carry-over
    values = day + chance.normal(effect * ((1 - leaks) * in_b()[block] + leaks * before[block]), 0.3)
    given = [carried(block, in_b()[block, world], within < 120, values[:, world]) for world in range(WORLDS)]
    seen = np.array([pairs.mean(pairs.a - pairs.b) for pairs in given])
    assert least <= ((seen[:, 1] > 0) | (seen[:, 2] < 0)).mean() <= most
    assert seen[:, 0].mean() == pytest.approx(-0.75 * leak * effect, abs=0.005)


def test_a_metric_that_is_the_same_in_both_blocks_of_every_pair_is_refused_in_words() -> None:
    same = np.array([0.0, 0.5, 1.0, 0.5])
    said = judged("converted", Pairs(same, same, np.ones(4)), pd.DataFrame(), 0, Said((), "wait"), 0.95, None)
    assert isinstance(said, Refused)
    assert said.reason == (
        "it is the same in both blocks of every pair, so nothing says how much they differ by luck; wait"
    )


def test_a_verdict_tells_the_difference_in_each_half_of_its_blocks(tmp_path: Path) -> None:
    async def uneven(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(DESIGN, by="Kim")
        for block in range(10):
            await hours(desk, clock, 1, block, bo_s=200 if block % 3 else 40)
        await desk.stop_experiment(by="Kim")

    verdict = WhatIf(recorded(tmp_path, uneven)).verdict()
    frame = verdict.carry_over().set_index("metric")
    row = frame.loc["response_s"]
    rows = verdict._rows
    half = DESIGN.burn_in_s + (DESIGN.block_s - DESIGN.burn_in_s) / 2
    early = (rows["time"] / 1e6 - verdict.starts.timestamp()) % DESIGN.block_s < half
    means = rows.assign(early=early).groupby(["early", "at", "in_b"])["response_s"].mean().groupby(["early", "in_b"])
    mean = means.mean()
    assert early.sum() == (~early).sum() == 40
    assert row["first"] == pytest.approx(mean[True, True] - mean[True, False])
    assert row["rest"] == pytest.approx(mean[False, True] - mean[False, False])
    assert row["change"] == pytest.approx(row["first"] - row["rest"])
    assert row["low"] < row["change"] < row["high"]
    assert row["pairs"] == 5
    assert frame.loc["waited_s"].isna().sum() == 5  # nobody waited
    assert "Nothing says that the burn-in is too short, as far as the halves of blocks of 5 pairs tell." in words(
        verdict
    )
    odd = frame.copy()
    odd.loc["response_s", ["change", "low", "high"]] = -3.0, -4.0, -2.0
    assert "in Time to first answer −3 s (−4 to −2 s). By luck" in leftover(odd.reset_index())
    assert "cannot be told: fewer than 4 pairs" in leftover(odd.reset_index().assign(change=np.nan))
    assert len(WhatIf(recorded(tmp_path / "none", ten_hours)).verdict(burn_in="30min").carry_over()) == 5


def test_what_comes_after_the_planned_end_does_not_count_and_nobody_is_blamed_for_stopping(tmp_path: Path) -> None:
    async def planned(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(replace(DESIGN, blocks=10), by="Kim")
        await hours(desk, clock, 11)

    history = recorded(tmp_path, planned)
    what_if = WhatIf(history)
    verdict = what_if.verdict()
    assert what_if.experiments() == history.sql("SELECT DISTINCT experiment FROM experiments")["experiment"].tolist()
    assert not verdict.runs
    assert verdict.until == verdict.starts + timedelta(hours=10)
    assert verdict.blocks()["leads"].tolist() == [8] * 10
    response = verdict["response_s"]
    assert isinstance(response, Estimate)
    assert not [one for one in response.trust.warnings if "stop" in one]  # type: ignore[union-attr]


def test_a_verdict_too_early_is_refused_and_says_that_it_runs(tmp_path: Path) -> None:
    async def begun(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(DESIGN, by="Kim")
        await hours(desk, clock, 7)

    verdict = WhatIf(recorded(tmp_path, begun)).verdict()
    assert verdict.runs
    for one in verdict.values():
        assert isinstance(one, Refused)
        assert "whose outcome is known in both: 3, at least 4 are needed; let it run on" in one.reason
        assert "it has no planned end: fix one before you look" in str(one.trust)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_verdict_before_the_start_says_when_that_is_or_that_it_never_came(tmp_path: Path, stopped: bool) -> None:
    async def planned(desk: Desk, clock: Clock) -> None:
        await hours(desk, clock, 1)
        await desk.start_experiment(DESIGN, by="Kim", starts=clock.time + timedelta(hours=5))
        await hours(desk, clock, 1, first=1)
        if stopped:
            await desk.stop_experiment(by="Kim")
            await hours(desk, clock, 6, first=2)

    verdict = WhatIf(recorded(tmp_path, planned)).verdict()
    assert verdict.state("%H:%M") == ("was stopped before it began" if stopped else "has not begun")
    assert f"it {verdict.state('')}." in words(verdict)
    at = f"{verdict.starts:%Y-%m-%d %H:%M} UTC"
    said = f"it was stopped before it began, which was to be at {at};" if stopped else f"it begins at {at}; ask after"
    for one in verdict.values():
        assert isinstance(one, Refused)
        assert one.reason.startswith(said)
        assert "stopped by hand" not in str(one.trust)


def test_leads_that_are_too_new_do_not_count_in_conversion(tmp_path: Path) -> None:
    async def slow(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(DESIGN, by="Kim")
        for hour in range(10):
            clock.wait(1800)
            agent = (await desk.route_lead(lead(f"l{hour}"))).agent or ""
            await desk.first_response(f"l{hour}", agent)
            clock.wait(1800)
            if hour >= 2:
                holder = desk.team.leads[f"l{hour - 2}"].holder or ""
                await desk.close_lead(f"l{hour - 2}", holder, converted=hour % 3 > 0)

    verdict = WhatIf(recorded(tmp_path, slow)).verdict()
    assert verdict["converted"].trust.n == 8  # type: ignore[union-attr]
    assert verdict["response_s"].trust.n == 10  # type: ignore[union-attr]
    # each was open for two hours and a half, the newest block's too
    assert verdict.ripe == verdict.until + timedelta(hours=2.5)
    said = f"2 of 10 leads are too new to count; what came of its last ones is known from {verdict.ripe:%Y-%m-%d %H:%M}"
    assert [said in str(one.trust) for one in verdict.values()] == [True, True, False, False, False, False]
    first, second = repr(verdict).splitlines()[-2:]
    assert first.startswith("  converted, value: n 8 in 4 pairs")
    assert second.startswith("  response_s, waited_s, utilization, balance: n 10 in 5 pairs")


def test_an_experiment_without_a_lead_that_counts_promises_nothing_of_their_age(tmp_path: Path) -> None:
    async def short(desk: Desk, clock: Clock) -> None:
        await hours(desk, clock, 1)
        await desk.start_experiment(DESIGN, by="Kim")
        await routed(desk, "l0")
        clock.wait(60)
        await desk.stop_experiment(by="Kim")

    verdict = WhatIf(recorded(tmp_path, short)).verdict()
    for one in verdict.values():
        assert isinstance(one, Refused)
        assert one.reason.endswith("it is over: start a longer one")
        assert "too new" not in str(one.trust)
    assert repr(verdict).count("1 lead in burn-ins left out") == 1


def test_where_no_lead_is_too_new_a_verdict_says_from_when_all_is_known_only(tmp_path: Path) -> None:
    async def tailed(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(replace(DESIGN, blocks=10), by="Kim")
        due: list[tuple[float, str, str, bool]] = []
        for number in range(160):
            came = 360.0 * number
            while due and (due[0][0] <= came or number >= 100):
                at_s, id, holder, sold = due.pop(0)
                clock.time = max(clock.time, NOON + timedelta(seconds=at_s))
                await desk.close_lead(id, holder, converted=sold)
                if number >= 100 and at_s >= 36_000 + 2.9 * 3600:
                    return
            clock.time = NOON + timedelta(seconds=came)
            agent = (await desk.route_lead(lead(f"l{number}"))).agent or ""
            took_s = -3600 * log(1 - (number * 0.618) % 1) if number * number % 7 < 4 else 60.0
            due = sorted([*due, (came + took_s, f"l{number}", agent, number * number % 7 < 4)])

    verdict = WhatIf(recorded(tmp_path, tailed)).verdict()
    said = str(verdict["converted"].trust)
    assert f"left out; what came of its last ones is known from {verdict.ripe:%Y-%m-%d %H:%M} UTC on" in said


def test_leads_without_an_answer_are_counted_by_arm_beside_the_response_time(tmp_path: Path) -> None:
    async def unanswered(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(replace(DESIGN, blocks=10), by="Kim")
        for number in range(100):
            clock.wait(360)
            agent = (await desk.route_lead(lead(f"l{number}", property_type="condo"))).agent or ""
            if agent == "bo" or number % 5:
                await desk.first_response(f"l{number}", agent)
            await desk.close_lead(f"l{number}", agent, converted=number % 3 == 0)

    verdict = WhatIf(recorded(tmp_path, unanswered)).verdict()
    told = [one for one in verdict["response_s"].trust.warnings if "no answer" in one]  # type: ignore[union-attr]
    assert len(told) == 1
    assert re.fullmatch(r"no answer yet, and so left out: (1|2)\d\.\d% of a's leads, 0\.0% of b's; .*", told[0])
    assert "no answer" not in str(verdict["waited_s"].trust)


@pytest.mark.parametrize(
    "knows, said",
    [
        (None, "16.7% of the leads were decided outside it"),
        (6, "16.7% of the leads have another block, arm or weights"),
    ],
)
def test_a_plan_that_was_broken_is_refused_whatever_the_figures(tmp_path: Path, knows: int | None, said: str) -> None:
    other = None if knows is None else replace(DESIGN, a=DESIGN.b, b=DESIGN.a)

    async def work(desk: Desk, clock: Clock) -> None:
        await desk.start_experiment(DESIGN, by="Kim")
        await hours(desk, clock, 10)
        started = desk.team.experiment
        assert started is not None
        # as a desk of a version that knows of no experiments, or that follows another plan
        desk.team.experiment = None if other is None else replace(started, design=other)
        await hours(desk, clock, 2, 10)

    for one in WhatIf(recorded(tmp_path, work)).verdict().values():
        assert isinstance(one, Refused)
        assert one.reason.startswith(f"the plan is broken: {said}")


def test_a_history_without_such_an_experiment_and_frames_are_refused(tmp_path: Path) -> None:
    history = recorded(tmp_path, ten_hours)
    with pytest.raises(ValueError, match=r"no experiment nope; it has: [\w-]+$"):
        WhatIf(history).verdict("nope")
    with pytest.raises(ValueError, match=r"no experiment of this design; it has: [\w-]+$"):
        WhatIf(history).verdict(replace(DESIGN, seed=DESIGN.seed + 1))
    with pytest.raises(ValueError, match="level is 2; give how often"):
        WhatIf(history).verdict(level=2)
    frames = WhatIf.from_frames(history.candidates())
    with pytest.raises(ValueError, match=r"give WhatIf a collab.History, not frames"):
        frames.verdict()


def test_a_log_that_was_read_before_any_experiment_began_says_so(tmp_path: Path) -> None:
    async def work(desk: Desk, clock: Clock) -> None:
        await hours(desk, clock, 1)
        await desk.start_experiment(DESIGN, by="Kim")

    history = recorded(tmp_path, work)
    before = WhatIf(history.as_of(history.last - 1))
    with pytest.raises(ValueError, match="the history has no experiment; when it was read none was started"):
        before.verdict()


def test_a_plan_says_how_many_days_it_takes_or_that_nobody_can_say_yet(tmp_path: Path) -> None:
    async def work(desk: Desk, clock: Clock) -> None:
        await hours(desk, clock, 30, bo_s=200)

    what_if = WhatIf(recorded(tmp_path, work))
    short = what_if.experiment(DESIGN.a, DESIGN.b, block="1h", burn_in="10min", metric="response_s", difference=20)
    assert short.days == pytest.approx(needed(short.spread or 0, 20, known=short.effective) * 2 / 24)
    assert (short.pairs, short.design.block_s, short.design.seed) == (15, 3600, what_if.last)
    assert f"is found with a chance of .8 in {short.days:.1f} days" in str(short)
    smaller = what_if.experiment(DESIGN.a, DESIGN.b, block="1h", burn_in="10min", metric="response_s", difference=1)
    assert smaller.days > short.days
    assert smaller.frame()["difference"].is_monotonic_decreasing
    long = what_if.experiment(DESIGN.a, DESIGN.b)
    assert long.days is None
    assert "cannot say yet how long it takes; the history has 4 pairs of such blocks (at least 10)" in str(long)
    assert (long.design.blocks, "it has no planned end: give days" in str(long)) == (None, True)
    assert short.design.blocks == 2 * needed(short.spread or 0, 20, known=short.effective)
    assert f"it ends by itself after {short.design.blocks} blocks" in str(short)
    assert (0 < long.ripe_s < 3600, short.ripe_s) == (True, 0)
    later = "converted of its last leads is known 2.5 days after its end: decide then"
    assert [later in str(dataclasses.replace(long, ripe_s=days * 86_400)) for days in (2.5, 0.1)] == [True, False]
    days = what_if.experiment(DESIGN.a, DESIGN.b, block="1h", burn_in="10min", days=1.01)
    assert days.design.blocks == 26
    assert long._repr_html_().count("<table") == 0 < short._repr_html_().count("<table")
    whole = what_if.experiment(DESIGN.a, DESIGN.b, burn_in=0)
    assert ["of each do not count" in str(plan) for plan in (short, whole)] == [True, False]
    for wrong, said in (
        ({"metric": "luck"}, "metric is 'luck'; blocks are compared by"),
        ({"difference": 0}, "above 0"),
        ({"difference": 5}, "difference is 5, but converted is a share of 0 to 1; give e.g. 0.05 for 5 points"),
        ({"difference": 1.0, "metric": "balance"}, "but balance is a share of 0 to 1"),
        ({"difference": "0.02"}, "difference is '0.02'; give the least one that matters, above 0"),
        ({"days": "7"}, "days is '7'; give how long it runs, above 0"),
        ({"days": 0}, "days is 0; give how long it runs, above 0"),
        ({"days": 100_000}, "days is 100000, more than 10,000 blocks of 4h; give 1666.67 or fewer, or longer blocks"),
        ({"days": float("inf")}, "days is inf, more than 10,000 blocks of 4h; give 1666.67 or fewer"),
        ({"block": "8d"}, "block is 8d; give 1min to 7d"),
        ({"block": "1s", "burn_in": "0s"}, "block is 1s; give 1min to 7d"),
        ({"burn_in": -60}, "burn_in is -60; give 0 or more"),
    ):
        with pytest.raises(ValueError, match=said):
            what_if.experiment(DESIGN.a, DESIGN.b, **wrong)
    for arms, said in ((("1-2", DESIGN.b), "arm a: weights are '1-2'"), ((DESIGN.a, (1, 2)), r"arm b: .* \[1, 2\]")):
        with pytest.raises(ValueError, match=said):
            what_if.experiment(*arms)


def test_the_days_of_a_team_with_opening_hours_hold_as_many_usable_pairs_as_it_needs(tmp_path: Path) -> None:
    async def opened(desk: Desk, clock: Clock) -> None:
        for day in range(4):
            await hours(desk, clock, 8, 8 * day, bo_s=200)
            clock.wait(16 * 3600)

    what_if = WhatIf(recorded(tmp_path, opened))
    asked = {"block": "1h", "burn_in": "10min", "metric": "response_s"}
    asked["difference"] = what_if.experiment(DESIGN.a, DESIGN.b, **asked).spread
    plan = what_if.experiment(DESIGN.a, DESIGN.b, **asked)
    assert (plan.starts.hour, plan.pairs, plan.of) == (20, 16, 40)
    assert "start it at 20:00 UTC, on whatever day: then 16 of 40 pairs of blocks of the past are usable" in str(plan)
    # four pairs a day from noon on and eight of night: the worst moment to begin is the one at which the team closes
    pairs = needed(1, 1, known=plan.effective)
    assert pairs > 4
    assert plan.design.blocks == 2 * (pairs + 8 * -(-pairs // 4))
    assert plan.days == pytest.approx(plan.design.blocks / 24)
    late = what_if.experiment(DESIGN.a, DESIGN.b, **asked, starts=plan.starts + timedelta(hours=1))
    assert (late.pairs, late.days > plan.days) == (12, True)  # of its pairs the first and the last have one open block
    assert "too early" not in str(what_if.experiment(DESIGN.a, DESIGN.b, **asked, days=1))
    short = str(what_if.experiment(DESIGN.a, DESIGN.b, **asked, days=0.9))
    assert "too early, as only 3.0 pairs of blocks may be usable then, of 4 needed" in short


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(any), st.floats(1, 50))
def test_so_many_pairs_in_a_row_count_enough_wherever_they_begin(shares: list[float], wanted: float) -> None:
    week = np.array(shares)
    week[week < 0.01] = 0
    if not week.any():
        return
    pairs = lasting(week, wanted)
    row = np.tile(week, pairs // len(week) + 2)
    least = [min(row[first : first + many].sum() for first in range(len(week))) for many in (pairs - 1, pairs)]
    assert least[0] < wanted + 1e-6
    assert least[1] > wanted - 1e-6
    assert counting(week, pairs) == pytest.approx(least[1])
