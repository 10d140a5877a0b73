"""An office for one who signed in: its desk takes what their role allows, in their own name."""

from __future__ import annotations

from typing import Any

from collab.floor import Seat, Seated
from collab.floor.seat import DESK
from collab.office.office import Office
from collab.office.telling import Telling
from collab.protocol.role import OWNING


class SeatedOffice:
    """Shows the office as it is, but for what it lets one do.

    Args:
        office: the one that all sessions share.
        seat: who signed in.
    """

    def __init__(self, office: Office, seat: Seat) -> None:
        self._office, self._seat = office, seat

    @property
    def desk(self) -> Any:
        """The desk for them; None if this office only reads."""
        desk = self._office.desk
        return None if desk is None else Seated(desk, self._seat, DESK)

    @property
    def telling(self) -> Telling | None:
        """What was sent of alerts, for those who may send it again; None for others."""
        return self._office.telling if self._seat.role in OWNING else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._office, name)
