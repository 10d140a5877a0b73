"""Chromium for the tests of the served page: it may talk to this machine only, and no page may err."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import needs
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright
from watching import Watch

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTH, HEIGHT = 1440, 900
PHONE = {"width": 390, "height": 844}
WAIT_MS = 80_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Playwright]:
    """What starts a Chromium; it ends with the module, because its loop would be in the way of others."""
    if needs.chromium() is None:
        pytest.skip("there is no Chromium; `make test` installs it or says how")
    with sync_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS)
        yield playwright


@pytest.fixture(scope="module")
def browser(chromium: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A Chromium with a new profile."""
    with _launched(chromium, tmp_path_factory, viewport={"width": WIDTH, "height": HEIGHT}) as context:
        yield context


@pytest.fixture(scope="module")
def phone(chromium: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A Chromium of a phone: it is touched, and nothing hovers."""
    with _launched(chromium, tmp_path_factory, viewport=PHONE, has_touch=True) as context:
        yield context


@contextmanager
def _launched(chromium: Playwright, folders: pytest.TempPathFactory, **of_device: Any) -> Iterator[BrowserContext]:
    context = chromium.chromium.launch_persistent_context(
        folders.mktemp("profile"), executable_path=needs.chromium(), headless=True, args=FLAGS, **of_device
    )
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture(scope="module")
def watch() -> Watch:
    """Watches the pages of the module."""
    return Watch()


@pytest.fixture
def open_page(browser: BrowserContext, watch: Watch) -> Iterator[Callable[[str], Page]]:
    """Opens addresses, each in a page of its own that is closed with the test."""
    with _opening(browser, watch) as opened:
        yield opened


@pytest.fixture
def open_phone(phone: BrowserContext, watch: Watch) -> Iterator[Callable[[str], Page]]:
    """Opens addresses on a phone, each in a page of its own that is closed with the test."""
    with _opening(phone, watch) as opened:
        yield opened


@contextmanager
def _opening(context: BrowserContext, watch: Watch) -> Iterator[Callable[[str], Page]]:
    pages: list[Page] = []

    def opened(url: str) -> Page:
        pages.append(watch.over(context.new_page()))
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
