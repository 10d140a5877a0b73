"""The seat of one who signed in, for as long as the file of users has them in the role that they came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from collab.floor import NotAllowed, Seat
from collab.protocol import Role
from collab.users.book import User, Users, is_verified


def user_of(users: Users, id: str | None, claims: Mapping[str, Any] | None, mark: str | None = None) -> User | None:
    """Who signed in: by a password as `id`, else whom a provider of identities vouches for with these claims.

    `mark` is that of the password that was given. Whoever has claims did not give one here, whatever their provider
    calls them.

    Raises:
        NotAllowed: they have another password by now, or the claims are of nobody of the file.
    """
    if claims is not None:
        user = users.vouched(claims)
        if user is None:
            raise NotAllowed(_stranger(claims))
        return user
    user = None if id is None else users.named(id)
    if user is not None and users.mark(user.id) != mark:
        raise NotAllowed("You did not sign in with the password that you have now. Sign out, then in again.")
    return user


def _stranger(claims: Mapping[str, Any]) -> str:
    """What is said to one of these claims, whom the file does not have."""
    email = str(claims.get("email") or "")
    if email and not is_verified(claims):
        return (
            f"Your provider of identities has not verified {email}: have that done there, then sign out and in again."
        )
    known = f"You signed in as {email}, who is" if email else "Your provider of identities tells no e-mail, and you are"
    return f"{known} not among the users of this page; ask whoever keeps its file of users."


def seat_of(find: Callable[[], User | None], tenant: str) -> Seat:
    """The seat of the user who is found, at the team of this tenant; in another role than now they begin anew.

    Raises:
        NotAllowed: nobody is found, or one of another team.
    """

    def found() -> User:
        user = find()
        if user is None:
            raise NotAllowed("You are not among the users of this page any more; ask whoever keeps its file of users.")
        if user.tenant != tenant:
            raise NotAllowed(
                f"You belong to the team {user.tenant}, and this page is of {tenant}. Load it anew; if it says so "
                "again, ask whoever serves it for the address of your team: without a Redis each team has its own."
            )
        return user

    def role() -> Role:
        try:
            now = found().role
        except (OSError, ValueError) as error:
            raise error if isinstance(error, NotAllowed) else NotAllowed(str(error)) from error
        if now != came.role:  # what the page shows was made for the role before
            said = f"You came as {came.role}, and your role is {now} by now. Load the page anew."
            raise NotAllowed(said.replace("_", " "))
        return now

    came = found()
    return Seat(came.id, role)
