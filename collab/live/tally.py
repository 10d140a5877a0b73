"""What a gateway has counted since it started: plain numbers that cost next to nothing to add to."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import defaultdict
from time import monotonic

from collab.protocol import COMMANDS, Command

logger = logging.getLogger(__name__)

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""The upper bounds of the classes into which durations are counted, in seconds; beyond is one class more."""

SAID_S = 10.0
"""So long the log says nothing more of a stream that is out of reach."""

UNREACHABLE = "the server cannot reach its store; try again in a moment"
"""What members are told of that: where it is, and what to do, is the operator's."""


class Durations:
    """How often something took how long, by `BOUNDS_S`."""

    __slots__ = ("counts", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.total_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.total_s += seconds

    def join(self, other: Durations) -> None:
        """Count what another one counted."""
        self.total_s += other.total_s
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]


class Tally:
    """What happened at one gateway.

    Attributes:
        entered: connections that were let in.
        bytes_in: bytes of the frames that members sent.
        commands: how often each kind was answered, and how long that took.
        refused: how often something was refused, by code.
        cut: how many connections the gateway ended, by code.
    """

    __slots__ = ("_said", "bytes_in", "commands", "cut", "entered", "refused")

    def __init__(self) -> None:
        self.entered = self.bytes_in = 0
        self._said = -SAID_S
        self.commands: dict[type[Command], Durations] = {kind: Durations() for kind in COMMANDS}
        self.refused: defaultdict[str, int] = defaultdict(int)
        self.cut: defaultdict[str, int] = defaultdict(int)

    def unreachable(self, error: Exception) -> str:
        """What a member is told when the stream is out of reach; the log has why."""
        if (now := monotonic()) - self._said >= SAID_S:
            self._said = now
            logger.warning("members are told to try again: %s", error)
        return UNREACHABLE
