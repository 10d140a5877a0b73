"""What compressed frames cost a gateway: processor time for each delivery, against plain ones on the same gateway.

    python benchmarks/packed.py [--rounds 3]

A gateway that offers compression, a room of 100, 20 messages of 1 KB a second; in turns with members who take frames
plain and with members who take them compressed, in a room of their own. A frame is compressed once for all.
"""

from __future__ import annotations

import argparse
import asyncio
from statistics import median

import psutil
from _member import Client, Packed
from _servers import FILL, Ours, joined, say, settled, used_s

GOAL, SIZE, RATE, SECONDS = 1.0, 100, 20, 5
TEXT = FILL * 12


async def cpu_us(server: Ours, port: int, process: psutil.Process, room: str, kind: type[Client]) -> float:
    """Microseconds of the gateway's time for each delivery."""
    server.member = kind
    members = await joined(server, port, [room] * SIZE)
    await say(server, [(members[0], room)], 50, 10, TEXT)
    await settled(members, 10)
    for member in members:
        member.arrived.clear()
        member.packed = 0
    before, count = used_s(process), RATE * SECONDS
    await say(server, [(members[0], room)], RATE, count, TEXT)
    assert await settled(members, count), "some messages did not arrive in time"
    took = used_s(process) - before
    packed = sum(member.packed for member in members)
    assert (packed > 0) == (kind is Packed), f"{packed} frames were compressed"
    for member in members:
        member.transport.abort()
    return took / count / SIZE * 1e6


async def main(rounds: int) -> None:
    """Measure in turns and print the medians."""
    server = Ours(True, "--compress")
    with server.serving("everysec") as (port, process):
        found = [
            [await cpu_us(server, port, process, f"{n}-{kind.__name__}", kind) for kind in (Client, Packed, Client)]
            for n in range(rounds)
        ]
    plain, packed = median((one + other) / 2 for one, _, other in found), median(packed for _, packed, _ in found)
    ratio = median(2 * packed / (one + other) for one, packed, other in found)
    met = "met" if ratio <= GOAL else "MISSED"
    print(f"plain       {plain:6.2f} us a delivery")
    print(f"compressed  {packed:6.2f} us a delivery   {ratio:4.2f} x   goal {GOAL:g}: {met}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    asyncio.run(main(parser.parse_args().rounds))
