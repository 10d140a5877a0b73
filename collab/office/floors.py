"""The floor of an office: one for the members at its gateway and those who look at its pages."""

from __future__ import annotations

from collab.floor import Floor
from collab.live.gateway import LEASE_S
from collab.office.office import Office

READS = (
    "This page follows the history that another process records, so rooms are read and written at that process's page."
)
"""Why an office that only reads has no floor."""


async def floor_of(office: Office, lease_s: float = LEASE_S) -> Floor:
    """The office's floor, opened for the first who asks; call it in the office's loop.

    Raises:
        RuntimeError: the office only reads.
        StreamUnreachable: it begins anew just now, or no Redis answers.
    """
    if office.desk is None:
        raise RuntimeError(READS)
    await office.anew.over()
    if office.floor is None:
        office.floor = Floor(
            office.desk, lambda: office.history, office.status, dropped=office.duties.drop, lease_s=lease_s
        )
        if office.shelf is not None:
            office.leave_shelf = office.shelf.follow(office.desk)
    floor = office.floor
    await floor.open()
    return floor if floor is office.floor else await floor_of(office, lease_s)  # it began anew meanwhile
