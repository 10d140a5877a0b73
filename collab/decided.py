"""The decisions on leads that were given away before: on the stream, and after that in the history."""

from __future__ import annotations

from collections.abc import Callable

from collab.claims import CLOSED, TooLate, lead_key, place_key
from collab.events import LeadAssigned
from collab.live.stream import Stream
from collab.records import Decision


class Decided:
    """Finds the decision in force on a lead.

    Args:
        stream: the tenant's stream.
        find: gives the last decision of a closed lead that the stream no longer keeps, or None.
    """

    def __init__(self, stream: Stream, find: Callable[[str], Decision | None] | None = None) -> None:
        self._stream, self._find = stream, find

    async def closed(self, lead: str) -> Decision:
        """The last decision on a lead that is not open any more.

        Raises:
            TooLate: it is kept nowhere.
        """
        value, place = await self._stream.values([lead_key(lead), place_key(lead)])
        return await self.at(int(place) if value == CLOSED and place else 0, lead)

    async def at(self, place: int, lead: str) -> Decision:
        """The decision on the lead at this place of the stream, or the history's.

        Raises:
            TooLate: it is kept nowhere.
        """
        entry = await self._stream.entry(place) if place else None
        if entry is not None and isinstance(entry.event, LeadAssigned) and entry.event.decision.lead.id == lead:
            return entry.event.decision
        decision = self._find(lead) if self._find is not None else None
        if decision is None:
            raise TooLate(f"lead {lead} was decided before, and its decision is no longer on the stream")
        return decision
