"""The steps of an alert: every state with every event, what a person may do, and races between desks."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON, Ledger, after, comparable

from collab import events as ev
from collab.alerts import acknowledge, give_back, resolve
from collab.events import Entry
from collab.rules import Severity
from collab.team import ENDED, NEXT, Alerts, State, Team, fold

ABOUT = {"alert": "a1", "rule": "r", "labels": {"agent": "ana"}}
GRAVE = {"severity": Severity.high, "value": 1.0}
STEPS: dict[type[ev.Event], dict] = {
    ev.AlertFired: {**GRAVE, "summary": "Look"},
    ev.AlertAcknowledged: {"by": "Kim", "until": after(600)},
    ev.AlertReturned: {},
    ev.AlertEased: {},
    ev.AlertResolved: {},
    ev.AlertDropped: {},
}
WAYS: dict[State, tuple[type[ev.Event], ...]] = {
    State.pending: (),
    State.firing: (ev.AlertFired,),
    State.acknowledged: (ev.AlertFired, ev.AlertAcknowledged),
    State.resolved: (ev.AlertFired, ev.AlertResolved),
    State.dropped: (ev.AlertDropped,),
}


def step(kind: type[ev.Event], id: str = "x", seconds: float = 1, **more: object) -> ev.AlertEvent:
    return kind(id=id, time=after(seconds), **ABOUT, **STEPS[kind] | more)


def began() -> ev.AlertBegan:
    return ev.AlertBegan(id="a1", time=NOON, **ABOUT, **GRAVE, cause="e1")


def in_state(state: State) -> Ledger:
    ledger = Ledger()
    for number, event in enumerate((began(), *map(step, WAYS[state]))):
        assert ledger.append(event if not number else step(type(event), f"s{number}")) is not None
    return ledger


def state_of(team: Team) -> State | None:
    alert = team.alerts.open.get("a1")
    return alert.state if alert else None


@pytest.mark.parametrize("state, kind", list(itertools.product(State, STEPS)), ids=str)
def test_every_event_in_every_state_does_what_the_table_says_and_claims_agree(
    state: State, kind: type[ev.Event]
) -> None:
    ledger = in_state(state)
    before = fold(ledger.entries)
    entry = ledger.append(step(kind))
    after_it = fold(ledger.entries)
    expected = NEXT.get((state, kind)) if not state.ended else None
    # The stream refuses what would change nothing, so the history holds no step that was none.
    assert (entry is not None) == (expected is not None)
    assert comparable(ledger.values) == comparable(after_it.values())
    if expected is None:
        assert after_it.alerts == before.alerts
        unguarded = fold([*ledger.entries, Entry(99, "main", step(kind))])
        assert unguarded.alerts == before.alerts
    elif expected.ended:
        assert state_of(after_it) is None
        assert (after_it.alerts.find("a1") is not None) == (expected == State.resolved)
    else:
        assert state_of(after_it) == expected


def test_the_table_speaks_of_every_step() -> None:
    assert {kind for _, kind in NEXT} == set(STEPS)
    assert all(not state.ended for state, _ in NEXT)


def alerts(state: State) -> Alerts:
    return fold(in_state(state).entries).alerts


def ask(kind: str, of: Alerts, by: str = "Ida", seconds: float = 10) -> object:
    head = {"id": f"{kind}-{by}", "time": after(seconds), "by": by}
    if kind == "acknowledge":
        return acknowledge(of, "a1", **head, until=after(900))
    return (resolve if kind == "resolve" else give_back)(of, "a1", **head)


def test_a_late_acknowledgement_does_nothing_and_says_so() -> None:
    answer = ask("acknowledge", alerts(State.resolved))
    assert answer.event is None
    assert answer.said == "nothing to acknowledge: it was over at 2026-01-05 12:00:01 UTC (it ended)"
    assert ask("resolve", alerts(State.resolved)).event is None
    assert ask("give_back", alerts(State.resolved)).event is None


def test_a_person_cannot_resolve_while_the_condition_holds() -> None:
    for state in (State.firing, State.acknowledged):
        with pytest.raises(ValueError, match=r"cannot be resolved while its condition holds \(Look\); acknowledge it"):
            ask("resolve", alerts(state))
        ledger = in_state(state)
        assert ledger.append(step(ev.AlertResolved, by="Kim")) is None
        assert ledger.append(step(ev.AlertEased, "eased")) is not None
        answer = ask("resolve", fold(ledger.entries).alerts)
        assert ledger.append(answer.event) is not None
        assert fold(ledger.entries).alerts.ended[0].by == "Ida"


def test_a_condition_that_comes_true_again_cannot_be_resolved_again() -> None:
    ledger = in_state(State.firing)
    assert ledger.append(step(ev.AlertEased, "eased")) is not None
    assert ledger.append(step(ev.AlertEased, "again")) is None
    assert ledger.append(step(ev.AlertEased, "resumed", on=False)) is not None
    assert ledger.append(step(ev.AlertResolved, by="Kim")) is None


def test_of_two_desks_that_acknowledge_one_does_and_the_other_hears_who_has_it() -> None:
    ledger = in_state(State.firing)
    team = fold(ledger.entries)
    first, second = ask("acknowledge", team.alerts, "Ida"), ask("acknowledge", team.alerts, "Kim")
    assert ledger.append(first.event) is not None
    assert ledger.append(second.event) is None
    answer = ask("acknowledge", fold(ledger.entries).alerts, "Kim")
    assert answer == (None, "Ida has it until 2026-01-05 12:15:00 UTC; it can be given back before that")
    assert ledger.append(ask("give_back", fold(ledger.entries).alerts, "Kim").event) is not None
    assert state_of(fold(ledger.entries)) == State.firing


def test_who_acknowledges_while_the_alert_ends_changes_nothing() -> None:
    ledger = in_state(State.firing)
    late = ask("acknowledge", fold(ledger.entries).alerts)
    assert ledger.append(step(ev.AlertResolved)) is not None
    assert ledger.append(late.event) is None


def test_what_cannot_be_asked_is_refused_with_the_fix() -> None:
    with pytest.raises(ValueError, match="alert is 'a1', which nobody knows"):
        ask("acknowledge", Alerts())
    with pytest.raises(ValueError, match="a1 is pending; it can be acknowledged once it has fired"):
        ask("acknowledge", alerts(State.pending))
    with pytest.raises(ValueError, match="a1 is pending; it ends by itself"):
        ask("resolve", alerts(State.pending))
    with pytest.raises(ValueError, match="give a moment after now and within 7 days"):
        acknowledge(alerts(State.firing), "a1", id="x", time=NOON, by="Ida", until=NOON + timedelta(days=8))
    with pytest.raises(ValueError, match=r"labels is \{\}; name what is silenced"):
        ev.SilenceStarted(id="s", time=NOON, labels={}, until=after(1), by="Kim")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from((*STEPS, ev.AlertBegan)), st.sampled_from("ab"), st.booleans()), max_size=30))
def test_any_order_of_steps_leaves_the_stream_and_the_fold_agreed(steps: list) -> None:
    ledger = Ledger()
    for number, (kind, which, by_hand) in enumerate(steps):
        about = {
            "alert": f"{which}{number if kind is ev.AlertBegan else ''}",
            "rule": which,
            "labels": {"agent": "ana"},
        }
        known = [alert for alert in fold(ledger.entries).alerts.open.values() if alert.rule == which]
        assert len(known) < 2
        if kind is ev.AlertBegan:
            ledger.append(ev.AlertBegan(id=about["alert"], time=NOON, **about, **GRAVE, cause="e"))
        elif known:
            more = {"by": "Kim"} if kind is ev.AlertResolved and by_hand else {}
            more |= {"on": by_hand} if kind is ev.AlertEased else {}
            ledger.append(kind(id=f"s{number}", time=NOON, **about | {"alert": known[0].id}, **STEPS[kind] | more))
        assert comparable(ledger.values) == comparable(fold(ledger.entries).values())


def test_only_the_newest_alerts_that_ended_are_remembered_and_all_are_counted() -> None:
    known = Alerts()
    for number in range(ENDED + 5):
        about = {"alert": f"n{number}", "rule": "r", "labels": {}}
        known.apply(ev.AlertBegan(id=f"n{number}", time=NOON, **about, **GRAVE, cause="e"))
        for kind in (ev.AlertFired, ev.AlertAcknowledged, ev.AlertResolved)[:: 1 if number % 2 else 2]:
            known.apply(kind(id="x", time=NOON, **about, **STEPS[kind]))
    assert len(known.ended) == ENDED
    assert known.ended[-1].id == f"n{ENDED + 4}"
    assert (known.tally["r"].fired, known.tally["r"].acted) == (ENDED + 5, (ENDED + 5) // 2)


def test_a_snapshot_from_before_there_were_alerts_is_read() -> None:
    import msgspec

    plain = msgspec.msgpack.decode(fold(in_state(State.firing).entries).snapshot())
    del plain["alerts"]
    assert Team.restore(msgspec.msgpack.encode(plain)).alerts == Alerts()
    whole = fold(in_state(State.acknowledged).entries)
    assert Team.restore(whole.snapshot()) == whole
