"""What a page in a test may not do."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, Request


class Watch:
    """What pages asked for elsewhere, and what went wrong in them."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def over(self, page: Page) -> Page:
        """Watch this page from now on."""
        page.on("pageerror", lambda error: self.faults.append(f"error: {error.message}"))
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("request", self._asked)
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(f"{kind} in the console: {text[:300]}")

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in ("http", "https", "ws", "wss") and asked.hostname not in ("localhost", "127.0.0.1"):
            self.faults.append(f"request to {request.url}")
