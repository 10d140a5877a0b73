"""Leads that do not stay where they are: when they go back, to whom they go then, and which stay."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import msgspec
import pytest
from desks import at_desk, hire, lead
from hypothesis import given
from strategies import NOON, assigned, histories

from collab import events as ev
from collab.desk import Desk
from collab.events import Entry
from collab.lapses import GONE, UNACCEPTED, UNANSWERED, Lapse, Terms, lapses, until
from collab.records import Lead, Presence
from collab.team import Team, fold

TERMS = Terms(accept_s=30, answer_s=100, offline_s=10)


def held(*more: ev.Event) -> Team:
    """A team whose agent ana was given a lead at noon, and what happened then."""
    events = [
        ev.AgentJoined(id="j", time=NOON, agent="ana", name="Ana"),
        ev.AgentJoined(id="k", time=NOON, agent="bo", name="Bo"),
        ev.PresenceChanged(id="p", time=NOON, agent="ana", presence=Presence.available),
        assigned("d", NOON, Lead(id="l", name="Zoe"), "ana"),
        *more,
    ]
    return fold(Entry(seq, "main", event) for seq, event in enumerate(events, 1))  # type: ignore[arg-type]


HEAD = {"id": "x", "time": NOON, "lead": "l", "decision": "d", "agent": "ana"}
ACCEPTED = ev.OfferAccepted(**HEAD)
ANSWERED = ev.FirstResponded(**HEAD, response_s=1)
CHOSEN = assigned("d", NOON, Lead(id="l", name="Zoe"), "ana")
CHOSEN = msgspec.structs.replace(CHOSEN, decision=msgspec.structs.replace(CHOSEN.decision, mode="manual", by="Kim"))
GIVEN = ev.LeadOverridden(**HEAD, to="bo", by="Kim")
OFFLINE = ev.PresenceChanged(id="o", time=NOON + timedelta(seconds=50), agent="ana", presence=Presence.offline)
LEFT = ev.AgentLeft(id="o", time=NOON + timedelta(seconds=50), agent="ana")


@pytest.mark.parametrize(
    "happened, after_s, reason",
    [
        ([], 29, ""),
        ([], 30, UNACCEPTED),
        ([ACCEPTED], 99, ""),
        ([ACCEPTED], 100, UNANSWERED),
        ([ANSWERED], 1e6, ""),
        ([GIVEN], 1e6, ""),
        ([CHOSEN], 1e6, ""),
        ([CHOSEN, OFFLINE], 1e6, ""),
        ([ACCEPTED, OFFLINE], 59, ""),
        ([ACCEPTED, OFFLINE], 60, GONE),
        ([ANSWERED, OFFLINE], 1e6, ""),
        ([ACCEPTED, LEFT], 59, ""),
        ([ACCEPTED, LEFT], 60, GONE),
        ([ANSWERED, LEFT], 1e6, ""),
    ],
)
def test_a_lead_goes_back_when_nothing_is_done_with_it(happened: list[ev.Event], after_s: float, reason: str) -> None:
    found = lapses(held(*happened), NOON + timedelta(seconds=after_s), TERMS)
    assert found == ([Lapse("l", "ana", reason)] if reason else [])


@pytest.mark.parametrize("happened", [[], [ACCEPTED], [ANSWERED], [GIVEN], [CHOSEN], [OFFLINE], [ACCEPTED, OFFLINE]])
def test_a_lead_goes_back_at_the_moment_that_was_told_and_not_before(happened: list[ev.Event]) -> None:
    team = held(*happened)
    state = team.leads["l"]
    ends = until(state, team.agents[state.holder], TERMS)
    if ends is None:
        assert lapses(team, NOON + timedelta(days=1), TERMS) == []
    else:
        assert lapses(team, ends - timedelta(microseconds=1), TERMS) == []
        assert [lapse.lead for lapse in lapses(team, ends, TERMS)] == ["l"]


@given(histories())
def test_only_held_leads_go_back_and_each_once(entries: list[Entry]) -> None:
    team = fold(entries)
    found = lapses(team, NOON + timedelta(days=9), TERMS)
    assert len({lapse.lead for lapse in found}) == len(found)
    for lapse in found:
        state = team.leads[lapse.lead]
        assert state.holder == lapse.agent
        assert not state.overridden
        assert not state.responded


def at(work: object, **settings: object) -> None:
    """Do this at a desk on a stream of its own."""

    async def done() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}", **settings) as desk:
            await work(desk)  # type: ignore[operator]

    asyncio.run(done())


def test_a_lead_that_is_not_taken_up_goes_to_the_next_and_comes_back_to_a_lone_agent_later() -> None:
    now = [NOON]

    async def work(desk: Desk) -> None:
        await hire(desk, "ana", "bo")
        first = (await desk.route_lead(lead())).agent
        now[0] += timedelta(seconds=30)
        await desk.tend(TERMS)
        second = desk.team.leads["l1"].holder
        assert {first, second} == {"ana", "bo"}
        now[0] += timedelta(seconds=30)
        await desk.tend(TERMS)
        assert desk.team.leads["l1"].holder is None  # neither is asked again at once
        for _ in range(200):
            now[0] += timedelta(seconds=29)
            await desk.tend(TERMS)
            if desk.team.leads["l1"].holder:
                break
        assert desk.team.leads["l1"].holder in ("ana", "bo")

    at(work, clock=lambda: now[0])


def test_a_lead_that_is_answered_while_another_goes_back_stays() -> None:
    now, answering = [NOON], list[asyncio.Task[float]]()

    async def work(desk: Desk) -> None:
        def answer(entries: list[Entry]) -> None:
            if any(isinstance(entry.event, ev.OfferExpired) for entry in entries) and not answering:
                answering.append(asyncio.create_task(desk.first_response("l2", "ana")))

        await hire(desk, "ana")
        for name in ("l1", "l2"):
            await desk.route_lead(lead(name))
        await hire(desk, "bo")
        now[0] += timedelta(seconds=30)
        desk.subscribe(answer)
        await desk.tend(TERMS)
        assert await answering[0] == 30
        assert {name: state.holder for name, state in desk.team.leads.items()} == {"l1": "bo", "l2": "ana"}

    at(work, clock=lambda: now[0])


def test_the_leads_of_an_agent_who_went_offline_go_to_who_is_there() -> None:
    now = [NOON]

    async def work(desk: Desk) -> None:
        await hire(desk, "ana")
        await desk.route_lead(lead("l1"))
        await desk.route_lead(lead("l2"))
        await desk.accept("l2", "ana")
        await desk.first_response("l2", "ana")
        await hire(desk, "bo")
        await desk.set_presence("ana", "offline")
        now[0] += timedelta(seconds=10)
        await desk.tend(TERMS)
        holders = {name: state.holder for name, state in desk.team.leads.items()}
        assert holders == {"l1": "bo", "l2": "ana"}  # who talks to a customer keeps them

    at(work, clock=lambda: now[0])
