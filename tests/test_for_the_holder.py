"""A CRM or a team lead works a lead for the agent who holds it: it counts as the agent's, and who said it is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateways import a_gate

from collab.events import FirstResponded, LeadClosed, OfferAccepted
from collab.records import Lead
from collab.story import told

LEAD = Lead(id="L-1", name="Zoe")


@pytest.mark.parametrize("role", ["service", "team_lead"])
def test_a_lead_is_worked_for_its_holder_and_who_said_so_is_kept(tmp_path: Path, role: str) -> None:
    async def work() -> None:
        async with a_gate(tmp_path) as gate, gate.member("crm", role) as crm:
            desk = gate.office.desk
            assert desk is not None
            heard = list[object]()
            desk.subscribe(lambda entries: heard.extend(entry.event for entry in entries))
            await crm.add_agent("ana", "Ana")
            await crm.set_presence("available", agent="ana")
            await crm.route_lead(LEAD)
            with pytest.raises(ValueError, match="agent is 'crm', but lead L-1 is with ana"):
                await crm.close_lead("L-1", converted=True)
            await crm.accept("L-1", agent="ana")
            assert await crm.first_response("L-1", agent="ana") >= 0
            await crm.close_lead("L-1", converted=True, value=5.0, agent="ana")
            done = [one for one in heard if isinstance(one, OfferAccepted | FirstResponded | LeadClosed)]
            assert [(type(one), one.agent, one.by) for one in done] == [
                (kind, "ana", "crm") for kind in (OfferAccepted, FirstResponded, LeadClosed)
            ]
            assert [told(one, {"ana": "Ana"}) for one in (done[0], done[2])] == [
                "taken up by Ana (said by crm)",
                "closed by Ana (said by crm): sold for 5",
            ]
            assert gate.office.team.agents["ana"].converted == 1

    asyncio.run(work())


def test_an_agent_works_no_lead_for_another(tmp_path: Path) -> None:
    async def work() -> None:
        async with a_gate(tmp_path) as gate, gate.member("ana") as ana, gate.member("bo") as bo:
            desk = gate.office.desk
            assert desk is not None
            await desk.add_agent("ana", "Ana")
            await ana.set_presence("available")
            await desk.route_lead(LEAD)
            for asked in (bo.accept, bo.first_response):
                with pytest.raises(
                    PermissionError, match="agent is 'ana', and you are bo; only a service or team_lead may"
                ):
                    await asked("L-1", agent="ana")
            with pytest.raises(PermissionError, match="agent is 'ana', and you are bo"):
                await bo.close_lead("L-1", converted=True, agent="ana")
            await ana.accept("L-1", agent="ana")
            await ana.close_lead("L-1", converted=False)

    asyncio.run(work())
