"""Words without what tells who somebody is: e-mail addresses, phone numbers and other long numbers, links."""

from __future__ import annotations

import re
from unicodedata import normalize

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+")
_NUMBER = re.compile(r"(?<!\d)(?<!\d,)\+?\d(?:[\s()./\u2010-\u2015-]{0,3}\d){6,}")
"""Seven digits or more, with what is written between those of a phone number, a card or an account."""


def private(text: str) -> str:
    """The words with [link], [e-mail] and [number] in the places of those; names and streets stay."""
    plain = normalize("NFKC", text)
    return _NUMBER.sub("[number]", _MAIL.sub("[e-mail]", _LINK.sub("[link]", plain)))
