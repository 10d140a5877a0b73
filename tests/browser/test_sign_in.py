"""Signing in to the served page, what a role sees there, and its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from serving import Served, raised, serving
from watching import Watch
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from collab.protocol import Role
from collab.users import Users

Open = Callable[[str], Page]
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty team that one has to sign in for."""
    folder = tmp_path_factory.mktemp("signed")
    users = Users.made(folder / "users.yaml")
    for id, role, tenant in (("ana", Role.agent, "main"), ("nora", Role.analyst, "main"), ("max", Role.agent, "acme")):
        users.add(id, role, tenant, PASSWORD)
    command = f"collab serve --notebooks --sign-in {users.file}".split()
    with serving(folder / "log", *command, probe="healthz", history=folder / "history") as served:
        yield served
    assert raised(folder / "log") == []


@pytest.fixture(autouse=True)
def _signed_out(browser: BrowserContext) -> None:
    browser.clear_cookies()


def sign_in(page: Page, id: str, password: str = PASSWORD) -> None:
    """Fill the form in and send it."""
    page.get_by_label("Name").fill(id)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_is_told_the_right_one_opens_what_was_asked_for_and_signing_out_ends_all_pages(
    served: Served, open_page: Open, watch: Watch
) -> None:
    page = open_page(f"{served.url}?tab=what-if&weights=10-70-10-10")
    sign_in(page, "nora", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(page.get_by_label("Name")).to_have_value("nora")
    watch.faults[:] = [fault for fault in watch.faults if "401" not in fault]  # Chromium's line about the answer
    sign_in(page, "nora")
    expect(page.get_by_role("slider", name="Expertise").first).to_have_value("0.7")
    assert page.url == f"{served.url}?tab=what-if&weights=10-70-10-10"
    expect(page.get_by_role("tab", name="What-if")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Leads").click()
    expect(page.get_by_role("button", name="Route the lead")).to_be_disabled()
    expect(page.get_by_text("You are signed in as an analyst, who may not route a lead")).to_be_visible()
    page.wait_for_url(re.compile(r"\?tab=leads&weights=10-70-10-10$"))
    page.reload()
    expect(page.get_by_role("tab", name="Leads")).to_have_attribute("aria-selected", "true")
    page.get_by_role("link", name="Index").click()
    expect(page.get_by_role("heading", name="Why did this agent get this lead?")).to_be_visible()
    other = open_page(served.url)
    expect(other.get_by_role("tab", name="Team", exact=True)).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    for one in (page, other):
        expect(one.get_by_label("Password")).to_be_visible()


def test_a_new_password_shuts_out_whoever_came_in_with_the_one_before(served: Served, open_page: Open) -> None:
    users = Users(served.log.with_name("users.yaml"))
    users.add("lea", Role.agent, "main", PASSWORD)
    page = open_page(served.url)
    sign_in(page, "lea")
    expect(page.get_by_role("tab", name="Team", exact=True)).to_be_visible()
    lines = [line for line in users.file.read_text().splitlines() if "lea" not in line]
    others = users.file.with_name("others.yaml")
    others.write_text("\n".join([*lines, ""]))
    Users(others).add("lea", Role.agent, "main", "battery staple")
    others.replace(users.file)  # at once: between, she would not be among the users at all
    expect(page.get_by_text("You did not sign in with the password that you have now.")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("You did not sign in with the password that you have now.")).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    sign_in(page, "lea", "battery staple")
    expect(page.get_by_role("tab", name="Team", exact=True)).to_be_visible()


def test_an_agent_sees_team_and_leads_a_wrong_address_is_told_and_one_of_another_team_sees_nothing(
    served: Served, open_page: Open
) -> None:
    page = open_page(f"{served.url}?tab=tuning&weights=1-2-3")
    sign_in(page, "ana")
    expect(page.get_by_text("Tab is 'tuning', which an agent does not see; give one of team, ")).to_be_visible()
    expect(page.get_by_text("Weights are '1-2-3'; give four whole numbers")).to_be_visible()
    names = {tab.inner_text().lower() for tab in page.get_by_role("tab").all()}
    assert {"team", "leads"} <= names
    assert names.isdisjoint({"alerts", "what-if", "tuning", "analytics"})
    expect(page.get_by_role("link", name="Index")).to_have_count(0)
    for path in ("index", "02_routing"):
        page.goto(f"{served.url}{path}")
        expect(page.get_by_text("You are signed in as an agent; notebooks read the whole history.")).to_be_visible()
        expect(page.get_by_role("heading", name="Why did this agent")).to_have_count(0)
    page.context.clear_cookies()
    page.goto(served.url)
    sign_in(page, "max")
    expect(page.get_by_text("You belong to the team acme, and this page is of main")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)


class Unled(HTTPRedirectHandler):
    """Shows where it is sent, and does not go there."""

    def redirect_request(self, *asked: object) -> None:
        return None


@pytest.mark.parametrize("path", ["index", "02_routing", "pictures/tab-team.png"])
def test_without_signing_in_no_notebook_is_listed_shown_or_pictured(served: Served, path: str) -> None:
    with pytest.raises(HTTPError) as answer:
        build_opener(Unled).open(served.url + path)
    answer.value.close()
    assert answer.value.code == 302
    assert "login" in answer.value.headers["Location"]


def sent(served: Served, **fields: str) -> HTTPError:
    """The answer to the form, which is never a page that may be seen."""
    with pytest.raises(HTTPError) as answer:
        build_opener(Unled).open(f"{served.url}login", urlencode(fields).encode())
    answer.value.close()
    return answer.value


def opened(served: Served, cookie: str, token: str) -> str:
    """The first that the page's socket says."""
    there, more = served.url.replace("http", "ws"), {"Cookie": cookie}
    origin = served.url.rstrip("/")
    protocols = [Subprotocol("bokeh"), Subprotocol(token)]
    with connect(
        f"{there}ws", subprotocols=protocols, origin=Origin(origin), additional_headers=more, max_size=None
    ) as socket:
        return str(socket.recv(60))


def test_the_socket_opens_with_the_cookie_only_and_health_is_told_to_all(served: Served) -> None:
    assert served.health()["ok"]
    answer = sent(served, username="nora", password=PASSWORD, next="//elsewhere.example/")
    assert (answer.code, answer.headers["Location"]) == (302, "/"), "nobody is led elsewhere by signing in"
    given = answer.headers.get_all("Set-Cookie") or []
    assert all("HttpOnly" in one and "SameSite=Lax" in one for one in given if not one.startswith("is_guest"))
    cookie = "; ".join(one.partition(";")[0] for one in given)
    with urlopen(Request(served.url, headers={"Cookie": cookie}), timeout=60) as shown:
        page = shown.read().decode()
    token = re.search(r'"token":"([^"]+)"', page)
    assert token is not None
    for refused in ("", "user=nora"):
        with pytest.raises(InvalidStatus, match="403"):
            opened(served, refused, token[1])
    assert "ACK" in opened(served, cookie, token[1])
