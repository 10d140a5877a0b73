"""Every tab of the seeded team, light and dark, at four widths: it fits, reads well, is used by finger and keyboard.

The least width is that of a window at 400 % zoom.

With `COLLAB_SCREENSHOTS=<folder>` in the environment a picture of each is kept there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import judging
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from serving import FILLED, shown, until
from watching import Watch

from collab.office import Office
from collab.views.page import page as dashboard

# Bokeh warns in this process when a page names a model that it had before; a server of its own goes on.
pytestmark = pytest.mark.filterwarnings("ignore:reference already known")

WIDTHS = (900, 390, 320, 1440)
PHONE = 390
DARK = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every((part) => part < 50)"
PICTURES = os.environ.get("COLLAB_SCREENSHOTS")


@pytest.fixture(scope="module")
def page(browser: BrowserContext, watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One page for all tests, of the seeded team after a day; it works on so slowly that the page stands still."""
    folder = tmp_path_factory.mktemp("tabs")
    office = Office(
        f"embedded://{folder.name}", str(folder / "history"), tenant="demo", team_at_work=True, days=1, pace=0.01
    ).start()
    with shown(lambda: dashboard(office, index=True)) as url:
        page = watch.over(browser.new_page())
        page.goto(url)
        judging.prepare(page)
        yield page
        page.close()
    office.stop()


def turn(page: Page, tab: str) -> None:
    """Open a tab and wait until it is filled."""
    page.get_by_role("tab", name=tab, exact=True).click()
    expect(page.get_by_text(FILLED[tab]).locator("visible=true").first).to_be_visible()


def picture(page: Page, tab: str, scheme: str) -> None:
    """Keep a picture, if somebody wants them."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{tab}-{(page.viewport_size or {})['width']}-{scheme}.png")


@pytest.mark.parametrize("tab", list(FILLED))
def test_a_tab_fits_reads_well_and_is_used_by_finger_and_by_keyboard(page: Page, tab: str) -> None:
    turn(page, tab)
    assert judging.lasting(judging.unfair, page) == []
    touch = page.context.new_cdp_session(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        touch.send("Emulation.setTouchEmulationEnabled", {"enabled": width == PHONE})
        assert judging.lasting(judging.beyond, page) == [], width
        if width == PHONE:
            assert judging.lasting(judging.small, page) == []
        picture(page, tab, "light")
    touch.detach()
    page.get_by_role("tab", name=tab, exact=True).focus()
    assert judging.unreached(page) == []


@pytest.mark.parametrize("tab", list(reversed(FILLED)))
def test_a_tab_reads_well_in_the_dark(page: Page, tab: str) -> None:
    turn(page, tab)
    if not page.evaluate(DARK):
        page.get_by_role("button", name="Toggle theme").click()
        until(lambda: page.evaluate(DARK), "the page is dark")
    assert judging.lasting(judging.pale, page) == []
    for width in WIDTHS if PICTURES else ():
        page.set_viewport_size({"width": width, "height": 900})
        picture(page, tab, "dark")
