"""The file of those who may sign in: with a password, or as somebody whom a provider of identities vouches for."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from collab.lines import Lines
from collab.live.partition import check_tenant
from collab.placing import locked, put
from collab.protocol import Role
from collab.records import Key
from collab.users.password import BLOCKS, COST, TIMES, hashed, is_hash, is_password

ROLES = (Role.team_lead, Role.analyst, Role.agent)
"""The roles of people; services have tokens."""

NOBODY = f"scrypt:{COST}:{BLOCKS}:{TIMES}:{'A' * 22}:{'A' * 43}"
"""A password that nobody has, for ids that nobody has: a guess at them takes as long."""

HEAD = re.compile(r"^users:(?:[^\S\n]*(?:\{[^\S\n]*\}|null|~))?([^\S\n]+#.*)?[^\S\n]*(?:\n|\Z)", re.M)
"""The line below which those with a password stand; before the first one it may say itself that there is none."""

IN_ONE = re.compile(r"^users:[^\S\n]*\{", re.M)
"""Where those with a password stand in braces instead, the place before the first of them."""

Kind = TypeVar("Kind")

TEXT = Annotated[str, Meta(min_length=1, max_length=200)]


class User(Struct, frozen=True, array_like=True):
    """Who signed in: the id under which they act, their role, and whose team they see."""

    id: Key
    role: Role
    tenant: str


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One with a password."""

    role: Role
    tenant: str
    password: str


