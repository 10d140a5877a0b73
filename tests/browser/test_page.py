"""The served page in Chromium: what a person sees and does, on real servers."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from ports import free_port
from serving import ROOT, Served, got, raised, serving, until
from touching import swipe
from watching import Watch

from collab.views.notebook import read

Open = Callable[[str], Page]

CARDS = ".card[aria-label]"
ALONE = "panel serve collab/app.py --liveness".split()
SEEDED = re.compile("A seeded team of eight is at work here: its leads, agents and outcomes are made up")
WEIGHTS = re.compile("Availability|Expertise|Performance|Responsiveness")
END_PX = 20
"""How far from the ends of a slider the middle of its knob stays: half a knob, and room for the mark of the focus."""

MOVED = re.compile(r"[1-9][\d,]* of [1-9][\d,]*")


@pytest.fixture(scope="module")
def demo_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the seeded team's history."""
    return tmp_path_factory.mktemp("demo") / "history"


@pytest.fixture(scope="module")
def demo(demo_history: Path) -> Iterator[Served]:
    """The seeded team, served."""
    command = "collab serve --team-at-work --days 1 --notebooks".split()
    log = demo_history.parent / "log"
    with serving(log, *command, probe="healthz", history=demo_history) as served:
        yield served
    assert raised(log) == []


@pytest.fixture(scope="module")
def page(browser: BrowserContext, demo: Served, watch: Watch) -> Iterator[Page]:
    """One page of the seeded team, for all tests that need no other."""
    page = watch.over(browser.new_page())
    page.goto(demo.url)
    page.locator(CARDS).first.wait_for()
    yield page
    page.close()  # before its server ends


def tab(page: Page, name: str) -> None:
    """Open a tab."""
    page.get_by_role("tab", name=name).click()


def route(page: Page, lead: str) -> None:
    """Type a lead into the form and ask who is best."""
    tab(page, "Leads")
    page.get_by_role("textbox", name=re.compile("^Name")).fill(lead)
    page.get_by_role("button", name="Route the lead").click()


def newest(page: Page, lead: str) -> Locator:
    """A lead among the newest assignments."""
    return page.get_by_role("list", name="Newest assignments").get_by_role("listitem").filter(has_text=lead)


def columns(cards: Locator) -> int:
    """In how many columns these lie."""
    return len({round(box["x"]) for card in cards.all() if (box := card.bounding_box())})


