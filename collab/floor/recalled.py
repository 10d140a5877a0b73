"""A message that is sent once more: it is confirmed with the number and the time that it had the first time."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from collab.events import decode
from collab.floor.hall import Hall
from collab.history.past import number_of
from collab.records import Confirmation

AT_ONCE = 500
"""So many events are looked through in one step."""


async def recalled(hall: Hall, said: Confirmation) -> Confirmation:
    """The confirmation with the first number and time of the message, however long ago it was said."""
    number = said.number or await asyncio.to_thread(number_of, hall.history(), said.room, said.message)
    before = number + 1 if number else None
    while True:
        first, events = await hall.page(said.room, before, 1 if number else AT_ONCE)
        for place, data in enumerate(events, first):
            event = decode(data)
            if event.id == said.message:
                return replace(said, number=place, time=event.time)
        if first <= 1 or not events:
            return said
        number, before = 0, first
