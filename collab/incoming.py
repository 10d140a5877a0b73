"""A lead as somebody gives it, before it is one."""

from __future__ import annotations

import msgspec

from collab.contact import customer_of, mail_of, phone_of
from collab.legible import legible
from collab.records import Budget, Customer, Fact, Key, Label, Language, Lead, Name, Score, Urgency


class GivenLead(Fact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Lead as somebody gives it to be routed: a field that no lead has is refused, or its value would be lost.

    What is null is as not given: forms and CRMs send it of what they do not know. `email` and `phone`, with its country
    code, make the customer if that is not given; only hashes of them are kept. What is on the stream is read as a Lead,
    so that fields may come and go with versions.
    """

    id: Key
    name: Name
    property_type: Label | None = ""
    location: Label | None = ""
    budget: Budget | None = None
    language: Language | None = ""
    urgency: Urgency | None = Urgency.medium
    score: Score | None = 50
    requires: tuple[Key, ...] | None = ()
    source: Label | None = ""
    customer: Customer | None = ""
    email: str | None = None
    phone: str | None = None

    def plain(self, tenant: str) -> Lead:
        """The lead, as events of this tenant carry it; a ValueError says what is wrong with name, e-mail or phone."""
        fields = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        known = customer_of(mail_of(fields.pop("email", "")), phone_of(fields.pop("phone", "")), tenant)
        return Lead(**(fields | {"name": legible(self.name), "customer": self.customer or known}))
