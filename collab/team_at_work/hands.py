"""What the agents do: they come and go, take breaks, answer leads, give some back and bring them to an end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from collab.desk import Desk
from collab.events import Entry, LeadAssigned, LeadOverridden
from collab.records import Presence
from collab.team import Agent, OpenLead
from collab.team_at_work import truth
from collab.team_at_work.clock import Act, Agenda
from collab.team_at_work.roster import Roster

BUSY_FROM = 0.8
"""From this utilization on an agent shows as busy."""

PICKED_UP = 0.75
"""The part of the answering time that passes before the lead is taken up; the rest is the call."""

WIND_DOWN_S = 2700.0
"""After the end of the shift, what is still held is brought to an end within so many seconds of the working day."""

ON_BREAK_S = 180.0
"""An agent on a break lets a lead wait so many seconds more, unless they are back before."""

UNKNOWN_RESPONSE_S = 60.0
"""What counts as the first response of a lead that was answered before this process began."""

DECLINES = ("conflict of interest", "in a viewing", "not my area", "knows the customer privately")

Job = tuple[str, str, str]
"""A lead in an agent's hands: the ids of lead, decision and agent."""


class Hands:
    """The acts of the seeded agents, each done through the desk when its time has come.

    Args:
        desk: where the team works.
        roster: the agents and how they truly behave.
        agenda: where what follows from an act is planned.
        now: tells the agenda's time.
        seed: fixes all that is drawn.
        lead_s: the mean time that a lead is held, in seconds of the working day.
    """

    def __init__(
        self, desk: Desk, roster: Roster, agenda: Agenda, now: Callable[[], datetime], *, seed: int, lead_s: float
    ) -> None:
        self.desk, self.roster, self.agenda, self.now = desk, roster, agenda, now
        self.tempo, self.pace = 1.0, 1.0
        self._seed, self._lead_s = seed, lead_s
        self._usual_answer_s = truth.usual_answer_s(list(roster.members.values()))
        self._responses: dict[str, float] = {}
        self._calls: defaultdict[str, set[str]] = defaultdict(set)
        self._back: dict[str, datetime] = {}

    def hear(self, entries: list[Entry]) -> None:
        """Let agents see the leads they were given, whoever routed them."""
        for entry in entries:
            if isinstance(entry.event, LeadAssigned):
                self.agenda.plan(self.now(), self.take_up, entry.event.decision.lead.id)
            elif isinstance(entry.event, LeadOverridden):
                self.agenda.plan(self.now(), self.take_up, entry.event.lead)

    def forget(self) -> None:
        """Forget who is in a call and on a break, as nothing that was planned will happen."""
        self._calls.clear()
        self._back.clear()

    async def take_up(self, lead: str) -> None:
        """The holder of the lead sees it and sets about the next step."""
        state = self.desk.team.leads.get(lead)
        if state is None or state.holder not in self.roster.members or state.decision is None:
            return
        job = (lead, state.decision, state.holder)
        if state.responded:
            self._plan_end(job, state)
            return
        member, agent = self.roster.members[state.holder], self.desk.team.agents[state.holder]
        wait_s = truth.answer_s(state.lead, member, agent.utilization, self._chance("answer", job)) / self.pace
        if state.accepted:
            self.plan_in(wait_s, self.respond, job)
        else:
            self.plan_in(PICKED_UP * wait_s, self.answer, job, (1 - PICKED_UP) * wait_s)

    async def answer(self, job: Job, call_s: float, waited: bool = False) -> None:
        """The agent takes the lead up and calls, or gives it back; on a break it waits a little."""
        lead, _, name = job
        state = self._held(job)
        if state is None or state.accepted:
            return
        if name in self._back and not waited:
            later = self.now() + timedelta(seconds=ON_BREAK_S / self.pace)
            self.agenda.plan(min(later, self._back[name]), self.answer, job, call_s, True)
            return
        chance = self._chance("decline", job)
        if not state.overridden and chance.random() < self.roster.members[name].behaviour.decline:
            await self.desk.decline(lead, name, chance.choice(DECLINES))
            await self._show_state(name)
            return
        self._calls[name].add(lead)
        self.plan_in(call_s, self.respond, job)
        await self.desk.accept(lead, name)
        await self._show_state(name)

    async def respond(self, job: Job) -> None:
        """The customer has the first answer; the rest of the work begins."""
        lead, _, name = job
        state = self._held(job)
        if state is not None and not state.responded:
            self._responses[lead] = await self.desk.first_response(lead, name)
            self._plan_end(job, state)
        self._calls[name].discard(lead)
        await self._show_state(name)

    async def end(self, job: Job) -> None:
        """The lead converts or is lost, as `truth` says."""
        lead, _, name = job
        state = self._held(job)
        if state is None or not state.responded:
            return
        response_s = self._responses.get(lead, UNKNOWN_RESPONSE_S)
        member = self.roster.members[name]
        converted, value, satisfaction = truth.outcome(state.lead, member, response_s, self._chance("outcome", job))
        await self.desk.close_lead(lead, name, converted=converted, value=value, satisfaction=satisfaction)
        self._responses.pop(lead, None)
        await self._show_state(name)

    async def begin_shift(self, name: str) -> None:
        """The agent comes in."""
        agent = self._here(name)
        if agent is not None and not agent.online:
            await self.desk.update_agent_workload(name, on_shift=True, presence=Presence.available)
        else:
            await self._show_state(name)

    async def end_shift(self, name: str) -> None:
        """The agent takes no more leads, brings those they hold to an end, and leaves."""
        agent = self._here(name)
        if agent is None:
            return
        if agent.on_shift:
            await self.desk.update_agent_workload(name, on_shift=False)
        for lead in self.desk.team.agents[name].leads:
            state = self.desk.team.leads[lead]
            if state.responded and state.decision is not None:
                self._plan_end((lead, state.decision, name), state)
        await self._show_state(name)

    async def begin_break(self, name: str, length_s: float) -> None:
        """The agent goes away for so many seconds of the desk's, after the call if they are in one."""
        agent = self._here(name)
        if agent is None or not agent.on_shift or agent.presence == Presence.offline:
            return
        if self._calls[name]:
            self.plan_in(20.0 / self.pace, self.begin_break, name, length_s)
            return
        self._back[name] = self.now() + timedelta(seconds=length_s)
        self.agenda.plan(self._back[name], self.end_break, name)
        await self.desk.set_presence(name, Presence.away, "break")

    async def end_break(self, name: str) -> None:
        """The agent is back."""
        self._back.pop(name, None)
        await self._show_state(name)

    def plan_in(self, seconds: float, act: Act, *args: object) -> None:
        """Plan an act in so many seconds of the desk's."""
        self.agenda.plan(self.now() + timedelta(seconds=seconds), act, *args)

    def _plan_end(self, job: Job, state: OpenLead) -> None:
        name = job[2]
        agent, chance = self.desk.team.agents[name], self._chance("handling", job)
        mean_s = max(self._lead_s / self.tempo - self._usual_answer_s / self.pace, 1.0 / self.pace)
        length_s = truth.handling_s(mean_s, self.roster.members[name], chance)
        if not agent.on_shift:
            length_s = min(length_s, WIND_DOWN_S / self.tempo * chance.uniform(0.1, 1.0))
        self.plan_in(length_s, self.end, job)

    def _held(self, job: Job) -> OpenLead | None:
        """The lead, if it is still in these hands."""
        state = self.desk.team.leads.get(job[0])
        return state if state is not None and (state.decision, state.holder) == job[1:] else None

    def _here(self, name: str) -> Agent | None:
        agent = self.desk.team.agents.get(name)
        return agent if agent is not None and not agent.left else None

    def _chance(self, what: str, job: Job) -> Random:
        # not of the decision's id, which is random in real traffic
        lead, _, name = job
        turns = self.desk.team.leads[lead].returns
        return Random(f"{self._seed}/{what}/{lead}/{name}/{turns}")

    async def _show_state(self, name: str) -> None:
        """Bring the agent's presence in line with what they do."""
        agent = self._here(name)
        if agent is None or agent.presence == Presence.offline:
            return
        if not agent.on_shift and not agent.leads:
            presence, reason = Presence.offline, "end of shift"
        elif self._calls[name]:
            presence, reason = Presence.in_call, ""
        elif name in self._back:
            presence, reason = Presence.away, "break"
        else:
            presence, reason = Presence.busy if agent.utilization >= BUSY_FROM else Presence.available, ""
        if agent.presence != presence:
            await self.desk.set_presence(name, presence, reason)
