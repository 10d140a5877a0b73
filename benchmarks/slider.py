"""How long a move of a slider takes until the page shows its numbers, with 100,000 decisions in the history.

    python benchmarks/slider.py [--decisions 100000] [--moves 80] [--viewers 1]

The history is written by the recorder's own writer, from decisions of 8 candidates that the real router made; of more
than 100,000, the others are copies of their candidates. The whole dashboard over it is served beside the limit: a bare
Bokeh slider whose server callback changes 8 bars and a text. In both, a key is pressed on the slider in Chromium, and
the page measures from the key to the frame in which the text has changed and a plot was drawn. Further viewers have the
dashboard open meanwhile, each on the same tab.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import tempfile
from pathlib import Path

import numpy as np
import panel as pn
from _history import TENANT, fill
from bokeh.models import ColumnDataSource, Div, Slider
from bokeh.plotting import figure
from playwright.sync_api import Locator, Page, sync_playwright

from collab.cli.options import leave
from collab.office import Office
from collab.views.page import page as dashboard
from collab.views.socket import prepare

WARM_UP = 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
TIMEOUT_MS = 3000
GOALS_MS = (100, 250)
COUNT_DRAWING = """
for (const name of ["fill", "fillRect"]) {
  const draws = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function(...given) { window.drawn = performance.now();
    return draws.apply(this, given); };
}
"""
MEASURE = """
([selector, timeout]) => new Promise(done => {
  const find = root => { for (const e of root.querySelectorAll('*')) {
    if (e.matches(selector)) return e.getRootNode();
    if (e.shadowRoot) { const found = find(e.shadowRoot); if (found) return found; } } };
  const home = find(document);
  const text = () => home.querySelector(selector)?.textContent;
  const before = text();
  let start = null, changed = null;
  const look = () => { const now = performance.now();
    if (changed === null && text() !== before) changed = now;
    if (changed !== null && window.drawn > start) done(now - start);
    else if (now - start > timeout) done(null);
    else requestAnimationFrame(look); };
  document.addEventListener('keydown', () => { start = performance.now(); requestAnimationFrame(look); },
    {once: true, capture: true});
})
"""


def bare() -> pn.Column:
    """The limit: a slider, a server callback, eight bars and a text."""
    source = ColumnDataSource({"x": list(range(8)), "y": [0.5] * 8})
    plot = figure(height=300, y_range=(0, 1))
    plot.vbar(x="x", top="y", source=source, width=0.8)
    slider, said = Slider(start=0, end=1, step=0.01, value=0.3), Div(text="<b class='shown'>0.3</b>")

    def moved(name: str, old: float, new: float) -> None:
        source.data = {"x": list(range(8)), "y": [new] * 8}
        said.text = f"<b class='shown'>{new}</b>"

    slider.on_change("value", moved)
    return pn.Column(slider, plot, said)


def moves(page: Page, slider: Locator, shown: str, count: int) -> list[float]:
    """Milliseconds of so many moves, back and forth.

    Raises:
        RuntimeError: a move changed nothing within three seconds.
    """
    found = []
    for number in range(count + WARM_UP):
        slider.focus()
        key = "ArrowRight" if number % 40 < 20 else "ArrowLeft"
        waiting = page.evaluate_handle(f"(given) => ({{promise: ({MEASURE})(given)}})", [shown, TIMEOUT_MS])
        page.keyboard.press(key)
        found.append(page.evaluate("(waiting) => waiting.promise", waiting))
    if None in found:
        raise RuntimeError(f"{found.count(None)} of {len(found)} moves changed nothing within {TIMEOUT_MS} ms")
    return found[WARM_UP:]


def asking(page: Page, url: str) -> Page:
    """The dashboard on this page, with the What-if tab open and its first answer there."""
    page.goto(f"{url}/dashboard")
    page.get_by_role("tab", name="What-if").click()
    page.locator(".kpi b").filter(has_text="0 of").wait_for(timeout=120_000)
    return page


def seen(url: str, count: int, viewers: int) -> dict[str, list[float]]:
    """What the moves took, on the bare page and on the dashboard."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(COUNT_DRAWING)
        page.goto(f"{url}/bare")
        bare_ms = moves(page, page.locator(".noUi-handle"), ".shown", count)
        for _ in range(viewers - 1):
            asking(browser.new_page(viewport={"width": 1280, "height": 900}), url)
        asking(page, url)
        dashboard_ms = moves(page, page.get_by_role("slider", name="Expertise"), ".kpi b", count)
        browser.close()
    return {"bare": bare_ms, "dashboard": dashboard_ms}


def main(decisions: int, count: int, viewers: int) -> None:
    """Fill, serve, move, print."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), decisions)
        office = Office(history=folder, tenant=TENANT).start()
        prepare()
        apps = {"dashboard": lambda: dashboard(office), "bare": bare}
        server = pn.serve(apps, port=port, show=False, threaded=True, websocket_origin=[f"127.0.0.1:{port}"])
        found = seen(f"http://127.0.0.1:{port}", count, viewers)
        server.stop()
        office.stop()
    limit = float(np.median(found["bare"]))
    for name, ms in found.items():
        p50, p95 = np.percentile(ms, [50, 95])
        print(f"{name:9} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   {p50 / limit:4.1f} x bare   ({len(ms)} moves)")
    goal = GOALS_MS[viewers > 1]
    met = "met" if p95 <= goal else "missed"
    print(f"goal: p95 at most {goal} ms with {decisions:,} decisions and {viewers} viewers: {met}")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--moves", type=int, default=80)
    parser.add_argument("--viewers", type=int, default=1)
    given = parser.parse_args()
    main(given.decisions, given.moves, given.viewers)
    leave()
