"""The streams that must all behave alike."""

from __future__ import annotations

import uuid

import pytest
from redis_groups import Group

KINDS = ("embedded", "redis", "cluster", "sentinel")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try streams on all kinds; what is above them, on the embedded one and a real server."""
    if "stream_url" in metafunc.fixturenames:
        above = metafunc.module.__name__ == "test_gateway"
        metafunc.parametrize("stream_url", KINDS[:2] if above else KINDS, indirect=True)


@pytest.fixture
def stream_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty stream: embedded, on a real server, in a cluster, or under Sentinel."""
    if request.param == "embedded":
        return f"embedded://{uuid.uuid4().hex}"
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return url
    group: Group = request.getfixturevalue(f"redis_{request.param}")
    group.empty()
    return group.url
