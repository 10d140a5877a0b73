"""Rules in a view, without a browser: their words, a change, what it would have meant, and its adoption."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from alerted import Post, overload
from desks import SOON_S, hire
from msgspec.structs import fields, replace
from offices import Open, at, do, unwatched
from strategies import NOON, after

from collab.alerts.contrast import contrast
from collab.history import History
from collab.office import Office
from collab.records import Presence
from collab.rules import KINDS, Hours, Rule, Severity
from collab.rules.reading import default, read
from collab.rules.words import words
from collab.views.board import Board
from collab.views.rule_rows import compared
from collab.views.rules import (
    DEFAULTS,
    INVITATION,
    MEANWHILE,
    NO_EVENTS,
    NO_RULES,
    OTHERS,
    READS,
    SAME,
    SIGNAL,
    RulesView,
)

DOCS = Path(__file__).parent.parent / "docs" / "alerts.md"
BY_NAME = {rule.name: rule for rule in default().rules}


def saw_tooth() -> Post:
    """Ana's load goes up and down for half an hour; bo's stays below."""
    post = Post()
    for second, leads in ((0, 85), (300, 95), (600, 50), (900, 95), (930, 50), (1200, 95), (1800, 95)):
        post.hold("ana", leads, second)
    post.be("bo", Presence.available, 2000)
    return post


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with one agent, recorded."""
    folder = tmp_path_factory.mktemp("rules")
    office = unwatched(Office(f"embedded://{uuid.uuid4().hex}", str(folder)).start())
    do(office, hire(at(office), "ana"))
    do(office, office.recorder.flush())
    yield office
    office.stop()


def test_a_changed_rule_is_told_beside_the_one_in_force() -> None:
    entries = saw_tooth().ledger.entries
    found = contrast([overload()], overload(fire=0.8, clear=0.6, for_s=0, group=()), entries)
    assert found.rules["fired"].to_dict() == {"before": 2, "after": 3}
    assert found.rules["rule"].tolist() == ["agent_overload"] * 2
    assert found.rules.loc["before", "pending_only"] == 1
    # in force: 95 % from 300 s on, a minute later; the changed one told of the same load at 0 s
    assert found.before["fired"].tolist() == [pd.Timestamp(after(360)), pd.Timestamp(after(1260))]
    assert found.earlier.to_dict() == {0: 360.0, 1: 60.0}
    assert (found.starts, found.ends) == (NOON, after(2000))
    said = compared(found)
    assert "Over 33.3 min the rule as changed would have fired 3 times, for" in said  # no rate of half an hour
    assert "a day)" not in said
    assert "It would have told of 2 of the 2 sooner, half of these by 3.5 min or more." in said


def test_a_rule_that_is_higher_tells_later_and_of_less() -> None:
    entries = saw_tooth().ledger.entries
    found = contrast([overload()], overload(for_s=900), entries)
    assert found.rules["fired"].to_dict() == {"before": 2, "after": 0}
    assert found.earlier.empty
    assert "told of none of the 2 sooner; of 2 it would not have told by then" in compared(found)


def test_rules_that_are_off_never_fire_and_those_that_hold_back_do_so_to_both() -> None:
    post = saw_tooth()
    found = contrast([overload(on=False)], overload(on=True), post.ledger.entries)
    assert found.rules["fired"].to_dict() == {"before": 0, "after": 2}
    assert "no alert of the rule in force" in compared(found)
    holds = overload(name="holds", fire=0.5, clear=0.1, for_s=0, inhibits=("agent_overload",))
    held = contrast([overload(), holds], overload(fire=0.85), post.ledger.entries)
    assert held.rules["fired"].to_dict() == {"before": 0, "after": 0}
    over = replace(holds, name="over", fire=0.3, inhibits=("holds",))
    free = contrast([overload(), holds, over], overload(fire=0.85), post.ledger.entries)
    assert free.rules["fired"].min() >= 1  # what holds back is held back itself


def test_what_is_in_no_history_or_no_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="changed is 'agent_overload', which is no rule; the rules are redis_lost"):
        contrast([BY_NAME["redis_lost"]], overload(), [])
    with pytest.raises(ValueError, match="rule redis_lost is of kind redis_lost, which comes from the processes"):
        contrast(default().rules, BY_NAME["redis_lost"], [])


@pytest.mark.parametrize(
    "rule, said",
    [
        (
            overload(),
            "Fires at 90% or more for 1 min; ends at 79% or less. The value: active leads over capacity",
        ),
        (
            BY_NAME["unfair_distribution"],
            "Fires at 0.6 or less for 10 min; ends at 0.75 or more for 5 min.",
        ),
        (BY_NAME["slow_response"], "in a window of 30 min; with 5 first responses in the window at least."),
        (BY_NAME["agent_unreachable"], "Fires at 120 s or more; ends at 0 s or less."),
        (BY_NAME["agent_unreachable"], "It holds back agent_overload."),
        (overload(fire=0.925, for_s=90), "Fires at 92.5% or more for 90 s;"),
        (overload(hours=Hours(days=("mon",), opens="09:00", closes="12:00")), "; mon 09:00 to 12:00 UTC."),
    ],
)
def test_a_rule_is_said_in_words(rule: Rule, said: str) -> None:
    assert said in words(rule)


def test_a_change_is_backtested_over_a_history_and_forgotten_when_a_field_moves(office: Office) -> None:
    view = RulesView(office.history, rules=[overload(fire=2.0, clear=0.5, for_s=0), *default().rules[1:]])
    assert INVITATION in view.words.object
    assert not view._adoption.visible
    view.backtest()
    view.wait(SOON_S)
    assert view.found.rules["fired"].to_dict() == {"before": 0, "after": 0}
    assert view.plot.visible
    assert "would have fired 0 times" in view.words.object
    view.for_s = 30.0
    assert view.found is None
    assert INVITATION in view.words.object
    assert "or more for 30 s" in view._says.object
    view.backtest()
    view.for_s = 60.0  # before it is done: what it finds is not of these fields
    view.wait(SOON_S)
    assert view.found is None


