"""What can be done about an alert, each with its effect in numbers before anybody presses a button (pure)."""

from __future__ import annotations

from datetime import datetime
from itertools import compress
from typing import Any

from msgspec import Struct

from collab.balance import Plan, Thresholds, balance, relieve
from collab.factors import READY, Sheet
from collab.gates import Pacing, gates_of, why_full
from collab.legible import isolated
from collab.reasons import labels, reasoning
from collab.records import Presence
from collab.routing import FULL_SCORE, decide
from collab.rules import Rule
from collab.team import Agent, Alert, OpenLead, Team

AT_ONCE = 1000
"""A person who asks for even loads is held to no cap per hour."""

TAKERS = 2
"""To so many agents, the best ones, a lead that waits can be given by hand."""


class Action(Struct, frozen=True, kw_only=True):
    """Something that can be done at once, and undone: moves of leads, an agent's presence, or a lead given by hand.

    `effect` says in numbers what comes of it; `balanced`, that leads go so that loads are even (see `LeadOverridden`).
    `lead` waits, and would be given to the agent `to`. One that does
    nothing only says how things stand.
    """

    name: str
    effect: str
    plan: Plan = Plan()
    balanced: bool = False
    agent: str | None = None
    presence: Presence | None = None
    lead: str | None = None
    to: str | None = None

    @property
    def does(self) -> bool:
        """Is there anything to do?"""
        return bool(self.plan.moves or self.agent or self.lead)


def actions(alert: Alert, team: Team, time: datetime, pacing: Pacing | None = None) -> list[Action]:
    """What can be done about an open alert now; empty if nobody could take anything.

    Args:
        team: as it is now; its rules say what the alert is of.
        time: when it would be done.
        pacing: how soon agents are asked again, as the router has it.
    """
    rule = next((rule for rule in team.alerts.rules if rule.name == alert.rule), None)
    kind, agent = rule.kind if rule is not None else "", team.agents.get(alert.labels.get("agent", ""))
    waits = team.leads.get(alert.labels.get("lead", ""))
    if kind == "waiting" and waits is not None and waits.holder is None:
        return _of_waiting(team, waits, time, pacing)
    if kind == "overload" and agent is not None and rule is not None:
        return _of_overload(team, agent, rule, time, pacing)
    if kind == "unreachable" and agent is not None:
        return _of_unreachable(team, agent, time, pacing)
    if kind in ("unfair", "team_overload"):
        plan = balance(team, time, Thresholds(start=0.0, stop=0.0, per_hour=AT_ONCE), pacing)
        return [evening(plan)] if plan.moves else []
    return []


def evening(plan: Plan) -> Action:
    """What carries out a plan of `balance` that has moves."""
    return Action(name="Even out the loads", effect=_evened(plan), plan=plan, balanced=True)


def _of_overload(team: Team, agent: Agent, rule: Rule, time: datetime, pacing: Pacing | None) -> list[Action]:
    """Give leads away until the rule is clear, and let who is on shift be asked for no more."""
    found = []
    plan = relieve(team, agent.id, time, max(rule.clear, 0.01), pacing)
    if plan.moves:
        found.append(Action(name=f"Give leads of {_name(agent)} to others", effect=_relieved(plan, agent), plan=plan))
    return [
        *found,
        *(
            _set(agent, less, _less_ready(agent, less))
            for less in (Presence.busy, Presence.away)
            if READY[less] < READY[agent.presence] and agent.on_shift and not agent.left
        ),
    ]


def _of_unreachable(team: Team, agent: Agent, time: datetime, pacing: Pacing | None) -> list[Action]:
    """Give all leads away that can go, and let nobody ask for more who is not there."""
    found = []
    plan = relieve(team, agent.id, time, 0.0, pacing)
    if plan.moves:
        name = f"Give all leads of {_name(agent)} to others"
        found.append(Action(name=name, effect=_relieved(plan, agent), plan=plan))
    if agent.presence != Presence.offline and not agent.left:
        found.append(_set(agent, Presence.offline, _unasked(team, agent, time, pacing)))
    return found


