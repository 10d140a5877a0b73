from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON, assigned, events_of

from collab import events as ev
from collab.events import EVENTS, Event, decode, encode, kind, new_id
from collab.records import Lead, Presence, WeightsVersion, aware, checked

LEAD = Lead(id="l1", name="Ada")
CLOSED = ev.LeadClosed(id="e1", time=NOON, lead="l1", decision="d1", agent="ana", converted=True)
ASSIGNED = assigned("d1", NOON, LEAD, "ana")


def as_json(event: Event) -> dict[str, Any]:
    return json.loads(encode(event))


def put(data: Any, path: str, value: Any) -> bytes:
    *way, last = path.split(".")
    place = data
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(data).encode()


@pytest.mark.parametrize("event_type", EVENTS, ids=lambda event_type: event_type.__name__)
def test_every_event_comes_back_from_json_as_it_went(event_type: type[Event]) -> None:
    @settings(max_examples=40)
    @given(events_of(event_type))
    def comes_back(event: Any) -> None:
        data = encode(event)
        back = decode(data)
        assert back == event
        assert type(back) is event_type
        assert encode(back) == data
        assert checked(event) == event

    comes_back()


def test_every_kind_of_event_has_a_tag_of_its_own_in_the_past_tense() -> None:
    tags = [str(event_type.__struct_config__.tag) for event_type in EVENTS]
    assert len(set(tags)) == len(EVENTS)
    assert {tag.rsplit("_", 1)[1][-1] for tag in tags} <= {"d", "t", "n"}
    assert kind(CLOSED) == "lead_closed" == as_json(CLOSED)["event"]


def test_fields_that_this_version_does_not_know_are_ignored() -> None:
    data = as_json(ASSIGNED)
    data["mood"] = {"of": ["the", "day"]}
    data["decision"]["lead"]["colour"] = 3
    data["decision"]["candidates"]["luck"] = [1]
    assert decode(json.dumps(data)) == ASSIGNED


