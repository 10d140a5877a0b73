"""Which alerts other weights would have prevented: a planted team, what it cannot know, and runs told as events."""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import CancelledError
from functools import cache
from typing import Any

import closed_loop
import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace

from collab import events
from collab.alerts import backtest
from collab.history import History
from collab.office import seeded_history
from collab.rules import KINDS, Rule, Severity
from collab.rules.reading import default
from collab.team import Team
from collab.whatif import Prevented, WhatIf
from collab.whatif.answers import WHOLE_TEAM, Limits
from collab.whatif.observed import observed
from collab.whatif.retold import entries_of, roster_of_shifts
from collab.whatif.simulation import Simulation
from collab.whatif.watched import fired_in, span_of

LEADS = 450
LOGGED, EXPERTISE, AVAILABILITY = (10, 70, 10, 10), (0, 100, 0, 0), (100, 0, 0, 0)
RULES = {rule.name: rule for rule in default().rules}
OVERLOAD = replace(RULES["agent_overload"], inhibits=())


@cache
def asked() -> WhatIf:
    """The log of a team whose router sends most leads to whom knows most of them."""
    ways = closed_loop.Ways(load=0.4, agents=5)
    return WhatIf.from_frames(*closed_loop.frames(ways, closed_loop.run(ways, LOGGED, LEADS, 3)))


@cache
def spared() -> Prevented:
    """What the default rules would have said under weights by availability."""
    return asked().alerts(AVAILABILITY, RULES.values(), seeds=3, against=LOGGED)


def of(found: Prevented, rule: str) -> Any:
    """The row of a rule."""
    return found.frame().set_index("rule").loc[rule]


def test_weights_that_spread_the_leads_prevent_alerts_of_overload() -> None:
    row = of(spared(), "agent_overload")
    assert not row.refused
    assert row.recorded > 20
    assert abs(row.off) < 0.25
    assert row.difference < -0.5 * row.before
    assert row.difference < row.difference_high < 0
    assert row.minutes_difference_high < 0
    ways = closed_loop.Ways(load=0.4, agents=5)
    frames = closed_loop.frames(ways, closed_loop.run(ways, AVAILABILITY, LEADS, 3))  # the truth of it
    course = WhatIf.from_frames(*frames).course[0]
    truth = fired_in((OVERLOAD,), observed(course), roster_of_shifts(course), course, span_of(course))[0, 0]
    assert truth < row.recorded / 2
    assert row.after == pytest.approx(truth, abs=0.25 * row.recorded)


def test_the_same_weights_prevent_exactly_nothing() -> None:
    found = asked().alerts(LOGGED, RULES.values(), seeds=2, against=LOGGED).frame()
    known = found[~found["refused"]]
    assert len(known) >= 3
    zeros = known[[name for name in found if "difference" in name]]
    assert (zeros == 0).all(axis=None)


def test_rules_that_a_simulation_cannot_know_are_listed_with_the_reason() -> None:
    rules = [
        Rule(
            name=name,
            kind=name,
            fire=kind.least if kind.falls else kind.most,
            clear=kind.most if kind.falls else 0.0,
            window_s=60.0 * (kind.source == "window"),
        )
        for name, kind in KINDS.items()
    ]
    found = asked().alerts(AVAILABILITY, [*rules, replace(OVERLOAD, on=False)], seeds=2, against=LOGGED).frame()
    reasons = found.set_index("rule")["reason"]
    unknown = set(reasons[reasons.str.startswith("cannot know")].index)
    signals = {name for name, kind in KINDS.items() if kind.source == "signal"}
    assert unknown == signals | {"unreachable", "conversion_drift", "news", "agent_overload"}
    assert reasons["agent_overload"] == "cannot know: it is off"
    assert set(found["question"]) == {WHOLE_TEAM}
    assert found[found["refused"]]["difference"].isna().all()


def test_what_holds_back_others_and_is_not_simulated_is_said() -> None:
    said = "agent_unreachable is not simulated, so here it holds back nothing of agent_overload, in the record neither"
    assert said in spared().notes


def test_a_check_that_is_far_off_a_load_that_is_too_high_and_too_few_leads_cannot_tell() -> None:
    def said(limits: Limits) -> str:
        found = asked().alerts(AVAILABILITY, [OVERLOAD], seeds=2, against=LOGGED, limits=limits)
        return str(of(found, OVERLOAD.name).reason)

    assert "the team would be loaded to" in said(Limits(utilization=0.1))
    assert f"{LEADS} leads have a known answer and end (at least 5,000)" in said(Limits(leads=5000))
    found = asked().alerts(LOGGED, [OVERLOAD], seeds=2, against=AVAILABILITY)  # which the log does not have
    reason = of(found, OVERLOAD.name).reason
    assert re.match(
        r"cannot tell: \d+ alerts were recorded and [\d.]+ are simulated under the weights compared", reason
    )


