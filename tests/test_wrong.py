"""What is said of a frame or a lead that cannot be read: the place, what it holds and what to write instead."""

from __future__ import annotations

import json

import msgspec
import pytest

from collab import protocol as p
from collab.incoming import GivenLead
from collab.records import Lead

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


@pytest.mark.parametrize("name, how", [("", "1 or more"), ("n" * 201, "200 or fewer")])
def test_text_that_is_too_short_or_too_long_says_how_long_it_may_be(name: str, how: str) -> None:
    said = why(HIRE | {"name": name})
    assert said.startswith("name is ")
    assert said.endswith(f": expected text of {how} characters")


@pytest.mark.parametrize(
    "frame, said",
    [
        (
            ROUTE | {"lead": {"id": "l", "name": "N", "urgency": "HIGH"}},
            'lead.urgency is "HIGH"; give one of low, medium, high, critical',
        ),
        (
            {"do": "set_presence", "id": 7, "presence": "here"},
            'presence is "here"; give one of available, busy, in_call, away, offline',
        ),
        ({"do": "update_agent_workload", "id": 7, "agent": "a", "presence": "in"}, "give one of available"),
        (
            {"do": "adopt_rules", "id": 7, "rules": [RULE | {"severity": "bad"}]},
            'rules.0.severity is "bad"; give one of ',
        ),
        ({"do": "override_lead", "id": 7}, 'do is "override_lead"; did you mean override?'),
        ({"do": "Ping", "id": 7}, "did you mean ping?"),
        ({"do": "zzz", "id": 7}, 'do is "zzz"; known are '),
    ],
)
def test_of_a_name_that_is_not_known_it_says_which_are(frame: object, said: str) -> None:
    assert said in why(frame)


@pytest.mark.parametrize(
    "frame, said",
    [
        ('{"do":"ping","id":7', "the frame is no JSON: it ends before its object does; send one whole object"),
        ('{"do":"ping","id":7,}', "the frame is no JSON: trailing comma in object (byte 20); send one whole object"),
        ("hello", "the frame is no JSON: invalid character (byte 0); send one whole object"),
        (
            '{"do":"join","id":7,"room":"' + "x" * 200 + '"',
            "the frame is no JSON: it ends before its object does; send one whole object",
        ),
        (
            '{"do":"' + "x" * 9000 + '","id":7',
            "the frame is no JSON: it ends before its object does; send one whole object",
        ),
    ],
)
def test_of_what_is_no_json_it_says_where_it_breaks_off_and_what_to_do(frame: str, said: str) -> None:
    assert why(frame) == said


@pytest.mark.parametrize(
    "frame, said",
    [
        ({"do": "join"}, "room is missing; give it"),
        (ROUTE | {"lead": {"id": "l"}}, "lead.name is missing; give it"),
        ('{"do": "ping", "do": "rooms", "id": 7}', "do is there twice; give it once"),
        ({"id": 7}, "do is missing; give one of hello, join, leave, "),
        ([], "the frame is []: expected `object`, got `array`"),
        ("null", "the frame is null: expected `object`, got `null`"),
        (
            {"do": "join", "id": 7, "room": "a b"},
            'room is "a b": expected 1 to 120 characters without white space',
        ),
        (
            {
                "do": "set_calendar",
                "id": 7,
                "busy": [{"starts": "2026-12-01T09:00:00", "ends": "2026-12-01T10:00:00Z"}],
            },
            'busy.0.starts is "2026-12-01T09:00:00": expected a time with its zone, e.g. 2026-11-02T09:00:00Z',
        ),
        ({"do": "search", "id": 7, "since": "now"}, 'since is "now": expected a time with its zone, e.g. 2026-11-02T'),
        ({"do": "send", "id": 7, "room": "a", "text": "x", "files": [{"hash": "a", "name": "b"}]}, "expected the 64 "),
    ],
)
def test_a_missing_field_a_pattern_and_what_is_no_object_are_named_in_words(frame: object, said: str) -> None:
    assert said in why(frame)
    assert "regex" not in why(frame)


@pytest.mark.parametrize("field, name", [("email", "e-mail"), ("phone", "phone")])
def test_of_a_wrong_address_or_number_no_more_is_shown_than_of_other_values(field: str, name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is '{'1' * 80}'…; give "):
        GivenLead.plain(msgspec.convert({"id": "L-4", "name": "N", field: "1" * 9000}, GivenLead), "main")


@pytest.mark.parametrize(
    "rest, place",
    [
        ('"text":"hi \\ud83d"', "text"),
        ('"text":"\\udd00 and more"', "text"),
        ('"lead":{"id":"l","name":"x\\ud83d!"}', "lead.name"),
        ('"files":[{"name":"\\ud83d"}]', "files.0.name"),
        ('"\\ud83d":1', "a name"),
    ],
)
def test_half_of_a_character_is_named_and_the_command_is_answered_by_its_id(rest: str, place: str) -> None:
    frame = f'{{"do":"send","id":7,"room":"main",{rest}}}'
    assert why(frame).startswith(f"{place} holds half of a character (a lone surrogate, \\ud")
    assert p.id_of(frame) == p.id_of(frame.encode()) == 7


@pytest.mark.parametrize("id", ['"\\ud83d"', "{}", "true", "-1", '"' + "x" * 65 + '"'])
def test_an_id_that_cannot_be_told_is_not_told(id: str) -> None:
    assert p.id_of(f'{{"do":"send","id":{id},"text":"\\ud83d"}}') is None


def test_a_lead_on_the_stream_may_have_fields_of_other_versions() -> None:
    data = msgspec.json.encode({"id": "L-4", "name": "N", "proprty_type": "condo"})
    assert msgspec.json.decode(data, type=Lead) == Lead(id="L-4", name="N")
    with pytest.raises(msgspec.ValidationError, match="proprty_type"):
        msgspec.json.decode(data, type=GivenLead)
    with pytest.raises(ValueError, match=r"name is 'x\\u202ey', which has the unseen character U\+202E"):
        GivenLead(id="L-4", name="x\u202ey").plain("main")
    assert {*GivenLead.__struct_fields__} == {*Lead.__struct_fields__, "email", "phone"}
    assert GivenLead(id="L-4", name="N", score=7).plain("main") == Lead(id="L-4", name="N", score=7)
