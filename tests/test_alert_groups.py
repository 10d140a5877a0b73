"""Who is told what first: groups of one cause, ranks that are explained, and a critical alert that nothing hides."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from alerted import Post, overload
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON, after

from collab import events as ev
from collab.alerts import acknowledge, groups, rank, ranked
from collab.records import Lead
from collab.rules import Rule, Severity
from collab.team import Alert, State, Tally, Team

MANY = 1_000


def crowd(*rules: Rule) -> Post:
    return Post(*rules, agents=[f"a{number:04}" for number in range(MANY)], capacity=1)


def test_a_thousand_conditions_at_once_are_one_group_and_one_notice_with_the_critical_one_on_top() -> None:
    team_full = Rule(name="full", kind="team_overload", fire=0.9, clear=0.5, severity=Severity.critical, group=())
    post = crowd(overload(for_s=0, group=()), team_full)
    for number in range(MANY):
        post.hold(f"a{number:04}", 1, 0)
    post.at(0)
    assert len(post.open) == MANY + 1
    (group,) = groups(post.team)
    assert len(group.ranks) == MANY + 1
    assert group.top.rule == "full"
    assert group.severity == Severity.critical
    assert group.summary == "The team is at 100% of its capacity (and 1000 more)"


def test_a_fault_that_is_known_leaves_one_notice_of_a_thousand() -> None:
    lost = Rule(
        name="lost", kind="redis_lost", fire=2, clear=0, severity=Severity.critical, inhibits=("agent_overload",)
    )
    post = crowd(overload(for_s=0), lost)
    post.watch.signal("redis_lost", 5, NOON)
    post.at(0)
    for number in range(MANY):
        post.hold(f"a{number:04}", 1, 1)
    post.at(1)
    assert [(group.top.rule, len(group.ranks)) for group in groups(post.team)] == [("lost", 1)]
    assert {alert.state for alert in post.open if alert.rule == "agent_overload"} == {State.pending}
    post.watch.signal("redis_lost", 0, after(2))
    post.at(2)
    assert [(group.top.rule, len(group.ranks)) for group in groups(post.team)] == [("agent_overload", MANY)]


def test_alerts_are_grouped_by_the_labels_that_their_rules_name() -> None:
    by_agent = overload(for_s=0, group=("agent",))
    other = overload(name="full", fire=1.0, clear=0.8, for_s=0, group=("agent",))
    post = Post(by_agent, other, capacity=2)
    for agent in ("ana", "bo"):
        post.hold(agent, 2, 0)
    post.at(0)
    found = {group.key: sorted(rank.alert.rule for rank in group.ranks) for group in groups(post.team)}
    both = ["agent_overload", "full"]
    assert found == {(("agent", "ana"),): both, (("agent", "bo"),): both}


def test_what_somebody_has_or_is_only_info_is_in_no_group() -> None:
    post = Post(overload(for_s=0), overload(name="fyi", for_s=0, severity=Severity.info))
    post.hold("ana", 95, 0)
    post.at(0)
    assert [group.top.rule for group in groups(post.team)] == ["agent_overload"]
    alert = next(alert for alert in post.open if alert.rule == "agent_overload")
    answer = acknowledge(post.team.alerts, alert.id, id="ack", time=after(1), by="Kim", until=after(60))
    assert answer.event is not None
    post.happen(answer.event)
    assert groups(post.team) == []


def alert(id: str, severity: Severity = Severity.medium, **more: object) -> Alert:
    fields = {"id": id, "rule": "r", "labels": {}, "severity": severity, "state": State.firing, "began": NOON}
    return Alert(**fields | more)


def test_a_critical_alert_is_on_top_of_two_hundred_new_ones_however_often_it_was_ignored() -> None:
    team = Team()
    critical = alert("c", Severity.critical, rule="often")
    team.alerts.tally["often"] = Tally(fired=500, acted=0)
    team.alerts.ended = [alert(f"e{number}", rule="often") for number in range(200)]
    crowd = [alert(f"n{number:03}", Severity.high, labels={"lead": str(number)}) for number in range(200)]
    first = ranked([*crowd, critical], team)[0]
    assert first.alert is critical
    assert first.why == "critical; touches 0 leads; 200 times before; somebody acted on 0 of 500 of this rule"
    team.alerts.ended = team.alerts.ended[:1]
    assert "; once before; " in ranked([critical], team)[0].why


def test_each_part_of_a_rank_counts_as_its_words_say() -> None:
    post = Post(overload())
    post.hold("ana", 3, 0)
    known, team = alert("a", labels={"agent": "ana"}), post.team
    found = rank(known, team)
    assert (found.severity, found.impact, found.novelty, found.acted) == (2.0, 3.0, 1.0, 0.5)
    assert found.score == pytest.approx(3.0)
    assert found.why == "medium; touches 3 leads; new; the first of this rule"
    team.alerts.ended = [alert("b", labels={"agent": "ana"}, state=State.resolved)]
    team.alerts.tally["r"] = Tally(fired=8, acted=8)
    again = rank(known, team)
    assert (again.novelty, again.acted) == (0.5, 0.9)
    assert ranked([known], team) == [again]
    assert rank(alert("l", labels={"lead": "l1"}), team).impact == 2.0
    post.happen(ev.LeadArrived(id="w", time=NOON, lead=Lead(id="w", name="Zoe")))
    kinds = {"queue": "1 lead", "team_overload": "3 leads", "unfair": "3 leads", "redis_lost": "4 leads"}
    edges = {"queue": (2, 1), "unfair": (0.5, 0.6)}
    team.alerts.rules = tuple(
        Rule(name=kind, kind=kind, fire=fire, clear=clear)
        for kind in kinds
        for fire, clear in [edges.get(kind, (0.9, 0.5))]
    )
    assert {kind: rank(alert("k", rule=kind), team).why.split("; ")[1] for kind in kinds} == {
        kind: f"touches {leads}" for kind, leads in kinds.items()
    }


def test_of_many_open_alerts_of_a_rule_only_one_is_called_its_first() -> None:
    post = Post(overload(for_s=0))
    post.hold("bo", 90, 0)
    post.at(1)
    post.hold("ana", 95, 2)
    post.at(3)
    (ana, bo) = ranked(post.open, post.team)
    assert (ana.alert.labels, bo.alert.labels) == ({"agent": "ana"}, {"agent": "bo"})
    assert ana.why == "medium; touches 95 leads; new; none of this rule is over yet"
    assert bo.why == "medium; touches 90 leads; new; the first of this rule"
    assert rank(ana.alert, post.team) == ana
    (group,) = groups(post.team)
    assert [one.why for one in group.ranks] == [ana.why, bo.why]


severities, states = st.sampled_from(Severity), st.sampled_from((State.firing, State.acknowledged))
alerts = st.lists(st.tuples(severities, states, st.sampled_from("xyz")), max_size=12)


@settings(max_examples=60)
@given(alerts, st.randoms(use_true_random=False))
def test_no_critical_alert_is_behind_another_however_they_came(some: list, chance: Random) -> None:
    known = [
        alert(f"{number}", severity, state=state, rule=rule) for number, (severity, state, rule) in enumerate(some)
    ]
    order = ranked(known, Team())
    shuffled = list(known)
    chance.shuffle(shuffled)
    assert ranked(shuffled, Team()) == order
    grave = [one.alert.severity == Severity.critical for one in order]
    assert grave == sorted(grave, reverse=True)
    for before, after_it in itertools.pairwise(order):
        same = (before.alert.severity == Severity.critical) == (after_it.alert.severity == Severity.critical)
        if same and before.alert.state == after_it.alert.state:
            assert before.score >= after_it.score
