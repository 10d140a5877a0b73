"""How fast words travel through a gateway, against websockets alone with no broker and nothing kept, in one run.

    python benchmarks/live.py [--rounds 3] [--shapes pair,fan,crowd,limit,slow] [--fsync everysec|always] [--apart]

Both servers are processes of their own on loopback; ours has a redis-server with an append-only file and a history of
its own, keeps everything and gives it one order. Shapes: `pair` is a room of two at 200 messages a second, one way;
`fan` a room of 100 at 20 a second, up to the last receiver; `crowd` 1,000 connections in 50 rooms, one message a
second in each; `limit` a room of 100 whose rate is raised until the last receiver's p99 passes 50 ms; `slow` a room of
100 with messages of 8 KB, without and with a member who stops reading: what the others feel, and what the server holds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import sys
from statistics import median
from time import monotonic
from typing import Any

import numpy as np
import psutil
from _member import Client
from _servers import Bare, Ours, joined, say, settled, used_s

LOADED_S = 3.0
"""After so long a server has loaded what it needs with its first events, once, whoever comes then."""

GOALS = {"pair": 1.7, "fan": 1.1, "crowd": 1.3, "cpu": 1.1}


def last_ms(members: list[Client], count: int) -> Any:
    """Milliseconds up to the last receiver of each message."""
    worst = np.zeros(count)
    for member in members:
        for number, sent, came in member.arrived:
            worst[number] = max(worst[number], (came - sent) / 1e6)
    return worst


async def room_of(server: Any, port: int, process: psutil.Process, size: int, rate: float, seconds: float) -> Any:
    """One room: latency of the last receiver, and the server's processor time for each delivery."""
    members = await joined(server, port, ["r"] * size)
    senders = [(member, "r") for member in (members if size == 2 else members[:1])]
    await say(server, senders, 100, 20)
    await settled(members, 20)
    for member in members:
        member.arrived.clear()
    before, count = used_s(process), int(rate * seconds)
    await say(server, senders, rate, count)
    whole = await settled(members, count)
    cpu_us = (used_s(process) - before) / count / size * 1e6
    worst = last_ms(members, count)
    for member in members:
        member.transport.abort()
    p50, p99 = np.percentile(worst, [50, 99])
    return {"p50_ms": p50, "p99_ms": p99, "cpu_us": cpu_us, "whole": whole}


async def crowd(server: Any, port: int, process: psutil.Process) -> Any:
    """1,000 connections in 50 rooms, and then the memory of 4,000 further ones."""
    rooms = [f"c{n % 50}" for n in range(1000)]
    await joined(server, port, ["warm"])
    await asyncio.sleep(LOADED_S)
    held, start = process.memory_info().rss, monotonic()
    members = await joined(server, port, rooms)
    joins = len(members) / (monotonic() - start)
    await asyncio.sleep(1)
    kib = (process.memory_info().rss - held) / 1024 / len(members)
    gc.collect()
    await say(server, list(zip(members[:50], rooms[:50], strict=True)), 50, 250)
    await settled(members, 5)
    found = [(came - sent) / 1e6 for member in members for _, sent, came in member.arrived]
    p50, p99 = np.percentile(found, [50, 99])
    held = process.memory_info().rss
    more = await joined(server, port, rooms * 4)
    await asyncio.sleep(1)
    further = (process.memory_info().rss - held) / 1024 / len(more)
    figures = {"p50_ms": p50, "p99_ms": p99, "kib": kib, "kib_further": further, "joins": joins}
    return figures | {"whole": len(found) == 5000}


async def limit(server: Any, port: int, process: psutil.Process) -> Any:
    """Deliveries a second to a room of 100 until the last receiver's p99 passes 50 ms."""
    members = await joined(server, port, ["l"] * 100)
    best, rate, cpu_us, step, tries = 0.0, 125.0, 0.0, 1.4, 0
    while True:
        count, before = int(rate * 0.8), used_s(process)
        for member in members:
            member.arrived.clear()
        await say(server, [(members[0], "l")], rate, count)
        whole = await settled(members, count)
        if whole and np.percentile(last_ms(members, count), 99) <= 50:
            cpu_us = (used_s(process) - before) / count / len(members) * 1e6
            best, tries = rate, 0
        elif (tries := tries + 1) < 3:
            continue  # once may be the machine's fault
        elif step < 1.4:
            return {"deliveries": best * len(members), "cpu_us": cpu_us, "whole": True}
        else:
            step, tries = 1.1, 0  # closer, from the best so far
        rate = best * step


async def slow(server: Any, port: int, process: psutil.Process) -> Any:
    """A room of 100 with long messages, first as it is and then with a member who reads nothing any more."""
    members = await joined(server, port, ["s"] * 100)
    senders, others, long = [(members[0], "s")], members[:-1], b"x" * 7900
    found, whole = {}, True
    for name in ("p95_ms", "slow_ms"):
        for member in members:
            member.arrived.clear()
        held = process.memory_info().rss
        await say(server, senders, 60, 900, fill=long)
        whole = await settled(others, 900) and whole
        found[name] = float(np.percentile(last_ms(others, 900), 95))
        found["held_kib"] = (process.memory_info().rss - held) / 1024
        members[-1].transport.pause_reading()
    members[-1].transport.resume_reading()  # it reads the goodbye now
    await asyncio.sleep(1)
    ends = members[-1].transport.is_closing() or server.name == "bare"  # which cuts nobody off
    return found | {"slow_x": found["slow_ms"] / found["p95_ms"], "whole": whole and ends}


async def measured(server: Any, shape: str, fsync: str) -> Any:
    """The figures of one shape."""
    with server.serving(fsync) as (port, process):
        gc.disable()
        if shape == "crowd":
            return await crowd(server, port, process)
        if shape == "limit":
            return await limit(server, port, process)
        if shape == "slow":
            return await slow(server, port, process)
        size, rate, seconds = (2, 200, 3) if shape == "pair" else (100, 20, 5)
        return await room_of(server, port, process, size, rate, seconds)


def main() -> None:
    """Measure in turns and print medians and the medians of the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shapes", default="pair,fan,crowd,limit,slow")
    parser.add_argument("--fsync", choices=("everysec", "always"), default="everysec")
    parser.add_argument("--apart", action="store_true", help="record in a process of its own")
    asked = parser.parse_args()
    if not shutil.which("redis-server"):
        sys.exit("there is no redis-server on PATH; install it, e.g. with `make test` on Debian or Ubuntu as root")
    for shape in asked.shapes.split(","):
        rounds = []
        for _ in range(asked.rounds):
            rounds.append(
                [asyncio.run(measured(server, shape, asked.fsync)) for server in (Bare(), Ours(asked.apart), Bare())]
            )
        for name in rounds[0][1]:
            if name == "whole":
                continue
            ours = median(ours[name] for _, ours, _ in rounds)
            ratio = median(2 * ours[name] / max(1e-9, one[name] + other[name]) for one, ours, other in rounds)
            goal = GOALS.get(
                shape if name == "p50_ms" else "cpu" if name == "cpu_us" and shape in ("fan", "limit") else "", 0
            )
            met = f"   goal {goal} x: {'met' if ratio <= goal else 'MISSED'}" if goal else ""
            print(f"{shape:6} {name:11} {ours:12,.2f}   {ratio:5.2f} x bare{met}", flush=True)
        if not all(row["whole"] for three in rounds for row in three):
            print(f"{shape:6} some messages did not arrive in time, or who did not read was not cut off", flush=True)


if __name__ == "__main__":
    main()
