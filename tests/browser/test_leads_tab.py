"""The Leads tab in Chromium: two pages see one assignment, and what people type is text wherever it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from serving import shown
from test_alerts_tab import PATIENT, press

from collab.office import Office
from collab.records import Lead
from collab.views.page import page as dashboard

# Bokeh warns in this process when a page names a model that it had before; a server of its own goes on.
pytestmark = pytest.mark.filterwarnings("ignore:reference already known")

EVIL = "<img src=x onerror=alert(1)> [x](javascript:alert(2)) http://evil.com"
COLUMN = """one => {
  while (!one.className.includes?.("Column") || !Number(getComputedStyle(one).flexGrow)) {
    one = one.parentElement ?? one.getRootNode().host
  }
  return one
}"""
"""The column of the tab around something."""

AROUND = "one => one.parentElement ?? one.getRootNode()"
"""The box of columns around a column."""

FIELDS = ("Name", "E-mail", "Phone", "Location", "Budget")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Ana is there with room for two leads and has one; Ben is full with one."""
    folder = tmp_path_factory.mktemp("office")
    office = Office(f"embedded://{folder.name}", str(folder / "history"), terms=PATIENT).start()
    desk = office.desk
    assert desk is not None
    for work in (
        desk.add_agent("ben", "Ben Okafor", capacity=1),
        desk.set_presence("ben", "available"),
        desk.route_lead(Lead(id="first", name="Li Wei")),
        desk.add_agent("ana", "Ana Ruiz", capacity=2),
        desk.set_presence("ana", "available"),
        desk.route_lead(Lead(id="second", name="Sam Field")),
    ):
        office.call(work).result()
    yield office
    office.stop()


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """The address of the office's page."""
    with shown(lambda: dashboard(office)) as url:
        yield url


@pytest.fixture
def leads(open_page: Callable[[str], Page], address: str) -> Callable[[], Page]:
    """Opens the tab in a page of its own."""

    def opened() -> Page:
        page = open_page(address)
        page.get_by_role("tab", name="Leads").click()
        expect(page.get_by_role("heading", name="Newest assignments")).to_be_visible()
        return page

    return opened


def test_two_pages_see_one_assignment_and_what_is_typed_is_text(office: Office, leads: Callable[[], Page]) -> None:
    one, two = leads(), leads()
    for page in (one, two):
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    for name in FIELDS:
        one.get_by_role("textbox", name=name).first.fill(EVIL)
        one.keyboard.press("Tab")
    for name in ("e-mail", "phone", "budget"):
        expect(one.get_by_text(f"{name} is '{EVIL}'").first).to_be_visible()
    press(one, "Route the lead")
    expect(one.get_by_role("alert").filter(has_text="evil.com")).to_be_visible()
    for name in ("E-mail", "Phone", "Location", "Budget"):
        one.get_by_role("textbox", name=name).first.fill("")
        one.keyboard.press("Tab")
    press(one, "Who would get it?")
    expect(one.get_by_role("heading", name="would go to Ana Ruiz")).to_be_visible()
    press(one, "Route the lead")
    assignment = two.get_by_role("button", name=f"{EVIL} → Ana Ruiz").first
    expect(assignment).to_be_visible()
    for page in (one, two):
        newest = page.get_by_role("list", name="Newest assignments")
        newest.get_by_role("button", name=f"{EVIL} → Ana Ruiz").first.focus()  # it may not be the newest any more
        page.keyboard.press("Enter")
        expect(newest.get_by_role("button", pressed=True)).to_contain_text(EVIL)
        expect(page.get_by_role("heading", name="goes to Ana Ruiz").last).to_be_visible()
    one.get_by_role("textbox", name="Find a lead").fill(EVIL)
    one.keyboard.press("Enter")
    found = one.get_by_role("list", name="Assignments found")
    expect(found.get_by_role("button", name=f"{EVIL} → Ana Ruiz").first).to_be_visible()
    expect(one.get_by_role("listitem").filter(has_text="given to Ana Ruiz")).to_be_visible()
    for page in (one, two):
        assert page.locator("img[src=x], a[href*=evil], a[href^=javascript]").count() == 0


def test_what_a_customer_said_gives_points_and_a_draft_that_can_be_changed(leads: Callable[[], Page]) -> None:
    page = leads()
    page.get_by_role("textbox", name="Message").fill("The price is too high. Can I see it?")
    press(page, "What to say")
    expect(page.get_by_text("Offer two times for a visit")).to_be_visible()
    expect(page.get_by_text("By rules.")).to_be_visible()
    draft = page.get_by_role("textbox", name="Draft")
    expect(draft).to_have_value(re.compile("^Thank you for your message. On the price:"))
    draft.fill("Dear Zoe")
    expect(draft).to_have_value("Dear Zoe")


