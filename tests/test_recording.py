"""Whose turn it is to record, and what becomes of a stream that lost its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from desks import SOON_S
from gateways import soon
from offices import QUIET
from real_redis import RealRedis
from work import Work, put

from collab.history import History, HistoryMismatch, Recorder
from collab.live.partition import key_of
from collab.live.stream import Stream, open_stream
from collab.office import Office
from collab.recording import Recording

LASTS_S = 0.4


def on(url: str, work: Callable[[Stream], Awaitable[None]]) -> None:
    """Do the work on a stream."""

    async def run() -> None:
        stream = open_stream(url, "main")
        async with asyncio.timeout(SOON_S):
            await work(stream)
        await stream.close()

    asyncio.run(run())


def test_an_office_that_joined_records_when_the_other_one_stops(redis_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        one, two = (Office(redis_url, str(tmp_path), rules=QUIET) for _ in range(2))
        await one.open()
        await two.open()
        assert (one.mode, two.mode) == ("live", "joined")
        await one.close()
        assert two.desk is not None
        await two.desk.add_agent("ana", "Ana")
        await soon(lambda: two.mode == "live" and two.status()["behind"] == 0)
        await two.close()
        assert [entry.seq for entry in History(tmp_path, "main").events()] == [1]

    asyncio.run(asyncio.wait_for(run(), SOON_S))


def test_a_lease_is_one_holders_until_it_ends_and_the_next_has_a_higher_fence(redis_url: str) -> None:
    async def work(stream: Stream) -> None:
        one, two = stream.lease(60), stream.lease(60)
        assert await one.take()
        assert not await two.take()
        assert (one.held, two.held, one.fence) == (True, False, 1)
        one.lasts_s = 0.001
        assert await one.take()
        while not await two.take():  # noqa: ASYNC110 - the server's clock tells nobody
            await asyncio.sleep(0.02)
        assert (two.fence, one.held, await one.take()) == (2, False, False)
        await one.give_back()  # which is not its own any more
        assert not await one.take()
        await two.give_back()
        assert await one.take(least=7)
        assert one.fence == 8
        assert await one.take()
        assert one.fence == 8

    on(redis_url, work)


def test_a_stream_that_was_emptied_goes_on_at_the_end_of_the_history(
    redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    async def work(stream: Stream) -> None:
        recording = Recording(str(tmp_path), stream, lasts_s=LASTS_S)
        await recording.start()
        last = await put(stream, Work().events(10))
        assert recording.recorder is not None
        await recording.recorder.flush(last)
        redis_server.client.flushall()
        while await stream.last() < last:  # noqa: ASYNC110 - until it is restored
            await asyncio.sleep(0.02)
        again = await put(stream, Work(seed=9).events(10))
        await soon(lambda: recording.recorder is not None and recording.recorder.recorded == again)
        await recording.stop()
        assert [entry.seq for entry in History(tmp_path, "main").events()] == list(range(1, again + 1))

    on(redis_url, work)


def test_a_stream_that_lost_its_end_and_went_on_with_other_events_is_refused(
    redis_server: RealRedis, redis_url: str, tmp_path: Path
) -> None:
    async def work(stream: Stream) -> None:
        async with Recorder(tmp_path, stream, every_s=60) as recorder:
            last = await put(stream, Work().events(10))
            await recorder.flush(last)
            key = key_of(stream.tenant)
            redis_server.client.delete(f"{key}:events")  # what a failover may do, all at once
            redis_server.client.set(f"{key}:seq", last - 5)
            while await stream.last() < last + 5:
                await put(stream, Work(seed=9).events(1))
            with pytest.raises(HistoryMismatch, match=rf"event {last} is \w+ on the stream and \w+ in the history"):
                await recorder.flush()

    on(redis_url, work)
    assert [entry.seq for entry in History(tmp_path, "main").events()] == list(range(1, History(tmp_path).last + 1))
