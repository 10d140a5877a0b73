"""What an office does with what it cannot take in, and with who cannot hear it: it says so, and goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from desks import SOON_S, at_desk, level, opened, until
from gateways import a_gate, raw, soon
from offices import at
from proposals import IN_FORCE, WEIGHTS, proposal
from real_redis import RealRedis
from sites import a_site, said
from strategies import NOON
from work import put

from collab import events as ev
from collab.checks import State, of_office
from collab.checks.doctor import Place, examined
from collab.claims import claim
from collab.events import Entry, Unreadable
from collab.history import History, Recorder
from collab.live.entries import LARGE
from collab.live.partition import key_of
from collab.live.stream import StreamUnreachable
from collab.office import Office
from collab.records import Presence
from collab.whatif import rollback
from collab.whatif.journal import watched

STRANGE = b'{"event": "something_new", "id": "x", "time": "2026-01-01T00:00:00Z"}'


def strange(server: RealRedis, tenant: str) -> str:
    """Put an entry of a later version at the end of the tenant's stream, and say under which id."""
    key = key_of(tenant)
    place = f"{server.client.incr(f'{key}:seq')}-0"
    server.client.xadd(f"{key}:events", {"t": tenant, "d": STRANGE}, id=place)
    return place


def mend(server: RealRedis, tenant: str, place: str) -> None:
    """Take the strange entry away."""
    server.client.xdel(f"{key_of(tenant)}:events", place)


