"""Attendance: devices that are heard of keep their agents present, and nobody else is said to be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import asdict

from collab.claims import claim
from collab.events import PresenceChanged
from collab.live.follower import Follower
from collab.presence import Change, changes


class Attendance:
    """Keeps the presence of a tenant's agents in line with their devices, whichever gateway those are at.

    Args:
        follower: the tenant's team and its stream.
        clock: tells the time of events; aware.
    """

    def __init__(self, follower: Follower, *, clock: Callable[[], datetime]) -> None:
        self._follower, self._clock = follower, clock

    async def follow(self, renewed: Mapping[tuple[str, str], bool], lasts_s: float) -> list[Change]:
        """Renew devices, by agent and name, each idle or not, for so many seconds; returns what changed of agents."""
        devices = await self._follower.stream.devices(renewed, lasts_s)
        due = changes(self._follower.team.agents, devices)
        for change in due:
            event = PresenceChanged(id=self._id(change), time=self._clock(), **asdict(change))
            await self._follower.commit([claim(event)])
        return due

    def _id(self, change: Change) -> str:
        """The same for every gateway that finds the change, so that it happens once."""
        since = self._follower.team.agents[change.agent].since
        parts = f"{self._follower.stream.tenant} {change.agent} {change.presence} {change.connected} {since}"
        return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()
