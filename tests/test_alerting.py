"""People and alerts at a desk: take on, give back, end, silence, adopt rules; races between desks."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from alerted import overload
from desks import Clock, at_desk, hire, level, log

from collab import events as ev
from collab.claims import claim
from collab.desk import Desk, TooLate
from collab.rules import Severity
from collab.team import State

HEAD: dict[str, Any] = {"alert": "a1", "rule": "agent_overload", "labels": {"agent": "ana"}}


async def happen(desk: Desk, *kinds: tuple[type[ev.Event], dict[str, Any]]) -> None:
    """Append what a watch would."""
    for number, (kind, fields) in enumerate(kinds):
        event = kind(id=f"{kind.__name__}-{number}-{uuid.uuid4().hex}", time=desk._clock(), **HEAD, **fields)
        assert (await desk._follower.commit([claim(event)])).refused is None


async def fired(desk: Desk) -> None:
    """Ana's overload fires."""
    said = {"severity": Severity.high, "value": 0.95}
    await happen(desk, (ev.AlertBegan, {**said, "cause": "c"}), (ev.AlertFired, {**said, "summary": "ana is at 95%"}))


def test_an_alert_is_taken_on_by_one_given_back_and_ended_only_after_its_condition() -> None:
    async def run() -> None:
        clock = Clock()
        async with at_desk(f"embedded://{uuid.uuid4().hex}", clock=clock) as desk:
            with pytest.raises(ValueError, match="alert is 'a1', which nobody knows"):
                await desk.acknowledge_alert("a1", by="Kim")
            await fired(desk)
            with pytest.raises(TooLate, match="nobody has acknowledged it"):
                await desk.return_alert("a1", by="Kim")
            with pytest.raises(ValueError, match="give a moment after now and within 7 days"):
                await desk.acknowledge_alert("a1", by="Kim", until=clock())
            taken = await desk.acknowledge_alert("a1", by="Kim", note="I call her")
            assert (taken.state, taken.owner, taken.note) == (State.acknowledged, "Kim", "I call her")
            assert taken.until == clock() + timedelta(minutes=30)
            with pytest.raises(
                TooLate, match="alert a1: Kim has it until 2026-01-05 12:30:00 UTC; it can be given back"
            ):
                await desk.acknowledge_alert("a1", by="Ida")
            assert (await desk.return_alert("a1", by="Kim")).state == State.firing
            with pytest.raises(ValueError, match=r"while its condition holds \(ana is at 95%\)"):
                await desk.resolve_alert("a1", by="Kim")
            await happen(desk, (ev.AlertEased, {"value": 0.2}))
            ended = await desk.resolve_alert("a1", by="Kim", why="two leads went to Bo")
            assert (ended.state, ended.by, ended.why) == (State.resolved, "Kim", "two leads went to Bo")
            # too late is no error and changes nothing: it says that it is over
            before = len(await log(desk))
            late = await desk.acknowledge_alert("a1", by="Ida")
            assert (late, await desk.resolve_alert("a1", by="Ida")) == (ended, ended)
            assert len(await log(desk)) == before

    asyncio.run(run())


def test_one_that_has_not_fired_cannot_be_taken_on() -> None:
    async def run() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await happen(desk, (ev.AlertBegan, {"severity": Severity.high, "value": 0.95, "cause": "c"}))
            for refused in (desk.acknowledge_alert("a1", by="Kim"), desk.resolve_alert("a1", by="Kim")):
                with pytest.raises(ValueError, match="alert a1 is pending"):
                    await refused

    asyncio.run(run())


def test_of_two_desks_that_take_an_alert_on_at_once_one_gets_it(stream_url: str) -> None:
    async def run() -> None:
        async with at_desk(stream_url) as one, at_desk(stream_url, name="b") as two:
            await fired(one)
            await level(one, two)
            found = await asyncio.gather(
                one.acknowledge_alert("a1", by="Kim"), two.acknowledge_alert("a1", by="Ida"), return_exceptions=True
            )
            assert sorted(isinstance(each, TooLate) for each in found) == [False, True]
            await level(one, two)
            owner = one.team.alerts.open["a1"].owner
            assert owner == two.team.alerts.open["a1"].owner
            assert owner in {"Kim", "Ida"}

    asyncio.run(run())


def test_a_silence_counts_until_somebody_ends_it() -> None:
    async def run() -> None:
        clock = Clock()
        async with at_desk(f"embedded://{uuid.uuid4().hex}", clock=clock) as desk:
            await fired(desk)
            until = clock() + timedelta(hours=1)
            with pytest.raises(ValueError, match=r"labels is {}; name what is silenced"):
                await desk.silence_alerts({}, until=until, by="Kim")
            id = await desk.silence_alerts({"agent": "ana"}, until=until, by="Kim", why="her last day")
            silence = desk.team.alerts.silenced(desk.team.alerts.open["a1"])
            assert silence is not None
            assert (silence.id, silence.why) == (id, "her last day")
            await desk.end_silence(id, by="Kim")
            with pytest.raises(ValueError, match="which does not count now; those that do: none"):
                await desk.end_silence(id, by="Kim")

    asyncio.run(run())


def test_rules_are_adopted_in_versions_and_only_if_they_agree() -> None:
    async def run() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await hire(desk, "ana")
            assert await desk.adopt_rules([overload()], by="Kim") == 1
            with pytest.raises(ValueError, match="which another rule has; give each its own"):
                await desk.adopt_rules([overload(), overload()], by="Kim")
            assert await desk.adopt_rules([overload(fire=0.95)], by="Kim", reason="fewer") == 2
            assert desk.team.alerts.rules == (overload(fire=0.95),)

    asyncio.run(run())