def test_a_subscriber_that_raises_keeps_the_team_and_the_others_from_nothing(
    stream_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    def raises(entries: list[Entry]) -> None:
        raise KeyError("a view")

    async def work() -> None:
        async with at_desk(stream_url) as here, at_desk(stream_url, name="b") as there:
            told: list[int] = []
            here.subscribe(raises)
            here.subscribe(lambda entries: told.extend(entry.seq for entry in entries))
            await there.add_agent("ana", "Ana")
            await level(here, there)
            await there.add_agent("ben", "Ben")
            await level(here, there)
            await here.add_agent("eve", "Eve")
            assert list(here.team.agents) == ["ana", "ben", "eve"]
            assert told == [1, 2, 3]

    asyncio.run(work())
    assert "KeyError: 'a view'" in caplog.text


def test_a_callback_of_an_office_that_raises_keeps_the_others_from_nothing(tmp_path: Path) -> None:
    def raises(entries: list[Entry]) -> None:
        raise KeyError("a view")

    async def work() -> None:
        async with a_gate(tmp_path) as gate:
            told: list[str] = []
            gate.office.subscribe(raises)
            gate.office.subscribe(lambda entries: told.extend(type(entry.event).__name__ for entry in entries))
            await at(gate.office).add_agent("ana", "Ana")
            assert told == ["AgentJoined"]

    asyncio.run(work())


def test_what_cannot_be_taken_in_is_told_once_and_tried_again_until_it_can(
    redis_server: RealRedis, redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        monkeypatch.setattr("collab.live.follower.LONGEST_PAUSE_S", 0.01)
        async with at_desk(redis_url) as desk, opened(redis_url) as stream:
            await desk.add_agent("ana", "Ana")
            place = strange(redis_server, "main")
            there = ev.PresenceChanged(id="p", time=NOON, agent="ana", presence=Presence.available)
            await stream.append([claim(there)])
            await soon(lambda: desk.trouble != "")
            assert "the entry at 2 of tenant main is none that this version knows" in desk.trouble
            mend(redis_server, "main", place)
            await until(lambda: desk.team.seq == 3, desk)
            assert desk.trouble == ""

    asyncio.run(work())
    assert caplog.text.count("main does not follow its stream any more, trying again") == 1


def test_health_and_the_checks_say_that_a_team_stands_still(
    redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    async def work() -> None:
        async with a_site(tmp_path, redis_url) as asked:
            office = asked.gate.office
            team = {check.name: check for check in await of_office(office)}["Team"]
            assert (team.state, team.value) == (State.ok, "as it was at event 0")
            strange(redis_server, "acme")
            await soon(lambda: office.trouble != "")
            ill = await asked.ask("/healthz")
            assert ill.code == 503
            assert f"team: {office.trouble}" in said(ill)["trouble"]
            team = {check.name: check for check in await of_office(office)}["Team"]
            assert f"{team.value}; {team.fix}".lower() == f"it stands still: {office.trouble}.".lower()
            assert team.state is State.bad

    asyncio.run(work())


def joined(*agents: str) -> list[ev.Event]:
    """Agents who come onto the roster."""
    return [ev.AgentJoined(id=agent, time=NOON, agent=agent, name=agent) for agent in agents]


def known(server: RealRedis, tenant: str, place: str) -> None:
    """Let the strange entry be one that can be read, as if a newer version did."""
    key = f"{key_of(tenant)}:events"
    rows = server.client.xrange(key)
    server.client.delete(key)
    for at_, fields in rows:
        read = {b"t": tenant, b"d": ev.encode(*joined("dan"))}
        server.client.xadd(key, read if at_.decode() == place else fields, id=at_)


def test_all_before_an_entry_of_a_later_version_is_recorded_and_what_is_behind_it_once_it_is_known(
    redis_server: RealRedis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with opened(redis_url) as stream, Recorder(tmp_path, stream, every_s=0.01) as recorder:
            await put(stream, joined("ana"))
            await recorder.flush()
            await put(stream, joined("ben"))
            place = strange(redis_server, "main")
            last = await put(stream, joined("eve"))
            await soon(lambda: recorder.trouble is not None)
            assert (recorder.ended, recorder.recorded) == (False, 2)
            assert "the entry at 3 of tenant main is none that this version knows" in str(recorder.fault)
            here = Place(stream=redis_url, history=str(tmp_path), tenant="main", keys=str(tmp_path / "keys"))
            told = await asyncio.to_thread(lambda: {check.name: check for check in examined(here, {})}["Recorder"])
            assert (told.state, told.value.startswith("cannot record: the entry at 3 of")) == (State.bad, True)
            assert told.fix == "Bring all processes to the version that wrote it."
            known(redis_server, "main", place)
            await recorder.flush(last)
            assert recorder.trouble is None

    asyncio.run(work())
    assert [*History(tmp_path).team().agents] == ["ana", "ben", "dan", "eve"]
    assert caplog.text.count("nothing can be recorded") == 1


def test_what_is_large_is_read_as_what_is_small_is(redis_server: RealRedis, redis_url: str) -> None:
    async def work() -> None:
        async with opened(redis_url) as stream:
            long = [
                ev.MessageSent(id=f"m{number}", time=NOON, room="main", agent="ana", text=f"{number:08}" * 1000)
                for number in range(2 * LARGE // 8000)
            ]
            last = await put(stream, long)
            small = [entry for place in range(last) for entry in await stream.read(place, 1)]
            assert [entry.event for entry in small] == long
            assert await stream.read(0) == small
            strange(redis_server, "main")
            assert await stream.read(0) == small
            with pytest.raises(Unreadable, match=f"the entry at {last + 1} of tenant main"):
                await stream.read(last)

    asyncio.run(work())


def test_who_appends_soon_hears_of_an_entry_that_cannot_be_read(redis_server: RealRedis, redis_url: str) -> None:
    async def work() -> None:
        async with opened(redis_url) as stream:
            strange(redis_server, "main")
            for agent in ("ana", "ben"):  # the second, too: the connection goes on
                came: asyncio.Future[object] = asyncio.get_running_loop().create_future()
                stream.append_soon([claim(*joined(agent))], seen=0, missed=True, done=came.set_result)
                async with asyncio.timeout(SOON_S):
                    assert isinstance(await came, Unreadable)

    asyncio.run(work())


@pytest.mark.parametrize(
    "refusing, again, fix",
    [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "raise its maxmemory"),
        ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", "start its replicas again"),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "give the URL of its master"),
    ],
)
def test_a_redis_that_takes_no_writes_is_out_of_reach_until_it_does(
    redis_server: RealRedis, redis_url: str, tmp_path: Path, refusing: str, again: str, fix: str
) -> None:
    async def work() -> None:
        async with a_site(tmp_path, redis_url) as asked, asked.gate.member("ana") as ana:
            await ana.join("main")
            redis_server.client.execute_command(refusing)
            try:
                with pytest.raises(RuntimeError, match="cannot reach its store; try again"):
                    await ana.send_message("main", "hello", key="k")
                with pytest.raises(StreamUnreachable, match=f"takes no writes: .*; {fix}"):
                    await at(asked.gate.office).add_agent("ben", "Ben")
                await soon(lambda: asked.gate.office.lost is not None)
                ill = await asked.ask("/healthz")
                assert ill.code == 503
                assert "takes no writes" in said(ill)["trouble"][0]
                assert fix in said(ill)["trouble"][0]
                redis = {check.name: check for check in await of_office(asked.gate.office)}["Redis"]
                assert (redis.state, redis.fix.lower().startswith(fix.lower())) == (State.bad, True)
            finally:
                redis_server.client.execute_command(again)
            await soon(lambda: asked.gate.office.lost is None)
            assert not (await ana.send_message("main", "hello", key="k")).duplicate
            assert (await asked.ask("/healthz")).code == 200

    asyncio.run(work())


def test_an_office_looks_after_its_leads_and_weights_again_after_a_failure(
    redis_server: RealRedis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with a_gate(tmp_path, redis_url) as gate:
            office = gate.office
            folder = watched(office.history_url, office.tenant)
            assert folder is not None
            place = strange(redis_server, "acme")
            proposal().adopt(by="ana", folder=folder)
            await soon(lambda: "waiting leads of acme stay in the queue" in caplog.text)
            mend(redis_server, "acme", place)
            await soon(lambda: office.team.weights.values == WEIGHTS)
            rollback(folder, by="ana", reason="why")
            await soon(lambda: office.team.weights.values == IN_FORCE)

    asyncio.run(work())


def test_devices_are_renewed_again_after_a_failure(
    redis_server: RealRedis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with a_gate(tmp_path, redis_url) as gate:
            for agent in ("ana", "ben"):
                await at(gate.office).add_agent(agent, agent.title())
            await gate.door.floor("acme")
            place = strange(redis_server, "acme")
            async with raw(gate, "ana"):
                await soon(lambda: "the devices of acme cannot be renewed, trying again" in caplog.text)
                mend(redis_server, "acme", place)
                async with raw(gate, "ben"):
                    await soon(lambda: gate.office.team.agents["ben"].presence == Presence.available)

    asyncio.run(work())


def test_an_office_that_reads_goes_on_when_the_history_can_be_read_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_gate(tmp_path) as gate:
            await at(gate.office).add_agent("ana", "Ana")
            assert gate.office.recorder is not None
            await gate.office.recorder.flush()
            reading = Office("embedded://another", gate.office.history_url, tenant="acme")
            await reading.open()
            assert reading.mode == "reading"
            folder, away = tmp_path / "history", tmp_path / "away"
            folder.rename(away)
            folder.write_text("no folder")
            await soon(lambda: reading.trouble != "")
            folder.unlink()
            away.rename(folder)
            await soon(lambda: reading.trouble == "")
            await at(gate.office).add_agent("ben", "Ben")
            await soon(lambda: "ben" in reading.team.agents)
            await reading.close()

    asyncio.run(work())
