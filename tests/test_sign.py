"""The sign above the tabs: the alert that asks for somebody, and how many more do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from strategies import NOON

from collab.alerts import Rank
from collab.events import SilenceStarted
from collab.rules import Severity
from collab.team import Alert, State
from collab.views.frame import Frame
from collab.views.sign import alerting, asks


def ranked(**changes: object) -> Rank:
    """Ana's overload, which fires."""
    alert = Alert(
        id="a", rule="full", labels={"agent": "ana"}, severity=Severity.high, state=State.firing,
        summary="ana is at 90%", began=NOON,
    )  # fmt: skip
    return Rank(replace(alert, **changes), 1.0, 1.0, 1.0, 1.0, 1.0, "")


def test_it_names_the_first_counts_the_others_and_is_red_for_a_critical_one() -> None:
    first = ranked()
    assert alerting(Frame()).object == ""
    said = alerting(Frame(alerts=(first,), names={"ana": "Ana Ruiz"}))
    assert said.object.startswith("**Ana Ruiz is at 90%.** The Alerts tab")
    assert said.severity == "warning"
    more = alerting(Frame(alerts=(ranked(severity=Severity.critical), first, ranked(state=State.acknowledged), first)))
    assert "And 2 more." in more.object
    assert more.severity == "error"


def test_it_says_the_value_of_now_where_that_has_changed_since_it_fired() -> None:
    first = ranked()
    moved = alerting(Frame(alerts=(first,), values={"a": "was 90% when it fired, is 70% now"}))
    assert moved.object.startswith("**ana is at 90%.** It was 90% when it fired, is 70% now. The Alerts tab")
    assert "It was" not in alerting(Frame(alerts=(first,), values={"a": "was 90% when it fired, and still is"})).object


def test_what_is_silenced_is_neither_named_nor_counted() -> None:
    quiet = SilenceStarted(
        id="s", time=NOON, labels={"agent": "ana"}, until=NOON + timedelta(hours=1), by="lea", why="known"
    )
    other = ranked(id="b", labels={"agent": "bo"}, summary="bo is at 95%")
    assert alerting(Frame(alerts=(ranked(),), silences=(quiet,))).object == ""
    said = alerting(Frame(alerts=(ranked(), other), silences=(quiet,))).object
    assert said.startswith("**bo is at 95%.**")
    assert "more" not in said


@pytest.mark.parametrize(
    "changes", [{"state": State.acknowledged}, {"severity": Severity.info}, {"severity": Severity.low}]
)
def test_what_somebody_has_and_news_ask_nobody(changes: dict[str, object]) -> None:
    assert asks(ranked())
    assert not asks(ranked(**changes))
