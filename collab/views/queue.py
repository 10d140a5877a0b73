"""The queue: leads that wait, the one due first on top, for how long and why nobody has them."""

from __future__ import annotations

from datetime import datetime

from collab.metrics import lasting
from collab.team import OpenLead
from collab.views.listing import row
from collab.views.spans import until, urgency
from collab.views.waits import Waits


class QueueView(Waits):
    """The waiting leads; the chosen one may be given to somebody by hand."""

    called = "Waiting leads"
    nothing = (
        "No lead waits: each that came in was given to somebody. Leads wait here while everybody who could take them "
        "is full or not at work."
    )

    def states(self) -> list[OpenLead]:
        """The queue, the lead due first on top."""
        return list(self.board.frame.queue)

    def row(self, state: OpenLead, now: datetime) -> dict[str, str]:
        """How urgent it is, when it is due, how often it came back, and which gates are shut."""
        said = f"{urgency(state.lead)} · {until(state.due, now)}"
        if state.returns:
            said += f" · given back {'once' if state.returns == 1 else f'{state.returns} times'}"
        why = self.pulse.reasons.get(state.lead.id, "")
        waited = f"waits {lasting(int((now - state.queued).total_seconds()))}"
        return row(state.lead.id, state.lead.name, waited, f"{said}. {why}" if why else said)
