"""The Team tab in Chromium: a table that goes on living while somebody sorts, chooses and scrolls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from serving import START_S, shown, until
from watching import Watch

from collab.office import Office
from collab.records import Presence
from collab.views.page import page as dashboard
from collab.views.workload import WIDTHS

# Bokeh warns in this process when a page names a model that it had before; a server of its own goes on.
pytestmark = pytest.mark.filterwarnings("ignore:reference already known")

AGENTS = 40
PAUSED = re.compile(r"Paused at \d\d:\d\d:\d\d UTC\. All but the rooms stands still")
CUT = """(all, font) => all.filter(one => {
  one.style.fontFamily = font
  return one.scrollWidth > one.clientWidth
}).map(one => one.textContent)"""
"""Which words are cut off in a font, and the widest is not that of the page, which is ""."""

EVIL = "<img src=x onerror=console.error(1)>"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A team of forty; who has the highest number is the only one who is busy, and one has markup for a name."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "rules.yaml").write_text("rules: []\n")
    office = Office(f"embedded://{folder.name}", str(folder / "history"), rules=str(folder / "rules.yaml")).start()
    desk = office.desk
    assert desk is not None
    for number in range(AGENTS):
        name = EVIL if number == 0 else f"Agent {number:02d}"
        office.call(desk.add_agent(f"a{number:02d}", name, capacity=4)).result()
    office.call(desk.set_presence(f"a{AGENTS - 1}", "busy", EVIL)).result()
    yield office
    office.stop()


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """The address of the office's page."""
    with shown(lambda: dashboard(office)) as url:
        yield url


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the page has told the server."""
    return []


@pytest.fixture(scope="module")
def page(browser: BrowserContext, address: str, watch: Watch, told: list[str]) -> Iterator[Page]:
    """One page of the office, for all tests: the last one changes it."""
    page = watch.over(browser.new_page())
    page.on("websocket", lambda socket: socket.on("framesent", lambda said: told.append(str(said))))
    page.goto(address)
    yield page
    page.close()  # before its server ends


def top(page: Page) -> float:
    """How far the table is scrolled."""
    return page.locator(".tabulator-tableholder").evaluate("holder => holder.scrollTop")


def style(shown: Locator, name: str) -> str:
    """The style of what is shown; a card that is drawn anew while it is asked has none, so it is asked again."""
    found = ""
    while not found:
        found = shown.evaluate("(one, name) => getComputedStyle(one).getPropertyValue(name)", name)
    return found


def test_plots_come_in_the_look_of_the_page_so_that_none_is_drawn_again(page: Page, told: list[str]) -> None:
    expect(page.locator(".bk-Figure").first).to_be_visible()
    until(lambda: any("outer_width" in said for said in told), "the plots are drawn")
    until(lambda: any("stylesheets" in said for said in told), "the look is given to all")
    changed = re.findall(r'"(?:axis|title|text|grid|outline|major|minor)_\w+"', "".join(told))
    assert changed == []


def test_a_page_that_is_paused_says_since_when_and_nothing_on_it_is_now(page: Page) -> None:
    here = page.locator('[data-piece="Agents here"]')
    expect(here).to_contain_text("now")
    pause = page.get_by_label("Pause")
    pause.check()
    expect(page.get_by_role("alert").filter(has_text=PAUSED)).to_be_visible()
    expect(here).to_contain_text("at the pause")
    expect(page.get_by_text("the newest event").first).to_contain_text("before")
    expect(page.locator(".tile").filter(has_text=re.compile(r"\bnow\b|\bago\b"))).to_have_count(0)
    pause.uncheck()
    expect(page.get_by_role("alert").filter(has_text=PAUSED)).to_be_hidden()
    expect(here).to_contain_text("now")
    expect(page.get_by_text("the newest event").first).to_contain_text("ago")


def test_a_shortened_sign_unfolds_by_key_and_by_finger_and_only_where_it_is_shortened(
    address: str, open_phone: Callable[[str], Page]
) -> None:
    phone = open_phone(address)
    phone.get_by_label("Pause").check()
    words, whole = phone.get_by_text(PAUSED), phone.get_by_role("button", name="Show all of this sign")
    expect(whole).to_have_attribute("aria-expanded", "false")
    box = whole.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    for key, unfolded in (("Enter", "true"), ("Escape", "false"), ("Space", "true"), ("Enter", "false")):
        whole.press(key)
        expect(whole).to_have_attribute("aria-expanded", unfolded)
        cut = words.locator("xpath=ancestor-or-self::p").evaluate("one => one.scrollWidth > one.clientWidth")
        assert cut == (unfolded == "false")
    expect(whole).to_be_focused()
    assert style(whole, "outline-style") == "solid"
    whole.tap()
    expect(whole).to_have_attribute("aria-expanded", "true")
    phone.set_viewport_size({"width": 900, "height": 800})
    expect(words).to_be_visible()
    expect(whole).to_have_count(0)
    line = words.locator("xpath=ancestor-or-self::p")
    phone.set_viewport_size({"width": 720, "height": 450})  # a laptop's at 200 % zoom
    whole.press("Escape")
    expect(line).to_have_css("white-space", "nowrap")


def test_bars_and_the_open_tab_are_seen_where_a_person_has_set_all_colours(page: Page) -> None:
    bar, line = page.locator(".stack i").first, page.locator(".MuiTabs-indicator")
    before = style(bar, "background-color")
    page.emulate_media(forced_colors="active")
    assert style(bar, "background-color") == before
    assert style(line, "background-color") != style(page.locator("body"), "background-color")
    page.emulate_media(forced_colors="none")


def test_all_of_a_tab_is_printed_with_its_bars(page: Page) -> None:
    last = page.get_by_role("button", name="Set presence")
    expect(last).to_be_visible()
    page.emulate_media(media="print")
    box = last.bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert page.viewport_size["height"] < box["y"] + box["height"] <= page.evaluate("document.body.scrollHeight")
    assert style(page.locator(".stack i").first, "print-color-adjust") == "exact"
    page.emulate_media(media="screen")


def test_all_columns_of_the_workload_fit_a_sheet_of_paper_under_their_headings(page: Page) -> None:
    usual, wide = page.viewport_size, page.locator(".tabulator-row")
    assert usual is not None
    wide.first.wait_for(timeout=1000 * START_S)
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    for column in ("name", "since", "rooms"):
        head = page.locator(f".tabulator-col[tabulator-field={column}]").bounding_box()
        cell = wide.first.locator(f"[tabulator-field={column}]").bounding_box()
        assert head is not None
        assert cell is not None
        assert (head["x"], head["width"]) == (cell["x"], cell["width"])
        assert head["x"] + head["width"] <= 794
    expect(page.locator(".tabulator-header-filter").first).to_be_hidden()
    page.emulate_media(media="screen")
    page.set_viewport_size(usual)


def test_a_patch_leaves_order_choice_and_place_as_they_are(office: Office, page: Page) -> None:
    rows = page.locator(".tabulator-row")
    rows.first.wait_for(timeout=1000 * START_S)
    expect(page.locator(".card[aria-label]")).to_have_count(30)
    headings = page.locator(", ".join(f"[tabulator-field={column}] .tabulator-col-title" for column in WIDTHS))
    expect(headings).to_have_count(len(WIDTHS))
    assert [headings.evaluate_all(CUT, font) for font in ("DejaVu Sans, Verdana, monospace", "")] == [[], []]
    page.locator(".tabulator-col", has_text="Status").locator(".tabulator-col-title").first.click()  # Busy, Offline, …
    expect(rows.first).to_contain_text(f"Agent {AGENTS - 1}")
    page.locator(".tabulator-tableholder").evaluate("holder => holder.scrollTo(0, 700)")
    chosen = rows.filter(has_text="Agent 20")
    chosen.get_by_role("checkbox").press("Space")
    expect(page.locator(".tabulator-selected")).to_contain_text("Agent 20")
    place = top(page)
    assert place > 0
    assert office.desk is not None
    office.call(office.desk.set_presence("a20", Presence.offline, "on the phone elsewhere")).result()
    office.call(office.desk.update_agent_workload("a20", capacity=9)).result()
    expect(chosen.locator("[tabulator-field=capacity]")).to_have_text("9")
    expect(page.locator(".tabulator-selected")).to_contain_text("Agent 20")
    until(lambda: abs(top(page) - place) <= 1, "the table stays where it was scrolled to")
    page.get_by_role("button", name=f"Show all {AGENTS} cards").click()
    expect(page.locator(".card[aria-label]")).to_have_count(AGENTS)
    page.get_by_role("searchbox", name="Agent has").press_sequentially("Agent 2")
    expect(rows).to_have_count(10)
    expect(page.locator(".tabulator-selected")).to_contain_text("Agent 20")
