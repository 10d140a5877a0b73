"""Takes the README's picture from a running dashboard: `python docs/screenshot.py [URL]`, after `make serve`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

URL = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:5006"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    page = browser.new_page(viewport={"width": 1280, "height": 980})
    page.goto(URL)
    page.get_by_role("tab", name="What-if").click()
    page.get_by_text("would have gone to somebody else").wait_for()
    slider = page.get_by_role("slider").nth(1)
    slider.focus()
    for _ in range(30):
        slider.press("ArrowRight")
        page.wait_for_timeout(60)  # as fast as a hand
    page.get_by_text("0.60").first.wait_for()
    page.get_by_text("0.20").first.wait_for()  # the others have followed
    slider.blur()
    page.screenshot(path=Path(__file__).with_name("what-if.png"))
    browser.close()
