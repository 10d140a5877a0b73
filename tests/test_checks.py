"""Checks: what is wrong on purpose is named, with what to do."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from desks import SOON_S, at_desk
from offices import Open, adopted, at, do
from real_redis import RealRedis

from collab.checks import Check, State, gravest_first, of_office, worst
from collab.checks.alerts import of_delivery
from collab.checks.check import size
from collab.checks.doctor import Place, examined
from collab.checks.history import LEAST, LITTLE, PARTS, kept, of_history, room
from collab.checks.recorder import LATE_S, STUCK_S, Recorded, of_recorder
from collab.checks.stream import clock, memory, of_stream, reached
from collab.delivery import Notice, Outbox, Undelivered
from collab.delivery.retries import Retries
from collab.delivery.route import Due
from collab.history.extent import Extent
from collab.live.about import About
from collab.rules import Severity
from collab.views.feed import feed_of
from collab.views.sign import reading
from collab.web import Site
from collab.web.health import troubles

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def by_name(checks: list[Check]) -> dict[str, Check]:
    """The checks by name, each of which stands once."""
    found = {check.name: check for check in checks}
    assert len(found) == len(checks)
    return found


def test_a_check_that_is_not_well_says_what_to_do() -> None:
    for state in (State.bad, State.warn):
        with pytest.raises(ValueError, match="fix is '' of the check 'Disk', which is"):
            Check(name="Disk", state=state, value="full")


def test_red_ones_come_first_and_the_gravest_counts() -> None:
    states = (State.ok, State.unknown, State.warn, State.bad, State.ok)
    every = [Check(name=str(number), state=state, value="", fix="-") for number, state in enumerate(states)]
    assert [check.name for check in gravest_first(every)] == ["3", "2", "1", "0", "4"]
    assert [worst(every), worst(every[:3]), worst(every[:2]), worst([])] == ["bad", "warn", "ok", "ok"]


@pytest.mark.parametrize("count, said", [(0, "0 B"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB"), (3 << 40, "3.0 TiB")])
def test_a_size_is_said_with_its_unit(count: int, said: str) -> None:
    assert size(count) == said


def test_a_real_redis_says_how_it_is_and_what_is_set_wrong(own_redis: RealRedis) -> None:
    checks, about = asyncio.run(of_stream(own_redis.url, "acme"))
    found = by_name(checks)
    assert about is not None
    assert {check.state for check in checks if check.name != "Redis"} == {State.ok}
    assert found["Redis"].value.endswith(" ms")
    assert found["Redis keeps"].value == "appendonly yes, appendfsync always"
    own_redis.client.config_set("appendonly", "no")
    own_redis.client.config_set("maxmemory", "100mb")
    own_redis.client.config_set("maxmemory-policy", "allkeys-lru")
    found = by_name(asyncio.run(of_stream(own_redis.url, "acme"))[0])
    assert found["Redis keeps"].state == State.warn
    assert "appendonly yes" in found["Redis keeps"].fix
    assert found["Redis memory"].state == State.bad
    assert "noeviction" in found["Redis memory"].fix


def test_a_killed_redis_is_bad_at_the_office_and_to_the_doctor_and_well_once_it_is_back(
    own_redis: RealRedis, open_office: Open, tmp_path: Path
) -> None:
    office = open_office(own_redis.url, tenant="acme", rules=None)
    do(office, adopted(office))
    assert worst(do(office, of_office(office))) != State.bad
    place = Place(stream=own_redis.url, history=office.history_url, tenant="acme", keys=str(tmp_path / "keys"))
    assert by_name(examined(place, {}))["Recorder"].value.startswith("another process records")
    own_redis.kill()
    for checks in (do(office, of_office(office)), examined(place, {})):
        found = by_name(checks)
        assert found["Redis"].state == State.bad
        assert found["Redis"].value.startswith(f"no Redis answers at {own_redis.url}")
        assert found["Redis"].fix.startswith("Start redis-server there, correct the URL")
        assert "Redis keeps" not in found
    own_redis.start()
    assert by_name(do(office, of_office(office)))["Redis"].value.startswith("answers in ")


def test_a_password_is_not_told_when_it_is_refused(own_redis: RealRedis) -> None:
    own_redis.client.config_set("requirepass", "right")
    checks, about = asyncio.run(of_stream(own_redis.url.replace("unix://", "unix://:s3cret@"), "acme"))
    assert about is None
    assert checks[0].state == State.bad
    assert "user and password" in checks[0].fix
    assert "s3cret" not in str(checks)
    own_redis.client.execute_command("AUTH", "right")


def test_what_nobody_records_is_counted_until_somebody_does(redis_url: str, open_office: Open, tmp_path: Path) -> None:
    async def hire() -> None:
        async with at_desk(redis_url, "acme") as desk:
            for agent in ("ana", "ben", "chen"):
                await desk.add_agent(agent, agent.title())

    asyncio.run(hire())
    history = str(tmp_path / "history")
    place = Place(stream=redis_url, history=history, tenant="acme", keys=str(tmp_path / "keys"))
    found = by_name(examined(place, {}))["Recorder"]
    assert (found.state, found.value) == (State.bad, "nobody records; 3 events not recorded yet")
    assert "collab recorder" in found.fix
    office = open_office(redis_url, tenant="acme")
    assert office.recorder is not None
    do(office, office.recorder.flush())
    assert by_name(do(office, of_office(office)))["Recorder"].value == "this process records; all is recorded"
    found = by_name(examined(place, {}))["Recorder"]
    assert (found.state, found.value) == (State.ok, "another process records; all is recorded")


def test_who_only_reads_says_that_another_process_has_the_stream_and_records(open_office: Open) -> None:
    open_office()
    office = open_office()
    assert office.mode == "reading"
    found = by_name(do(office, of_office(office)))
    assert found["Redis"].value.startswith("another process has the stream")
    assert found["Recorder"].value == "another process records; all is recorded"
    assert State.bad not in {check.state for check in found.values()}


def test_who_only_reads_says_when_who_recorded_is_gone_and_when_they_are_back(open_office: Open) -> None:
    first, office = open_office(), open_office()
    told = threading.Event()
    office.subscribe(lambda entries: told.set())
    assert reading(feed_of(office).frame).object.startswith("Another process has this team and records it")
    first.stop()
    while office.lost is None:
        assert told.wait(SOON_S)
        told.clear()
    found = by_name(do(office, of_office(office)))
    assert (found["Redis"].state, found["Recorder"].state) == (State.bad, State.warn)
    assert found["Recorder"].value == "nobody records; all is recorded"
    assert "Start that process again" in found["Recorder"].fix
    assert "nobody records it since" in "".join(asyncio.run(troubles(Site(None, None, office))))
    do(office, feed_of(office)._first())
    assert reading(feed_of(office).frame).object.startswith("**Nobody has this team")
    do(open_office(), asyncio.sleep(0))
    while office.lost is not None:
        assert told.wait(SOON_S)
        told.clear()
    assert by_name(do(office, of_office(office)))["Recorder"].value == "another process records; all is recorded"


def test_a_stream_that_lost_all_is_told(
    redis_server: RealRedis, redis_url: str, open_office: Open, tmp_path: Path
) -> None:
    office = open_office(redis_url, tenant="acme")
    do(office, at(office).add_agent("ana", "Ana"))
    office.stop()
    redis_server.client.flushall()
    place = Place(stream=redis_url, history=office.history_url, tenant="acme", keys=str(tmp_path / "keys"))
    found = by_name(examined(place, {}))["Recorder"]
    assert found.state == State.warn
    assert "is new or lost all" in found.value
    assert "restores the stream" in found.fix


@pytest.mark.parametrize(
    "behind_s, behind, state",
    [
        (LATE_S + 1, 0, State.ok),
        (LATE_S - 1, 9, State.ok),
        (LATE_S + 1, 9, State.warn),
        (STUCK_S + 1, 9, State.bad),
    ],
)
def test_a_recorder_is_late_only_with_something_to_record(behind_s: float, behind: int, state: State) -> None:
    check = of_recorder(Recorded(last=100, recorded=100 - behind, here=True, behind_s=behind_s))
    assert check.state == state
    assert check.facts == (f"stream at 100, history at {100 - behind}",)


def test_a_recorder_that_cannot_go_on_says_why_and_what_to_do() -> None:
    check = of_recorder(Recorded(last=9, recorded=4, here=True, fault="the disk is full; make room"))
    assert (check.state, check.value, check.fix) == (State.bad, "cannot record: the disk is full", "Make room.")


@pytest.mark.parametrize("ahead_s, state", [(0.01, "ok"), (-1.9, "ok"), (2.1, "warn"), (-31.0, "bad")])
def test_clocks_that_differ_are_told(ahead_s: float, state: str) -> None:
    check = clock(About(version="7", ms=1.0, ahead_s=ahead_s))
    assert check.state == state
    assert bool(check.fix) == (state != "ok")


def test_a_slow_and_a_full_redis_are_told() -> None:
    found = About(version="7", ms=51.0, used_bytes=95, most_bytes=100, policy="noeviction")
    assert [reached("redis://x", found).state, memory(found).state] == [State.warn, State.warn]


def test_a_history_tells_its_age_size_and_files(open_office: Open) -> None:
    office = open_office()
    do(office, at(office).add_agent("ana", "Ana"))
    office.stop()
    found = by_name(of_history(office.history_url, "main", datetime.now(UTC)))
    assert found["History"].state == State.ok
    assert found["History"].value.startswith("newest commit ")
    assert "files" in found["History"].facts[1]
    other = of_history(office.history_url, "nobody", NOW)[0]
    assert other.state == State.unknown
    assert other.fix == "Recorded here: main. Name whose team it is: collab doctor --tenant main"


def test_a_folder_with_other_things_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"")
    (check,) = of_history(str(tmp_path), "main", NOW)
    assert (check.state, check.fix) == (
        State.bad,
        "Give an empty or new folder, or that of a history.",
    )
    assert "holds other things than a history (cat.jpg)" in check.value


def test_small_files_that_nobody_merges_and_a_locked_folder_are_told() -> None:
    found = Extent(there=True, parts=PARTS + 1, newest=NOW - timedelta(seconds=200))
    check = kept("data/history", "main", found, NOW)
    assert (check.state, check.value) == (State.warn, "newest commit 3 min 20 s ago; compaction is due")
    assert kept("data/history", "main", msgspec.structs.replace(found, writable=False), NOW).state == State.bad


@pytest.mark.parametrize("free, states", [(LITTLE, ["ok"]), (LITTLE - 1, ["warn"]), (LEAST - 1, ["bad"]), (None, [])])
def test_a_disk_that_fills_up_is_told_in_time(free: int | None, states: list[str]) -> None:
    assert [check.state for check in room(Extent(free_bytes=free))] == states


def test_dead_messages_are_bad_and_a_broken_outbox_is_named(tmp_path: Path) -> None:
    path = tmp_path / "acme.db"
    assert of_delivery(path, told=False).value.startswith("nobody is told")
    assert of_delivery(path, told=True).value == "nothing was ever to be sent"
    assert not path.exists()
    outbox = Outbox(path)
    notice = Notice(id="n-1", tenant="acme", severity=Severity.high, title="Ana is full", body="", time=NOW)
    outbox.put([Due(notice=notice, target="crm", step=0, ready=NOW, due=NOW)])
    assert of_delivery(path, told=True).value == "1 to be sent, 0 failing, 0 dead, 0 sent"
    outbox.gather(NOW)
    outbox.failed(outbox.ready(NOW)[0].id, Undelivered("gone", again=False), NOW, Retries(), 0.5)
    outbox.close()
    check = of_delivery(path, told=True)
    assert (check.state, check.value) == (State.bad, "0 to be sent, 0 failing, 1 dead, 0 sent")
    path.write_text("no database")
    check = of_delivery(path, told=True)
    assert check.state == State.bad
    assert str(path) in check.fix
