"""A team in which everything that people write is markup: on every tab it is read as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from serving import FILLED, START_S, shown, until

from collab.office import Office
from collab.records import Lead, Presence
from collab.rules import Rule
from collab.views.page import page as dashboard

pytestmark = pytest.mark.filterwarnings("ignore:reference already known")

EVIL = "<img/src=x/onerror=console.error(1)>"  # without blanks, which ids may not have
FULL = Rule(name="full", kind="overload", fire=0.5, clear=0.4, summary=EVIL)

MADE = """() => {
  const all = (root) => [...root.querySelectorAll("*")]
  const deep = (root) => all(root).flatMap((e) => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])])
  return deep(document).filter((e) => e.matches("img[src=x], a[href^=javascript]")).length
}"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two agents of such names who have had leads of such names, say such things, and one of whom has too many."""
    folder = tmp_path_factory.mktemp("markup")
    office = Office(f"embedded://{folder.name}", str(folder / "history"), explore=0.5).start()
    desk = office.desk
    assert desk is not None

    async def live() -> None:
        await desk.adopt_rules([FULL], by=EVIL, reason=EVIL)
        await desk.adopt_weights((40, 30, 20, 10), by=EVIL, reason=EVIL)
        for agent in ("ana", "bo"):
            await desk.add_agent(agent, f"{EVIL}{agent}", skills={f"location:{EVIL}": 1.0}, capacity=6)
            await desk.set_presence(agent, Presence.available, EVIL)
        for number in range(60):
            lead = Lead(id=f"L-{number}", name=EVIL, location=EVIL, property_type=EVIL, source=EVIL)
            decision = await desk.route_lead(lead)
            if number >= 52 or decision.agent is None:
                continue
            await desk.first_response(lead.id, decision.agent)
            await desk.close_lead(lead.id, decision.agent, converted=number % 3 == 0, satisfaction=4.0)
        await desk.override("L-59", "ana", by=EVIL, reason=EVIL)
        await desk.create_room("evil", EVIL, by="ana")
        await desk.send_message("evil", "ana", EVIL, key="1")
        await desk.silence_alerts({"agent": EVIL}, by=EVIL, why=EVIL, until=datetime.now(UTC) + timedelta(hours=1))

    office.call(live()).result()
    until(lambda: bool(office.call(_alerts(office)).result()), "somebody has too many leads")
    yield office
    office.stop()


async def _alerts(office: Office) -> list[str]:
    return list(office.team.alerts.open)


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """The address of the office's page."""
    with shown(lambda: dashboard(office)) as url:
        yield url


def test_what_people_write_is_shown_as_text_on_every_tab(address: str, open_page: Callable[[str], Page]) -> None:
    page = open_page(address)
    for tab, filled in FILLED.items():
        page.get_by_role("tab", name=tab, exact=True).click(timeout=1000 * START_S)
        expect(page.get_by_text(filled).locator("visible=true").first).to_be_visible(timeout=1000 * START_S)
        if tab != "Diagnostics":  # which shows nothing that people write
            expect(page.get_by_text(EVIL).locator("visible=true").first).to_be_visible()
        if tab == "Tuning":
            page.get_by_role("textbox", name="Why these weights?").fill(EVIL)
            page.get_by_role("textbox", name="Who proposes them?").fill(EVIL)
            page.get_by_role("slider", name="Expertise").press("End")
            page.get_by_role("button", name="Propose these weights").click()
            expect(page.get_by_text(f"proposed by {EVIL}")).to_be_visible()
        assert page.evaluate(MADE) == 0, tab
    page.close()
