"""What may be asked of agents and leads: that changes are told, and how all is now."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from collab.protocol.base import Command
from collab.records import Count, Key, Lead, Name, Presence


class Watch(Command, frozen=True, tag="watch"):
    """Get what happens from now on, or no more: agents what concerns themselves, services nothing of alerts."""

    on: bool = True


class LookAtTeam(Command, frozen=True, tag="team"):
    """How agents and open leads are now: all of them, and for an agent their own.

    The `agents` on the roster come with `presence`, `active` leads and `capacity`; each of the `leads` with the `agent`
    who holds it, if any, and its `state`: waiting, offered, accepted or answered. Leads come by id and end at 256 KiB:
    while there are `more`, ask on with `after`, the id of the last; agents come with the first answer.
    """

    after: Key | None = None


class LeadState(StrEnum):
    """How far an open lead is: `answered` once the customer has the first response."""

    waiting = "waiting"
    offered = "offered"
    accepted = "accepted"
    answered = "answered"


class AgentNow(Struct, frozen=True, kw_only=True):
    """An agent on the roster: `active` is how many leads they hold, `since` when their presence began."""

    agent: Key
    name: Name
    presence: Presence
    since: datetime | None
    on_shift: bool
    active: Count
    capacity: Count


class LeadNow(Struct, frozen=True, kw_only=True):
    """An open lead: `agent` holds it, None if it waits; `assigned` is when it went to them, `due` when it was due."""

    lead: Lead
    state: LeadState
    agent: Key | None
    arrived: datetime
    assigned: datetime | None
    due: datetime


class TeamNow(Struct, frozen=True, kw_only=True):
    """Agents and open leads as they are now, which has no number: that would tell of other tenants on the same stream.

    With `after` it is a further part: leads of later ids, and no agents. While there are `more`, another part follows.
    """

    after: Key | None
    agents: list[AgentNow]
    leads: list[LeadNow]
    more: bool
