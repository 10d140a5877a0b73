"""How long a decision takes, and a whole `route_lead`, among 8, 100 and 1,000 agents on both streams.

    python benchmarks/route.py [--leads 1000] [--redis redis://127.0.0.1:6379/0]

Each is a ratio to a limit measured in the same run: a decision to one pass over the same columns (factors times
weights, argmax, in numpy), a `route_lead` to a bare XADD of the same bytes on the same server. Without --redis a
redis-server is started for the run if there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np

from collab.desk import Desk
from collab.events import LeadAssigned, encode
from collab.factors import Sheet
from collab.live.redis import server_at
from collab.live.stream import open_stream
from collab.records import Lead
from collab.routing import decide
from collab.whatif.winning import fastest, warm
from collab.winning import wins

SIZES = (8, 100, 1000)
GOAL_US = 20.0
PLACES = ("downtown", "harbour", "hills", "lakeside", "old-town")


@contextmanager
def redis_server(url: str | None) -> Iterator[str | None]:
    """The URL that was given, or that of a server started for the run, or None."""
    if url or not shutil.which("redis-server"):
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "redis.sock")
        command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while not path.exists():
                process.poll()
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.wait()


def lead(number: int) -> Lead:
    """The lead of this number."""
    chance = random.Random(number)
    return Lead(
        id=f"L-{number}",
        name="Zoe Park",
        property_type="condo",
        location=chance.choice(PLACES),
        budget=chance.uniform(1e5, 2e6),
        language="en",
        score=chance.randint(0, 100),
    )


async def staffed(url: str, agents: int) -> Desk:
    """A desk with so many agents available, each with room for many leads."""
    desk = Desk(open_stream(url, f"bench{agents}"))
    await desk.start()
    chance = random.Random(agents)
    for number in range(agents):
        skills = {f"location:{place}": round(chance.random(), 2) for place in PLACES}
        await desk.add_agent(f"a{number:04d}", f"Agent {number}", skills=skills, capacity=1000)
        await desk.set_presence(f"a{number:04d}", "available")
    return desk


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile in milliseconds."""
    p50, p99 = np.percentile(np.array(seconds) * 1000, [50, 99])
    return float(p50), float(p99)


def time_decisions(desk: Desk, leads: int) -> None:
    """Print the time of the pure decision, as a ratio to one numpy pass over the same factors."""
    sheet, now = Sheet(), datetime.now(UTC)
    sheet.refresh(desk.team)
    factors = sheet.factors(lead(0), now).astype(np.int64)
    weights = np.asarray(desk.team.weights.values, np.int64)
    times, passes = [], []
    for number in range(leads):
        start = perf_counter()
        sheet.refresh(desk.team)
        decide(lead(number), sheet, now, desk.team.weights)
        middle = perf_counter()
        int(np.argmax(weights @ factors))
        times.append(middle - start)
        passes.append(perf_counter() - middle)
    p50, p99 = percentiles(times)
    base, _ = percentiles(passes)
    print(f"  decide          p50 {p50:7.3f} ms   p99 {p99:7.3f} ms   {p50 / base:6.1f} x one numpy pass")
    warm().join()
    found = {}
    for count in (fastest, wins):
        exploring = []
        for number in range(leads):
            start = perf_counter()
            decide(lead(number), sheet, now, desk.team.weights, explore=0.2, count=count)
            between = perf_counter()
            decide(lead(number), sheet, now, desk.team.weights)
            exploring.append(2 * between - start - perf_counter())
        found[count] = 1000 * percentiles(exploring)[0]
    more = found[fastest]
    goal = f"   goal {GOAL_US} us: {'met' if more <= GOAL_US else 'MISSED'}" if len(sheet.agents) == SIZES[0] else ""
    print(f"  propensities    p50 {more:7.1f} us more with exploration, {found[wins]:.1f} by numpy{goal}")


async def time_routes(desk: Desk, leads: int, url: str) -> None:
    """Print the time of `route_lead`, claim and append included, and how many a second."""
    times, begin = [], perf_counter()
    for number in range(leads):
        start = perf_counter()
        decision = await desk.route_lead(lead(number))
        times.append(perf_counter() - start)
    total = perf_counter() - begin
    data = encode(LeadAssigned(id="x", time=decision.time, decision=decision))
    client = server_at(url).client
    bare = []
    for _ in range(leads):
        start = perf_counter()
        await client.xadd("bench", {"t": "x", "d": data})
        bare.append(perf_counter() - start)
    await client.delete("bench")
    await client.aclose()
    (p50, p99), (base, _) = percentiles(times), percentiles(bare)
    print(
        f"  route_lead      p50 {p50:7.3f} ms   p99 {p99:7.3f} ms   {p50 / base:6.1f} x one XADD of {len(data):,} bytes"
        f"   {leads / total:7,.0f} leads/s"
    )


async def measure(url: str, leads: int) -> None:
    """All sizes on one stream."""
    for agents in SIZES:
        desk = await staffed(url, agents)
        print(f"{url.split(':')[0]}, {agents} agents")
        time_decisions(desk, leads)
        await time_routes(desk, leads, url)
        await desk.stop()
        await desk.stream.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1000)
    parser.add_argument("--redis")
    given = parser.parse_args()
    asyncio.run(measure("embedded://bench", given.leads))
    with redis_server(given.redis) as found:
        if found:
            asyncio.run(measure(found, given.leads))
        else:
            print("no redis-server found: measured the embedded stream only")
