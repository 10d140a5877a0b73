"""`/webhooks/{source}`: leads from forms and CRMs, each taken once however often it is sent."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from typing import Annotated, Any

import msgspec
from tornado.web import stream_request_body

from collab.floor import LEADING
from collab.incoming import GivenLead
from collab.live.access import Pass
from collab.records import Decision, Lead
from collab.web.page import Taking, too_large
from collab.web.site import Refusal
from collab.wrong import explained, unreadable

MOST_BYTES = 64 * 1024
"""The longest body."""

SOURCES = ("lead",)
"""Where a webhook may come from: `lead` is a Lead of `collab.records` as JSON."""

_HEADER = "Idempotency-Key"
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)


class Named(msgspec.Struct):
    """A key of the sender."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\s\x00-\x1f]+$(?!\n)")]


@stream_request_body
class Webhook(Taking):
    """Takes a lead in; answered when it is on the stream. The same key, or else the same lead id, adds nothing."""

    name = "webhooks"

    def prepare(self) -> None:
        """Refuse what is not to be read, before it is read."""
        self.body = bytearray()
        self.entry: Pass | None = None
        if self.request.method != "POST":
            return
        self.entry = self.let_in(LEADING)
        self.begin(MOST_BYTES)
        source = self.path_args[0]
        if source not in SOURCES:
            known = ", ".join(SOURCES)
            self.refuse(Refusal(404, "refused", f"source is {source!r}, which is not known; known are {known}"))
        self._check_kind()

    def _check_kind(self) -> None:
        """Refuse what is not JSON in UTF-8, as it comes."""
        named = self.request.headers.get("Content-Type", "")
        kind = named.partition(";")[0].strip().lower()
        if kind != "application/json":
            self.refuse(Refusal(415, "malformed", f"Content-Type is {kind!r}; send application/json"))
        charset = _CHARSET.search(named)
        if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
            self.refuse(Refusal(415, "malformed", f"Content-Type says charset {charset[1]!r}; send the body in UTF-8"))
        coding = self.request.headers.get("Content-Encoding", "identity").strip().lower()
        if coding != "identity":
            self.refuse(Refusal(415, "malformed", f"Content-Encoding is {coding!r}; send the body as it is"))

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        self.came()
        if len(self.body) <= MOST_BYTES:
            self.body += chunk

    async def post(self, source: str) -> None:
        """Give the lead to an agent: 201 with who has it, 202 if it waits."""
        assert self.entry is not None
        self.whole()
        if len(self.body) > MOST_BYTES:
            raise too_large(len(self.body), MOST_BYTES)
        key = self._key()
        lead = _lead(bytes(self.body), key, self.entry.tenant)

        async def routed(floor: Any) -> Decision:
            found: Decision = await floor.desk.route_lead(lead, key and f"{source}:{key}")
            return found

        decision = await self.site.on_floor(self.entry, routed)
        said = {"lead": decision.lead.id, "agent": decision.agent, "time": decision.time}
        self.answer(201 if decision.agent is not None else 202, said)

    def _key(self) -> str | None:
        key = self.request.headers.get(_HEADER)
        if key is None:
            return None
        try:
            return msgspec.convert({"key": key}, Named).key
        except msgspec.ValidationError:
            message = f"{_HEADER} is {key[:80]!r}: expected 1 to 100 characters without white space"
            raise Refusal(400, "malformed", message) from None


def _lead(body: bytes, key: str | None, tenant: str) -> Lead:
    """The lead of the body; without an id of its own it has that of the key."""
    found = _read(body)
    if isinstance(found, dict) and found.get("id") is None:
        found["id"] = key
        if key is None:
            raise Refusal(400, "malformed", f"id is missing; give the lead an id, or the request an {_HEADER}")
    try:
        return msgspec.convert(found, GivenLead).plain(tenant)
    except msgspec.ValidationError as error:
        raise Refusal(400, "malformed", explained(found, str(error), GivenLead, "a lead")) from None
    except ValueError as error:
        raise Refusal(400, "malformed", str(error)) from None


def _read(body: bytes) -> Any:
    """What the body holds; a mark of UTF-8 before it, as some write it, is not looked at."""
    try:
        return msgspec.json.decode(body.removeprefix(BOM_UTF8))
    except RecursionError:
        raise Refusal(400, "malformed", "the body holds too many lists in lists; send a lead as one object") from None
    except msgspec.DecodeError as error:
        raise Refusal(400, "malformed", unreadable(body, str(error), "the body")) from None
    except UnicodeDecodeError as error:
        raise Refusal(
            400, "malformed", f"the body is no UTF-8, in which JSON is sent: {error}; send it as that"
        ) from None
