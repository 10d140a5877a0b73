"""A master is killed with -9 while events are appended; acknowledged ones are all there, once, in order."""

from __future__ import annotations

import asyncio

from redis_groups import Group

from collab.claims import Absent, Claim, Put
from collab.events import MessageSent, new_id
from collab.live.partition import key_of
from collab.live.stream import Stream, StreamUnreachable, open_stream
from collab.team_at_work.clock import Clock

PATIENCE_S = 60
CLIENTS, BEFORE, AFTER = 4, 50, 50


def said(client: int, number: int) -> Claim:
    """A message that may be said once, with a value that tells of it."""
    text = f"{client}-{number}"
    event = MessageSent(id=new_id(), time=Clock()(), room="main", agent="ana", text=text)
    return Claim(event, (Absent(f"said:{text}"),), (Put(f"said:{text}", "1"),))


async def client(stream: Stream, number: int, acknowledged: dict[str, int], enough: asyncio.Event) -> None:
    """Say one thing after the other, each until it is acknowledged, for a while after the master is gone."""
    for count in range(100_000):
        claim = said(number, count)
        while True:
            try:
                receipt = await stream.append([claim])
                break
            except StreamUnreachable:
                continue  # the same event again, as a desk's caller does
        assert receipt.refused is None
        acknowledged[claim.event.id] = receipt.seq
        if enough.is_set():
            return


def test_what_was_acknowledged_survives_the_master_and_all_go_on_by_themselves(redis_group: Group) -> None:
    async def run() -> None:
        streams = [open_stream(redis_group.url, "acme") for _ in range(CLIENTS + 1)]
        acknowledged, enough, followed = dict[str, int](), asyncio.Event(), list[tuple[int, str]]()

        async def follow() -> None:
            async for entries in streams[-1].follow(0):
                followed.extend((entry.seq, entry.event.id) for entry in entries)

        async def reached(count: int) -> None:
            while len(acknowledged) < count:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)

        following = asyncio.create_task(follow())
        clients = [client(stream, number, acknowledged, enough) for number, stream in enumerate(streams[:-1])]
        saying = asyncio.gather(*clients)
        await reached(BEFORE)
        await asyncio.to_thread(redis_group.master(key_of(streams[0].tenant)).kill)
        await reached(len(acknowledged) + AFTER)
        enough.set()
        await saying
        entries = []
        while found := await streams[0].read(len(entries)):
            entries += found
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        places = {entry.event.id: entry.seq for entry in entries}
        assert len(places) == len(entries)
        assert {id: places.get(id) for id in acknowledged} == acknowledged
        while len(followed) < len(entries):  # noqa: ASYNC110 - the follower comes after
            await asyncio.sleep(0.01)
        assert followed == [(entry.seq, entry.event.id) for entry in entries]
        following.cancel()
        await asyncio.wait([following])
        await asyncio.gather(*(stream.close() for stream in streams))

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))
