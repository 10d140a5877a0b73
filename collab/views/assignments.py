"""The newest assignments, live, or those that are looked for; a chosen one is taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from collab.desk import utc_now
from collab.events import LeadAssigned
from collab.factors import wanted
from collab.legible import isolated
from collab.reasons import reasoning
from collab.records import Urgency
from collab.routing import FULL_SCORE
from collab.views.board import Board
from collab.views.decision import DecisionView
from collab.views.filters import Filters
from collab.views.finding import FindView
from collab.views.listing import Listing, row
from collab.views.spans import SIGNS
from collab.views.story import StoryView
from collab.views.theme import PARTED, SHEET
from collab.views.told import empty, title
from collab.views.whynot import WhyNotView

MOST = 20
"""How many of the newest assignments are listed; of those that were looked for, all that were found."""

ALL, ANY = "All agents", "Any skill"
URGENCIES = {"Any urgency": ""} | {f"{SIGNS[one]} {one}": str(one) for one in Urgency}
WITHIN = {"Any time": 0, "The last 5 min": 5, "The last 15 min": 15, "The last hour": 60}
"""Since when assignments are listed, in minutes; 0 lists all that the team remembers."""

NEWEST, FOUND = "Newest assignments", "Assignments found"
NONE = "No assignment yet. Route a lead with the form."
NONE_SUCH = "None of the {n} newest assignments is like that; choose less narrowly, or find a lead by name."
NONE_FOUND = "None of the {n} that were found is like that; choose less narrowly."
PICK = "Choose an assignment to see what spoke for whom, which gates were shut, and what would have changed it."

WIDE = {"sizing_mode": "stretch_width"}
HALF = {"min_width": 240, "styles": {"flex": "1 1 340px"}, "stylesheets": [PARTED]}
PART = {"min_width": 130, "styles": {"flex": "1 1 140px"}, **WIDE}


class AssignmentsView(pn.viewable.Viewer):
    """The newest assignments, or those of leads that are looked for, beside the chosen one taken apart."""

    board = param.ClassSelector(class_=Board, doc="The session's board.")
    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")
    agent = param.Selector(default="", objects={ALL: ""}, label="Agent", doc="Who was given the lead.")
    skill = param.Selector(default="", objects={ANY: ""}, label="Skill", doc="What the lead asks for.")
    urgency = param.Selector(default="", objects=URGENCIES, label="Urgency", doc="How soon to pick it up.")
    within = param.Selector(default=0, objects=WITHIN, label="Time", doc="Since when.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(board=board, **params)
        self._rows: dict[str, dict[str, str]] = {}
        self._told: tuple[object, ...] = ()
        self._empty, self._pick = (pn.pane.HTML(empty(text), stylesheets=[SHEET], **WIDE) for text in (NONE, PICK))
        self._head = _title(NEWEST)
        self.listing = Listing(label=NEWEST, margin=(5, 10), **WIDE)
        self.decision, self.why_not = DecisionView(plot=False, visible=False), WhyNotView()
        self.finding, self.story = FindView(board), StoryView(board, active=self.active)
        filters = (pmui.Select.from_param(self.param[name], **PART) for name in ("agent", "skill", "urgency", "within"))
        self._layout = pn.FlexBox(
            pn.Column(self._head, self.finding, Filters(*filters), self._empty,
                      self.listing, self.story, **HALF),
            pn.Column(_title("A decision taken apart"), self._pick, self.decision, self.why_not, **HALF),
            gap="28px", stylesheets=[PARTED], **WIDE,
        )  # fmt: skip
        self.listing.param.watch(lambda event: self._choose(), "chosen")
        self.finding.param.watch(lambda event: self._turn(), "found")
        board.param.watch(lambda event: self._patch(), "frame")
        self._patch()

    @property
    def shown(self) -> Sequence[LeadAssigned]:
        """What is filtered: the newest assignments, or those that were looked for."""
        return self.board.frame.recent if self.finding.found is None else self.finding.found

    @property
    def lead(self) -> str:
        """The id of the chosen assignment's lead, or nothing."""
        chosen = self._chosen()
        return "" if chosen is None else chosen.decision.lead.id

    def _chosen(self) -> LeadAssigned | None:
        there = (*self.board.frame.recent, *(self.finding.found or ()))
        return next((one for one in there if one.id == self.listing.chosen), None)

    def _choose(self) -> None:
        """Take the chosen assignment apart; it stays when newer ones push it off the list."""
        found = self._chosen()
        if found is None and self.listing.chosen:
            return
        decision = None if found is None else found.decision
        with pn.io.hold():
            self._pick.visible, self.decision.visible = decision is None, decision is not None
            for view in (self.decision, self.why_not):
                view.param.update(decision=decision, names=self.board.frame.names)
            self.story.lead = "" if decision is None else decision.lead.id

    def _turn(self) -> None:
        """List what was found, whose rows have their day, or the newest again."""
        self._rows = {}
        called = NEWEST if self.finding.found is None else FOUND
        self.listing.label, self._head.object = called, title(called)
        self._patch()

    @param.depends("active", "agent", "skill", "urgency", "within", watch=True)
    def _patch(self) -> None:
        self.story.active = self.active
        if not self.active:
            return
        frame, looked = self.board.frame, self.finding.found is not None
        if self._told != (told := (frame.names, frame.given_on)):
            self._told, self._rows = told, {}
        found = self.found()
        with pn.io.hold():
            self.offer()
            listed = found if looked else found[:MOST]
            self._rows = {one.id: self._rows.get(one.id) or self._row(one) for one in listed}
            such = NONE_FOUND if looked else NONE_SUCH
            text = empty(such.format(n=len(self.shown)) if self.shown else NONE)
            if self._empty.object != text:
                self._empty.object = text
            self._empty.visible, self.listing.visible = not found and bool(self.shown or not looked), bool(found)
            self.listing.show(list(self._rows.values()))

    def found(self) -> list[LeadAssigned]:
        """The assignments that the filters let through, the newest first."""
        since = utc_now() - timedelta(minutes=self.within)
        return [
            one
            for one in self.shown
            if self.agent in ("", *self._had(one))
            and self.urgency in ("", str(one.decision.lead.urgency))
            and (not self.skill or self.skill in _skills(one))
            and (not self.within or one.time >= since)
        ]

    def offer(self, skill: str = "") -> None:
        """Offer the agents that are there, and the skills that the leads of these assignments ask for, or this one."""
        self._offer("agent", {ALL: ""} | {name: agent for agent, name in self.board.frame.names.items()})
        asked = sorted({skill for one in self.shown for skill in _skills(one)})
        self._offer("skill", {ANY: ""} | {one: one for one in (*asked, *filter(None, [skill]))})

    def _offer(self, name: str, options: dict[str, str]) -> None:
        """Change a filter's options; what is filtered by stays, though nothing is like that any more."""
        known, value = self.param[name], getattr(self, name)
        if value not in options.values():
            options |= {value: value}
        if dict(known.names) != options:
            known.objects = options

    def _had(self, one: LeadAssigned) -> tuple[str, ...]:
        """Who had the lead of an assignment, in order; of one of long ago who was first and who was last."""
        had = self.board.frame.had(one)
        last = self.finding.given_on.get(one.id, had[-1])
        return had if len(had) > 1 or last in had else (*had, last)

    def _row(self, one: LeadAssigned) -> dict[str, str]:
        decision, names = one.decision, self.board.frame.names
        who = " → ".join([isolated(decision.lead.name), *(names.get(agent, agent) for agent in self._had(one))])
        when = f"{one.time:%H:%M:%S} UTC" if self.finding.found is None else f"{one.time:%Y-%m-%d %H:%M} UTC"
        note = f"{when} · {reasoning(decision, names)}"
        return row(one.id, who, f"{decision.score / FULL_SCORE:.3f}", note)

    def __panel__(self) -> pn.FlexBox:
        return self._layout


def _skills(one: LeadAssigned) -> list[str]:
    """What the lead of an assignment asks for or requires."""
    return [*wanted(one.decision.lead), *one.decision.lead.requires]


def _title(text: str) -> pn.pane.HTML:
    return pn.pane.HTML(title(text), stylesheets=[SHEET])