def test_an_offer_is_given_to_another_by_keyboard_and_the_list_keeps_its_place(
    office: Office, leads: Callable[[], Page]
) -> None:
    page = leads()
    desk = office.desk
    assert desk is not None
    office.call(desk.update_agent_workload("ben", capacity=40)).result()
    field = page.get_by_role("textbox", name="Name").first
    for name in ("Zoe Park", "Mia Chen"):
        field.focus()
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"{name} goes to Ben Okafor")).to_be_visible()
        expect(field).to_have_value("")
    field.fill("Half Filled")
    page.get_by_role("textbox", name="Location").first.press_sequentially("north")
    page.wait_for_function("sessionStorage.collab?.includes('north')")
    page.reload()
    expect(field).to_have_value("Half Filled")
    expect(page.get_by_role("textbox", name="Location").first).to_have_value("north")
    page.get_by_role("textbox", name="Location").first.fill("")
    field.fill("")
    page.keyboard.press("Tab")
    page.wait_for_function("!sessionStorage.collab.includes('Half')")
    offers = page.get_by_role("list", name="Offers not accepted yet")
    offers.get_by_role("button", name="Li Wei").focus()
    for key, at in (("End", -1), ("Home", 0)):
        page.keyboard.press(key)
        expect(offers.get_by_role("button").nth(at)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is with Ana Ruiz, who has not accepted it yet.")).to_be_visible()
    page.get_by_role("textbox", name="Your name").last.fill("Kim")
    page.get_by_role("textbox", name="Reason").fill("she is out")
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="Agent The id of who gets it").click()
    page.get_by_role("listbox").locator("li").filter(has_text="Ben Okafor").click()
    press(page, "Give it to them")
    expect(page.get_by_text("Done: it is theirs")).to_be_visible()
    assert office.team.leads["second"].holder == "ben"
    for number in range(12):
        office.call(desk.route_lead(Lead(id=f"n{number}", name=f"Lead {number}"))).result()
    newest = page.get_by_role("list", name="Newest assignments")
    expect(newest.get_by_role("button", name="Lead 11")).to_be_visible()
    at_least = newest.evaluate("list => { list.scrollTop = 200; return list.scrollTop }")
    focused = newest.get_by_role("button", name="Lead 5")
    focused.focus()
    before = focused.evaluate("row => row.getBoundingClientRect().top")
    office.call(desk.route_lead(Lead(id="last", name="Lead of the last minute"))).result()
    expect(newest.get_by_role("button", name="Lead of the last minute")).to_be_attached()
    assert at_least > 0
    expect(focused).to_be_focused()
    assert abs(focused.evaluate("row => row.getBoundingClientRect().top") - before) < 2


def test_columns_go_on_to_a_next_sheet_of_paper_and_a_phone_folds_filters_away(
    leads: Callable[[], Page],
) -> None:
    page = leads()
    page.emulate_media(media="print")
    for words in ("Route a lead", "Waiting leads", "Newest assignments", "A decision taken apart"):
        column = page.get_by_role("heading", name=words).evaluate_handle(COLUMN)
        assert column.evaluate("one => getComputedStyle(one).display") == "block", words
    for words in ("Waiting leads", "Newest assignments"):
        beside = page.get_by_role("heading", name=words).evaluate_handle(COLUMN).evaluate_handle(AROUND)
        assert beside.evaluate("one => getComputedStyle(one).display") == "block", words
    assert not page.get_by_text("Why not me?").is_visible()
    page.emulate_media(media="screen")
    toggle, skill = page.get_by_role("button", name="Filters"), page.get_by_role("combobox", name="Skill What the lead")
    expect(skill).to_be_visible()
    expect(toggle).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    beside = [page.get_by_role("heading", name=one).bounding_box() for one in ("Waiting leads", "What to say")]
    assert beside[0]
    assert beside[1]
    assert abs(beside[0]["y"] - beside[1]["y"]) < 2
    page.set_viewport_size({"width": 390, "height": 844})
    expect(skill).to_be_hidden()
    toggle.click()
    expect(skill).to_be_visible()


def test_what_is_typed_while_the_server_is_away_is_there_when_it_is_back(leads: Callable[[], Page]) -> None:
    page = leads()
    name, budget = (page.get_by_role("textbox", name=name).first for name in ("Name", "Budget"))
    name.fill("Half Filled")
    page.wait_for_function("sessionStorage.collab?.includes('Half Filled')")
    page.evaluate("WebSocket.prototype.send = () => {}")
    budget.press_sequentially("777")
    page.reload()
    expect(budget).to_have_value("777")
    expect(name).to_have_value("Half Filled")
