"""What a stream promises, tried on the embedded server and on a real one."""

from __future__ import annotations

import asyncio
import threading
import uuid
import zlib

import pytest
from on_stream import NOW, arrived, event, on, plain, put
from real_redis import RealRedis

from collab.claims import SEQ, Absent, Add, Below, Claim, Equals, Put, Remove, claim, lead_key
from collab.claims.guards import REMEMBERED_S
from collab.events import AgentJoined, Entry, LeadClosed
from collab.live.batch import MOST
from collab.live.stream import Stream


def test_places_count_from_one_without_a_gap(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        assert await stream.last() == 0
        assert await stream.first() == 1
        assert await stream.read(0) == []
        first, second = event("ann"), event("bob")
        assert (await stream.append([Claim(first, (), ()), Claim(second, (), ())])).seq == 2
        assert (await stream.append(plain(1))).seq == 3
        assert (await stream.read(0))[:2] == [Entry(1, "acme", first), Entry(2, "acme", second)]
        assert [entry.seq for entry in await stream.read(1)] == [2, 3]
        assert [entry.seq for entry in await stream.read(0, count=2)] == [1, 2]
        assert await stream.last() == 3
        assert await stream.first() == 1
        assert await stream.entry(2) == Entry(2, "acme", second)
        assert await stream.entry(4) is None

    on(stream_url, work)


def test_an_event_appended_again_writes_nothing_and_tells_where_it_is(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        batch = [arrived("one"), put("a", "1")]
        await stream.append(batch)
        await stream.append([put("a", "2")])
        again = await stream.append(batch, seen=1, missed=True)
        assert again.duplicate
        assert again.seq == 2
        assert again.refused is None
        assert [entry.seq for entry in again.missed] == [2, 3]
        assert (await stream.append([put("a", "3"), batch[1]])).duplicate
        assert await stream.values(["a"]) == ["2"]
        assert await stream.last() == 3

    on(stream_url, work)


def test_a_refused_batch_writes_nothing_and_names_the_guard_and_what_it_found(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        await stream.append([arrived("one"), *plain(2)])
        refused = await stream.append([put("a", "1"), arrived("one"), put("b", "1")], seen=1, missed=True)
        assert refused.refused == Absent(lead_key("one"))
        assert refused.actual == "queued"
        assert refused.seq == 0
        assert not refused.duplicate
        assert [entry.seq for entry in refused.missed] == [2, 3]
        missing = await stream.append([Claim(event(), (Equals("a", "1"),), ())])
        assert missing.refused == Equals("a", "1")
        assert missing.actual is None
        assert await stream.values(["a", "b"]) == [None, None]
        assert await stream.last() == 3

    on(stream_url, work)


def test_a_later_claim_sees_what_the_earlier_ones_do(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        below = Below("load", "capacity")
        chain = [
            Claim(event(), (Absent("load"),), (Put("capacity", "2"), Add("load", 1), Put("at", SEQ))),
            Claim(event(), (Equals("load", "1"), below), (Add("load", 1), Remove("at"), Put("then", SEQ))),
        ]
        full = Claim(event(), (below,), (Add("load", 1),))
        receipt = await stream.append([*chain, full])
        assert receipt.refused == below
        assert receipt.actual == "2"
        assert await stream.last() == 0
        assert (await stream.append([*plain(4), *chain])).seq == 6
        assert await stream.values(["load", "capacity", "at", "then"]) == ["2", "2", None, "6"]
        assert await stream.values([]) == []

    on(stream_url, work)


def test_an_append_brings_the_entries_missed_so_far_and_its_own(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        await stream.append(plain(3))
        assert (await stream.append(plain(1))).missed == await stream.read(3)
        assert (await stream.append(plain(2), seen=2, missed=True)).missed == await stream.read(2)
        assert (await stream.append(plain(1), seen=6, missed=True)).missed == await stream.read(6)
        await stream.append(plain(MOST))
        assert [entry.seq for entry in (await stream.append(plain(1), seen=3, missed=True)).missed] == list(
            range(4, MOST + 4)
        )

    on(stream_url, work)


def test_what_no_reader_could_read_is_not_appended(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        wrong = LeadClosed(id="x", time=NOW, lead="one", decision="d", agent="ann", converted=True, satisfaction=9.0)
        with pytest.raises(ValueError, match=r"\$\.satisfaction"):
            await stream.append([Claim(wrong, (), ())])
        with pytest.raises(ValueError, match="at least one, and each once"):
            await stream.append([])
        with pytest.raises(ValueError, match="'same'"):
            await stream.append([Claim(event(id="same"), (), ())] * 2)
        assert await stream.last() == 0

    on(stream_url, work)


def test_following_goes_on_after_any_place_and_is_pushed_what_comes(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        last = (await stream.append(plain(5))).seq
        for after in range(6):
            seen: list[int] = []
            following = stream.follow(after)
            while len(seen) < last - after:
                seen += [entry.seq for entry in await anext(following)]
            waiting = asyncio.ensure_future(anext(following))
            await asyncio.sleep(0)
            last = (await stream.append(plain(1))).seq
            seen += [entry.seq for entry in await waiting]
            assert seen == list(range(after + 1, last + 1))
            await following.aclose()

    on(stream_url, work)


def test_following_ends_when_it_is_cancelled_at_whatever_moment(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        async def follow() -> None:
            async for _ in stream.follow(0):
                pass

        for steps in range(40):
            task = asyncio.create_task(follow())
            for _ in range(steps):
                await asyncio.sleep(0)
            await stream.append(plain(1))
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()

    on(stream_url, work)


def test_following_ends_when_the_stream_is_closed(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        await stream.append(plain(1))
        following = stream.follow(0)
        await anext(following)
        waiting = asyncio.ensure_future(anext(following, None))
        await asyncio.sleep(0)
        await stream.close()
        assert await waiting is None

    on(stream_url, work)


def test_loops_in_threads_open_the_same_stream_one_after_the_other(stream_url: str) -> None:
    seen: list[int] = []

    async def work(stream: Stream) -> None:
        seen.append((await stream.append(plain(1))).seq)
        following = stream.follow(0)
        assert [entry.seq for entry in await anext(following)] == list(range(1, seen[-1] + 1))

    for _ in range(3):
        thread = threading.Thread(target=on, args=(stream_url, work))
        thread.start()
        thread.join()
    assert seen == [1, 2, 3]


def test_embedded_streams_share_their_data_by_name() -> None:
    name = uuid.uuid4().hex
    assert on(f"embedded://{name}", lambda stream: stream.append(plain(3))).seq == 3
    assert on(f"embedded://{name}", lambda stream: stream.last()) == 3
    assert on(f"embedded://{name}-other", lambda stream: stream.last()) == 0


def test_ids_are_remembered_for_a_while_and_all_keys_carry_the_partition(
    redis_server: RealRedis, redis_url: str
) -> None:
    joined = claim(AgentJoined(id="the-id", time=NOW, agent="ann", name="Ann"))
    on(redis_url, lambda stream: stream.append([joined]))
    keys = redis_server.client.keys()
    tag = f"collab:{{p{zlib.crc32(b'acme') % 16:02}}}:"
    assert {key.decode() for key in keys if key.startswith(tag.encode())} == {key.decode() for key in keys}
    assert f"{tag}acme:capacity:ann".encode() in keys
    assert REMEMBERED_S - 60 < redis_server.client.ttl(f"{tag}id:the-id") <= REMEMBERED_S
