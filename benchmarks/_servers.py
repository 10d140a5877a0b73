"""Servers that are measured, as processes of their own, and members that talk to them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, monotonic_ns
from typing import Any

import psutil
from _member import Client

from collab.live.access import Access

COLLAB = str(Path(sys.executable).with_name("collab"))

BARE = """
import asyncio, sys
from collections import defaultdict
from websockets.asyncio.server import broadcast, serve
rooms = defaultdict(set)
async def handler(member):
    room = rooms[member.request.path]
    await member.send("joined")
    room.add(member)
    try:
        async for message in member:
            broadcast(room, message)
    finally:
        room.discard(member)
async def main():
    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
FILL = b" the buyer on Maple Street asks for a call back before noon; who can take it? ok"


@contextmanager
def running(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the block; what it says can be read."""
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen(command, env=os.environ | environment, **pipes)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _said(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    return next(line for line in process.stdout if words in line)


class Bare:
    """websockets and nothing else."""

    name = "bare"

    @contextmanager
    def serving(self, fsync: str) -> Iterator[tuple[int, psutil.Process]]:
        with running(sys.executable, "-c", BARE) as process:
            yield int(_said(process, "port").split()[1]), psutil.Process(process.pid)

    def client(self, port: int, room: str) -> Client:
        return Client(port, f"/{room}", [], b"joined")

    def wrap(self, room: str, payload: bytes) -> bytes:
        return payload


class Ours:
    """A gateway with its Redis and history; with `apart` the recorder is a process of its own."""

    name = "collab"
    member = Client

    def __init__(self, apart: bool = False, *options: str) -> None:
        self.apart, self.options = apart, options

    @contextmanager
    def serving(self, fsync: str) -> Iterator[tuple[int, psutil.Process]]:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            path, keys = Path(folder, "redis.sock"), Path(folder, "keys")
            settings = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
            redis = stack.enter_context(
                running("redis-server", *settings, "--appendonly", "yes", "--appendfsync", fsync)
            )
            access = Access(keys)
            self.tokens = iter([access.token("acme", f"a{n}", lasts_s=3600) for n in range(6000)])
            self.lead = access.token("acme", "lead", "team_lead", lasts_s=3600)
            while not path.exists():
                redis.poll()
            places = ["--stream", f"unix://{path}", "--history", str(Path(folder, "h"))]
            if self.apart:
                _said(stack.enter_context(running(COLLAB, "recorder", *places)), "are ours")
            options = [
                "--no-http",
                "--ws-port",
                "0",
                "--address",
                "127.0.0.1",
                "--rate",
                "1000000",
                *places,
                *self.options,
            ]
            gateway = stack.enter_context(running(COLLAB, "gateway", *options, COLLAB_KEYS=str(keys)))
            port = int(_said(gateway, "ws://").partition("127.0.0.1:")[2].split()[0])
            yield port, psutil.Process(gateway.pid)

    def client(self, port: int, room: str) -> Client:
        asks: list[dict[str, Any]] = [
            {"do": "hello", "id": 0, "token": next(self.tokens)},
            {"do": "create_room", "id": 1, "room": room, "name": room},
            {"do": "join", "id": 2, "room": room},
        ]
        return self.member(port, "/", [json.dumps(ask).encode() for ask in asks], b'"re":2')

    def wrap(self, room: str, payload: bytes) -> bytes:
        return b'{"do":"send","id":3,"room":"%s","text":"%s"}' % (room.encode(), payload)


async def joined(server: Any, port: int, rooms: list[str], width: int = 25) -> list[Client]:
    """Members in these rooms, so many handshakes at a time."""
    gate = asyncio.Semaphore(width)

    async def one(room: str) -> Client:
        async with gate:
            made = server.client(port, room)
            await asyncio.get_running_loop().create_connection(lambda: made, "127.0.0.1", port)
            await asyncio.wait_for(made.ready, 60)
            return made

    return list(await asyncio.gather(*map(one, rooms)))


async def say(server: Any, senders: list[tuple[Client, str]], rate: float, count: int, fill: bytes = FILL) -> None:
    """Send at fixed times, whatever comes back."""
    start = monotonic() + 0.005
    for number in range(count):
        wait = start + number / rate - monotonic()
        await asyncio.sleep(max(0.0, wait) if wait > 0 or number % 8 == 0 else 0)
        member, room = senders[number % len(senders)]
        member.send(server.wrap(room, b"~%016x%08x" % (monotonic_ns(), number) + fill))


async def settled(members: list[Client], count: int, patience_s: float = 2.0) -> bool:
    """Wait until all have so many arrivals, or nothing more comes."""
    seen, since = -1, monotonic()
    while monotonic() - since < patience_s:
        now = sum(len(member.arrived) for member in members)
        if now >= count * len(members):
            return True
        if now != seen:
            seen, since = now, monotonic()
        await asyncio.sleep(0.01)
    return False


def used_s(process: psutil.Process) -> float:
    """Seconds of processor time so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
