"""Who a customer is, by e-mail and phone: known again without either being kept, as only hashes of them are."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import blake2b

from msgspec import Struct

from collab.records import Lead
from collab.views.frame import Frame

MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
MOST = 254
"""How long an e-mail address may be."""

WAYS = {"mail": "e-mail", "tel": "phone"}
"""What the two parts of a customer's id are made of."""


def mail_of(text: str) -> str:
    """An e-mail address that a person typed, as it is compared; empty is "".

    Raises:
        ValueError: it is none; says what to give.
    """
    mail = text.strip().casefold()
    if mail and (len(mail) > MOST or not MAIL.fullmatch(mail)):
        raise ValueError(f"e-mail is {text!r}; give an address like zoe@example.com, or leave it empty")
    return mail


def phone_of(text: str) -> str:
    """A phone number that a person typed, as + and its digits; spaces and signs between them are ignored.

    Raises:
        ValueError: it is no number with its country code; says what to give.
    """
    bare = re.sub(r"[\s()./\u2010-\u2015-]", "", text)
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    if bare and not re.fullmatch(r"\+[1-9][0-9]{6,14}", bare):
        raise ValueError(f"phone is {text!r}; give it with its country code, e.g. +1 555 010 2030, or leave it empty")
    return bare


def customer_of(mail: str, phone: str, tenant: str) -> str:
    """The customer's id of a lead: a hash for the e-mail and one for the phone, as far as they are known."""
    parts = {"mail": mail, "tel": phone}
    return "+".join(f"{way}:{_hash(f'{tenant}/{known}')}" for way, known in parts.items() if known)


class Twin(Struct, frozen=True):
    """A lead of the same customer: where it is now, since when, and by what it was found."""

    lead: Lead
    time: datetime
    holder: str | None
    open: bool
    ways: str

    def said(self, names: dict[str, str]) -> str:
        """The lead, and who has it, in words."""
        who = names.get(self.holder or "", self.holder)
        when = f"{self.time:%Y-%m-%d %H:%M} UTC"
        if not self.open:
            where = f"was given to {who} at {when} and is closed"
        else:
            where = f"is with {who}" if self.holder else "waits in the queue"
            where += f" since {when}"
        return f"{self.lead.name} has the same {self.ways}: lead {self.lead.id} {where}."


def twin(frame: Frame, customer: str) -> Twin | None:
    """The newest open lead with the same e-mail or phone, else the newest of the assignments; None if there is none."""
    for state in sorted((*frame.queue, *frame.held), key=lambda state: state.arrived, reverse=True):
        if ways := _same(state.lead.customer, customer):
            return Twin(state.lead, state.assigned or state.arrived, state.holder, True, ways)
    for event in frame.recent:
        if ways := _same(event.decision.lead.customer, customer):
            return Twin(event.decision.lead, event.time, event.decision.agent, False, ways)
    return None


def _same(one: str, other: str) -> str:
    """By what two customers are the same person, in words; "" if they are not known to be."""
    shared = {part for part in one.split("+") if part} & set(other.split("+"))
    return " and ".join(word for way, word in WAYS.items() if any(part.startswith(f"{way}:") for part in shared))


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=10).hexdigest()
