"""The Leads tab: the form, what to say, leads that wait and offers, what is done by hand, the newest assignments."""

from __future__ import annotations

from typing import Any

import panel as pn
import param

from collab.views.advising import AdvisingView
from collab.views.assignments import AssignmentsView
from collab.views.board import Board
from collab.views.hand import HandView
from collab.views.leads import LeadView
from collab.views.offers import OffersView
from collab.views.queue import QueueView
from collab.views.theme import PARTED

PART = {"min_width": 240, "stylesheets": [PARTED]}

FORM = PART | {"styles": {"flex": "0.5 1 440px"}}
"""Wide enough for fields in pairs; all of the page's width on a phone."""

BESIDE = PART | {"styles": {"flex": "2 1 340px"}}
"""The rest beside the form."""

HALF = PART | {"styles": {"flex": "1 1 300px"}}
"""Half of that on a wide window, else all of it."""

WIDE = {"sizing_mode": "stretch_width"}


class LeadingView(pn.viewable.Viewer):
    """What comes in, what waits and what was decided; the lead that is chosen anywhere can be given by hand.

    Agents see their own leads, and give none away.
    """

    active = param.Boolean(default=True, doc="Is it on screen? Hidden, it takes in nothing new.")

    def __init__(self, board: Board, **params: Any) -> None:
        super().__init__(**params)
        on = {"active": self.active}
        self.form, self.hand = LeadView(board), HandView(board, **on)
        self.advising = AdvisingView(board)
        self.queue, self.offers = QueueView(board, **on), OffersView(board, **on)
        self.assignments = AssignmentsView(board, **on)
        self._lists = (self.queue.listing, self.offers.listing, self.assignments.listing)
        for listing in self._lists:
            listing.param.watch(self._choose, "chosen")
        lists = (self.offers,) if board.of_agent else (self.queue, self.offers, self.hand)
        beside = pn.FlexBox(pn.Column(*lists, **HALF), pn.Column(self.advising, **HALF), gap="0 28px", **BESIDE)
        top = pn.FlexBox(pn.Column(self.form, **FORM), beside, gap="28px", stylesheets=[PARTED], **WIDE)
        self._layout = pn.Column(top, self.assignments, **WIDE)

    def _choose(self, event: Any) -> None:
        """One list has the chosen lead; what was chosen in another is let go, but not the decision taken apart."""
        chosen = self.assignments.lead if event.obj is self.assignments.listing else event.new
        if event.new:
            for listing in self._lists[:2]:
                if listing is not event.obj:
                    listing.chosen = ""
            self.hand.lead = self.advising.lead = chosen
        elif not any(listing.chosen for listing in self._lists[:2]):
            self.hand.lead = self.advising.lead = self.assignments.lead

    @param.depends("active", watch=True)
    def _opened(self) -> None:
        for view in (self.queue, self.offers, self.hand, self.assignments):
            view.active = self.active

    def __panel__(self) -> pn.Column:
        return self._layout
