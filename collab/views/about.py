"""What members want to know of a room: who is in it with which seat, what they may change, where a message is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab import protocol as p
from collab.floor import LEADING, Floor
from collab.floor.floor import roles_of
from collab.live.access import Pass
from collab.records import Seat


async def about(floor: Floor, entry: Pass, room: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The patch that says who is in a room, whom one may invite, and whether one may.

    Raises:
        ValueError: one may not know of the room, or there is none.
    """
    known = floor.desk.team.rooms.get(room)
    if known is None or (known.private and entry.agent not in known.members):
        raise ValueError(f"room is {room!r}, which is not there; choose one of the list")
    moderates = known.members.get(entry.agent) == Seat.moderator or entry.role in LEADING
    seats = sorted(known.members.items())
    others = [agent for agent in floor.desk.team.agents if agent not in known.members]
    return {
        "put": "about",
        "room": room,
        "seats": [{"id": one, "name": names.get(one, one), "seat": seat} for one, seat in seats],
        "others": [{"id": one, "name": names.get(one, one)} for one in others],
        "may": moderates and entry.role in roles_of(p.Invite),
    }


async def placed(floor: Floor, agent: str, room: str, message: str) -> int:
    """The number that a message has in a room.

    Raises:
        PermissionError: the agent is no member.
        ValueError: the room does not have it among its newest.
    """
    found = floor.seated(room, agent).message(message)
    if found is None:
        raise ValueError(
            f"message is {message[:80]!r}, which room {room} does not have among its newest; search for it"
        )
    return found.number
