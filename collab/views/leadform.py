"""The form of a lead: its fields with the bounds of `records.Lead`, and how what people type is read."""

from __future__ import annotations

import re
from contextlib import suppress

import param

from collab.contact import customer_of, mail_of, phone_of
from collab.events import new_id
from collab.legible import legible
from collab.records import Lead, Urgency

NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}([,'’ ])\d{3}(\2\d{3})*)(\.\d+)?")
"""A number whose thousands are apart or not, its decimals behind a point."""

EITHER = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
"""What is thousands to some and decimals to others."""

DIGITS = re.compile(r"[-+\d.,]+")
APART = re.compile(r"[,'’ ]")

UNSAID = "not said"
PROPERTIES = {UNSAID: ""} | {kind: kind for kind in ("condo", "house", "townhouse", "commercial", "land")}
LANGUAGES = {UNSAID: "", "English": "en", "Spanish": "es", "Chinese": "zh", "French": "fr", "German": "de"}


class LeadForm(param.Parameterized):
    """A lead as a person types it in; the same bounds as `records.Lead`."""

    customer = param.String("", regex=r"^.{0,200}$", label="Name", doc="Who asks; needed.")
    email = param.String("", label="E-mail", doc="To know them again; only a hash of it is kept.")
    phone = param.String("", label="Phone", doc="To know them again; only a hash of it is kept.")
    property_type = param.Selector(default="condo", objects=PROPERTIES, doc="What they look for.")
    location = param.String("", regex=r"^.{0,60}$", doc="Where they look.")
    budget = param.Number(None, bounds=(0, 1e12), allow_None=True, doc="What they can spend, in money; may be empty.")
    language = param.Selector(default="en", objects=LANGUAGES, doc="What they speak.")
    urgency = param.Selector(default="medium", objects=[str(u) for u in Urgency], doc="How soon to pick it up.")
    score = param.Integer(50, bounds=(0, 100), label="Lead score", doc="How promising it is, 0 to 100.")

    def lead(self, id: str = "", *, customer: str = "", tenant: str = "main") -> Lead:
        """The lead of this form, with this id or a new one.

        Args:
            customer: who they are, if that is known; else it is made of their e-mail and phone for the tenant.

        Raises:
            ValueError: a field cannot be a lead's; names it.
        """
        return Lead(
            id=id or f"F-{new_id()[:12]}",
            name=name_of(self.customer),
            property_type=self.property_type,
            location=place_of(self.location),
            budget=None if self.budget is None else float(self.budget),
            language=self.language,
            urgency=Urgency(self.urgency),
            score=self.score,
            source="form",
            customer=customer or customer_of(mail_of(self.email), phone_of(self.phone), tenant),
        )


def name_of(text: str) -> str:
    """A name that a person typed.

    Raises:
        ValueError: it is empty or too long, or has unseen characters.
    """
    name = text.strip()
    if not name:
        raise ValueError("name is empty; say who asks, e.g. Zoe Park")
    if len(name) > 200:
        raise ValueError(f"name is {name[:20]!r}… with {len(name):,} characters; give at most 200")
    return legible(name)


def place_of(text: str) -> str:
    """A location that a person typed.

    Raises:
        ValueError: it is too long.
    """
    place = text.strip()
    if len(place) > 60:
        raise ValueError(f"location is {place[:20]!r}… with {len(place):,} characters; give at most 60")
    return place


def money_of(text: str) -> float | None:
    """A number that a person typed, its thousands apart or not, with a currency sign or without; empty is None.

    Raises:
        ValueError: it is no number, can be read in two ways, or is out of bounds.
    """
    plain = " ".join(text.split()).strip("$€£ ")
    if not plain:
        return None
    if not NUMBER.fullmatch(plain) or EITHER.fullmatch(plain):
        _ask(text, plain)
    value = float(APART.sub("", plain))
    if not 0 <= value <= 1e12:
        raise ValueError(f"budget is {text!r}; give a number from 0 to 1,000,000,000,000")
    return value


def _ask(text: str, plain: str) -> None:
    """Say what a number may mean, by the habits of those whose decimals begin with a comma, or with a point."""
    meant = []
    for apart, comma in ((".", ","), (",", ".")):
        with suppress(ValueError):
            meant.append(f"{float(plain.replace(apart, '').replace(comma, '.')):.15g}")
    if not meant or not DIGITS.fullmatch(plain):
        raise ValueError(f"budget is {text!r}; give a number, e.g. 450000, or leave it empty")
    raise ValueError(f"budget is {text!r}, which can be read as {' or as '.join(meant)}; write the one that is meant")
