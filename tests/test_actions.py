"""What can be done about an alert: its effect told before, done at a desk, and undone."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from desks import at_desk, hire, lead
from strategies import NOON, changed
from test_balance import crowded
from test_routing import agent, team_of

from collab import events as ev
from collab.actions import actions
from collab.claims import claim
from collab.records import Presence
from collab.rules import KINDS, Rule, Severity
from collab.team import Alert, Team


def of(team: Team, kind: str, **rule: Any) -> list[tuple[str, str]]:
    """Name and effect of what can be done about an alert of this kind on ana, or on the team."""
    fields: dict[str, Any] = {"name": "r", "kind": kind, "fire": 0.9, "clear": 0.5} | rule
    team.alerts.rules = (Rule(**fields),)
    labels = {"agent": "ana"} if "agent" in KINDS[kind].labels else {}
    alert = Alert(id="a", rule="r", labels=labels, severity=Severity.high, began=NOON)
    return [(action.name, action.effect) for action in actions(alert, team, NOON)]


def test_who_has_too_much_gives_leads_to_others_or_is_set_busy() -> None:
    assert of(crowded(), "overload") == [
        (
            "Give leads of Ana to others",
            "3 leads of 5 go; Ana 100% → 40%. Balance (Jain) 0.33 → 0.93. 2 leads stay.",
        ),
        ("Set Ana busy", "Ana keeps all 5 leads and counts as less ready, so new ones go to others first."),
    ]
    busy = changed(crowded(responded=True), "ana", presence=Presence.busy)
    assert of(busy, "overload") == []


def test_who_is_gone_gives_all_that_can_go() -> None:
    gone = changed(crowded(), "ana", presence=Presence.offline)
    ((name, effect),) = of(gone, "unreachable", fire=120.0, clear=0.0)
    assert name == "Give all leads of Ana to others"
    assert effect.startswith("5 leads of 5 go; Ana 100% → 0%. Balance (Jain) 1.00 → 0.9")
    assert of(changed(gone, "bo", capacity=0), "unreachable", fire=120.0, clear=0.0) != []
    alone = team_of(agent("ana", presence=Presence.offline))
    assert of(alone, "unreachable", fire=120.0, clear=0.0) == []


@pytest.mark.parametrize("kind, fire, clear", [("unfair", 0.6, 0.8), ("team_overload", 0.9, 0.8)])
def test_a_team_s_loads_are_evened_out(kind: str, fire: float, clear: float) -> None:
    ((name, effect),) = of(crowded(), kind, fire=fire, clear=clear)
    assert name == "Even out the loads"
    assert effect == "3 leads move; the busiest of those who give or take 100% → 40%. Balance (Jain) 0.33 → 0.93."


def test_nothing_can_be_done_here_about_a_queue_or_a_rule_that_is_gone() -> None:
    assert of(crowded(), "queue", fire=5.0, clear=2.0) == []
    alert = Alert(id="a", rule="gone", labels={"agent": "ana"}, severity=Severity.high, began=NOON)
    assert actions(alert, crowded(), NOON) == []


def test_what_is_done_at_a_desk_has_the_effect_that_was_told_and_is_undone() -> None:
    async def run() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await hire(desk, "ana", capacity=4)
            for i in range(4):
                await desk.route_lead(lead(f"l{i}"))
            await hire(desk, "bo", capacity=4)
            rule = Rule(name="full", kind="overload", fire=0.9, clear=0.5)
            await desk.adopt_rules([rule], by="Kim")
            head: dict[str, Any] = {"alert": "a-1", "rule": "full", "labels": {"agent": "ana"}}
            began = ev.AlertBegan(id="x", time=NOON, severity=Severity.high, value=1.0, cause="c", **head)
            assert (await desk._follower.commit([claim(began)])).refused is None
            give, busy = await desk.actions("a-1")
            done = await desk.act(give, by="Kim", reason="alert a-1")
            assert desk.team.agents["ana"].utilization == give.plan.loads["ana"][1] == 0.5
            marked = await desk.act(busy, by="Kim", reason="alert a-1")
            assert desk.team.agents["ana"].presence == Presence.busy
            assert (await desk.undo(marked, by="Kim")).presence == Presence.available
            assert len((await desk.undo(done, by="Kim")).leads) == 2
            assert await desk.actions("never") == []

    asyncio.run(run())
