"""The router: decides on the team as it is and claims; if others were faster, it takes in what they did first.

Leads that come while one is decided go together after it, in one step.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import islice, takewhile
from time import perf_counter

import msgspec

from collab.claims import TooLate, claim, in_turn, lead_key, request_key
from collab.decided import Decided
from collab.events import Entry, LeadArrived, LeadAssigned
from collab.factors import Sheet
from collab.gates import OPENING, Pacing, check_room, eased_load
from collab.live.follower import Follower
from collab.live.shares import Shares
from collab.live.tally import Durations
from collab.records import Decision, Lead
from collab.routing import chosen_by, decide
from collab.team import OpenLead, Team
from collab.wave import MOST, Coming, together
from collab.whatif.winning import counting
from collab.whole import share_of_leads

TRIES = 100
"""How often a lead that others overtook is decided again."""

TIMED = 1000
"""How many of the newest decisions' times are kept."""


class Router:
    """Gives leads to agents, one decision at a time.

    Args:
        follower: the team and its stream.
        clock: tells the time of events; aware.
        new_id: makes the ids of events.
        timer: tells the seconds by which the time of a decision itself is taken.
        explore: the share of leads, 0 to 1, routed by weights drawn at random (see `routing.decide`).
        find: gives the last decision of a closed lead that the stream no longer keeps, or None.
        pacing: how soon agents are asked again.
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
        pacing: Pacing | None = None,
    ) -> None:
        self.explore = share_of_leads(explore, "explore")
        self.decided_ms: deque[float] = deque(maxlen=TIMED)
        self.waited_s: deque[float] = deque(maxlen=TIMED)
        self.deciding = Durations()
        self._follower, self._clock, self._new_id = follower, clock, new_id
        self._timer, self._pacing, self._decided = timer, pacing or Pacing(), Decided(follower.stream, find)
        self._wins, self._sheet, self._shares = counting(explore), Sheet(), Shares(follower, self._pacing.ahead_most)
        self._lock = asyncio.Lock()
        self._coming: list[Coming] = []
        self._draining: asyncio.Task[None] | None = None
        self._moved = True
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """Give waiting leads away, now and whenever somebody frees room."""
        await self._shares.start()
        if self._unsubscribe is None:
            self._unsubscribe = self._follower.subscribe(self._heard)
            await self.drain()

    async def stop(self) -> None:
        """Stop giving leads away."""
        self._shares.stop()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.gather(self._draining, return_exceptions=True)

    async def route(self, lead: Lead, key: str | None = None) -> Decision:
        """Give the lead to an agent; with nobody eligible it waits. The same id again gives the decision in force.

        So does the same `key` of the sender that a new lead came in with, within a week, whatever the lead is then.
        Leads that wait and are due before it go first, if they can go now.
        """
        coming = Coming(lead, key)
        self._coming.append(coming)
        try:
            async with self._lock:
                if coming.decision is None:  # nobody has taken it along
                    await self._together()
                return coming.decision or await self._alone(lead, key)
        finally:
            self._coming.remove(coming)

    async def give(self, lead: str, to: str, *, by: str, reason: str = "") -> Decision | None:
        """Give a waiting lead to the agent whom a person names; None if it does not wait any more.

        Raises:
            ValueError: the agent has no room; says why.
        """
        async with self._lock:
            await self._follower.catch_up()
            for _ in range(TRIES):
                state = self._team.leads.get(lead)
                if state is None or state.holder is not None:
                    return None
                check_room(self._team.agents[to])
                decision = chosen_by(self._decide(state, position=self._team.ahead(state)), to, by, reason)
                assigned = LeadAssigned(id=self._new_id(), time=decision.time, decision=decision)
                if (await self._follower.commit([claim(assigned)])).refused is None:
                    return decision
            raise TooLate(f"lead {lead} was overtaken {TRIES} times; try again")

    def preview(self, lead: Lead) -> Decision:
        """Who would get the lead if it were its turn now; nothing happens. One that waits keeps its place."""
        state = self._team.leads.get(lead.id)
        if state is not None and state.holder is None:
            return self._decide(state, position=self._team.ahead(state))
        return self._decide(OpenLead(lead=lead, arrived=self._clock()), position=self._team.waiting)

    async def drain(self) -> None:
        """Give waiting leads away, the one due first in front, as far as there is room."""
        if not self._team_waits():
            return
        async with self._lock:
            self._moved = True
            await self._in_order()

    @property
    def _team(self) -> Team:
        return self._follower.team

    async def _together(self) -> None:
        """Let those in who came while one was decided, and give them away in one step; who cannot go so goes alone.

        Nobody is taken along past one who goes alone.
        """
        undecided = (one for one in self._coming if one.decision is None)
        coming = list(islice(takewhile(lambda one: not one.alone, undecided), MOST))
        if len(coming) < 2 or self._pacing.ahead_most or self._waiting():
            return
        for one in coming:
            one.alone = True
        now, new_id = self._clock(), self._new_id
        claims, decisions = together(coming, self._team, now, self._decide, new_id, self._pacing)
        if len(decisions) > 1 and (await self._follower.commit(claims)).refused is None:
            for one, decision in zip(coming, decisions, strict=False):
                one.decision = decision
                self.deciding.add(decision.decided_ms / 1000)

    async def _alone(self, lead: Lead, key: str | None) -> Decision:
        if lead.id not in self._team.leads:
            decision = await self._straight(lead, key)
            if decision is not None:
                return decision
        named = await self._follower.stream.values([request_key(key)]) if key is not None else [None]
        return await self._in_force(named[0] or lead.id)

    async def _straight(self, lead: Lead, key: str | None) -> Decision | None:
        """Let a lead in, and give it away in the same step unless another may have to go first.

        None if the lead was known, or if it waits and must be looked at again.
        """
        now, seen = self._clock(), self._team.seq
        arrived = LeadArrived(id=self._new_id(), time=now, lead=lead, key=key)
        # Who is not subscribed does not hear of others' changes, and cannot know.
        first = not self._waiting() or not (self._moved or self._unsubscribe is None)
        if first:
            decision = self._decide(OpenLead(lead=lead, arrived=now), position=self._team.waiting)
            if decision.agent is not None:
                assigned = LeadAssigned(id=self._new_id(), time=decision.time, decision=decision)
                load = eased_load(self._team, decision, self._pacing)
                receipt = await self._follower.commit(in_turn(assigned, seen, arrived, load))
                if receipt.refused is None:
                    self.deciding.add(decision.decided_ms / 1000)
                    return decision
                if receipt.refused.key == lead_key(lead.id):
                    return None
        receipt = await self._follower.commit([claim(arrived)])
        if key is not None and receipt.refused is not None and receipt.refused.key == request_key(key):
            return await self._in_force(receipt.actual or lead.id)
        # A lead that waits is decided again if something happened meanwhile: it may have made room.
        if not first or decision.agent is not None or not (receipt.seq == self._team.seq == seen + 1):
            return None
        self._moved = False  # all who wait were looked at
        return decision

    async def _in_force(self, lead: str) -> Decision:
        """The decision on a lead, once all that wait and can go have gone; without an agent if it still waits."""
        await self._in_order()
        state = self._team.leads.get(lead)
        if state is None:
            return await self._decided.closed(lead)
        if state.holder is not None:
            return await self._decided.at(state.place, lead)
        return self._decide(state, position=self._team.ahead(state))

    async def _in_order(self) -> None:
        """Give waiting leads away, the one due first in front, looking again after each what has changed."""
        passed: set[str] = set()
        refused = 0
        while self._room():
            if self._moved or self._unsubscribe is None:  # one that was passed over may go now
                passed, self._moved = set(), False
            for position, state in enumerate(self._team.queue()):
                if state.lead.id in passed:
                    continue
                seen, decision = self._team.seq, self._decide(state, position=position)
                if decision.agent is None:
                    passed.add(state.lead.id)
                    if len(passed) % MOST == 0:  # others are heard between
                        await asyncio.sleep(0)
                        if self._team.seq != seen:
                            break
                    continue
                assigned = LeadAssigned(id=self._new_id(), time=decision.time, decision=decision)
                load = eased_load(self._team, decision, self._pacing)
                if (await self._follower.commit(in_turn(assigned, seen, load=load))).refused is None:
                    refused = 0
                    self.deciding.add(decision.decided_ms / 1000)
                elif (refused := refused + 1) >= TRIES:
                    raise TooLate(f"lead {state.lead.id} was overtaken {TRIES} times; try again")
                break
            else:
                return

    def _decide(self, state: OpenLead, team: Team | None = None, position: int = 0) -> Decision:
        """The decision on a team, the one that there is unless another is given."""
        team = self._team if team is None else team
        start = self._timer()
        self._sheet.refresh(team)
        now = self._clock()
        turn = team.turn(now)
        decision = decide(
            state.lead,
            self._sheet,
            now,
            turn.weights,
            seed=_seed(state.lead.id, state.returns),
            explore=turn.explore(self.explore),
            declined=state.declined,
            refusals=state.refusals,
            arrived=state.arrived,
            known=team.known.get(state.lead.customer),
            pacing=self._pacing,
            position=position,
            ahead=self._shares.ahead(now),
            count=self._wins,
        )
        return msgspec.structs.replace(turn.marked(decision), decided_ms=round((self._timer() - start) * 1000, 3))

    def _heard(self, entries: list[Entry]) -> None:
        for entry in entries:  # others decide for the team, too
            if isinstance(entry.event, LeadAssigned) and entry.event.decision.mode != "manual":
                self.decided_ms.append(entry.event.decision.decided_ms)
                self.waited_s.append(entry.event.decision.waited_s)
        freed = any(isinstance(entry.event, OPENING) for entry in entries)
        # A lead that came in elsewhere and waits may be due before those that come in here.
        if freed or any(isinstance(entry.event, LeadArrived) and self._waits(entry.event) for entry in entries):
            self._moved = True
        if freed and (self._draining is None or self._draining.done()) and self._team_waits():
            self._draining = asyncio.get_running_loop().create_task(self._drain_all(), name="drain")

    async def _drain_all(self) -> None:
        while self._moved and self._team_waits():
            await self.drain()

    def _waits(self, event: LeadArrived) -> bool:
        state = self._team.leads.get(event.lead.id)
        return state is not None and state.holder is None

    def _waiting(self) -> bool:
        return self._team.waiting > 0

    def _team_waits(self) -> bool:
        return self._room() and self._waiting()

    def _room(self) -> bool:
        return any(agent.active < agent.capacity and agent.online for agent in self._team.agents.values())


def _seed(lead: str, attempt: int) -> int:
    """A seed of 0 to 2^53 that is the same for the same lead and attempt everywhere."""
    return int.from_bytes(hashlib.blake2b(f"{lead}/{attempt}".encode(), digest_size=8).digest(), "big") >> 11
