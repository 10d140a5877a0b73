"""The rooms together in one process: how an office starts, stops, goes on, and follows another."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from desks import SOON_S, bits, lead
from offices import QUIET, Open, at, do

from collab.desk import Desk, utc_now
from collab.history import History, NewerHistory
from collab.history.folder import Folder
from collab.history.schema import VERSION
from collab.live.stream import StreamUnreachable
from collab.office import DEMO, Office, seeded_history, seeded_office, shared
from collab.records import Decision


def hire(office: Office, *agents: str) -> None:
    """Put agents on the roster who are there."""
    for agent in agents:
        do(office, at(office).add_agent(agent, agent.title(), capacity=5))
        do(office, at(office).set_presence(agent, "available"))


def routed(office: Office, id: str) -> Decision:
    """The decision on a lead of this id."""
    return do(office, at(office).route_lead(lead(id)))


def close(office: Office, id: str, agent: str) -> None:
    """Let the agent accept the lead, answer it and end it."""
    do(office, at(office).accept(id, agent))
    do(office, at(office).first_response(id, agent))
    do(office, at(office).close_lead(id, agent, converted=True, value=1000.0, satisfaction=4.5))


def offices_running() -> list[str]:
    """The threads of offices."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("office ")]


def test_starting_and_stopping_twice_is_as_once(open_office: Open) -> None:
    office = open_office()
    assert office.start() is office
    assert offices_running() == ["office main"]
    office.stop()
    office.stop()
    assert offices_running() == []


def test_an_office_can_be_stopped_in_a_cell_of_a_notebook(open_office: Open) -> None:
    async def cell() -> None:
        open_office().stop()  # in a thread whose own loop runs

    asyncio.run(cell())


