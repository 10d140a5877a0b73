"""Even loads by themselves: a dry run moves nothing, one process at a time moves, and what it moved may lapse."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner
from desks import Clock, assert_consistent, at_desk, hire, lead, level, log, until
from offices import Open, at, do, pushed, unwatched

from collab.balance import Thresholds
from collab.cli import main
from collab.desk import Desk
from collab.events import LeadOverridden
from collab.lapses import UNACCEPTED, Terms, lapses
from collab.office.balancing import BY, Balancing, Policy, policy_of
from collab.settings import settings, thresholds
from collab.views.balancing import BalancingView
from collab.views.board import Board
from collab.views.feed import feed_of


class Now(Clock):
    """A clock of now that only the test moves."""

    is_set = False


def balancing(desk: Desk, policy: Policy = "auto", **thresholds: float) -> Balancing:
    """What evens out the loads of a desk's team."""
    clock = desk._clock
    assert isinstance(clock, Now)
    lease = desk.stream.lease(15.0, "balance:main")
    return Balancing(desk, lease, clock, policy, Thresholds(**{"start": 0.5, "stop": 0.25, **thresholds}))


@asynccontextmanager
async def crowded(url: str = "", leads: int = 4) -> AsyncIterator[Desk]:
    """A desk with one agent who holds leads, and another who came later."""
    async with at_desk(url or f"embedded://{uuid.uuid4().hex}", clock=Now()) as desk:
        await hire(desk, "ana", capacity=4)
        for i in range(leads):
            await desk.route_lead(lead(f"l{i}"))
        await hire(desk, "bo", capacity=4)
        yield desk


async def moves(desk: Desk) -> list[LeadOverridden]:
    """The moves on the desk's stream."""
    return [entry.event for entry in await log(desk) if isinstance(entry.event, LeadOverridden)]


def test_a_dry_run_plans_and_moves_nothing() -> None:
    async def run() -> None:
        async with crowded() as desk:
            told: list[int] = []
            dry = balancing(desk, "propose")
            dry._told = lambda: told.append(len(dry.plan.moves))
            await dry.look()
            assert {(move.holder, move.to) for move in dry.plan.moves} == {("ana", "bo")}
            assert (dry.proposed, dry.moved, await moves(desk)) == (2, 0, [])
            desk._clock.wait(31)
            await dry.look()
            assert (told, dry.proposed) == ([2], 2)  # the same plan is not told again, nor counted twice

    asyncio.run(run())


def test_leads_move_once_and_each_says_why() -> None:
    async def run() -> None:
        async with crowded() as desk:
            auto = balancing(desk)
            await auto.look()
            ana, bo = desk.team.agents["ana"], desk.team.agents["bo"]
            assert (ana.active, bo.active, auto.moved) == (2, 2, 2)
            made = await moves(desk)
            assert {(event.by, event.balanced) for event in made} == {(BY, True)}
            assert made[0].reason == "Ana is at 100%, Bo at 0%"
            await auto.look()
            assert auto.plan.moves == ()
            for name in ("l8", "l9"):
                await desk.route_lead(lead(name))
                await desk.assign(name, "bo", by="Kim")
            await desk.close_lead((ana := desk.team.agents["ana"]).leads[0], "ana", converted=True)
            await desk.close_lead(ana.leads[1], "ana", converted=True)
            await auto.look()  # bo is full, ana has nothing, but two leads of bo came from her and two from Kim
            assert (desk.team.agents["ana"].active, desk.team.agents["bo"].active) == (0, 4)
            assert await moves(desk) == [*made, *(move for move in await moves(desk) if move.by == "Kim")]
            assert_consistent(await log(desk))

    asyncio.run(run())


def test_a_lead_that_moved_lapses_as_others_do_counted_from_then() -> None:
    async def run() -> None:
        async with crowded() as desk:
            desk._clock.wait(250)
            await balancing(desk).look()
            moved = {event.lead for event in await moves(desk)}
            terms = Terms(accept_s=300)
            at_first = {lapse.lead for lapse in lapses(desk.team, desk._clock(), terms)}
            desk._clock.wait(60)
            stayed = {lapse.lead for lapse in lapses(desk.team, desk._clock(), terms)}
            desk._clock.wait(240)
            found = lapses(desk.team, desk._clock(), terms)
            assert (at_first, stayed) == (set(), {f"l{i}" for i in range(4)} - moved)
            assert {lapse.lead for lapse in found if lapse.agent == "bo"} == moved
            assert {lapse.reason for lapse in found} == {UNACCEPTED}

    asyncio.run(run())


