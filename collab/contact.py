"""Who a customer is, by e-mail and phone: known again without either being kept, as only hashes of them are."""

from __future__ import annotations

import re
from hashlib import blake2b
from unicodedata import normalize

MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
MOST = 254
"""How long an e-mail address may be."""

MOST_SHOWN = 80
"""So many characters of what is neither are shown."""

WAYS = {"mail": "e-mail", "tel": "phone"}
"""What the two parts of a customer's id are made of."""


def mail_of(text: str) -> str:
    """An e-mail address that a person typed, as it is compared; empty is "".

    Raises:
        ValueError: it is none; says what to give.
    """
    mail = normalize("NFC", text.strip().casefold())
    if mail and (len(mail) > MOST or not MAIL.fullmatch(mail)):
        raise ValueError(f"e-mail is {_shown(text)}; give an address like zoe@example.com, or leave it empty")
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
        fix = "give it with its country code, e.g. +1 555 010 2030, or leave it empty"
        raise ValueError(f"phone is {_shown(text)}; {fix}")
    return bare


def customer_of(mail: str, phone: str, tenant: str) -> str:
    """The customer's id of a lead: a hash for the e-mail and one for the phone, as far as they are known."""
    parts = {"mail": mail, "tel": phone}
    return "+".join(f"{way}:{_hash(f'{tenant}/{known}')}" for way, known in parts.items() if known)


def _shown(text: str) -> str:
    return repr(text) if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]!r}…"


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=10).hexdigest()
