"""A field that looks for leads in all that is recorded, by name, id, e-mail or phone."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.contact import customer_of, mail_of, phone_of
from collab.events import LeadAssigned
from collab.history import History
from collab.history.leads import found, given_on
from collab.legible import several
from collab.views.board import Board
from collab.views.theme import SHEET
from collab.views.told import empty

MOST = 50
"""So many assignments are found, the newest; who looks for one of many gives more words."""

LOOKING = "Looking through the history…"
NONE = "No lead with such a name, id, e-mail or phone was given to {whom}, as far as it is recorded."
BACK = "Empty the field to see the newest again."

WIDE = {"sizing_mode": "stretch_width"}


class FindView(pn.viewable.Viewer):
    """Finds assignments of the leads that are asked for; an agent finds those of their own.

    Args:
        board: the session's board, whose office has the history.
    """

    words = param.String("", label="Find a lead", doc="Their name, id, e-mail or phone: all that is recorded counts.")
    found = param.List(None, item_type=LeadAssigned, allow_None=True, doc="The newest on top; None if nobody asks.")
    given_on = param.Dict({}, doc="Who had the lead of what was found last, where it was given on, by decision.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(**params)
        self.board = board
        self.field = pmui.TextInput.from_param(self.param.words, placeholder="Zoe Park or zoe@example.com", **WIDE)
        self.field.param.watch(self._enter, "enter_pressed")
        self.said = pn.pane.HTML("", stylesheets=[SHEET], visible=False, **WIDE)
        self._layout = pn.Column(self.field, self.said, **WIDE)

    def told(self) -> str:
        """What is looked for, as an address may say it: no e-mail and no phone, as addresses stand in logs."""
        words = self.words.strip()
        return "" if customer(words, self.board.office.tenant) else words

    def _enter(self, event: object) -> None:
        """Look again for the same words, as more is recorded by now; a browser tells others after the key."""
        if self.field.value_input == self.words:
            self._look()

    @param.depends("words", watch=True)
    def _look(self) -> None:
        """Look through the history, away from this thread."""
        words, board = self.words.strip(), self.board
        if not words:
            self._say("")
            self.found, self.given_on = None, {}
            return
        self._say(empty(LOOKING))
        given = {"customer": customer(words, board.office.tenant), "agent": board.by if board.of_agent else None}
        looking = board.office.call(asyncio.to_thread(_found, board.office.history, words, **given))
        looking.add_done_callback(lambda future: board.schedule(lambda: self._take(words, future)))

    def _take(self, words: str, looking: Future[tuple[list[LeadAssigned], dict[str, str]]]) -> None:
        """Show what was found, unless something else is looked for by now."""
        if words != self.words.strip():
            return
        if error := looking.exception():
            self._say(empty(f"The history cannot be read: {error}", "alert"))
            self.found = []
            return
        there, self.given_on = looking.result()
        many = f"The newest {MOST} assignments" if len(there) == MOST else several(len(there), "assignment")
        none = NONE.format(whom="you" if self.board.of_agent else "anybody")
        self._say(f'<p class="soft" role="status">{many} found. {BACK}</p>' if there else empty(f"{none} {BACK}"))
        self.found = there

    def _say(self, html: str) -> None:
        self.said.param.update(object=html, visible=bool(html))

    def __panel__(self) -> pn.Column:
        return self._layout


def _found(history: History, words: str, **given: Any) -> tuple[list[LeadAssigned], dict[str, str]]:
    there = found(history, words, count=MOST, **given)
    return there, given_on(history, [one.id for one in there])


def customer(words: str, tenant: str) -> str:
    """The customer with this e-mail or phone, as leads carry it; "" if the words are neither."""
    with suppress(ValueError):
        return customer_of(mail_of(words), "", tenant)
    with suppress(ValueError):
        return customer_of("", phone_of(words), tenant)
    return ""
