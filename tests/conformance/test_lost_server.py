"""What becomes of a stream whose server is not there, goes away, forgets, or loses a reply."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from gateways import soon
from real_redis import RealRedis
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed

from collab import protocol as p
from collab.claims import Add, Claim
from collab.cli.recording import record
from collab.events import PresenceChanged, new_id
from collab.history import History
from collab.live.access import Access
from collab.live.client import connect
from collab.live.stream import StreamUnreachable, open_stream
from collab.records import Presence

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PATIENCE_S = 40


def counted() -> Claim:
    event = PresenceChanged(id=new_id(), time=NOW, agent="ann", presence=Presence.busy)
    return Claim(event, (), (Add("count", 1),))


async def shut(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await work()

    asyncio.run(in_time())


class Wire:
    """A way to a server's socket that can swallow what the server says next and cut the connection."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self.swallow = False
        self.swallowed: list[bytes] = []
        self._carrying: set[asyncio.Task[None] | None] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The URL at which it listens."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        yield "redis://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        server.close()
        await asyncio.gather(*filter(None, self._carrying))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._carrying.add(asyncio.current_task())
        back, forth = await asyncio.open_unix_connection(self._to)
        ways = [self._pump(reader, forth, says=False), self._pump(back, writer, says=True)]
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, forth):
            await shut(end)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, says: bool) -> None:
        while data := await reader.read(1 << 16):
            if says and self.swallow:
                self.swallow = False
                self.swallowed.append(data)
                return
            writer.write(data)
            await writer.drain()


def test_a_lost_reply_doubles_no_event(redis_server: RealRedis, redis_url: str) -> None:
    assert redis_url

    async def work() -> None:
        wire = Wire(redis_server.socket)
        async with wire.open() as url:
            stream = open_stream(url, "acme")
            await stream.append([counted()])  # the server knows the script from here on
            wire.swallow = True
            receipt = await stream.append([counted(), counted()], seen=1, missed=True)
            assert wire.swallowed[0].startswith(b"*3\r\n:1\r\n:3\r\n")  # it had run: appended, up to 3
            assert receipt.duplicate
            assert receipt.seq == 3
            assert [entry.seq for entry in receipt.missed] == [2, 3]
            assert await stream.values(["count"]) == ["3"]
            assert [entry.seq for entry in await stream.read(0)] == [1, 2, 3]
            await stream.close()

    run(work)


def test_a_server_that_forgot_the_script_is_given_it_again(redis_server: RealRedis, redis_url: str) -> None:
    async def work() -> None:
        stream = open_stream(redis_url, "acme")
        await stream.append([counted()])
        redis_server.client.script_flush()
        assert (await stream.append([counted()])).seq == 2
        await stream.close()

    run(work)


def test_following_survives_a_server_that_is_killed_and_comes_back(
    own_redis: RealRedis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "collab")

    async def work() -> None:
        stream, seen = open_stream(own_redis.url, "acme"), asyncio.Queue[int]()

        async def follow() -> None:
            async for entries in stream.follow(0):
                for entry in entries:
                    seen.put_nowait(entry.seq)

        following = asyncio.create_task(follow())
        for place in range(1, 4):
            await stream.append([counted()])
            assert await seen.get() == place
        await asyncio.to_thread(own_redis.kill)
        with pytest.raises(StreamUnreachable, match="start redis-server there"):
            await stream.append([counted()])
        while not caplog.records:  # until the follower has noticed too  # noqa: ASYNC110 (a log has no event)
            await asyncio.sleep(0.01)
        await asyncio.to_thread(own_redis.start)
        for place in range(4, 7):
            assert (await stream.append([counted()])).seq == place
            assert await seen.get() == place
        following.cancel()
        await asyncio.wait([following])
        assert seen.empty()
        await stream.close()

    run(work)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_a_server_that_is_not_there_is_named_with_the_fix_but_no_password(closed_port: int) -> None:
    async def work() -> None:
        stream = open_stream(f"redis://ann:secret@127.0.0.1:{closed_port}/0?client_name=x", "acme")
        calls = [stream.ping(), stream.append([counted()]), stream.read(0), stream.last(), stream.values(["a"])]
        for call in [*calls, stream.first(), stream.entry(1), stream.restore(1, {}), stream.trim(1)]:
            with pytest.raises(StreamUnreachable, match=f"no Redis answers at redis://.*:{closed_port}/0") as caught:
                await call
            assert "start redis-server there, correct the URL" in str(caught.value)
            assert "secret" not in f"{caught.value} {caught.value.__cause__}"
        await stream.close()

    run(work)


def test_a_server_that_speaks_something_else_is_no_redis() -> None:
    async def work() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await shut(writer)
            answered.add(asyncio.current_task())

        answered = set[asyncio.Task[None] | None]()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        stream = open_stream("redis://127.0.0.1:{1}".format(*server.sockets[0].getsockname()), "acme")
        with pytest.raises(StreamUnreachable, match="no Redis answers"):
            await stream.ping()
        await stream.close()
        server.close()
        await asyncio.gather(*filter(None, answered))

    run(work)


