"""Even loads: planned every few seconds wherever a team is, and carried out by one of the processes that serve it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Literal, get_args

from collab.balance import Plan, Thresholds, balance, on_trial
from collab.desk import Desk, TooLate
from collab.live.lease import Lease
from collab.live.stream import StreamUnreachable
from collab.team import MOVED_FOR
from collab.team_at_work import Clock

logger = logging.getLogger(__name__)

Policy = Literal["off", "propose", "auto"]
"""Is nothing planned, are plans only shown, or carried out, too?"""

LOOK_S = 5.0
"""How often loads are looked at."""

AGAIN_S = 30.0
"""How often they are looked at though nothing happened: time opens gates, and ends the hour of the limit."""

LEASE_S = 15.0
"""How long after its last sign of life another process moves leads."""

BY = "collab"
"""Who moves leads when no person does."""


def policy_of(given: str) -> Policy:
    """A policy that somebody named.

    Raises:
        ValueError: it is none.
    """
    for policy in get_args(Policy):
        if policy == given:
            return policy  # type: ignore[no-any-return]
    raise ValueError(f"balance is {given!r}; give off, propose (plans are shown) or auto (leads are moved)")


class Balancing:
    """Plans which leads would go to others, and moves them if the owner wants that; else it is a dry run.

    Args:
        desk: whose team it is.
        lease: the right to move leads of this team.
        clock: the desk's.
        policy: what is done with plans.
        thresholds: when loads are evened out, and how many moves an hour there are at most.
        told: is called when the plan has changed.

    Attributes:
        plan: the leads that would go now.
    """

    def __init__(
        self,
        desk: Desk,
        lease: Lease,
        clock: Clock,
        policy: Policy = "propose",
        thresholds: Thresholds | None = None,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self.desk, self.policy, self.thresholds, self.plan = desk, policy, thresholds or Thresholds(), Plan()
        self._lease, self._clock, self._told = lease, clock, told
        self._proposed: dict[str, datetime] = {}
        self._looked: tuple[int, datetime] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def moved(self) -> int:
        """How many leads went from one agent to another in the last hour, by whomever."""
        now = self._clock()
        return sum(now - time < MOVED_FOR for time in self.desk.team.moved)

    @property
    def proposed(self) -> int:
        """How many leads were in a plan in the last hour."""
        now = self._clock()
        return sum(now - time < MOVED_FOR for time in self._proposed.values())

    def start(self) -> None:
        """Look at loads from now on, in the loop that runs; not at all if it is off."""
        if self.policy != "off":
            self._task = asyncio.create_task(self._run(), name="balance")

    async def stop(self) -> None:
        """Look no more, and let another process move leads."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        with suppress(StreamUnreachable):
            if self._lease.held:
                await self._lease.give_back()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except (StreamUnreachable, TooLate) as error:
                logger.info("loads of %s are looked at again: %s", self.desk.tenant, error)
            except Exception:  # a dry run, too, must not end unseen
                logger.exception("loads of %s could not be looked at; trying again", self.desk.tenant)
                await asyncio.sleep(AGAIN_S)

    async def look(self) -> None:
        """Plan anew if something has changed, and move the leads of the plan if that is wanted and our turn.

        Raises:
            StreamUnreachable: nothing can be moved.
            TooLate: the team moved on while it was planned; nothing was moved.
        """
        ours = self.policy == "auto" and not self._clock.is_set and await self._lease.take()
        if self._clock.is_set or not self._due():
            return  # a past in the making is left as it is
        team, now = self.desk.team, self._clock()
        # among hundreds of agents a plan takes a while, and leads must not wait for it
        plan = await asyncio.to_thread(
            balance, on_trial(team), now, self.thresholds, self.desk.pacing, self.plan.capped
        )
        self._proposed = {lead: at for lead, at in self._proposed.items() if now - at < MOVED_FOR}
        self._proposed |= {move.lead: self._proposed.get(move.lead, now) for move in plan.moves}
        if plan != self.plan:
            self.plan = plan
            self._told()
        if ours and plan.moves:
            await self.desk.move(plan.moves, by=BY, balanced=True)

    def _due(self) -> bool:
        seq, now = self.desk.team.seq, self._clock()
        old = self._looked is None or self._looked[0] != seq or (now - self._looked[1]).total_seconds() >= AGAIN_S
        if old:
            self._looked = (seq, now)
        return old
