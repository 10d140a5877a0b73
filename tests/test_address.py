"""What an address says of a page: taken if it is right, told and ignored if it is wrong, written as things change."""

from __future__ import annotations

from collections.abc import Callable

import panel_material_ui as pmui
import param
import pytest
from chatting import talking
from desks import hire, lead
from offices import Open, at, do

from collab.floor import Seat
from collab.protocol import Role
from collab.views.address import Address, slug
from collab.views.board import Board
from collab.views.browser import kept
from collab.views.feed import feed_of
from collab.views.page import _alerting, _analytics, _leading, _rooms, _tabs, _wrong, banner, page
from collab.views.period import PeriodView
from collab.weights import Weights

NAMES = ["Team", "What-if", "Tuning"]
USUAL = "35-30-20-15"


class Choice(param.Parameterized):
    """Something that is chosen."""

    period = param.Selector(default="day", objects=["day", "week"])
    zone = param.Selector(default="UTC", objects={"Greenwich": "UTC", "Berlin": "Europe/Berlin"})


class Opened:
    """A page that was opened at an address."""

    def __init__(self, query: str) -> None:
        self.ticks: list[Callable[[], None]] = []
        self.address = Address(query, self.ticks.append)
        self.tabs = pmui.Tabs(*((name, pmui.Typography(name)) for name in NAMES))
        self.weights, self.choice = Weights(), Choice()
        self.address.tab(self.tabs, NAMES)
        self.address.weights(self.weights)
        self.address.choice(self.choice, "period", "zone")

    def query(self) -> str:
        """The query after the next tick."""
        while self.ticks:
            self.ticks.pop()()
        return str(self.address.query)


def test_what_an_address_says_is_opened() -> None:
    opened = Opened("?tab=tuning&weights=20-60-11-9&period=week&zone=Europe%2FBerlin")
    assert opened.tabs.active == 2
    assert opened.weights.integers() == (20, 60, 11, 9)
    assert (opened.choice.period, opened.choice.zone) == ("week", "Europe/Berlin")
    assert opened.address.wrong == []


def test_a_page_as_it_always_opens_needs_no_query_and_what_others_wrote_there_stays() -> None:
    assert Opened("").query() == ""
    assert Opened(f"?tab=team&weights={USUAL}").query() == ""
    assert Opened("?from=mail").query() == "?from=mail"


def test_what_changes_is_written_once_a_tick_and_left_out_when_it_is_as_usual() -> None:
    opened = Opened("")
    opened.tabs.active = 1
    opened.weights.take([0.2, 0.6, 0.11, 0.09])
    opened.choice.period = "week"
    assert len(opened.ticks) == 1
    assert opened.query() == "?tab=what-if&weights=20-60-11-9&period=week"
    again = Opened(opened.query())
    assert (again.tabs.active, again.weights.integers(), again.choice.period) == (1, (20, 60, 11, 9), "week")
    opened.tabs.active = 0
    opened.choice.period = "day"
    assert opened.query() == "?weights=20-60-11-9"


@pytest.mark.parametrize(
    "query, said",
    [
        ("?tab=nowhere", "tab is 'nowhere'; give one of team, what-if, tuning"),
        ("?weights=1-2-3", "weights are '1-2-3'; give four whole numbers, as 35-30-20-15"),
        ("?weights=50-50-50-50", "those in force are shown"),
        ("?weights=<script>", "weights are '<script>'; give four whole numbers"),
        ("?period=year", "period is 'year'; give one of day, week"),
        ("?zone=Mars", "zone is 'Mars'; give one of UTC, Europe/Berlin"),
    ],
)
def test_a_wrong_value_is_told_with_the_fix_and_ignored(query: str, said: str) -> None:
    opened = Opened(query)
    (wrong,) = opened.address.wrong
    assert said in wrong
    assert opened.query() == ""
    assert (opened.tabs.active, opened.weights.integers(), opened.choice.period) == (0, (35, 30, 20, 15), "day")


