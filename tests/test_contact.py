"""Customers known again by e-mail and phone: how these are read, and which lead is found by them."""

from __future__ import annotations

import pytest
from desks import lead
from strategies import NOON, assigned

from collab.contact import customer_of, mail_of, phone_of
from collab.team import OpenLead
from collab.views.contact import twin
from collab.views.frame import Frame

MAIL, PHONE = "zoe@example.com", "+15550102030"
BOTH = customer_of(MAIL, PHONE, "main")


@pytest.mark.parametrize("typed", ["Zoe@Example.com", " zoe@example.com "])
def test_an_address_is_the_same_however_it_is_typed(typed: str) -> None:
    assert mail_of(typed) == MAIL


def test_an_address_is_the_same_with_its_accents_as_signs_of_their_own() -> None:
    assert mail_of("Jose\u0301@example.com") == mail_of("Jos\u00e9@example.com")


@pytest.mark.parametrize("typed", ["+1 555 010 2030", "+1 (555) 010-2030", "001 555.010.2030", "+1\u2011555/0102030"])
def test_a_number_is_the_same_however_it_is_typed(typed: str) -> None:
    assert phone_of(typed) == PHONE


@pytest.mark.parametrize(
    "typed", ["zoe", "zoe@", "@example.com", "zoe@example", "a b@example.com", "x" * 250 + "@y.eu"]
)
def test_what_is_no_address_is_refused_with_the_fix(typed: str) -> None:
    with pytest.raises(ValueError, match=r"e-mail is .*; give an address like zoe@example.com, or leave it empty"):
        mail_of(typed)


@pytest.mark.parametrize("typed", ["555 0102", "+0 123 4567", "+1 23", "+1 555 CALL", "+1234567890123456"])
def test_what_is_no_number_with_its_country_is_refused_with_the_fix(typed: str) -> None:
    with pytest.raises(ValueError, match=r"phone is .*; give it with its country code"):
        phone_of(typed)


def test_nothing_typed_is_nobody_and_what_is_kept_tells_neither() -> None:
    assert mail_of(" ") == phone_of(" ") == customer_of("", "", "main") == ""
    assert "zoe" not in BOTH
    assert "2030" not in BOTH
    assert lead("x", customer=BOTH).customer == BOTH  # short enough, and without white space
    assert customer_of(MAIL, "", "main") != customer_of(MAIL, "", "other")


def test_an_open_lead_is_found_by_either_and_before_one_that_is_closed() -> None:
    waiting = OpenLead(lead=lead("w", customer=customer_of(MAIL, "", "main")), arrived=NOON)
    held = OpenLead(lead=lead("h", customer=customer_of("", PHONE, "main")), arrived=NOON, assigned=NOON, holder="ana")
    closed = assigned("d", NOON, lead("c", customer=BOTH), "bo")
    frame = Frame(queue=(waiting,), held=(held,), recent=(closed,))
    by_mail, by_phone = twin(frame, customer_of(MAIL, "", "main")), twin(frame, customer_of("", PHONE, "main"))
    assert by_mail is not None
    assert by_phone is not None
    assert (by_mail.lead.id, by_mail.ways, by_phone.lead.id, by_phone.ways) == ("w", "e-mail", "h", "phone")
    assert "waits in the queue" in by_mail.said({})
    assert "is with Ana Ruiz" in by_phone.said({"ana": "Ana Ruiz"})
    over = twin(Frame(recent=(closed,)), BOTH)
    assert over is not None
    assert over.ways == "e-mail and phone"
    assert "was given to bo" in over.said({})
    assert over.said({}).endswith("and is closed.")
    assert twin(frame, "") is None
    assert twin(frame, customer_of("li@example.com", "", "main")) is None
