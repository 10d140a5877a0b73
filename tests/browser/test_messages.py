"""Hostile messages in Chromium: shown as they would be on a page, they open no dialog and ask for nothing."""

from __future__ import annotations

from attacks import ATTACKS
from playwright.sync_api import BrowserContext
from watching import Watch

from collab.markup import to_html


def test_hostile_messages_open_no_dialog_and_ask_for_nothing(browser: BrowserContext, watch: Watch) -> None:
    page = watch.over(browser.new_page())
    happened: list[str] = []
    page.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: happened.append(request.url))
    page.on("popup", lambda popup: happened.append(popup.url))
    shown = "".join(f"<article>{to_html(text)}</article>" for text in ATTACKS)
    page.set_content(f"<!doctype html><title>messages</title>{shown}<p id='last'></p>")
    page.evaluate("html => { document.body.insertAdjacentHTML('beforeend', html) }", shown)
    for event in ("mouseover", "focus", "click", "toggle", "error", "load"):
        page.evaluate(
            "name => document.querySelectorAll('article *:not(a)').forEach(e => e.dispatchEvent(new Event(name)))",
            event,
        )
    assert page.locator("article").count() == 2 * len(ATTACKS)
    assert page.locator("article script, article img, article svg, article iframe, article style").count() == 0
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert happened == []
    page.close()
