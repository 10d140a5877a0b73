"""A member in this process: it asks a floor as one over a line does, and hears the same frames, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from collab.live.access import Pass
from collab.live.line import unframed
from collab.protocol import AnyFrame, Frame, Role, encode, frame


class Insider:
    """Stands where a `Line` stands, for somebody who looks at a page of this process; no device of an agent.

    Args:
        tenant: whose floor it asks.
        agent: who it is.
        role: what they may.
        heard: is called in the floor's loop with each frame.
    """

    deflates = False
    cut = ""

    def __init__(self, tenant: str, agent: str, role: Role, heard: Callable[[AnyFrame], None]) -> None:
        now = datetime.now(UTC)
        self.entry = Pass(tenant, agent, role, now, datetime.max.replace(tzinfo=UTC), "page", "")
        self.rooms: set[str] = set()
        self.connection = self
        self._heard = heard

    def push(self, told: Frame | bytes) -> None:
        """Hear a frame."""
        self._heard(frame(told if isinstance(told, bytes) else encode(told)))

    def write(self, framed: bytes) -> bool:
        """Hear a frame as it is on the wire for the others."""
        for told in unframed(framed):
            self._heard(frame(told))
        return True

    async def drain(self) -> None:
        """Nothing waits: what is told is heard."""
