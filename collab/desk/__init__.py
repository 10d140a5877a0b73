"""The service: commands in, events out; one per tenant and process."""

from collab.claims import TooLate
from collab.desk.acting import Done, Undone
from collab.desk.appending import utc_now
from collab.desk.desk import Desk

__all__ = ["Desk", "Done", "TooLate", "Undone", "utc_now"]
