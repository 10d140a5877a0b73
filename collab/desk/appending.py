"""How commands become events: checked, stamped, appended in one step, and refused if the team has moved on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from collab.claims import TooLate, claim
from collab.events import Event
from collab.stamping import Stamping
from collab.team import OpenLead, Team


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Appending(Stamping):
    """Holds the tenant's team and appends what commands cause."""

    @property
    def team(self) -> Team:
        """The team as it is now."""
        return self._follower.team

    async def _append(self, kind: type[Event], **fields: Any) -> None:
        await self._append_all([self._event(kind, **fields)])

    async def _append_all(self, events: list[Event]) -> None:
        receipt = await self._follower.commit([claim(event) for event in events])
        if receipt.refused is not None:
            raise TooLate(f"{receipt.refused.key} is {receipt.actual!r} by now; look at the team and try again")

    async def _held(self, kind: type[Event], lead: str, agent: str, **fields: Any) -> None:
        state = await self._open(lead)
        if state.holder != agent:
            await self._follower.catch_up()
            state = await self._open(lead)
        if state.holder != agent:
            held = f"with {state.holder}; leave it to them, or override it first"
            where = held if state.holder else "waiting in the queue; assign it first"
            raise ValueError(f"agent is {agent!r}, but lead {lead} is {where}")
        await self._append(kind, lead=lead, agent=agent, decision=state.decision, **fields)

    async def _known(self, agent: str) -> None:
        """Refuse an agent who is not on the roster, others' newest changes included."""
        if not self._is_member(agent):
            await self._follower.catch_up()
        if not self._is_member(agent):
            members = ", ".join(member.id for member in self.team.members()) or "nobody yet"
            raise ValueError(
                f"agent is {agent!r}, who is not on the roster ({members}); name one of it, or add_agent first"
            )

    def _is_member(self, agent: str) -> bool:
        return agent in self.team.agents and not self.team.agents[agent].left

    async def _open(self, lead: str) -> OpenLead:
        if lead not in self.team.leads:
            await self._follower.catch_up()
        state = self.team.leads.get(lead)
        if state is None:
            raise ValueError(f"lead is {lead!r}, which is not open; it never came in, or it was closed")
        return state
