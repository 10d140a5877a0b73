"""Which of several recorders may write a history, and what the others are told."""

from __future__ import annotations

from msgspec import Struct


class HistoryInUse(RuntimeError):
    """Another recorder writes this history; stop it, or give this one a folder of its own."""


class Superseded(HistoryInUse):
    """A recorder with a higher fence number writes this history; this one must stop.

    Attributes:
        fence: that number.
    """

    def __init__(self, url: str, fence: int) -> None:
        super().__init__(f"another recorder, number {fence}, has taken over the history at {url}; stop this one")
        self.fence = fence


class Fence(Struct, frozen=True):
    """Which recorder of a shared stream this is.

    Attributes:
        number: higher than that of every recorder before it.
        stream: the name of the stream's server.
    """

    number: int
    stream: str