class Match(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom a provider of identities vouches for: by e-mail, by its domain, or by what a claim says or holds.

    They act under the id `agent`, else under their e-mail.
    """

    role: Role
    tenant: str
    email: TEXT | None = None
    domain: TEXT | None = None
    claim: TEXT | None = None
    holds: TEXT | None = None
    agent: Key | None = None

    def fits(self, email: str, claims: Mapping[str, Any]) -> bool:
        """Whether these claims are of such a person."""
        if self.claim is not None:
            said = claims.get(self.claim)
            return self.holds in said if isinstance(said, list | tuple) else said == self.holds
        wanted = self.email or f"@{self.domain}"
        found = email if self.email else email[email.rfind("@") :]
        return found.lower() == wanted.lower()


def is_verified(claims: Mapping[str, Any]) -> bool:
    """Does the provider of identities say nothing against the e-mail of these claims?"""
    return claims.get("email_verified", True) in (True, "true")


class _Book(Struct, frozen=True, forbid_unknown_fields=True):
    users: dict[Key, Any] = {}  # entries, once each was looked at: msgspec does not say whose is wrong
    identities: tuple[Match, ...] = ()


class Users:
    """Those who may sign in, by a file of YAML that is read again when it has changed.

    `users` has a line for each with a password, which `collab user add` writes; `identities` says for whom a provider
    of identities vouches, and the first that fits counts. Changes hold for pages that are open, too. With `made` the
    file need not be there before somebody is added.

    Raises:
        ValueError: names the file, the line, the field, its value and the fix.
        OSError: it cannot be read.
    """

    def __init__(self, file: str | os.PathLike[str], *, made: bool = False) -> None:
        self.file, self._made = Path(file), made
        self._seen: tuple[int, int] | None = None
        self._book = _Book()
        self._read()

    @property
    def counts(self) -> tuple[int, int]:
        """How many have a password, and for how many lines a provider of identities vouches."""
        book = self._read()
        return len(book.users), len(book.identities)

    def check(self, id: str, password: str) -> User | None:
        """Who signs in with this password; None if it is wrong, which takes as long for an id that nobody has."""
        entry = self._read().users.get(id)
        right = is_password(password, NOBODY if entry is None else entry.password)
        return User(id, entry.role, entry.tenant) if entry is not None and right else None

    def named(self, id: str) -> User | None:
        """The one with a password and this id, as the file says now."""
        entry = self._read().users.get(id)
        return None if entry is None else User(id, entry.role, entry.tenant)

    def mark(self, id: str) -> str:
        """What tells this one's password from others that they, or somebody of the same id, had; "" of nobody."""
        entry = self._read().users.get(id)
        return "" if entry is None else hashlib.sha256(entry.password.encode()).hexdigest()

    def vouched(self, claims: Mapping[str, Any]) -> User | None:
        """For whom a provider of identities vouches with these claims; None if it is nobody of the file.

        An e-mail that the provider says it has not verified is none.
        """
        email = str(claims.get("email") or "") if is_verified(claims) else ""
        found = next((one for one in self._read().identities if one.fits(email, claims)), None)
        if found is None:
            return None
        try:
            return msgspec.convert((found.agent or email or claims.get("sub"), found.role, found.tenant), User)
        except msgspec.ValidationError:  # neither an e-mail nor a subject: nobody could be named
            return None

    def add(self, id: str, role: Role | str, tenant: str, password: str) -> None:
        """Write a line for one with a password; the file is made, readable by its owner only, if it is not there.

        Raises:
            ValueError: the id is there, or a field is wrong.
        """
        entry = f"{json.dumps(id)}: {{role: {role}, tenant: {tenant}, password: {json.dumps(hashed(password))}}}"
        with locked(self.file):
            if self.named(id) is not None:
                fix = "take the line out to give them another password, role or tenant"
                raise ValueError(f"{self.file} has {id}; {fix}")
            text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
            new = _with(entry, text)
            _book(new, self.file.name)
            self.file.touch(mode=0o600)
            put(self.file, new)

    @classmethod
    def made(cls, file: str | os.PathLike[str]) -> Users:
        """The users of a file, which is made as the first is added if it is not there.

        Raises:
            FileNotFoundError: its folder is not there.
        """
        path = Path(file)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{path.parent} is no folder; make it first, or name another")
        return cls(path, made=True)

    def _read(self) -> _Book:
        """What the file says now; while it cannot be read, or is wrong, nobody may do anything."""
        if self._made and not self.file.exists():
            return _Book()
        status = self.file.stat()
        if self._seen != (status.st_mtime_ns, status.st_size):
            self._book = _book(self.file.read_bytes(), self.file.name)
            self._seen = status.st_mtime_ns, status.st_size
        return self._book


def _with(entry: str, text: str) -> str:
    """The text of a file with one more who has a password, first of all."""
    new, found = HEAD.subn(lambda head: f"users:{head[1] or ''}\n  {entry}\n", text, count=1)
    if not found:
        new, found = IN_ONE.subn(lambda head: f"{head[0]}{entry}, ", text, count=1)
    return new if found else f"{text.rstrip()}\nusers:\n  {entry}\n".lstrip()


def _book(text: str | bytes, name: str) -> _Book:
    lines = Lines(text, name)
    fields = {} if lines.data is None else lines.fields("users")
    said = {name: of for name, of in fields.items() if of is not None}  # the last line below `users:` may be taken out
    if isinstance(said.get("users"), dict):
        _check_ids(lines, said["users"])
    book = _converted(lines, said, _Book, "$")
    users = {id: _converted(lines, entry, Entry, f"$.users.{id}") for id, entry in book.users.items()}
    for id, entry in users.items():
        _check(lines, f"$.users.{id}", entry)
        if not is_hash(entry.password):
            raise lines.fault(f"the password of {id} is not a kept one; make the line with `collab user add {id}`")
    for place, one in enumerate(book.identities):
        where = f"$.identities[{place}]"
        _check(lines, where, one)
        if sum(field is not None for field in (one.email, one.domain, one.claim)) != 1:
            raise lines.fault("it fits nobody or too many; give one of email, domain and claim", where)
        if (one.claim is None) != (one.holds is None):
            raise lines.fault("claim and holds go together; say what the claim holds", where)
        if one.agent is not None and one.email is None:
            raise lines.fault("it would be the id of many; give email, or leave it out", f"{where}.agent")
    return _Book(users, book.identities)


def _converted(lines: Lines, data: Any, kind: type[Kind], where: str) -> Kind:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        path = where + path.rstrip("`")
        if kind is Entry and not isinstance(data, dict):  # most likely a password, which an error must not show
            text = "it has no fields; make its lines with `collab user add`"
            raise ValueError(f"{lines.at(where)}, {where.removeprefix('$.')}: {text}") from None
        if "password" in path:  # nor here
            raise lines.fault("password is no text; make the line with `collab user add`", where) from None
        raise lines.fault(reason + _fix(reason, path), path) from None


def _check(lines: Lines, where: str, one: Entry | Match) -> None:
    if one.role not in ROLES:
        raise lines.fault(f"role is {one.role!s}, which has tokens; give one of {', '.join(ROLES)}", f"{where}.role")
    try:
        check_tenant(one.tenant)
    except ValueError as error:
        raise lines.fault(str(error), f"{where}.tenant") from None


def _check_ids(lines: Lines, users: Iterable[Any]) -> None:
    for id in users:
        try:
            msgspec.convert(id, Key)
        except msgspec.ValidationError:
            text = f"an id is {id!r}; give 1 to 120 characters without white space"
            raise lines.fault(text, "$.users") from None


def _fix(reason: str, path: str) -> str:
    if "unknown field" in reason:
        known = Match if "identities" in path else Entry if "users" in path else _Book
        return f"; the fields are {', '.join(field.name for field in msgspec.structs.fields(known))}"
    if "missing required field" in reason:
        return "; add it"
    return f"; give one of {', '.join(ROLES)}" if path.endswith("role") else ""