@pytest.mark.parametrize("end, code", [("", 0), ("raise ValueError('a fault')", 1), ("raise SystemExit(3)", 3)])
def test_a_program_that_ends_without_stopping_its_office_loses_nothing(end: str, code: int, tmp_path: Path) -> None:
    program = f"""
from collab import Office
from collab.records import Lead

office = Office("embedded://acme", {str(tmp_path)!r}, tenant="acme").start()
office.call(office.desk.add_agent("ana", "Ana")).result()
for number in range(30):
    office.call(office.desk.route_lead(Lead(id=f"L-{{number}}", name="Zoe"))).result()
{end}
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, "could not be stopped" in ran.stderr) == (code, False), ran.stderr
    assert History(str(tmp_path), tenant="acme").sql("SELECT count(*) AS n FROM arrivals").n[0] == 30


def test_what_is_acknowledged_while_an_office_stops_is_in_its_history(open_office: Open) -> None:
    office = open_office()
    desk = at(office)

    async def go_on(sender: int) -> tuple[list[str], str]:
        """Send leads until one is refused; which were not, and why it was."""
        sent: list[str] = []
        while True:
            try:
                await desk.route_lead(lead(f"{sender}-{len(sent)}"))
            except StreamUnreachable as refused:
                return sent, str(refused)
            sent.append(f"{sender}-{len(sent)}")

    senders = [office.call(go_on(number)) for number in range(4)]
    office.wait_for(events=40, timeout_s=30)
    office.stop()
    ended = [sender.result(timeout=30) for sender in senders]
    assert {why for _, why in ended} == {"this process is stopping, and nothing was done; ask again in a moment"}
    recorded = {*office.history.sql("SELECT lead FROM arrivals").lead}
    assert recorded == {lead for sent, _ in ended for lead in sent}


def test_a_stopped_office_refuses_work(open_office: Open) -> None:
    office = open_office()
    desk = at(office)
    office.stop()
    with pytest.raises(RuntimeError, match="is not started"):
        office.call(desk.route_lead(lead()))


def test_a_redis_that_does_not_answer_is_named_with_its_password_hidden(open_office: Open) -> None:
    with pytest.raises(StreamUnreachable) as raised:
        open_office("redis://:secret@127.0.0.1:1/0")
    assert "127.0.0.1:1" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert offices_running() == []


def test_a_history_of_a_newer_version_is_refused_and_nothing_keeps_running(open_office: Open, tmp_path: Path) -> None:
    office = open_office()
    hire(office, "ana")
    office.stop()
    Folder(tmp_path / "history").enter("main", 0, VERSION + 1)
    with pytest.raises(NewerHistory, match="install a newer collab"):
        open_office()
    assert offices_running() == []


def test_a_start_that_failed_leaves_the_folder_to_others(open_office: Open, tmp_path: Path) -> None:
    with pytest.raises(StreamUnreachable):
        open_office("redis://127.0.0.1:1/0")
    assert open_office().mode == "live"


def test_a_start_that_failed_late_leaves_the_folder_to_others_too(
    open_office: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(desk: Desk) -> None:
        raise StreamUnreachable("the stream went away")

    failed = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history"))
    with monkeypatch.context() as patched:
        patched.setattr(Desk, "start", broken)
        with pytest.raises(StreamUnreachable, match="went away"):
            failed.start()
    assert offices_running() == []
    assert open_office().mode == "live"


def test_a_second_office_on_the_folder_reads_and_follows(open_office: Open) -> None:
    first = open_office()
    hire(first, "ana")
    second = open_office()
    assert (first.mode, second.mode) == ("live", "reading")
    assert second.desk is None
    decision = routed(first, "l1")
    arrived, came = threading.Event(), []

    def look(entries: Any) -> None:
        came.extend(entries)
        if second.team.seq >= first.team.seq:
            arrived.set()

    second.subscribe(look)
    assert arrived.wait(SOON_S) or second.team.seq >= first.team.seq
    assert second.team == first.team
    assert [event.decision for event in second.team.recent] == [decision]
    assert [entry.seq for entry in came] == sorted(entry.seq for entry in came)


def test_the_folder_is_free_when_the_recording_office_stopped(open_office: Open) -> None:
    open_office().stop()
    assert open_office().mode == "live"


def test_two_offices_on_one_redis_share_the_team_and_one_records(open_office: Open, redis_url: str) -> None:
    first, second = open_office(redis_url), open_office(redis_url)
    assert (first.mode, second.mode) == ("live", "joined")
    hire(second, "ana")
    decision = routed(second, "l1")
    assert decision.agent == "ana"
    assert bits(routed(first, "l1")) == bits(decision)


def test_an_embedded_office_goes_on_with_the_team_of_its_history(open_office: Open) -> None:
    office = open_office()
    hire(office, "ana", "ben")
    held, closed = routed(office, "held"), routed(office, "closed")
    close(office, "closed", closed.agent or "")
    before = office.team.snapshot()
    office.stop()
    again = open_office()
    assert again.team.snapshot() == before
    assert bits(routed(again, "held")) == bits(held)
    assert bits(routed(again, "closed")) == bits(closed)
    assert again.team.snapshot() == before


def test_new_events_of_a_restarted_office_follow_the_old_without_a_gap(open_office: Open) -> None:
    office = open_office()
    hire(office, "ana")
    office.stop()
    again = open_office()
    routed(again, "l1")
    again.stop()
    entries = list(again.history.events())
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))


def test_the_status_tells_what_works_here(open_office: Open) -> None:
    office = open_office()
    hire(office, "ana")
    do(office, office.recorder.flush(office.team.seq))
    status = office.status()
    assert status.pop("up_s") >= 0
    assert status == {
        "mode": "live",
        "tenant": "main",
        "team_at_work": False,
        "seq": office.team.seq,
        "recorded": office.team.seq,
        "behind": 0,
    }
    reading = open_office().status()
    assert (reading["mode"], reading["recorded"], reading["behind"]) == ("reading", None, None)


def test_the_what_if_takes_in_what_was_recorded_since(open_office: Open) -> None:
    office = open_office()
    hire(office, "ana")
    assert office.what_if().n == 0
    routed(office, "l1")
    do(office, office.recorder.flush(office.team.seq))
    assert office.what_if().refreshed().n == 1


def test_waiting_for_events_ends_when_they_came_or_the_time_is_over(open_office: Open) -> None:
    office = open_office()
    assert office.wait_for(events=1, timeout_s=0) == 0
    with ThreadPoolExecutor(1) as other:
        came = other.submit(office.wait_for, events=2, timeout_s=SOON_S)
        hire(office, "ana")
        while not came.done():
            do(office, at(office).update_agent_workload("ana", capacity=1 + office.team.agents["ana"].capacity))
    assert came.result() >= 2


def test_one_process_has_one_office_for_a_stream_history_and_tenant(tmp_path: Path) -> None:
    stream = f"embedded://{uuid.uuid4().hex}"
    office = shared(stream, str(tmp_path))
    try:
        assert shared(stream, str(tmp_path)) is office
    finally:
        office.stop()


def test_a_seeded_history_is_made_once(tmp_path: Path) -> None:
    made = seeded_history(str(tmp_path), days=1)
    last = made.last
    assert last > 0
    assert made.tenant == DEMO
    assert seeded_history(str(tmp_path), days=1).last == last


def test_the_seeded_team_is_the_one_that_this_process_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("collab.office.shared"), "_offices", {})
    serving = {"history": str(tmp_path), "tenant": DEMO, "team_at_work": True, "days": 1}
    office = shared(f"embedded://{uuid.uuid4().hex}", **serving)
    try:
        assert seeded_office(pace=20) is office
        assert seeded_history()._source.folder.url == office.history_url
    finally:
        office.stop()


def test_another_folder_has_a_seeded_history_of_its_own(tmp_path: Path) -> None:
    one, more = (seeded_history(str(tmp_path / name), days=days) for name, days in (("one", 0), ("more", 4)))
    assert more.last > one.last  # on whatever weekday: of five days in a row two are working days before the last


def test_offices_whose_clocks_are_apart_go_by_the_time_of_their_stream(
    redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def off(minutes: float) -> Office:
        office = Office(redis_url, str(tmp_path), rules=QUIET)
        office._clock.own = lambda: utc_now() + timedelta(minutes=minutes)
        return office

    async def run() -> None:
        right, ahead, behind = offices = off(0), off(6), off(-6)
        try:
            for office in offices:
                await office.open()
            desk, hasty, slow = (office.desk for office in offices)
            assert desk is not None
            assert hasty is not None
            assert slow is not None
            await desk.add_agent("ana", "Ana")
            await desk.set_presence("ana", "available")
            assert (await slow.route_lead(lead())).agent == "ana"
            await hasty.catch_up()
            await hasty.tend(ahead.terms)
            assert hasty.team.leads["l1"].holder == "ana"
            told = [office.timing.now() - utc_now() for office in offices]
            assert max(told) - min(told) < timedelta(minutes=1)
            assert right.timing.trouble == ""
            assert "s ahead of Redis" in ahead.timing.trouble
            assert "s behind Redis" in behind.timing.trouble
            ahead.timing.look()
            ahead.timing.look()
            assert caplog.text.count("s ahead of Redis") == 1
        finally:
            for office in offices:
                await office.close()

    asyncio.run(run())
