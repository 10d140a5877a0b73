"""What can be done about an alert: its effect told before, done at a desk, and undone."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from desks import assert_consistent, at_desk, hire, lead, log
from msgspec.structs import replace
from strategies import NOON, changed
from test_balance import crowded
from test_routing import agent, team_of

from collab import events as ev
from collab.actions import Action, actions
from collab.claims import claim
from collab.desk import TooLate
from collab.records import Lead, Presence
from collab.rules import KINDS, Rule, Severity
from collab.team import Alert, OpenLead, Team


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
        (
            "Set Ana busy",
            "Ana keeps all 5 leads and counts as 60% ready instead of 100%, so new ones go to others first.",
        ),
        (
            "Set Ana away",
            "Ana keeps all 5 leads and counts as 20% ready instead of 100%, so new ones go to others first.",
        ),
    ]
    busy = changed(crowded(responded=True), "ana", presence=Presence.busy)
    assert [name for name, _ in of(busy, "overload")] == ["Set Ana away"]
    assert of(changed(busy, "ana", presence=Presence.away), "overload") == []


def test_who_is_off_shift_is_asked_for_nothing_and_set_to_nothing() -> None:
    assert [name for name, _ in of(changed(crowded(), "ana", on_shift=False), "overload")] == []


def test_who_is_gone_gives_all_that_can_go() -> None:
    gone = changed(crowded(), "ana", presence=Presence.offline)
    ((name, effect),) = of(gone, "unreachable", fire=120.0, clear=0.0)
    assert name == "Give all leads of Ana to others"
    assert effect.startswith("5 leads of 5 go; Ana 100% → 0%. Balance (Jain) 1.00 → 0.9")
    assert of(changed(gone, "bo", capacity=0), "unreachable", fire=120.0, clear=0.0) != []
    alone = team_of(agent("ana", presence=Presence.offline))
    assert of(alone, "unreachable", fire=120.0, clear=0.0) == []


def test_who_is_gone_and_still_counts_as_there_is_set_offline_with_what_comes_of_it() -> None:
    there = changed(crowded(), "ana", presence=Presence.away, skills={"spanish": 1.0}, capacity=9)
    there.leads["w1"] = OpenLead(lead=Lead(id="w1", name="A customer", requires=("spanish",)), arrived=NOON)
    there.leads["ana-1"] = replace(there.leads["ana-1"], responded=True)
    _, (name, effect) = of(there, "unreachable", fire=120.0, clear=0.0)
    assert name == "Set Ana offline"
    assert effect == (
        "Ana is away and would get no lead any more. If Ana stays offline, 4 leads of 5 held go back to the queue, "
        "1 lead stays. 1 lead that waits could be taken by nobody else."
    )


def waiting(team: Team, **lead: Any) -> list[Action]:
    """What can be done about a lead that waits for this team."""
    team.leads["w1"] = OpenLead(lead=Lead(id="w1", name="A customer"), arrived=NOON, **lead)
    team.alerts.rules = (Rule(name="r", kind="waiting", fire=60.0, clear=0.0),)
    alert = Alert(id="a", rule="r", labels={"lead": "w1"}, severity=Severity.high, began=NOON)
    return actions(alert, team, NOON)


def test_a_lead_that_waits_is_given_to_who_has_room_though_the_router_does_not_ask_them() -> None:
    why, *gives = waiting(crowded(), declined={"bo": NOON, "cy": NOON})
    assert not why.does
    assert why.effect == "Nobody can take it now (2 declined, 1 at capacity); the lead waits."
    assert [(give.name, give.lead, give.to) for give in gives] == [
        ("Give it to Bo", "w1", "bo"),
        ("Give it to Cy", "w1", "cy"),
    ]
    assert gives[0].effect == (
        "Bo scores 0.695 and goes from 0% to 20% (1 lead of 5). The router does not ask Bo: declined. "
        "Nobody takes it back if it is not answered in time."
    )


def test_who_may_be_asked_stands_before_who_may_not() -> None:
    _, *gives = waiting(crowded(), declined={"bo": NOON})
    assert [give.to for give in gives] == ["cy", "bo"]


def test_a_lead_that_nobody_has_room_for_says_what_would_make_room() -> None:
    (why,) = waiting(team_of(agent("bo", presence=Presence.offline), agent("cy", capacity=0)))
    assert why.effect == (
        "Nobody can take it now (1 offline, 1 at capacity); the lead waits. "
        "Nobody has room for it: close a lead, raise a capacity, or have somebody come in."
    )
    assert not why.does


def test_of_a_lead_that_somebody_has_by_now_there_is_nothing_to_do() -> None:
    assert waiting(crowded(), holder="bo") == []


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
            give, busy, _away = await desk.actions("a-1")
            done = await desk.act(give, by="Kim", reason="alert a-1")
            assert desk.team.agents["ana"].utilization == give.plan.loads["ana"][1] == 0.5
            marked = await desk.act(busy, by="Kim", reason="alert a-1")
            assert desk.team.agents["ana"].presence == Presence.busy
            assert (await desk.undo(marked, by="Kim")).presence == Presence.available
            assert len((await desk.undo(done, by="Kim")).leads) == 2
            assert await desk.actions("never") == []

    asyncio.run(run())


def test_a_lead_that_waits_is_given_at_a_desk_and_waits_again_when_that_is_undone() -> None:
    async def run() -> None:
        async with at_desk(f"embedded://{uuid.uuid4().hex}") as desk:
            await hire(desk, "ana", capacity=1)
            await desk.route_lead(lead("l0"))
            await desk.decline("l0", "ana")
            await desk.adopt_rules([Rule(name="late", kind="waiting", fire=60.0, clear=0.0)], by="Kim")
            head: dict[str, Any] = {"alert": "a-1", "rule": "late", "labels": {"lead": "l0"}}
            began = ev.AlertBegan(id="x", time=NOON, severity=Severity.high, value=60.0, cause="c", **head)
            assert (await desk._follower.commit([claim(began)])).refused is None
            _why, give = await desk.actions("a-1")
            done = await desk.act(give, by="Kim", reason="alert a-1")
            state = desk.team.leads["l0"]
            assert (state.holder, state.overridden) == ("ana", True)
            with pytest.raises(TooLate, match="lead A customer is with Ana by now; nothing was done"):
                await desk.act(give, by="Kim")
            assert (await desk.undo(done, by="Kim")).leads == ("l0",)
            assert desk.team.leads["l0"].holder is None
            assert (await desk.undo(done, by="Kim")).stays == ("lead A customer stays: it is waiting by now",)
            again = await desk.act(give, by="Kim")
            await desk.first_response("l0", "ana")
            assert (await desk.undo(again, by="Kim")).stays == ("lead A customer stays: Ana began with it",)
            assert_consistent(await log(desk))

    asyncio.run(run())
