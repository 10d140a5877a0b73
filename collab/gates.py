"""Who may not be asked for a lead now, and why: the gates in the order in which they shut (pure).

Off shift, offline, declined, at capacity, easing in, lacks a skill. Then, if the agent who knows the customer may be
asked, nobody else is. Each decision keeps the gate of every candidate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from collab import events
from collab.factors import Sheet
from collab.records import Decision, Lead, Presence, Seconds, seconds_between
from collab.team import Agent, Team

OFF_SHIFT, OFFLINE, DECLINED, FULL, EASING, LACKS = (
    "off shift",
    "offline",
    "declined",
    "at capacity",
    "easing in",
    "lacks ",
)
"""The gates that may shut an agent out; the last is followed by the skill."""

STICKY = "another knows the customer"
"""The gate of all who could have taken a lead that went to the agent who knows the customer."""

AHEAD = "ahead of the others"
"""The gate of who had more than their share lately, as long as somebody else may take the lead."""

OPENING = (
    events.AgentJoined,
    events.CapacityChanged,
    events.LeadClosed,
    events.LeadOverridden,
    events.OfferDeclined,
    events.OfferExpired,
    events.PresenceChanged,
    events.ShiftChanged,
)
"""Events after which a waiting lead may find an agent."""


class Gates:
    """The gate that shuts each agent out, by row of a sheet, as places among the gates that shut; "" is the first."""

    __slots__ = ("at", "kinds")

    def __init__(self, rows: int) -> None:
        self.kinds = [""]
        self.at = np.zeros(rows, np.int64)

    def shut(self, rows: Any, gate: str) -> None:
        """Shut these rows, or the rows of a mask, by this gate, whatever shut them before."""
        if len(rows):
            self.at[rows] = len(self.kinds)
            self.kinds.append(gate)

    @property
    def open(self) -> NDArray[np.bool_]:
        """Who may be asked."""
        eligible: NDArray[np.bool_] = self.at == 0
        return eligible

    def lists(self) -> list[str]:
        """The gate of each row."""
        kinds = self.kinds
        return [kinds[place] for place in self.at.tolist()]


class Pacing(Struct, frozen=True, kw_only=True):
    """How soon agents are asked again: after they gave a lead back, and after an absence.

    Who gave a lead back is not asked for it again for `declined_s`, twice as long each further time, up to
    `declined_most_s`; and not at all while somebody else may take it who never gave it back. Who was absent (see
    `collab.team.ABSENCE_S`) takes `ease_first` leads at first and one more every `ease_every_s`; 0 does without.
    Who had more than `ahead_most` leads above what they were due (see `collab.fairness`) leaves leads to those who had
    not, if any may take them; 0 does without.
    """

    declined_s: Seconds = 60.0
    declined_most_s: Seconds = 1800.0
    ease_first: int = 1
    ease_every_s: Seconds = 30.0
    ahead_most: float = 0.0

    def refused_s(self, times: int) -> float:
        """For how many seconds somebody is not asked again who gave a lead back so many times."""
        doubled = self.declined_s * 2.0 ** min(max(times, 1) - 1, 60)
        return min(doubled, self.declined_most_s)

    def eased_to(self, here_s: Any) -> Any:
        """How many leads who came back so many seconds ago may have been given since; of one or of many agents."""
        return self.ease_first + here_s // self.ease_every_s


def gates_of(
    lead: Lead,
    sheet: Sheet,
    time: datetime,
    pacing: Pacing,
    declined: Mapping[str, datetime],
    refusals: Mapping[str, int],
    known: str | None = None,
    ahead: Collection[str] = (),
) -> Gates:
    """The gate that shuts each agent out, in the order of the sheet.

    Args:
        declined: who gave the lead back, and when last.
        refusals: how often they did, once if it does not say.
        known: the agent who had the customer's last lead.
        ahead: who had more than their share.
    """
    gates = Gates(len(sheet.agents))
    for skill in reversed(lead.requires):
        gates.shut(np.flatnonzero(sheet.level(skill) <= 0), LACKS + skill)
    gates.shut(_eased(sheet, time, pacing), EASING)
    gates.shut(np.flatnonzero(sheet.free <= 0), FULL)
    for agent, when in declined.items():
        if agent in sheet.row and seconds_between(when, time) < pacing.refused_s(refusals.get(agent, 1)):
            gates.shut([sheet.row[agent]], DECLINED)
    gates.shut(np.flatnonzero(sheet.offline), OFFLINE)
    gates.shut(np.flatnonzero(~sheet.on_shift), OFF_SHIFT)
    _leave_to_others(gates, sheet, declined, DECLINED)
    if known is not None and known in sheet.row and not gates.at[sheet.row[known]]:
        others = gates.open
        others[sheet.row[known]] = False
        gates.shut(np.flatnonzero(others), STICKY)
        return gates
    _leave_to_others(gates, sheet, ahead, AHEAD)
    return gates


def why_full(agent: Agent, leads: int = 1) -> str:
    """Why not even a person can give an agent so many leads now, and what to do; "" if they can."""
    if agent.left or not agent.on_shift:
        return f"{OFF_SHIFT}; begin their shift"
    if agent.presence == Presence.offline:
        return f"{OFFLINE}; have them come in"
    if agent.active + leads <= agent.capacity:
        return ""
    more = f" and {leads} to come" if leads > 1 else ""
    return f"{FULL} with {agent.active} of {agent.capacity} leads{more}; close one, raise the capacity"


def check_room(agent: Agent) -> None:
    """Refuse an agent to whom not even a person can give a lead now.

    Raises:
        ValueError: says why.
    """
    if why := why_full(agent):
        raise ValueError(f"to is {agent.id!r}, who is {why}, or name another agent")


def _eased(sheet: Sheet, time: datetime, pacing: Pacing) -> np.ndarray:
    """The rows of agents who came back from an absence and have taken what they may take by now."""
    if pacing.ease_every_s <= 0 or not sheet.returned.any():
        return np.empty(0, np.int64)
    here_s = np.maximum(time.timestamp() - sheet.back, 0)
    return np.flatnonzero(sheet.returned & (sheet.taken >= pacing.eased_to(here_s)))


def eased_load(team: Team, decision: Decision, pacing: Pacing) -> int | None:
    """How many leads an agent may have at most when this one is theirs, so that they are eased in whoever decides.

    None if their capacity alone bounds what they take.
    """
    agent = team.agents[decision.agent or ""]
    if agent.back is None or pacing.ease_every_s <= 0:
        return None
    most = pacing.eased_to(max(seconds_between(agent.back, decision.time), 0))
    return agent.active if agent.taken + agent.capacity - agent.active > most else None


def _leave_to_others(gates: Gates, sheet: Sheet, some: Collection[str], gate: str) -> None:
    """Shut these agents out, as long as somebody may take it who is none of them."""
    rows = [sheet.row[agent] for agent in some if agent in sheet.row and not gates.at[sheet.row[agent]]]
    if rows and np.count_nonzero(gates.at == 0) > len(rows):
        gates.shut(rows, gate)
