"""What can be done about the chosen alert: a button each with its effect above it, and one that takes it back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.actions import Action
from collab.alerts import called
from collab.desk import Desk, Done, TooLate, Undone, utc_now
from collab.team import Alert, State
from collab.views.board import Board
from collab.views.period import Around
from collab.views.replying import Replying, failed
from collab.views.theme import SHEET, TOUCH
from collab.views.typed import typed

RENEW_S = 2.0
"""How old an effect may get while its alert is looked at."""

WIDE = {"sizing_mode": "stretch_width"}


class ActionsView(Replying):
    """The actions on one alert; what is pressed is a command at the desk.

    Args:
        board: the session's board.
        look: opens a what-if of the time before an alert; without it that is not offered.
    """

    by = param.String("", doc="Who acts.")
    alert = param.ClassSelector(class_=Alert, doc="The alert; none shows nothing but what was done last.")

    zone = param.String("UTC", doc="By whose clocks times are told.")

    def __init__(self, board: Board, look: Callable[[Around], None] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self._look = look
        self.board, self.found = board, list[Action]()
        self._sending, self._asked, self._seq, self._of = False, utc_now(), -1, ""
        self.done: Done | None = None
        self._answer: Future[list[Action]] | None = None
        self._parts: dict[str, tuple[pn.pane.HTML, pmui.Button | None]] = {}
        self._pressed = ""
        self._showing = threading.RLock()
        self.undo = pmui.Button(label="Undo", icon="undo", variant="outlined", visible=False, sx=TOUCH)
        self.undo.on_click(self._take_back)
        self._offers = pn.Column(**WIDE)
        self.then = pmui.Button(
            label="Open the what-if before it fired", icon="tune", variant="outlined", visible=False, sx=TOUCH
        )
        self.then.on_click(lambda event: self.look())
        self._layout = pn.Column(self._offers, self.said, self.undo, self.then, **WIDE)
        board.param.watch(lambda event: self._renew(), "frame")
        self._chosen()

    def sign(self, field: Any) -> None:
        """Act in the name that stands in this field, as it stands there."""

        def take(event: object = None) -> None:
            self.by = typed(field)

        field.param.watch(take, "value_input")
        take()

    @param.depends("alert", watch=True)
    def _chosen(self) -> None:
        chosen = "" if self.alert is None else self.alert.id
        self.then.visible = self._look is not None and self.alert is not None and self.alert.fired is not None
        if chosen != self._of:
            self._of = chosen
            if chosen:
                self._pressed = ""
            self.show([])  # what can be done about another alert is not offered for this one
            self._ask()

    def _ask(self) -> None:
        """Have the effects computed where the team is, then show them."""
        self._asked, self._seq = utc_now(), self.board.frame.seq
        desk, alert = self.board.office.desk, self.alert
        if desk is None or alert is None:
            self.show([])
            return
        self._answer = found = self.board.office.call(desk.actions(alert.id))
        found.add_done_callback(lambda future: self.board.schedule(lambda: self._take(alert.id, future)))

    def _renew(self) -> None:
        old = (utc_now() - self._asked).total_seconds() > RENEW_S and (self._answer is None or self._answer.done())
        if self.alert is not None and old and self._seq != self.board.frame.seq:
            self._ask()

    def _take(self, alert: str, found: Future[list[Action]]) -> None:
        if found.cancelled() or self._of != alert:  # the office stopped, or another alert is looked at by now
            return
        if error := found.exception():
            self._say(failed(error), "error")
        else:
            self.show(found.result())

    def show(self, found: list[Action]) -> None:
        """Offer these; what has not changed is left alone, so that nobody's focus is lost."""
        with self._showing:  # without a session, in a notebook, any thread may come here
            self._show(found)

    def _show(self, found: list[Action]) -> None:
        before, self.found = self._parts, found
        offered = {action.name: action for action in found}
        names = dict.fromkeys([*(name for name in before if name in offered or name == self._pressed), *offered])
        self._parts = {name: before.get(name) or self._part(offered[name]) for name in names}
        if list(before) != list(self._parts):
            self._offers.objects = [part for parts in self._parts.values() for part in parts if part is not None]
        for name, (pane, button) in self._parts.items():
            action = offered.get(name)
            head = "" if action is None or action.does else f"<b>{escape(name)}.</b> "
            pane.object = "" if action is None else f'<p class="soft">{head}{escape(action.effect)}</p>'
            if button is not None:  # what was pressed stays when it cannot be done again, and with it the focus
                button.disabled = action is None or bool(self.board.refusal("act"))

    def _part(self, action: Action) -> tuple[pn.pane.HTML, pmui.Button | None]:
        """What shows an action: its effect, and its button if it does something."""
        effect, name = pn.pane.HTML("", stylesheets=[SHEET], **WIDE), action.name
        if not action.does:
            return effect, None

        async def press(event: object) -> None:
            found = next((one for one in self.found if one.name == name), None)
            if found is not None:  # as it is told above the button
                self._pressed = name
                await self.act(found)

        button = pmui.Button(label=name, icon="bolt", variant="outlined", sx=TOUCH)
        button.on_click(press)
        return effect, button

    async def act(self, action: Action) -> None:
        """Do it, and take the alert on if nobody has it; the reason names the alert."""
        alert = self.alert
        if alert is not None:
            await self._do(lambda desk, by: act_on(desk, alert, action, by), action.name)

    def look(self) -> None:
        """Open the what-if of the time before the alert fired."""
        alert = self.alert
        if self._look is not None and alert is not None and alert.fired is not None:
            self._look(Around(called(alert, self.board.frame.names), alert.fired, self.zone))

    async def take_back(self) -> None:
        """Undo what was done last, as far as it can be."""
        done = self.done
        if done is not None:
            await self._do(lambda desk, by: desk.undo(done, by=by, reason="undone"), "")

    async def _take_back(self, event: object) -> None:
        await self.take_back()

    async def _do(self, command: Callable[[Desk, str], Coroutine[Any, Any, Done | Undone]], name: str) -> None:
        desk, by = self.board.office.desk, self.by.strip()
        if self._sending or desk is None:
            return
        if not by:
            self._say("Your name is empty; say who acts, e.g. Kim.", "error")
            return
        self._sending = True
        try:
            answer = await self.board.office.ask(command(desk, by))
            self.done = answer if isinstance(answer, Done) else None
            offer_undo(self.undo, self.done)
            if isinstance(answer, Done):
                self._say(f"Done: {name}.", "success")
            else:
                self._say(*taken_back(answer))
        except (ValueError, RuntimeError, ConnectionError) as error:
            self._say(failed(error), "error")
        finally:
            self._sending = False
        self._ask()


