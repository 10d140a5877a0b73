"""What rules would have done over a history: as a watch at that time, and told in frames."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from alerted import Post, overload
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON, after, histories
from work import Work

from collab import events as ev
from collab.alerts import Watch, backtest
from collab.alerts.backtest import ALERTS, RULES
from collab.events import Entry
from collab.records import Presence
from collab.rules import Rule, Severity
from collab.rules.reading import default
from collab.team import Team

RULES_OF_TEAM = tuple(rule for rule in default().rules if rule.of.source != "signal")


def saw_tooth() -> Post:
    post = Post(overload())
    for second, leads in ((0, 95), (600, 50), (900, 95), (930, 50), (1200, 95), (1800, 95)):
        post.hold("ana", leads, second)
        post.hold("bo", min(leads, 60), second)
    return post


def test_a_backtest_says_how_often_how_long_and_how_many_pages() -> None:
    post = saw_tooth()
    post.be("bo", Presence.available, 2000)
    found = backtest(
        [overload(group=()), overload(name="low", fire=0.55, clear=0.5, for_s=0, group=())], post.ledger.entries
    )
    rules = found.rules.set_index("rule")
    assert rules.loc["agent_overload", ["fired", "pages", "pending_only", "still_open"]].tolist() == [2, 2, 1, 1]
    assert rules.loc["agent_overload", "lasted_s"] == 540 + (2000 - 1260)
    assert rules.loc["low", ["fired", "pages", "still_open"]].tolist() == [6, 3, 2]
    assert rules.loc["low", "fired_a_day"] == pytest.approx(6 * 86_400 / 2000)
    first = found.alerts[found.alerts["rule"] == "agent_overload"].iloc[0]
    assert (first["labels"], first["lasted_s"], first["paged"]) == ({"agent": "ana"}, 540, True)
    assert first["fired"] == pd.Timestamp(after(60))
    assert first["summary"] == "ana is at 95% of capacity"


def test_what_is_over_before_anybody_could_look_does_not_fire_and_what_lasts_does() -> None:
    post = Post()
    for second, leads in ((0, 95), (0.05, 10), (10, 95), (10.2, 10)):
        post.hold("ana", leads, second)
    found = backtest([overload(for_s=0)], post.ledger.entries)
    assert found.alerts["fired"].tolist() == [pd.Timestamp(after(10))]


def test_a_backtest_may_end_later_or_earlier_than_what_was_recorded() -> None:
    entries = saw_tooth().ledger.entries
    later, earlier = (backtest([overload()], entries, until=after(second)).alerts for second in (5400, 650))
    assert later["lasted_s"].tolist() == [540, 5400 - 1260]
    assert earlier["lasted_s"].tolist() == [540]
    first = [one for one in entries if one.event.time <= after(0)]
    pending = backtest([overload()], first, until=after(90)).alerts  # it fires though nothing more happens
    assert (pending["lasted_s"].tolist(), pending["ended"].isna().tolist()) == ([30], [True])


def test_what_is_in_no_history_and_what_is_off_is_left_out_and_named() -> None:
    rules = [*default().rules, overload(name="off", on=False)]
    found = backtest(rules, [])
    assert found.left_out == ("redis_lost", "recorder_lag", "message_latency", "clients_dropped")
    assert list(found.rules["rule"]) == [rule.name for rule in RULES_OF_TEAM]
    assert found.rules["fired"].sum() == 0
    assert tuple(found.alerts.columns) == ALERTS
    assert tuple(found.rules.columns) == RULES
    assert found.alerts.empty


def test_a_rule_with_a_time_below_zero_is_refused() -> None:
    for name in ("for_s", "keep_s"):
        with pytest.raises(ValueError, match=rf"{name} is -5\.0: expected"):
            backtest([overload(**{name: -5.0})], [])


def test_info_never_pages() -> None:
    post = saw_tooth()
    found = backtest([overload(severity=Severity.info)], post.ledger.entries)
    assert found.rules["fired"].tolist() == [1]
    assert found.rules["pages"].tolist() == [0]


def live(entries: list[Entry], rules: tuple[Rule, ...]) -> list[tuple[Any, ...]]:
    """What a watch would have told that looks each second between the first entry and the last."""
    team = Team()
    team.alerts.rules = rules
    watch, now, told = Watch(team), entries[0].event.time, []
    for entry in entries:
        while now < entry.event.time:
            told += watch.at(now)
            now += timedelta(seconds=1)
        team.apply(entry)
        watch.take(entry)
        told += watch.at(now)
    return [(one.rule, one.labels, one.time) for one in told if isinstance(one, ev.AlertFired)]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_a_backtest_is_what_a_watch_would_have_told_and_does_not_hear_of_alerts_that_were(seed: int) -> None:
    happened = Work(seed).events(20)
    entries = [Entry(number, "", event) for number, event in enumerate(happened, 1)]
    plain = [entry for entry in entries if not isinstance(entry.event, ev.Watched)]
    found = backtest(RULES_OF_TEAM, entries)
    told = [(row.rule, row.labels, row.fired) for row in found.alerts.itertuples()]
    assert sorted(map(str, told)) == sorted(
        str((rule, labels, pd.Timestamp(time))) for rule, labels, time in live(plain, RULES_OF_TEAM)
    )
    pd.testing.assert_frame_equal(backtest(RULES_OF_TEAM, plain).rules, found.rules)


@settings(max_examples=25, deadline=None)
@given(histories(guarded=False))
def test_any_history_can_be_tested_and_the_frames_agree(entries: list[Entry]) -> None:
    found = backtest(RULES_OF_TEAM, entries)
    counted = found.rules.set_index("rule")
    for rule, alerts in found.alerts.groupby("rule"):
        assert counted.loc[rule, "fired"] == len(alerts)
        assert counted.loc[rule, "lasted_s"] == pytest.approx(alerts["lasted_s"].sum())
        assert counted.loc[rule, "pages"] == alerts["paged"].sum()
        assert counted.loc[rule, "still_open"] == alerts["ended"].isna().sum()
    assert (found.alerts["lasted_s"] >= 0).all()
    assert (found.alerts["fired"] >= pd.Timestamp(NOON)).all()
