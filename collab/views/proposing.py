"""Proposing the weights in question: why, who, a report to give away, and one press to adopt them or take them back."""

from __future__ import annotations

from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.records import FACTORS
from collab.views.progress import ProgressView
from collab.views.task import Task
from collab.views.theme import SHEET
from collab.views.told import TUNING, four, title
from collab.views.tuning import Tuning
from collab.whatif import Proposal, report

FIRST = "A proposal keeps the weights in question with your reason and all that the log says of them."
WAITS = "Read the report, or let somebody read it, before you adopt."


class ProposingView(pn.viewable.Viewer):
    """A form, and the newest proposal made with it.

    Where an office is tuned, its weights can be adopted: the journal of its folder of weights says who did, and the
    desk takes them up within a second or two.
    """

    tuning = param.ClassSelector(class_=Tuning, doc="What is tuned.")
    proposal = param.ClassSelector(class_=Proposal, doc="What was proposed here last.")
    adopted = param.Boolean(default=False, doc="Is it adopted, and not taken back?")

    def __init__(self, tuning: Tuning, folder: Path | None = None, **params: Any) -> None:
        super().__init__(tuning=tuning, **params)
        self._folder, wide = folder, {"sizing_mode": "stretch_width"}
        self.reason = pmui.TextInput(
            label="Why these weights?", placeholder="More weight on who knows the area", **wide
        )
        self.by = pmui.TextInput(label="Who proposes them?", placeholder="Ana Ruiz", **wide)
        if tuning.seat is not None:
            self.by.param.update(value=tuning.seat.id, disabled=True)
        self.task, self.deed = Task(), Task()
        self.propose = ProgressView(
            self.task, "Propose these weights", self._propose, icon="rate_review", doing="Asking the log"
        )
        self.adopt = ProgressView(self.deed, "Adopt these weights", self._adopt, icon="check", doing="Writing it down")
        self.download = pmui.FileDownload(
            callback=self._page, filename="proposal.html", label="Download the report", visible=False, **wide
        )
        self.words = pn.pane.HTML("", stylesheets=[SHEET, TUNING], **wide)
        form = pn.FlexBox(
            pn.Column(self.reason, self.by, self.propose, min_width=260, styles={"flex": "1 1 340px"}),
            pn.Column(self.words, self.download, self.adopt, min_width=260, styles={"flex": "1 1 340px"}),
            gap="24px",
            **wide,
        )
        head = pn.pane.HTML(title("Propose"), stylesheets=[SHEET, TUNING], **wide)
        self._layout = pn.Column(head, form, **wide)
        tuning.weights.param.watch(lambda *events: self._patch(), list(FACTORS))
        self._patch()

    def _propose(self) -> None:
        study, values = self.tuning.study, self.tuning.weights.integers()
        reason, by = _typed(self.reason), self._who()
        if study is None:
            return
        self.task.start(
            lambda heard, stopped: study.propose(values, reason=_told("reason", reason), by=_told("by", by)),
            lambda found: self.param.update(proposal=found, adopted=False),
        )

    def _adopt(self) -> None:
        proposal, folder, adopted = self.proposal, self._folder, self.adopted
        if proposal is None or folder is None:
            return
        do, by = proposal.rollback if adopted else proposal.adopt, self._who()

        def done(heard: Any, stopped: Any) -> Any:
            if (seat := self.tuning.seat) is not None:
                seat.must("adopt_weights")
            return do(by=_told("by", by), folder=folder)

        self.deed.start(
            done,
            lambda found: self.param.update(adopted=not adopted),
        )

    def _who(self) -> str:
        """Who signed in, else who is typed in."""
        return _typed(self.by) if self.tuning.seat is None else self.tuning.seat.id

    def _page(self) -> BytesIO:
        return BytesIO(report.html(self.proposal).encode())

    @param.depends("proposal", "adopted", watch=True)
    def _patch(self) -> None:
        found = self.proposal
        self.download.visible = found is not None
        self.adopt.button.visible = found is not None and self._folder is not None
        self.words.object = f"<p>{FIRST if found is None else self._said(found)}</p>"
        if found is not None:
            self.download.filename = f"{found.id}.html"
            self.adopt.button.label = "Take them back" if self.adopted else f"Adopt {four(found.weights)}"

    def _said(self, found: Proposal) -> str:
        said = f"<b>{four(found.weights)}</b>, proposed by {escape(found.by or '')}: “{escape(found.reason)}”. "
        if self.adopted:
            said += "They are adopted and in force within seconds. "
        elif self._folder is not None:
            said += f"{WAITS} "
        moved = found.weights != self.tuning.weights.integers()
        return said + ("The sliders have moved since: propose again to propose what they show." if moved else "")

    def __panel__(self) -> pn.Column:
        return self._layout


def _typed(field: pmui.TextInput) -> str:
    """What stands in a field now, also if it was not left yet."""
    return str(field.value_input or field.value or "")


def _told(field: str, text: str) -> str:
    """What a person typed.

    Raises:
        ValueError: nothing.
    """
    if not text.strip():
        raise ValueError(f"{field} is empty; say {'why these weights' if field == 'reason' else 'who you are'}")
    return text.strip()
