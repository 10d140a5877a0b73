"""The Tuning tab in Chromium: sliders, forest, map and list move each other, and what is refused says why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from serving import Served, raised, serving, until
from watching import Watch

# a week, so that a weekend before today does not leave too few leads to say anything of other weights
EXPLORED = "collab serve --team-at-work --days 7 --explore 0.2".split()
START_MS = 90_000
WEIGHTS = re.compile("Availability|Expertise|Performance|Responsiveness")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The seeded team, whose router explores, served."""
    folder = tmp_path_factory.mktemp("tuned")
    with serving(folder / "log", *EXPLORED, probe="healthz", history=folder / "history") as served:
        yield served
    assert raised(folder / "log") == []


@pytest.fixture(scope="module")
def page(browser: BrowserContext, served: Served, watch: Watch) -> Iterator[Page]:
    """The Tuning tab, with the log read and swept."""
    page = watch.over(browser.new_page())
    page.goto(served.url)
    page.get_by_role("tab", name="Tuning").click()
    expect(page.get_by_text("compared with the log as it was")).to_be_visible(timeout=START_MS)
    expect(page.get_by_text("Click a point to take its weights")).to_be_visible(timeout=START_MS)
    expect(page.get_by_role("status").filter(has_text="Sweep all weights: done.")).to_be_attached()
    yield page
    page.close()  # before its server ends


def values(page: Page) -> list[float]:
    """Where the four sliders are."""
    return [float(slider.input_value()) for slider in page.get_by_role("slider", name=WEIGHTS).all()]


def shown(page: Page) -> str:
    """The weights of the sliders, as the page writes them."""
    return " · ".join(str(round(100 * value)) for value in values(page))


def plot(page: Page, number: int) -> Locator:
    """The plot of this number that is on screen."""
    return page.locator(".bk-Canvas").locator("visible=true").nth(number)


def test_a_slider_moves_the_forest_and_the_table(page: Page) -> None:
    said = page.get_by_text("compared with the log as it was")
    before = said.inner_text()
    expertise = page.get_by_role("slider", name="Expertise")
    expertise.focus()
    for _ in range(10):
        expertise.press("ArrowRight")
    expect(expertise).to_have_value("0.4")
    until(lambda: f"Weights {shown(page)}, compared" in said.inner_text(), "the forest is of these weights")
    expect(page.get_by_text(f"per lead, at the loads of the log: {shown(page)}")).to_be_visible()
    assert said.inner_text() != before


def test_a_refused_row_says_why(page: Page) -> None:
    responsiveness = page.get_by_role("slider", name="Responsiveness")
    responsiveness.focus()
    responsiveness.press("End")
    refused = page.locator(".forest .row.refused").first
    expect(refused).to_contain_text(re.compile("at least 200|never tries|one decision"))
    expect(page.locator(".gauge.wrong").first).to_be_visible()
    page.get_by_role("button", name="Back to the weights in force").click()
    expect(page.get_by_text("These are the weights in force")).to_be_visible()


def test_a_click_on_the_map_moves_the_sliders(page: Page) -> None:
    before = values(page)
    box = plot(page, 0).bounding_box()
    assert box is not None
    # in the first triangle, which is that of no availability
    plot(page, 0).click(position={"x": box["width"] * 0.12, "y": box["height"] * 0.25})
    until(lambda: values(page) != before, "the sliders moved")
    until(lambda: values(page)[0] == 0, "availability is 0")
    until(lambda: sum(values(page)) == pytest.approx(1), "the weights sum to 1")


def test_the_list_takes_the_sliders_to_weights_of_the_front(page: Page) -> None:
    page.get_by_role("combobox", name="The front, the best first").click()
    option = page.get_by_role("listbox").locator("li").nth(1)
    weights = option.inner_text().partition(":")[0]
    option.click()
    until(lambda: shown(page) == weights, "the sliders are there")
    expect(page.get_by_text(f"Weights {weights}, compared with the log")).to_be_visible()


def test_the_what_if_tab_of_the_session_has_the_same_weights(page: Page) -> None:
    here = values(page)
    page.get_by_role("tab", name="What-if").click()
    until(lambda: values(page) == pytest.approx(here), "the sliders of the other tab are there, too")
    page.get_by_role("tab", name="Tuning").click()


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_nothing_runs_off_the_side(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    try:
        until(lambda: page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits")
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})


def test_what_is_under_way_can_be_cancelled_on_a_small_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 900})
    try:
        page.get_by_role("button", name="Save as a page").click()
        expect(page.get_by_text(re.compile(r"Asking about weights: .+ of 1,771")).filter(visible=True)).to_be_attached()
        cancel = page.get_by_role("button", name="Cancel").filter(visible=True)
        expect(cancel).to_be_in_viewport(ratio=1)
        cancel.click()
        expect(cancel).to_be_hidden()
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})


def test_a_proposal_gives_its_report_to_take_along_and_waits_to_be_adopted(page: Page) -> None:
    page.get_by_role("textbox", name="Why these weights?").fill("Who knows the area closes more")
    page.get_by_role("textbox", name="Who proposes them?").fill("Ana Ruiz")
    page.get_by_role("button", name="Propose these weights").click()
    expect(page.get_by_text("proposed by Ana Ruiz")).to_be_visible(timeout=START_MS)
    expect(page.get_by_role("status").filter(has_text="Propose these weights: done.")).to_be_attached()
    with page.expect_download() as given:
        page.get_by_text("Download the report").click()
    assert given.value.suggested_filename.endswith(".html")
    assert "Who knows the area closes more" in given.value.path().read_text(encoding="utf-8")
    expect(page.get_by_role("button", name=re.compile("^Adopt "))).to_be_visible()


def test_what_is_proposed_is_adopted_and_taken_back_without_losing_the_keyboard(page: Page) -> None:
    adopt, back = (page.get_by_role("button", name=name) for name in (re.compile("^Adopt "), "Take them back"))
    for button, then in ((adopt, "They are adopted"), (back, "before you adopt"), (adopt, "They are adopted")):
        expect(button).to_be_enabled()
        button.focus()
        button.press("Enter")
        expect(page.get_by_text(then)).to_be_visible()
        expect(button).to_be_focused()
    expect(back).to_be_enabled()
    expect(page.get_by_role("button", name="Propose these weights")).to_be_enabled()


def test_after_a_reload_what_is_adopted_can_be_taken_back(page: Page) -> None:
    page.reload()
    expect(page.get_by_text("were adopted by Ana Ruiz")).to_be_visible(timeout=START_MS)
    page.get_by_role("textbox", name="Who proposes them?").fill("Ben Okafor")
    back = page.get_by_role("button", name="Take them back")
    back.click()
    expect(page.get_by_text("were taken back by Ben Okafor")).to_be_visible()
    expect(back).to_be_focused()
    expect(page.get_by_text("were adopted by Ana Ruiz")).to_have_count(0)
