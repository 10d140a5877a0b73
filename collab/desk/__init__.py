"""The service: commands in, events out; one per tenant and process."""

from collab.desk.appending import utc_now
from collab.desk.desk import Desk
from collab.router import TooLate

__all__ = ["Desk", "TooLate", "utc_now"]