def test_a_refused_password_is_told_from_a_missing_server_and_not_shown(redis_url: str) -> None:
    async def work() -> None:
        stream = open_stream(f"{redis_url}?username=ann&password=secret", "acme")
        with pytest.raises(StreamUnreachable, match="put the right user and password") as caught:
            await stream.ping()
        assert "secret" not in f"{caught.value} {caught.value.__cause__}"
        await stream.close()

    run(work)


@pytest.mark.parametrize(
    "url", ["http://user:secret@host", "localhost:6379", "", "redis:/host", "unix+cluster://:secret@h", "Redis://h"]
)
def test_an_unknown_kind_of_url_is_refused_with_those_that_are_known(url: str) -> None:
    with pytest.raises(ValueError, match="embedded://, redis://, rediss://, unix://") as caught:
        open_stream(url, "acme")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["redis://:secret/part@host", "redis://:secret@host:port", "unix://", "embedded://a/b"])
def test_a_malformed_url_is_refused_and_shows_no_password(url: str) -> None:
    with pytest.raises(ValueError, match="the stream's url is") as caught:
        open_stream(url, "acme")
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("tenant", ["", "a:b", "a b", "id", "../up", "{p01}", "x" * 65])
def test_a_tenant_that_could_be_taken_for_something_else_is_refused(tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant is"):
        open_stream("embedded://", tenant)


def test_a_gateway_says_if_it_waits_for_its_redis_and_ends_in_order(tmp_path: Path) -> None:
    done: list[str] = []

    async def talk(url: str, end: Callable[[], None]) -> p.AnyFrame | None:
        """What the gateway says last to one who talks on while it ends."""
        last = None
        token = Access(tmp_path / "data" / "keys").token("main", "ana", "agent")
        async with open_socket(url) as gateway:
            for command in (p.Hello(id=0, token=token), p.Join(id=1, room="main")):
                await gateway.send(p.encode(command), text=True)
                last = p.frame(await gateway.recv())
            with suppress(ConnectionClosed):
                while True:
                    with suppress(ConnectionClosed):  # what came before is still to be read
                        await gateway.send(p.encode(p.Send(id=2, room="main", text=f"{len(done)}")), text=True)
                    while not isinstance(last := p.frame(await gateway.recv()), p.Done):
                        pass
                    done.append(last.result["message"])
                    if len(done) == 20:
                        end()
        return last

    async def start(*options: str) -> str:
        command = [Path(sys.executable).with_name("collab"), "gateway", "--no-http", "--ws-port", "0", *options]
        gateway = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if not name.startswith("COLLAB_")},
        )
        assert gateway.stdout is not None
        async with asyncio.timeout(60):
            listens = (await gateway.stdout.readline()).decode()
            assert "members connect to ws://localhost:" in listens
            if options:
                gateway.terminate()
            else:
                last = await talk(listens.split()[4], gateway.terminate)
                assert isinstance(last, p.Goodbye)
                assert last.code == "stopping"
            return (await gateway.communicate())[1].decode()

    said = asyncio.run(start("--stream", "redis://127.0.0.1:1"))
    assert "no Redis answers at redis://127.0.0.1:1" in said
    assert "members are let in as soon as it answers" in said
    assert "name one with --stream or COLLAB_REDIS" in asyncio.run(start())
    kept = [entry.event for entry in History(tmp_path / "data" / "history", "main").events()]
    assert {*done} <= {event.id for event in kept}


def test_a_recorder_without_its_redis_says_so_once_and_waits_for_it(
    own_redis: RealRedis,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collab.cli.recording.AGAIN_S", 0.01)
    own_redis.kill()

    async def wait() -> None:
        recording, said = asyncio.create_task(record(own_redis.url, str(tmp_path), 4.0)), ["", ""]

        def says(place: int, what: str) -> bool:
            said[:] = [old + new for old, new in zip(said, capsys.readouterr(), strict=True)]
            return what in said[place] and not recording.done()

        await soon(lambda: says(1, "it is recorded as soon as it answers"))
        await asyncio.to_thread(own_redis.start)
        await soon(lambda: says(0, "16 of 16 partitions are ours"))
        signal.raise_signal(signal.SIGTERM)
        await recording
        assert said[1].count("no Redis answers") == 1
        assert "another process can record" not in caplog.text

    run(wait)


def test_an_address_that_is_no_websocket_s_is_refused() -> None:
    with pytest.raises(ValueError, match="token is no text; give one that `collab token` prints"):
        connect("ws://localhost", 5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="most_waiting is 0; give a whole number of 1 or more"):
        connect("ws://localhost", "x", most_waiting=0)
    with pytest.raises(ValueError, match=r"url is 'http://localhost'; it begins with ws:// or wss://"):
        connect("http://localhost", "token")