@pytest.mark.parametrize("typed", ["What-if", "WHAT-IF", "What if", "what_if"])
def test_a_tab_is_named_as_the_page_or_a_person_writes_it(typed: str) -> None:
    opened = Opened(f"?tab={typed}")
    assert (opened.tabs.active, opened.address.wrong, opened.query()) == (1, [], "?tab=what-if")


def test_what_is_wrong_is_told_also_if_its_tab_is_made_later() -> None:
    address = Address("?tab=team&period=<b>year", lambda write: None)
    told = _wrong(address)
    assert not told.visible
    address.choice(Choice(), "period")
    assert told.visible
    assert told.object == "Period is '&lt;b&gt;year'; give one of day, week"


def test_every_tab_of_the_page_has_an_address_of_its_own(open_office: Open) -> None:
    names = next(one for one in page(open_office()).main[0] if isinstance(one, pmui.Tabs))._names
    assert len({slug(name) for name in names}) == len(names) >= 6
    assert slug("What-if") == "what-if"


def test_an_agent_who_opens_a_tab_of_others_is_told_that_agents_do_not_see_it(open_office: Open) -> None:
    address = Address("?tab=tuning&weights=20-60-11-9", lambda write: None)
    _tabs(Board(open_office(), Seat("kim", lambda: Role.agent)), address)
    assert address.wrong == ["tab is 'tuning', which an agent does not see; give one of team, leads, chat"]


def test_the_analytics_tab_opens_as_the_address_says(open_office: Open) -> None:
    said = "?measure=waiting_s&period=7+days&week=satisfaction&compared=response_s&zone=Asia%2FTokyo"
    address = Address(said, lambda write: write())
    view = _analytics(open_office(), address)
    assert address.wrong == []
    assert (view.trend.measure, view.trend.period, view.asked.zone) == ("waiting_s", "7 days", "Asia/Tokyo")
    assert (view.heat.measure, view.compare.measure) == ("satisfaction", "response_s")
    assert address.query == said
    view.heat.measure = "response_s"
    assert address.query == said.replace("&week=satisfaction", "")


def test_the_clocks_of_one_tab_are_those_of_the_others(open_office: Open) -> None:
    office = open_office()
    address = Address("?zone=Asia%2FTokyo", lambda write: write())
    alerts = _alerting(Board(office), PeriodView(), "", address).alerts
    assert alerts.zone == "Asia/Tokyo"
    alerts.zone = "Europe/Berlin"
    assert address.query == "?zone=Europe%2FBerlin"
    asked = _analytics(office, address).asked
    assert asked.zone == "Europe/Berlin"
    asked.zone = "UTC"
    assert (alerts.zone, address.query) == ("UTC", "")


def test_the_leads_tab_lists_the_assignments_that_the_address_says(open_office: Open) -> None:
    office = open_office()
    do(office, hire(at(office), "ana", capacity=2))
    do(office, at(office).route_lead(lead("l1", language="es")))
    feed = feed_of(office)

    async def make() -> None:
        feed._make()

    do(office, make())
    said = "?agent=ana&skill=language%3Aes&urgency=high&within=15"
    address = Address(said, lambda write: write())
    shown = _leading(Board(office), address).assignments
    assert address.wrong == []
    assert (shown.agent, shown.skill, shown.urgency, shown.within) == ("ana", "language:es", "high", 15)
    assert address.query == said
    shown.agent = ""
    assert address.query == said.replace("agent=ana&", "")
    wrong = Address("?agent=kim", lambda write: None)
    _leading(Board(office), wrong)
    assert wrong.wrong == ["agent is 'kim'; give one of ana"]
    wrong = Address("?skill=language%3Ade", lambda write: None)
    _leading(Board(office), wrong)
    assert wrong.wrong == ["skill is 'language:de'; give one of language:es"]


def test_a_skill_that_only_leads_ask_for_that_are_looked_for_is_taken(open_office: Open) -> None:
    said = "?find=Zoe+Park&skill=language%3Aes"
    address = Address(said, lambda write: write())
    shown = _leading(Board(open_office()), address).assignments
    assert (address.wrong, shown.skill, address.query) == ([], "language:es", said)
    shown.offer()
    assert shown.skill == "language:es"


