"""The commands on the roster: who is on it, what each can take, and where they are."""

from __future__ import annotations

from collections.abc import Iterable

from collab.attendance import Attendance
from collab.desk.appending import Appending
from collab.events import AgentJoined, AgentLeft, CapacityChanged, Event, ShiftChanged
from collab.legible import legible
from collab.records import Busy, Presence
from collab.router import Router
from collab.team import Agent

NEW_CAPACITY = 5
"""How many leads an agent may hold who is put on the roster without saying."""


class Rostering(Appending):
    """Says who is on the roster, what they can take and where they are."""

    attendance: Attendance
    _router: Router

    async def add_agent(
        self,
        agent: str,
        name: str,
        *,
        skills: dict[str, float] | None = None,
        capacity: int | None = None,
        on_shift: bool | None = None,
    ) -> None:
        """Put an agent on the roster, or change their name, skills, capacity and shift; twice is as once.

        Args:
            agent: their id.
            name: what they are called.
            skills: levels of 0 to 1 by `kind:value`.
            capacity: how many leads they may hold.
            on_shift: are they at work?

        What is left out stays as it is; who is new then has no skills, a capacity of 5, and is on shift.

        Raises:
            ValueError: an argument is out of bounds, or nobody can read the name.
        """
        legible(name)
        await self._follower.catch_up()
        known = self.team.agents[agent] if self._is_member(agent) else None
        was = known or Agent(id=agent, name=name, capacity=NEW_CAPACITY)
        event = self._event(
            AgentJoined,
            agent=agent,
            name=name,
            skills=was.skills if skills is None else {skill.lower(): level for skill, level in skills.items()},
            capacity=was.capacity if capacity is None else capacity,
            on_shift=was.on_shift if on_shift is None else on_shift,
        )
        said = event.name, event.skills, event.capacity, event.on_shift
        if known is None or said != (known.name, known.skills, known.capacity, known.on_shift):
            await self._append_all([event])
            await self._router.drain()

    async def remove_agent(self, agent: str) -> None:
        """Take an agent off the roster; the leads they hold are as those of an agent who is offline.

        Answered ones, and those that a person gave them, stay theirs until closed, declined or overridden.
        """
        await self._known(agent)
        await self._append(AgentLeft, agent=agent)

    async def set_presence(
        self, agent: str, presence: Presence | str, reason: str = "", *, by: str | None = None
    ) -> None:
        """Choose an agent's presence, `by` somebody else or themselves; `collab.presence` says what may outweigh it."""
        await self._known(agent)
        await self._append_all([await self.attendance.choice(agent, presence, reason, by)])
        await self._router.drain()

    async def set_calendar(self, agent: str, busy: Iterable[Busy], *, by: str | None = None) -> None:
        """Say when an agent is busy or off, in place of what was said before; twice is as once.

        What is over is left out.

        Raises:
            ValueError: an interval ends before it starts, its times have no zone, or there are more than 400.
        """
        await self._follower.catch_up()
        await self._known(agent)
        event = self.attendance.calendar(agent, busy, by)
        if event.busy != self.attendance.coming(self.team.agents[agent].calendar):
            await self._append_all([event])
            await self.attendance.follow({})
            await self._router.drain()

    async def update_agent_workload(
        self,
        agent: str,
        *,
        capacity: int | None = None,
        presence: Presence | str | None = None,
        on_shift: bool | None = None,
        by: str | None = None,
    ) -> None:
        """Change what an agent can take: capacity, presence, shift, those that are given, in one step."""
        await self._known(agent)
        changes: list[Event] = []
        if capacity is not None:
            changes.append(self._event(CapacityChanged, agent=agent, capacity=capacity))
        if on_shift is not None:
            changes.append(self._event(ShiftChanged, agent=agent, on_shift=on_shift))
        if presence is not None:
            changes.append(await self.attendance.choice(agent, presence, by=by))
        if not changes:
            raise ValueError("nothing to update; give capacity, presence or on_shift")
        await self._append_all(changes)
        await self._router.drain()
