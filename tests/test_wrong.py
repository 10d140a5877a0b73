"""What is said of a frame or a lead that cannot be read: the place, what it holds and what to write instead."""

from __future__ import annotations

import json

import msgspec
import pytest

from collab import protocol as p
from collab.records import GivenLead, Lead

ROUTE = {"do": "route_lead", "id": 7}
HIRE = {"do": "add_agent", "id": 7, "agent": "ana", "name": "Ana"}
RULE = {"name": "late", "kind": "queue_length"}


def why(frame: object) -> str:
    """Why a frame is refused."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        p.command(frame if isinstance(frame, str) else json.dumps(frame))
    return str(refused.value)


@pytest.mark.parametrize(
    "frame, said",
    [
        (
            ROUTE | {"lead": {"id": "L-4", "name": "N", "proprty_type": "condo"}},
            "lead.proprty_type is no field of lead; did you mean property_type?",
        ),
        (
            ROUTE | {"lead": {"id": "L-4", "name": "N", "xyz": 1}},
            "lead.xyz is no field of lead; known are id, name, property_type, location, budget, language, urgency, ",
        ),
        (HIRE | {"skils": {}}, "skils is no field of add_agent; did you mean skills?"),
        ({"do": "ping", "id": 7, "when": 1}, "when is no field of ping; known are id"),
        ({"do": "ping", "id": 7, "w" * 100: 1}, "w" * 80 + "… is no field of ping"),
        (
            {"do": "send", "id": 7, "room": "main", "text": "x", "files": [{"hash": "a" * 64, "naame": "x"}]},
            "files.0.naame is no field of files.0; did you mean name?",
        ),
        ({"do": "adopt_rules", "id": 7, "rules": [RULE | {"severty": "low"}]}, "did you mean severity?"),
    ],
)
def test_an_unknown_field_is_refused_with_its_place_and_what_is_known(frame: object, said: str) -> None:
    assert said in why(frame)


def test_a_lead_on_the_stream_may_have_fields_of_other_versions() -> None:
    data = msgspec.json.encode({"id": "L-4", "name": "N", "proprty_type": "condo"})
    assert msgspec.json.decode(data, type=Lead) == Lead(id="L-4", name="N")
    with pytest.raises(msgspec.ValidationError, match="proprty_type"):
        msgspec.json.decode(data, type=GivenLead)
    assert GivenLead(id="L-4", name="N", score=7).plain() == Lead(id="L-4", name="N", score=7)
