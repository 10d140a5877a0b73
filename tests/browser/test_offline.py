"""The page of all weights in Chromium, opened as a file: no server, no network, by keyboard, in light and dark."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest
from pages import HOSTILE, STEP, log, written
from playwright.sync_api import BrowserContext, Page, expect
from test_report import CONTRAST

from collab.records import FACTORS
from collab.weights import Weights, apportion
from collab.whatif import Refused

MOVE = """async (moves) => {
  const shown = []
  const knob = (place) => document.getElementById(`knob${place}`)
  for (const [place, value] of moves) {
    knob(place).value = value
    knob(place).dispatchEvent(new Event("input"))
    await new Promise(requestAnimationFrame)
    shown.push([0, 1, 2, 3].map((one) => Number(knob(one).value)))
  }
  return shown
}"""
"""Moves sliders one after the other; a frame after each move all four are where the weights are."""


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """What the page asked for, and what went wrong in it."""
    return []


@pytest.fixture(scope="module")
def page(browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory, asked: list[str]) -> Iterator[Page]:
    """The page, with its figures unpacked."""
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(error.message))
    page.on("console", lambda said: asked.append(said.text))
    file = written(tmp_path_factory.mktemp("offline"))
    page.goto(file.as_uri())
    expect(page.get_by_role("status")).to_contain_text("Shown:")
    yield page
    page.close()
    assert asked == [file.as_uri()]


def test_a_slider_moves_the_others_the_figures_and_the_words_by_keyboard(page: Page) -> None:
    forest, before = page.locator("#forest"), page.locator("#forest").inner_text()
    page.get_by_role("slider", name="Expertise").focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("slider", name="Expertise")).to_have_value("39")
    weights = Weights()
    weights.expertise = 0.4
    weights.expertise = 0.39
    said = " · ".join(map(str, weights.integers()))
    near = [STEP * part for part in apportion(100 // STEP, weights.integers())]
    expect(page.get_by_role("status")).to_have_text(
        f"Shown: {' · '.join(map(str, near))}, the nearest of the grid: the sliders are at {said}."
    )
    assert forest.inner_text() != before
    converted = log().estimate(near)["converted"]
    assert not isinstance(converted, Refused)
    expect(forest).to_contain_text(f"{100 * converted.difference:+.2f} points".replace("-", "−"))
    expect(page.locator("#moved")).to_contain_text(f"{log().rescore(near).moved:,} of 1,500 leads")


def test_sliders_share_as_the_weights_of_the_dashboard_do(page: Page) -> None:
    page.get_by_role("button", name="Back to").click()
    chance, weights, wanted = random.Random(5), Weights(), []
    moves = [(chance.randrange(4), chance.choice([0, 100, chance.randrange(101)])) for _ in range(80)]
    for place, value in moves:
        setattr(weights, FACTORS[place], value / 100)
        wanted.append(list(weights.integers()))
    assert page.evaluate(MOVE, moves) == wanted


def test_what_is_refused_says_why(page: Page) -> None:
    page.get_by_role("slider", name="Responsiveness").focus()
    page.keyboard.press("End")
    expect(page.locator(".row.refused")).to_have_count(2)
    expect(page.locator(".why").first).to_contain_text(re.compile("at least 200|never tries|one decision"))


def test_the_list_of_the_front_and_the_drawings_take_the_sliders_along(page: Page) -> None:
    front = page.get_by_label("The front, the best first")
    option = front.locator("option").nth(1).inner_text()
    front.select_option(index=1)
    expect(page.get_by_role("status")).to_contain_text(f"Shown: {option.partition(':')[0]}")
    before = page.get_by_role("status").inner_text()
    page.get_by_label("Across", exact=True).select_option("ess")
    expect(page.locator("#sideways")).to_have_text("Effective sample (ESS)")
    drawn = page.locator("#map rect:not(.pale)").first
    drawn.click(force=True)
    expect(page.get_by_role("status")).not_to_have_text(before)


def test_a_name_that_would_run_is_shown_as_it_is(page: Page) -> None:
    expect(page.get_by_role("rowheader", name=HOSTILE)).to_be_visible()
    assert page.title() == "What other weights would have changed"
    assert page.locator("img[src]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 900, 390])
def test_it_can_be_read_wherever_it_is_opened(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    words = "h1, h2, h3, p:not([hidden]):not(#shown), label, td, th, small, .why, .note, .ends span, li, button, select"
    assert min(page.evaluate(CONTRAST, words)) >= 4.5
    for knob in page.locator("input, button, select").all():
        box = knob.bounding_box()
        assert box is not None
        assert box["height"] >= 44
