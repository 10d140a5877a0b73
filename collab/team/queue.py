"""The queue: leads that nobody holds, kept in order as leads come and go."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime

from collab.team.lead import OpenLead


class Queue:
    """Leads that nobody holds, the one due first in front; ties to the lowest lead id."""

    def __init__(self, leads: Iterable[OpenLead]) -> None:
        self.states = sorted((lead for lead in leads if lead.holder is None), key=_place)
        self._places = [*map(_place, self.states)]

    def change(self, before: OpenLead | None, after: OpenLead | None) -> None:
        """Take in what a lead has become; None if it was not there, or is no more."""
        if before is not None and before.holder is None:
            at = self.ahead(before)
            del self.states[at], self._places[at]
        if after is not None and after.holder is None:
            at = self.ahead(after)
            self.states.insert(at, after)
            self._places.insert(at, _place(after))

    def ahead(self, lead: OpenLead) -> int:
        """How many are due before this one."""
        return bisect_left(self._places, _place(lead))


def _place(lead: OpenLead) -> tuple[datetime, str]:
    return lead.due, lead.lead.id
