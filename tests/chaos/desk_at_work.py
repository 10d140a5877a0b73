"""One of several desks at once: routes its leads while others do, and closes what is held until no lead is open.

Usage: python desk_at_work.py STREAM NAME COUNT. Waits for a line on standard input before it begins.
"""

from __future__ import annotations

import asyncio
import random
import sys
from contextlib import suppress

from collab.desk import Desk, TooLate
from collab.live.stream import open_stream
from collab.records import Lead, Urgency

AT_ONCE = 4


async def route(desk: Desk, name: str, numbers: list[int], chance: random.Random) -> None:
    """Route the leads that are left, and now and then close one."""
    while numbers:
        number, urgency = numbers.pop(), chance.choice(list(Urgency))
        lead = Lead(id=f"{name}-{number}", name="A customer", urgency=urgency, score=chance.randrange(101))
        await desk.route_lead(lead)
        await close_one(desk, chance)


async def close_one(desk: Desk, chance: random.Random) -> None:
    """Close one of the leads that are held, if no other process does."""
    held = [(id, state.holder) for id, state in desk.team.leads.items() if state.holder]
    if held:
        with suppress(TooLate, ValueError):
            await desk.close_lead(*chance.choice(held), converted=True)


async def main(url: str, name: str, count: int) -> None:
    """Work until this desk's leads are routed and no lead is open."""
    desk, chance = Desk(open_stream(url, "main")), random.Random(name)
    await desk.start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    numbers = list(range(count))
    await asyncio.gather(*(route(desk, name, numbers, chance) for _ in range(AT_ONCE)))
    while desk.team.leads:
        await close_one(desk, chance)
        await asyncio.sleep(0)
    await desk.stop()
    await desk.stream.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
