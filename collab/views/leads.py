"""Leads: a form that routes what one types in, and the newest assignments with their reasons."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.events import new_id
from collab.reasons import reasoning
from collab.records import Lead, Urgency
from collab.routing import FULL_SCORE
from collab.views.board import Board
from collab.views.decision import DecisionView
from collab.views.theme import SHEET, plain

NEWEST = 12
"""How many assignments are listed."""

WAITING = 3
"""How many waiting leads are listed above them."""


class LeadForm(param.Parameterized):
    """A lead as a person types it in; the same bounds as `records.Lead`."""

    customer = param.String("", regex=r"^.{0,200}$", label="Name", doc="Who asks; needed.")
    property_type = param.Selector(
        default="condo",
        objects=["", "condo", "house", "townhouse", "commercial", "land"],
        doc="What they look for.",
    )
    location = param.String("", regex=r"^.{0,60}$", doc="Where they look.")
    budget = param.Number(None, bounds=(0, 1e12), allow_None=True, doc="What they can spend, in money; may be empty.")
    language = param.Selector(default="en", objects=["", "en", "es", "zh", "fr", "de"], doc="What they speak.")
    urgency = param.Selector(default="medium", objects=[str(u) for u in Urgency], doc="How soon to pick it up.")
    score = param.Integer(50, bounds=(0, 100), label="Lead score", doc="How promising it is, 0 to 100.")

    def lead(self) -> Lead:
        """The lead of this form, with a new id.

        Raises:
            ValueError: the name is empty.
        """
        if not self.customer.strip():
            raise ValueError("name is empty; say who asks, e.g. Zoe Park")
        return Lead(
            id=f"F-{new_id()[:12]}",
            name=self.customer.strip(),
            property_type=self.property_type,
            location=self.location.strip(),
            budget=None if self.budget is None else float(self.budget),
            language=self.language,
            urgency=Urgency(self.urgency),
            score=self.score,
            source="form",
        )


class LeadView(pn.viewable.Viewer):
    """The form, and the decision on what was typed in last."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self.form, self._sending, self._routed = LeadForm(), False, False
        self.decision = DecisionView(plot=False)
        form = self.form.param
        wide = {"sizing_mode": "stretch_width"}
        self.customer = pmui.TextInput.from_param(form.customer, placeholder="Zoe Park", **wide)
        self.send = pmui.Button(label="Find the best agent", icon="person_search", **wide)
        self.said = pmui.Alert(severity="error", visible=False, closeable=False, margin=(5, 10), **wide)
        self.budget = pmui.TextInput(label="Budget", placeholder="450000", **wide)
        fields = [
            self.customer,
            pmui.Select.from_param(form.property_type, **wide),
            pmui.TextInput.from_param(form.location, placeholder="downtown", **wide),
            self.budget,
            pmui.Select.from_param(form.language, **wide),
            pmui.Select.from_param(form.urgency, **wide),
            pmui.IntSlider.from_param(form.score, tooltips=False, **wide),
        ]
        two = [pn.Row(*fields[i : i + 2], **wide) for i in range(0, 6, 2)]
        self._layout = pn.Column(*two, fields[6], self.send, self.said, self.decision, **wide)
        self.send.on_click(self._send)
        self.customer.param.watch(self._send, "enter_pressed")
        self.budget.param.watch(self._send, "enter_pressed")
        self.customer.param.watch(self._typed, ["value_input", "value"])
        if board.office.desk is None:
            self.send.disabled = True
            self._say("This page follows the history that another process records, so it cannot route leads.")

    def _typed(self, *events: Any) -> None:
        self._routed = self._routed and not any(event.new for event in events)

    @param.depends("board.frame", watch=True)
    def _follow(self) -> None:
        """Show who took the lead that waits here, as soon as somebody has."""
        waits = self.decision.decision
        if waits is None or waits.agent is not None:
            return
        for event in self.board.frame.recent:
            if event.decision.lead.id == waits.lead.id:
                self.decision.decision = event.decision
                return

    async def _send(self, event: object) -> None:
        if self._sending:
            return
        if self._routed:  # the second press of a double one, whose lead was routed with the first
            self._routed = False
            return
        self._sending = True  # the button stays enabled: turned off and on at once, a page may hear only of the first
        try:
            self.form.budget = _money(self.budget.value_input or self.budget.value)
            self.form.customer = self.customer.value_input or self.customer.value
            decision = await self.board.route(self.form.lead())
            self.decision.param.update(decision=decision, names=self.board.frame.names)
            self.said.visible = False
            self.form.param.update(customer="", location="")
            self.budget.value = ""
            self._routed = True
        except (ValueError, RuntimeError) as error:
            self._say(str(error))
        finally:
            self._sending = False

    def _say(self, text: str) -> None:
        self.said.param.update(object=plain(text), visible=True)

    def __panel__(self) -> pn.Column:
        return self._layout


class AssignmentsView(pn.viewable.Viewer):
    """The newest assignments, each with its reasons; leads that wait stand above."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self._list = pn.pane.HTML("", stylesheets=[SHEET], sizing_mode="stretch_width")
        self._patch()

    @param.depends("board.frame", "active", watch=True)
    def _patch(self) -> None:
        if not self.active:
            return
        frame = self.board.frame
        names = frame.names
        items = [
            f'<li><div class="row"><b>{escape(state.lead.name)}</b><span class="chip">waits</span></div>'
            f'<div class="soft">{state.lead.urgency}, score {state.lead.score}; due {state.due:%H:%M:%S} UTC</div></li>'
            for state in frame.queue[:WAITING]
        ]
        if (more := len(frame.queue) - WAITING) > 0:
            items.append(f'<li class="soft">… and {more:,} more wait, the one due first on top.</li>')
        for event in frame.recent[:NEWEST]:
            decision = event.decision
            items.append(
                f'<li><div class="row"><span><b>{escape(decision.lead.name)}</b> → '
                f"<b>{escape(names.get(decision.agent, decision.agent))}</b></span>"
                f"<span>{decision.score / FULL_SCORE:.3f}</span></div>"
                f'<div class="soft">{event.time:%H:%M:%S} UTC · {escape(reasoning(decision, names))}</div></li>'
            )
        empty = '<div class="empty">No assignment yet. Route a lead with the form.</div>'
        self._list.object = f'<ul class="list">{"".join(items)}</ul>' if items else empty

    def __panel__(self) -> pn.pane.HTML:
        return self._list


def _money(text: str) -> float | None:
    """A number that a person typed: thousands separators and a currency sign are ignored; empty is None."""
    plain = text.strip().replace(",", "").replace(" ", "").lstrip("$€£")
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(f"budget is {text!r}; give a number, e.g. 450000, or leave it empty") from None
    if not 0 <= value <= 1e12:
        raise ValueError(f"budget is {text!r}; give a number from 0 to 1,000,000,000,000")
    return value
