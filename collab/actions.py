"""What can be done about an alert, each with its effect in numbers before anybody presses a button (pure)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from collab.balance import Limits, Plan, balance, relieve
from collab.gates import Pacing
from collab.records import Presence
from collab.rules import Rule
from collab.team import Agent, Alert, Team

AT_ONCE = 1000
"""A person who asks for even loads is held to no cap per hour."""


class Action(Struct, frozen=True, kw_only=True):
    """Something that can be done at once, and undone: moves of leads, and an agent's presence.

    `effect` says in numbers what comes of it; `balanced`, that leads go so that loads are even (see `LeadOverridden`).
    """

    name: str
    effect: str
    plan: Plan = Plan()
    balanced: bool = False
    agent: str | None = None
    presence: Presence | None = None


def actions(alert: Alert, team: Team, time: datetime, pacing: Pacing | None = None) -> list[Action]:
    """What can be done about an open alert now; empty if nobody could take anything.

    Args:
        team: as it is now; its rules say what the alert is of.
        time: when it would be done.
        pacing: how soon agents are asked again, as the router has it.
    """
    rule = next((rule for rule in team.alerts.rules if rule.name == alert.rule), None)
    kind, agent = rule.kind if rule is not None else "", team.agents.get(alert.labels.get("agent", ""))
    if kind == "overload" and agent is not None and rule is not None:
        return _of_overload(team, agent, rule, time, pacing)
    if kind == "unreachable" and agent is not None:
        return _of_unreachable(team, agent, time, pacing)
    if kind in ("unfair", "team_overload"):
        plan = balance(team, time, Limits(start=0.0, stop=0.0, per_hour=AT_ONCE), pacing)
        return [evening(plan)] if plan.moves else []
    return []


def evening(plan: Plan) -> Action:
    """What carries out a plan of `balance` that has moves."""
    return Action(name="Even out the loads", effect=_evened(plan), plan=plan, balanced=True)


def _of_overload(team: Team, agent: Agent, rule: Rule, time: datetime, pacing: Pacing | None) -> list[Action]:
    """Give leads away until the rule is clear, and let nobody ask for more."""
    found = []
    plan = relieve(team, agent.id, time, max(rule.clear, 0.01), pacing)
    if plan.moves:
        found.append(Action(name=f"Give leads of {agent.name} to others", effect=_relieved(plan, agent), plan=plan))
    if agent.presence == Presence.available and not agent.left:
        said = f"{agent.name} keeps all {agent.active} leads and counts as less ready, so new ones go to others first."
        found.append(Action(name=f"Set {agent.name} busy", effect=said, agent=agent.id, presence=Presence.busy))
    return found


def _of_unreachable(team: Team, agent: Agent, time: datetime, pacing: Pacing | None) -> list[Action]:
    """Give all leads away that can go."""
    plan = relieve(team, agent.id, time, 0.0, pacing)
    if not plan.moves:
        return []
    return [Action(name=f"Give all leads of {agent.name} to others", effect=_relieved(plan, agent), plan=plan)]


def _relieved(plan: Plan, agent: Agent) -> str:
    before, after = plan.loads[agent.id]
    stay = agent.active - len(plan.moves)
    staying = f" {_leads(stay)} stay." if stay else ""
    gone = f"{_leads(len(plan.moves))} of {agent.active} go; {agent.name} {before:.0%} → {after:.0%}."
    return f"{gone} {_jain(plan)}{staying}"


def _evened(plan: Plan) -> str:
    before, after = (max(load[at] for load in plan.loads.values()) for at in (0, 1))
    gone = f"{_leads(len(plan.moves))} move; the busiest of those who give or take {before:.0%} → {after:.0%}."
    return f"{gone} {_jain(plan)}"


def _leads(n: int) -> str:
    return "1 lead" if n == 1 else f"{n} leads"


def _jain(plan: Plan) -> str:
    if plan.before is None or plan.after is None:
        return "Nobody else is at work."
    return f"Balance (Jain) {plan.before:.2f} → {plan.after:.2f}."
