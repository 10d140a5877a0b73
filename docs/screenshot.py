"""Takes the pictures from a running dashboard: `python docs/screenshot.py [URL [NAME ...]]`, after `make serve`.

Without names all are taken: `what-if`, one for each tab (`tab-team`), one for each notebook that is served (`trend`).
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

URL = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:5006"
NAMES = sys.argv[2:]
HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
TABS = {
    "Team": "Agents here", "Alerts": "Rules", "Leads": "Newest assignments", "Chat": "You are", "What-if": "Expertise",
    "Tuning": "Expertise", "Analytics": "Over time", "Diagnostics": "parts",
}  # fmt: skip
"""The tabs, each with what is there once it is drawn."""

WINDOW = {"width": 1120, "height": 630}
"""What a small picture shows."""

WIDE = {"width": 1440, "height": 810}
"""The same for the Leads tab, which has all side by side from there on."""

WIDTH, HEIGHT, COLOURS = 720, 405, 48
"""The size of a small picture, and how many colours it has: it shall weigh little."""

SETTLED_MS = 4000
"""After so long what was drawn last stands still."""


def keep(shot: bytes, name: str) -> None:
    """Write a small picture."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    (HERE / "pictures").mkdir(exist_ok=True)
    picture.quantize(COLOURS).save(HERE / "pictures" / f"{name}.png", optimize=True)


def what_if(page: Page) -> None:
    """The README's large picture: a slider that was moved."""
    page.set_viewport_size({"width": 1280, "height": 980})
    page.goto(f"{URL}/?tab=what-if")
    page.get_by_text("would have gone to somebody else").wait_for()
    slider = page.get_by_role("slider").nth(1)
    slider.focus()
    for _ in range(30):
        slider.press("ArrowRight")
        page.wait_for_timeout(60)  # as fast as a hand
    page.get_by_text("0.60").first.wait_for()
    page.get_by_text("0.20").first.wait_for()  # the others have followed
    slider.blur()
    page.screenshot(path=HERE / "what-if.png")


def tab(page: Page, name: str) -> None:
    """A tab from its top."""
    page.get_by_role("tab", name=name).click()
    page.get_by_text(TABS[name]).locator("visible=true").first.wait_for()
    if name == "Chat":
        page.get_by_role("textbox", name="You are").fill("ana")
        page.get_by_role("button", name="Come in").click()
    page.set_viewport_size(WIDE if name == "Leads" else WINDOW)
    page.wait_for_timeout(SETTLED_MS)
    keep(page.screenshot(), f"tab-{name.lower()}")


def notebook(page: Page, name: str) -> None:
    """The largest plot of a notebook, else what else it shows, with what is around it."""
    page.goto(f"{URL}/{name}")
    page.get_by_text("All cells have run.").wait_for(timeout=300_000)
    page.wait_for_timeout(SETTLED_MS)
    shown = page.locator(".output").all()
    drawn = [one for one in shown if one.locator("canvas").count()]
    shown = drawn or shown
    largest = max(shown, key=lambda one: (one.bounding_box() or {"height": 0})["height"])
    largest.evaluate("one => one.scrollIntoView({block: 'start'}) || window.scrollBy(0, -80)")
    page.wait_for_timeout(1000)
    keep(page.screenshot(), name)


def wanted(name: str) -> bool:
    """Is this picture asked for?"""
    return not NAMES or name in NAMES


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    page = browser.new_page(viewport=WINDOW)
    page.set_default_timeout(120_000)
    if wanted("what-if"):
        what_if(page)
        page.set_viewport_size(WINDOW)
    if tabs := [name for name in TABS if wanted(f"tab-{name.lower()}")]:
        page.goto(URL)
        for name in tabs:
            tab(page, name)
        page.set_viewport_size(WINDOW)
    page.goto(f"{URL}/index")
    cards = page.locator(".shelf a")
    cards.nth(1).wait_for()
    for address in [card.get_attribute("href") or "" for card in cards.all()][1:]:
        if wanted(name := address.removeprefix("./")):
            notebook(page, name)
    browser.close()
