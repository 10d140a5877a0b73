"""The pipe and the feed, on a real server that is slow, cut off and killed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from gateways import soon
from proxy import Proxy
from real_redis import RealRedis
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoReply

from collab.live.feed import Feed
from collab.live.pipe import TRIES, Pipe

REPLY_S = 3.0


def on_pipe(work: Callable[[Pipe], Awaitable[None]], **address: Any) -> None:
    async def run() -> None:
        pipe = Pipe(address, REPLY_S)
        try:
            async with asyncio.timeout(30):
                await work(pipe)
        finally:
            await pipe.close()

    asyncio.run(run())


def test_many_commands_at_once_are_answered_in_order(redis_url: str, redis_server: RealRedis) -> None:
    async def work(pipe: Pipe) -> None:
        asked = [pipe.call("INCR", "n") if n % 3 else pipe.call("ECHO", n) for n in range(3000)]
        replies = await asyncio.gather(*asked)
        assert [reply for n, reply in enumerate(replies) if n % 3] == list(range(1, 2001))
        assert [int(reply) for reply in replies[::3]] == list(range(0, 3000, 3))

    on_pipe(work, path=str(redis_server.socket))


def test_what_the_server_refuses_is_raised_and_the_others_are_answered(redis_url: str, redis_server: RealRedis) -> None:
    async def work(pipe: Pipe) -> None:
        replies = await asyncio.gather(
            pipe.call("SET", "n", "x"), pipe.call("INCR", "n"), pipe.call("GET", "n"), return_exceptions=True
        )
        assert replies[0] == b"OK"
        assert isinstance(replies[1], ResponseError)
        assert "integer" in str(replies[1])
        assert replies[2] == b"x"

    on_pipe(work, path=str(redis_server.socket))


def test_what_a_cut_left_unanswered_is_sent_again_in_its_order(redis_url: str, redis_server: RealRedis) -> None:
    async def work(pipe: Pipe) -> None:
        assert await pipe.call("PING") == b"PONG"
        redis_server.client.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
        asked = [asyncio.create_task(pipe.call("RPUSH", "list", n)) for n in range(50)]
        await soon(lambda: b"RPUSH" in b" ".join(map(_commands, redis_server.client.client_list())))
        redis_server.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        redis_server.client.execute_command("CLIENT", "UNPAUSE")
        await asyncio.gather(*asked)
        assert [int(one) for one in redis_server.client.lrange("list", 0, -1)] == list(range(50))

    on_pipe(work, path=str(redis_server.socket))


def _commands(client: dict[str, str]) -> bytes:
    return client["cmd"].upper().encode()


def test_without_a_server_all_who_wait_are_told_so(tmp_path: Path) -> None:
    async def work(pipe: Pipe) -> None:
        told = await asyncio.gather(*(pipe.call("PING") for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in told] == [NoConnection] * 3

    on_pipe(work, path=str(tmp_path / "nobody"))


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    ended = set()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.add(writer)

    async def work() -> None:
        server = await asyncio.start_unix_server(mute, str(tmp_path / "mute"))
        pipe = Pipe({"path": str(tmp_path / "mute")}, 0.05)
        async with asyncio.timeout(20):
            with pytest.raises((NoReply, NoConnection)):
                await pipe.call("PING")
        await pipe.close()
        server.close()
        await soon(lambda: len(ended) == TRIES)

    asyncio.run(work())


def test_a_wrong_password_is_said_at_once(redis_url: str, redis_server: RealRedis) -> None:
    async def work(pipe: Pipe) -> None:
        with pytest.raises(AuthenticationError):
            await pipe.call("PING")

    on_pipe(work, path=str(redis_server.socket), username="ana", password="wrong")


def test_a_greeting_that_is_refused_leaves_no_exception_that_nobody_looked_at(
    redis_url: str, redis_server: RealRedis
) -> None:
    complaints: list[str] = []

    async def work() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, told: complaints.append(told["message"]))
        pipe = Pipe({"path": str(redis_server.socket)}, REPLY_S, [("GET",), ("INCR",)])
        with pytest.raises(NoConnection, match="wrong number of arguments for 'get'"):
            await pipe.call("PING")
        await pipe.close()
        del pipe
        gc.collect()

    asyncio.run(work())
    gc.collect()
    assert complaints == []


def test_a_feed_misses_nothing_that_was_told_before_or_without_it(redis_url: str, redis_server: RealRedis) -> None:
    client = redis_server.client

    def add(seq: int, *, told: bool) -> None:
        client.xadd("s", {"t": "acme", "d": str(seq)}, id=f"{seq}-0")
        if told:
            client.publish("s:news", f"{seq}\nacme\n{seq}")

    async def read(after: int, count: int) -> list[Any]:
        return [[id, [b"t", fields[b"t"], b"d", fields[b"d"]]] for id, fields in client.xrange("s", f"{after + 1}-0")]

    async def work() -> None:
        feed = Feed({"path": str(redis_server.socket)}, "s", REPLY_S, 0.05, read)
        try:
            add(1, told=True)
            got = await feed.more(0, 100)
            for seq, told in ((2, True), (3, False), (4, True), (5, True)):
                add(seq, told=told)
            async with asyncio.timeout(20):
                while len(got) < 5:
                    got += await feed.more(len(got), 100)
                client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                add(6, told=True)
                while len(got) < 6:
                    got += await feed.more(len(got), 100)
            assert [row[0] for row in got] == [f"{seq}-0".encode() for seq in range(1, 7)]
        finally:
            await feed.close()

    asyncio.run(work())


def test_a_feed_whose_link_went_silent_finds_another_way(redis_url: str, redis_server: RealRedis) -> None:
    async def work() -> None:
        async with Proxy(str(redis_server.socket)) as proxy:
            feed = Feed({"host": "127.0.0.1", "port": proxy.port}, "s", 0.2, 0.02, nothing)
            try:
                async with asyncio.timeout(20):
                    assert await feed.more(0, 100) == []
                    first = tuple(proxy.links)
                    proxy.lose("down")  # half open: nothing is closed, and nothing comes any more
                    while feed.listening:
                        assert await feed.more(0, 100) == []
                    proxy.heal()
                    while not feed.listening:
                        assert await feed.more(0, 100) == []
                    assert not set(first) & proxy.links
                    redis_server.client.publish("s:news", "1\nacme\nhello")
                    while not (rows := await feed.more(0, 100)):
                        pass
                    assert rows == [[b"1-0", [b"t", b"acme", b"d", b"hello"]]]
            finally:
                await feed.close()

    asyncio.run(work())


async def nothing(after: int, count: int) -> list[Any]:
    """A stream on which nothing is."""
    return []
