"""Experiments: two sets of weights take turns by blocks of time at every desk of a stream."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from blocks import routed, staffed
from click.testing import CliRunner
from desks import Clock, at_desk, hire, lead, level, log
from gateways import a_gate
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from offices import Open, at, do
from proposals import IN_FORCE, WEIGHTS, proposal
from strategies import NOON, designs, times

from collab import events as ev
from collab.cli import main
from collab.desk import TooLate
from collab.experiment import Design, seconds, span
from collab.history import History
from collab.lapses import Terms
from collab.records import Decision
from collab.whatif import WhatIf
from collab.whatif.journal import watched

A, B = (100, 0, 0, 0), (0, 100, 0, 0)
HOUR_S = 3600
DESIGN = Design(a=A, b=B, block_s=HOUR_S, burn_in_s=600, seed=7)
SAME = "b is 100-0-0-0, the same as a; give other weights"
CHOSEN = {"a": "ana", "b": "bo"}
"""Who gets a condo: of agents who are equally free the first, of all the one who knows condos."""


def marks(decision: Decision) -> tuple[Any, ...]:
    """What a decision says of the experiment."""
    return decision.mode, decision.block, decision.arm, decision.weights.values


@given(designs, st.integers(0, 10**6))
def test_of_each_pair_of_blocks_one_is_a_s_and_one_is_b_s(design: Design, pair: int) -> None:
    assert {design.arm(2 * pair), design.arm(2 * pair + 1)} == {"a", "b"}


def test_a_coin_says_who_is_first_of_a_pair_and_the_seed_throws_it() -> None:
    orders = ["".join(Design(a=A, b=B, seed=seed).arm(2 * pair) for pair in range(200)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    for order in orders:
        assert 70 < order.count("a") < 130
        assert 70 < sum(one != other for one, other in pairwise(order)) < 130


@given(designs, times, st.integers(-(10**9), 10**9))
def test_a_moment_is_in_the_block_that_its_time_since_the_start_says(
    design: Design, starts: datetime, later_s: int
) -> None:
    place = design.place(starts, starts + timedelta(seconds=later_s))
    ends = design.ends(starts)
    if later_s < 0 or (ends is not None and starts + timedelta(seconds=later_s) >= ends):
        assert place is None
        return
    assert place is not None
    assert place.block * design.block_s <= later_s < (place.block + 1) * design.block_s
    assert place.arm == design.arm(place.block)
    assert place.settled == (later_s - place.block * design.block_s >= design.burn_in_s)


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"a": (50, 60, 0, 0)}, "arm a: .* sum to 110; make them sum to 100"),
        ({"b": (50, 60, 0, 0)}, "arm b: .* sum to 110; make them sum to 100"),
        ({"burn_in_s": 14_400}, "burn_in_s is 14400; give 0 to below block_s"),
        ({"blocks": 7}, "blocks is 7; give an even number"),
    ],
)
def test_a_design_that_makes_no_sense_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Design(**{"a": A, "b": B, **fields})


def test_blocks_are_as_long_when_the_clocks_of_the_zone_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    for eve in (datetime(2026, 3, 28, 22, tzinfo=zone), datetime(2026, 10, 24, 22, tzinfo=zone)):
        starts, design = eve.astimezone(UTC), Design(a=A, b=B, blocks=4)
        assert design.ends(eve) == starts + timedelta(hours=16)
        for half_hours in range(33):
            time = starts + timedelta(minutes=30 * half_hours)
            assert design.place(eve, time.astimezone(zone)) == design.place(starts, time)


def test_spans_are_read_and_other_words_refused() -> None:
    assert [seconds(span, "block") for span in ("4h", "30min", "90 s", "1d", 7, timedelta(hours=1))] == [
        14_400, 1800, 90, 86_400, 7, 3600,
    ]  # fmt: skip
    assert [span(count) for count in (14_400, 1800, 90, 86_400)] == ["4h", "30min", "90s", "1d"]
    for wrong in ("soon", "4 hours", 1.5, True, None):
        with pytest.raises(ValueError, match=r"block is .*give a time such as '4h'"):
            seconds(wrong, "block")  # type: ignore[arg-type]


async def in_step(url: str) -> None:
    """Two desks on one stream through eight blocks."""
    clock = Clock()
    async with at_desk(url, name="a", clock=clock) as one, at_desk(url, name="b", clock=clock, explore=1.0) as two:
        await staffed(one)
        id = await one.start_experiment(DESIGN, by="Kim")
        await level(one, two)
        with pytest.raises(TooLate, match="an experiment runs since 2026-01-05 12:00 UTC, started by Kim; stop it"):
            await two.start_experiment(DESIGN, by="Ida")
        arms = []
        for block in range(8):
            found = [await routed(one, f"one-{block}")]
            await level(one, two)
            found.append(await routed(two, f"two-{block}"))
            arm = DESIGN.arm(block)
            assert [marks(decision) for decision in found] == [("block", block, arm, DESIGN.weights(arm))] * 2
            assert [(decision.agent, decision.propensity) for decision in found] == [(CHOSEN[arm], 1.0)] * 2
            arms.append(arm)
            clock.wait(HOUR_S)
            await level(one, two)
        assert set(arms) == {"a", "b"}
        assert await two.stop_experiment(by="Ida", reason="enough") == id
        await level(one, two)
        after = await routed(one, "after")
        assert marks(after) == ("greedy", None, None, (35, 30, 20, 15))
        assert isinstance((await log(one))[-1].event, ev.LeadClosed)


def test_two_desks_on_one_stream_are_in_the_same_arm_at_the_same_time() -> None:
    asyncio.run(in_step(f"embedded://{uuid.uuid4().hex}"))


def test_two_desks_on_a_redis_are_in_the_same_arm_at_the_same_time(redis_url: str) -> None:
    asyncio.run(in_step(redis_url))


def test_an_experiment_to_come_changes_nothing_before_it_starts() -> None:
    async def run() -> None:
        clock = Clock()
        async with at_desk(f"embedded://{uuid.uuid4().hex}", clock=clock) as desk:
            await staffed(desk)
            with pytest.raises(ValueError, match=r"starts is .*, which is past; give a time to come, or none"):
                await desk.start_experiment(DESIGN, by="Kim", starts=NOON - timedelta(seconds=1))
            await desk.start_experiment(DESIGN, by="Kim", starts=NOON + timedelta(hours=1))
            with pytest.raises(
                TooLate, match="an experiment is to run from 2026-01-05 13:00 UTC, started by Kim; stop"
            ):
                await desk.adopt_weights(WEIGHTS, by="Ida")
            assert marks(await routed(desk, "l1")) == ("greedy", None, None, (35, 30, 20, 15))
            clock.wait(HOUR_S)
            assert marks(await routed(desk, "l2"))[:2] == ("block", 0)

    asyncio.run(run())


def test_an_experiment_with_an_end_is_over_by_itself_and_weights_may_be_adopted_then() -> None:
    async def run() -> None:
        clock = Clock()
        url = f"embedded://{uuid.uuid4().hex}"
        async with at_desk(url, clock=clock) as desk, at_desk(url, name="b", clock=clock) as other:
            await staffed(desk)
            await desk.start_experiment(replace(DESIGN, blocks=2), by="Kim")
            clock.wait(2 * HOUR_S - 1)
            await desk.tend(Terms())
            assert marks(await routed(desk, "l1"))[:2] == ("block", 1)
            with pytest.raises(TooLate, match="since 2026-01-05 12:00 until 2026-01-05 14:00 UTC, started by Kim"):
                await desk.adopt_weights(WEIGHTS, by="Ida")
            clock.wait(1)
            # over at once, though nobody has said so yet
            assert marks(await routed(desk, "l2")) == ("greedy", None, None, (35, 30, 20, 15))
            for one in (desk, other):
                await one.tend(Terms())
            ended = [entry.event for entry in await log(desk) if isinstance(entry.event, ev.ExperimentStopped)]
            assert [(event.by, event.reason) for event in ended] == [("Kim", "its planned end")]
            assert await desk.adopt_weights(WEIGHTS, by="Ida") == 1
            await desk.start_experiment(replace(DESIGN, blocks=2), by="Kim")
            clock.wait(2 * HOUR_S)
            # nor need anybody tend it before the next one, or other weights, also at a desk that knew nothing of it
            await other.start_experiment(replace(DESIGN, blocks=2), by="Ida")
            clock.wait(2 * HOUR_S)
            assert await desk.adopt_weights(IN_FORCE, by="Ida") == 2

    asyncio.run(run())


def test_a_person_and_a_known_customer_are_marked_with_the_block_but_keep_their_mode() -> None:
    async def run() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await hire(desk, "ana")
            await desk.start_experiment(DESIGN, by="Kim")
            for id in ("l1", "l2"):
                await desk.route_lead(lead(id, customer="c1"))
            assert (await desk.route_lead(lead("l3", requires=("language:es",)))).agent is None
            await desk.assign("l3", "ana", by="Kim")
            found = [entry.event.decision for entry in await log(desk) if isinstance(entry.event, ev.LeadAssigned)]
            assert [one.mode for one in found] == ["block", "sticky", "manual"]
            assert {(one.block, one.arm) for one in found} == {(0, DESIGN.arm(0))}

    asyncio.run(run())


def test_while_an_experiment_runs_no_weights_are_adopted_and_the_error_names_the_fix() -> None:
    async def run() -> None:
        url = f"embedded://{uuid.uuid4().hex}"
        async with at_desk(url) as desk, at_desk(url, name="b") as other:
            with pytest.raises(ValueError, match="no experiment runs; start one with start_experiment"):
                await desk.stop_experiment(by="Kim")
            await desk.start_experiment(DESIGN, by="Kim")
            for one in (desk, other):  # the other may not have heard of it yet: the stream refuses
                with pytest.raises(TooLate, match=r"started by Kim; stop it first \(stop_experiment\), then adopt"):
                    await one.adopt_weights(WEIGHTS, by="Ida")
            await other.stop_experiment(by="Ida")
            await level(desk, other)
            assert await desk.adopt_weights(WEIGHTS, by="Ida") == 1

    asyncio.run(run())


def test_an_adopted_file_waits_for_the_experiment_s_end_and_leads_are_routed_meanwhile(
    open_office: Open, caplog: pytest.LogCaptureFixture
) -> None:
    office = open_office()
    folder = watched(office.history_url, office.tenant)
    assert isinstance(folder, Path)
    do(office, staffed(at(office)))
    do(office, at(office).start_experiment(DESIGN, by="Kim"))
    with caplog.at_level(logging.ERROR):
        proposal(replaces=None).adopt(by="ana", folder=folder)
        for _ in range(3):
            do(office, office._adopting.tend(at(office)))
    assert caplog.text.count("stay as they are: an experiment runs; they come into force once it is stopped") == 1
    assert do(office, routed(at(office), "l1")).arm == DESIGN.arm(0)
    do(office, at(office).stop_experiment(by="Kim"))
    do(office, office._adopting.tend(at(office)))
    assert office.team.weights.values == WEIGHTS


def test_an_office_that_restarts_in_a_block_goes_on_in_it(open_office: Open) -> None:
    office = open_office()
    do(office, staffed(at(office)))
    design = replace(DESIGN, blocks=40)
    do(office, at(office).start_experiment(design, by="Kim", reason="which is better?"))
    first, started = do(office, routed(at(office), "l1")), office.team.experiment
    office.stop()
    again = open_office()
    assert again.team.experiment == started
    assert marks(do(again, routed(at(again), "l2"))) == marks(first)
    do(again, at(again).stop_experiment(by="Ida", reason="enough"))
    again.stop()
    found = again.history.sql("SELECT * FROM experiments ORDER BY seq")
    assert found["change"].tolist() == ["started", "stopped"]
    said = ["a", "b", "block_s", "burn_in_s", "seed", "blocks", "person", "reason"]
    assert found.iloc[0][said].tolist() == ["100-0-0-0", "0-100-0-0", HOUR_S, 600, 7, 40, "Kim", "which is better?"]
    kept = again.history.sql("SELECT mode, block, arm, w_availability FROM decisions ORDER BY seq")
    assert kept.values.tolist() == [["block", 0, DESIGN.arm(0), DESIGN.weights(DESIGN.arm(0))[0]]] * 2


def test_a_team_lead_starts_and_stops_an_experiment_at_a_gateway_and_nobody_else(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            a_gate(tmp_path) as gate,
            gate.member("tia", "team_lead") as tia,
            gate.member("nia", "analyst") as nia,
        ):
            with pytest.raises(PermissionError, match="role is analyst, which may not start_experiment"):
                await nia.start_experiment(DESIGN)
            id = await tia.start_experiment(DESIGN, "which is better?")
            running = gate.office.team.experiment
            assert running is not None
            assert (running.id, running.design, running.by, running.reason) == (id, DESIGN, "tia", "which is better?")
            with pytest.raises(RuntimeError, match=r"an experiment runs since .* started by tia; stop it first"):
                await nia.adopt_weights(WEIGHTS, "why")
            with pytest.raises(PermissionError, match="role is analyst, which may not stop_experiment"):
                await nia.stop_experiment()
            assert await tia.stop_experiment() == id
            assert await nia.adopt_weights(WEIGHTS, "why") == 1
            with pytest.raises(ValueError, match=r"starts is 2026-01-05T12:00:00\+00:00, which is past"):
                await tia.start_experiment(DESIGN, starts=NOON)
            later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
            await tia.start_experiment(DESIGN, starts=later)
            assert gate.office.team.experiment.starts == later
            await tia.stop_experiment()
            with pytest.raises(ValueError, match="no experiment runs"):
                await tia.stop_experiment()

    asyncio.run(run())


def test_the_console_starts_shows_and_stops_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("COLLAB_HISTORY", str(tmp_path / "history"))
    monkeypatch.setenv("COLLAB_TENANT", "acme")

    def ran(*args: str) -> Any:
        return CliRunner().invoke(main, ["experiment", *args])

    async def run() -> None:
        async with a_gate(tmp_path) as gate:
            by = ("--by", "tia", "--gateway", gate.url)
            spans = ("--block", "1h", "--burn-in", "10min", "--days", "3.01")
            start = ("start", "35-30-20-15", "25-45-15-15", *spans, *by)
            planned = await asyncio.to_thread(ran, *start, "--starts", "2100-01-01 18:00")
            assert "is to run from 2100-01-01 18:00 UTC" in planned.output
            await asyncio.to_thread(ran, "stop", *by)
            begun = await asyncio.to_thread(ran, *start)
            assert begun.exit_code == 0, begun.output
            running = gate.office.team.experiment
            assert running is not None
            assert running.design == Design(
                a=(35, 30, 20, 15), b=(25, 45, 15, 15), block_s=3600, burn_in_s=600, blocks=74
            )
            assert f"{running.id} runs" in begun.output
            assert "for 74 of them" in begun.output
            again = await asyncio.to_thread(ran, *start)
            assert (again.exit_code, "started by tia; stop it first" in again.output) == (1, True)
            ended = await asyncio.to_thread(ran, "stop", *by)
            assert f"experiment {running.id} is stopped" in ended.output
            wrong = await asyncio.to_thread(ran, "start", "35-30-20", "25-45-15-15", *by)
            assert (wrong.exit_code, "arm a: weights are '35-30-20'; give" in wrong.output) == (1, True)
            strange = await asyncio.to_thread(ran, "stop", *by, "--tenant", "main")
            assert (strange.exit_code, "was asked for tenant 'main' (--tenant, COLLAB_TENANT)" in strange.output) == (
                1,
                True,
            )
            with pytest.raises(ValueError, match=SAME):
                await gate.office.desk.start_experiment(replace(DESIGN, b=A), by="tia")  # type: ignore[union-attr]

    asyncio.run(run())
    short = ran("start", "35-30-20-15", "25-45-15-15", "--block", "1s", "--by", "tia")
    assert (short.exit_code, "burn_in is 30min, as long as block, which is 1s, or longer" in short.output) == (1, True)
    same = ran("start", "35-30-20-15", "35-30-20-15", "--by", "tia", "--gateway", "ws://localhost:1")
    assert (same.exit_code, "b is 35-30-20-15, the same as a; give other weights" in same.output) == (1, True)
    monkeypatch.setattr(import_module("collab.cli.experiment"), "FIRST_S", 0)
    alone = ran("stop", "--by", "tia", "--gateway", "ws://localhost:1")
    assert (alone.exit_code, "no gateway answers at ws://localhost:1; start one" in alone.output) == (1, True)
    with pytest.raises(ValueError, match=SAME):
        WhatIf(History(str(tmp_path / "history"), "acme")).experiment(A, A)
    shown = ran("show")
    assert shown.exit_code == 0, shown.output
    assert "a 35-30-20-15, b 25-45-15-15" in shown.output
    assert "it ended 20" in shown.output
    assert "converted refused: no lead was decided on in it" in shown.output
    assert "has no experiment nope" in ran("show", "nope").output
