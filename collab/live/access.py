"""Who may come in: signed tokens with a tenant, an agent and a role, keys that rotate, and tokens taken back."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import msgspec
from jwt.utils import base64url_decode
from msgspec import Struct

from collab.live.partition import check_tenant
from collab.placing import locked, put
from collab.protocol import Role
from collab.records import Key

logger = logging.getLogger(__name__)

ALGORITHM = "HS256"

LEAST_BYTES = 32
"""The least length of a key."""

LEEWAY_S = 5.0
"""By so much the clocks of gateways may differ."""

REMEMBERED = 1_000
"""So many tokens are not verified anew: most who connect were here a moment ago."""


class AccessDenied(PermissionError):
    """The token does not let its holder in; the message says why, and never what would."""


class Pass(Struct, frozen=True):
    """What a token says: whose it is, until when it holds, and the id of the key that signed it."""

    tenant: Key
    agent: Key
    role: Role
    issued: datetime
    expires: datetime
    id: str
    key: str


class Access:
    """Makes and checks tokens by the keys of a file, which is read again when it has changed.

    Each line of the file is `key ID SECRET`, the newest first: it signs, all are accepted; or `revoked ID` for a token
    that was taken back; or `revoked-until TENANT AGENT TIME` for all that an agent was given up to then. Gateways that
    share the file have the same keys. While the file cannot be read, what it held before counts on.

    Attributes:
        trouble: why the file cannot be read now, and what to do; "" while it can.

    Args:
        file: the file; it is made with a new key, readable by its owner only, if it is not there.
        clock: tells the time; aware.
    """

    def __init__(self, file: str | os.PathLike[str], *, clock: Callable[[], datetime] | None = None) -> None:
        self.file, self.trouble = Path(file), ""
        self._clock = clock or (lambda: datetime.now(UTC))
        self._seen: tuple[int, int] | None = None
        self._keys: dict[str, str] = {}
        self._passes: dict[bytes, Pass] = {}
        self._telling = threading.Lock()  # pages and members ask in threads of their own
        self._revoked: frozenset[str] = frozenset()
        self._revoked_until: dict[tuple[str, str], datetime] = {}
        if not self.file.exists():
            self._make()
        self._load()

    def secret(self, purpose: str) -> str:
        """A secret for something else than tokens, the same wherever the newest key is, and new with it."""
        self._read()
        newest = next(iter(self._keys.values()))
        return hmac.new(newest.encode(), purpose.encode(), "sha256").hexdigest()

    def token(self, tenant: str, agent: str, role: Role | str = Role.agent, *, lasts_s: float = 8 * 3600) -> str:
        """A token that lets the agent in for so many seconds.

        Raises:
            ValueError: the tenant or the agent is no name; names it.
        """
        _check_names(tenant, agent)
        self._read()
        key, secret = next(iter(self._keys.items()))
        now = self._clock()
        claims = {
            "sub": agent,
            "tenant": tenant,
            "role": str(Role(role)),
            "iat": now.timestamp(),
            "exp": now + timedelta(seconds=lasts_s),
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, secret, ALGORITHM, headers={"kid": key})

    def check(self, token: str) -> Pass:
        """What the token says.

        Raises:
            AccessDenied: it is malformed, forged, out of date, or was taken back.
        """
        taken_back = self.taken_back()
        try:
            with self._telling:
                found = self._told(token)
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, OverflowError, RecursionError):
            fix = "get a new one with `collab token` and the file of keys that the gateway has (COLLAB_KEYS)"
            raise AccessDenied(f"the token is not one of ours; {fix}") from None
        if self.ended(found):
            raise AccessDenied(f"the token ended at {found.expires:%Y-%m-%d %H:%M:%S} UTC; get a new one")
        if taken_back(found):
            raise AccessDenied("the token was taken back; get a new one")
        return found

    def ended(self, found: Pass) -> bool:
        """Is a token out of date, by more than clocks may differ?"""
        return self._clock() > found.expires + timedelta(seconds=LEEWAY_S)

    def taken_back(self) -> Callable[[Pass], bool]:
        """Tells of tokens whether they were taken back by now, or the key that signed them."""
        self._read()
        until, ids, keys = self._revoked_until, self._revoked, self._keys
        return lambda found: (
            found.key not in keys
            or found.id in ids
            or found.issued <= until.get((found.tenant, found.agent), datetime.min.replace(tzinfo=UTC))
        )

    def revoke(self, token: str) -> None:
        """Take a token back: nobody comes in with it any more, and who is in with it is sent out.

        Raises:
            AccessDenied: it is none that could let in.
        """
        self._add(f"revoked {self.check(token).id}")

    def revoke_all(self, tenant: str, agent: str) -> None:
        """Take all tokens back that an agent was given so far, as `revoke` does; new ones hold."""
        _check_names(tenant, agent)
        self._add(f"revoked-until {tenant} {agent} {self._clock().isoformat()}")

    def rotate(self) -> None:
        """Sign with a new key from now on; tokens of the older ones hold until they end."""
        with locked(self.file):
            put(self.file, _line() + self.file.read_text(encoding="utf-8"))

    def _add(self, line: str) -> None:
        with locked(self.file):
            whole = self.file.read_bytes().endswith(b"\n")  # an editor may have left the last line open
            with self.file.open("a", encoding="utf-8") as text:
                text.write(f"{line}\n" if whole else f"\n{line}\n")

    def _make(self) -> None:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with open(self.file, "x", encoding="utf-8", opener=_owner_only) as text:
                text.write(_line())
        except OSError as error:
            if self.file.exists():
                return  # another process made it just now
            fix = "name a file that this user may write with COLLAB_KEYS"
            raise ValueError(f"keys are {self.file}, which cannot be made ({error.strerror}); {fix}") from error

    def _read(self) -> None:
        """Take in what changed in the file."""
        trouble = ""
        try:
            self._load()
        except OSError as error:
            trouble = f"{self.file} cannot be read: {error.strerror}; put it back, readable by who runs this"
        except ValueError as error:
            trouble = str(error)
        if trouble and trouble != self.trouble:
            logger.error("the keys stay as they were: %s", trouble)
        elif self.trouble and not trouble:
            logger.info("the keys in %s are read again", self.file)
        self.trouble = trouble

    def _load(self) -> None:
        status = self.file.stat()
        if self._seen == (status.st_mtime_ns, status.st_size):
            return
        keys: dict[str, str] = {}
        revoked, until = set(), dict[tuple[str, str], datetime]()
        for number, line in enumerate(self._text().splitlines(), 1):
            match line.split():
                case ["key", name, secret] if len(secret) >= LEAST_BYTES:
                    keys[name] = secret
                case ["revoked", name]:
                    revoked.add(name)
                case ["revoked-until", tenant, agent, time] if moment := _moment(time):
                    until[tenant, agent] = max(moment, until.get((tenant, agent), moment))
                case []:
                    continue
                case _:
                    raise ValueError(
                        f"{self.file}, line {number} is neither `key ID SECRET` with a secret of {LEAST_BYTES} or more "
                        "characters, nor `revoked ID`, nor `revoked-until TENANT AGENT TIME`; mend it, or remove the "
                        "file to have a new one made"
                    )
        if not keys:
            raise ValueError(f"{self.file} holds no key; remove it to have a new one made")
        with self._telling:
            self._keys, self._revoked, self._revoked_until = keys, frozenset(revoked), until
            self._passes.clear()
        self._seen = status.st_mtime_ns, status.st_size

    def _told(self, token: str) -> Pass:
        """What a token says that one of the keys signed, whether it still holds or not."""
        digest = hashlib.blake2b(token.encode(), digest_size=16).digest()  # the tokens themselves would be far larger
        if digest not in self._passes:
            head = json.loads(base64url_decode(token.partition(".")[0]))  # by the library, all would be read twice
            key = head["kid"]
            required: Any = {"require": ["sub", "iat", "exp", "jti"], "verify_exp": False, "verify_iat": False}
            found = _pass(jwt.decode(token, self._keys[key], [ALGORITHM], options=required), key)
            if len(self._passes) >= REMEMBERED:
                del self._passes[next(iter(self._passes))]
            self._passes[digest] = found
        return self._passes[digest]

    def _text(self) -> str:
        try:
            return self.file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{self.file} is no text in UTF-8; mend it, or remove it to have a new one made") from None
        except OSError as error:
            fix = "let who runs this read it, or name another file of keys with COLLAB_KEYS"
            raise ValueError(f"{self.file} cannot be read: {error.strerror}; {fix}") from None


def _pass(claims: Mapping[str, Any], key: str) -> Pass:
    """What these claims say; who belongs to one tenant shares its name."""
    return Pass(
        tenant=sys.intern(msgspec.convert(claims.get("tenant"), Key)),
        agent=msgspec.convert(claims["sub"], Key),
        role=Role(str(claims.get("role"))),
        issued=datetime.fromtimestamp(claims["iat"], UTC),
        expires=datetime.fromtimestamp(claims["exp"], UTC),
        id=str(claims["jti"]),
        key=sys.intern(key),
    )


def _check_names(tenant: str, agent: str) -> None:
    check_tenant(tenant)
    try:
        msgspec.convert(agent, Key)
    except msgspec.ValidationError:
        raise ValueError(f"agent is {agent!r}; give an id of 1 to 120 signs without spaces, e.g. ana") from None


def _line() -> str:
    return f"key {secrets.token_hex(4)} {secrets.token_urlsafe(48)}\n"


def _moment(text: str) -> datetime | None:
    """The aware time that is written there, if one is."""
    with suppress(ValueError):
        time = datetime.fromisoformat(text)
        return time if time.tzinfo else None
    return None


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
