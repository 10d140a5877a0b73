"""Teams that nobody is at are let go, keep all, and come back as they were; those where time does something stay."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from desks import lead
from gateways import soon
from hypothesis import assume, given
from hypothesis import strategies as st
from offices import QUIET
from strategies import NOON, histories

from collab import events as ev
from collab import protocol as p
from collab.alerts import Watch
from collab.door import Door
from collab.events import Entry
from collab.floor.insider import Insider
from collab.history import History
from collab.lapses import Terms, lapses
from collab.live.access import Access
from collab.live.client import connect
from collab.live.stream import StreamUnreachable
from collab.office import Office
from collab.office.floors import floor_of
from collab.office.resting import rests, still
from collab.presence import changes
from collab.protocol import Role
from collab.records import Busy, Presence
from collab.rules.reading import default
from collab.team import fold
from collab.web import Site
from collab.web.scrape import scraped

YEAR = timedelta(days=365)


@given(histories(), st.timedeltas(timedelta(hours=1), YEAR))
def test_where_a_team_rests_time_alone_changes_nothing(history: list[Entry], later: timedelta) -> None:
    rules = ev.RulesAdopted(id="rules", time=NOON, version=1, rules=default().of("main"), by="collab")
    team = fold([*history, Entry(len(history) + 1, "main", rules)])
    assume(still(team))
    now = max((entry.event.time for entry in history), default=NOON)
    assert lapses(team, now + later, Terms()) == []
    assume(not changes(team.agents, {}, now))
    assert changes(team.agents, {}, now + later) == []
    assert Watch(team).at(now + later) == []


def test_a_team_that_nobody_is_at_is_let_go_and_back_as_it_was(redis_url: str, tmp_path: Path) -> None:
    access, history = Access(tmp_path / "keys"), str(tmp_path / "history")
    settings = {"stream": redis_url, "history": history, "rules": QUIET}

    async def work() -> None:
        door = Door(access, port=0, gateway={"host": "127.0.0.1"}, idle_s=0.05, **settings)
        site = Site(access, door)
        await door.open()
        at = f"ws://127.0.0.1:{door.gateway.port}"
        try:
            for n in range(3):
                async with connect(at, access.token("acme", "kim", Role.team_lead)) as kim:
                    if not n:
                        await kim.add_agent("ana", "Ana", skills={}, capacity=5)
                    await kim.set_presence(Presence.available, agent="ana")  # her connection was lost
                    await kim.join("main", after=0)
                    await kim.send_message("main", f"m{n}")
                    assert (await kim.route_lead(lead(f"l{n}"))).agent == "ana"
                (office,) = door.offices
                assert not rests(office)  # the offer may lapse
                async with connect(at, access.token("acme", "ana", Role.agent)) as ana:
                    await ana.accept(f"l{n}")
                    await ana.close_lead(f"l{n}", converted=True)
                await soon(lambda: not door.offices)
            assert b"collab_messages_sent_total 3.0" in await scraped(site)
            assert b"collab_deciding_seconds_count 3.0" in await scraped(site)
        finally:
            await door.close()
        kept = [entry.event for entry in History(history, "acme").events()]
        assert [event.text for event in kept if isinstance(event, ev.MessageSent)] == ["m0", "m1", "m2"]
        assert [event.lead for event in kept if isinstance(event, ev.LeadClosed)] == ["l0", "l1", "l2"]
        assert len({event.id for event in kept}) == len(kept)

    asyncio.run(work())


def test_a_door_that_ends_while_a_team_is_let_go_closes_it(redis_url: str, tmp_path: Path) -> None:
    access = Access(tmp_path / "keys")
    settings = {"stream": redis_url, "history": str(tmp_path / "history"), "rules": QUIET}

    async def work() -> None:
        door = Door(access, port=0, gateway={"host": "127.0.0.1"}, idle_s=0.05, **settings)
        await door.open()
        await door.floor("acme")
        (office,) = door.offices
        await soon(lambda: not door.offices)
        await door.close()
        assert office.floor is None
        assert office.recorder is None or office.recorder.ended

    asyncio.run(work())


def test_who_said_a_message_again_hears_that_the_floor_was_closed_meanwhile(redis_url: str, tmp_path: Path) -> None:
    async def work() -> None:
        office, answers = Office(redis_url, str(tmp_path / "history"), tenant="acme", rules=QUIET), list[object]()
        await office.open()
        try:
            floor, me = await floor_of(office), Insider("acme", "ana", Role.agent, lambda frame: None)
            said = p.Send(id=1, room="main", text="once", key="k")
            await floor.do(me, p.Join(id=0, room="main"))
            await floor.do(me, said)
            assert floor.send_soon(me, said, answers.append)
            floor.close()
            await soon(lambda: bool(answers))
            assert isinstance(answers[0], StreamUnreachable)
        finally:
            await office.close()

    asyncio.run(work())


def test_an_agent_with_a_calendar_or_a_device_keeps_a_team_open() -> None:
    joined = ev.AgentJoined(id="j", time=NOON, agent="ana", name="Ana")
    busy = (Busy(starts=NOON + timedelta(hours=1), ends=NOON + timedelta(hours=2)),)
    planned = ev.CalendarChanged(id="c", time=NOON, agent="ana", busy=busy)
    here = ev.PresenceChanged(id="p", time=NOON, agent="ana", presence=Presence.available, connected=True)
    assert still(fold([Entry(1, "main", joined)]))
    for event in (planned, here):
        assert not still(fold([Entry(1, "main", joined), Entry(2, "main", event)]))
