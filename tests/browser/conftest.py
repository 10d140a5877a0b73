"""Chromium for the tests of the served page: it may talk to this machine only, and no page may err."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import needs
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from watching import Watch

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTH, HEIGHT = 1440, 900
WAIT_MS = 80_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A Chromium with a new profile; it ends with the module, because its loop would be in the way of others."""
    program = needs.chromium()
    if program is None:
        pytest.skip("there is no Chromium; `make test` installs it or says how")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=program,
            headless=True,
            args=FLAGS,
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        context.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        yield context
        context.close()


@pytest.fixture(scope="module")
def watch() -> Watch:
    """Watches the pages of the module."""
    return Watch()


@pytest.fixture
def open_page(browser: BrowserContext, watch: Watch) -> Iterator[Callable[[str], Page]]:
    """Opens addresses, each in a page of its own that is closed with the test."""
    pages: list[Page] = []

    def opened(url: str) -> Page:
        pages.append(watch.over(browser.new_page()))
        pages[-1].goto(url)
        return pages[-1]

    yield opened
    for page in pages:
        page.close()


@pytest.fixture(autouse=True)
def _no_faults(watch: Watch) -> Iterator[None]:
    """Fails the test in which a page erred, warned, or asked another host for something."""
    watch.faults.clear()
    yield
    assert watch.faults == []
