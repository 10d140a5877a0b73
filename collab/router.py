"""The router: decides on the team as it is and claims; if others were faster, it takes in what they did first."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime
from time import perf_counter

import msgspec

from collab.claims import CLOSED, Claim, claim, lead_key, place_key, request_key
from collab.events import (
    AgentJoined,
    CapacityChanged,
    Entry,
    LeadArrived,
    LeadAssigned,
    LeadClosed,
    LeadOverridden,
    OfferDeclined,
    OfferExpired,
    PresenceChanged,
    ShiftChanged,
)
from collab.factors import Sheet
from collab.live.follower import Follower
from collab.live.tally import Durations
from collab.records import Decision, Lead, Presence
from collab.routing import decide
from collab.team import OpenLead, Team

TRIES = 100
"""How often a lead that others overtook is decided again."""

TIMED = 1000
"""How many of the newest decisions' times are kept."""

FREEING = (
    AgentJoined,
    CapacityChanged,
    LeadClosed,
    LeadOverridden,
    OfferDeclined,
    OfferExpired,
    PresenceChanged,
    ShiftChanged,
)
"""Events after which a waiting lead may find an agent."""


class TooLate(RuntimeError):
    """The lead moved on before the command arrived; look at the team and decide again."""


class Router:
    """Gives leads to agents, one decision at a time.

    Args:
        follower: the team and its stream.
        clock: tells the time of events; aware.
        new_id: makes the ids of events.
        timer: tells the seconds by which the time of a decision itself is taken.
        explore: the share of leads, 0 to 1, routed by weights drawn at random (see `routing.decide`).
        find: gives the last decision of a closed lead that the stream no longer keeps, or None.
    """

    def __init__(
        self,
        follower: Follower,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        timer: Callable[[], float] = perf_counter,
        explore: float = 0.0,
        find: Callable[[str], Decision | None] | None = None,
    ) -> None:
        if not 0 <= explore <= 1:
            raise ValueError(f"explore is {explore}; give a share of leads from 0 to 1")
        self.explore = explore
        self.decided_ms: deque[float] = deque(maxlen=TIMED)
        self.waited_s: deque[float] = deque(maxlen=TIMED)
        self.deciding = Durations()
        self._follower, self._clock, self._new_id = follower, clock, new_id
        self._timer, self._find = timer, find
        self._sheet = Sheet()
        self._lock = asyncio.Lock()
        self._draining: asyncio.Task[None] | None = None
        self._again = False
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """Give waiting leads away, now and whenever somebody frees room."""
        if self._unsubscribe is None:
            self._unsubscribe = self._follower.subscribe(self._freed)
            await self.drain()

    async def stop(self) -> None:
        """Stop giving leads away."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.gather(self._draining, return_exceptions=True)

    async def route(self, lead: Lead, key: str | None = None) -> Decision:
        """Give the lead to an agent; with nobody eligible it waits. The same id again gives the decision in force.

        So does the same `key` of the sender within a week, whatever the lead is then.
        """
        async with self._lock:
            state = self._team.leads.get(lead.id)
            if state is None:
                now, seen = self._clock(), self._team.seq
                decision, claims = self._decide(OpenLead(lead=lead, arrived=now), len(self._team.queue()))
                arrived = LeadArrived(id=self._new_id(), time=now, lead=lead, key=key)
                receipt = await self._follower.commit([claim(arrived), *claims])
                if receipt.refused is None:
                    # A lead that waits is decided again if something happened meanwhile: it may have made room.
                    return decision if claims or receipt.seq == seen + 1 else await self._assign(lead.id)
                if key is not None and receipt.refused.key == request_key(key) and receipt.actual is not None:
                    return await self._assign(receipt.actual)
                state = self._team.leads.get(lead.id)
                known = receipt.refused.key == lead_key(lead.id)
                if state is None and known:
                    return await self._closed(lead.id)
                if state is None:
                    await self._follower.commit([claim(arrived)])
                    state = self._team.leads.get(lead.id)
            return await self._assign(lead.id)

    async def drain(self) -> None:
        """Give waiting leads away, the one due first in front, as far as there is room."""
        if not self._team_waits():
            return
        async with self._lock:
            for position, state in enumerate(self._team.queue()):
                if not self._room():
                    return
                if state.lead.id in self._team.leads:
                    await self._assign(state.lead.id, position)

    @property
    def _team(self) -> Team:
        return self._follower.team

    async def _assign(self, lead: str, position: int = 0) -> Decision:
        """Decide on an open lead until the claim holds; one that is held already keeps its decision."""
        for _ in range(TRIES):
            state = self._team.leads.get(lead)
            if state is None:
                return await self._closed(lead)
            if state.holder is not None:
                return await self._at(state.place, lead)
            decision, claims = self._decide(state, position)
            if not claims or (await self._follower.commit(claims)).refused is None:
                return decision
        raise TooLate(f"lead {lead} was overtaken {TRIES} times; try again")

    def _decide(self, state: OpenLead, position: int) -> tuple[Decision, list[Claim]]:
        """The decision on the team as it is, with its claim, or with none if the lead must wait."""
        start = self._timer()
        self._sheet.refresh(self._team)
        decision = decide(
            state.lead,
            self._sheet,
            self._clock(),
            self._team.weights,
            seed=_seed(state.lead.id, len(state.declined)),
            explore=self.explore,
            declined=state.declined,
            arrived=state.arrived,
            position=position,
        )
        decided_ms = round((self._timer() - start) * 1000, 3)
        decision = msgspec.structs.replace(decision, decided_ms=decided_ms)
        if decision.agent is None:
            return decision, []
        self.decided_ms.append(decided_ms)
        self.deciding.add(decided_ms / 1000)
        self.waited_s.append(decision.waited_s)
        return decision, [claim(LeadAssigned(id=self._new_id(), time=decision.time, decision=decision))]

    def _freed(self, entries: list[Entry]) -> None:
        if any(isinstance(entry.event, FREEING) for entry in entries):
            # A drain that is under way may have passed over a lead that could go now, so it begins anew.
            self._again = True
            if (self._draining is None or self._draining.done()) and self._team_waits():
                self._draining = asyncio.get_running_loop().create_task(self._drain_all(), name="drain")

    async def _drain_all(self) -> None:
        while self._again:
            self._again = False
            await self.drain()

    def _team_waits(self) -> bool:
        return any(state.holder is None for state in self._team.leads.values()) and self._room()

    def _room(self) -> bool:
        return any(
            agent.active < agent.capacity and agent.on_shift and agent.presence != Presence.offline
            for agent in self._team.agents.values()
        )

    async def _closed(self, lead: str) -> Decision:
        value, place = await self._follower.stream.values([lead_key(lead), place_key(lead)])
        return await self._at(int(place) if value == CLOSED and place else 0, lead)

    async def _at(self, place: int, lead: str) -> Decision:
        """The decision on the lead at this place of the stream, or the history's."""
        entry = await self._follower.stream.entry(place) if place else None
        if entry is not None and isinstance(entry.event, LeadAssigned) and entry.event.decision.lead.id == lead:
            return entry.event.decision
        decision = self._find(lead) if self._find is not None else None
        if decision is None:
            raise TooLate(f"lead {lead} was decided before, and its decision is no longer on the stream")
        return decision


def _seed(lead: str, attempt: int) -> int:
    """A seed of 0 to 2^53 that is the same for the same lead and attempt everywhere."""
    return int.from_bytes(hashlib.blake2b(f"{lead}/{attempt}".encode(), digest_size=8).digest(), "big") >> 11
