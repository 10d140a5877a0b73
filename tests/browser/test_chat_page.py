"""The rooms in Chromium, alone on a page: two members talk by mouse and keyboard, what is hostile stays text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from serving import shown, until

from collab.files import Shelf
from collab.office import Office
from collab.views.board import Board
from collab.views.rooms import RoomsView

# Bokeh warns in this process when a page names a model that it had before; a server of its own goes on.
pytestmark = pytest.mark.filterwarnings("ignore:reference already known")

FIELD = "Message to the team in Main"
SAID = 320
MANY = 1010
"""More than stay on a page whose reader reads the newest."""

PLACE = """log => {
  const top = log.getBoundingClientRect().top
  const first = [...log.querySelectorAll(".msg")].find(one => one.getBoundingClientRect().bottom > top + 1)
  return [Number(first.dataset.n), first.getBoundingClientRect().top - top]
}"""
"""The message at the top of what is seen, and where it begins."""

STANDS = """(log, number) => {
  const message = log.querySelector(`.msg[data-n="${number}"]`)
  return message.getBoundingClientRect().top - log.getBoundingClientRect().top
}"""
"""Where a message begins."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office where ana said a lot in Main."""
    folder = tmp_path_factory.mktemp("office")
    office = Office(f"embedded://{folder.name}", str(folder / "history")).start()
    desk = office.desk
    assert desk is not None
    office.shelf = Shelf(folder / "files")

    async def talk() -> None:
        await desk.create_room("main", "Main", by="ana")
        await desk.rooms.join("main", "bo")
        await desk.create_room("more", "More", by="cy")
        for number in range(SAID):
            await desk.send_message("main", "ana", f"Number {number}")

    office.call(talk()).result()
    yield office
    office.stop()


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """The address of the office's rooms."""
    with shown(lambda: RoomsView(Board(office))) as url:
        yield url


@pytest.fixture
def chat(open_page: Callable[[str], Page], address: str) -> Callable[[str], Page]:
    """Opens the rooms for a member in a page of its own."""

    def opened(who: str) -> Page:
        page = open_page(address)
        page.get_by_role("textbox", name="You are").fill(who)
        page.get_by_role("button", name="Come in").click()
        expect(page.get_by_role("textbox", name=FIELD)).to_be_visible()
        return page

    return opened


