"""Proposing the weights in question: why, who, a report to give away, and one press to adopt them or take them back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
from collab.views.told import TUNING, title
from collab.views.tuning import Tuning
from collab.views.typed import typed
from collab.whatif import Proposal, report, rollback
from collab.whatif.journal import Entry
from collab.whatif.measures import four

FIRST = "A proposal keeps the weights in question with your reason and all that the log says of them."
WAITS = "Read the report, or let somebody read it, before you adopt."
WHERE = "Adopting writes into {}, and every office that watches this folder follows, also one of a history beside this."


class ProposingView(pn.viewable.Viewer):
    """A form, and the newest proposal made with it.

    Where an office is tuned, its weights can be adopted: the journal of its folder of weights says who did, and the
    desk takes them up within a second or two. What is in force by the journal can be taken back, whoever adopted it.
    """

    tuning = param.ClassSelector(class_=Tuning, doc="What is tuned.")
    proposal = param.ClassSelector(class_=Proposal, doc="What was proposed here last.")
    adoption = param.ClassSelector(class_=Entry, doc="By which weights of the folder are in force, if by one.")
    taken = param.ClassSelector(class_=Entry, doc="What was taken back here, if nothing was adopted since.")

    def __init__(self, tuning: Tuning, folder: Path | None = None, **params: Any) -> None:
        super().__init__(tuning=tuning, **params)
        self._folder, wide = folder, {"sizing_mode": "stretch_width"}
        self.reason = pmui.TextInput(
            label="Why these weights?", placeholder="More weight on who knows the area", **wide
        )
        self.by = pmui.TextInput(label="Who proposes them?", placeholder="Ana Ruiz", **wide)
        if tuning.seat is not None:
            self.by.param.update(value=tuning.seat.id, disabled=True)
        self.task, self.deed, self.undoing, self.looking = Task(), Task(), Task(), Task()
        self.propose = ProgressView(
            self.task, "Propose these weights", self._propose, icon="rate_review", doing="Asking the log"
        )
        self.adopt = ProgressView(self.deed, "Adopt these weights", self._adopt, icon="check", doing="Writing it down")
        self.back = ProgressView(self.undoing, "Take them back", self._take_back, icon="undo", doing="Writing it down")
        self.download = pmui.FileDownload(
            callback=self._page, filename="proposal.html", label="Download the report", visible=False, **wide
        )
        self.words, self.standing = (pn.pane.HTML("", stylesheets=[SHEET, TUNING], **wide) for _ in range(2))
        self.back.button.visible = False
        right = (self.words, self.download, self.adopt, self.standing, self.back)
        form = pn.FlexBox(
            pn.Column(self.reason, self.by, self.propose, min_width=240, styles={"flex": "1 1 340px"}),
            pn.Column(*right, min_width=240, styles={"flex": "1 1 340px"}),
            gap="24px",
            **wide,
        )
        head = pn.pane.HTML(title("Propose"), stylesheets=[SHEET, TUNING], **wide)
        self._layout = pn.Column(head, form, **wide)
        tuning.weights.param.watch(lambda *events: self._patch(), list(FACTORS))
        tuning.param.watch(lambda *events: self._look(), ["active", "study"])
        self._patch()
        self._look()

    def _propose(self) -> None:
        study, values = self.tuning.study, self.tuning.weights.integers()
        reason, by = typed(self.reason), self._who()
        if study is None:
            return
        self.task.start(
            lambda heard, stopped: study.propose(values, reason=_told("reason", reason), by=_told("by", by)),
            lambda found: self.param.update(proposal=found),
        )

    def _adopt(self) -> None:
        if self.proposal is not None and self._folder is not None:
            self._do(self.deed, self.proposal.adopt, lambda found: self._look())

    def _take_back(self) -> None:
        if self.adoption is not None and self._folder is not None:
            deed = partial(rollback, reason="rolled back", of=self.adoption)
            self._do(self.undoing, deed, lambda found: self.param.update(taken=found, adoption=None))

    def _do(self, task: Task, deed: Callable[..., Any], then: Callable[[Any], Any]) -> None:
        """Write an entry into the journal, in the name of who asks for it."""
        by = self._who()

        def done(heard: Any, stopped: Any) -> Any:
            if (seat := self.tuning.seat) is not None:
                seat.must("adopt_weights")
            return deed(by=_told("by", by), folder=self._folder)

        task.start(done, then)

    def _look(self) -> None:
        """See by which adoption weights are in force, also after a reload, or if somebody else adopted them."""
        if self.tuning.active and self._folder is not None:
            self.looking.start(
                lambda heard, stopped: self.tuning.adoption(),
                lambda found: self.param.update(adoption=found, taken=None if found else self.taken),
            )

    def _who(self) -> str:
        """Who signed in, else who is typed in."""
        return typed(self.by) if self.tuning.seat is None else self.tuning.seat.id

    def _page(self) -> BytesIO:
        return BytesIO(report.html(self.proposal).encode())

    @param.depends("proposal", "adoption", "taken", watch=True)
    def _patch(self) -> None:
        found, standing = self.proposal, self.adoption
        self.download.visible = found is not None
        self.adopt.button.visible = found is not None and self._folder is not None
        self.words.object = f"<p>{FIRST if found is None else self._said(found)}</p>"
        if found is not None:
            self.download.filename = f"{found.id}.html"
            self.adopt.button.label = f"Adopt {four(found.weights)}"
        said = _in_force(standing) if standing else _in_force_again(self.taken) if self.taken else ""
        self.standing.object = f"<p>{said}</p>" if said else ""
        # after taking back it does nothing and stays enabled: a disabled button loses the keyboard's focus
        self.back.button.disabled = standing.replaces is None if standing else self.taken is None
        self.back.button.visible = self.back.button.visible or standing is not None  # who pressed it stays there

    def _said(self, found: Proposal) -> str:
        said = f"<b>{four(found.weights)}</b>, proposed by {escape(found.by or '')}: “{escape(found.reason)}”. "
        if self.adoption is not None and self.adoption.id == found.id:
            said += "They are adopted and in force within seconds. "
        elif self._folder is not None:
            said += f"{WAITS} {WHERE.format(escape(str(self._folder)))} "
        moved = found.weights != self.tuning.weights.integers()
        return said + ("The sliders have moved since: propose again to propose what they show." if moved else "")

    def __panel__(self) -> pn.Column:
        return self._layout


def _in_force(entry: Entry) -> str:
    who = f"{four(entry.weights)} were adopted by {escape(entry.by)} on {_when(entry)}"
    return f"<b>In force by the journal:</b> {who}: “{escape(entry.reason)}”."


def _in_force_again(entry: Entry) -> str:
    who = f"{four(entry.replaces or ())} were taken back by {escape(entry.by)} on {_when(entry)}"
    return f"<b>{four(entry.weights)} are in force again within seconds:</b> {who}. Nothing is left to take back."


def _when(entry: Entry) -> str:
    return f"{entry.time.day} {entry.time:%b %Y at %H:%M} UTC"


def _told(field: str, text: str) -> str:
    """What a person typed.

    Raises:
        ValueError: nothing.
    """
    if not text.strip():
        raise ValueError(f"{field} is empty; say {'why these weights' if field == 'reason' else 'who you are'}")
    return text.strip()
