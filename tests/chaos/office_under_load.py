"""A process to be killed: an office under load that prints each decision once it is acknowledged.

Usage: python office_under_load.py STREAM HISTORY RUN. Each line is `lead agent seconds seq recorded`: seconds are the
wall clock's, seq the place of the team, which is the decision's or a later one, recorded up to where the history goes.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from itertools import count

from collab.desk import Desk, TooLate
from collab.office import Office
from collab.records import Lead

AGENTS, CAPACITY, AT_ONCE = 12, 4, 8


async def put_on_roster(desk: Desk) -> None:
    """Have all agents on the roster and available."""
    for number in range(AGENTS):
        agent = f"a{number:02d}"
        if agent not in desk.team.agents:
            await desk.add_agent(agent, agent.upper(), capacity=CAPACITY)
        await desk.set_presence(agent, "available")


async def work(office: Office, desk: Desk, run: str, numbers: count[int]) -> None:
    """Route leads and close held ones, for ever."""
    chance = random.Random(run)
    while True:
        lead = Lead(id=f"{run}-{next(numbers)}", name="Zoe")
        decision = await desk.route_lead(lead)
        if decision.agent is not None:
            print(lead.id, decision.agent, time.time(), desk.team.seq, office.status()["recorded"], flush=True)
        held = [(state.lead.id, state.holder) for state in desk.team.leads.values() if state.holder]
        for lead_id, holder in chance.sample(held, min(2, len(held))):
            try:
                await desk.close_lead(lead_id, holder, converted=chance.random() < 0.3)
            except (TooLate, ValueError):
                continue  # another of these workers closed it first


async def main(office: Office, run: str) -> None:
    """Load the desk from several workers at once."""
    assert office.desk is not None
    await put_on_roster(office.desk)
    numbers = count()
    await asyncio.gather(*(work(office, office.desk, run, numbers) for _ in range(AT_ONCE)))


if __name__ == "__main__":
    stream, history, run = sys.argv[1:]
    office = Office(stream, history, tenant="chaos").start()
    assert office.desk is not None, office.mode
    office.call(main(office, run)).result()
