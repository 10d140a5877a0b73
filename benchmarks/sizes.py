"""What events and processes weigh: bytes on the stream, in Redis' append-only file and in the history; memory at rest.

    python benchmarks/sizes.py [--leads 500]

A lead is four events: it came, was decided with every candidate, was answered and ended. A message has 80 characters.
All go onto a real Redis with an append-only file, and from there through the recorder into a history.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import redis
from _servers import COLLAB, FILL, running
from record import START, made_events, new, put

from collab import events as ev
from collab.events import Event
from collab.history import History, Recorder
from collab.live.partition import key_of
from collab.live.stream import open_stream

TENANT = "bench"
PROCESSES = {
    "collab gateway": ["gateway", "--ws-port", "0", "--http-port", "0"],
    "collab recorder": ["recorder"],
    "collab serve": ["serve", "--port", "0", "--ws-port", "0"],
}


def messages(count: int) -> list[Event]:
    """So many messages in one room."""
    chance = random.Random(3)
    said = {"room": "main", "agent": "agent-1", "text": FILL.decode(), "time": START}
    return [ev.MessageSent(id=new(chance), **said) for _ in range(count)]


async def weighed(url: str, folder: str, begin: Sequence[Event], events: Sequence[Event]) -> tuple[float, ...]:
    """Bytes of these events on the stream, in the append-only file and in the history, after those at the beginning."""
    client = redis.Redis.from_url(url)
    key, stream = f"{key_of(TENANT)}:events", open_stream(url, TENANT)

    def sizes() -> tuple[int, int]:
        return client.memory_usage(key, samples=0) or 0, client.info("persistence")["aof_current_size"]

    try:
        await put(stream, list(begin))
        before = sizes()
        await put(stream, list(events))
        memory, file = (now - was for now, was in zip(sizes(), before, strict=True))
        recorder = Recorder(folder, stream)
        await recorder.start()
        await recorder.flush()
        await recorder.stop()
    finally:
        await stream.close()
        client.flushall()
    assert History(folder).last == len(begin) + len(events)
    return memory, file, kept(folder)


def kept(folder: str) -> int:
    """Bytes of the files with a history's rows."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))


def at_rest(url: str, folder: str, command: Sequence[str]) -> float:
    """MiB of a process that waits for something to do."""
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    places = ["--stream", url, "--history", str(Path(folder, "rest"))]
    process = subprocess.Popen([COLLAB, *command, *places], **pipes)
    try:
        assert process.stdout is not None
        ready = ("are ours", "members connect")
        next(line for line in process.stdout if any(words in line for words in ready))
        return psutil.Process(process.pid).memory_info().rss / 2**20
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Weigh and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=500, help="how many leads, and ten times as many messages")
    count = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "redis.sock")
        settings = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder, "--appendonly", "yes"]
        with running("redis-server", *settings) as server:
            while not path.exists():
                server.poll()
            url = f"unix://{path}"
            print(f"{'bytes of each':<26}{'stream':>10}{'AOF':>10}{'history':>10}")
            for agents in (8, 100, 1000):
                begin = made_events(2 * agents, agents)
                events = made_events(2 * agents + 4 * count, agents)[2 * agents :]
                sums = asyncio.run(weighed(url, str(Path(folder, f"leads{agents}")), begin, events))
                print(f"lead among {agents:<15,}" + "".join(f"{size / count:>10,.0f}" for size in sums), flush=True)
            sums = asyncio.run(weighed(url, str(Path(folder, "messages")), [], messages(10 * count)))
            print(f"{'message':<26}" + "".join(f"{size / count / 10:>10,.0f}" for size in sums), flush=True)
            for name, command in PROCESSES.items():
                print(f"{name:<26}{at_rest(url, folder, command):>10,.0f} MiB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
