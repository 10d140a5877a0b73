"""The service: commands in, events out; one per tenant and process.

A command is checked against the team as it is and appended in one atomic step, which refuses it if the team has moved
on. Nothing is half done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from collab import metrics
from collab.attendance import Attendance
from collab.claims import TooLate
from collab.coach import Coach
from collab.coaching import Advice, Asked, Stage
from collab.coaching.advice import MOST_BEFORE
from collab.desk.acting import Acting
from collab.desk.alerting import Alerting
from collab.desk.appending import utc_now
from collab.desk.rostering import Rostering
from collab.desk.weighing import Weighing
from collab.events import (
    Entry,
    FirstResponded,
    LeadClosed,
    LeadOverridden,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    new_id,
)
from collab.gates import Pacing, check_room
from collab.lapses import Terms, holds, lapses
from collab.live.follower import Follower
from collab.live.stream import Stream
from collab.live.tally import Durations
from collab.records import Confirmation, Decision, Lead, checked, seconds_between
from collab.rooms import Rooms
from collab.router import Router
from collab.team import Team
from collab.wrong import choice


class Desk(Rostering, Weighing, Alerting, Acting):
    """Takes commands for one tenant and appends the events that they cause to its stream.

    Args:
        stream: the tenant's stream; the desk follows it from `start` to `stop`.
        team: the team so far (of a history), if the stream does not reach back to its beginning.
        clock: tells the time of events; aware.
        new_id: makes the ids of events.
        coach: advises on conversations; by rules alone if none is given.
        routing: more settings of the `Router`: timer, explore, find, pacing.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        team: Team | None = None,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = new_id,
        coach: Coach | None = None,
        **routing: Any,
    ) -> None:
        super().__init__(Follower(stream, team), clock, new_id)
        self.stream = stream
        self.rooms = Rooms(self._follower, clock, new_id)
        self.attendance = Attendance(self._follower, clock, new_id)
        self.coach = coach or Coach()
        self.pacing = routing.get("pacing") or Pacing()
        self._router = Router(self._follower, clock=clock, new_id=new_id, **routing)

    @property
    def tenant(self) -> str:
        """The tenant whose team this is."""
        return self.stream.tenant

    @property
    def trouble(self) -> str:
        """Why what others append is not taken in, with the fix; "" while it is."""
        return f"{self.lost}; restart this process" if self.lost else self._follower.trouble

    @property
    def lost(self) -> str:
        """What the stream lost that the team holds; "" if nothing is known of it."""
        return self._follower.lost

    async def look(self) -> None:
        """See if the stream still has all that the team has taken in; `lost` says so if it has not."""
        await self._follower.look()

    @property
    def deciding(self) -> Durations:
        """How long decisions took since the start."""
        return self._router.deciding

    async def start(self) -> None:
        """Take in what the stream holds, give waiting leads away and follow the stream; twice is as once."""
        await self._follower.start()
        await self._router.start()

    async def stop(self) -> None:
        """Stop following; twice is as once."""
        await self._router.stop()
        await self._follower.stop()

    async def close(self) -> None:
        """Refuse further commands, wait for those under way, and stop."""
        await self._router.stop()
        await self._follower.close()

    async def catch_up(self) -> None:
        """Take in all that is on the stream now."""
        await self._follower.catch_up()

    def subscribe(self, callback: Callable[[list[Entry]], None]) -> Callable[[], None]:
        """Call `callback` in the desk's loop with the tenant's entries, each once and in order; returns the way out."""
        return self._follower.subscribe(callback)

    async def create_room(self, room: str, name: str, *, by: str) -> bool:
        """Make a room with its first moderator; False if there is one of this id (more is in `rooms`)."""
        return await self.rooms.create(room, by, name)

    async def send_message(self, room: str, agent: str, text: str, **more: Any) -> Confirmation:
        """Say something in a room; see `Rooms.send`."""
        return await self.rooms.send(room, agent, text, **more)

    async def route_lead(self, lead: Lead, key: str | None = None) -> Decision:
        """Give the lead to an agent; with nobody eligible it waits, and the decision's agent is None.

        The same lead id, or the same key of its sender within a week, again gives the decision in force.

        Raises:
            ValueError: a field of the lead is missing or out of bounds; names it.
        """
        return await self._router.route(checked(lead), key)

    def preview(self, lead: Lead) -> Decision:
        """Who would get the lead now, and why: a decision that is not taken; call it in the desk's loop.

        Raises:
            ValueError: a field of the lead is missing or out of bounds; names it.
        """
        return self._router.preview(checked(lead))

    async def accept(self, lead: str, agent: str, *, by: str | None = None) -> None:
        """The agent takes up the lead that they hold, as `by` says if it is not them; twice is as once."""
        state = await self._open(lead)
        if not (state.accepted and state.holder == agent):
            await self._held(OfferAccepted, lead, agent, by=by)

    async def decline(self, lead: str, agent: str, reason: str = "") -> None:
        """The agent gives the lead back; it goes to the next, or waits."""
        await self._held(OfferDeclined, lead, agent, reason=reason)
        await self._router.drain()

    async def expire(self, lead: str, agent: str, reason: str = "") -> None:
        """The agent did not take the lead up in time; it goes to the next, or waits."""
        await self._held(OfferExpired, lead, agent, reason=reason)
        await self._router.drain()

    async def tend(self, terms: Terms) -> None:
        """Bring presence in line, end what is over, take leads back that stayed too long and drain the queue."""
        await self.attendance.follow({})
        await self.end_experiment()
        now = self._clock()
        for lapse in lapses(self.team, now, terms):
            # It may have been answered meanwhile.
            if await self._follower.still(partial(holds, self.team, lapse, now, terms)):
                with suppress(TooLate, ValueError):  # somebody was faster
                    await self.expire(lapse.lead, lapse.agent, lapse.reason)
        await self.drain()

    async def override(self, lead: str, to: str, *, by: str, reason: str = "") -> None:
        """A person gives a held lead to another agent, who must have room for it; twice is as once."""
        await self._known(to)
        state = await self._open(lead)
        if to != state.holder:
            await self._follower.catch_up()
            check_room(self.team.agents[to])
        elif state.overridden and await self._follower.still(lambda: self.team.leads.get(lead) == state):
            return
        await self._held(LeadOverridden, lead, state.holder or "", to=to, by=by, reason=reason)
        await self._router.drain()

    async def assign(self, lead: str, to: str, *, by: str, reason: str = "") -> None:
        """A person gives a lead, waiting or held, to an agent with room, and it stays theirs; twice is as once."""
        await self._known(to)
        await self._open(lead)
        if await self._router.give(lead, to, by=by, reason=reason) is None:
            state = await self._open(lead)
            if not (state.overridden and state.holder == to):
                await self.override(lead, to, by=by, reason=reason)

    async def first_response(self, lead: str, agent: str, *, by: str | None = None) -> float:
        """The customer has the first answer, as `by` says if not the agent; returns the seconds since it came in.

        Raises:
            ValueError: the lead was answered before, is not open, or is with somebody else.
        """
        state = await self._open(lead)
        if state.responded:
            raise ValueError(f"lead is {lead!r}, which was answered before; only the first answer counts")
        response_s = seconds_between(state.arrived, self._clock())
        await self._held(FirstResponded, lead, agent, response_s=response_s, by=by)
        return response_s

    async def close_lead(
        self,
        lead: str,
        agent: str,
        *,
        converted: bool,
        value: float = 0.0,
        satisfaction: float | None = None,
        by: str | None = None,
    ) -> None:
        """The work on the lead ended, as `by` says if not the agent; its capacity goes to the lead due first."""
        about = {"converted": converted, "value": value, "satisfaction": satisfaction, "by": by}
        await self._held(LeadClosed, lead, agent, **about)
        await self._router.drain()

    async def request_coaching(
        self,
        agent: str,
        message: str,
        context: Sequence[str] = (),
        *,
        stage: Stage | str | None = None,
        lead: str | None = None,
        leading: bool = False,
    ) -> Advice:
        """What to do about a customer's message, and a draft that nobody sends; nothing of it is kept.

        Args:
            agent: who asks.
            message: what the customer said.
            context: what was said before, the oldest first; the newest 40 are looked at.
            stage: how far the conversation has come.
            lead: an open lead that the agent holds, or with `leading` anybody.

        Raises:
            PermissionError: the lead is not theirs.
            ValueError: a field is out of bounds; names it.
        """
        state = None if lead is None else self.team.leads.get(lead)
        if lead is not None and not leading and (state is None or state.holder != agent):
            raise PermissionError(f"lead is {lead!r}, which {agent} does not hold; ask about a lead of theirs, or none")
        about = None if lead is None else (await self._open(lead)).lead
        chosen = None if stage is None else choice(Stage, stage, "stage")
        before = tuple(context)[-MOST_BEFORE:]
        return await self.coach.advise(checked(Asked(message=message, context=before, stage=chosen, lead=about)))

    async def drain(self) -> None:
        """Give waiting leads away, the one due first in front; time opens gates too (a decline is forgotten)."""
        await self._router.drain()

    def coordination_metrics(self) -> dict[str, Any]:
        """How the team stands now, with times of the newest 1,000 decisions it heard of; see `metrics.coordination`."""
        return metrics.coordination(self.team, self._clock(), self._router.decided_ms, self._router.waited_s)
