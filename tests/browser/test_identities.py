"""Signing in at a provider of identities: who is vouched for has the role and the team that the file of users says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from ports import free_port
from provider import KEY, Provider
from serving import Served, raised, serving
from watching import Watch

Open = Callable[[str], Page]
USERS = """
users: {}
identities:
  - {email: kim@acme.example, role: analyst, tenant: main, agent: kim}
  - {claim: groups, holds: sales-leads, role: team_lead, tenant: main}
  - {domain: acme.example, role: agent, tenant: main}
"""
KIM = {"sub": "1", "email": "kim@acme.example", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Who vouches."""
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Served]:
    """An empty team that one has to sign in for there."""
    folder, port = tmp_path_factory.mktemp("vouched"), free_port()
    users = folder / "users.yaml"
    users.write_text(USERS)
    users.chmod(0o600)
    settings = provider.settings(f"http://localhost:{port}/login")
    command = f"collab serve --sign-in {users}".split()
    with serving(
        folder / "log", *command, probe="healthz", history=folder / "history", port=port, **settings
    ) as served:
        yield served
    assert raised(folder / "log") == []


@pytest.fixture(autouse=True)
def _signed_out(browser: BrowserContext, provider: Provider) -> None:
    browser.clear_cookies()
    provider.refuses = ""


def tabs(page: Page) -> set[str]:
    """The names of the tabs."""
    expect(page.get_by_role("tab", name="Team", exact=True)).to_be_visible()
    return {tab.inner_text().lower() for tab in page.get_by_role("tab").all()}


def test_each_gets_the_role_of_the_first_identity_that_fits(
    served: Served, provider: Provider, open_page: Open, browser: BrowserContext
) -> None:
    provider.claims = KIM
    page = open_page(f"{served.url}?tab=what-if")
    assert {"what-if", "tuning", "alerts"} <= tabs(page)
    expect(page.get_by_role("tab", name="What-if", selected=True)).to_be_visible()
    assert provider.asked[-1]["client_id"] == KEY
    browser.clear_cookies()
    provider.claims = {"sub": "2", "email": "lee@elsewhere.example", "groups": ["sales-leads"]}
    page.goto(served.url)
    assert "alerts" in tabs(page)
    expect(page.get_by_role("button", name="Put on the roster")).to_be_visible()
    browser.clear_cookies()
    provider.claims = {"sub": "3", "email": "ana@acme.example", "email_verified": True}
    page.goto(served.url)
    assert tabs(page).isdisjoint({"alerts", "what-if", "tuning", "analytics"})


@pytest.mark.parametrize(
    "claims, told",
    [
        (
            {"sub": "4", "email": "zoe@elsewhere.example", "email_verified": True},
            "You signed in as zoe@elsewhere.example, who is not among the users of this page",
        ),
        (KIM | {"email_verified": False}, "Your provider of identities has not verified kim@acme.example"),
    ],
)
def test_whom_no_identity_fits_sees_nothing(
    served: Served, provider: Provider, open_page: Open, claims: dict[str, object], told: str
) -> None:
    provider.claims = claims
    page = open_page(served.url)
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)


def test_a_provider_that_does_not_say_who_it_is_is_told_what_to_send(
    served: Served, provider: Provider, open_page: Open, watch: Watch
) -> None:
    provider.claims = {"sub": "5", "groups": ["sales-leads"]}
    page = open_page("about:blank")
    with page.expect_console_message(lambda said: "401" in said.text):  # the browser's own
        page.goto(served.url)
    expect(page.get_by_text("does not say who you are: it must send your e-mail (the claim email")).to_be_visible()
    expect(page.get_by_text("None")).to_have_count(0)
    assert [fault for fault in watch.faults if "401" not in fault] == []
    watch.faults.clear()


def test_a_code_that_nobody_here_asked_for_lets_nobody_in(served: Served) -> None:
    with pytest.raises(HTTPError) as answer:
        urlopen(f"{served.url}login?code=stolen&state=forged", timeout=30)
    answer.value.close()
    assert answer.value.code == 401


def test_what_the_provider_refuses_is_said_and_who_signs_out_is_asked_again(
    served: Served, provider: Provider, open_page: Open, watch: Watch
) -> None:
    page = open_page("about:blank")
    for why in ("access_denied", "<img/src=x/onerror=console.error(1)>"):
        provider.refuses = why
        with page.expect_console_message(lambda said: "401" in said.text):  # the browser's own
            page.goto(served.url)
        expect(page.get_by_text(f"did not let you in: {why}. Try again")).to_be_visible()
    assert [fault for fault in watch.faults if "401" not in fault] == []
    watch.faults.clear()
    provider.refuses, provider.claims = "", KIM
    page.get_by_role("link", name="Sign in").click()
    tabs(page)
    before = len(provider.asked)
    page.goto(f"{served.url}logout")
    tabs(page)  # the provider remembers them
    assert len(provider.asked) == before + 1
