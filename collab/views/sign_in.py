"""Signing in to the page, by a password of the file of users or by a provider of identities, and signing out."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

import panel as pn
from panel.auth import BasicAuthProvider, BasicLoginHandler, LogoutHandler, OAuthProvider

from collab.floor import Seat
from collab.live.line import Allowance
from collab.users import Users, seat_of, user_of
from collab.web import cookies

WRONG = "Name or password is wrong. Whoever keeps the file of users can give you another."
OFTEN = "That was too often. Wait a minute, then try again."

GUESSES, EVERY_S = 5, 12.0
"""So many guesses at a name from an address may come at once, and one more every so many seconds."""

AT_ONCE = 2
"""So many passwords are checked at a time, as each takes memory and a core."""

REMEMBERED = 10_000
"""Of so many it is remembered how often they guessed."""

MARK = "mark"
"""The cookie that says with which password somebody signed in: one that was changed lets nobody in any more."""

COOKIES = ("user", MARK, "id_token", "access_token", "refresh_token", "oauth_expiry", "is_guest")


class Guesses:
    """How often each may guess."""

    def __init__(self) -> None:
        self._allowances: OrderedDict[tuple[str, str], Allowance] = OrderedDict()
        self.checking = asyncio.Semaphore(AT_ONCE)

    def take(self, who: tuple[str, str]) -> bool:
        """Whether this one may guess once more now."""
        found = self._allowances.setdefault(who, Allowance(1 / EVERY_S, GUESSES * EVERY_S))
        self._allowances.move_to_end(who)
        if len(self._allowances) > REMEMBERED:
            self._allowances.popitem(last=False)
        return found.take()

    def give_back(self, who: tuple[str, str]) -> None:
        """It was no guess: this one knew."""
        if (found := self._allowances.get(who)) is not None:
            found.give_back()


class SignIn(BasicLoginHandler):
    """The page that asks for name and password; it asks no other host for anything."""

    users: Users
    guesses: Guesses
    title = "collab"

    def get(self) -> None:
        """Ask."""
        self._ask(self.get_query_argument("next", "/"))

    async def post(self) -> None:
        """Let in, or ask again."""
        id, to = self.get_body_argument("username", ""), self.get_body_argument("next", "/")
        password = self.get_body_argument("password", "", strip=False)
        status, wrong = await self._checked(id, password)
        if wrong:
            self.set_status(status)
            self._ask(to, id, wrong)
        else:
            self.set_current_user(id)
            kept = {"expires_days": pn.config.oauth_expiry, "path": pn.config.cookie_path, "httponly": True}
            self.set_signed_cookie(MARK, self.users.mark(id), **kept)
            self.redirect(to if _is_here(to) else "/")

    async def _checked(self, id: str, password: str) -> tuple[int, str]:
        """The status, and what is wrong, if anything is."""
        who = id[:120], str(self.request.remote_ip)
        if not self.guesses.take(who):
            return 429, OFTEN
        try:
            async with self.guesses.checking:
                user = await asyncio.to_thread(self.users.check, id, password)
        except (OSError, ValueError) as error:  # the file was changed, and is wrong now
            return 503, f"Nobody can sign in: {error}"
        if user is None:
            return 401, WRONG
        self.guesses.give_back(who)
        return 200, ""

    def set_cookie(self, name: str, value: Any, *args: Any, **more: Any) -> None:
        """Keep the cookie from other sites, and from lines that anybody may read where the page came by TLS."""
        safe = {"samesite": "Lax", "secure": self.request.protocol == "https"}
        super().set_cookie(name, value, *args, **safe | more)

    def _ask(self, to: str, id: str = "", wrong: str = "") -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Frame-Options", "DENY")
        self.render("sign_in.html", title=self.title, next=to if _is_here(to) else "/", id=id, wrong=wrong)

    def get_template_path(self) -> str:
        """Where the page lies."""
        return str(Path(__file__).parent)


def _is_here(address: str) -> bool:
    """Whether an address is a path of this server, and not the way out: whoever signs in is led there."""
    here = address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
    return here and normpath(unquote(urlsplit(address).path)) != "/logout"


LEFT = """<!DOCTYPE html><html lang="en"><title>Signed out</title><noscript><a href="./">Go on</a></noscript>
<script>try { localStorage.setItem("collab-left", Date.now()) } finally { location.replace("./") }</script></html>"""
"""Tells the other pages of this browser that they were left, and asks again."""


class SignOut(LogoutHandler):
    """Forgets who signed in, on all pages of the browser, and asks again."""

    def get(self) -> None:
        """Do it."""
        for name in COOKIES:
            self.clear_cookie(name, path=pn.config.cookie_path)
        self.set_header("Cache-Control", "no-store")
        self.finish(LEFT)


class Passwords(BasicAuthProvider):
    """Lets in who has a password in the file of users."""

    def __init__(self, users: Users, title: str) -> None:
        self._asks = type("SignIn", (SignIn,), {"users": users, "guesses": Guesses(), "title": title})
        super().__init__()

    @property
    def login_handler(self) -> type[SignIn]:
        """What asks for name and password."""
        return self._asks

    @property
    def logout_handler(self) -> type[SignOut]:
        """What forgets who signed in."""
        return SignOut


class Vouching(OAuthProvider):
    """Lets in for whom a provider of identities vouches; which one says `pn.config.oauth_provider`."""

    def __init__(self) -> None:
        super().__init__(error_template=Path(__file__).with_name("refused.html"))

    @property
    def logout_handler(self) -> type[SignOut]:
        """What forgets who signed in."""
        return SignOut


def seat_here(users: Users, tenant: str) -> Seat:
    """The seat of who signed in to this session, at the team of this tenant.

    Raises:
        NotAllowed: nobody of the file did, or one of another team.
        OSError, ValueError: the file cannot be read, or is wrong.
    """
    find = finder(users)
    return seat_of(find, tenant)


def finder(users: Users) -> Any:
    """Finds in the file who signed in to this session, whenever it is called."""
    id, claims = pn.state.user, (pn.state.user_info or {}) if pn.config.oauth_provider else None
    mark = cookies.read(pn.config.cookie_secret, MARK, pn.state.cookies.get(MARK))
    return lambda: user_of(users, id, claims, mark)
