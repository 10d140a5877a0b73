"""What a member may ask a gateway for, one call a command, named and answered as the desk does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from collab import protocol as p
from collab.candidates import read
from collab.coaching import Advice, Stage
from collab.experiment import Design
from collab.incoming import GivenLead
from collab.live.given import listed, one_of_kind, pairs
from collab.live.room_calls import RoomCalls
from collab.records import FACTORS, Busy, Decision, Lead, Presence
from collab.rules import Rule
from collab.team import Alert
from collab.wrong import choice


class Calls(RoomCalls):
    """The calls of a member; each raises what `ask` does."""

    async def set_presence(self, presence: Presence | str, reason: str = "", *, agent: str | None = None) -> None:
        """Choose one's own presence, or for a team lead anybody's."""
        chosen = choice(Presence, presence, "presence")
        await self.ask(p.SetPresence(id=0, presence=chosen, reason=reason, agent=agent))

    async def idle(self, on: bool = True) -> None:
        """Say that nobody touches this device, or somebody does again; it is said again after a cut."""
        await self.ask(p.Idle(id=0, on=on))

    async def call(self, on: bool = True) -> None:
        """Say that this device is in a call, or not any more; it is said again after a cut."""
        await self.ask(p.Call(id=0, on=on))

    async def set_calendar(self, busy: Iterable[Busy], *, agent: str | None = None) -> None:
        """Say when one is busy or off, or for a team lead when anybody is, in place of what was said before."""
        await self.ask(p.SetCalendar(id=0, busy=listed(busy, "busy", "a list of Busy"), agent=agent))

    async def add_agent(
        self,
        agent: str,
        name: str,
        *,
        skills: Mapping[str, float] | None = None,
        capacity: int | None = None,
        on_shift: bool | None = None,
    ) -> None:
        """Put an agent on the roster, or change their name, skills, capacity and shift; for team leads and services.

        What is left out stays as it is; who is new then has no skills, a capacity of 5, and is on shift.
        """
        levels = None if skills is None else pairs(skills, "skills", 'levels by skill, e.g. {"language:es": 0.9}')
        await self.ask(p.AddAgent(id=0, agent=agent, name=name, skills=levels, capacity=capacity, on_shift=on_shift))

    async def update_agent_workload(
        self,
        agent: str,
        *,
        capacity: int | None = None,
        presence: Presence | str | None = None,
        on_shift: bool | None = None,
    ) -> None:
        """Change what an agent can take: capacity, presence, shift, those that are given, in one step."""
        chosen = None if presence is None else choice(Presence, presence, "presence")
        await self.ask(p.UpdateWorkload(id=0, agent=agent, capacity=capacity, presence=chosen, on_shift=on_shift))

    async def route_lead(self, lead: Lead | GivenLead, *, candidates: int | None = None) -> Decision:
        """Give a lead to an agent, None if it waits; told with all candidates or so many: who has it, then the best."""
        fix = 'a Lead, e.g. Lead(id="L-1", name="Zoe Park")'
        given = GivenLead(**msgspec.structs.asdict(one_of_kind(lead, (Lead, GivenLead), "lead", fix)))
        return msgspec.convert(
            await self.ask(p.RouteLead(id=0, lead=given, candidates=candidates)), Decision, dec_hook=read
        )

    async def accept(self, lead: str, *, agent: str | None = None) -> None:
        """Take up a lead that one holds, or for a team lead or service that the agent holds."""
        await self.ask(p.Accept(id=0, lead=lead, agent=agent))

    async def decline(self, lead: str, reason: str = "") -> None:
        """Give a lead back."""
        await self.ask(p.Decline(id=0, lead=lead, reason=reason))

    async def first_response(self, lead: str, *, agent: str | None = None) -> float:
        """The customer has the first answer, `agent` being as in `accept`; returns the seconds since the lead came."""
        return float(await self.ask(p.FirstResponse(id=0, lead=lead, agent=agent)))

    async def close_lead(
        self,
        lead: str,
        *,
        converted: bool,
        value: float = 0.0,
        satisfaction: float | None = None,
        agent: str | None = None,
    ) -> None:
        """The work on a lead ended; `agent` is as in `accept`."""
        how: dict[str, Any] = {"converted": converted, "value": value, "satisfaction": satisfaction}
        await self.ask(p.CloseLead(id=0, lead=lead, **how, agent=agent))

    async def request_coaching(
        self, message: str, context: Iterable[str] = (), *, stage: Stage | str | None = None, lead: str | None = None
    ) -> Advice:
        """What to do about a customer's message, and a draft that nobody sends; perhaps about a lead that one holds."""
        chosen = None if stage is None else choice(Stage, stage, "stage")
        before = listed(context, "context", "what was said before, the oldest first")
        asked = p.RequestCoaching(id=0, message=message, context=before, stage=chosen, lead=lead)
        return msgspec.convert(await self.ask(asked), Advice)

    async def override(self, lead: str, to: str, reason: str = "") -> None:
        """Give a held lead to another agent; for team leads and services."""
        await self.ask(p.Override(id=0, lead=lead, to=to, reason=reason))

    async def assign(self, lead: str, to: str, reason: str = "") -> None:
        """Give a lead, waiting or held, to an agent who has room; for team leads and services."""
        await self.ask(p.Assign(id=0, lead=lead, to=to, reason=reason))

    async def adopt_weights(self, weights: Sequence[int], reason: str) -> int:
        """Bring four whole numbers that sum to 100 into force, for team leads and analysts; returns their version."""
        order = f"four, in the order {', '.join(FACTORS)}"
        given = listed(weights, "weights", order)
        if len(given) != len(FACTORS):
            raise ValueError(f"weights are {list(given)}; give {order}")
        return int(await self.ask(p.AdoptWeights(id=0, weights=given, reason=reason)))

    async def start_experiment(self, design: Design, reason: str = "", starts: datetime | None = None) -> str:
        """Let two sets of weights take turns by blocks of time, for team leads; returns the experiment's id.

        The first block begins now, or at an aware time to come.
        """
        return str(await self.ask(p.StartExperiment(id=0, design=design, reason=reason, starts=starts)))

    async def stop_experiment(self, reason: str = "") -> str:
        """End the experiment that runs, for team leads; returns its id."""
        return str(await self.ask(p.StopExperiment(id=0, reason=reason)))

    async def alerts(self, count: int = 100) -> p.AlertList:
        """The open alerts with the one to look at first in front, the silences and the version of the rules.

        Agents get the alerts that are theirs, without others' words, and no silences; services are refused.
        """
        return msgspec.convert(await self.ask(p.ListAlerts(id=0, count=count)), p.AlertList)

    async def acknowledge_alert(self, alert: str, *, until: datetime | None = None, note: str = "") -> Alert:
        """Take an alert on, for half an hour unless told, for team leads; returns it as it is now.

        If its condition holds at `until`, it comes back. Of an alert that is over nothing changes: its `state` says so.
        """
        asked = p.AcknowledgeAlert(id=0, alert=alert, until=until, note=note)
        return msgspec.convert(await self.ask(asked), Alert)

    async def return_alert(self, alert: str, note: str = "") -> Alert:
        """Give an acknowledged alert back, so that it asks for somebody again, for team leads; returns it."""
        return msgspec.convert(await self.ask(p.ReturnAlert(id=0, alert=alert, note=note)), Alert)

    async def resolve_alert(self, alert: str, why: str = "") -> Alert:
        """Say that an alert is over, once its condition is, for team leads; returns it."""
        return msgspec.convert(await self.ask(p.ResolveAlert(id=0, alert=alert, why=why)), Alert)

    async def silence_alerts(self, labels: Mapping[str, str], *, until: datetime, why: str = "") -> str:
        """Let alerts with all these labels page nobody until then, for team leads; returns the silence's id.

        `rule` and `severity` count as labels.
        """
        wanted = pairs(labels, "labels", 'those that alerts must have, e.g. {"severity": "high"}')
        return str(await self.ask(p.SilenceAlerts(id=0, labels=wanted, until=until, why=why)))

    async def end_silence(self, silence: str) -> None:
        """Let a silence be over before its time, for team leads."""
        await self.ask(p.EndSilence(id=0, silence=silence))

    async def rules(self) -> p.RulesInForce:
        """The alert rules in force and their version, for team leads and analysts."""
        return msgspec.convert(await self.ask(p.ListRules(id=0)), p.RulesInForce)

    async def adopt_rules(self, rules: Iterable[Rule], reason: str = "") -> int:
        """Bring alert rules into force in place of all before, for team leads and analysts; returns their version."""
        given = listed(rules, "rules", "a list of Rule")
        return int(await self.ask(p.AdoptRules(id=0, rules=given, reason=reason)))

    async def team(self) -> p.TeamNow:
        """How agents and open leads are now: all of them, and for an agent their own.

        Very many leads come in several parts, each as it is then: what changed meanwhile may be in them or not.
        """
        first = part = await self._part(None)
        leads = [*first.leads]
        while part.more:
            part = await self._part(leads[-1].lead.id)
            leads += part.leads
        return msgspec.structs.replace(first, leads=leads, more=False)

    async def _part(self, after: str | None) -> p.TeamNow:
        return msgspec.convert(await self.ask(p.LookAtTeam(id=0, after=after)), p.TeamNow)

    async def metrics(self) -> dict[str, Any]:
        """How the team stands now (`team`, see `Desk.coordination_metrics`), this `gateway` and its `process`."""
        return dict(await self.ask(p.Metrics(id=0)))

    async def coordination_metrics(self) -> dict[str, Any]:
        """How the team stands now, as `Desk.coordination_metrics` gives it."""
        return dict((await self.metrics())["team"])

    async def collaboration_metrics(self) -> dict[str, Any]:
        """How much goes through this gateway for the team, as `gateway` of `metrics` (docs/protocol.md) gives it."""
        return dict((await self.metrics())["gateway"])

    async def ping(self) -> datetime:
        """The gateway's time, answered at once."""
        return msgspec.convert((await self.ask(p.Ping(id=0)))["time"], datetime)