def _of_waiting(team: Team, state: OpenLead, time: datetime, pacing: Pacing | None) -> list[Action]:
    """Say why nobody has it, and give it to one of the best who have room, whom a gate may keep from being asked."""
    about: dict[str, Any] = {"declined": state.declined, "refusals": state.refusals, "arrived": state.arrived}
    decision = decide(state.lead, team, time, team.turn(time).weights, pacing=pacing, **about)
    rows = decision.candidates
    ranked = sorted(
        zip(rows.agent, rows.gate, rows.score, strict=True), key=lambda row: (row[1] != "", -row[2], row[0])
    )
    takers = [row for row in ranked if not why_full(team.agents[row[0]])][:TAKERS]
    said = reasoning(decision, labels({agent.id: agent.name for agent in team.members()}))
    if not takers:
        said += " Nobody has room for it: close a lead, raise a capacity, or have somebody come in."
    return [Action(name="Why nobody has it", effect=said), *(_given(team, state, *taker) for taker in takers)]


def _given(team: Team, state: OpenLead, to: str, gate: str, score: int) -> Action:
    agent = team.agents[to]
    after = (agent.active + 1) / agent.capacity
    gated = f" The router does not ask {_name(agent)}: {gate}." if gate else ""
    effect = (
        f"{_name(agent)} scores {score / FULL_SCORE:.3f} and goes from {agent.utilization:.0%} to {after:.0%} "
        f"({_leads(agent.active + 1)} of {agent.capacity}).{gated} Nobody takes it back if it is not answered in time."
    )
    return Action(name=f"Give it to {_name(agent)}", effect=effect, lead=state.lead.id, to=to)


def _set(agent: Agent, presence: Presence, effect: str) -> Action:
    return Action(name=f"Set {_name(agent)} {presence}", effect=effect, agent=agent.id, presence=presence)


def _less_ready(agent: Agent, presence: Presence) -> str:
    now, then = READY[agent.presence], READY[presence]
    ready = f"counts as {then:.0%} ready instead of {now:.0%}, so new ones go to others first."
    return f"{_name(agent)} keeps {_all(agent.active)} and {ready}"


def _unasked(team: Team, agent: Agent, time: datetime, pacing: Pacing | None) -> str:
    """What comes of an agent's being offline: nobody asks, and leads that nobody began with go back."""
    held = [team.leads[lead] for lead in agent.leads if lead in team.leads]
    back = sum(not (state.overridden or state.responded) for state in held)
    kept = len(held) - back
    stay = f", {_leads(kept)} stay{'s' * (kept == 1)}" if kept else ""
    only = sum(_takers(team, state, time, pacing) == [agent.id] for state in team.queue())
    return (
        f"{_name(agent)} is {agent.presence} and would get no lead any more. If {_name(agent)} stays offline, "
        f"{_leads(back)} of {len(held)} held go back to the queue{stay}. "
        f"{_leads(only)} that wait{'s' * (only == 1)} could be taken by nobody else."
    )


def _takers(team: Team, state: OpenLead, time: datetime, pacing: Pacing | None) -> list[str]:
    """Who may be asked for a lead that waits."""
    sheet = Sheet()
    sheet.refresh(team)
    gates = gates_of(state.lead, sheet, time, pacing or Pacing(), state.declined, state.refusals)
    return list(compress(sheet.agents, gates.open))


def _relieved(plan: Plan, agent: Agent) -> str:
    before, after = plan.loads[agent.id]
    stay = agent.active - len(plan.moves)
    staying = f" {_leads(stay)} {'stays' if stay == 1 else 'stay'}." if stay else ""
    go = "goes" if len(plan.moves) == 1 else "go"
    gone = f"{_leads(len(plan.moves))} of {agent.active} {go}; {_name(agent)} {before:.0%} → {after:.0%}."
    return f"{gone} {_jain(plan)}{staying}"


def _evened(plan: Plan) -> str:
    before, after = (max(load[at] for load in plan.loads.values()) for at in (0, 1))
    move = "moves" if len(plan.moves) == 1 else "move"
    gone = f"{_leads(len(plan.moves))} {move}; the busiest of those who give or take {before:.0%} → {after:.0%}."
    return f"{gone} {_jain(plan)}"


def _name(agent: Agent) -> str:
    return isolated(agent.name)


def _leads(n: int) -> str:
    return "1 lead" if n == 1 else f"{n} leads"


def _all(n: int) -> str:
    return "the lead" if n == 1 else f"all {n} leads"


def _jain(plan: Plan) -> str:
    if plan.before is None or plan.after is None:
        return "Nobody else is at work."
    return f"Balance (Jain) {plan.before:.2f} → {plan.after:.2f}."
