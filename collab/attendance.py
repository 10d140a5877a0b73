"""Attendance: devices that are heard of keep their agents present, and nobody else is said to be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import asdict

from collab.claims import claim
from collab.events import CalendarChanged, PresenceChanged
from collab.live.follower import Follower
from collab.live.stream import Said
from collab.presence import Change, Device, changes, settled
from collab.records import Busy, Presence, checked
from collab.stamping import Stamping
from collab.team import Choice
from collab.wrong import choice


class Attendance(Stamping):
    """Keeps the presence of a tenant's agents in line with their choices, devices and calendars, at all gateways.

    Leases and intervals of calendars are by the time of the stream's server, so that no gateway's clock matters.

    Attributes:
        compare: is told the server's time whenever it is asked, between two looks at the clock.
    """

    def __init__(self, follower: Follower, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        super().__init__(follower, clock, new_id)
        self.compare: Callable[[datetime, datetime, datetime], None] = lambda before, time, after: None

    async def devices(
        self, renewed: Mapping[tuple[str, str], Said] | None = None, lasts_s: float = 0.0
    ) -> tuple[datetime, dict[str, list[Device]]]:
        """Renew devices, by agent and name; the server's time, and those that are left, by agent."""
        before = self._clock()
        now, found = await self._follower.stream.devices(renewed or {}, lasts_s)
        self.compare(before, now, self._clock())
        return now, found

    async def follow(self, renewed: Mapping[tuple[str, str], Said], lasts_s: float = 0.0) -> list[Change]:
        """Renew devices, by agent and name, for so many seconds; returns what changed of agents."""
        now, devices = await self.devices(renewed, lasts_s)
        due = changes(self._follower.team.agents, devices, now)
        for change in due:
            event = PresenceChanged(id=self._id(change), time=self._clock(), **asdict(change))
            await self._follower.commit([claim(event)])
        return due

    async def choice(
        self, agent: str, presence: Presence | str, reason: str = "", by: str | None = None
    ) -> PresenceChanged:
        """The event of a choice, by themselves or `by` somebody: where the agent is from then on, all considered."""
        state = choice(Presence, presence, "presence")
        known, time = self._follower.team.agents[agent], self._clock()
        now, devices = time, tuple[Device, ...]()
        if known.connected or known.calendar:
            now, found = await self.devices()
            devices = tuple(found.get(agent, ()))
        chosen = Choice(presence=state, reason=reason, by=by, time=time)
        after = msgspec.structs.replace(known, chosen=chosen, lost=False)
        where, why = settled(after, devices, now)
        return checked(
            PresenceChanged(
                id=self._new_id(),
                time=time,
                agent=agent,
                presence=where,
                reason=why or reason,
                chosen=state,
                said=reason if why else "",
                by=by,
            )
        )

    def calendar(self, agent: str, busy: Iterable[Busy], by: str | None = None) -> CalendarChanged:
        """The event of a new calendar, in order and without what is over."""
        coming = self.coming(busy)
        changed: CalendarChanged = self._event(CalendarChanged, agent=agent, busy=coming, by=by)
        return changed

    def coming(self, busy: Iterable[Busy]) -> tuple[Busy, ...]:
        """These times in order, without those that are over."""
        time = self._clock()
        left = (one for one in busy if one.ends > time)
        return tuple(sorted(left, key=lambda one: (one.starts, one.ends, one.off)))

    def _id(self, change: Change) -> str:
        """The same for every gateway that finds the change, so that it happens once."""
        turn = self._follower.team.agents[change.agent].turn
        parts = f"{self._follower.stream.tenant} {change.agent} {change.presence} {change.connected} {turn}"
        return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()