@pytest.mark.parametrize(
    "event, path, value",
    [
        (CLOSED, "agent", ""),
        (CLOSED, "agent", "two words"),
        (CLOSED, "agent", "ana\n"),
        (CLOSED, "agent", 7),
        (CLOSED, "lead", "l" * 121),
        (CLOSED, "converted", "yes"),
        (CLOSED, "value", -1),
        (CLOSED, "value", None),
        (CLOSED, "satisfaction", 5.1),
        (CLOSED, "satisfaction", 0),
        (CLOSED, "time", "yesterday"),
        (ASSIGNED, "decision.lead.score", 101),
        (ASSIGNED, "decision.lead.score", -1),
        (ASSIGNED, "decision.lead.budget", -0.01),
        (ASSIGNED, "decision.lead.name", ""),
        (ASSIGNED, "decision.lead.urgency", "soon"),
        (ASSIGNED, "decision.mode", "lucky"),
        (ASSIGNED, "decision.propensity", 1.1),
        (ASSIGNED, "decision.weights.version", -1),
        (ASSIGNED, "decision.drawn", [100]),
        (ev.PresenceChanged(id="e", time=NOON, agent="a", presence=Presence.away), "presence", "asleep"),
        (ev.CapacityChanged(id="e", time=NOON, agent="a", capacity=3), "capacity", 1001),
        (ev.FirstResponded(id="e", time=NOON, lead="l", decision="d", agent="a", response_s=1), "response_s", -1),
        (ev.AgentJoined(id="e", time=NOON, agent="a", name="A"), "skills", ["language:es"]),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(event: Event, path: str, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=rf"`\$\.{path}[\[`]"):
        decode(put(as_json(event), path, value))


def test_a_wrong_column_of_candidates_is_refused_with_its_name() -> None:
    with pytest.raises(
        msgspec.ValidationError, match=r"`int`, got `float` - at `score\[0\]` - at `\$.decision.candidates`"
    ):
        decode(put(as_json(ASSIGNED), "decision.candidates.score", [1.5]))


def test_a_missing_field_and_an_unknown_kind_are_refused_by_name() -> None:
    data = as_json(CLOSED)
    del data["converted"]
    with pytest.raises(msgspec.ValidationError, match="required field `converted`"):
        decode(json.dumps(data))
    with pytest.raises(msgspec.ValidationError, match=r"'lead_lost'.*`\$\.event`"):
        decode(put(as_json(CLOSED), "event", "lead_lost"))


def test_weights_and_columns_that_do_not_fit_together_are_refused_on_reading_too() -> None:
    with pytest.raises(msgspec.ValidationError, match="sum to 101; make them sum to 100"):
        decode(put(as_json(ASSIGNED), "decision.weights.values", [35, 30, 20, 16]))
    with pytest.raises(msgspec.ValidationError, match="different lengths"):
        decode(put(as_json(ASSIGNED), "decision.candidates.agent", ["ana"]))
    with pytest.raises(msgspec.ValidationError, match=r"decision\.agent is None"):
        decode(put(as_json(ASSIGNED), "decision.agent", None))


@pytest.mark.parametrize("event_type", EVENTS, ids=lambda event_type: event_type.__name__)
def test_a_naive_time_is_refused_at_construction_and_on_reading(event_type: type[Event]) -> None:
    @settings(max_examples=3)
    @given(events_of(event_type))
    def is_refused(event: Any) -> None:
        with pytest.raises(ValueError, match="time is 2026-01-05T12:00:00, which has no time zone"):
            msgspec.structs.replace(event, time=datetime(2026, 1, 5, 12))  # noqa: DTZ001
        with pytest.raises(msgspec.ValidationError, match="which has no time zone"):
            decode(put(as_json(event), "time", "2026-01-05T12:00:00"))

    is_refused()


@given(st.integers(-14 * 60, 14 * 60))
def test_times_of_other_zones_become_utc(minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    left = ev.AgentLeft(id="e", time=NOON.astimezone(zone), agent="ana")
    assert left.time == NOON
    assert left.time.tzinfo is UTC
    read = decode(put(as_json(left), "time", NOON.astimezone(zone).isoformat()))
    assert read == left
    assert read.time.tzinfo is UTC


def test_a_time_beyond_the_calendar_in_utc_is_refused_as_any_wrong_value() -> None:
    edge = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        aware(edge)
    with pytest.raises(msgspec.ValidationError, match="outside the years 1 to 9999"):
        decode(put(as_json(CLOSED), "time", "0001-01-01T00:00:00+14:00"))


@pytest.mark.parametrize(
    "record, said",
    [
        (Lead(id="l1", name="Ada", score=101), ["score is 101", "<= 100"]),
        (Lead(id="l1", name="Ada", budget=-1), ["budget is -1", ">= 0"]),
        (Lead(id="l1", name="Ada", budget=float("nan")), ["budget is nan", ">= 0"]),
        (Lead(id="l1", name=""), ["name is ''", "length >= 1"]),
        (Lead(id="l 1", name="Ada"), ["id is 'l 1'", "without white space"]),
        (Lead(id="l1\n", name="Ada"), ["id is 'l1\\n'", "without white space"]),
        (Lead(id=None, name="Ada"), ["id is None", "`str`"]),
        (Lead(id="l1", name="Ada", urgency="soon"), ["urgency is 'soon'", "give one of low"]),
        (Lead(id="l1", name="Ada", requires=("language:es", "two words")), ["requires is", "'two words'", "matching"]),
        (ev.LeadArrived(id="e", time=NOON, lead=Lead(id="l", name="A", score=-1)), ["lead.score is -1", ">= 0"]),
        (
            ev.AgentJoined(id="e", time=NOON, agent="a", name="A", skills={"language:es": 1.5}),
            ["skills is", "1.5", "<= 1"],
        ),
        (
            ev.AgentJoined(id="e", time=NOON, agent="a", name="A", skills={"a b": 1.0}),
            ["skills is", "'a b'", "matching"],
        ),
        (ev.AgentJoined(id="e", time=NOON, agent="a", name="A", capacity=-1), ["capacity is -1", ">= 0"]),
        (msgspec.structs.replace(CLOSED, satisfaction=6.0), ["satisfaction is 6.0", "<= 5"]),
        (msgspec.structs.replace(CLOSED, value=float("inf")), ["value is inf", "<= 1000000000000"]),
    ],
    ids=str,
)
def test_checking_names_the_field_the_value_and_the_limit(record: msgspec.Struct, said: list[str]) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        checked(record)
    assert not isinstance(refusal.value, msgspec.ValidationError)
    for words in said:
        assert words in str(refusal.value)


def test_checking_gives_what_the_stream_will_give_back() -> None:
    typed = Lead(id="l1", name="Ada", budget=5, urgency="high", requires=["language:es"])
    lead = checked(typed)
    assert (lead.budget, lead.requires) == (5.0, ("language:es",))
    arrived = ev.LeadArrived(id="e", time=NOON, lead=lead)
    assert encode(decode(encode(arrived))) == encode(arrived)


def test_an_assignment_to_nobody_cannot_be_made() -> None:
    decision = msgspec.structs.replace(ASSIGNED.decision, agent=None)
    with pytest.raises(ValueError, match="stays in the queue"):
        ev.LeadAssigned(id="d1", time=NOON, decision=decision)


def test_a_version_of_weights_sums_to_100_and_its_id_shows_them() -> None:
    assert WeightsVersion(version=3, values=(35, 30, 20, 15)).id == "v3-35-30-20-15"
    with pytest.raises(ValueError, match="sum to 99; make them sum to 100"):
        WeightsVersion(version=3, values=(35, 30, 20, 14))


def test_events_cannot_be_changed_and_their_ids_differ() -> None:
    with pytest.raises(AttributeError):
        CLOSED.agent = "bo"
    assert len({new_id() for _ in range(1000)}) == 1000
