"""A check: how one part is, and what to do if it is not well."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """How a part is, the gravest first; `unknown` is what cannot be told from here and need not be wrong."""

    bad = "bad"
    warn = "warn"
    unknown = "unknown"
    ok = "ok"


SIGNS = {State.bad: ("✗", "Bad"), State.warn: ("!", "Look"), State.unknown: ("?", "Not known"), State.ok: ("✓", "Well")}
"""Each state's sign and word: colour is never alone."""


class Check(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found of one part.

    Attributes:
        name: which part.
        state: how it is.
        value: what was seen, with its unit.
        fix: what to do; never "" if it is not well.
        facts: more that was seen.
        since: since when it is so, as far as who looks knows.
    """

    name: str
    state: State
    value: str
    fix: str = ""
    facts: tuple[str, ...] = ()
    since: datetime | None = None

    def __post_init__(self) -> None:
        if self.state in (State.bad, State.warn) and not self.fix:
            raise ValueError(f"fix is '' of the check {self.name!r}, which is {self.state}; say what to do")


def worst(checks: Iterable[Check]) -> State:
    """The gravest state; what cannot be told counts as well."""
    found = {check.state for check in checks}
    return next((state for state in (State.bad, State.warn) if state in found), State.ok)


def gravest_first(checks: Iterable[Check]) -> list[Check]:
    """The checks, red ones in front, else in the order that they have."""
    grades = list(State)
    return sorted(checks, key=lambda check: grades.index(check.state))


def told(error: Exception | str, otherwise: str = "") -> tuple[str, str]:
    """What an error of this house says, and its fix as a sentence, which stands after the last semicolon."""
    what, _, fix = str(error).rpartition("; ")
    if not what:
        return fix, otherwise
    return what, f"{fix[0].upper()}{fix[1:].rstrip('.')}."


def size(count: float) -> str:
    """Bytes as people read them: 12.3 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
