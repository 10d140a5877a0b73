"""A team under watch as a service would keep it: every event passes the claims, and the watch hears of it again."""

from __future__ import annotations

from collections.abc import Iterable

from strategies import NOON, Ledger, after, assigned, comparable

from collab import events as ev
from collab.alerts import Watch
from collab.events import Event
from collab.records import Lead, Presence
from collab.rules import Rule
from collab.team import Alert, Team, fold

AGENTS = ("ana", "bo")


def overload(**changes: object) -> Rule:
    """The rule of an agent's load: from 90 % for a minute, until 79 %."""
    fields = {"name": "agent_overload", "kind": "overload", "fire": 0.9, "clear": 0.79, "for_s": 60.0}
    return Rule(**fields | changes)


class Post:
    """A team with two agents of capacity 100, its stream and its watch."""

    def __init__(self, *rules: Rule, agents: Iterable[str] = AGENTS, capacity: int = 100) -> None:
        self.ledger, self.team, self.told = Ledger(), Team(), list[Event]()
        self.leads = 0
        self.happen(ev.RulesAdopted(id="rules-1", time=NOON, version=1, rules=rules, by="Kim"))
        for agent in agents:
            self.happen(ev.AgentJoined(id=f"j-{agent}", time=NOON, agent=agent, name=agent, capacity=capacity))
            self.be(agent, Presence.available, 0)
        self.watch = Watch(self.team)

    def happen(self, event: Event) -> None:
        """An event that the claims must let pass."""
        entry = self.ledger.append(event)
        assert entry is not None, event
        self.team.apply(entry)
        if hasattr(self, "watch"):
            self.watch.take(entry)

    def at(self, seconds: float) -> list[str]:
        """What the watch tells at this time, as kinds of events."""
        told = self.watch.at(after(seconds))
        for event in told:
            self.happen(event)
        self.told += told
        assert self.watch.alerts.open == self.team.alerts.open
        return [ev.kind(event) for event in told]

    def until(self, seconds: float) -> None:
        """Let time pass: look whenever the watch asks for it, and at the end."""
        while self.watch.due is not None and self.watch.due <= after(seconds):
            self.at((self.watch.due - NOON).total_seconds())
        self.at(seconds)

    def be(self, agent: str, presence: Presence, seconds: float) -> None:
        """The agent's presence changes."""
        id = f"p-{self.team.seq}"
        self.happen(ev.PresenceChanged(id=id, time=after(seconds), agent=agent, presence=presence))

    def hold(self, agent: str, leads: int, seconds: float) -> None:
        """The agent gets or closes leads until they hold so many."""
        while len(held := self.team.agents[agent].leads) < leads:
            self.leads += 1
            lead = Lead(id=f"l{self.leads}", name="A customer")
            self.happen(ev.LeadArrived(id=f"a{self.leads}", time=after(seconds), lead=lead))
            self.happen(assigned(f"d{self.leads}", after(seconds), lead, agent))
        for lead_id in held[: len(held) - leads]:
            decision = self.team.leads[lead_id].decision
            about = {"lead": lead_id, "decision": decision, "agent": agent, "converted": False}
            self.happen(ev.LeadClosed(id=f"c-{lead_id}", time=after(seconds), **about))

    def begin_anew(self) -> None:
        """The process died: a new watch of a team that is folded from the stream."""
        self.team = fold(self.ledger.entries)
        self.watch = Watch(self.team)

    @property
    def open(self) -> list[Alert]:
        """The open alerts."""
        return list(self.team.alerts.open.values())

    def kinds(self) -> list[str]:
        """Everything told so far, as kinds of events."""
        return [ev.kind(event) for event in self.told]

    def agrees(self) -> bool:
        """Do the stream's values, the team and a fold of everything agree?"""
        values = comparable(self.ledger.values) == comparable(self.team.values())
        return values and fold(self.ledger.entries) == self.team
