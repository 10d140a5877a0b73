"""How long after a change its pixels are on the screen, beside the same page in Streamlit.

    python benchmarks/pixels.py [--viewers 1 20] [--rate 10] [--seconds 20] [--kinds collab streamlit]

A team of eight changes ten times a second: a presence nine times, with its moment as the reason, and a lead once. The
dashboard's Team tab shows it by pushes; Streamlit, whose fragment runs every second, shows the same HTML of tiles and
cards, a table and a chart. Each server is a process of its own. Of one page in Chromium the time from just before the
command to the frame after the card's text has changed is taken, for every change, also of those that the page skipped.
Further viewers hear and answer as browsers do and draw nothing, as theirs would on other machines. MiB until a page is
usable are those over the wire, the browser's cache being empty. Streamlit has to be installed (`pip install
streamlit`); without it only the dashboard is measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
from bisect import bisect_left
from time import perf_counter

import numpy as np
import psutil
from _pages import READY_S, served
from playwright.sync_api import Browser, Page, sync_playwright
from push import Viewer
from slider import FLAGS, free_port

KINDS = ("collab", "streamlit")
GOALS_MS = {1: 20.0, 20: 100.0}
WATCH = """
() => {
  window.seen = [];
  const roots = new WeakSet(), channel = new MessageChannel();
  let newest = 0, waiting = false;
  channel.port1.onmessage = () => {
    waiting = false;
    window.seen.push([newest, performance.timeOrigin + performance.now()]);
  };
  const look = (root) => {
    let found = newest;
    for (const e of root.querySelectorAll(".where")) {
      const stamp = /at ([0-9.]+)/.exec(e.textContent);
      if (stamp) found = Math.max(found, +stamp[1]);
    }
    if (found > newest) {
      newest = found;
      if (!waiting) { waiting = true; requestAnimationFrame(() => channel.port2.postMessage(0)); }
    }
  };
  const watch = (root) => {
    if (!roots.has(root)) {
      roots.add(root);
      new MutationObserver(() => look(root)).observe(root, {childList: true, subtree: true, characterData: true});
    }
    for (const e of root.querySelectorAll("*")) if (e.shadowRoot) watch(e.shadowRoot);
  };
  watch(document.body);
}
"""


def opened(browser: Browser, url: str) -> tuple[Page, float, int]:
    """A page on which the cards are, and how many seconds and octets that took."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    wire, octets = page.context.new_cdp_session(page), [0]

    def came(number: float) -> None:
        octets[0] += int(number)

    wire.on("Network.loadingFinished", lambda event: came(event["encodedDataLength"]))
    wire.on("Network.webSocketFrameReceived", lambda event: came(len(event["response"]["payloadData"])))
    wire.send("Network.enable")
    begun = perf_counter()
    page.goto(url)
    page.locator(".where").filter(has_text=" at 1").first.wait_for(timeout=120_000)
    taken = perf_counter() - begun
    wire.detach()
    return page, taken, octets[0]


def watched(page: Page, server: psutil.Process, seconds: float) -> tuple[list[list[float]], float]:
    """The newest moment that is shown and when it was, of each change of the page; and the server's seconds of CPU."""
    page.wait_for_timeout(2000)  # what opening left to do
    page.evaluate(WATCH)
    before = server.cpu_times()
    page.wait_for_timeout(1000 * seconds)
    after = server.cpu_times()
    return page.evaluate("() => window.seen"), after.user + after.system - before.user - before.system


def behind(stamps: list[float], seen: list[list[float]]) -> list[float]:
    """How many milliseconds after each change the page was as new, or newer."""
    newest = [stamp for stamp, _ in seen]
    within = [stamp for stamp in stamps if newest and newest[0] <= stamp <= newest[-1]]
    return [seen[bisect_left(newest, stamp - 0.05)][1] - stamp for stamp in within]


def further(kind: str, url: str) -> Viewer:
    """One more viewer, who draws nothing."""
    if kind == "collab":
        return Viewer(url)
    from _streamed import Streamed

    return Streamed(url)


def measured(kind: str, viewers: int, rate: float, seconds: float) -> dict[str, float]:
    """The figures of one server with so many viewers."""
    port = free_port()
    with served(kind, port, rate) as (server, log), sync_playwright() as playwright:
        url = f"http://127.0.0.1:{port}/{'dashboard' if kind == 'collab' else ''}"
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page, usable_s, octets = opened(browser, url)
        first = server.memory_full_info().uss
        for _ in range(viewers - 1):
            other = further(kind, url)
            other.start()
            other.ready.wait(READY_S)
        seen, cpu_s = watched(page, server, seconds)
        held = server.memory_full_info().uss
        browser.close()
        stamps = [float(line) for line in log.read_text().split()]
    late = behind(stamps, seen) or [float("nan")]
    p50, p95 = np.percentile(late, [50, 95])
    each = (held - first) / max(1, viewers - 1) / 2**20
    shown = {"p50": p50, "p95": p95, "n": len(late), "cores": cpu_s / seconds, "usable_s": usable_s, "octets": octets}
    return shown | {"held_mib": held / 2**20, "viewer_mib": each}


def main(viewers: list[int], kinds: list[str], rate: float, seconds: float) -> None:
    """Serve, watch, print."""
    if importlib.util.find_spec("streamlit") is None and "streamlit" in kinds:
        print("Streamlit is not installed (`pip install streamlit`): there is nothing to compare with")
        kinds = [kind for kind in kinds if kind != "streamlit"]
    for count in viewers:
        found = {kind: measured(kind, count, rate, seconds) for kind in kinds}
        for kind, of in found.items():
            print(
                f"{kind:9} {count:3} viewers   p50 {of['p50']:7.1f} ms   p95 {of['p95']:7.1f} ms   (n {of['n']})   "
                f"{of['cores'] / count:.4f} cores a viewer   {of['held_mib']:.0f} MiB, {of['viewer_mib']:.1f} more a "
                f"viewer   usable after {of['usable_s']:.2f} s and {of['octets'] / 2**20:.1f} MiB",
                flush=True,
            )
        if (goal := GOALS_MS.get(count)) and "collab" in found:
            ours = found["collab"]["p95"]
            print(f"goal: p95 at most {goal:.0f} ms with {count}: {'met' if ours <= goal else 'missed'}")
        if len(found) == 2:
            ours, peer = (found[kind] for kind in KINDS)
            print(f"of Streamlit's: p95 {ours['p95'] / peer['p95']:.3f}, CPU {ours['cores'] / peer['cores']:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    args = parser.parse_args()
    main(args.viewers, args.kinds, args.rate, args.seconds)
