"""What members may hear and see of agents and open leads: what changes, and how all is now."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from collab import protocol as p
from collab.floor.act import Act, AtDesk
from collab.floor.hall import AT_ONCE, Hall
from collab.live.line import Line
from collab.protocol.role import EVERYBODY, Role
from collab.team import Agent, OpenLead


class AtHall(AtDesk, Protocol):
    """What this needs of a floor."""

    hall: Hall


async def _watch(floor: AtHall, line: Line, asked: p.Watch) -> None:
    floor.hall.watch(line, asked.on)


async def _look(floor: AtHall, line: Line, asked: p.LookAtTeam) -> p.TeamNow:
    """The team as it is now, or the next part of it; what changed before was told to who watches, and nothing after."""
    desk = floor.desk
    await desk.catch_up()
    floor.hall.tell()  # nothing is awaited from here on: what is told after the answer is not in it
    team, me = desk.team, line.entry.agent if line.entry.role is Role.agent else None
    agents = [_agent(one) for one in team.members() if asked.after is None and me in (None, one.id)]
    found, size = list[p.LeadNow](), 0
    ids = sorted(id for id in team.leads if asked.after is None or id > asked.after)
    for id in ids:
        if me not in (None, team.leads[id].holder):
            continue
        lead = _lead(team.leads[id])
        size += len(msgspec.json.encode(lead))
        if size > AT_ONCE:
            return p.TeamNow(after=asked.after, agents=agents, leads=found, more=True)
        found.append(lead)
    return p.TeamNow(after=asked.after, agents=agents, leads=found, more=False)


def _agent(one: Agent) -> p.AgentNow:
    here: dict[str, Any] = {"presence": one.presence, "since": one.since, "on_shift": one.on_shift}
    return p.AgentNow(agent=one.id, name=one.name, **here, active=one.active, capacity=one.capacity)


def _lead(one: OpenLead) -> p.LeadNow:
    times: dict[str, Any] = {"arrived": one.arrived, "assigned": one.assigned, "due": one.due}
    return p.LeadNow(lead=one.lead, state=_state(one), agent=one.holder, **times)


def _state(one: OpenLead) -> p.LeadState:
    if one.holder is None:
        return p.LeadState.waiting
    if one.responded:
        return p.LeadState.answered
    return p.LeadState.accepted if one.accepted else p.LeadState.offered


WATCHING: dict[type[p.Command], tuple[frozenset[Role], Act]] = {
    p.Watch: (EVERYBODY, _watch),
    p.LookAtTeam: (EVERYBODY, _look),
}
