"""A lease: the right to do something, which one of several has at a time, by the server's clock."""

from __future__ import annotations

import secrets
import time

from collab.live.redis import Server

RIGHT_TO_RECORD = "recorder"
"""The right to record a stream."""


def right_to_watch(tenant: str) -> str:
    """The right to watch a team's alert rules."""
    return f"watch:{tenant}"


def right_to_balance(tenant: str) -> str:
    """The right to even out a team's loads."""
    return f"balance:{tenant}"


class Lease:
    """Asks for a right, renews it, and gives it back; who stops to renew it loses it to another.

    Its holder may be paused and not know that it was lost. So each new holder gets a higher number, the fence, to mark
    what it does with.

    Attributes:
        fence: the number of this holder; 0 as long as it never had the lease.
        name: what the server is called, by a name that it got with its first lease.

    Args:
        server: the server that keeps it.
        key: its place; all keys of it begin so.
        lasts_s: seconds until it is lost if it is not renewed.
    """

    def __init__(self, server: Server, key: str, lasts_s: float) -> None:
        self.lasts_s, self.fence, self.name = lasts_s, 0, ""
        self._server, self._key = server, key
        self._owner = secrets.token_hex(8)
        self._until = 0.0

    @property
    def held(self) -> bool:
        """Is it ours for sure, as far as this process's clock can tell?"""
        return time.monotonic() < self._until

    async def take(self, least: int = 0) -> bool:
        """Take it or renew it; False if somebody else has it.

        Args:
            least: the fence becomes higher than this.

        Raises:
            StreamUnreachable: nobody answers; what was held lasts until its time is over.
        """
        asked = time.monotonic()
        fence = await self._ask(round(self.lasts_s * 1000), least)
        self._until = asked + self.lasts_s if fence else 0.0
        self.fence = fence or self.fence
        return bool(fence)

    async def give_back(self) -> None:
        """Let another have it at once."""
        self._until = 0.0
        await self._ask(0, 0)

    async def _ask(self, lasts_ms: int, least: int) -> int:
        keys = [self._key, f"{self._key}:fence", f"{self._key}:name"]
        with self._server.answering():
            fence, name = await self._server.run("lease", keys, [self._owner, lasts_ms, least, secrets.token_hex(8)])
        self.name = name.decode()
        return int(fence)
