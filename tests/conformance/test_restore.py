"""Tenants that share a partition, and streams that are trimmed, lost or new."""

from __future__ import annotations

import asyncio

import pytest
from on_stream import arrived, beside, on, plain, put

from collab.claims import CLOSED, lead_key
from collab.desk import Desk
from collab.live.follower import LOOKS
from collab.live.stream import Stream, StreamUnreachable, open_stream
from collab.records import Lead
from collab.team import Team


def test_tenants_of_a_partition_share_its_places_but_no_values(stream_url: str) -> None:
    other_name = beside("acme")

    async def work(stream: Stream) -> None:
        other = open_stream(stream_url, other_name)
        assert other.partition == stream.partition
        await stream.append([arrived("one"), put("a", "ours")])
        assert (await other.append([arrived("one")])).refused is None
        assert await other.values(["a", lead_key("one")]) == [None, "queued"]
        assert [(entry.seq, entry.tenant) for entry in await other.read(1)] == [(2, "acme"), (3, other_name)]
        await other.close()

    on(stream_url, work)


def test_trimming_drops_what_is_before_a_place_and_nothing_else(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        await stream.append([*plain(250), put("a", "1")])
        await stream.trim(120)
        assert await stream.first() == 120
        assert await stream.last() == 251
        assert len(await stream.read(0)) == 132
        assert await stream.entry(119) is None
        await stream.trim(1000)
        assert await stream.first() == 252
        assert await stream.last() == 251
        assert (await stream.append(plain(1))).seq == 252
        assert await stream.values(["a"]) == ["1"]

    on(stream_url, work)


def test_a_new_stream_goes_on_where_the_history_ends(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        assert await stream.restore(70, {lead_key("one"): "queued", "load:ann": "2", lead_key("old"): CLOSED})
        assert await stream.last() == 70
        assert await stream.first() == 71
        assert await stream.read(0) == []
        assert await stream.values([lead_key("one"), "load:ann", "load:bob"]) == ["queued", "2", None]
        assert (await stream.append([arrived("old")])).actual == CLOSED
        assert (await stream.append([arrived("two")], seen=70, missed=True)).missed[0].seq == 71
        assert not await stream.restore(70, {"load:ann": "9"})
        assert not await stream.restore(71, {"load:ann": "9"})
        assert await stream.values(["load:ann"]) == ["2"]
        assert await stream.last() == 71

    on(stream_url, work)


def test_a_stream_that_lost_its_end_keeps_no_value_of_before(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        await stream.append([arrived("one"), put("stale", "1"), put("kept", "1")])
        assert await stream.restore(9, {"kept": "2"})
        assert await stream.values([lead_key("one"), "stale", "kept"]) == [None, None, "2"]
        assert (await stream.append(plain(1))).seq == 10

    on(stream_url, work)


def test_every_tenant_of_a_partition_is_restored(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        other = open_stream(stream_url, beside("acme"))
        assert await stream.restore(50, {"a": "ours"})
        assert await other.restore(40, {"a": "theirs"})
        assert await stream.last() == 50
        assert await stream.values(["a"]) == ["ours"]
        assert await other.values(["a"]) == ["theirs"]
        await other.close()

    on(stream_url, work)


@pytest.mark.parametrize("missed", [True, False])
def test_a_stream_that_lost_all_takes_nothing_from_who_knows_better_until_it_is_restored(
    stream_url: str, missed: bool
) -> None:
    async def work(stream: Stream) -> None:
        with pytest.raises(StreamUnreachable, match="is empty, and had events before"):
            await stream.append([arrived("one")], seen=9, missed=missed)
        assert await stream.last() == 0
        if stream.soon:
            came = asyncio.get_running_loop().create_future()
            stream.append_soon([arrived("one")], seen=9, missed=missed, done=came.set_result)
            assert isinstance(await came, StreamUnreachable)
        assert await stream.restore(9, {})
        assert (await stream.append([arrived("one")], seen=9, missed=missed)).seq == 10

    on(stream_url, work)


def test_a_team_that_holds_what_the_stream_lost_says_so(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        await stream.restore(7, {})
        ahead, level = Desk(stream, team=Team(seq=9)), Desk(stream, team=Team(seq=7))
        for desk in (ahead, level):
            for _ in range(LOOKS):
                assert not desk.trouble
                await desk.look()
        said = "the stream ends at 7, and events up to 9 that are gone are in the team of acme here"
        assert (ahead.trouble, level.trouble) == (f"{said}; restart this process", "")

        acting = Desk(stream, team=Team(seq=9))
        await acting.add_agent("ana", "Ana", skills={}, capacity=5)
        assert acting.lost == said.replace("ends at 7", "ends at 8")
        await level.add_agent("bo", "Bo", skills={}, capacity=5)
        assert not level.lost

    on(stream_url, work)


def test_leads_at_once_begin_no_stream_anew(stream_url: str) -> None:
    async def work(stream: Stream) -> None:
        desk = Desk(stream, team=Team(seq=9))
        leads = [Lead(id=f"l{number}", name="Mia") for number in range(5)]
        refused = await asyncio.gather(*map(desk.route_lead, leads), return_exceptions=True)
        assert {type(one) for one in refused} == {StreamUnreachable}
        assert await stream.last() == 0

    on(stream_url, work)