def background(page: Page) -> int:
    """How light the page's background is, 0 to 765."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3]))


def test_the_page_says_whose_team_it_shows_and_that_it_is_seeded(page: Page) -> None:
    expect(page).to_have_title("collab · demo")
    expect(page.get_by_role("heading", name="collab · demo")).to_be_visible()
    expect(page.get_by_text(SEEDED)).to_be_visible()
    expect(page.locator(CARDS)).to_have_count(8)


def test_a_lead_typed_in_is_assigned_with_its_reasons_and_listed(page: Page) -> None:
    route(page, "Zoe Park of Elm Street")
    expect(page.get_by_role("heading", name=re.compile("Zoe Park of Elm Street goes to \\w+"))).to_be_visible()
    expect(page.get_by_role("heading", name="What would have changed it")).to_be_visible()
    chosen = page.locator("tr.chosen")
    expect(chosen).to_have_count(1)
    row = newest(page, "Zoe Park of Elm Street")
    expect(row).to_contain_text("→")
    expect(row).to_contain_text("UTC · ")


def test_a_lead_without_a_name_is_refused_with_the_fix(page: Page) -> None:
    route(page, " ")
    expect(page.get_by_role("alert").filter(has_text="name is empty; say who asks, e.g. Zoe Park")).to_be_visible()


def test_the_title_covers_nothing_below_the_header_of_a_small_window(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 225})
    expect(page.get_by_role("heading", name="collab · demo")).to_be_visible()
    title, header = (page.locator(one).first.bounding_box() for one in ("header .title", "header"))
    page.set_viewport_size({"width": 1440, "height": 900})
    assert title
    assert header
    assert header["height"] <= 64
    assert title["height"] <= header["height"]


def test_keys_and_presses_are_counted_until_the_next_paint(page: Page, demo: Served) -> None:
    def counted() -> float:
        found = re.search(r"^collab_press_seconds_count (\S+)$", got(f"{demo.url}metrics"), re.MULTILINE)
        assert found
        return float(found[1])

    tab(page, "Leads")
    field = page.get_by_role("textbox", name=re.compile("^Name"))
    before = counted()
    field.press_sequentially("abc")
    page.evaluate(
        "addEventListener('keydown', () => { const end = Date.now() + 300; while (Date.now() < end); }, {once: true})"
    )
    field.press("Backspace")
    field.fill("")
    until(lambda: counted() >= before + 4, "three quick keys and a slow one are told")
    tab(page, "Diagnostics")
    expect(page.get_by_text(re.compile(r"key or press to next paint: .* p99 [1-9]\d\d+ ms"))).to_be_visible()


def test_a_slider_moves_leads_and_the_other_three_follow(page: Page) -> None:
    tab(page, "What-if")
    headline = page.get_by_role("status").filter(has_text="logged leads")
    expect(headline).to_contain_text(re.compile(r"^0 of [1-9]"))
    sliders = page.get_by_role("slider", name=WEIGHTS)
    expect(sliders).to_have_count(4)
    before = [slider.input_value() for slider in sliders.all()]
    expertise = page.get_by_role("slider", name="Expertise")
    expertise.focus()
    for _ in range(30):
        expertise.press("ArrowRight")
    expect(headline).to_contain_text(MOVED)
    expect(expertise).to_have_value("0.6")
    until(lambda: abs(sum(float(s.input_value()) for s in sliders.all()) - 1) < 1e-9, "the weights sum to 1")
    after = [slider.input_value() for slider in sliders.all()]
    assert [was != now for was, now in zip(before, after, strict=True)] == [True] * 4
    expertise.press("PageDown")
    expect(expertise).to_have_value("0.5")
    page.get_by_role("button", name="Back to the weights in force").click()
    expect(headline).to_contain_text(re.compile(r"^0 of [1-9]"))


def test_presence_cards_change_while_one_watches(page: Page) -> None:
    tab(page, "Team")
    cards = page.locator(CARDS)
    cards.first.wait_for()
    before = cards.all_inner_texts()
    until(lambda: cards.all_inner_texts() != before, "a card changed")


def test_pause_holds_the_page_still_and_going_on_catches_up(page: Page, demo: Served, open_page: Open) -> None:
    route(page, "Before The Pause")
    expect(newest(page, "Before The Pause")).to_be_visible()
    page.get_by_label("Pause").check()
    listed = page.locator("ul.list").last
    other = open_page(demo.url)
    route(other, "During The Pause")
    expect(newest(other, "During The Pause")).to_be_visible()
    held = listed.inner_text()
    seq = demo.health()["seq"]
    until(lambda: demo.health()["seq"] >= seq + 3, "more happens")
    assert listed.inner_text() == held
    assert "During The Pause" not in held
    page.get_by_label("Pause").uncheck()
    expect(newest(page, "During The Pause")).to_be_visible()


@pytest.mark.parametrize("width, count", [(1440, 3), (900, 2), (390, 1)])
def test_cards_lie_in_as_many_columns_as_fit_and_nothing_is_cut_off(page: Page, width: int, count: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    try:
        tab(page, "Team")
        until(lambda: columns(page.locator(CARDS)) == count, f"{count} columns")
        for name in ("Leads", "What-if", "Team"):
            tab(page, name)
            expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
            until(lambda: page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} fits")
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})


def test_a_finger_moves_a_slider_across_and_the_page_along(page: Page) -> None:
    tab(page, "What-if")
    page.set_viewport_size({"width": 390, "height": 844})
    devices = page.context.new_cdp_session(page)
    devices.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    slider = page.get_by_role("slider", name="Expertise")
    try:
        slider.hover()
        box = slider.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2
        before = slider.input_value()
        swipe(devices, (x, y), (0, -8))
        until(lambda: (now := slider.bounding_box()) and now["y"] < box["y"] - 50, "the page has gone along")
        expect(slider).to_have_value(before)
        slider.hover()  # which waits until the page stands still, and nothing lies over it
        gone = slider.bounding_box()
        assert gone is not None
        swipe(devices, (x, gone["y"] + gone["height"] / 2), (-5, 0))
        until(lambda: 0.3 < float(slider.input_value()) < 0.7, "the slider has gone across")
    finally:
        devices.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_role("button", name="Back to the weights in force").click()


def test_after_a_drag_on_a_page_that_is_behind_the_value_let_go_wins(page: Page) -> None:
    tab(page, "What-if")
    sliders = page.get_by_role("slider", name=WEIGHTS)
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    try:
        for number, start, end in ((1, 0.3, 0.6), (3, 0.1, 0.9)):
            slider = sliders.nth(number)
            slider.hover()  # which waits until it stands still
            box = slider.bounding_box()
            assert box is not None
            y, steps = box["y"] + box["height"] / 2, 25
            left, way = box["x"] + END_PX, box["width"] - 2 * END_PX
            page.mouse.move(left + way * float(sliders.nth(number).input_value()), y)
            page.mouse.down()
            for step in range(1, steps + 1):
                page.mouse.move(left + way * (start + (end - start) * step / steps), y)
            page.mouse.up()
            until(lambda n=number, at=end: abs(float(sliders.nth(n).input_value()) - at) < 0.011, "it is where let go")
            until(lambda: abs(sum(float(s.input_value()) for s in sliders.all()) - 1) < 1e-9, "the weights sum to 1")
    finally:
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        page.get_by_role("button", name="Back to the weights in force").click()


def test_tabs_can_be_changed_again_and_again(page: Page) -> None:
    for _ in range(5):
        for name, shown in (
            ("What-if", "Back to the weights in force"),
            ("Leads", "Newest assignments"),
            ("Team", "Latency of"),
        ):
            tab(page, name)
            expect(page.get_by_text(shown).first).to_be_visible()


def test_the_dark_can_be_turned_on_and_off_and_comes_first_where_the_system_likes_it(page: Page) -> None:
    toggle = page.get_by_role("button", name="Toggle theme")
    toggle.click()
    until(lambda: background(page) < 150, "the page is dark")
    for name in ("Leads", "What-if", "Team"):
        tab(page, name)
    page.wait_for_function("localStorage.collab?.includes('\"dark\":true')")  # the server asks for it
    toggle.click()
    until(lambda: background(page) > 600, "the page is light")
    page.wait_for_function("localStorage.collab?.includes('\"dark\":false')")  # else it is kept after the next line
    page.evaluate("localStorage.clear()")
    page.emulate_media(color_scheme="dark")
    page.reload()
    tab(page, "Team")  # the address may have been a tab behind
    page.locator(CARDS).first.wait_for()
    until(lambda: background(page) < 150, "the page is dark as the system")
    page.emulate_media(color_scheme="light")
    toggle.click()
    until(lambda: background(page) > 600, "the page is light again")


def test_the_index_lists_the_dashboard_and_each_notebook_and_one_of_them_runs_as_a_page(
    page: Page, demo: Served, open_page: Open
) -> None:
    expect(page.get_by_role("link", name="Index")).to_have_attribute("href", "./index")
    index = open_page(f"{demo.url}index")
    index.set_viewport_size({"width": 390, "height": 800})
    questions = {read(file).question for file in (ROOT / "notebooks").rglob("*.ipynb")}
    expect(index.locator(".shelf h3")).to_have_count(1 + len(questions))
    titles = index.locator(".shelf h3").all_inner_texts()
    assert titles[0] == "The dashboard of collab · demo"
    assert set(titles[1:]) == questions
    assert index.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert index.locator(".main-content").evaluate("main => getComputedStyle(main).paddingBottom") != "56px"
    picture = index.locator(".shelf img").last
    picture.scroll_into_view_if_needed()
    until(lambda: picture.evaluate("one => one.naturalWidth > 0"), "its picture is there")
    index.get_by_role("link", name="How long does a word take").click()
    expect(index.get_by_text("p50, from me to the other member")).to_be_visible()
    expect(index.get_by_text("All cells have run.")).to_be_visible()
    expect(index).to_have_title("How long does a word take from me to you?")
    index.get_by_role("link", name="Dashboard").click()
    expect(index.locator(CARDS)).to_have_count(8)


def test_a_second_server_on_the_same_history_reads(
    demo: Served, demo_history: Path, tmp_path: Path, open_page: Open
) -> None:
    settings = {"history": demo_history, "COLLAB_TENANT": "demo"}
    with serving(tmp_path / "log", *ALONE, probe="liveness", path="app", **settings) as second:
        page = open_page(second.url)
        expect(page.get_by_text("this page follows its history, a second or two behind")).to_be_visible()
        expect(page.locator(CARDS)).to_have_count(8)
        before = page.locator(CARDS).all_inner_texts()
        until(lambda: page.locator(CARDS).all_inner_texts() != before, "a card follows the history")
        tab(page, "Leads")
        expect(page.get_by_role("button", name="Route the lead")).to_be_disabled()
        page.close()  # before its server ends
    assert raised(tmp_path / "log") == []


def test_a_page_says_that_its_server_hangs_until_it_goes_on(page: Page, demo: Served) -> None:
    told = page.get_by_role("alert").filter(has_text="No answer from the server since")
    demo.process.send_signal(signal.SIGSTOP)
    try:
        page.evaluate("dispatchEvent(new Event('offline'))")
        expect(told).to_be_visible()
    finally:
        demo.process.send_signal(signal.SIGCONT)
    expect(told).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('offline'))")
    tab(page, "Chat")
    expect(page.get_by_role("tab", name="Chat", selected=True)).to_be_visible()
    expect(told).to_have_count(0)


def test_a_page_says_that_its_server_is_gone_and_loads_again_when_it_is_back(
    tmp_path: Path, open_page: Open, watch: Watch
) -> None:
    port, command = free_port(), ("collab", "serve", "--team-at-work", "--days", "1")
    again = {"probe": "healthz", "history": tmp_path / "history", "port": port}
    with serving(tmp_path / "first", *command, **again) as served:
        page = open_page(served.url)
        expect(page.locator(CARDS)).to_have_count(8)
        tab(page, "Leads")
        expect(page.get_by_role("button", name="Route the lead")).to_be_visible()
        page.wait_for_url("**/?tab=leads")  # which is opened again
        page.wait_for_load_state("networkidle")  # what is amid being fetched when a server dies is reset, not refused
        served.process.kill()
    told = page.get_by_text("The server does not answer.")
    expect(told).to_be_visible()
    assert told.bounding_box()["y"] < 100, "it covers a field that somebody writes into"
    with serving(tmp_path / "second", *command, **again) as served:
        expect(page.get_by_text("The server does not answer.")).to_have_count(0, timeout=80_000)
        expect(page.get_by_role("tab", name="Leads", selected=True)).to_be_visible()
        route(page, "Zoe Park")
        expect(page.get_by_role("heading", name="Zoe Park")).to_be_visible()
        page.close()  # before its server ends
    refused = "WebSocket", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET"
    assert [fault for fault in watch.faults if not any(words in fault for words in refused)] == []
    watch.faults.clear()  # the page asked while there was no server


def test_without_the_seeded_team_and_the_console_script_a_server_starts_empty_and_real(
    tmp_path: Path, open_page: Open
) -> None:
    history = tmp_path / "history"
    with serving(tmp_path / "log", *ALONE, probe="liveness", path="app", history=history) as served:
        page = open_page(served.url)
        expect(page.get_by_text("Nobody is on the roster yet.")).to_be_visible()
        expect(page).to_have_title("collab · main")
        expect(page.get_by_role("heading", name="collab · main")).to_be_visible()
        expect(page.get_by_text(SEEDED)).to_have_count(0)
        page.get_by_text("Change the team", exact=True).click()
        page.get_by_role("textbox", name="Id").fill("ana")
        page.get_by_role("textbox", name="Name").fill("Ana Ruiz")
        page.get_by_role("button", name="Put on the roster").click()
        expect(page.locator(CARDS)).to_contain_text("Offline")
        box = page.locator(CARDS).bounding_box()
        assert box is not None
        assert box["x"] < 100, "the first card stands on the left"
        page.get_by_role("button", name="Set presence").click()
        expect(page.locator(CARDS)).to_contain_text("Online")
        route(page, "Zoe Park")
        expect(page.get_by_role("heading", name="Zoe Park goes to ana")).to_be_visible()
        expect(newest(page, "Zoe Park")).to_contain_text("Ana Ruiz")
        page.close()  # before its server ends
    assert raised(tmp_path / "log") == []
