"""What open pages hold, of the server's memory and of the browser's heap, and whether it is given back.

    python benchmarks/soak.py [--minutes 10] [--viewers 4] [--rate 10] [--rounds 6]

The dashboard is served by a process of its own while its team changes ten times a second. Pages are opened in Chromium,
and the server's own memory (USS) and each page's JavaScript heap, after a collection, are taken every half minute. Then
the pages are closed, and the server's memory is taken for another minute. The same team without pages, for as long in
the same run, is the limit: what it grows by is not the pages'. Then as many are opened and closed, round by round: what
the system does not get back is there for the next, or it is not.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from time import monotonic, sleep

import numpy as np
import psutil
from _pages import served
from pixels import opened
from playwright.sync_api import Browser, Page, sync_playwright
from slider import FLAGS, free_port

EVERY_S = 30.0
WARM_UP_S = 60.0
GONE_S = 40.0
"""After so long the server has given a closed page's session back."""

MIB = 2**20


def held(server: psutil.Process) -> float:
    """The server's own memory in MiB."""
    return float(server.memory_full_info().uss) / MIB


def heap(page: Page) -> float:
    """A page's heap in MiB, after a collection."""
    talk = page.context.new_cdp_session(page)
    talk.send("HeapProfiler.collectGarbage")
    used = float(talk.send("Runtime.getHeapUsage")["usedSize"]) / MIB
    talk.detach()
    return used


def ticks(minutes: float) -> Iterator[float]:
    """Minutes since the first tick, twice a minute."""
    begun = monotonic()
    while (now := monotonic() - begun) <= 60 * minutes:
        yield now / 60
        sleep(EVERY_S - now % EVERY_S)


def slope(found: list[tuple[float, float]], minutes: float) -> float:
    """By how many MiB a straight line through what was found rises in so many minutes, the first minute left out."""
    late = [(at, mib) for at, mib in found if 60 * at >= WARM_UP_S]
    return float(np.polyfit(*np.array(late).T, 1)[0]) * minutes if len(late) > 1 else float("nan")


def alone(minutes: float, rate: float) -> float:
    """By how many MiB the server grows without pages."""
    with served("collab", free_port(), rate) as (server, _):
        return slope([(at, held(server)) for at in ticks(minutes)], minutes)


def rounds(browser: Browser, url: str, server: psutil.Process, viewers: int, count: int) -> Iterator[float]:
    """The server's memory each time that so many pages were opened and closed."""
    for _ in range(count):
        for page in [opened(browser, url)[0] for _ in range(viewers)]:
            page.close()
        sleep(GONE_S)
        yield held(server)


def main(minutes: float, viewers: int, rate: float, again: int) -> None:
    """Serve, open, wait, close, print."""
    port = free_port()
    with served("collab", port, rate) as (server, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        url = f"http://127.0.0.1:{port}/dashboard"
        first = opened(browser, url)[0]
        first.close()
        before = held(server)
        pages = [opened(browser, url)[0] for _ in range(viewers)]
        memory, heaps = [], []
        for at in ticks(minutes):
            memory.append((at, held(server)))
            heaps.append((at, float(np.mean([heap(page) for page in pages]))))
            print(f"  {at:5.1f} min   server {memory[-1][1]:7.1f} MiB   heap {heaps[-1][1]:6.1f} MiB", flush=True)
        for page in pages:
            page.close()
        after = [held(server) for _ in ticks(1)]
        found = list(rounds(browser, url, server, viewers, again))
        browser.close()
    grown, without, risen = slope(memory, minutes), alone(minutes, rate), slope(heaps, minutes)
    each = (memory[0][1] - before) / viewers
    print(f"{viewers} pages hold {each:.1f} MiB each of the server's {memory[0][1]:.1f} MiB")
    print(f"  {after[0]:.1f} MiB when they closed, {after[-1]:.1f} MiB a minute later")
    print(f"  {viewers} opened and closed again, {again} times: {', '.join(f'{mib:.0f}' for mib in found)} MiB")
    print(f"  in {minutes:g} minutes: server {grown:+.1f} MiB, {without:+.1f} MiB without pages; heap {risen:+.2f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--viewers", type=int, default=4)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    main(given.minutes, given.viewers, given.rate, given.rounds)
