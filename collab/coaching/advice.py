"""What is asked about a conversation, and what is advised."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from collab.records import Lead, Text

MOST_BEFORE = 40
"""So many messages of a conversation are looked at."""

Point = Annotated[str, Meta(min_length=1, max_length=300)]
"""One thing to do next, in a sentence."""

Points = Annotated[tuple[Point, ...], Meta(min_length=1, max_length=5)]

Draft = Annotated[str, Meta(max_length=2000)]
"""An answer that a person may change and send; "" if none can be given."""

Before = Annotated[tuple[Text, ...], Meta(max_length=MOST_BEFORE)]
"""What was said before, the oldest first."""


class Stage(StrEnum):
    """How far a conversation has come."""

    first_contact = "first_contact"
    qualifying = "qualifying"
    viewing = "viewing"
    negotiating = "negotiating"
    closing = "closing"
    follow_up = "follow_up"


class Asked(Struct, frozen=True, kw_only=True):
    """A customer's message, what was said before it, and of which lead it is, as far as that is known."""

    message: Text
    context: Before = ()
    stage: Stage | None = None
    lead: Lead | None = None


class Advised(Struct, frozen=True, kw_only=True):
    """What a model is asked for."""

    points: Points
    draft: Draft = ""


class Advice(Struct, frozen=True, kw_only=True):
    """What to do next, and a draft that nobody sends.

    `source` is "rules" or the model's name, and `why` says why a model that was set up did not answer, else "".
    """

    points: Points
    draft: Draft = ""
    source: str = "rules"
    why: str = ""
