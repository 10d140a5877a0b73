"""Who is told of what and when, as functions: windows, routes, batches, retries, and the file that says so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notices import NOON, notice

from collab.delivery import Notice, Plan, channels, plan_of
from collab.delivery.message import LINES, message
from collab.delivery.retries import Retries
from collab.delivery.route import CRITICAL_S, Route, dues
from collab.delivery.window import Window, over
from collab.rules import DAYS, Severity

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


def window(**given: Any) -> Window:
    return msgspec.convert({"zone": "Europe/Madrid"} | given, Window)


NIGHT = {"from": "22:00", "to": "07:00", "zone": "Europe/Madrid"}


def route(**given: Any) -> Route:
    return msgspec.convert({"to": ["desk"]} | given, Route)


@given(
    start=st.integers(0, 1439),
    end=st.integers(0, 1440),
    days=st.sets(st.sampled_from(DAYS), min_size=1),
    zone=st.sampled_from(ZONES),
    time=st.integers(0, 2 * 365 * 1440).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
)
def test_a_window_is_open_from_the_first_time_its_clock_shows_the_one_to_the_last_time_it_shows_the_other(
    start: int, end: int, days: set[str], zone: str, time: datetime
) -> None:
    if start == end:
        return
    one = window(**{"from": start, "to": end, "days": sorted(days), "zone": zone})

    def shown(day: date, minute: int) -> list[datetime]:
        clock = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
        return [clock.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]

    here = time.astimezone(ZoneInfo(zone)).date()
    around = [day for n in range(-2, 2) if DAYS[(day := here + timedelta(days=n)).weekday()] in days]
    spans = [(min(shown(day, start)), max(shown(day, end + 1440 * (end < start)))) for day in around]
    held = [closes for opens, closes in spans if opens <= time < closes]
    assert one.open(time) == bool(held)
    assert not held or one.until(time) == (True, min(held))


def test_quiet_hours_follow_the_wall_clock_where_clocks_are_changed() -> None:
    night = window(**NIGHT)
    for day, hours in ((datetime(2026, 3, 28, 21, tzinfo=UTC), 8), (datetime(2026, 10, 24, 20, tzinfo=UTC), 10)):
        assert night.open(day)  # 22:00 in Madrid, before and after
        assert not night.open(day - timedelta(minutes=1))
        assert night.until(day)[1] - day == timedelta(hours=hours)  # 07:00 comes an hour sooner, or later


def test_quiet_weekends_are_over_on_monday() -> None:
    weekend = window(**{"from": "00:00", "to": "24:00", "days": ["sat", "sun"]})
    saturday = datetime(2026, 6, 6, 10, tzinfo=UTC)
    assert over([weekend, window(**NIGHT)], saturday) == datetime(2026, 6, 8, 5, tzinfo=UTC)  # 07:00 in Madrid


def test_info_is_sent_to_nobody_and_each_other_severity_from_its_least_on() -> None:
    for least in Severity:
        for severity in Severity:
            told = bool(dues(notice(severity=severity), [route(least=least)]))
            assert told == (severity != "info" and severity.grade >= least.grade)


def test_labels_must_all_be_on_one_alert() -> None:
    one = notice(1)
    two = msgspec.structs.replace(one, alerts=(*one.alerts, *notice(2).alerts))
    assert dues(two, [route(labels={"agent": "a2"})])
    assert not dues(two, [route(labels={"agent": "a2", "team": "north"})])
    assert not dues(one, [route(labels={"agent": "a2"})])


def test_what_comes_in_quiet_hours_waits_for_their_end_unless_it_is_critical() -> None:
    night = datetime(2026, 6, 1, 22, tzinfo=UTC)  # midnight in Madrid
    quiet = route(quiet=[NIGHT], within_s=30)
    (waits,) = dues(notice(at=night), [quiet])
    assert waits.ready == datetime(2026, 6, 2, 5, tzinfo=UTC)
    assert waits.due == waits.ready + timedelta(seconds=30)
    (goes,) = dues(notice(severity="critical", at=night), [quiet])
    assert (goes.ready, goes.due) == (night, night + timedelta(seconds=CRITICAL_S))


def test_outside_its_hours_a_route_takes_nothing_however_critical() -> None:
    day = route(to=["day"], hours=[{"from": "08:00", "to": "20:00", "zone": "UTC"}])
    night = route(to=["night"], hours=[{"from": "20:00", "to": "08:00", "zone": "UTC"}])
    for hour, who in ((7, "night"), (8, "day"), (19, "day"), (20, "night")):
        (due,) = dues(notice(severity="critical", at=NOON.replace(hour=hour)), [day, night])
        assert due.target == who


def test_an_escalation_tells_one_after_the_other() -> None:
    chain = route(within_s=0, then=[{"after_s": 300, "to": ["head"]}, {"after_s": 900, "to": ["boss", "desk"]}])
    found = {(due.target, due.step): (due.due - NOON).total_seconds() for due in dues(notice(), [chain])}
    assert found == {("desk", 0): 0, ("head", 1): 300, ("boss", 2): 900, ("desk", 2): 900}


def test_a_target_of_several_routes_is_told_once_and_by_the_soonest() -> None:
    found = dues(notice(), [route(within_s=60), route(within_s=5), route(to=["desk", "mail"], within_s=20)])
    assert {due.target: (due.due - NOON).total_seconds() for due in found} == {"desk": 5, "mail": 20}


def test_a_thousand_notices_are_one_message_with_the_critical_one_on_top() -> None:
    many = [notice(n, "critical" if n == 700 else "low" if n % 2 else "high") for n in range(1000)]
    made = message("desk", [(one, 0) for one in many], NOON)
    assert len(made.notices) == 1000
    assert made.title == "[critical] 1,000 notices: 1 critical, 499 high, 500 low"
    assert made.text.startswith("[critical] a700 is overloaded")
    assert f"and {1000 - LINES:,} more of them" in made.text
    assert made.text.count("is overloaded") == LINES


@given(st.permutations([(notice(n, severity), n % 2) for n, severity in enumerate(Severity)]))
def test_the_same_notices_make_the_same_message_in_whatever_order(pieces: list[tuple[Notice, int]]) -> None:
    made = message("desk", pieces, NOON)
    assert made == message("desk", sorted(pieces, key=str), NOON)
    ranks = [one.severity.grade for one in made.notices]
    assert ranks == sorted(ranks, reverse=True)
    assert message("mail", pieces, NOON).id != made.id
    assert message("desk", [(one, 5) for one, _ in pieces], NOON).id != made.id


@given(st.integers(1, 500), st.floats(0, 1), st.floats(0.1, 3600), st.floats(1, 24))
def test_waits_grow_and_stay_within_their_bounds(failures: int, draw: float, first_s: float, times: float) -> None:
    retries = Retries(first_s=first_s, most_s=first_s * times)
    wait_s = retries.wait_s(failures, draw)
    assert first_s / 2 <= wait_s <= retries.most_s
    assert retries.wait_s(failures + 1, draw) >= wait_s


TARGETS = """\
targets:
  page: {kind: app}
  crm:
    kind: webhook
    url: https://crm.example/hooks
    secrets: [{file: new.txt}, {env: OLD_SECRET}]
  chat: {kind: apprise, url: {env: CHAT_URL}}