def test_two_members_talk_and_what_is_above_loads_without_a_jump(chat: Callable[[str], Page]) -> None:
    ana, bo = chat("ana"), chat("bo")
    bo.get_by_role("textbox", name=FIELD).press_sequentially("Hi @an")
    expect(ana.get_by_text("bo is typing…")).to_be_visible()
    bo.keyboard.press("Enter")  # takes the name
    bo.keyboard.insert_text("<img src=x onerror=alert(1)> **now**")
    bo.keyboard.press("Enter")
    message = ana.get_by_role("article").filter(has_text="onerror").first
    expect(message.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    expect(message.locator(".words img")).to_have_count(0)
    expect(message.locator(".mention")).to_have_text("@ana")

    log = ana.get_by_role("log").first
    log.focus()
    ana.keyboard.press("ArrowUp")
    ana.keyboard.press("r")
    ana.keyboard.insert_text("Mine")
    ana.keyboard.press("Enter")
    expect(bo.get_by_role("button", name="Open the thread: 1 reply · 1 new")).to_be_visible()
    ana.keyboard.press("Escape")
    message.focus()
    ana.keyboard.press("+")
    expect(message.get_by_role("group", name="Reactions")).to_be_visible()
    ana.keyboard.press("Escape")
    expect(message.get_by_role("group", name="Reactions")).to_have_count(0)
    expect(message).to_be_focused()

    had = ana.locator(".main .msg").count()
    log.evaluate("log => { log.scrollTop = 150 }")
    number, before = log.evaluate(PLACE)
    until(lambda: ana.locator(".main .msg").count() > had, "older messages are there")
    assert abs(log.evaluate(STANDS, number) - before) < 3


def test_a_page_that_is_open_for_long_lets_go_of_what_was_said_before(
    office: Office, chat: Callable[[str], Page]
) -> None:
    bo = chat("bo")
    messages, desk = bo.locator(".main .msg"), office.desk
    assert desk is not None

    async def talk() -> None:
        for number in range(MANY):
            await desk.send_message("more", "cy", f"Word {number}")

    bo.get_by_role("button", name=re.compile("^More")).click()
    bo.get_by_role("button", name="Join this room").click()
    expect(bo.get_by_role("textbox", name="Message to the team in More")).to_be_visible()
    office.call(talk()).result()
    newest = messages.filter(has_text=f"Word {MANY - 1}")
    expect(newest).to_be_in_viewport()
    until(lambda: messages.count() < MANY / 2, "the oldest are let go")
    expect(newest).to_be_in_viewport()
    log, had = bo.get_by_role("log").first, messages.count()
    log.evaluate("log => { log.scrollTop = 150 }")
    number, before = log.evaluate(PLACE)
    until(lambda: messages.count() > had, "older messages are there")
    assert abs(log.evaluate(STANDS, number) - before) < 3


def test_a_message_of_a_link_is_forgotten_once_one_has_read_on_from_it(
    office: Office, open_page: Callable[[str], Page]
) -> None:
    views: list[RoomsView] = []

    def linked() -> RoomsView:
        views.append(RoomsView(Board(office), "main", SAID // 2, me="bo"))
        return views[-1]

    with shown(linked) as url:
        page = open_page(url)
        log = page.get_by_role("log").first
        expect(log.locator(".flash")).to_be_in_viewport()
        log.evaluate("log => log.scrollBy(0, 20)")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert views[0].message == str(SAID // 2)
        log.evaluate("log => log.scrollBy(0, 2 * log.clientHeight)")
        until(lambda: views[0].message == "", "it is forgotten")
        page.get_by_role("button", name="Go to the newest message").click()
        expect(log.get_by_text(f"Number {SAID - 1}", exact=True)).to_be_in_viewport()
        page.close()  # before its server ends


def test_what_was_said_today_was_said_yesterday_after_midnight(open_page: Callable[[str], Page], address: str) -> None:
    page = open_page("about:blank")
    page.clock.install()
    page.goto(address)
    page.get_by_role("textbox", name="You are").fill("ana")
    page.get_by_role("button", name="Come in").click()
    first = page.locator(".main .msg").first
    expect(first).to_have_attribute("data-day", "Today")
    page.clock.fast_forward("24:00:00")
    expect(first).to_have_attribute("data-day", "Yesterday")


def test_files_and_seats_are_given_by_keyboard(chat: Callable[[str], Page]) -> None:
    ana, bo = chat("ana"), chat("bo")
    with ana.expect_file_chooser() as chosen:
        ana.get_by_role("button", name="Add files").first.press("Enter")
    agreed, page = b"What was agreed" * 40_000, b"<script>alert(1)</script>"
    chosen.value.set_files(
        [
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": agreed},  # goes in three pieces
            {"name": "page.txt", "mimeType": "text/plain", "buffer": page},
        ]
    )
    files = ana.get_by_role("list", name="Files of this message").first
    expect(files.get_by_role("alert")).to_contain_text("HTML")
    expect(files.get_by_role("button", name="Try again")).to_have_count(0)
    ana.get_by_role("button", name="Remove page.txt").press("Enter")
    expect(files.get_by_role("listitem")).to_have_text(re.compile("notes.txt.*ready"))
    ana.keyboard.press("Enter")
    with bo.expect_download() as saved:
        bo.get_by_role("button", name="Save notes.txt").click()
    assert saved.value.path().read_bytes() == agreed
    ana.get_by_role("button", name="Search messages").click()
    ana.keyboard.insert_text("notes")
    hit = ana.get_by_role("list", name="What was found").get_by_role("button").filter(has_text="notes.txt")

    def found() -> bool:
        ana.keyboard.press("Enter")
        return hit.count() > 0

    until(found, "the message is found once it is recorded")
    ana.keyboard.press("Escape")

    ana.get_by_role("log").first.focus()
    ana.keyboard.press("i")
    ana.get_by_role("button", name="Make moderator: bo").press("Enter")
    expect(ana.get_by_role("button", name="Make member: bo")).to_be_focused()


def test_on_a_phone_the_rooms_fold_away_and_nothing_is_wider_than_it(chat: Callable[[str], Page]) -> None:
    page = chat("ana")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("textbox", name="You are")).to_be_hidden()
    assert page.locator(".main > .top").evaluate("top => top.clientHeight") < 60
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Add files").first.click()
    chosen.value.set_files([{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b""} for n in range(10)])
    expect(page.get_by_role("button", name="Remove 9.txt")).to_be_attached()
    expect(page.get_by_role("textbox", name=FIELD)).to_be_in_viewport(ratio=1)
    rooms = page.get_by_role("navigation", name="Rooms")
    expect(rooms).to_be_hidden()
    page.get_by_role("button", name="Show the rooms").click()
    expect(rooms.get_by_role("button", name="Main, 0 unread")).to_be_visible()
    small = page.locator(".chat button:visible, .chat textarea:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).filter(one => one.height < 44 || one.right > 390).length"
    )
    assert small == 0


def test_a_new_room_is_empty_until_something_is_said_and_delete_twice_takes_it_back(
    chat: Callable[[str], Page],
) -> None:
    page = chat("ana")
    page.get_by_text("New room").click()
    name = page.get_by_role("textbox", name="Name of the new room")
    name.fill("Main")
    name.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("name is 'Main', which is too like that of Main")
    expect(name).to_have_value("Main")
    name.fill("North side")
    name.press("Enter")
    field = page.get_by_role("textbox", name="Message to the team in North side")
    nothing = page.get_by_text("Nothing was said here yet")
    expect(nothing).to_have_count(1)
    expect(name).to_have_value("")
    field.fill("First")
    field.press("Enter")
    message = page.get_by_role("article").filter(has_text="First")
    expect(message).to_be_visible()
    expect(nothing).to_have_count(0)

    page.get_by_role("log").first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    expect(message.get_by_role("button", name="Sure?")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.get_by_role("article").filter(has_text="taken back")).to_be_visible()


def test_a_tap_on_a_phone_presses_nothing_that_was_not_there(
    open_phone: Callable[[str], Page], chat: Callable[[str], Page], address: str
) -> None:
    page = open_phone(address)
    assert page.evaluate('matchMedia("(hover: none) and (pointer: coarse)").matches')
    page.get_by_role("textbox", name="You are").fill("bo")
    page.get_by_role("button", name="Come in").tap()
    field = page.get_by_role("textbox", name=FIELD)
    field.fill("Said on a phone, in words that go right across the line")
    page.get_by_role("button", name="Send").first.tap()
    message = page.get_by_role("article").filter(has_text="Said on a phone")
    expect(page.locator(".waiting")).to_have_count(0)  # which makes room, and moves the message
    buttons = message.locator(".acts button")
    words = message.locator(".words").bounding_box()
    assert words is not None
    for part in (0.1, 0.5, 0.9, 0.9):
        page.touchscreen.tap(words["x"] + part * words["width"], words["y"] + 8)
    expect(message).to_be_focused()
    expect(buttons.locator("visible=true")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="copied")).to_have_count(0)
    expect(page.get_by_role("complementary", name="Thread")).to_be_hidden()

    dots = message.get_by_role("button", name="What can be done with this message")
    at = dots.bounding_box()
    assert at is not None
    assert min(at["width"], at["height"]) > 43.9
    dots.tap()
    expect(buttons.locator("visible=true")).to_have_text(["React", "Reply", "Link", "Edit", "Delete"])
    boxes = [one.bounding_box() for one in buttons.all()]
    assert all(box and box["height"] > 43.9 and box["x"] + box["width"] <= at["x"] for box in boxes)
    expect(page.get_by_role("log").first).to_be_in_viewport()

    ana = chat("ana")
    before = dots.bounding_box()
    ana.get_by_role("textbox", name=FIELD).fill("Said meanwhile")
    ana.keyboard.press("Enter")
    expect(page.get_by_role("article").filter(has_text="Said meanwhile")).to_be_attached()
    assert dots.bounding_box() == before

    delete = message.get_by_role("button", name="Delete")
    asleep = "one => { one.click(); return getComputedStyle(one).pointerEvents }"
    assert delete.evaluate(asleep) == "none"
    expect(message.get_by_text("Said on a phone")).to_be_visible()
    message.get_by_role("button", name="Sure?").tap()
    expect(page.get_by_role("article").filter(has_text="This message was taken back.").last).to_be_visible()


def test_rooms_are_gone_through_and_joined_by_keyboard(chat: Callable[[str], Page]) -> None:
    page = chat("ana")
    main, more = (page.get_by_role("textbox", name=f"Message to the team in {room}") for room in ("Main", "More"))
    join = page.get_by_role("button", name="Join this room: More")
    expect(main).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(join).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(main).to_be_visible()
    page.keyboard.press("Alt+ArrowDown")
    expect(join).to_be_focused()
    page.keyboard.press("Enter")
    expect(more).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