def test_the_bars_go_from_firing_to_the_end() -> None:
    entries = saw_tooth().ledger.entries
    found = contrast([overload()], overload(fire=0.8, clear=0.6, for_s=0), entries)
    view = RulesView(History("nowhere", "main"), rules=[overload()])
    view._take(found)
    bars = view.bars.source.data
    assert bars["which"] == ["in force"] * 2 + ["as changed"] * 3
    assert bars["start"][0] == pd.Timestamp(after(360)).tz_localize(None)
    assert bars["end"][-1] == pd.Timestamp(after(2000)).tz_localize(None)  # open at the end
    assert bars["said"][0] == "ana is at 95% of capacity"
    assert len(set(bars["fill"])) == 2


def test_wrong_fields_are_refused_in_words_and_nothing_can_be_pressed(office: Office) -> None:
    view = RulesView(board=Board(office), rules=None)
    assert DEFAULTS not in view._list.object
    view.version = 0
    view.fire = 0.5
    assert DEFAULTS in view._list.object
    assert "Ends at is 0.79; give a value below Fires at, which is 0.5" in view.said.object.replace("\\", "")
    assert view.adopts.disabled
    assert not view.progress._layout.visible
    view.fire = None
    assert "Fires at is empty; give a number" in view.said.object
    view.chosen = "redis_lost"
    assert not view.said.visible
    assert SIGNAL in view._says.object
    assert not view.progress._layout.visible
    assert not view.adopts.disabled


def test_an_empty_history_says_what_is_lacking(tmp_path: Path) -> None:
    view = RulesView(History(str(tmp_path), "main"))
    view.backtest()
    view.wait(SOON_S)
    assert NO_EVENTS in view.words.object
    with pytest.raises(TypeError, match=r"give one, e\.g\. RulesView\(history\)"):
        RulesView()


def test_a_history_alone_shows_the_rules_that_its_team_adopted(open_office: Open) -> None:
    office = unwatched(open_office(rules=None))
    do(office, at(office).adopt_rules([overload(fire=0.5, clear=0.3)], by="Kim", reason="earlier"))
    office.stop()  # records what is left
    view = RulesView(History(office.history_url, office.tenant))
    assert [(rule.name, rule.fire) for rule in view.rules] == [("agent_overload", 0.5)]
    assert (view.chosen, view.fire) == ("agent_overload", 0.5)


def test_a_number_field_writes_nothing_where_it_is_empty(tmp_path: Path) -> None:
    view = RulesView(History(tmp_path, "main"))
    assert view._numbers
    for field in view._numbers:
        first, second = (field.get_root().data.format for _ in range(2))
        assert 'null ? ""' in first.code
        assert first is not second  # a model is of one document only


def test_a_change_is_adopted_by_a_person_for_a_reason_and_others_are_heard(open_office: Open) -> None:
    office = unwatched(open_office(rules=None))
    board = Board(office)
    board.paused = True  # pages hear of others' rules when they adopt their own, or later
    view, other = RulesView(board=board), RulesView(board=board, chosen="lead_waiting")

    def adopt(one: RulesView) -> str:
        office.call(one.adopt()).result(SOON_S)
        return one.said.object.replace("\\", "")

    assert other.chosen == "lead_waiting"
    assert "Your name is empty" in adopt(view)
    view.by = other.by = "Kim"
    assert "The reason is empty" in adopt(view)
    view.reason, view.fire, view.severity = "it tells too late", 0.85, "critical"
    assert "In force as version 2" in adopt(view)
    (first, *_) = rules = office.team.alerts.rules
    assert (first.fire, first.severity, len(rules)) == (0.85, Severity.critical, len(BY_NAME))
    assert "Fires at 85%" in view._list.object
    view.reason = "again"
    assert SAME in adopt(view)
    other.fire, other.reason = 600.0, "too many"
    assert OTHERS in adopt(other)  # what was typed stays
    office.duties.rules = "rules.yaml"
    assert "In force as version 3 of the rules. At its next start this process takes those of rules.yaml" in adopt(
        other
    )
    view._refresh()
    view.fire, view.reason, other.fire, other.reason = 0.86, "first", 601.0, "second"
    do(office, at(office).adopt_rules([replace(first, fire=0.95)], by="Ida"))
    assert MEANWHILE in adopt(view)
    assert view.fire == 0.95
    do(office, at(office).adopt_rules([], by="Ida"))
    view._refresh()
    assert NO_RULES in view._list.object
    assert view.adopts.disabled


def test_an_office_that_only_reads_adopts_nothing(open_office: Open) -> None:
    open_office()
    view = RulesView(board=Board(open_office()), by="Kim", reason="why")
    assert view.adopts.disabled
    view.board.office.call(view.adopt()).result(SOON_S)
    assert READS in view.said.object


def test_the_docs_tell_of_every_kind_and_field_and_their_rules_can_be_read() -> None:
    text = DOCS.read_text(encoding="utf-8")
    told = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert not {*KINDS, *(field.encode_name for field in fields(Rule))} - set(told)
    for kind in KINDS.values():
        assert ("downwards" in told[kind.name]) == kind.falls
        assert kind.unit in told[kind.name]
        assert f"{kind.most:,.0f}" in told[kind.name]
    assert [rule.name for rule in read(text.split("```yaml\n")[1].split("```")[0]).of("north")] == [
        "agent_overload",
        "agent_unreachable",
    ]
