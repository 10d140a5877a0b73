"""How long the browser is kept from anything else by 200 agents and 5,000 messages on screen, in patches and scrolling.

    python benchmarks/many.py [--agents 200] [--messages 5000] [--seconds 15]

A dashboard with all cards is open in Chromium while ten presences a second change, first still and then scrolled by a
wheel; then a room of which all messages are loaded, while five words a second are said, still and scrolled. Taken are
the tasks of the main thread that last longer than 50 ms, which the browser reports as long ones, and the longest.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from concurrent.futures import Future
from pathlib import Path

import panel as pn
from playwright.sync_api import Page, sync_playwright
from slider import FLAGS, free_port

from collab.cli.options import leave
from collab.office import Office
from collab.records import Presence
from collab.views.board import Board
from collab.views.page import page as dashboard
from collab.views.rooms import RoomsView
from collab.views.socket import prepare

GOAL_MS = 50
WATCH = """
() => {
  window.long = [];
  new PerformanceObserver((list) => list.getEntries().forEach((one) => window.long.push(one.duration)))
    .observe({type: "longtask"});
}
"""
TO_TOP = """
() => {
  const find = (root) => { for (const e of root.querySelectorAll("*")) {
    if (e.matches(".log")) return e;
    if (e.shadowRoot) { const found = find(e.shadowRoot); if (found) return found; } } };
  const log = find(document);
  log.scrollTop = 0;
  return log.querySelectorAll(".msg").length;
}
"""


async def present(office: Office, agents: int) -> None:
    """Change presences, ten a second, until it is cancelled."""
    desk, number = office.desk, 0
    assert desk is not None
    while True:
        number += 1
        kind = (Presence.available, Presence.busy)[number // agents % 2]
        await desk.set_presence(f"a{number % agents}", kind, f"the {number}th")
        await asyncio.sleep(0.1)


async def talk(office: Office) -> None:
    """Say five words a second, until it is cancelled."""
    desk, number = office.desk, 0
    assert desk is not None
    while True:
        number += 1
        await desk.send_message("main", "ana", f"Live {number}")
        await asyncio.sleep(0.2)


async def fill(office: Office, agents: int, messages: int) -> None:
    """Put agents on the roster and messages into a room."""
    desk = office.desk
    assert desk is not None
    for number in range(agents):
        await desk.add_agent(f"a{number}", f"Agent {number}", capacity=5)
        await desk.set_presence(f"a{number}", Presence.available)
    await desk.create_room("main", "Main", by="ana")
    await desk.rooms.join("main", "bo")
    for number in range(messages):
        await desk.send_message("main", "ana", f"Message {number} of a long talk about condos and houses")


def taken(page: Page, seconds: float, wheel: bool) -> list[float]:
    """The long tasks of so many seconds, in milliseconds; with a wheel that scrolls up and down meanwhile."""
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    for number in range(int(10 * seconds)):
        if wheel:
            page.mouse.wheel(0, 400 if number // 10 % 2 else -400)
        page.wait_for_timeout(100)
    found: list[float] = page.evaluate("() => window.long")
    return found


def told(name: str, found: list[float]) -> None:
    """Print what was taken."""
    longest = max(found, default=0)
    said = f"longest {longest:.0f} ms" if found else f"none over {GOAL_MS} ms"
    print(f"{name:34} {len(found):4} long tasks, {said}: {'met' if not found else 'missed'}", flush=True)


def watched(page: Page, url: str, office: Office, given: argparse.Namespace) -> None:
    """Open both pages, one after the other, and print."""
    page.goto(f"{url}/dashboard")
    page.get_by_role("button", name=f"Show all {given.agents} cards").click(timeout=120_000)
    page.get_by_text(f"Agent {given.agents - 1}", exact=True).first.wait_for(timeout=120_000)
    work: Future[None] = office.call(present(office, given.agents))
    page.mouse.move(640, 450)
    told(f"{given.agents} cards, patches", taken(page, given.seconds, False))
    told(f"{given.agents} cards, patches and scrolling", taken(page, given.seconds, True))
    work.cancel()
    page.goto(f"{url}/rooms")
    page.get_by_text(f"Message {given.messages - 1} ").wait_for(timeout=120_000)
    while (there := page.evaluate(TO_TOP)) < given.messages:
        page.wait_for_function(f"({TO_TOP})() > {there}", timeout=30_000)
    work = office.call(talk(office))
    told(f"{there} messages, patches", taken(page, given.seconds, False))
    told(f"{there} messages, patches and scrolling", taken(page, given.seconds, True))
    work.cancel()


def main(given: argparse.Namespace) -> None:
    """Fill, serve, watch."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        office = Office(history=str(Path(folder, "history")), tenant="many").start()
        office.call(fill(office, given.agents, given.messages)).result()
        prepare()
        apps = {"dashboard": lambda: dashboard(office), "rooms": lambda: RoomsView(Board(office), me="bo")}
        server = pn.serve(apps, port=port, show=False, threaded=True, websocket_origin=[f"127.0.0.1:{port}"])
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            watched(page, f"http://127.0.0.1:{port}", office, given)
            browser.close()
        server.stop()
        office.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=15)
    main(parser.parse_args())
    leave()
