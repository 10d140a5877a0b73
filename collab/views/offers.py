"""Offers: leads that somebody was given and has not accepted yet, since when and until when."""

from __future__ import annotations

from datetime import datetime

from collab.lapses import until
from collab.legible import isolated
from collab.metrics import lasting
from collab.team import OpenLead
from collab.views.listing import row
from collab.views.spans import urgency
from collab.views.waits import Waits


class OffersView(Waits):
    """The offers that are waited for; the chosen one may be given to somebody else by hand."""

    called = "Offers not accepted yet"
    nothing = "No offer is open: whoever was given a lead has accepted it."

    def states(self) -> list[OpenLead]:
        """The leads that are held and not accepted, the oldest offer on top."""
        held = [state for state in self.board.frame.held if not (state.accepted or state.responded)]
        return sorted(held, key=lambda state: (state.assigned or state.arrived, state.lead.id))

    def row(self, state: OpenLead, now: datetime) -> dict[str, str]:
        """Who has it, since when, and when it goes back if they do not accept it."""
        frame, holder = self.board.frame, state.holder or ""
        since = state.assigned or state.arrived
        agent = next((agent for agent in frame.agents if agent.id == holder), None)
        ends = None if agent is None else until(state, agent, self.board.office.terms)
        if ends is None:
            stays = "it stays" if agent is not None else "it stays, though they are not on the roster any more"
            back = "a person gave it, so it stays" if state.overridden else stays
        else:
            back = f"goes back at {ends:%H:%M:%S} UTC, in {lasting((ends - now).total_seconds())}"
        said = f"since {since:%H:%M:%S} UTC · {back} · {urgency(state.lead)}"
        title = f"{isolated(state.lead.name)} → {frame.names.get(holder, holder)}"
        return row(state.lead.id, title, f"for {lasting((now - since).total_seconds())}", said)
