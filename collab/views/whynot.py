"""Why not me: for one agent, the smallest change that would have won the lead, from the decision's own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.gates import AHEAD, DECLINED, EASING, FULL, LACKS, OFF_SHIFT, OFFLINE, STICKY
from collab.reasons import NOBODY, alternatives, apart, what_would_win
from collab.records import Decision
from collab.views.theme import SHEET
from collab.views.told import empty

ASK = "Choose an agent"
"""The first line of the list."""

OPENS = {
    OFF_SHIFT: "They would have had to be on shift.",
    OFFLINE: "They would have had to be there: any presence but offline.",
    DECLINED: "They had given this lead back; somebody else is asked before they are asked again.",
    FULL: "They would have needed room: one lead less, or a capacity of one more.",
    EASING: "They had just come back, and leads come one by one after an absence.",
    STICKY: "The customer's last lead was with another agent who could take this one, so nobody else was asked.",
    AHEAD: "They had more than their share of the leads lately, so others went first.",
}
"""What would have opened each gate."""


def why_not(decision: Decision, agent: str, names: Mapping[str, str] = NOBODY) -> str:
    """Why the agent did not get the lead and the smallest change that would have won it, as HTML."""
    name = f"<b>{escape(names.get(agent, agent))}</b>"
    other = next((one for one in alternatives(decision) if one.agent == agent), None)
    if other is None:
        return f"<p>{name} got it.</p>"
    if other.gate:
        skill = f"They lack the skill {other.gate.removeprefix(LACKS)}, which the lead requires."
        said = f"{name} was not asked: {escape(other.gate)}. {escape(OPENS.get(other.gate, skill))}"
        behind = f" Their score of {other.score:.3f} counts for nothing until then." if decision.agent else ""
        return f"<p>{said}{behind}</p>"
    if decision.by:
        by, reason = names.get(decision.by, decision.by), f": {decision.reason}" if decision.reason else ""
        return f"<p>{name} could have taken it; {escape(by)} chose another by hand{escape(reason)}.</p>"
    scored = f"{other.score:.3f} against {other.score + other.behind:.3f}"
    found = what_would_win(decision, agent)
    if not found:
        return f"<p>{name} scored {scored}; no single factor could have made up for it.</p>"
    items = []
    for change in found:
        needed, had = apart(change.needed, change.had)
        items.append(f"<li>{change.factor} {needed} instead of {had}</li>")
    head = f"<p>{name} scored {scored}, {escape(other.lacked)}. Any one of these would have won it, the smallest first:"
    return f"{head}</p><ul>{''.join(items)}</ul>"


class WhyNotView(pn.viewable.Viewer):
    """Asks of a decision why an agent did not get the lead."""

    decision = param.ClassSelector(class_=Decision, doc="The decision that is asked.")
    names = param.Dict({}, doc="What agents are called, by id.")
    agent = param.Selector(default="", objects={ASK: ""}, label="Why not", doc="The agent who asks.")

    def __init__(self, decision: Decision | None = None, **params: Any) -> None:
        super().__init__(decision=decision, **params)
        self._said = pn.pane.HTML("", stylesheets=[SHEET], sizing_mode="stretch_width")
        who = pmui.Select.from_param(self.param.agent, min_width=200, max_width=340, sizing_mode="stretch_width")
        head = pn.pane.HTML("<h3>Why not me?</h3>", stylesheets=[SHEET])
        self._layout = pn.Column(head, who, self._said, sizing_mode="stretch_width")
        self._patch()

    @param.depends("decision", "names", "agent", watch=True)
    def _patch(self) -> None:
        decision, names = self.decision, self.names
        self._layout.visible = decision is not None and len(decision.candidates) > 0
        if decision is None or not len(decision.candidates):
            return
        options = {ASK: ""} | {names.get(agent, agent): agent for agent in decision.candidates.agent}
        if dict(self.param.agent.names) != options:
            if self.agent not in options.values():
                self.agent = ""
            self.param.agent.objects = options
        text = why_not(decision, self.agent, names) if self.agent else empty("Choose who asks.")
        if self._said.object != text:
            self._said.object = text

    def __panel__(self) -> pn.Column:
        return self._layout
