"""Rules watched over a team: when alerts fire and end, hours, windows, inhibition, silences and restarts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alerted import Post, overload
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import NOON, after, assigned, histories
from work import Work

from collab import events as ev
from collab.alerts import Watch, acknowledge, groups, present
from collab.alerts.measure import Measures
from collab.events import Entry, Event
from collab.fairness import jain
from collab.records import Lead, Presence, WeightsVersion
from collab.rules import Hours, Rule, Severity
from collab.rules.reading import default
from collab.team import State, Team, fold

ONE_FIRE_ONE_CLEAR = ["alert_began", "alert_fired", "alert_resolved"]


def test_a_saw_tooth_around_the_threshold_for_an_hour_is_one_fire_and_one_clear() -> None:
    post = Post(overload())
    for second in range(0, 3600, 20):
        post.hold("ana", 91 if second % 40 else 89, second)
        post.until(second)
    post.hold("ana", 50, 3600)
    post.until(3600)
    assert post.kinds() == ONE_FIRE_ONE_CLEAR
    assert post.told[1].summary == "ana is at 91% of capacity"
    assert post.agrees()


def test_an_alert_fires_when_its_time_is_over_and_not_before() -> None:
    post = Post(overload())
    post.hold("ana", 95, 0)
    assert post.at(0) == ["alert_began"]
    assert post.watch.due == after(60)
    assert post.at(59.999) == []
    assert post.at(60) == ["alert_fired"]
    assert post.at(61) == []


def test_what_ends_in_time_is_dropped_and_pages_nobody() -> None:
    post = Post(overload())
    post.hold("ana", 95, 0)
    post.at(0)
    post.hold("ana", 70, 30)
    post.until(200)
    assert post.kinds() == ["alert_began", "alert_dropped"]
    assert post.team.alerts.ended == []


def test_one_moment_above_the_threshold_and_the_rest_below_it_does_not_fire() -> None:
    post = Post(overload())
    post.hold("ana", 95, 0)
    post.at(0)
    post.hold("ana", 85, 1)
    post.until(3000)
    assert post.kinds() == ["alert_began"]


def test_an_alert_stays_for_a_while_after_its_condition_and_resumes_if_that_comes_back() -> None:
    post = Post(overload(for_s=0, keep_s=120))
    for second, leads in ((0, 95), (10, 50), (100, 95), (200, 50), (319, 85)):
        post.until(second)
        post.hold("ana", leads, second)
        post.at(second)
    post.until(400)
    eased = ["alert_began", "alert_fired", "alert_eased", "alert_eased", "alert_eased", "alert_resolved"]
    assert post.kinds() == eased
    assert [event.on for event in post.told[2:5]] == [True, False, True]
    assert post.told[-1].time == after(320)


def answered(post: Post, seconds: float, response_s: float) -> None:
    post.hold("ana", 1, seconds)
    lead = post.team.agents["ana"].leads[0]
    about = {"lead": lead, "decision": post.team.leads[lead].decision, "agent": "ana"}
    post.happen(ev.FirstResponded(id=f"r-{lead}", time=after(seconds), **about, response_s=response_s))
    post.hold("ana", 0, seconds)


SLOW = Rule(name="slow", kind="slow_response", fire=60, clear=45, window_s=600, least=5)


def test_one_slow_answer_pages_nobody_and_a_slow_half_of_enough_does() -> None:
    post = Post(SLOW)
    answered(post, 0, 4000)
    post.until(10)
    for number in range(1, 4):
        answered(post, number, 10)
    answered(post, 5, 4000)
    post.until(20)
    assert post.kinds() == []  # five answers, and the middle one is 10 s
    answered(post, 30, 100)
    answered(post, 31, 100)
    post.until(31)
    assert post.kinds() == ["alert_began", "alert_fired"]
    post.until(700)  # nothing happens: the answers grow old, and with the last of them the alert ends
    assert post.kinds() == ONE_FIRE_ONE_CLEAR
    assert post.told[-1].time <= after(631)


def test_a_lead_that_waits_is_told_when_its_time_is_over_and_ends_when_somebody_has_it() -> None:
    post = Post(Rule(name="late", kind="waiting", fire=300, clear=0))
    post.happen(ev.LeadArrived(id="a", time=after(5), lead=Lead(id="l", name="A customer")))
    post.until(304.9)
    assert post.kinds() == []
    post.until(310)
    assert post.told[-1].time == after(305)
    assert post.told[-1].labels == {"lead": "l"}
    assert post.told[-1].summary == "Lead l has waited 300 s"
    alert = post.open[0].id
    post.happen(assigned("d", after(312), Lead(id="l", name="A customer"), "bo"))
    post.at(312)
    assert post.kinds() == ONE_FIRE_ONE_CLEAR
    assert alert == post.told[-1].alert


def test_a_lead_that_was_given_back_waits_from_then_on() -> None:
    post, lead = Post(Rule(name="late", kind="waiting", fire=300, clear=0)), Lead(id="l", name="A customer")
    post.happen(ev.LeadArrived(id="a", time=after(0), lead=lead))
    post.happen(assigned("d", after(10), lead, "bo"))
    post.happen(ev.OfferDeclined(id="o", time=after(3600), lead="l", decision="d", agent="bo"))
    post.until(3899.9)
    assert post.kinds() == []  # it was with somebody for an hour
    post.until(3900)
    assert [ev.kind(event) for event in post.told] == ["alert_began", "alert_fired"]
    assert post.told[-1].summary == "Lead l has waited 300 s"
    assert post.agrees()


UNREACHABLE = Rule(name="gone", kind="unreachable", fire=30, clear=0, inhibits=("agent_overload",))


def test_an_agent_who_is_offline_holds_back_their_overload_and_nobody_else_s() -> None:
    post = Post(UNREACHABLE, overload())
    for agent in ("ana", "bo"):
        post.hold(agent, 95, 0)
    post.be("ana", Presence.offline, 1)
    post.at(1)
    post.until(120)
    assert [(event.rule, event.labels["agent"]) for event in post.told if isinstance(event, ev.AlertFired)] == [
        ("gone", "ana"),
        ("agent_overload", "bo"),
    ]
    post.be("ana", Presence.available, 130)
    post.at(130)
    assert post.kinds()[-2:] == ["alert_resolved", "alert_fired"]  # back, and loaded all the time
    assert post.agrees()


def test_an_alert_holds_others_back_after_a_restart_too() -> None:
    post = Post(UNREACHABLE, overload())
    post.hold("ana", 95, 0)
    post.be("ana", Presence.offline, 0)
    post.until(40)
    post.begin_anew()
    post.until(300)
    assert [event.rule for event in post.told if isinstance(event, ev.AlertFired)] == ["gone"]


def test_an_agent_who_leaves_has_no_alerts_any_more() -> None:
    post = Post(overload(for_s=0))
    post.hold("ana", 95, 0)
    post.at(0)
    post.happen(ev.AgentLeft(id="left", time=after(1), agent="ana"))
    assert post.at(1) == ["alert_resolved"]


def test_a_rule_begins_with_its_hours_and_a_pending_alert_ends_with_them() -> None:
    hours = Hours(days=("mon",), opens="12:10", closes="12:20")
    post = Post(overload(hours=hours))
    post.hold("ana", 95, 0)
    post.until(599)
    assert post.kinds() == []
    post.until(700)
    assert [event.time for event in post.told] == [after(600), after(660)]
    post.hold("bo", 95, 1170)
    post.at(1170)
    post.until(3600)
    assert post.kinds() == ["alert_began", "alert_fired", "alert_began", "alert_dropped"]
    assert post.told[-1].why == "the rule's hours ended"
    assert post.told[-1].time == after(1200)


def test_a_forgotten_acknowledgement_comes_back_in_time_and_one_of_what_ended_does_not() -> None:
    post = Post(overload(for_s=0))
    post.hold("ana", 95, 0)
    post.at(0)
    head = {"time": after(10), "by": "Kim", "until": after(100)}
    answer = acknowledge(post.team.alerts, post.open[0].id, id="ack-1", **head)
    post.happen(answer.event)
    post.until(99.9)
    assert post.open[0].state == State.acknowledged
    post.until(101)
    assert post.kinds()[-1] == "alert_returned"
    assert post.told[-1].time == after(100)
    assert post.open[0].state == State.firing
    post.happen(acknowledge(post.team.alerts, post.open[0].id, id="ack-2", **head | {"until": after(200)}).event)
    post.hold("ana", 0, 150)
    post.until(300)
    assert post.kinds() == ["alert_began", "alert_fired", "alert_returned", "alert_resolved"]


def test_a_silence_keeps_an_alert_from_paging_until_it_ends_by_itself() -> None:
    post = Post(overload(for_s=0))
    about = {"labels": {"rule": "agent_overload", "agent": "ana"}, "until": after(60), "by": "Kim"}
    post.happen(ev.SilenceStarted(id="s", time=NOON, **about))
    for agent in ("ana", "bo"):
        post.hold(agent, 95, 1)
    post.at(1)
    assert len(post.open) == 2
    assert [rank.alert.labels["agent"] for rank in groups(post.team)[0].ranks] == ["bo"]
    post.until(60)
    assert post.kinds()[-1] == "silence_ended"
    assert len(groups(post.team)[0].ranks) == 2


def test_alerts_of_a_rule_that_is_not_in_force_any_more_end() -> None:
    post = Post(overload(for_s=0))
    post.hold("ana", 95, 0)
    post.at(0)
    post.happen(ev.RulesAdopted(id="rules-2", time=after(1), version=2, rules=(SLOW,), by="Kim"))
    assert post.at(1) == ["alert_resolved"]
    assert post.told[-1].why == "the rule is not in force any more"


def test_a_new_version_of_a_rule_counts_for_what_is_open() -> None:
    post = Post(overload(for_s=0))
    post.hold("ana", 92, 0)
    post.at(0)
    rules = (overload(fire=0.97, clear=0.93, for_s=0),)
    post.happen(ev.RulesAdopted(id="rules-2", time=after(1), version=2, rules=rules, by="Kim"))
    assert post.at(1) == ["alert_resolved"]


def test_a_signal_is_an_alert_at_once_and_over_when_the_signal_says_so_or_falls_silent() -> None:
    post = Post(Rule(name="lost", kind="redis_lost", fire=2, clear=0, severity=Severity.critical))
    post.watch.signal("redis_lost", 3, after(0))
    assert post.at(0) == ["alert_began", "alert_fired"]
    post.begin_anew()
    post.until(299)
    assert len(post.open) == 1  # a process that starts has not heard the signal yet
    post.watch.signal("redis_lost", 0, after(299))
    assert post.at(299) == ["alert_resolved"]
    post.watch.signal("redis_lost", 3, after(300))
    post.at(300)
    post.until(700)
    assert post.kinds()[-1] == "alert_resolved"
    assert post.told[-1].time == after(600)


def test_news_of_weights_is_info_for_a_while_and_pages_nobody() -> None:
    post = Post(Rule(name="news", kind="news", fire=1, clear=0, window_s=600, severity=Severity.info))
    weights = WeightsVersion(version=1, values=(25, 25, 25, 25))
    post.happen(ev.WeightsAdopted(id="w1", time=after(1), weights=weights, by="Kim"))
    post.at(1)
    assert post.open[0].summary == "Weights v1-25-25-25-25 came into force"
    assert groups(post.team) == []
    post.until(700)
    assert post.kinds() == ONE_FIRE_ONE_CLEAR


def test_news_of_weights_ends_when_others_come_into_force() -> None:
    post = Post(Rule(name="news", kind="news", fire=1, clear=0, window_s=600, severity=Severity.info))
    for version in (1, 2):
        weights = WeightsVersion(version=version, values=(25, 25, 25 + version, 25 - version))
        post.happen(ev.WeightsAdopted(id=f"w{version}", time=after(version), weights=weights, by="Kim"))
        post.at(version)
    assert [alert.summary for alert in post.open] == ["Weights v2-25-25-27-23 came into force"]


def test_conversion_that_falls_is_told_with_its_standard_errors_and_luck_is_not() -> None:
    rule = Rule(name="drift", kind="conversion_drift", fire=3, clear=1.5, window_s=100, least=30)
    post = Post(rule)

    def close(first: int, last: int, every: int) -> None:
        for second in range(first, last):
            post.team.alerts.closings.add(after(second), float(second % every == 0))
            post.watch._touch("conversion_drift", "", f"c{second}")
            post.at(second)

    close(0, 900, 3)
    assert post.kinds() == []
    close(900, 1000, 30)
    assert post.kinds() == ["alert_began", "alert_fired"]
    reading = Measures(post.team, [rule]).read(rule, "", after(999))
    before, now = 300 / 900, 4 / 100
    assert reading.n == 100
    assert reading.value == pytest.approx((before - now) / (before * (1 - before) * (1 / 900 + 1 / 100)) ** 0.5)


@settings(max_examples=25, deadline=None)
@given(histories(guarded=True, most=30))
def test_what_is_measured_step_by_step_is_what_a_team_made_anew_gives(entries: list[Entry]) -> None:
    book = tuple(rule for rule in default().rules if rule.of.source != "signal")
    team = Team()
    stepwise = Measures(team, book)
    for entry in entries:
        team.apply(entry)
        stepwise.touched(entry.event)
    now = max((entry.event.time for entry in entries), default=NOON) + timedelta(seconds=5)
    anew = Measures(fold(entries), book)
    for rule in book:
        for subject in {subject for kind, subject in anew.everything() if kind == rule.kind}:
            assert stepwise.read(rule, subject, now) == anew.read(rule, subject, now)
    at_work = [agent for agent in team.members() if agent.on_shift and agent.presence != Presence.offline]
    expected = jain([agent.utilization for agent in at_work])
    assert stepwise.load.balance == (None if expected is None else pytest.approx(expected, abs=1e-5))
    assert stepwise.waiting == {lead.lead.id for lead in team.queue()}


LONG = overload(for_s=60, keep_s=30, fire=0.9, clear=0.5)
moves = st.lists(
    st.tuples(st.sampled_from(("ana", "bo")), st.sampled_from((0, 3, 5, 8, 9, 10)), st.integers(0, 90)), max_size=25
)


def run(steps: list, stops: frozenset[int] = frozenset()) -> Post:
    post, second = Post(LONG, capacity=10), 0
    for number, (agent, leads, wait) in enumerate(steps):
        if number in stops:
            post.begin_anew()
            post.at(second)
        second += wait
        post.until(second)
        post.hold(agent, leads, second)
        post.at(second)
    post.until(second + 1000)
    return post


def times(post: Post) -> list[tuple[Any, ...]]:
    """What was told, without the ids, which say what a process knew of the cause."""
    return [(ev.kind(event), event.time, event.labels) for event in post.told]


@settings(max_examples=40, deadline=None)
@given(moves)
def test_no_alert_fires_before_its_time_nor_twice_and_states_equal_the_fold(steps: list) -> None:
    post = run(steps)
    assert post.agrees()
    began: dict[str, datetime] = {}
    for event in post.told:
        if isinstance(event, ev.AlertBegan):
            began[event.alert] = event.time
        if isinstance(event, ev.AlertFired):
            assert event.time - began.pop(event.alert) >= timedelta(seconds=60)
            assert event.value >= 0.9
    keys = [alert.key for alert in post.open]
    assert len(keys) == len(set(keys))


@settings(max_examples=40, deadline=None)
@given(moves, st.frozensets(st.integers(0, 25)))
def test_a_watch_that_is_made_anew_at_any_point_tells_the_same(steps: list, stops: frozenset[int]) -> None:
    assert times(run(steps, stops)) == times(run(steps))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sets(st.integers(1, 300), max_size=5))
def test_a_process_that_dies_between_an_event_and_its_alerts_loses_and_doubles_none(seed: int, cuts: set[int]) -> None:
    rules = tuple(replace(rule, for_s=0.0) for rule in default().rules if rule.of.source != "signal")
    happened = [event for event in Work(seed).events(25) if not isinstance(event, ev.Watched)]
    assert fired(happened, rules, cuts) == fired(happened, rules, set())


def fired(happened: list[Event], rules: tuple[Rule, ...], cuts: set[int]) -> list[tuple[Any, ...]]:
    """What fired over these events; at each cut the process dies after the event, and another one begins."""
    team, told = Team(), []
    team.alerts.rules = rules
    watch = Watch(team)
    for number, event in enumerate(happened):
        team.apply(entry := Entry(team.seq + 1, "", event))
        watch = Watch(team) if number in cuts else watch
        if number not in cuts:
            watch.take(entry)
        for one in watch.at(event.time):
            team.apply(echo := Entry(team.seq + 1, "", one))
            watch.take(echo)
            if isinstance(one, ev.AlertFired):
                told.append((one.time, one.rule, *one.labels.values()))
        assert watch.alerts.open == team.alerts.open
    return sorted(told)


def test_a_watch_asks_for_nothing_when_there_are_no_rules() -> None:
    watch = Watch(Team())
    assert watch.at(datetime(2026, 1, 1, tzinfo=UTC)) == []
    assert watch.due is None


def test_of_two_that_become_true_at_one_look_the_one_that_is_held_back_stays_silent() -> None:
    held = overload(name="a_held", for_s=0)
    for holds in ("b_holds", "z_holds"):
        post = Post(held, overload(name=holds, for_s=0, inhibits=("a_held",)))
        post.hold("ana", 95, 0)
        post.at(0)
        assert [one.rule for one in post.told if isinstance(one, ev.AlertFired)] == [holds]


def test_an_alert_says_what_was_watched_when_it_fired_and_what_it_is_now() -> None:
    lag = Rule(name="lag", kind="recorder_lag", fire=30, clear=5)
    news = Rule(name="news", kind="news", fire=1, clear=0, window_s=600)
    gone = Rule(name="gone", kind="queue", fire=5, clear=1)
    post = Post(overload(for_s=0, clear=0.3), lag, news)
    post.hold("ana", 100, 0)
    post.watch.signal("recorder_lag", 40, after(1))
    version = WeightsVersion(version=1, values=(35, 30, 20, 15))
    post.happen(ev.WeightsAdopted(id="w1", time=after(1), weights=version, by="Kim"))
    post.at(1)
    told = {alert.rule: alert for alert in post.open}
    assert set(told) == {"agent_overload", "lag", "news"}
    said = present(post.open, post.team, after(1))
    assert said[told["agent_overload"].id] == "was 100% when it fired, and still is"
    post.hold("ana", 60, 2)
    post.at(2)
    stranger = replace(told["lag"], id="x", rule=gone.name)
    assert present([*post.open, stranger], post.team, after(3)) == {
        told["agent_overload"].id: "was 100% when it fired, is 60% now",
        told["lag"].id: "was 40 s when it fired",  # a signal is in no team
    }
    assert present([], post.team, after(3)) == {}
