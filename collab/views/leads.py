"""A form that says who would get a lead, or routes it, and shows why they."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.contact import customer_of, mail_of, phone_of
from collab.desk import Desk
from collab.events import LeadAssigned, new_id
from collab.history.leads import found as recorded
from collab.records import Decision, Lead
from collab.views.board import Board
from collab.views.browser import TYPED
from collab.views.contact import Twin, given_away, twin
from collab.views.decision import DecisionView
from collab.views.feed import feed_of
from collab.views.leadform import LeadForm, money_of, name_of, place_of
from collab.views.notice import Notice
from collab.views.replying import Replying, failed
from collab.views.theme import PARTED, SHEET, plain
from collab.views.told import title
from collab.views.typed import typed

ROUTE, ALL_THE_SAME = "Route the lead", "Route it all the same"
TWIN = "Is it the same matter? Then leave it; else route it all the same."
UNREAD = "Whether they came before is not known, as the history cannot be read; the lead is routed as if they were new"

CHOICES = ("property_type", "language", "urgency", "score")
"""The other fields."""

READERS: dict[str, Callable[[str], Any]] = {
    "customer": name_of,
    "email": mail_of,
    "phone": phone_of,
    "location": place_of,
    "budget": money_of,
}
"""How what is typed into each field is read; each raises a ValueError that says what to change."""

WIDE = {"sizing_mode": "stretch_width"}
PART = {"min_width": 200, "styles": {"flex": "1 1 40%"}, **WIDE}


class LeadView(Replying):
    """The form, and the decision on what was typed in last."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self.form, self._sending, self._routed, self._id = LeadForm(), False, False, _new_id()
        self.twin: Twin | None = None
        self._past: tuple[str, Future[list[LeadAssigned]]] | None = None
        self._waits: Any = None
        self.decision = DecisionView(plot=False)
        form = self.form.param
        self.customer = _field(form, "customer", "Zoe Park")
        self.email = _field(form, "email", "zoe@example.com")
        self.phone = _field(form, "phone", "+1 555 010 2030")
        self.location = _field(form, "location", "downtown")
        self.budget = _field(form, "budget", "450000")
        choices = [pmui.Select.from_param(form[name], **PART) for name in CHOICES[:3]]
        score = pmui.IntSlider.from_param(form.score, tooltips=False, **PART)
        self.ask = pmui.Button(label="Who would get it?", icon="person_search", variant="outlined", **PART)
        self.send = pmui.Button(label=ROUTE, icon="alt_route", **PART)
        self.said.look = {"margin": (5, 10)}
        self.known = Notice({"margin": (5, 10)}, severity="warning")
        head = pn.pane.HTML(title("Route a lead"), stylesheets=[SHEET], **WIDE)
        row = {"gap": "4px 12px", **WIDE}
        fields = pn.FlexBox(
            self.customer, self.email, self.phone, choices[0], self.location, self.budget, *choices[1:], score, **row
        )
        buttons = pn.FlexBox(self.ask, self.send, **row)
        parts = (head, fields, self.known, buttons, self.said, self.decision)
        self._layout = pn.Column(*parts, stylesheets=[PARTED], **WIDE)
        self._refill()
        self._listen()

    def _listen(self) -> None:
        self.send.on_click(self.route)
        self.ask.on_click(self._look)
        for name in READERS:
            field = getattr(self, name)
            field.param.watch(partial(self._enter, field), "enter_pressed")
            field.param.watch(lambda event, name=name: self._left(name), "value")
            field.param.watch(lambda event, name=name: self._typed(name, event.new), "value_input")
        self.form.param.watch(lambda *events: self._keep(), list(CHOICES))
        self.board.param.watch(lambda event: self._follow(), "frame")
        if refusal := self.board.refusal("route_lead"):
            self.send.disabled = self.ask.disabled = True
            self._say(refusal)

    def _left(self, name: str) -> None:
        """A field was left: say at once what is wrong with it, and whether somebody is known by it."""
        text = typed(getattr(self, name))
        self._keep()
        self._check(name) if text else self._mark(name, "")
        self._routed = self._routed and not text
        if not self._routed:
            self._look_for_twin()

    @param.depends("board.lead", watch=True)
    def _refill(self) -> None:
        """Put into an empty form what the browser has kept of this person's: the server was started again meanwhile."""
        kept = self.board.lead
        if kept.get("by") != self.board.by or any(typed(getattr(self, name)) for name in READERS):
            return
        for name in READERS:
            if isinstance(text := kept.get(name), str):
                getattr(self, name).value = text
        for name in CHOICES:
            with suppress(ValueError):  # what a browser has kept may be of another version
                self.form.param.update({name: kept.get(name, getattr(self.form, name))})

    def _keep(self) -> None:
        """Let the browser keep what stands in the fields, as long as something was typed."""
        texts = {name: text for name in READERS if (text := typed(getattr(self, name)))}
        choices = {name: getattr(self.form, name) for name in CHOICES}
        self.board.lead = {"by": self.board.by} | texts | choices if texts else {}

    def _typed(self, name: str, text: str) -> None:
        self._keep()
        self._routed = self._routed and not text
        if getattr(self, name).error_state:  # what was mended is not wrong any longer
            self._check(name)

    def _check(self, name: str) -> Any:
        """What a field's text means; what is wrong with it stands below it, and None is returned."""
        try:
            value = READERS[name](typed(getattr(self, name)))
        except ValueError as error:
            self._mark(name, str(error))
            return None
        self._mark(name, "", f"Taken as {value:,.15g}." if isinstance(value, float) else "")
        return value

    def _mark(self, name: str, wrong: str, taken: str = "") -> None:
        field = getattr(self, name)
        if field.helper_text != (wrong or taken):
            field.param.update(error_state=bool(wrong), helper_text=wrong or taken)

    def _look_for_twin(self) -> None:
        """Say which other lead has this e-mail or phone."""
        found = None
        if customer := customer_of(self._check("email") or "", self._check("phone") or "", self.board.office.tenant):
            frame = feed_of(self.board.shared).frame
            found = twin(frame, customer) or given_away(self._long_ago(customer), customer)
        else:  # who is looked for next time may have been given away meanwhile
            self._past = None
        self.twin = found
        self._warn(self._unread() if found is None else f"{found.said(self.board.frame.names)} {TWIN}")
        self.send.label = ROUTE if found is None else ALL_THE_SAME

    def _warn(self, said: str) -> None:
        self.known.param.update(object=plain(said), visible=bool(said))

    def _unread(self) -> str:
        """Why it is not known whether the customer came before; "" if it is, or is looked for."""
        reading = None if self._past is None else self._past[1]
        error = reading.exception() if reading is not None and reading.done() else None
        return "" if error is None else f"{UNREAD}: {error}"

    async def _told_twin(self) -> bool:
        """Was the lead of the same customer said before, if there is one? One that was not known yet is said now."""
        before = self.twin
        if self._unread():  # it may be read by now
            self._past = None
        self._look_for_twin()
        if self._past is not None:
            await asyncio.wait([asyncio.wrap_future(self._past[1])])
            self._look_for_twin()
        return self.twin is None or (before is not None and before.lead.id == self.twin.lead.id)

    def _look_late(self) -> None:
        """Say who was found in what is recorded, unless the lead is on its way, which would be found as well."""
        if not (self._sending or self._routed):
            self._look_for_twin()

    def _long_ago(self, customer: str) -> list[LeadAssigned]:
        """The newest recorded assignment of this customer; while it is looked for, none, and then it is said."""
        board = self.board
        if self._past is None or self._past[0] != customer:
            work = asyncio.to_thread(recorded, board.office.history, customer=customer, count=1)
            self._past = customer, board.office.call(work)
            self._past[1].add_done_callback(lambda future: board.schedule(self._look_late))
        reading = self._past[1]
        return reading.result() if reading.done() and reading.exception() is None else []

    def _follow(self) -> None:
        """Show who took the lead that waits here, as soon as somebody has."""
        waits = self.decision.decision
        if waits is None or waits.agent is not None or self.decision.dry:
            return
        for event in self.board.frame.recent:
            if event.decision.lead.id == waits.lead.id:
                self.decision.decision = event.decision
                return

    def _lead(self) -> Lead:
        """The lead that is typed in; the same as long as it was not routed.

        Raises:
            ValueError: fields are wrong; says each.
        """
        values = {name: self._check(name) for name in READERS}
        if wrong := [field.helper_text for name in READERS if (field := getattr(self, name)).error_state]:
            raise ValueError(". ".join(wrong))
        self.form.param.update(values)
        known = "" if self.twin is None else self.twin.lead.customer
        return self.form.lead(self._id, customer=known, tenant=self.board.office.tenant)

    async def _look(self, event: object) -> None:
        """Show who would get it; nothing is routed."""
        desk = self.board.office.desk
        if desk is not None:
            await self._do(lambda lead: self.board.office.ask(_preview(desk, lead)), dry=True)

    async def route(self, event: object = None) -> None:
        """Route the lead that is typed in, unless the first press of a double one has."""
        if self._routed:  # the second press of a double one, whose lead was routed with the first
            self._routed = False
            return
        if self._sending:
            return
        self._sending = True
        try:
            told = await self._told_twin()
        finally:
            self._sending = False
        if told:
            await self._do(self.board.route, dry=False)

    async def _do(self, command: Callable[[Lead], Any], dry: bool) -> None:
        if self._sending:
            return
        self._sending = True  # the button stays enabled: turned off and on at once, a page may hear only of the first
        try:
            decision: Decision = await command(self._lead())
            self.decision.param.update(decision=decision, names=self.board.frame.names, dry=dry)
            self.said.visible = False
            if not dry:
                self._clear()
        except (ValueError, RuntimeError, ConnectionError) as error:
            self._say(failed(error))
        finally:
            self._sending = False

    async def _enter(self, field: Any, event: object) -> None:
        """Send the form; a browser tells the text itself after the key, which would fill the emptied field again."""
        if field.value == field.value_input:
            await self.route()
        elif self._waits is None:

            async def send(event: object) -> None:
                field.param.unwatch(self._waits)
                self._waits = None
                await self.route()

            self._waits = field.param.watch(send, "value")

    def _clear(self) -> None:
        """Make room for the next lead; till all fields are empty, the lead just routed would be found as known.

        What was not known of its customer stays to be read.
        """
        self._id, self._routed, unread = _new_id(), True, self._unread() if self.twin is None else ""
        for name in READERS:
            getattr(self, name).value = ""
        self._look_for_twin()
        self._warn(unread)


async def _preview(desk: Desk, lead: Lead) -> Decision:
    return desk.preview(lead)


def _field(form: Any, name: str, example: str) -> pmui.TextInput:
    """A field for what a person types, which may be wrong; it goes into the form only when it is read."""
    look = {"css_classes": [f"{TYPED}{name}"], **PART}
    return pmui.TextInput(label=form[name].label, description=form[name].doc, placeholder=example, **look)


def _new_id() -> str:
    return f"F-{new_id()[:12]}"
