"""Ports of this machine."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Does anybody listen on the port?"""
    with socket.socket() as probe:
        return probe.connect_ex(("localhost", port)) == 0
