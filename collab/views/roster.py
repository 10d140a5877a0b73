"""The roster: put an agent on it, and say where one is."""

from __future__ import annotations

import re
from collections.abc import Coroutine
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.desk import Desk
from collab.records import Presence
from collab.views.board import Board
from collab.views.notice import Notice
from collab.views.replying import failed
from collab.views.theme import PRESENCE, SHEET, plain
from collab.views.typed import typed

PUT = "Put on the roster"


def skills_of(text: str) -> dict[str, float]:
    """Skills as a person types them: `property:condo 0.9, language:es`; a level of 0 to 1, 1 when left out.

    Raises:
        ValueError: names the part that is wrong.
    """
    skills = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, level = part.partition(" ")
        if not re.fullmatch(r"[a-z]+:\S+", name):
            raise ValueError(f"skills has {part!r}; write kind:value and a level, e.g. property:condo 0.9")
        try:
            skills[name.lower()] = float(level) if level.strip() else 1.0
        except ValueError:
            raise ValueError(f"skills has {part!r}, whose level is no number; give 0 to 1") from None
    return skills


def id_of(text: str) -> str:
    """An agent's id as a person types it.

    Raises:
        ValueError: it is empty, or no id.
    """
    if not text:
        raise ValueError("id is empty; give one word, e.g. ana")
    if len(text) > 120 or len(text.split()) > 1:
        raise ValueError(f"id is {text!r}; give one word without spaces, of at most 120 characters, e.g. ana")
    return text


class RosterView(pn.viewable.Viewer):
    """Two small forms: a new agent, and the presence of one who is there."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        wide = {"sizing_mode": "stretch_width"}
        self.agent = pmui.TextInput(label="Id", placeholder="ana", **wide)
        self.full_name = pmui.TextInput(label="Name", placeholder="Ana Ruiz", **wide)
        self.capacity = pmui.IntInput(label="Capacity", value=5, start=0, end=1000, **wide)
        self.skills = pmui.TextInput(label="Skills", placeholder="property:condo 0.9, language:es", **wide)
        self.add = pmui.Button(label=PUT, icon="person_add", **wide)
        self.who = pmui.Select(label="Agent", options={}, **wide)
        self.presence = pmui.Select(label="Is", options={word: str(p) for p, (word, _) in PRESENCE.items()}, **wide)
        self.set = pmui.Button(label="Set presence", icon="how_to_reg", **wide)
        self.said = Notice({"margin": (5, 10)}, severity="info")
        self.add.on_click(self._add)
        self.set.on_click(self._set)
        for field in (self.agent, self.full_name, self.skills):
            field.param.watch(self._add, "enter_pressed")
        self.agent.param.watch(lambda event: self._recognize(event.new.strip()), "value")
        self._filled: str | None = None
        forms = pn.FlexBox(
            pn.Column(
                pn.Row(self.agent, self.full_name, **wide),
                pn.Row(self.capacity, self.skills, **wide),
                self.add,
                min_width=240,
                styles={"flex": "1 1 320px"},
            ),
            pn.Column(self.who, self.presence, self.set, min_width=240, styles={"flex": "1 1 320px"}),
            gap="24px",
            **wide,
        )
        title = pn.pane.HTML("<h3>Change the team</h3>", stylesheets=[SHEET], **wide)
        self._layout = pn.Column(title, forms, self.said, **wide)
        self._layout.visible = board.office.desk is not None
        self._leads = not (refusal := board.refusal("add_agent"))
        if refusal and self._layout.visible:
            self.add.disabled, self.set.disabled = True, bool(board.refusal("set_presence"))
            self.said.param.update(object=plain(refusal), severity="info", visible=True)
        board.param.watch(lambda event: self._patch(), "frame")
        self._patch()

    def _patch(self) -> None:
        agents = [agent for agent in self.board.frame.agents if self._leads or agent.id == self.board.by]
        options = {agent.name: agent.id for agent in agents}
        if options != self.who.options:
            self.who.options = options
            if self.who.value not in options.values():
                self.who.value = next(iter(options.values()), None)

    def _recognize(self, agent: str) -> bool:
        """Put what is known of an agent into the fields, or take out what is another's; is it to be looked at first?"""
        known = next((one for one in self.board.frame.agents if one.id == agent), None)
        if self._filled in (agent, None if known is None else agent):
            return False
        self._filled = None if known is None else agent
        name, skills, capacity = ("", {}, 5) if known is None else (known.name, known.skills, known.capacity)
        written = ", ".join(f"{skill} {level:g}" for skill, level in skills.items())
        self.full_name.value = name
        self.skills.value = written
        self.capacity.value = capacity
        self.add.label = f"Change {agent}" if known else PUT
        return known is not None

    async def _add(self, event: object) -> None:
        agent = typed(self.agent)
        if self._recognize(agent):
            text = f"{agent} is on the roster: change what stands in the fields now, and press again."
            self.said.param.update(object=plain(text), severity="info", visible=True)
            return
        name = typed(self.full_name) or agent

        async def put(desk: Desk) -> str:
            id_of(agent)
            capacity = self.capacity.value
            if capacity is None or not 0 <= capacity <= 1000:
                raise ValueError(f"capacity is {'empty' if capacity is None else capacity}; give 0 to 1000, e.g. 5")
            skills = skills_of(typed(self.skills))
            known = agent in desk.team.agents
            await desk.add_agent(agent, name, skills=skills, capacity=capacity)
            if known:
                return f"{name} has capacity {capacity} and {', '.join(skills) or 'no skills'} now."
            return f"{name} is on the roster, and offline until their presence is set."

        await self._do(put)
        if self.said.severity == "success":
            self._filled, self.add.label = agent, f"Change {agent}"

    async def _set(self, event: object) -> None:
        async def change(desk: Desk) -> str:
            await desk.set_presence(self.who.value or "", Presence(self.presence.value), "set on the dashboard")
            return f"{self.who.value} is {PRESENCE[Presence(self.presence.value)][0].lower()}."

        await self._do(change)

    async def _do(self, command: Any) -> None:
        desk = self.board.office.desk
        assert desk is not None
        try:
            work: Coroutine[Any, Any, str] = command(desk)
            text, severity = await self.board.office.ask(work), "success"
        except (ValueError, RuntimeError, ConnectionError) as error:
            text, severity = failed(error), "error"
        self.said.param.update(object=plain(text), severity=severity, visible=True)

    def __panel__(self) -> pn.Column:
        return self._layout