"""
PLAN = f"""\
{TARGETS}routes:
  - to: [page]
    within_s: 0
  - to: [crm, chat]
    least: high
    labels: {{team: north}}
    quiet: [{{from: 22:00, to: 07:00, zone: Europe/Madrid}}]
    then: [{{after_s: 900, to: [page]}}]
retries: {{tries: 5}}
"""


def test_a_plan_is_read_also_with_times_that_yaml_takes_for_numbers() -> None:
    plan = plan_of(PLAN)
    assert isinstance(plan, Plan)
    quiet = plan.routes[1].quiet[0]
    assert (quiet.opens, quiet.closes) == ("22:00", "07:00")
    assert plan.retries.tries == 5


SECRET = "xoxb-very-secret-9174"


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("least: high", "least: bad", ["line 12, routes[1].least", "'bad'", "info, low, medium, high, critical"]),
        ("within_s: 0", "within_s: -1", ["line 10, routes[0].within_s", ">= 0", "'-1'"]),
        ("within_s: 0", "wihtin_s: 0", ["line 9, routes[0]", "wihtin_s", "docs/alerts.md"]),
        ("[crm, chat]", "[crm, chatt]", ["line 11, routes[1].to[1]", "no target 'chatt'", "page, crm, chat"]),
        ("Europe/Madrid", "Europe/Madird", ["line 14, routes[1].quiet[0]", "Europe/Madird", "IANA"]),
        ("22:00", "25:00", ["routes[1].quiet[0]", "no time of day", '"24:00"']),
        ("to: 07:00", "to: 22:00", ["routes[1].quiet[0]", "both"]),
        ("from: 22:00, to: 07:00", 'from: 00:00, to: "24:00"', ["line 14, routes[1].quiet", "whole week"]),
        ("https://crm", "http://crm", ["line 4, targets.crm", "http://crm.example", "https://"]),
        ("https://crm", "ftp://crm", ["targets.crm", "ftp://crm.example"]),
        ("https://crm", f"https://u:{SECRET}@crm", ["targets.crm", "user or a password"]),
        ("crm.example/hooks", "crm.example:99999/hooks", ["targets.crm", "host and port"]),
        ("crm.example/hooks", f"crm.example/hooks#{SECRET}", ["targets.crm", "#fragment"]),
        ("{env: CHAT_URL}", f'"slack://{SECRET}"', ["targets.chat", "{env: NAME}"]),
        ("[{file: new.txt}, {env: OLD_SECRET}]", f"[{SECRET}]", ["targets.crm", "{env: NAME}"]),
        ("[{file: new.txt}, {env: OLD_SECRET}]", "[]", ["targets.crm.secrets", "length >= 1"]),
        ("{env: CHAT_URL}", "{env: A, file: b}", ["targets.chat", "one place"]),
        ("kind: app}", "kind: pager}", ["line 2, targets.page.kind", "pager", "app, apprise, webhook"]),
        ("after_s: 900", "after_s: 0", ["routes[1].then[0].after_s", "> 0"]),
        ("tries: 5", "tries: 0", ["line 16, retries.tries", ">= 1"]),
        ("tries: 5", "first_s: 3000, most_s: 30", ["retries", "most_s"]),
        ("page: {kind: app}", "page: {kind: app}\n  page: {kind: app}", ["line 3", "page is there twice"]),
        ("page: {kind: app}", "[page]: {kind: app}", ["line 2", "write a name before the colon"]),
        ("tries: 5", "tries: 2026-13-45", ["line 16", "read as timestamp", "mend the YAML there"]),
        ("page: {kind: app}", "page: {kind: app", ["line 3", "mend the YAML"]),
    ],
)
def test_a_wrong_plan_is_refused_with_line_field_value_and_fix_and_no_secret(
    old: str, new: str, said: list[str]
) -> None:
    assert old in PLAN
    with pytest.raises(ValueError, match=r"^notify\.yaml, line \d+") as raised:
        plan_of(PLAN.replace(old, new, 1))
    for part in said:
        assert part in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("text", ["", "[]", "targets: 3", "routes: []", "&a [*a]", "- \x00"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^notify\.yaml"):
        plan_of(text)


GOOD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    "environment, new, said",
    [
        ({"CHAT_URL": "json://localhost"}, GOOD, "secrets[1] of target crm is not known: the environment has no OLD_"),
        ({"CHAT_URL": "json://localhost", "OLD_SECRET": GOOD}, None, "new.txt cannot be read (FileNotFoundError)"),
        ({"CHAT_URL": "json://localhost", "OLD_SECRET": GOOD}, " \n", "new.txt is empty"),
        ({"CHAT_URL": "json://localhost", "OLD_SECRET": SECRET}, GOOD, "secrets[1] of target crm is not whsec_"),
        ({"CHAT_URL": "json://localhost", "OLD_SECRET": "whsec_AAAA"}, GOOD, "24 to 64 bytes"),
        ({"CHAT_URL": f"slakc://{SECRET}", "OLD_SECRET": GOOD}, GOOD, "url of target chat, which begins with 'slakc'"),
        ({"CHAT_URL": SECRET, "OLD_SECRET": GOOD}, GOOD, "url of target chat is no one Apprise URL"),
    ],
)
def test_a_missing_or_wrong_secret_is_told_by_name_and_never_shown(
    tmp_path: Path, environment: dict[str, str], new: str | None, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    if new is not None:
        (tmp_path / "new.txt").write_text(new, encoding="utf-8")
    caplog.set_level(0)
    with pytest.raises(ValueError, match="target") as raised:
        channels(plan_of(PLAN), tmp_path, environment, print)
    assert said in str(raised.value)
    for secret in (SECRET, GOOD, GOOD.removeprefix("whsec_")):
        assert secret not in str(raised.value)
        assert secret not in caplog.text
