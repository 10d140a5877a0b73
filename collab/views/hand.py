"""By hand: one lead, who could get it, and buttons that give it to them, route it now or take that back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.balance import Move
from collab.desk import Desk, Done
from collab.legible import isolated
from collab.reasons import reasoning
from collab.records import Decision, Presence
from collab.team import Agent, OpenLead
from collab.views.actions import offer_undo, taken_back
from collab.views.board import Board
from collab.views.labelled import labelled
from collab.views.replying import Replying, failed, pressed
from collab.views.theme import SHEET
from collab.views.told import empty, title
from collab.views.typed import typed

ASK = "Choose an agent"
"""The first line of the list of agents."""

CHOOSE = "Choose a lead above: a waiting one, an offer, or an assignment that is still open."

NAMELESS = "Your name is empty; say who acts, e.g. Kim."
NOBODY = "Agent is empty; choose who gets the lead."
REASONLESS = "Reason is empty; say why they get it."

WIDE = {"sizing_mode": "stretch_width"}
PART = {"min_width": 200, "styles": {"flex": "1 1 220px"}, **WIDE}


class HandView(Replying):
    """What a person may do with the chosen lead; each is a command at the desk.

    Args:
        board: the session's board.
    """

    lead = param.String("", doc="The id of the lead; none offers nothing.")
    by = param.String("", label="Your name", doc="Who acts; needed, and kept for this session.")
    to = param.Selector(default="", objects={ASK: ""}, label="Agent", doc="The id of who gets it.")
    reason = param.String("", label="Reason", doc="Why they get it; others read it.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(**params)
        self.board, self._sending = board, False
        self.done: Done | None = None
        self._told = pn.pane.HTML("", stylesheets=[SHEET], **WIDE)
        self.said.look = {"margin": (5, 10)}
        self._person = pmui.TextInput.from_param(self.param.by, placeholder="Kim", **PART)
        board.sign(self._person)
        self._why = pmui.TextInput.from_param(self.param.reason, placeholder="She knows the house", **PART)
        self._who = pmui.Select.from_param(self.param.to, **PART)
        self.give = pressed("Give it to them", "person_add", self.give_it)
        self.route = pressed("Route it now", "alt_route", self.route_it)
        self.undo = pressed("Undo", "undo", self.take_back)
        self.undo.visible = False
        row = {"gap": "12px", "align_items": "center", **WIDE}
        self._acts = pn.Column(
            pn.FlexBox(self._person, self._who, self._why, **row), pn.FlexBox(self.give, self.route, **row), **WIDE
        )
        self._layout = pn.Column(self._told, self._acts, self.said, self.undo, **WIDE)
        board.param.watch(lambda event: self._patch(), "frame")
        self._who.param.watch(lambda event: self._patch(), "dropdown_open")
        self._patch()

    @property
    def state(self) -> OpenLead | None:
        """The lead as it is now; None if it is closed or none is chosen."""
        frame = self.board.frame
        return next((state for state in (*frame.queue, *frame.held) if state.lead.id == self.lead), None)

    @param.depends("lead", "active", watch=True)
    def _patch(self) -> None:
        if not self.active:
            return
        state = self.state
        told = title("By hand") + self._words(state)
        with pn.io.hold():
            if self._told.object != told:
                self._told.object = told
            self._acts.visible = state is not None and not self.board.refusal("assign")
            self.route.visible = state is not None and state.holder is None
            self._offer(state)

    def _words(self, state: OpenLead | None) -> str:
        if refusal := self.board.refusal("assign"):
            return empty(refusal)
        if state is None:
            return empty("This lead is closed; choose another." if self.lead else CHOOSE)
        names, holder = self.board.frame.names, state.holder
        if holder is None:
            where = "waits"
        else:
            does = "has accepted it" if state.accepted else "has not accepted it yet"
            left = "" if holder in names else "is not on the roster any more and "
            where = f"is with {names.get(holder, holder)}, who {left}{does}"
        return f"<p><b>{escape(isolated(state.lead.name))}</b> {escape(where)}.</p>"

    def _offer(self, state: OpenLead | None) -> None:
        """List who could get it, those with room first; one who cannot is listed with why, and the desk says it too.

        While the list is open it stays as it is: an entry whose words change is new, and the keys lose their place.
        """
        if self._who.dropdown_open:
            return
        agents = [agent for agent in self.board.frame.agents if state is None or agent.id != state.holder]
        names = self.board.frame.names
        agents.sort(key=lambda agent: (bool(_shut(agent)), names[agent.id]))
        options = {ASK: ""} | {f"{names[agent.id]} ({_shut(agent) or _room(agent)})": agent.id for agent in agents}
        known = self.param.to
        if dict(known.names) != options:
            if self.to not in options.values():
                self.to = ""
            known.objects = options

    async def give_it(self) -> None:
        """Give the lead to the chosen agent, whatever the router thinks; Undo gives a held one back."""
        to, reason, lead = self.to, typed(self._why), self.lead
        needed = {NAMELESS: self._named(), NOBODY: to, REASONLESS: reason}
        if lacks := [fix for fix, given in needed.items() if not given]:
            self._say(" ".join(lacks), "error")
            return
        await self._do(lambda desk, by: _give(desk, lead, to, by, reason))

    async def route_it(self) -> None:
        """Let the router look at the lead again, after those that are due before it."""
        state = self.state
        if state is not None:
            await self._do(lambda desk, by: desk.route_lead(state.lead), named=False)

    async def take_back(self) -> None:
        """Give the lead back to who had it, if nobody began with it since."""
        done = self.done
        if done is not None:
            await self._do(lambda desk, by: desk.undo(done, by=by, reason="undone"))

    def _named(self) -> str:
        return typed(self._person)

    async def _do(self, command: Callable[[Desk, str], Coroutine[Any, Any, Any]], named: bool = True) -> None:
        desk, by = self.board.office.desk, self._named()
        if self._sending or desk is None:  # the second press of a double one
            return
        if named and not by:
            self._say(NAMELESS, "error")
            return
        self._sending = True
        try:
            self._tell(await self.board.office.ask(command(desk, by)))
            self.param.update(by=by, reason="")
        except (ValueError, RuntimeError, ConnectionError) as error:
            self._say(labelled(self, failed(error)), "error")
        finally:
            self._sending = False

    def _tell(self, answer: Any) -> None:
        names = self.board.frame.names
        self.done = answer if isinstance(answer, Done) and answer.moves else None
        offer_undo(self.undo, self.done)
        if isinstance(answer, Decision):
            self._say(reasoning(answer, names), "info" if answer.agent is None else "success")
        elif isinstance(answer, Done):
            self._say("Done: it is theirs, and stays with them.", "success")
        else:
            self._say(*taken_back(answer))


async def _give(desk: Desk, lead: str, to: str, by: str, reason: str) -> Done:
    """Assign the lead; what undoes it is who held it before, if somebody did."""
    before = desk.team.leads.get(lead)
    await desk.assign(lead, to, by=by, reason=reason)
    if before is None or before.holder in (None, to):
        return Done()
    held = {"name": before.lead.name, "holder": before.holder or "", "decision": before.decision or ""}
    return Done(moves=(Move(lead=lead, to=to, cost=0.0, why=reason, **held),))


def _room(agent: Agent) -> str:
    return f"{agent.active} of {agent.capacity} leads"


def _shut(agent: Agent) -> str:
    """Why not even a person can give the agent a lead; "" if they can."""
    if not agent.on_shift:
        return "off shift"
    if agent.presence == Presence.offline:
        return "offline"
    return f"full with {_room(agent)}" if agent.active >= agent.capacity else ""
