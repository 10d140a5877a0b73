"""What somebody must be told: a notice of alerts that belong together."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from collab.records import Fact, Key, Name


class Severity(StrEnum):
    """How bad it is, the least first; info is for the record and tells nobody."""

    info = "info"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"

    @property
    def rank(self) -> int:
        """Its place: 0 for info, 4 for critical."""
        return list(Severity).index(self)


class Cause(Struct, frozen=True, kw_only=True):
    """One alert behind a notice: its id, the rule that fired, its labels, and what was measured."""

    id: Key
    rule: Name
    labels: dict[str, str] = {}
    value: float | None = None


class Notice(Fact, frozen=True, kw_only=True):
    """What somebody must be told, once to each of whom it concerns.

    `id` says that it is the same notice: given twice, it is sent once. `link` is where to look, or "".
    """

    id: Key
    tenant: Key
    severity: Severity
    title: Name
    body: Annotated[str, Meta(max_length=8000)] = ""
    alerts: tuple[Cause, ...] = ()
    time: datetime
    link: Annotated[str, Meta(max_length=2000)] = ""
