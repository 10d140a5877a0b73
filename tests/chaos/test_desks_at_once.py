"""Four processes route 500 leads each at once over 20 agents; the stream says who got what, and in which order."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from desks import assert_consistent, assert_in_turn, assignments, at_desk, hire, log

from collab.events import Entry

SCRIPT = Path(__file__).with_name("desk_at_work.py")
DESKS, LEADS, AGENTS, CAPACITY = 4, 500, 20, 3


async def on_stream(url: str, *, begin: bool = False) -> list[Entry]:
    """All that is on the stream; to begin with, a roster."""
    async with at_desk(url) as desk:
        if begin:
            await hire(desk, *(f"agent-{number:02}" for number in range(AGENTS)), capacity=CAPACITY)
        return await log(desk)


def test_desks_at_once_give_each_lead_away_once_in_turn_and_pass_no_capacity(redis_url: str) -> None:
    asyncio.run(on_stream(redis_url, begin=True))
    command = [sys.executable, str(SCRIPT), redis_url]
    desks = [
        subprocess.Popen([*command, f"d{n}", str(LEADS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(DESKS)
    ]
    try:
        for desk in desks:
            assert desk.stdout is not None
            assert desk.stdout.readline() == "ready\n"
        for desk in desks:
            assert desk.stdin is not None
            desk.stdin.write("go\n")
            desk.stdin.flush()
        assert [desk.wait(timeout=120) for desk in desks] == [0] * DESKS
    finally:
        for desk in desks:
            desk.kill()
            desk.communicate()
    entries = asyncio.run(on_stream(redis_url))
    team = assert_consistent(entries)
    assert not team.leads
    given = sorted(lead for lead, _ in assignments(entries))
    assert given == sorted(f"d{desk}-{number}" for desk in range(DESKS) for number in range(LEADS))
    assert {agent for _, agent in assignments(entries)} == set(team.agents)
    assert assert_in_turn(entries) > LEADS  # most had to wait
