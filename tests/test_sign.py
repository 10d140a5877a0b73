"""The sign above the tabs: the alert that asks for somebody, and how many more do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from strategies import NOON

from collab.alerts import Rank
from collab.rules import Severity
from collab.team import Alert, State
from collab.views.sign import asks, words


def ranked(**changes: object) -> Rank:
    """Ana's overload, which fires."""
    alert = Alert(
        id="a", rule="full", labels={"agent": "ana"}, severity=Severity.high, state=State.firing,
        summary="ana is at 90%", began=NOON,
    )  # fmt: skip
    return Rank(replace(alert, **changes), 1.0, 1.0, 1.0, 1.0, 1.0, "")


def test_it_names_the_first_and_counts_the_others() -> None:
    first = ranked()
    assert words([], {}) == ""
    assert words([first], {"ana": "Ana Ruiz"}).startswith("**Ana Ruiz is at 90%.** The Alerts tab")
    assert "And 2 more." in words([first, first, first], {})


@pytest.mark.parametrize(
    "changes", [{"state": State.acknowledged}, {"severity": Severity.info}, {"severity": Severity.low}]
)
def test_what_somebody_has_and_news_ask_nobody(changes: dict[str, object]) -> None:
    assert asks(ranked())
    assert not asks(ranked(**changes))
