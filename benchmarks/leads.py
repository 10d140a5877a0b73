"""Leads routed over the WebSocket among 1,000 agents, on a real Redis: how long one takes, and how many a second.

    python benchmarks/leads.py [--agents 1000] [--seconds 8] [--rate 100] [--width 8] [--apart] [--candidates 1]

A gateway of its own with an append-only Redis and a history. First one service asks at a fixed rate, whatever comes
back, and the time from the question to the decision is taken; then so many services at once ask and close, each the
next as soon as it has the answer. The limit is a question of the same kind that is answered without a decision
(`ping`), in the same run. With `--candidates` each answer shows so many candidates instead of all; all are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
from time import monotonic
from typing import Any

import msgspec
import numpy as np
from _servers import Ours
from websockets.asyncio.client import ClientConnection, connect

GOAL_P99_MS, GOAL_RATE = 20.0, 500.0
PLACES = "abcdefgh"


class Told(msgspec.Struct):
    """The head of a frame: what is in the answer is not read, for it is the server that is measured."""

    on: str
    re: int | None = None
    message: str = ""


_told = msgspec.json.Decoder(Told)


class Service:
    """A connection whose questions are told from each other by their ids."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._ids = connection, itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    async def ask(self, do: str, **fields: Any) -> None:
        """Wait for the answer; a RuntimeError says what was refused."""
        number = next(self._ids)
        self._asked[number] = asyncio.get_running_loop().create_future()
        await self._connection.send(json.dumps({"do": do, "id": number, **fields}))
        await self._asked[number]

    async def _read(self) -> None:
        while True:
            data = await self._connection.recv(decode=False)
            told = _told.decode(data)
            if (waiting := self._asked.pop(told.re, None)) is not None:
                if told.on == "refused":
                    waiting.set_exception(RuntimeError(told.message))
                else:
                    waiting.set_result(None)


async def service(port: int, token: str) -> Service:
    """Somebody who is let in."""
    made = Service(await connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None))
    await made.ask("hello", token=token)
    return made


async def fill(lead: Service, agents: int) -> None:
    """The team: agents who know some places, all available."""
    for number in range(agents):
        name = f"agent-{number}"
        skills = {f"location:{place}": (number * 7 + at) % 10 / 10 for at, place in enumerate(PLACES)}
        await lead.ask("add_agent", agent=name, name=name, skills=skills, capacity=5)
        await lead.ask("update_agent_workload", agent=name, presence="available")


def asked(number: int, given: argparse.Namespace) -> dict[str, Any]:
    """What is asked of the lead of this number."""
    lead = {"id": f"L-{number}", "name": "Zoe", "location": PLACES[number % 8], "score": number % 100}
    return {"lead": lead, "candidates": given.candidates}


async def paced(lead: Service, do: str, given: argparse.Namespace, seconds: float) -> np.ndarray:
    """Milliseconds of questions at fixed times."""
    found, tasks, start = [], [], monotonic()

    async def one(number: int) -> None:
        begin = monotonic()
        await lead.ask(do, **(asked(number, given) if do == "route_lead" else {}))
        found.append((monotonic() - begin) * 1e3)

    for number in range(int(given.rate * seconds)):
        await asyncio.sleep(max(0.0, start + number / given.rate - monotonic()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    return np.array(found)


async def busy(leads: list[Service], given: argparse.Namespace) -> float:
    """Leads routed a second by all of them, none of which waits for another."""
    seconds = min(given.seconds, 4 * given.agents / 1000)
    numbers, end = itertools.count(1_000_000), monotonic() + seconds
    routed = 0

    async def work(lead: Service) -> None:
        nonlocal routed
        while monotonic() < end:
            await lead.ask("route_lead", **asked(next(numbers), given))
            routed += 1

    await asyncio.gather(*map(work, leads))
    return routed / seconds


async def measured(given: argparse.Namespace) -> None:
    """Fill, ask, print."""
    server = Ours(given.apart)
    with server.serving("everysec") as (port, _):
        leads = [await service(port, server.lead) for _ in range(given.width)]
        await fill(leads[0], given.agents)
        await paced(leads[0], "ping", given, 1)
        limit = await paced(leads[0], "ping", given, given.seconds / 2)
        ms = await paced(leads[0], "route_lead", given, given.seconds)
        p50, p99 = np.percentile(ms, [50, 99])
        ratio = p50 / np.median(limit)
        met = "met" if p99 <= GOAL_P99_MS else "MISSED"
        print(
            f"route_lead  p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   {ratio:4.1f} x a ping   goal {GOAL_P99_MS:g}: {met}"
        )
        rate = await busy(leads, given)
        print(f"routed      {rate:6.0f} a second   goal {GOAL_RATE:g}: {'met' if rate >= GOAL_RATE else 'MISSED'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--candidates", type=int, help="how many each answer shows; all by default")
    parser.add_argument("--apart", action="store_true", help="record in a process of its own")
    asyncio.run(measured(parser.parse_args()))