def test_a_run_told_as_events_is_a_team_that_keeps_every_lead_and_passes_no_capacity() -> None:
    course = asked().course[0]
    run = Simulation(asked()._fit.whole, 1).run(LOGGED)
    team, closed = Team(), 0
    for entry in entries_of(course, run, roster_of_shifts(course)):
        held = sum(agent.active for agent in team.agents.values())
        assert team.apply(entry)
        ended = isinstance(entry.event, events.LeadClosed)
        assert sum(agent.active for agent in team.agents.values()) >= held - ended
        assert all(agent.active <= agent.capacity for agent in team.agents.values())
        closed += ended
    assert closed == len(course) == sum(agent.closed for agent in team.agents.values())
    assert sum(agent.responses for agent in team.agents.values()) == len(course)
    counts = np.bincount(run.agent, minlength=len(course.agents))
    assert [team.agents[agent].closed for agent in course.agents] == counts.tolist()
    assert team.leads == {}


def test_only_the_newest_whole_days_are_looked_at() -> None:
    course = dataclasses.replace(asked().course[0], arrival_s=6 * asked().course[0].arrival_s)  # five days
    whole, part = span_of(course, 10**6), span_of(course, 300)
    assert (whole.begin_s, whole.days) == (course.arrival_s[0], whole.of)
    assert 1 <= part.days < part.of
    assert np.count_nonzero(course.arrival_s >= part.begin_s) <= 300 or part.days == 1
    assert (course.origin + part.begin_s) % 86_400 == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    "rules,error,said",
    [
        ([], ValueError, "rules is empty; give one or more"),
        (["agent_overload"], TypeError, "rules has 'agent_overload', which is no rule; give collab.rules.Rule"),
        ([OVERLOAD, OVERLOAD], ValueError, "name is 'agent_overload', which another rule has; give each its own"),
    ],
)
def test_wrong_rules_are_refused_with_the_value_and_the_fix(rules: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        asked().alerts(AVAILABILITY, rules, against=LOGGED)


def test_it_tells_how_far_it_is_and_stops_when_it_is_told_to() -> None:
    heard: list[tuple[int, int]] = []
    asked().alerts(
        AVAILABILITY, [OVERLOAD], seeds=2, against=LOGGED, progress=lambda done, all: heard.append((done, all))
    )
    assert heard[-1] == (2, 2)
    with pytest.raises(CancelledError):
        asked().alerts(AVAILABILITY, [OVERLOAD], against=LOGGED, seeds=20, cancelled=lambda: True)


def test_its_card_has_every_rule_its_difference_or_the_reason_and_what_it_rests_on() -> None:
    card, said = spared()._repr_html_(), repr(spared())
    for rule in RULES:
        assert rule in card
        assert rule in said
    assert WHOLE_TEAM in card
    assert "cannot know: " in card
    assert "means over 3 seeds" in card


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A day of the seeded team."""
    return seeded_history(str(tmp_path_factory.mktemp("history")), days=1)


def test_what_was_recorded_is_what_a_backtest_over_the_history_says(history: History) -> None:
    what_if = WhatIf(history)
    rule = replace(RULES["lead_waiting"], severity=Severity.low)
    row = of(what_if.alerts(LOGGED, [rule], seeds=2, limits=Limits(leads=10)), "lead_waiting")
    alerts = backtest([rule], history.each_event()).alerts
    last = history.sql("SELECT max(time) AS time FROM arrivals")["time"][0]
    assert row.recorded == (alerts["fired"] <= pd.Timestamp(last).tz_convert("UTC")).sum() > 0
    assert row.severity == "low"


def test_a_record_of_other_weights_is_said_to_be_one(history: History) -> None:
    what_if = WhatIf(history)
    limits = Limits(leads=10_000)  # nothing is simulated
    n = len(what_if.course[0])
    said = f"{n:,} of {n:,} leads came while other weights than those compared with were in force"
    assert any(note.startswith(said) for note in what_if.alerts(LOGGED, against=EXPERTISE, limits=limits).notes)
    assert not any("came while" in note for note in what_if.alerts(LOGGED, limits=limits).notes)


def test_a_history_is_asked_of_the_rules_in_force_and_of_who_was_really_there(history: History) -> None:
    what_if = WhatIf(history)
    found = what_if.alerts(EXPERTISE, seeds=2, limits=Limits(leads=10))
    assert set(found.frame()["rule"]) == {rule.name for rule in history.team().alerts.rules}
    course, roster = what_if.course[0], what_if._roster_told
    told = entries_of(course, observed(course), roster)
    presences = [one.event for one in told if isinstance(one.event, events.PresenceChanged)]
    assert len(presences) == len(history.sql("SELECT 1 FROM events WHERE event = 'presence_changed'"))
