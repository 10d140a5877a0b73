"""A tenant's floor at one gateway: who is there, who hears what, and what each may ask for."""

from collab.floor.floor import Floor
from collab.floor.hall import Hall
from collab.floor.recent import KEPT, Recent
from collab.floor.seat import NotAllowed, Seat, Seated
from collab.protocol.role import EVERYBODY, LEADING, WORKING

__all__ = ["EVERYBODY", "KEPT", "LEADING", "WORKING", "Floor", "Hall", "NotAllowed", "Recent", "Seat", "Seated"]
