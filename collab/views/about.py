"""What members want to know of rooms: who is there, whom they may invite, where a message is, what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from collab import protocol as p
from collab.events import AnyEvent, decode
from collab.floor import Floor
from collab.floor.floor import CLERK, roles_of
from collab.history.past import later, number_of
from collab.live.access import Pass
from collab.protocol.role import OWNING
from collab.records import Seat

NEWEST = 200
"""So many events of a room are looked through for what the history does not have yet."""


async def about(floor: Floor, entry: Pass, room: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The patch that says who is in a room, whom one may invite, and whether one may.

    Raises:
        ValueError: one may not know of the room, or there is none.
    """
    known = floor.desk.team.rooms.get(room)
    if known is None or (known.private and entry.agent not in known.members):
        raise ValueError(f"room is {room!r}, which is not there; choose one of the list")
    moderates = known.members.get(entry.agent) == Seat.moderator or entry.role in OWNING
    seats = sorted(known.members.items())
    others = met(floor, entry.agent) - known.members.keys()
    return {
        "put": "about",
        "room": room,
        "seats": [{"id": one, "name": names.get(one, one), "seat": seat} for one, seat in seats],
        "others": _named(others, names),
        "may": moderates and entry.role in roles_of(p.Invite),
    }


def met(floor: Floor, agent: str) -> set[str]:
    """Whom an agent may know of: the roster, and who is in a room that is not hidden from them."""
    team = floor.desk.team
    seen = [room.members for room in team.rooms.values() if not room.private or agent in room.members]
    return {*team.agents}.union(*seen)


async def people(floor: Floor, agent: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The patch that says who may have said something."""
    return {"put": "people", "people": _named(met(floor, agent), names)}


async def invited(floor: Floor, line: Any, asked: p.Invite) -> Any:
    """Let somebody in; over a line it may be anybody, but who types an id on a page may err.

    Raises:
        ValueError: nobody here is called so.
    """
    if asked.agent not in met(floor, line.entry.agent):
        raise ValueError(
            f"agent is {asked.agent!r}, who is neither on the roster nor in a room; "
            "choose one of the list, or let them come into a room first"
        )
    return await floor.do(line, asked)


def _named(agents: Iterable[str], names: Mapping[str, str]) -> list[dict[str, str]]:
    found = [{"id": one, "name": names.get(one, one)} for one in agents if one != CLERK]
    return sorted(found, key=lambda one: one["name"].lower())


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


async def became(
    floor: Floor, agent: str, room: str, stretch: tuple[int, int], after: int
) -> list[tuple[int, AnyEvent]]:
    """What became after a number of the messages of a stretch, and the newest of the room: numbers and events.

    Raises:
        PermissionError: the agent is no member.
    """
    floor.seated(room, agent)
    number, newest = await floor.hall.page(room, None, NEWEST)  # the history lacks the last second
    recorded = await asyncio.to_thread(later, floor.hall.history(), room, *stretch, after)
    return [(at, decode(data)) for at, data in (*recorded, *enumerate(newest, number)) if at > after]


async def began(floor: Floor, agent: str, room: str, thread: str) -> list[tuple[int, AnyEvent]]:
    """The first message of a thread, however long ago it was said, and what became of it: numbers and events.

    Raises:
        PermissionError: the agent is no member.
    """
    known = floor.seated(room, agent).message(thread)
    number = known.number if known else await asyncio.to_thread(number_of, floor.hall.history(), room, thread)
    if not number:
        return []
    _, events = await floor.hall.page(room, number + 1, 1)
    return [(number, decode(data)) for data in events] + await became(floor, agent, room, (number, number), number)
