"""A message that is sent once more: it is confirmed with the number and the time that it had the first time."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from collab.events import decode
from collab.floor.hall import Hall
from collab.floor.unrecorded import unrecorded
from collab.history.past import number_of
from collab.records import Confirmation


async def recalled(hall: Hall, said: Confirmation) -> Confirmation:
    """The confirmation with the first number and time of the message, however long ago it was said."""
    number = said.number or await _number(hall, said)
    _, events = await hall.page(said.room, number + 1, 1) if number else (0, [])
    return replace(said, number=number, time=decode(events[0]).time) if events else said


async def _number(hall: Hall, said: Confirmation) -> int:
    """The number of a message that its room does not remember: not recorded yet, or else in the history."""
    last = hall.desk.team.rooms[said.room].number
    for number, data in await unrecorded(hall.desk.stream, hall.history(), said.room, last + 1):
        if decode(data).id == said.message:
            return number
    return await asyncio.to_thread(number_of, hall.history(), said.room, said.message)
