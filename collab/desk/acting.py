"""The commands that give leads from one agent to another as planned, with what takes them back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from collab.actions import Action, actions
from collab.attendance import Attendance
from collab.balance import Move, on_trial, untouched
from collab.claims import TooLate
from collab.desk.appending import Appending
from collab.events import Event, LeadOverridden, OfferExpired
from collab.gates import Pacing, why_full
from collab.legible import isolated
from collab.reasons import labels
from collab.records import Presence
from collab.router import Router
from collab.team import Choice

NOTHING = "nothing was done, look at the team again"
"""What is said when a plan came too late."""


class Done(Struct, frozen=True, kw_only=True):
    """What was done at once: the leads that moved, and the agent whose presence was `chosen`, if one's was.

    `was` is what was chosen before; `balanced` as in `LeadOverridden`. A lead that waited was with
    nobody: the holder of its move is "".
    """

    moves: tuple[Move, ...] = ()
    balanced: bool = False
    agent: str | None = None
    was: Choice | None = None
    chosen: Choice | None = None


class Undone(Struct, frozen=True, kw_only=True):
    """What was taken back: leads that are with who had them or wait, and why others, or a presence, are as they are."""

    leads: tuple[str, ...] = ()
    presence: Presence | None = None
    stays: tuple[str, ...] = ()


class Acting(Appending):
    """Does what was planned in one step, or nothing of it."""

    attendance: Attendance
    pacing: Pacing
    _router: Router

    async def actions(self, alert: str) -> list[Action]:
        """What can be done about this open alert now, with its effect; nothing about one that is over."""
        found = self.team.alerts.open.get(alert)
        if found is None:
            return []
        # among hundreds of agents plans take seconds, and leads must not wait for them
        return await asyncio.to_thread(actions, found, on_trial(self.team), self._clock(), self.pacing)

    async def act(self, action: Action, *, by: str, reason: str = "") -> Done:
        """Do what an alert's action says; see `move`.

        Raises:
            TooLate, ValueError: as of `move`; also if nobody can give the lead to the agent any more.
        """
        if action.lead is not None and action.to is not None:
            return await self._give(action.lead, action.to, by, reason)
        about: dict[str, Any] = {"agent": action.agent, "presence": action.presence, "balanced": action.balanced}
        return await self.move(action.plan.moves, by=by, reason=reason, **about)

    async def move(
        self,
        moves: Sequence[Move],
        *,
        by: str,
        reason: str = "",
        agent: str | None = None,
        presence: Presence | str | None = None,
        balanced: bool = False,
    ) -> Done:
        """Give leads to others as planned and set an agent's presence, in one step; returns what undoes it.

        Args:
            moves: from one plan, in its order.
            by: who does it.
            reason: why; without one, each lead goes with the reason that the plan gives for it.
            agent: whose presence is set.
            presence: to what.
            balanced: do the leads go so that loads are even, and may they go back to the queue as others do?

        Raises:
            TooLate: the team has moved on since it was planned; says what is different, and nothing was done.
            ValueError: nothing is given, or a field is wrong.
        """
        if (agent is None) != (presence is None) or not (moves or agent):
            raise ValueError(f"agent is {agent!r} and presence is {presence!r}; give both or moves, or all three")
        await self._follower.catch_up()
        self._check(moves)
        done = Done(moves=tuple(moves), balanced=balanced)
        wanted = [self._override(move, move.holder, move.to, by, reason or move.why, balanced) for move in moves]
        if agent is not None and presence is not None:
            await self._known(agent)
            before, choice = self.team.agents[agent], await self.attendance.choice(agent, presence, reason, by)
            wanted.append(choice)
            was = before.chosen or Choice(presence=before.presence, time=choice.time)
            now = Choice(presence=Presence(presence), reason=reason, by=by, time=choice.time)
            done = replace(done, agent=agent, was=was, chosen=now)
        await self._append_all(wanted)
        return done

    async def undo(self, done: Done, *, by: str, reason: str = "") -> Undone:
        """Take back what can be: leads that nobody began with since, and the presence if nobody chose another.

        Raises:
            TooLate: the team moved on at this very moment, and nothing was done; try again.
        """
        await self._follower.catch_up()
        events, leads, stays = list[Event](), list[str](), list[str]()
        agents, presence, taking = dict(self.team.agents), None, Counter[str]()
        if done.agent is not None and done.was is not None:
            if why := self._chosen_since(done):
                stays.append(f"{self._named(done.agent)} stays {agents[done.agent].presence}: {why}")
            else:  # before the leads, so that who was away may have theirs again
                presence = done.was.presence
                choice = await self.attendance.choice(done.agent, presence, done.was.reason, by)
                events.append(choice)
                agents[done.agent] = replace(agents[done.agent], presence=choice.presence)
        for move in done.moves:
            why = self._stays(move)
            if not why and move.holder and (full := why_full(agents[move.holder], taking[move.holder] + 1)):
                why = f"{self._named(move.holder)} is {full}"
            if why:
                stays.append(f"lead {isolated(move.name)} stays: {why}")
                continue
            events.append(self._back(move, by, reason, done.balanced))
            leads.append(move.lead)
            taking[move.holder] += 1
        if events:
            await self._append_all(events)
        return Undone(leads=tuple(leads), presence=presence, stays=tuple(stays))

    async def _give(self, lead: str, to: str, by: str, reason: str) -> Done:
        """Give a lead that waits to an agent."""
        before = self.team.leads.get(lead)
        decision = await self._router.give(lead, to, by=by, reason=reason)
        state = self.team.leads.get(lead)
        if decision is None or state is None or state.decision is None:
            name = lead if before is None else isolated(before.lead.name)
            raise TooLate(f"lead {name} is {self._where(lead)} by now; {NOTHING}")
        about = {"lead": lead, "name": state.lead.name, "decision": state.decision}
        moved = Move(**about, holder="", to=to, cost=0.0, why=reason)
        return Done(moves=(moved,))

    def _back(self, move: Move, by: str, reason: str, balanced: bool) -> Event:
        """What takes a move back: the lead goes to who had it, or waits again."""
        if move.holder:
            return self._override(move, move.to, move.holder, by, reason, balanced)
        about = {"lead": move.lead, "decision": move.decision, "agent": move.to}
        event: Event = self._event(OfferExpired, reason=f"{by}: {reason}" if reason else by, **about)
        return event

    def _override(self, move: Move, agent: str, to: str, by: str, reason: str, balanced: bool) -> Event:
        about = {"lead": move.lead, "decision": move.decision, "agent": agent, "to": to, "balanced": balanced}
        event: Event = self._event(LeadOverridden, by=by, reason=reason, **about)
        return event

    def _check(self, moves: Sequence[Move]) -> None:
        """Refuse moves that have become impossible."""
        for move in moves:
            state = self.team.leads.get(move.lead)
            if state is None or (state.holder, state.decision) != (move.holder, move.decision):
                raise TooLate(f"lead {isolated(move.name)} is {self._where(move.lead)} by now; {NOTHING}")
            if not untouched(state):
                held = f"lead {isolated(move.name)} stays with {self._named(move.holder)}"
                raise TooLate(f"{held}: it was begun with or given to them; {NOTHING}")
        for to, leads in Counter(move.to for move in moves).items():
            if why := why_full(self.team.agents[to], leads):
                raise TooLate(f"{self._named(to)} is {why}; {NOTHING}")

    def _named(self, agent: str) -> str:
        """What an agent is called, apart from the others."""
        return labels({one.id: one.name for one in self.team.agents.values()}).get(agent, agent)

    def _where(self, lead: str) -> str:
        state = self.team.leads.get(lead)
        if state is None:
            return "closed"
        return f"with {self._named(state.holder)}" if state.holder else "waiting"

    def _stays(self, move: Move) -> str:
        """Why a lead that moved cannot go back; "" if it can."""
        state = self.team.leads.get(move.lead)
        if state is None or (state.holder, state.decision) != (move.to, move.decision):
            return f"it is {self._where(move.lead)} by now"
        return f"{self._named(move.to)} began with it" if state.responded else ""

    def _chosen_since(self, done: Done) -> str:
        """Why a presence stays as it is; "" if it is as it was set."""
        agent = self.team.agents[done.agent or ""]
        if agent.left:
            return "they left the roster"
        return "" if agent.chosen == done.chosen else "it was chosen anew since"
