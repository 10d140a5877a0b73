"""Addresses of servers that stand in for each other, and what is said when none of them is there."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from on_stream import on, plain
from redis_groups import RealCluster, UnderSentinel

from collab.live.about import about
from collab.live.cluster import Cluster
from collab.live.moving import Address, address_of
from collab.live.partition import key_of
from collab.live.stream import Stream, StreamUnreachable, open_stream


def test_an_address_names_hosts_who_comes_in_and_how_many_copies_there_must_be() -> None:
    url = "rediss+sentinel://ann:se%40cret@one:7,[::1],three/team/2?wait=2&sentinel_password=x&ssl_cert_reqs=none"
    address = address_of(url, 26379)
    assert address.places == [("one", 7), ("::1", 26379), ("three", 26379)]
    assert (address.path, address.wait) == ("team/2", 2)
    assert (address.options["username"], address.options["password"]) == ("ann", "se@cret")
    assert address.options["ssl_cert_reqs"] in ("none", ssl.CERT_NONE)
    assert address.asking == {"username": None, "password": "x"}
    assert "cret" not in address.url
    assert "=x" not in address.url
    assert address_of("redis+cluster://h", 6379) == Address("redis+cluster://h", [("h", 6379)], "", None, {}, NOBODY)


NOBODY = {"username": None, "password": None}


@pytest.mark.parametrize(
    "url, why",
    [
        ("redis+cluster://", "after :// come hosts"),
        ("redis+cluster://:secret@h:port", "each host is host or host:port"),
        ("redis+cluster://:secret@h,,i", "each host is host or host:port"),
        ("redis+cluster://:secret@h/1", "a cluster has no database '1', only 0"),
        ("redis+sentinel://:secret@h", "comes /service or /service/database"),
        ("redis+sentinel://:secret@h/team/x", "comes /service or /service/database"),
        ("redis+cluster://:secret@h?wait=all", "wait is 'all'.*give a number of replicas"),
        ("redis+cluster://:secret@h?wait=-1", "wait is '-1'"),
    ],
)
def test_a_malformed_address_is_refused_with_the_fix_and_shows_no_password(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        open_stream(url, "acme")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["redis+cluster://:secret@127.0.0.1:1", "redis+sentinel://:secret@127.0.0.1:1,/team"])
def test_servers_that_are_not_there_are_named_at_once_with_the_fix_but_no_password(url: str) -> None:
    url = url.replace(",/", "/")
    with pytest.raises(
        StreamUnreachable, match=r"no Redis answers at redis\+\w+://.*127.0.0.1:1.*correct the URL"
    ) as caught:
        on(url, lambda stream: stream.last())
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"


def test_a_service_that_no_sentinel_knows_is_named(redis_sentinel: UnderSentinel) -> None:
    url = redis_sentinel.url.replace("/collab", "/other")
    with pytest.raises(StreamUnreachable, match="knows no service 'other'"):
        on(url, lambda stream: stream.last())


def test_a_plain_server_is_no_cluster(redis_sentinel: UnderSentinel) -> None:
    port = redis_sentinel.nodes[0].port
    with pytest.raises(StreamUnreachable, match="is no node of a cluster"):
        on(f"redis+cluster://127.0.0.1:{port}", lambda stream: stream.last())


def test_a_node_of_a_cluster_is_no_plain_server(redis_cluster: RealCluster) -> None:
    for node in redis_cluster.nodes:
        says = rf"the Redis at redis://127.0.0.1:{node.port} is a node of a cluster; use redis\+cluster://host:port"
        for ask in (lambda url: on(url, lambda stream: stream.ping()), lambda url: asyncio.run(about(url, "acme"))):
            with pytest.raises(ValueError, match=says):
                ask(f"redis://127.0.0.1:{node.port}")


def test_one_node_of_a_cluster_is_enough_to_find_the_others(redis_cluster: RealCluster) -> None:
    redis_cluster.empty()
    for node in redis_cluster.nodes:
        url = f"redis+cluster://127.0.0.1:{node.port}"
        before = on(url, lambda stream: stream.last())
        assert on(url, lambda stream: stream.append(plain(1))).seq == before + 1


class Node:
    """Says where the slots of a cluster are, and counts who asks."""

    def __init__(self) -> None:
        self.asked = self.port = self.owner = 0
        self._answering: list[asyncio.Task[None] | None] = []

    async def __aenter__(self) -> Node:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        await asyncio.gather(*filter(None, self._answering))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._answering.append(asyncio.current_task())
        while (head := await reader.readline()).startswith(b"*"):
            words = [(await reader.readline(), await reader.readline())[1].strip() for _ in range(int(head[1:]))]
            slots = b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%d\r\n" % self.owner
            self.asked += words[0] == b"CLUSTER"
            writer.write(slots if words[0] == b"CLUSTER" else b"+OK\r\n")
        writer.close()


def test_a_node_that_has_left_the_cluster_is_not_asked_any_more() -> None:
    async def leave() -> None:
        async with Node() as named, Node() as other:
            named.owner = other.port
            cluster = Cluster(address_of(f"redis+cluster://127.0.0.1:{named.port}", 6379), "acme")
            assert await cluster.master() == ("127.0.0.1", other.port)
            named.owner = other.owner = named.port
            for _ in range(4):
                assert await cluster.master() == ("127.0.0.1", named.port)
            assert (named.asked, other.asked) == (5, 0)

    asyncio.run(leave())


def test_an_append_that_too_few_replicas_have_is_not_acknowledged_and_is_there_once(
    redis_cluster: RealCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis_cluster.empty()
    monkeypatch.setattr("collab.live.moving.FAILOVER_S", 0.5)
    monkeypatch.setattr("collab.live.moving.COPY_S", 2.0)
    claims = plain(2)

    async def too_few(stream: Stream) -> None:
        for _ in range(2):  # the second is a repetition, which is not taken for a copy either
            with pytest.raises(StreamUnreachable, match="1 of 2 replicas have what was appended"):
                await stream.append(claims)

    on(f"{redis_cluster.url}?wait=2", too_few)
    again = on(redis_cluster.url, lambda stream: stream.append(claims))
    assert (again.seq, again.duplicate) == (2, True)
    assert len(on(f"{redis_cluster.url}?wait=0", lambda stream: stream.read(0))) == 2


def test_a_master_without_replicas_is_enough_unless_the_address_asks_for_more(
    redis_cluster: RealCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis_cluster.empty()
    monkeypatch.setattr("collab.live.moving.FAILOVER_S", 0.5)
    monkeypatch.setattr("collab.live.moving.COPY_S", 2.0)

    async def work(stream: Stream) -> None:
        await stream.append(plain(1))
        master = redis_cluster.master(key_of(stream.tenant))
        role = master.client.execute_command("ROLE")
        replica = next(node for node in redis_cluster.nodes if node.port == int(role[2][0][1]))
        await asyncio.to_thread(replica.kill)
        assert (await stream.append(plain(1))).seq == 2
        strict = open_stream(f"{redis_cluster.url}?wait=1", "acme")
        with pytest.raises(StreamUnreachable, match="0 of 1 replicas"):
            await strict.append(plain(1))
        await strict.close()

    try:
        on(redis_cluster.url, work)
    finally:
        redis_cluster.heal()