def test_after_the_limit_of_an_hour_it_goes_on_though_loads_are_closer_by_then() -> None:
    async def run() -> None:
        async with crowded() as desk:
            auto = balancing(desk, start=0.9, stop=0.0, per_hour=1)
            await auto.look()
            assert (desk.team.agents["bo"].active, auto.plan.capped) == (1, True)
            desk._clock.wait(1800)
            await auto.look()
            assert (desk.team.agents["bo"].active, auto.plan.capped) == (1, True)
            desk._clock.wait(1801)
            await auto.look()
            assert desk.team.agents["bo"].active == 2
            again = balancing(desk, start=0.9, stop=0.0)
            await again.look()
            assert again.plan.moves == ()

    asyncio.run(run())


def test_one_of_two_processes_moves_and_the_other_goes_on_when_it_ends(redis_url: str) -> None:
    async def run() -> None:
        async with crowded(redis_url) as desk, at_desk(redis_url, name="b", clock=Now()) as other:
            await level(desk, other)
            first, second = balancing(desk), balancing(other)
            assert await first._lease.take()
            await second.look()
            assert await moves(desk) == []
            assert len(second.plan.moves) == 2  # it is shown by all
            await first.stop()
            other._clock.wait(31)
            await second.look()
            await until(lambda: other.team.agents["bo"].active == 2, other)
            assert len(await moves(desk)) == 2

    asyncio.run(run())


def test_an_office_shows_the_plan_and_a_person_carries_it_out_and_takes_it_back(open_office: Open) -> None:
    office = unwatched(open_office(rules=None, thresholds=Thresholds(start=0.5, stop=0.25, per_hour=5)))
    desk = at(office)
    view = BalancingView(Board(office))
    assert "Nothing would be moved now." in view.told.object
    assert not view.person.visible
    do(office, hire(desk, "ana", capacity=4))
    for i in range(4):
        do(office, desk.route_lead(lead(f"l{i}")))
    do(office, hire(desk, "bo", capacity=4))
    assert office.duties.balancing is not None
    do(office, office.duties.balancing.look())
    shown(view)
    assert "A dry run" in view.told.object
    assert "Ana → Bo. Ana is at 100%, Bo at 0%" in view.told.object
    assert "100% → ● 50%" in view.told.object
    assert "2 leads move" in view.actions._offers[0].object
    do(office, view.actions.act(view.actions.found[0]))
    assert "Your name is empty" in view.actions.said.object
    view.by = "Kim"
    do(office, view.actions.act(view.actions.found[0]))
    assert office.team.agents["bo"].active == 2
    assert not any(state.overridden for state in office.team.leads.values())
    do(office, view.actions.take_back())
    assert office.team.agents["bo"].active == 0


def shown(view: BalancingView) -> None:
    """Show the frame of all that happened."""
    feed = feed_of(view.board.office)
    do(view.board.office, feed._first())
    pushed(view.board)


def test_without_balancing_the_page_says_how_to_have_it(open_office: Open) -> None:
    view = BalancingView(Board(open_office(balance="off")))
    assert "collab serve --balance propose" in view.told.object


def test_what_is_wrong_is_named(open_office: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"balance is 'always'; give off, propose .* or auto"):
        open_office(balance="always")
    assert policy_of("auto") == "auto"
    monkeypatch.setenv("COLLAB_MOVES", "many")
    with pytest.raises(ValueError, match="COLLAB_MOVES is 'many'; give the most leads an hour, a whole number"):
        settings()
    assert thresholds(3) == Thresholds(per_hour=3)
    monkeypatch.setenv("COLLAB_MOVES", "7")
    monkeypatch.setenv("COLLAB_BALANCE", "auto")
    assert (settings()["balance"], settings()["thresholds"].per_hour) == ("auto", 7)
    refused = CliRunner().invoke(main, ["serve", "--balance", "always"])
    assert "'always' is not one of 'off', 'propose', 'auto'" in refused.output
