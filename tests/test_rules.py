"""Rules as data: what is read, what is refused and how that is said, and hours on the days when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from alerted import overload
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import rules

from collab.rules import KINDS, Book, Hours, Severity
from collab.rules.reading import default, read

HEAD = "rules:\n  - name: busy\n    kind: overload\n"
WHOLE = HEAD + "    fire: 0.9\n    clear: 0.8\n"

WRONG = {
    "rules: 3": "line 1: there is no list of rules",
    "rules:\n - name: [": "line 2: expected the node content",
    "rules:\n - busy": "line 2: a rule is 'busy'; give fields",
    WHOLE + "    colour: red\n": "line 6: rule busy: colour is no field; the fields are name, kind, fire",
    WHOLE + "    fire: 0.95\n": "line 6: fire is there twice",
    HEAD + "    fire: 99\n    clear: 0.8\n": "line 4: rule busy: fire is 99; give 0 to 10",
    HEAD + "    fire: !!int x\n    clear: 0.8\n": "line 4: this is read as int, and there is no such int; mend",
    HEAD + "    fire: .nan\n    clear: 0.8\n": "line 4: rule busy: fire is nan; give 0 to 10",
    HEAD + "    fire: 0.9\n    clear: 0.95\n": "line 5: rule busy: clear is 0.95; give a value below fire",
    HEAD + "    fire: 0.9\n    clear: 0.9\n": "line 5: rule busy: clear is 0.9; give a value below fire",
    HEAD + "    fire: high\n    clear: 0.9\n": "line 4: rule busy: fire is 'high'; give a number without quotes",
    WHOLE + "    on: 'no'\n": "line 6: rule busy: on is 'no'; give true or false, without quotes",
    WHOLE + "    group: rule\n": "line 6: rule busy: group is 'rule'; give a list",
    WHOLE.replace("busy", "a b"): "name is 'a b'; give text of up to 120 characters without white space",
    HEAD + "    clear: 0.9\n": "line 2: rule busy: fire is missing; add it",
    HEAD.replace("overload", "overlord") + "    fire: 1\n    clear: 0\n": "line 3: rule busy: kind is 'overlord'",
    WHOLE + "    for_s: -1\n": "line 6: rule busy: for_s is -1; expected `float` >= 0",
    WHOLE + "    window_s: 60\n": "line 6: rule busy: window_s is 60; leave it out, as overload has no window",
    WHOLE + "    severity: urgent\n": "line 6: rule busy: severity is 'urgent'; give one of info, low, medium, high, c",
    WHOLE + "    hours: {zone: Mars/Base}\n": "zone is 'Mars/Base', which is no time zone; give one like Europe/",
    WHOLE + "    hours: {from: '9'}\n": "from is '9', which is no time of day; give a time in quotes",
    WHOLE + "    hours: {days: []}\n": "days is []; list at least one of mon, tue",
    WHOLE + "    hours: {days: [monday]}\n": "line 6: rule busy: hours.days is ['monday']; list at least one of mon",
    WHOLE + "    hours: 9-18\n": "line 6: rule busy: hours is '9-18'; give fields, e.g. {from: ",
    WHOLE + "    hours: {zon: UTC}\n": "line 6: rule busy: hours.zon is no field",
    WHOLE + "    group: [lead]\n": "line 6: rule busy: group is ['lead']; use only rule, severity, agent",
    WHOLE + "    summary: '{lead} is busy'\n": "line 6: rule busy: summary has 'lead' in braces; use only {value}",
    WHOLE + "    inhibits: [other]\n": "line 6: rule busy: inhibits is ['other']; other is no rule",
    WHOLE + "    inhibits: [busy]\n": "line 6: rule busy: inhibits is ['busy']; leave out busy",
    WHOLE + WHOLE.removeprefix("rules:\n"): "line 6: rule busy: name is 'busy', which another rule has",
    WHOLE + "tenants:\n  acme:\n    idle: {fire: 1}\n": "line 8: idle is no rule; the rules are busy",
    WHOLE + "tenants:\n  acme:\n    busy: {fire: 0.7}\n": "line 8: rule busy of tenant acme: clear is 0.8; give",
    WHOLE + "tenants:\n  acme.es:\n    idle: {fire: 1}\n": "line 8: idle is no rule; the rules are busy",
    WHOLE + "tenants:\n  acme:\n    busy: 7\n": "line 8: busy is 7; give the fields that differ",
    WHOLE + "colour: red\n": "line 6: colour is no field; write rules and tenants",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_wrong_rule_is_refused_with_its_line_its_value_and_the_fix(text: str) -> None:
    with pytest.raises(ValueError, match=r"^rules\.yaml, line \d+: ") as caught:
        read(text)
    assert WRONG[text] in str(caught.value)


def test_a_circle_of_inhibitions_is_refused_and_shown() -> None:
    rule = "  - {{name: {0}, kind: overload, fire: .9, clear: .8, inhibits: [{1}]}}\n"
    text = "rules:\n" + rule.format("a", "b") + rule.format("b", "c") + rule.format("c", "a")
    with pytest.raises(ValueError, match=r"line 2: rule a: inhibits is \['b'\], a circle: a > b > c > a; break it"):
        read(text)


def test_the_rules_that_come_with_collab_cover_every_kind_and_every_severity() -> None:
    book = default()
    assert {rule.kind for rule in book.rules} == set(KINDS)
    assert {rule.severity for rule in book.rules} == set(Severity)
    first = book.rules[0]
    assert (first.kind, first.fire, first.for_s, first.severity) == ("overload", 0.9, 60, "high")
    assert not first.clears(0.8)
    assert first.clears(0.79)


def test_a_tenant_has_its_own_numbers_and_the_others_keep_theirs() -> None:
    book = read(WHOLE + "tenants:\n  acme:\n    busy: {fire: 0.95}\n  duo:\n    busy: {on: false}\n")
    assert [(rule.fire, rule.clear) for rule in book.of("acme")] == [(0.95, 0.8)]
    assert [(rule.fire, rule.clear) for rule in book.of("anybody")] == [(0.9, 0.8)]
    assert book.of("duo") == ()


@given(st.lists(rules, max_size=4, unique_by=lambda rule: rule.name))
def test_a_threshold_that_fires_never_clears(some: list) -> None:
    for rule in Book(tuple(some)).of("any"):
        assert rule.fires(rule.fire)
        assert not rule.clears(rule.fire)
        assert rule.clears(rule.clear)
        assert not rule.fires(rule.clear)


def test_a_falling_kind_fires_below_and_clears_above() -> None:
    rule = next(rule for rule in default().rules if rule.kind == "unfair")
    assert rule.fires(0.5)
    assert rule.clears(0.8)
    assert not rule.fires(0.7)
    assert not rule.clears(0.7)
    with pytest.raises(ValueError, match=r"clear is 0\.5; give a value above fire, which is 0\.6"):
        replace(rule, clear=0.5)


def test_the_words_of_an_alert_are_the_kind_s_or_the_rule_s_own() -> None:
    assert overload().words(0.934, {"agent": "ana"}) == "ana is at 93% of capacity"
    assert overload(summary="{agent}: {value}!").words(1.0, {"agent": "ana"}) == "ana: 100%!"


@pytest.mark.parametrize("value, said", [(1, "1 lead in the queue"), (2, "2 leads in the queue")])
def test_one_of_a_unit_is_told_as_one(value: float, said: str) -> None:
    waiting = next(rule for rule in default().rules if rule.kind == "queue")
    assert replace(waiting, summary="").words(value, {}) == said


def berlin(*fields: int, fold: int = 0) -> datetime:
    return datetime(*fields, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold).astimezone(UTC)


OFFICE = Hours(days=("sat", "sun"), opens="01:30", closes="17:00", zone="Europe/Berlin")


@pytest.mark.parametrize(
    "day, seconds",
    [((2026, 3, 28), 15.5), ((2026, 3, 29), 14.5), ((2026, 10, 24), 15.5), ((2026, 10, 25), 16.5)],
    ids=["before spring", "spring", "before autumn", "autumn"],
)
def test_hours_are_as_long_as_the_clocks_say_on_the_days_when_they_change(day: tuple, seconds: float) -> None:
    opens = berlin(*day, 1, 30)
    assert OFFICE.until(opens - timedelta(microseconds=1)) == (False, opens)
    within, closes = OFFICE.until(opens)
    assert within
    assert closes == berlin(*day, 17)
    assert (closes - opens) == timedelta(hours=seconds)
    assert not OFFICE.open(closes)


def test_an_hour_that_comes_twice_is_in_both_times_and_one_that_never_comes_ends_nothing() -> None:
    night = Hours(days=("sun",), opens="01:00", closes="02:30", zone="Europe/Berlin")
    assert night.open(berlin(2026, 10, 25, 2, 15))
    assert night.open(berlin(2026, 10, 25, 2, 15, fold=1))
    assert not night.open(berlin(2026, 10, 25, 2, 45, fold=1))
    assert night.open(berlin(2026, 3, 29, 1, 59))


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    night = Hours(days=("fri",), opens="22:00", closes="06:00")
    friday = datetime(2026, 11, 27, tzinfo=UTC)
    assert [hour for hour in range(48) if night.open(friday + timedelta(hours=hour))] == [*range(22, 30)]


zones = st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"))
clocks = st.tuples(st.integers(0, 23), st.sampled_from((0, 15, 30))).map(lambda at: f"{at[0]:02}:{at[1]:02}")
days = st.lists(st.sampled_from(("mon", "wed", "sat", "sun")), min_size=1, max_size=4, unique=True).map(tuple)


@given(days, clocks, clocks, zones, st.integers(0, 2 * 366 * 24 * 4))
def test_nothing_changes_before_the_moment_that_was_said_and_something_does_then(
    on: tuple, opens: str, closes: str, zone: str, quarters: int
) -> None:
    if opens == closes:
        return
    hours = Hours(days=on, opens=opens, closes=closes, zone=zone)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    within, until = hours.until(moment)
    assert until > moment
    assert hours.open(until - timedelta(microseconds=1)) == within
    assert hours.open(moment + (until - moment) / 2) == within
