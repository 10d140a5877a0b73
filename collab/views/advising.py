"""What to say to a customer: their message goes in, points and a draft come out, and nothing is sent."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.coaching import Advice, Stage
from collab.coaching.advice import MOST_BEFORE
from collab.legible import isolated
from collab.views.board import Board
from collab.views.labelled import labelled
from collab.views.replying import Replying, failed, pressed
from collab.views.theme import SHEET
from collab.views.told import empty, title
from collab.views.typed import typed

NOT_SAID = "Not said"
"""The first stage of the list."""

STAGES = {NOT_SAID: None} | {str(stage).replace("_", " ").capitalize(): stage for stage in Stage}

EMPTY = "Put in what the customer said; nothing of it is kept, and nothing is sent."
ASKING = "Asking…"
WORDLESS = "Message is empty; put in what the customer said."
FOREIGN = "There is no draft, as the lead's language is not English."

LIST = """
ol { margin: 6px 0; padding-left: 22px; } li { margin: 6px 0; line-height: 1.4; }
"""

WIDE = {"sizing_mode": "stretch_width"}
PART = {"min_width": 200, "styles": {"flex": "1 1 220px"}, **WIDE}


class AdvisingView(Replying):
    """Asks the desk for advice on a message, about the lead that is chosen if there is one.

    Args:
        board: the session's board.
    """

    lead = param.String("", doc="The id of the lead that it is about; none asks about no lead.")
    message = param.String("", label="Message", doc="What the customer said.")
    context = param.String("", label="What was said before", doc="A message a line, the oldest first.")
    stage = param.Selector(default=None, objects=STAGES, label="Stage", doc="How far the conversation has come.")
    draft = param.String("", label="Draft", doc="Change it, and send it wherever the conversation is.")
    advice = param.ClassSelector(class_=Advice, doc="What was advised last; None while it is asked for.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(**params)
        self.board, self._asking = board, False
        self.words = self._area("message", 3)
        self._before = self._area("context", 2)
        self._stage = pmui.Select.from_param(self.param.stage, **PART)
        self.ask = pressed("What to say", "tips_and_updates", self.advise)
        self.ask.param.update(**PART)
        self.about = pn.pane.HTML("", stylesheets=[SHEET], **WIDE)
        self.told = pn.pane.HTML(empty(EMPTY), stylesheets=[SHEET, LIST], **WIDE)
        self._draft = self._area("draft", 4)
        self._draft.visible = False
        self.said.look = {"margin": (5, 10)}
        row = {"gap": "4px 12px", "align_items": "center", **WIDE}
        asked = (self.words, self._before, pn.FlexBox(self._stage, self.ask, **row))
        self._layout = pn.Column(self.about, *asked, self.said, self.told, self._draft, **WIDE)
        if refusal := board.refusal("request_coaching"):
            self.ask.disabled = True
            self._say(refusal)
        board.param.watch(lambda event: self._patch(), "frame")
        self._patch()

    def _area(self, name: str, rows: int) -> pmui.TextAreaInput:
        return pmui.TextAreaInput.from_param(self.param[name], rows=rows, max_rows=12, auto_grow=True, **WIDE)

    @param.depends("lead", watch=True)
    def _patch(self) -> None:
        """Say which lead it is about."""
        name = self._name()
        about = f"<p>About <b>{escape(isolated(name))}</b>, who is chosen.</p>" if name else ""
        told = title("What to say") + about
        if self.about.object != told:
            self.about.object = told

    def _name(self) -> str:
        """The name of the chosen lead while it is open; else ""."""
        frame = self.board.frame
        return next((one.lead.name for one in (*frame.queue, *frame.held) if one.lead.id == self.lead), "")

    async def advise(self) -> None:
        """Ask the desk about what stands in the fields."""
        desk, message = self.board.office.desk, typed(self.words)
        if self._asking or desk is None:
            return
        if not message:
            self._say(WORDLESS)
            return
        before = [line.strip() for line in typed(self._before).splitlines() if line.strip()][-MOST_BEFORE:]
        about: dict[str, Any] = {"stage": self.stage, "lead": self.lead if self._name() else None, "leading": True}
        self._asking, self.said.visible, self.told.object = True, False, empty(ASKING)
        self.advice = None  # what was advised on another message must not stand beside this one
        try:
            by = self.board.by or "page"
            self.advice = await self.board.office.ask(desk.request_coaching(by, message, before, **about))
        except (ValueError, PermissionError, RuntimeError, ConnectionError) as error:
            self._say(labelled(self, failed(error)))
        finally:
            self._asking = False
            self._show()

    def _show(self) -> None:
        advice = self.advice
        if advice is None:
            self._draft.visible, self.told.object = False, empty(EMPTY)
            return
        by = "By rules." if advice.source == "rules" else f"By {advice.source}. Look at it before you say it."
        instead = f" {advice.why[0].upper()}{advice.why[1:]}." if advice.why else ""
        none = f"<p>{FOREIGN}</p>" if advice.source == "rules" and not advice.draft else ""
        points = "".join(f"<li>{escape(point)}</li>" for point in advice.points)
        source = f'<p class="soft">{escape(by + instead)}</p>'
        with pn.io.hold():
            self.told.object = f'<div role="status"><ol>{points}</ol>{none}{source}</div>'
            self.draft = advice.draft
            self._draft.visible = bool(advice.draft)
