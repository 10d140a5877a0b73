"""Fixtures that several rooms' tests share."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator

import needs
import pytest
from real_redis import RealRedis
from redis_groups import Group, RealCluster, UnderSentinel

from collab.whatif import kernel

pytest_plugins = ("under_ci", "offices")

# What a shell starts in the background ignores Ctrl-C, and so does what that starts; tests end servers by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def redis_program() -> str:
    """The path of a redis-server; without one the test is left out."""
    program = needs.redis_server()
    if program is None:
        pytest.skip("there is no redis-server or valkey-server on PATH; `make test` installs it or says how")
    return program


@pytest.fixture(scope="session")
def redis_server(redis_program: str) -> Iterator[RealRedis]:
    """A real server for all tests; it ends with them."""
    server = RealRedis(redis_program)
    yield server
    server.stop()


@pytest.fixture
def own_redis(redis_program: str) -> Iterator[RealRedis]:
    """A server that the test may set otherwise, and kill."""
    server = RealRedis(redis_program)
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RealRedis) -> str:
    """The URL of the real server, which is empty."""
    redis_server.client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def redis_cluster(redis_program: str) -> Iterator[RealCluster]:
    """A cluster for all tests; it ends with them."""
    group = RealCluster(redis_program)
    yield group
    group.stop()


@pytest.fixture(scope="session")
def redis_sentinel(redis_program: str) -> Iterator[UnderSentinel]:
    """A master with replicas under Sentinel for all tests; it ends with them."""
    group = UnderSentinel(redis_program)
    yield group
    group.stop()


@pytest.fixture(params=["cluster", "sentinel"])
def redis_group(request: pytest.FixtureRequest) -> Iterator[Group]:
    """Servers that stand in for each other, empty; those that the test kills run again after it."""
    group: Group = request.getfixturevalue(f"redis_{request.param}")
    group.empty()
    yield group
    group.heal()


@pytest.fixture(params=["embedded", "redis"])
def stream_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty stream: the embedded one, and a real server."""
    if request.param == "embedded":
        return f"embedded://{uuid.uuid4().hex}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture(scope="session")
def in_numba() -> kernel.Share:
    """What numba made of the kernel that rescores."""
    kernel.warm().join()
    share = kernel.in_numba()
    assert share is not None
    return share
