"""Which lead is of the same customer, as far as e-mail and phone tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from collab.contact import WAYS
from collab.events import LeadAssigned
from collab.legible import isolated
from collab.records import Lead
from collab.views.frame import Frame


class Twin(Struct, frozen=True):
    """A lead of the same customer: where it is now, since when, and by what it was found."""

    lead: Lead
    time: datetime
    holder: str | None
    open: bool
    ways: str

    def said(self, names: dict[str, str]) -> str:
        """The lead, and who has it, in words."""
        who = names.get(self.holder or "", self.holder)
        when = f"{self.time:%Y-%m-%d %H:%M} UTC"
        if not self.open:
            where = f"was given to {who} at {when} and is closed"
        else:
            where = f"is with {who}" if self.holder else "waits in the queue"
            where += f" since {when}"
        return f"{isolated(self.lead.name)} has the same {self.ways}: lead {self.lead.id} {where}."


def twin(frame: Frame, customer: str) -> Twin | None:
    """The newest open lead with the same e-mail or phone, else the newest of the assignments; None if there is none."""
    for state in sorted((*frame.queue, *frame.held), key=lambda state: state.arrived, reverse=True):
        if ways := _same(state.lead.customer, customer):
            return Twin(state.lead, state.assigned or state.arrived, state.holder, True, ways)
    return given_away(frame.recent, customer)


def given_away(events: Iterable[LeadAssigned], customer: str) -> Twin | None:
    """The first of these assignments, of leads that are closed by now, with the same e-mail or phone."""
    for event in events:
        if ways := _same(event.decision.lead.customer, customer):
            return Twin(event.decision.lead, event.time, event.decision.agent, False, ways)
    return None


def _same(one: str, other: str) -> str:
    """By what two customers are the same person, in words; "" if they are not known to be."""
    shared = {part for part in one.split("+") if part} & set(other.split("+"))
    return " and ".join(word for way, word in WAYS.items() if any(part.startswith(f"{way}:") for part in shared))
