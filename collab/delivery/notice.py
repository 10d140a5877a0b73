"""What somebody must be told: a notice of alerts that belong together."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from collab.records import Count, Fact, Key, Name
from collab.rules import Severity


class Cause(Struct, frozen=True, kw_only=True):
    """One alert behind a notice: its id, the rule that fired, its labels, and what was measured.

    `acknowledged` is how often somebody had it before: with each time it comes back, it is told of anew.
    """

    id: Key
    rule: Name
    labels: dict[str, str] = {}
    value: float | None = None
    acknowledged: Count = 0


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
