"""An agent as the events left them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from collab.records import Busy, Presence


class Choice(Struct, frozen=True, kw_only=True):
    """The presence that was chosen last: with which words, when, and by whom if not by the agent."""

    presence: Presence
    time: datetime
    reason: str = ""
    by: str | None = None


ABSENCE_S = 900.0
"""An agent who was offline for so long has been absent: when they come back they are eased in (see `collab.gates`)."""


class Agent(Struct, frozen=True, kw_only=True):
    """An agent as the events left them.

    `chosen` is what somebody chose last, `connected` whether a device of theirs is there, `lost` that one was and is
    gone; `since` when the presence began, `reason` why, and `turn` the place of what was said of it last. `calendar`
    is when they are busy, and `known` when each of these times came into it. `leads` are the ids of those held now.
    `closed`, `converted`, `rated` and `satisfaction` (a sum of 1 to 5) count over all time; `responses`,
    `response_weight` and `response_total_s` are first responses: how many, and their number and sum with each halved
    every four hours up to `responded`. `back` is when they last came back from an absence, and `taken` how many leads
    they were given since.
    """

    id: str
    name: str
    skills: dict[str, float] = {}
    capacity: int = 0
    on_shift: bool = True
    left: bool = False
    presence: Presence = Presence.offline
    chosen: Choice | None = None
    connected: bool = False
    lost: bool = False
    since: datetime | None = None
    reason: str = ""
    turn: int = 0
    calendar: tuple[Busy, ...] = ()
    known: tuple[datetime, ...] = ()
    leads: tuple[str, ...] = ()
    closed: int = 0
    converted: int = 0
    rated: int = 0
    satisfaction: float = 0.0
    responses: int = 0
    response_weight: float = 0.0
    response_total_s: float = 0.0
    responded: datetime | None = None
    back: datetime | None = None
    taken: int = 0

    @property
    def active(self) -> int:
        """Leads held now."""
        return len(self.leads)

    @property
    def utilization(self) -> float:
        """Active leads over capacity: 1 is full, above 1 is over; without capacity, the number of leads."""
        return self.active / self.capacity if self.capacity else float(self.active)

    @property
    def online(self) -> bool:
        """Are they at work: on the roster, on shift and not offline?"""
        return self.on_shift and not self.left and self.presence != Presence.offline
