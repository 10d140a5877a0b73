"""The Alerts tab in Chromium: two team leads look at one alert, act on it, and take it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from serving import shown, until
from touching import swipe

from collab.lapses import Terms
from collab.office import Office
from collab.records import Lead
from collab.views.page import page as dashboard

# Bokeh warns in this process when a page names a model that it had before; a server of its own goes on.
pytestmark = pytest.mark.filterwarnings("ignore:reference already known")

RULES = """
rules:
  - {name: full, kind: overload, fire: 0.9, clear: 0.5, severity: high}
"""
SUMMARY = "Ana Ruiz is at 100%"
PATIENT = Terms(accept_s=36_000, answer_s=36_000)
"""However slow the machine, no lead goes back meanwhile, which would end the alert."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Ana holds all leads that she can, as Ben came later."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "rules.yaml").write_text(RULES)
    office = Office(
        f"embedded://{folder.name}", str(folder / "history"), rules=str(folder / "rules.yaml"), terms=PATIENT
    ).start()
    desk = office.desk
    assert desk is not None
    for work in (
        desk.add_agent("ana", "Ana Ruiz", capacity=4),
        desk.set_presence("ana", "available"),
        *(desk.route_lead(Lead(id=f"l{number}", name="Zoe Park")) for number in range(4)),
        desk.add_agent("ben", "Ben Okafor", capacity=4),
        desk.set_presence("ben", "available"),
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
def alerts(open_page: Callable[[str], Page], address: str) -> Callable[[], Page]:
    """Opens the tab in a page of its own."""

    def opened() -> Page:
        page = open_page(address)
        page.get_by_role("tab", name="Alerts").click()
        expect(page.get_by_text("Open alerts")).to_be_visible()
        return page

    return opened


def choose(page: Page) -> None:
    """Say who acts, and choose the alert, all by keyboard."""
    page.get_by_role("textbox", name="Your name Who acts").fill("Kim")
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="Alert The id of the one to act on").press("ArrowDown")
    option = page.get_by_role("listbox").locator("li").filter(has_text=SUMMARY)
    expect(option).to_be_visible()
    option.press("Enter")
    expect(page.get_by_role("listbox")).to_have_count(0)  # as it closes it gives the focus back


