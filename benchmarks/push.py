"""How long a change of the team takes to an open page's socket, beside a bare Panel text that changes as often.

    python benchmarks/push.py [--rate 40] [--seconds 10] [--viewers 1]

The dashboard is served by a process of its own, and its team changes 40 times a second; the limit is a `StaticText`
whose value a periodic callback sets, on a socket without Nagle's algorithm. Both are read by clients that talk back
as browsers do, but draw nothing. Taken is the time from just before the command to the first message that has its
moment, for each change that came in a message of its own or as the newest of one.
"""

from __future__ import annotations

import argparse
import re
import threading
from contextlib import suppress
from time import monotonic, time
from urllib.request import urlopen

import numpy as np
import psutil
from _pages import served
from slider import free_port
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

STAMP = re.compile(r"at ([0-9]{13}\.[0-9])")
PAINTED = re.compile(r'"panel\.models\.esm\.ReactiveESM","id":"(p\d+)","attributes":{"name":"Painted"')
SEEN = re.compile(r'"name":"Seen\d+","id":"(p\d+)"')
TOKEN = re.compile(r'"token":\s*"([^"]+)"')
GOAL_MS = 5.0
SETTLE_S = 3.0


class Viewer(threading.Thread):
    """An open page that draws nothing: after `SETTLE_S` it notes how late each newest change is."""

    def __init__(self, url: str, seconds: float = 3600) -> None:
        super().__init__(daemon=True)
        self.ready = threading.Event()
        self.late: list[float] = []
        self.octets, self._url, self._seconds = 0, url, seconds

    def run(self) -> None:
        """Open, pull, ping, read, until the time is over or the server has ended."""
        with suppress(ConnectionClosed):
            self._read()

    def _read(self) -> None:
        token = TOKEN.search(urlopen(self._url, timeout=30).read().decode())[1]
        at, newest = f"{self._url.replace('http', 'ws')}/ws", 0.0
        origin = self._url.rsplit("/", 1)[0]
        with connect(at, subprotocols=["bokeh", token], compression=None, origin=origin, max_size=2**26) as socket:
            begun, asked, end = None, False, monotonic() + 120
            while monotonic() < end:
                message = socket.recv(timeout=30)
                now = time() * 1000
                if isinstance(message, bytes):
                    continue
                if '"ACK"' in message:
                    self._say(socket, '{"msgid":"1","msgtype":"PULL-DOC-REQ"}')
                if '"PULL-DOC-REPLY"' in message:
                    asked = True
                elif asked and message.startswith('{"doc"'):
                    asked = False
                    self._ready(socket, PAINTED.findall(message), SEEN.findall(message))
                    self.ready.set()
                    begun = monotonic() + SETTLE_S
                    end = begun + self._seconds
                if found := STAMP.findall(message):
                    socket.ping()
                    stamp = max(map(float, found))
                    if stamp > newest and begun and monotonic() > begun:
                        self.late.append(now - stamp)
                    newest = max(newest, stamp)
                if begun and monotonic() > begun:
                    self.octets += len(message)

    def _say(self, socket: object, header: str, content: str = "{}") -> None:
        for part in (header, "{}", content):
            socket.send(part)

    def _ready(self, socket: object, painted: list[str], below: list[str]) -> None:
        """Say what a browser says of a page at its top: it is there, its pieces ask, what is below is not seen."""
        self._told(socket, "document_ready", "")
        for model in painted:
            self._told(socket, "data_event", f'["model",{{"id":"{model}"}}],["data","all"]')
        for model in below:
            self._patch(socket, f'{{"kind":"ModelChanged","model":{{"id":"{model}"}},"attr":"seen","new":false}}')

    def _told(self, socket: object, name: str, values: str) -> None:
        event = f'{{"type":"event","name":"{name}","values":{{"type":"map","entries":[{values}]}}}}'
        self._patch(socket, f'{{"kind":"MessageSent","msg_type":"bokeh_event","msg_data":{event}}}')

    def _patch(self, socket: object, event: str) -> None:
        self._say(socket, '{"msgid":"2","msgtype":"PATCH-DOC"}', f'{{"events":[{event}]}}')


def measured(kind: str, rate: float, seconds: float, viewers: int) -> dict[str, float]:
    """The figures of one server."""
    port = free_port()
    with served(kind, port, rate) as (server, _):
        pages = [Viewer(f"http://127.0.0.1:{port}/dashboard", seconds) for _ in range(viewers)]
        for page in pages:
            page.start()
        before, begun = _cpu(server), monotonic()
        for page in pages:
            page.join()
        cores = (_cpu(server) - before) / (monotonic() - begun)
    late = [ms for page in pages for ms in page.late]
    p50, p95 = np.percentile(late, [50, 95])
    each = sum(page.octets for page in pages) / viewers / seconds
    return {"p50": p50, "p95": p95, "n": len(late), "cores": cores / viewers, "octets": each}


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return times.user + times.system


def main(rate: float, seconds: float, viewers: int) -> None:
    """Serve, read, print."""
    found = {kind: measured(kind, rate, seconds, viewers) for kind in ("bare", "collab")}
    for kind, of in found.items():
        print(
            f"{kind:7} {viewers:3} viewers   p50 {of['p50']:6.2f} ms   p95 {of['p95']:6.2f} ms   "
            f"{of['p50'] / found['bare']['p50']:4.1f} x bare   (n {of['n']})   {of['cores']:.3f} cores a viewer   "
            f"{of['octets'] / 1024:.1f} KiB/s a viewer"
        )
    print(f"goal: p50 at most {GOAL_MS:.0f} ms: {'met' if found['collab']['p50'] <= GOAL_MS else 'missed'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=40)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--viewers", type=int, default=1)
    given = parser.parse_args()
    main(given.rate, given.seconds, given.viewers)