async def act_on(desk: Desk, alert: Alert, action: Action, by: str) -> Done:
    """Do what an alert's action says; who does has the alert, unless somebody else has.

    Raises:
        TooLate, ValueError: as of `Desk.act`; then the alert is as it was.
    """
    mine = False
    if alert.state == State.firing:
        with suppress(TooLate, ValueError):  # somebody was faster, or it is over
            mine = (await desk.acknowledge_alert(alert.id, by=by, note=action.name)).state == State.acknowledged
    try:
        return await desk.act(action, by=by, reason=f"{action.name}: alert {alert.id} of {alert.rule}")
    except (ValueError, RuntimeError):
        if mine:
            with suppress(TooLate, ValueError):
                await desk.return_alert(alert.id, by=by, note="nothing could be done")
        raise


def offer_undo(button: pmui.Button, done: Done | None) -> None:
    """Let the button undo what was done; with nothing to undo it is off but stays, and with it the focus."""
    button.param.update(visible=button.visible or done is not None, disabled=done is None)


def taken_back(undone: Undone) -> tuple[str, str]:
    """What was taken back and what stays, in words, and the severity of saying so."""
    leads = len(undone.leads)
    parts = [f"{leads} lead{'' if leads == 1 else 's'} went back"] if leads else []
    parts += [f"the presence is {undone.presence} again"] if undone.presence is not None else []
    said = f"Undone: {' and '.join(parts)}." if parts else "Nothing could be undone."
    words = " ".join([said, *(f"{why[:1].upper()}{why[1:]}." for why in undone.stays)])
    return words, "success" if parts else "warning"