def press(page: Page, name: str) -> None:
    """Press a button by keyboard, once it can be."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")


def test_what_one_takes_on_the_other_sees_and_leads_go_to_others_and_come_back(
    office: Office, alerts: Callable[[], Page]
) -> None:
    one, two = alerts(), alerts()
    sign = two.get_by_text("The Alerts tab has what can be done")
    expect(sign).to_be_visible()
    choose(one)
    press(one, "Acknowledge")
    expect(two.get_by_text("Kim has it").first).to_be_visible()
    expect(sign).to_be_hidden()
    taken = one.get_by_role("button", name="Acknowledge", exact=True)
    expect(taken).to_be_disabled()
    expect(taken).to_be_focused()
    expect(one.get_by_text("2 leads of 4 go; Ana Ruiz 100% → 50%.")).to_be_visible()
    press(one, "Give leads of Ana Ruiz to others")
    expect(one.get_by_text("Done: Give leads of Ana Ruiz to others.")).to_be_visible()
    assert {agent.id: agent.active for agent in office.team.members()} == {"ana": 2, "ben": 2}
    expect(two.get_by_text("No alert is open.")).to_be_visible()
    gave = one.get_by_role("button", name="Give leads of Ana Ruiz to others")
    expect(gave).to_be_disabled()
    expect(gave).to_be_focused()
    press(one, "Undo")
    expect(one.get_by_text("Undone: 2 leads went back.")).to_be_visible()
    assert {agent.id: agent.active for agent in office.team.members()} == {"ana": 4, "ben": 0}


def test_an_alert_is_chosen_in_the_list_by_finger_and_by_key(
    alerts: Callable[[], Page], open_phone: Callable[[str], Page], address: str
) -> None:
    page, phone = alerts(), open_phone(f"{address}?tab=alerts")
    page.get_by_role("button", name=SUMMARY).press("Enter")
    line = phone.get_by_role("listitem").filter(has_text=SUMMARY)
    expect(phone.get_by_text("Choose an alert in the list above")).to_be_visible()
    line.get_by_text("Here because").tap()
    for one in (page, phone):
        chosen = one.get_by_role("button", name=SUMMARY)
        expect(chosen).to_have_attribute("aria-pressed", "true")
        assert (chosen.bounding_box() or {"height": 0})["height"] > 43.9
        expect(one.get_by_role("button", name="Acknowledge", exact=True)).to_be_enabled()
        expect(one.get_by_text("Nobody has it, so nobody can give it back.")).to_be_visible()
    expect(page.get_by_role("button", name=SUMMARY)).to_be_focused()


def test_a_swipe_takes_an_alert_on_where_the_tabs_lie_below_the_thumb(
    office: Office, open_phone: Callable[[str], Page], address: str
) -> None:
    phone = open_phone(f"{address}?tab=alerts")
    line = phone.locator("li[data-key]").filter(has_text=SUMMARY)
    expect(phone.get_by_text("Swipe a line to the right to acknowledge it.")).to_be_visible()
    bar = phone.locator(".MuiTabs-root").bounding_box()
    assert bar is not None
    assert (bar["x"], bar["width"], bar["y"] + bar["height"]) == (0, 390, 844)
    (alert,) = office.team.alerts.open
    swiped(phone, line, 5)
    expect(phone.get_by_text("Choose an alert in the list above")).to_be_visible()  # it was let go too soon
    swiped(phone, line, 12)
    expect(phone.get_by_text("Your name is empty")).to_be_visible()
    phone.get_by_role("textbox", name="Your name Who acts").fill("Kim")
    swiped(phone, line, 12)
    expect(phone.get_by_text("Kim has it").first).to_be_visible()
    assert office.team.alerts.open[alert].owner == "Kim"
    assert line.evaluate("line => line.style.translate") == ""
    swiped(phone, line, 12)  # of one that somebody has nothing comes
    phone.get_by_role("button", name="Give back", exact=True).tap()
    expect(phone.get_by_text("Nobody has it").first).to_be_visible()


def swiped(phone: Page, line: Locator, steps: int) -> None:
    """Swipe a line to the right, so many times a dozen pixels."""
    line.hover(trial=True)  # which waits until it stands still
    devices, box = phone.context.new_cdp_session(phone), line.bounding_box()
    assert box is not None
    swipe(devices, (box["x"] + 40, box["y"] + box["height"] / 2), (12, 0), steps)
    devices.detach()


def test_the_link_of_a_notice_chooses_its_alert_and_the_what_if_opens_before_it_fired(
    office: Office, open_page: Callable[[str], Page], address: str
) -> None:
    until(lambda: bool(office.team.alerts.open), "it fires")
    (alert,) = office.team.alerts.open
    page = open_page(f"{address}?alert={alert}")
    expect(page.get_by_text("Was 100% when it fired, and still is")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_be_enabled()  # as one is chosen
    button = page.get_by_role("button", name="Open the what-if before it fired")
    expect(button).to_be_visible()
    assert (button.bounding_box() or {"height": 0})["height"] >= 44
    press(page, "Open the what-if before it fired")
    said = page.get_by_text(f"before this alert fired: {SUMMARY}")
    expect(said).to_be_visible()
    press(page, "Back to all decisions")
    expect(said).to_be_hidden()


def test_what_is_no_number_in_a_field_of_a_rule_is_refused_in_words(alerts: Callable[[], Page]) -> None:
    page = alerts()
    field = page.get_by_role("textbox", name="Fires at")
    expect(field).to_have_value("0.9")
    expect(page.get_by_role("button", name="One step less").first).to_be_visible()
    for typed in ("1,2", "1e9"):
        field.fill(typed)
        page.keyboard.press("Tab")
        said = page.get_by_text(f"“{typed}” is no number")
        expect(said).to_be_visible()
        expect(field).to_have_value("0.9")
        field.focus()
        expect(said).to_have_count(0)
    field.fill("")
    page.keyboard.press("Tab")
    expect(page.get_by_text("is empty; give a number")).to_be_visible()
    expect(field).to_have_value("")  # as the message says