def test_the_leads_tab_looks_for_the_words_in_the_address_where_no_e_mail_and_no_phone_stands(
    open_office: Open,
) -> None:
    address = Address("?find=Zoe+Park", lambda write: write())
    finding = _leading(Board(open_office()), address).assignments.finding
    assert (address.wrong, finding.words, finding.field.value) == ([], "Zoe Park", "Zoe Park")
    for words, query in (
        ("zoe@example.com", ""),
        (" Li Wei & Co. ", "?find=Li+Wei+%26+Co."),
        ("+1 555 010 2030", ""),
        ("L-7", "?find=L-7"),
        ("", ""),
    ):
        finding.words = words
        assert address.query == query


def test_the_address_says_which_room_is_open_and_around_which_message(open_office: Open) -> None:
    office = talking(open_office)
    do(office, at(office).create_room("more", "More", by="bo"))
    number = do(office, at(office).send_message("main", "ana", "Hello")).number
    said = f"?tab=chat&room=main&message={number}"
    address = Address(said, lambda write: write())
    view = _rooms(Board(office), address)
    do(office, view.enter("bo"))
    do(office, view.hear({"do": "ready"}))
    assert (address.query, address.wrong) == (said, [])
    for asked, query in (
        ({"do": "choose", "room": "more"}, "?tab=chat&room=more"),
        ({"do": "jump", "room": "main", "number": number - 1}, f"?tab=chat&room=main&message={number - 1}"),
        ({"do": "past", "number": number}, f"?tab=chat&room=main&message={number - 1}"),
        ({"do": "past", "number": number - 1}, "?tab=chat"),  # as the tab opens anyway
        ({"do": "jump", "room": "main", "number": number}, said),
        ({"do": "choose", "room": "main"}, "?tab=chat"),
    ):
        do(office, view.hear(asked))
        assert address.query == query


def test_the_browser_keeps_how_a_person_likes_the_page(open_office: Open) -> None:
    board = Board(open_office())
    shown = pmui.Page()
    browser = kept(Address("?tab=team", lambda write: write()), board, shown)
    browser.found = {"dark": True, "person": "Kim", "member": "kim", "paused": "yes", "other": 1}
    assert (shown.dark_theme, board.person, board.member, board.paused) == (True, "Kim", "kim", False)
    board.paused = True
    assert browser.kept == {"dark": True, "person": "Kim", "member": "kim", "paused": True}
    assert browser.query == "?tab=team"


def test_what_a_browser_kept_is_nothing_at_first(open_office: Open) -> None:
    board = Board(open_office())
    browser = kept(Address("", lambda write: None), board, pmui.Page())
    browser.found = {}
    assert browser.kept == {}
    board.person = "Ana"
    assert browser.kept == {"person": "Ana"}


@pytest.mark.parametrize("stored, dark", [({}, True), ({"dark": False}, False)])
def test_a_page_follows_the_system_into_the_dark_until_somebody_chose(
    open_office: Open, stored: dict[str, bool], dark: bool
) -> None:
    shown = pmui.Page()
    browser = kept(Address("", lambda write: None), Board(open_office()), shown)
    browser.found = {"prefers": True} | stored
    assert (shown.dark_theme, browser.kept) == (dark, stored)
    shown.dark_theme = not dark
    assert browser.kept == {"dark": not dark}


def test_who_signed_in_reads_as_themselves_whatever_the_browser_kept(open_office: Open) -> None:
    board = Board(open_office(), Seat("kim", lambda: Role.agent))
    browser = kept(Address("", lambda write: None), board, pmui.Page())
    browser.found = {"member": "ana"}
    assert (board.member, browser.kept) == ("kim", {})


def test_a_team_is_said_to_be_at_work_only_where_it_is(open_office: Open) -> None:
    said = banner(open_office(tenant="demo"))
    assert "made up" in said
    assert "at work" not in said
    assert banner(open_office(tenant="acme")) == ""
