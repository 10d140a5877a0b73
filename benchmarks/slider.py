"""How long a move of a slider takes until the page shows its numbers, with 100,000 decisions in the history.

    python benchmarks/slider.py [--decisions 100000] [--moves 80]

The history is written by the recorder's own writer, from decisions of 8 candidates that the real router made. Its
what-if is served beside the limit: a bare Bokeh slider whose server callback changes 8 bars and a text. In both, a key
is pressed on the slider in Chromium, and the page measures from the key to the frame in which its text has changed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import socket
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, Div, Slider
from bokeh.plotting import figure
from msgspec.structs import replace
from playwright.sync_api import Page, sync_playwright

from collab import History, WhatIf
from collab.events import AgentJoined, Entry, LeadAssigned, PresenceChanged
from collab.factors import Sheet
from collab.history.folder import Folder
from collab.history.writer import Writer
from collab.records import Lead, Presence
from collab.routing import decide
from collab.team import Team, fold
from collab.views.socket import send_at_once
from collab.views.whatif import WhatIfView

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
MEASURE = """
([selector, key]) => new Promise(done => {
  const all = (root, found = []) => { for (const e of root.querySelectorAll('*')) {
    if (e.matches(selector)) found.push(e); if (e.shadowRoot) all(e.shadowRoot, found); } return found; };
  const text = () => all(document).map(e => e.textContent).join();
  const before = text();
  let start = null;
  const look = () => { const now = performance.now();
    if (text() !== before) done(now - start); else if (now - start > 3000) done(null);
    else requestAnimationFrame(look); };
  document.addEventListener('keydown', () => { start = performance.now(); requestAnimationFrame(look); },
    {once: true, capture: true});
})
"""


def team(chance: random.Random) -> Team:
    """Eight agents with drawn skills, all available."""
    events = []
    for agent in (f"agent-{number}" for number in range(8)):
        skills = {f"location:{place}": chance.random() for place in "abcdefgh"}
        events.append(AgentJoined(id=f"j{agent}", time=START, agent=agent, name=agent, skills=skills, capacity=9))
        events.append(PresenceChanged(id=f"p{agent}", time=START, agent=agent, presence=Presence.available))
    return fold(Entry(seq, "bench", event) for seq, event in enumerate(events, 1))


def fill(folder: Path, decisions: int) -> None:
    """Write so many decisions, made by the router on a team whose loads are drawn anew each time."""
    chance = random.Random(1)
    base, sheet = team(chance), Sheet()
    writer = Writer(Folder(str(folder)), 0, compact_every=1000)
    writer.open()
    batch: list[Entry] = []
    for number in range(1, decisions + 1):
        busy = {name: replace(agent, leads=("x",) * chance.randint(0, 8)) for name, agent in base.agents.items()}
        sheet.refresh(Team(agents=busy))
        lead = Lead(id=f"L-{number}", name="Zoe", location=chance.choice("abcdefgh"))
        time = START + timedelta(seconds=number)
        decision = decide(lead, sheet, time, base.weights)
        batch.append(Entry(number, "bench", LeadAssigned(id=f"d{number}", time=time, decision=decision)))
        if len(batch) == 5000 or number == decisions:
            writer.write(batch)
            batch = []
    writer.close()


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


def moves(page: Page, slider: str, shown: str, count: int) -> list[float]:
    """Milliseconds of so many moves, back and forth."""
    found = []
    for number in range(count + 5):
        page.locator(slider).nth(1 if "slider" in slider else 0).focus()
        key = "ArrowRight" if number % 40 < 20 else "ArrowLeft"
        waiting = page.evaluate_handle(f"(given) => ({{promise: ({MEASURE})(given)}})", [shown, key])
        page.keyboard.press(key)
        found.append(page.evaluate("(waiting) => waiting.promise", waiting))
    return [ms for ms in found[5:] if ms is not None]


def main(decisions: int, count: int) -> None:
    """Fill, serve, move, print."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        fill(Path(folder), decisions)
        what_if = WhatIf(History(folder, "bench"))
        send_at_once()
        pn.extension()
        apps = {"whatif": lambda: WhatIfView(what_if), "bare": bare}
        server = pn.serve(apps, port=port, show=False, threaded=True, websocket_origin=[f"127.0.0.1:{port}"])
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            seen = {}
            for name, slider, shown in (("bare", ".noUi-handle", ".shown"), ("whatif", "input[type=range]", ".kpi b")):
                page.goto(f"http://127.0.0.1:{port}/{name}")
                page.locator(shown).first.wait_for()
                seen[name] = moves(page, slider, shown, count)
            browser.close()
        server.stop()
    limit = float(np.median(seen["bare"]))
    for name, found in seen.items():
        p50, p95 = np.percentile(found, [50, 95])
        print(f"{name:7} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   {p50 / limit:4.1f} x bare   ({len(found)} moves)")
    print(f"goal: p95 at most 100 ms with {decisions:,} decisions: {'met' if p95 <= 100 else 'missed'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--moves", type=int, default=80)
    given = parser.parse_args()
    main(given.decisions, given.moves)
