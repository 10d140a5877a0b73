"""What all pages do alike: let nobody in without a token, answer in JSON, and say what was wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

import msgspec
from tornado.web import RequestHandler

from collab.live.access import Pass
from collab.protocol import Role
from collab.protocol.role import one_of
from collab.web.site import Refusal, Site

DISCARDED = 100 << 20
"""So many bytes more than it may have are read of a body, and forgotten: who still sends does not see the answer."""

STALLS_S = 30.0
"""A body of which nothing more comes for so long is waited for no more."""

SLOWEST = 4 << 10
"""Bytes a second of a body at least, on the whole and beside that time, or it could come for longer than its token."""

AGAIN_AFTER_S = {429: 1, 503: 2}
"""After so many seconds it is worth asking again."""

METHODS = tuple(name.lower() for name in RequestHandler.SUPPORTED_METHODS)


class Page(RequestHandler):
    """The base of all pages; `name` is theirs in the metrics."""

    name = ""

    def initialize(self, site: Site) -> None:
        """Answer for this process."""
        self.site = site

    def set_default_headers(self) -> None:
        """What every answer says: take it for what it is named, and keep no copy."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def check_xsrf_cookie(self) -> None:
        """Nothing to check: a token comes in a header, which no other page can send."""

    def let_in(self, roles: Collection[Role]) -> Pass:
        """Whose token came with the request.

        Raises:
            Refusal: there is none, or its role may not do this.
        """
        entry = self.site.let_in(self.request.headers.get("Authorization", ""))
        if entry.role not in roles:
            what = f"{self.request.method} {self.request.path}"
            raise Refusal(403, "forbidden", f"role is {entry.role}, which may not {what}; {one_of(roles)} may")
        return entry

    def answer(self, status: int, body: Any) -> None:
        """Answer in JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(body))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer what was wrong, in JSON."""
        error = kwargs.get("exc_info", (None, None))[1]
        code, message = "failed", "it failed on the server, and nothing is known of it; try again"
        if isinstance(error, Refusal):
            code, message = error.code, error.message
        elif status_code < 500:
            code, message = "malformed", f"{self.request.method} {self.request.path}: {HTTPStatus(status_code).phrase}"
        if status_code == 405:
            own = (name for name in METHODS if getattr(type(self), name) is not getattr(RequestHandler, name))
            allowed = ", ".join(name.upper() for name in own)
            self.set_header("Allow", allowed)
            message = f"the method is {self.request.method}, which {self.request.path} does not take; send {allowed}"
        if status_code == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        if status_code in AGAIN_AFTER_S:
            self.set_header("Retry-After", str(AGAIN_AFTER_S[status_code]))
        self.answer(status_code, {"code": code, "message": message})

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A refusal is an answer and no event of the log."""
        if not isinstance(value, Refusal):
            super().log_exception(kind, value, trace)

    def on_finish(self) -> None:
        """Count the answer."""
        self.site.answered[self.name, self.get_status()] += 1


class Taking(Page):
    """The base of pages that take a body; what is refused of it before it is read is answered after it is read."""

    refusal: Refusal | None = None
    heard = due = 0.0
    looking: asyncio.TimerHandle | None = None

    def begin(self, most_bytes: int) -> None:
        """Let a body come, and look at how long it is said to be; one that is much too long is cut off.

        Raises:
            Refusal: it is too long, and who sends it waits for the answer or cannot be heard out.
        """
        text = self.request.headers.get("Content-Length", "0")
        said = int(text) if text.isdigit() else 0
        self.request.connection.set_max_body_size(most_bytes + DISCARDED)  # type: ignore[union-attr]
        if said > most_bytes:
            self.refuse(too_large(said, most_bytes), at_once=said > most_bytes + DISCARDED)
        self.came()
        self.due = self.heard + STALLS_S + max(said, most_bytes) / SLOWEST
        self._look()

    def came(self) -> None:
        """A piece of the body came."""
        self.heard = asyncio.get_running_loop().time()

    def whole(self) -> None:
        """The body was read to its end.

        Raises:
            Refusal: it was refused before.
        """
        self._look_no_more()
        if self.refusal is not None:
            raise self.refusal

    def on_finish(self) -> None:
        """Wait for nothing more."""
        super().on_finish()
        self._look_no_more()

    def on_connection_close(self) -> None:
        """The same when the body is cut."""
        super().on_connection_close()
        self._look_no_more()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        left_s = min(self.heard + STALLS_S, self.due) - loop.time()
        if left_s > 0:
            self.looking = loop.call_later(left_s, self._look)
        else:
            slow = f"the body came at less than {SLOWEST:,} bytes a second; send it again over a better line"
            stalls = f"no more of the body came for {STALLS_S:g} s; send it again"
            why = Refusal(408, "too_late", slow if self.due <= self.heard + STALLS_S else stalls)
            self.send_error(408, exc_info=(Refusal, why, None))  # which closes the connection, too

    def _look_no_more(self) -> None:
        if self.looking is not None:
            self.looking.cancel()

    def refuse(self, refusal: Refusal, *, at_once: bool = False) -> None:
        """Refuse the body, once it is read.

        Raises:
            Refusal: nothing of it was sent yet.
        """
        if at_once or "Expect" in self.request.headers:
            raise refusal
        self.refusal = self.refusal or refusal


class Missing(Page):
    """Any path that is no page, whatever the method."""

    name = "missing"

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say so."""
        none = Refusal(404, "refused", f"path is {self.request.path!r}, which is no page here; see docs/http.md")
        super().write_error(404, exc_info=(Refusal, none, None))


def too_large(size: int, most: int) -> Refusal:
    """The refusal of what is larger than it may be."""
    return Refusal(413, "refused", f"the body has {size:,} bytes or more: at most {most:,} are taken; send less")
