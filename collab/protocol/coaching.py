"""What a member asks about a conversation with a customer."""

from __future__ import annotations

from collab.coaching import Stage
from collab.coaching.advice import Before
from collab.protocol.base import Command
from collab.records import Key, Text


class RequestCoaching(Command, frozen=True, tag="request_coaching"):
    """Ask what to do about a customer's message: `points`, and a `draft` that nobody sends; nothing of it is kept.

    `context` is what was said before, the oldest first. Of a `lead` that one holds (team leads and services: any open
    one) more is known. `source` says who advises, "rules" or a model, and `why` why a model that is set up did not.
    Other commands do not wait for the answer; a second one that comes before it is refused.
    """

    message: Text
    context: Before = ()
    stage: Stage | None = None
    lead: Key | None = None
