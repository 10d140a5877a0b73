"""Who may sign in to the page, as what, and for whose team."""

from collab.users.book import Entry, Match, User, Users
from collab.users.seating import seat_of, user_of

__all__ = ["Entry", "Match", "User", "Users", "seat_of", "user_of"]
