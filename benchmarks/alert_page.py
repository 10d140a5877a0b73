"""How long after a condition has become true its alert is on an open page, beside the card that shows the condition.

    python benchmarks/alert_page.py [--times 60]

A whole dashboard is served and opened in Chromium. Again and again an agent gets the one lead that they can hold, so
that a rule without a time to wait fires, and the lead is closed when the sign above the tabs has come. Taken is the
time from the assignment's event to the first frame of the page that has the agent's card full (the limit: any change
that is pushed) and to the first that has the sign.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import panel as pn
from _history import TENANT
from playwright.sync_api import Page, sync_playwright
from slider import FLAGS, free_port

from collab.cli.options import leave
from collab.office import Office
from collab.records import Lead
from collab.views.page import page as dashboard
from collab.views.socket import prepare

WARM_UP = 5
TIMEOUT_MS = 10_000
RULES = "rules:\n  - {name: full, kind: overload, fire: 1, clear: 0, severity: high}\n"
CARD, SIGN = "100 % used", "is at 100%"
WAIT = """
([texts, there, timeout]) => new Promise(done => {
  const has = (root, text) => {
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot && has(e.shadowRoot, text)) return true;
      if (!e.children.length && e.textContent.includes(text) && e.checkVisibility()) return true;
    }
    return false;
  };
  const found = {}, begun = performance.now();
  const look = () => {
    for (const text of texts) if (!(text in found) && has(document.body, text) === there) found[text] = Date.now();
    if (Object.keys(found).length === texts.length || performance.now() - begun > timeout) done(found);
    else requestAnimationFrame(look);
  };
  look();
})
"""


def waiting(page: Page, there: bool) -> object:
    """A promise of when card and sign are there, or are gone, in milliseconds since 1970."""
    return page.evaluate_handle(f"(given) => ({{promise: ({WAIT})(given)}})", [[CARD, SIGN], there, TIMEOUT_MS])


def ended(page: Page, wait: object) -> dict[str, float]:
    """What a promise has become.

    Raises:
        RuntimeError: card or sign did not come, or go, within ten seconds.
    """
    found: dict[str, float] = page.evaluate("(waiting) => waiting.promise", wait)
    if missed := {CARD, SIGN} - set(found):
        raise RuntimeError(f"within {TIMEOUT_MS} ms the page did not follow: {', '.join(missed)}")
    return found


def seen(office: Office, url: str, times: int) -> dict[str, list[float]]:
    """Milliseconds until the card, and until the sign."""
    desk = office.desk
    assert desk is not None
    taken: dict[str, list[float]] = {CARD: [], SIGN: []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        page.get_by_text("0 % used").first.wait_for()
        for number in range(times + WARM_UP):
            coming = waiting(page, True)
            lead = f"l{number}"
            decision = office.call(desk.route_lead(Lead(id=lead, name="Zoe Park"))).result()
            for text, ms in ended(page, coming).items():
                taken[text].append(ms - decision.time.timestamp() * 1000)
            going = waiting(page, False)
            office.call(desk.close_lead(lead, "ana", converted=True)).result()
            ended(page, going)
        browser.close()
    return {text: found[WARM_UP:] for text, found in taken.items()}


def main(times: int) -> None:
    """Serve, overload, print."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "rules.yaml")
        rules.write_text(RULES)
        office = Office(history=str(Path(folder, "history")), tenant=TENANT, rules=str(rules)).start()
        assert office.desk is not None
        office.call(office.desk.add_agent("ana", "Ana", capacity=1)).result()
        office.call(office.desk.set_presence("ana", "available")).result()
        prepare()
        server = pn.serve(
            {"dashboard": lambda: dashboard(office)},
            port=port,
            show=False,
            threaded=True,
            websocket_origin=[f"127.0.0.1:{port}"],
        )
        found = seen(office, f"http://127.0.0.1:{port}/dashboard", times)
        server.stop()
        office.stop()
    limit = float(np.median(found[CARD]))
    for text, ms in found.items():
        p50, p95 = np.percentile(ms, [50, 95])
        print(f"{text:14} p50 {p50:6.0f} ms   p95 {p95:6.0f} ms   {p50 / limit:4.1f} x the card   ({len(ms)} times)")
    print(f"goal: the alert is on screen within 1 s (p95): {'met' if p95 <= 1000 else 'missed'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=60)
    main(parser.parse_args().times)
    leave()
