"""480 of 500 members lose their connections at once and come back: how long until all are level, and what others feel.

    python benchmarks/storm.py [--rounds 3] [--apart]

One room of 500 on a gateway with its Redis, append-only file and history; one of the 20 who stay says 50 messages a
second all the while. Everybody who was cut connects again at once and joins after the last number that they have; a
member is level when it has all that was said until then. Printed beside it: what those who stayed felt from the cut on,
up to the last of them, and how many messages anybody missed or had twice.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
from collections import Counter
from statistics import median
from time import monotonic
from typing import Any

import msgspec
import numpy as np
from _member import Client
from _servers import Ours, joined, say, settled

STAY, CUT, RATE, BEFORE_S, AFTER_S = 20, 480, 50.0, 2.0, 3.0
GOAL_LEVEL_S, GOAL_P99_MS = 1.5, 50.0


class Happened(msgspec.Struct):
    """What a member is told of a room, from `number` on."""

    number: int
    events: list[msgspec.Raw]


_happened = msgspec.json.Decoder(Happened)


class Comer(Client):
    """A member that knows the last number of its room."""

    last = 0

    def _take(self, message: bytes, now: int) -> None:
        super()._take(message, now)
        if message.startswith(b'{"on":"happened"'):
            told = _happened.decode(message)
            self.last = told.number + len(told.events) - 1


class Storm(Ours):
    """A gateway whose members come back."""

    member = Comer


async def back(port: int, lost: Any) -> Any:
    """The member on a new connection, joining after the last number that it has."""
    asks = [json.loads(lost.hello[0]), {"do": "join", "id": 2, "room": "r", "after": lost.last}]
    made = Comer(port, "/", [json.dumps(ask).encode() for ask in asks], b'"re":2')
    made.arrived, made.last = lost.arrived, lost.last
    await asyncio.get_running_loop().create_connection(lambda: made, "127.0.0.1", port)
    return made


async def come_back(port: int, cut: list[Any], stayed: Any) -> tuple[list[Any], float]:
    """All who were cut, and the seconds until each of them had what was said until then."""
    start = monotonic()
    members = await asyncio.gather(*(back(port, lost) for lost in cut))
    await asyncio.gather(*(member.ready for member in members))
    while any(member.last < stayed.last for member in members):  # noqa: ASYNC110 -- it is asked of 480
        await asyncio.sleep(0.002)
    return members, monotonic() - start


async def storm(apart: bool) -> dict[str, float]:
    """One storm."""
    server = Storm(apart)
    with server.serving("everysec") as (port, _):
        members = await joined(server, port, ["r"] * (STAY + CUT))
        stayed, cut = members[:STAY], members[STAY:]
        gc.collect()
        gc.disable()
        count = int(RATE * (BEFORE_S + AFTER_S))
        saying = asyncio.create_task(say(server, [(stayed[0], "r")], RATE, count))
        await asyncio.sleep(BEFORE_S)
        for member in cut:
            member.transport.abort()
        at = max(number for number, _, _ in stayed[0].arrived)
        again, level_s = await come_back(port, cut, stayed[1])
        await saying
        await settled([*stayed, *again], count)
        felt = [(came - sent) / 1e6 for member in stayed for number, sent, came in member.arrived if number > at]
        had = [Counter(number for number, _, _ in member.arrived) for member in (*stayed, *again)]
        return {
            "level_s": level_s,
            "p50_ms": float(np.percentile(felt, 50)),
            "p99_ms": float(np.percentile(felt, 99)),
            "missed": sum(count - len(one) for one in had),
            "repeated": sum(one.total() - len(one) for one in had),
        }


def main(rounds: int, apart: bool) -> None:
    """Measure, and print medians."""
    found = [asyncio.run(storm(apart)) for _ in range(rounds)]
    level_s, p99_ms = (median(one[name] for one in found) for name in ("level_s", "p99_ms"))
    print(f"{CUT} of {STAY + CUT} cut at once, {rounds} rounds")
    met = "met" if level_s <= GOAL_LEVEL_S else "MISSED"
    print(f"all level again after {level_s:.2f} s; goal {GOAL_LEVEL_S} s: {met}")
    p50_ms = median(one["p50_ms"] for one in found)
    met = "met" if p99_ms <= GOAL_P99_MS else "MISSED"
    print(f"those who stayed: p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms; goal {GOAL_P99_MS:g} ms: {met}")
    print(f"missed {sum(one['missed'] for one in found)}, repeated {sum(one['repeated'] for one in found)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--apart", action="store_true", help="record in a process of its own")
    given = parser.parse_args()
    main(given.rounds, given.apart)
